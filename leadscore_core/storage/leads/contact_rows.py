"""Contact rows: how the leads of one batch stand after the contact attempts with their people."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.data.wide_frame import with_columns
from leadscore_core.storage.database.contact_states import OPEN
from leadscore_core.storage.leads.contact_bits import make_bits

HELD_OUT = "held_out"  # the code of a lead that a trial holds out of the calls


def _none(kind: str) -> np.ndarray:
    return np.empty(0, dtype=kind)


@dataclass(frozen=True)
class ContactRows:
    """Leads that are known people, one entry a lead, by their position.

    Attributes
    ----------
    row
        Position in the batch.
    person
        Id of the person.
    state
        One of `leadscore_core.storage.database.contact_states.STATES`.
    attempts
        Contact attempts with the person.
    not_before
        Moment (UTC) before which not to call, NaT where there is none.
    suppressed_by
        ``do_not_call`` or ``customer`` where nobody is to call the lead, else empty.
    turn
        When in the order of the calls: 0 a call-back that is due, 1 never called, 2 to be tried again now, 3 later.
    last_result, last_at
        Of the last attempt; the moment is NaT where there is none.
    """

    row: np.ndarray = field(default_factory=lambda: _none("int64"), repr=False)
    person: np.ndarray = field(default_factory=lambda: _none("int64"), repr=False)
    state: np.ndarray = field(default_factory=lambda: _none("object"), repr=False)
    attempts: np.ndarray = field(default_factory=lambda: _none("int64"), repr=False)
    not_before: np.ndarray = field(default_factory=lambda: _none("datetime64[us]"), repr=False)
    suppressed_by: np.ndarray = field(default_factory=lambda: _none("object"), repr=False)
    turn: np.ndarray = field(default_factory=lambda: _none("int64"), repr=False)
    last_result: np.ndarray = field(default_factory=lambda: _none("object"), repr=False)
    last_at: np.ndarray = field(default_factory=lambda: _none("datetime64[us]"), repr=False)
    token: str = ""

    def __len__(self) -> int:
        return len(self.row)

    def later_than(self, day: date) -> np.ndarray:
        """Return the leads that are with a caller now, or whose time (in UTC) comes after a day."""
        comes_later = self.not_before >= np.datetime64(day + timedelta(days=1), "us")
        return self.row[(self.state == "claimed") | (comes_later & np.isin(self.state.astype("str"), OPEN))]

    def settled(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which leads the attempts settle as a yes, and which as a no; a customer is neither."""
        refused = np.isin(self.state.astype("str"), ("lost", "unreachable"))
        return self.state == "won", refused | (self.suppressed_by == "do_not_call")

    def sealed(self) -> "ContactRows":
        """Return the same with a token that differs whenever anything of it does."""
        digest = sha256()
        for values in (self.row, self.person, self.attempts, self.turn):
            digest.update(np.ascontiguousarray(values).tobytes())
        for moments in (self.not_before, self.last_at):
            digest.update(moments.astype("int64").tobytes())
        for texts in (self.state, self.suppressed_by, self.last_result):
            digest.update("|".join(texts.tolist()).encode())
        return replace(self, token=digest.hexdigest())

    @cached_property
    def table(self) -> pa.Table:
        """Their moments and attempts, as DuckDB joins them to the leads to sort by them."""
        return pa.table(
            {
                "c_row": self.row,
                "c_person": self.person,
                "c_attempts": self.attempts,
                "c_not_before": pa.array(self.not_before),
                "c_last_result": pa.array(self.last_result, pa.string()),
                "c_last_at": pa.array(self.last_at),
            }
        )

    def bits(self, ranks: np.ndarray) -> pa.Table:
        """Return how each of a batch's leads stands as bits (see `make_bits`), made once for each length of a list."""
        found: dict[int, pa.Table] = self.__dict__.setdefault("_bits", {})
        if len(ranks) not in found:
            named = ("row", "state", "suppressed_by", "attempts", "turn")
            found[len(ranks)] = make_bits({name: getattr(self, name) for name in named}, ranks)
        return found[len(ranks)]

    def stand_in(self, leads: pd.DataFrame, size: int) -> pd.DataFrame:
        """Return leads as they stand after the attempts.

        Parameters
        ----------
        leads
            As they stand without: with ``ls_row``, ``ls_own_junk`` and ``ls_turn``.
        size
            Leads of the batch.
        """
        rows = leads["ls_row"].to_numpy("int64")
        place = np.searchsorted(self.row, rows)
        place[place == len(self.row)] = 0
        known = self.row[place] == rows if len(self.row) else np.zeros(len(rows), dtype=bool)
        at = place[known]

        def laid_out(values: np.ndarray, blank: object, dtype: str) -> np.ndarray:
            cells = np.full(len(rows), blank, dtype=dtype)
            cells[known] = values[at]
            return cells

        def as_text(cells: np.ndarray) -> object:
            return pd.array(cells, dtype="str")

        state, attempts = laid_out(self.state, "new", "object"), laid_out(self.attempts, 0, "int64")
        suppressed_by = laid_out(self.suppressed_by, "", "object")
        person, is_open = laid_out(self.person, 0, "int64"), np.isin(state.astype("str"), OPEN)
        own_junk = leads["ls_own_junk"].to_numpy("object")
        own_junk = np.where((own_junk == HELD_OUT) & (attempts > 0), "", own_junk)  # nobody is held out after a call
        junk = np.where(suppressed_by == "", own_junk, suppressed_by)
        columns = {
            "ls_junk": as_text(junk),
            "ls_state": as_text(state),
            "ls_open": is_open,
            "ls_called": attempts > 0,
            "ls_turn": leads["ls_turn"].to_numpy() + (laid_out(self.turn, 1, "int64") - 1) * 2 * size,
            "ls_person": person if known.all() else pd.arrays.IntegerArray(person, ~known),
            "ls_attempts": attempts,
            "ls_not_before": laid_out(self.not_before, np.datetime64("NaT"), "datetime64[us]"),
            "ls_last_result": as_text(laid_out(self.last_result, "", "object")),
            "ls_last_at": laid_out(self.last_at, np.datetime64("NaT"), "datetime64[us]"),
        }
        return with_columns(leads.drop(columns="ls_own_junk"), columns)
