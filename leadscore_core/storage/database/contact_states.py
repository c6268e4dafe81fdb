"""Contact states: what follows for a person from the contact attempts that were made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadscore_core.config import CallRules

RESULTS = {
    "no_answer": "No answer",
    "busy": "Busy",
    "wrong_number": "Wrong number",
    "call_back": "Call back at",
    "not_interested": "Not interested",
    "interested": "Interested",
    "converted": "Converted",
    "customer": "Already a customer",
    "do_not_call": "Do not call",
}
STATES = {
    "new": "New",
    "claimed": "With a caller",
    "attempted": "Not reached yet",
    "call_back": "Call back",
    "reached": "Reached",
    "won": "Won",
    "lost": "Lost",
    "unreachable": "Unreachable",
    "suppressed": "Not to be called",
}
CHANNELS = {"phone": "Phone", "email": "E-mail", "message": "Message", "meeting": "Meeting", "file": "From a file"}
SUPPRESSING = ("do_not_call", "customer")
OPEN = ("new", "claimed", "attempted", "call_back")
_LASTING = {"converted": "won", "not_interested": "lost", "interested": "reached"}


@dataclass(frozen=True)
class Attempt:
    """What counts of one contact attempt: when, what came of it, and when to call back."""

    at: datetime
    result: str
    call_back_at: datetime | None = None


@dataclass(frozen=True)
class ContactState:
    """How a person stands: one of `STATES`, attempts made, and the moment before which not to call."""

    state: str = "new"
    attempts: int = 0
    not_before: datetime | None = None
    suppressed_by: str = ""


def state_after(attempts: Iterable[Attempt], rules: CallRules) -> ContactState:
    """Return what follows from attempts, in the order in which they were made.

    *Do not call* and *already a customer* hold whatever comes after. A person who was reached, won or lost stays so
    when nobody answers later; ``most_attempts`` without an answer in a row make a person unreachable.

    Parameters
    ----------
    attempts
        Those that were not undone, in any order.
    rules
        How often and when to try again.

    Examples
    --------
    >>> from datetime import UTC
    >>> monday = datetime(2026, 11, 30, 9, tzinfo=UTC)
    >>> state_after([Attempt(monday, "no_answer")], CallRules(retry_hours=20)).not_before.isoformat()
    '2026-12-01T05:00:00+00:00'
    >>> state_after([Attempt(monday, "do_not_call"), Attempt(monday, "converted")], CallRules()).state
    'suppressed'
    """
    ordered = sorted(attempts, key=lambda attempt: attempt.at)
    state, not_before, unanswered = "new", None, 0
    for attempt in ordered:
        if attempt.result in SUPPRESSING:
            continue
        if attempt.result in _LASTING:
            state, not_before, unanswered = _LASTING[attempt.result], None, 0
        elif attempt.result == "call_back":
            state, not_before, unanswered = "call_back", attempt.call_back_at or attempt.at, 0
        elif state in {"new", "attempted", "call_back", "unreachable"}:
            unanswered += 1
            is_over = attempt.result == "wrong_number" or unanswered >= rules.most_attempts
            state = "unreachable" if is_over else "attempted"
            wait = timedelta(minutes=rules.busy_minutes) if attempt.result == "busy" else None
            not_before = None if is_over else attempt.at + (wait or timedelta(hours=rules.retry_hours))
    suppressing = next((attempt.result for attempt in ordered if attempt.result in SUPPRESSING), "")
    if suppressing:
        state, not_before = "suppressed", None
    return ContactState(state, len(ordered), not_before, suppressing)
