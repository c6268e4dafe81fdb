"""Callers: who calls, as the last plan named them, for everybody who plans next."""

from pydantic import BaseModel

from leadscore_core.batches.week import Caller
from leadscore_core.config import load_settings
from leadscore_core.errors import ConflictError
from leadscore_core.storage.database.preferences import Preference
from pages.shared import session


class Callers(BaseModel):
    """Names and calls a day."""

    callers: tuple[tuple[str, int], ...] = ()


def _preference() -> Preference[Callers]:
    return Preference(load_settings(), "callers", Callers())


def known_callers(capacity: int, name: str) -> tuple[Caller, ...]:
    """Return the callers of the last plan; before any, the person who plans, with the calls of a day."""
    kept = _preference().current().value.callers
    return tuple(Caller(*one) for one in kept) or (Caller(name or "Caller 1", min(capacity, 1_000)),)


def keep_callers(callers: tuple[Caller, ...], before: tuple[Caller, ...]) -> None:
    """Keep the callers where a person changed them; of two who do so at once the later one's stand."""
    if callers == before or not callers or any(not 1 <= one.calls_a_day <= 1_000 for one in callers):
        return
    preference = _preference()
    value = Callers(callers=tuple((one.name, one.calls_a_day) for one in callers))
    current = preference.current()
    if value != current.value:
        try:
            preference.save(value, based_on=current.version, author=session.get_name())
        except ConflictError:
            return
