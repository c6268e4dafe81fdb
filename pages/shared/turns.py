"""Turns: lists are scored a few at a time, one of each person, and whoever waits sees how many are before them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from leadscore_core.access.limits import Allowance, WaitingLine
from leadscore_core.access.person import current_person
from leadscore_core.config import Settings
from pages.shared import session
from pages.shared.exposure import is_sign_in_on

_LINE = WaitingLine()
_LISTS, _TRAININGS = (
    Allowance("list", "lists", timedelta(hours=1)),
    Allowance("training", "trainings", timedelta(days=1)),
)


def _who() -> str:
    """Return who asks: the person, or where nobody signs in, whoever sits at this browser."""
    return current_person().id if is_sign_in_on() else session.get_visit()


@contextmanager
def scoring_turn(settings: Settings, say: Callable[[str], object]) -> Iterator[None]:
    """Wait for one's turn to score a list, and hold it within the block.

    Parameters
    ----------
    say
        Gets how many lists are before one, while one waits.

    Raises
    ------
    LimitReachedError
        If this person has had as many lists within the last hour as one may have.
    """
    who = _who()
    with _LINE.turn(who, settings.limits.lists_at_once, lambda before: say(waiting_words(before))):
        _LISTS.take(who, settings.limits.lists_an_hour)
        yield


def take_training(settings: Settings) -> None:
    """Count one more training of this person.

    Raises
    ------
    LimitReachedError
        If they have had as many within a day as one may have.
    """
    _TRAININGS.take(_who(), settings.limits.trainings_a_day)


def waiting_words(before: int) -> str:
    """Return what somebody who waits reads.

    Examples
    --------
    >>> waiting_words(1)
    'Waiting: 1 list is before yours, which begins by itself.'
    """
    lists = "1 list is" if before == 1 else f"{before:,} lists are"
    return f"Waiting: {lists} before yours, which begins by itself."
