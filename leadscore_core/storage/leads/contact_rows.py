"""Contact rows: how the leads of one batch stand after the contact attempts with their people."""

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256

import numpy as np
import pyarrow as pa

OPEN_STATES = ("new", "claimed", "attempted", "call_back")


def _none(kind: str) -> np.ndarray:
    return np.empty(0, dtype=kind)


@dataclass(frozen=True)
class ContactRows:
    """Leads that are known people, one entry a lead.

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

    def of(self, rows: np.ndarray) -> "ContactRows":
        """Return those of some leads alone."""
        here = np.isin(self.row, rows)
        columns = {one.name: getattr(self, one.name)[here] for one in fields(self) if one.name != "token"}
        return ContactRows(**columns, token=self.token)

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
        """Them as DuckDB joins them to the leads."""
        return pa.table(
            {
                "c_row": self.row,
                "c_person": self.person,
                "c_state": pa.array(self.state, pa.string()),
                "c_attempts": self.attempts,
                "c_not_before": pa.array(self.not_before),
                "c_suppressed": pa.array(self.suppressed_by, pa.string()),
                "c_barred": pa.array(self.suppressed_by != "", pa.bool_()),
                "c_open": pa.array(np.isin(self.state.astype("str"), OPEN_STATES), pa.bool_()),
                "c_turn": self.turn,
                "c_last_result": pa.array(self.last_result, pa.string()),
                "c_last_at": pa.array(self.last_at),
            }
        )
