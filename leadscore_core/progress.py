"""How long work says how far it is: a share from 0 to 1, or leads where the whole is not known; and what it does."""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def silent(share: float, what: str) -> None:
    """Take no notice of how far work is, where nobody watches it."""
