"""The week: who calls whom on which day, so that everybody's calls are worth about the same."""

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from leadscore_core.batches.view import BatchView
from leadscore_core.data.schema.owner import owner_column
from leadscore_core.errors import StorageError
from leadscore_core.storage.leads.files import read_own
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort

MOST_CALLERS, MOST_DAYS, MOST_CALLS = 100, 31, 1_000
_OWNED_DEPTH = 5
_CALLS = LeadFilter()


@dataclass(frozen=True)
class Caller:
    """Somebody who calls, and how many leads a day."""

    name: str
    calls_a_day: int


@dataclass(frozen=True)
class WeekOrder:
    """What is to be planned.

    Attributes
    ----------
    callers
        Each with another name.
    days
        In order, each once.
    keep_owner
        Whether a lead stays with its owner in the CRM, where the list names one and the owner is a caller.
    """

    callers: tuple[Caller, ...]
    days: tuple[date, ...]
    keep_owner: bool = True


@dataclass(frozen=True)
class Share:
    """What one caller calls on one day: positions in the batch in order, and conversions expected of them."""

    caller: str
    day: date
    rows: list[int]
    expected: float


@dataclass(frozen=True)
class Week:
    """A plan of calls.

    Attributes
    ----------
    shares
        One a caller and day, days in order.
    owner
        Header by which leads stay with their owner; empty where none does.
    owned
        Leads that stay with their owner.
    left
        Leads of the call list that no day has room for.
    """

    shares: list[Share]
    owner: str = ""
    owned: int = 0
    left: int = 0

    @property
    def leads(self) -> int:
        """Leads that are called."""
        return sum(len(share.rows) for share in self.shares)

    def of(self, caller: str) -> list[Share]:
        """Return a caller's days."""
        return [share for share in self.shares if share.caller == caller]


@dataclass
class _Pool:
    """Leads that wait for a day, in the order of the calls, and from which day on each may be called."""

    rows: list[int]
    expected: list[float]
    owner: list[str]
    first_day: list[date | None]
    taken: set[int] = field(default_factory=set)


def owner_header(view: BatchView) -> str:
    """Return the list's column with the owner of each lead in the CRM, or an empty text."""
    return owner_column([header for header in view.batch.mapping.unused_headers if header])


def plan_week(view: BatchView, order: WeekOrder, chosen: LeadFilter = _CALLS) -> Week:
    """Share the call list out among callers and days.

    Each day takes the next leads of the call list: call-backs on their day, then those never called, the best first,
    then those to be tried again. Of a day's leads each goes to the caller whose share is worth least so far for the
    calls that the caller makes, so that the shares are worth about the same; one that stays with its owner waits for
    the owner's next day where today has no room.

    Parameters
    ----------
    chosen
        Which leads of the call list; all if not given.

    Raises
    ------
    StorageError
        If there are no callers or days, a name is missing or given twice, or a number of calls is out of range.
    """
    _check(order)
    rows, propensity = view.table.rows_of(chosen, Sort()), view.table.propensities(chosen, Sort())
    owner = owner_header(view) if order.keep_owner else ""
    pool = _pool(view, rows, propensity, order, owner)
    shares: list[Share] = []
    owned = 0
    for day in order.days:
        today, of_owners = _share_out(pool, order.callers, day)
        shares += today
        owned += of_owners
    planned = sum(len(share.rows) for share in shares)
    return Week(shares, owner if owned else "", owned, len(rows) - planned)


def _check(order: WeekOrder) -> None:
    names = [caller.name.strip() for caller in order.callers]
    if not names or not order.days:
        raise StorageError("A plan needs at least one caller and one day. Name who calls, and on which days.")
    if not all(names):
        raise StorageError("A caller has no name. Give each a name, as it is to stand on the workbook.")
    folded = [name.casefold() for name in names]
    twice = sorted({name for name in names if folded.count(name.casefold()) > 1})
    if twice:
        raise StorageError(f"{', '.join(twice)} stands twice among the callers. Give each another name.")
    if len(names) > MOST_CALLERS or len(order.days) > MOST_DAYS:
        raise StorageError(f"A plan has at most {MOST_CALLERS} callers and {MOST_DAYS} days. Plan fewer at a time.")
    wrong = [caller for caller in order.callers if not 1 <= caller.calls_a_day <= MOST_CALLS]
    if wrong:
        raise StorageError(
            f"Calls a day are 1 to {MOST_CALLS:,}; {wrong[0].name} has {wrong[0].calls_a_day:,}. Correct it."
        )


def _pool(view: BatchView, rows: np.ndarray, propensity: np.ndarray, order: WeekOrder, owner: str) -> _Pool:
    """Return who can be called in the days of a plan: not who is with a caller now, nor whose time comes later."""
    contacts = view.standing.contacts
    has_time = ~np.isnat(contacts.not_before)
    days = dict(zip(contacts.row[has_time].tolist(), contacts.not_before[has_time].tolist(), strict=True))
    wait = {row: at.date() for row, at in days.items() if at.date() >= order.days[0]}
    last = order.days[-1]
    is_out = np.isin(rows, contacts.later_than(last))
    is_back = np.isin(rows, contacts.row[contacts.state == "call_back"])
    is_again = np.isin(rows, contacts.row[contacts.state == "attempted"])
    capacity = sum(caller.calls_a_day for caller in order.callers) * len(order.days)
    never = np.flatnonzero(~is_out & ~is_back & ~is_again)
    # leads of an owner who is full make others come in from further down the list
    first = never[: capacity * (_OWNED_DEPTH if owner else 1)]
    places = np.concatenate([np.flatnonzero(is_back & ~is_out), first, np.flatnonzero(is_again & ~is_out)])
    places = places[_first_of_each(view, rows[places])]
    usable = rows[places].tolist()
    owners = [""] * len(usable)
    if owner and usable:
        cells = read_own(view.batch.leads_path, usable, [owner])[owner]
        names = {caller.name.strip().casefold(): caller.name for caller in order.callers}
        owners = [names.get(_owner_name(cell), "") for cell in cells.astype("str").fillna("").tolist()]
    return _Pool(usable, propensity[places].tolist(), owners, [wait.get(row) for row in usable])


def _first_of_each(view: BatchView, rows: np.ndarray) -> np.ndarray:
    """Return the places of leads whose e-mail no earlier one has: who stands twice in the list is called once."""
    keys = [name for name in view.table.columns if name.startswith("ls_email") and name.endswith("_key")]
    if not keys or not len(rows):
        return np.arange(len(rows))
    first = view.table.keys_of(rows)[keys[0]]
    return np.flatnonzero((first.isna() | ~first.duplicated()).to_numpy())


def _owner_name(cell: str) -> str:
    """Return an owner's name as callers are named: an address stands for its name.

    Examples
    --------
    >>> _owner_name(" Anna Roy "), _owner_name("anna.roy@example.com")
    ('anna roy', 'anna roy')
    """
    name = cell.strip().casefold()
    local, at, _ = name.partition("@")
    return " ".join(re.split(r"[._]+", local)) if at else name


def _share_out(pool: _Pool, callers: Sequence[Caller], day: date) -> tuple[list[Share], int]:
    """Give a day's leads to the callers, and return their shares and how many leads stayed with their owner."""
    room = {caller.name: caller.calls_a_day for caller in callers}
    worth = dict.fromkeys(room, 0.0)
    rows: dict[str, list[int]] = {name: [] for name in room}
    least = [(0.0, at, caller.name) for at, caller in enumerate(callers)]
    heapq.heapify(least)
    places = {caller.name: (at, caller.calls_a_day) for at, caller in enumerate(callers)}
    owned = 0
    for at in range(len(pool.rows)):
        first = pool.first_day[at]
        if at in pool.taken or (first is not None and first > day):
            continue
        name = pool.owner[at]
        if name and room[name] == 0:
            continue
        if not name:
            while least and (room[least[0][2]] == 0 or least[0][0] != worth[least[0][2]] / places[least[0][2]][1]):
                heapq.heappop(least)  # full, or an entry of before
            if not least:
                if not any(room.values()):
                    break
                continue
            name = least[0][2]
        owned += bool(pool.owner[at])
        pool.taken.add(at)
        rows[name].append(pool.rows[at])
        room[name] -= 1
        worth[name] += pool.expected[at]
        heapq.heappush(least, (worth[name] / places[name][1], places[name][0], name))
        if not any(room.values()):
            break
    return [Share(caller.name, day, rows[caller.name], worth[caller.name]) for caller in callers], owned
