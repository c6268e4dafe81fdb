"""Names that load when they are first asked for, so that nobody waits for what is not used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def load_later(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names load from their modules when they are asked for (PEP 562).

    Parameters
    ----------
    package
        Its ``__name__``.
    homes
        Name -> the module of the package that defines it.

    Examples
    --------
    >>> load_later("leadscore_core", {"LeadScoreError": "errors"})("LeadScoreError").__name__
    'LeadScoreError'
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return load
