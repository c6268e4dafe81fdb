"""Callers: who calls, as the last plan named them, for everybody who plans next."""

from contextlib import suppress

from pydantic import BaseModel

from leadscore_core.access.permissions import Action
from leadscore_core.batches.week import MOST_CALLS, Caller
from leadscore_core.config import load_settings
from leadscore_core.errors import ConflictError
from leadscore_core.storage.database.preferences import Preference
from pages.shared import session


class Callers(BaseModel):
    """Names and calls a day."""

    callers: tuple[tuple[str, int], ...] = ()


def _preference() -> Preference[Callers]:
    return Preference(load_settings(), "callers", Callers(), Action.PLAN)


def known_callers() -> tuple[Caller, ...]:
    """Return the callers of the last plan; none before any."""
    return tuple(Caller(*one) for one in _preference().current().value.callers)


def save_callers(callers: tuple[Caller, ...], before: tuple[Caller, ...]) -> None:
    """Keep the callers where a person changed their names or calls; of two who do so at once the first one's stand."""
    named = tuple(one for one in callers if one.name and 1 <= one.calls_a_day <= MOST_CALLS)
    if named == before or not named or named != callers:
        return
    preference = _preference()
    value = Callers(callers=tuple((one.name, one.calls_a_day) for one in named))
    current = preference.current()
    if value != current.value:
        with suppress(ConflictError):
            preference.save(value, based_on=current.version, author=session.get_name())
