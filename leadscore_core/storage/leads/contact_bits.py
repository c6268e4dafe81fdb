"""Contact bits: how each lead of a batch stands after contact attempts, a few bits a lead, which DuckDB looks up.

A join of a hundred thousand contacts to a million leads takes longer than most of what is asked of them; a bit is there
at once.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from leadscore_core.storage.database.contact_states import OPEN, STATES, SUPPRESSING

BITS = "contact_bits"
_STATES = sorted(STATES, key=lambda state: state != "new")  # all bits 0 is new
_STATE_BITS = [f"state_{place}" for place in range(max(len(_STATES) - 1, 1).bit_length())]
_TURN_BITS = ["turn_0", "turn_1"]
_USUAL_TURN = 1  # all bits 0 is the usual turn


def make_bits(contacts: Mapping[str, np.ndarray], ranks: np.ndarray) -> pa.Table:
    """Return a table of one row, a string of bits a column: one for each lead, by its rank, which most queries read.

    Parameters
    ----------
    contacts
        ``row``, ``state``, ``suppressed_by``, ``attempts`` and ``turn`` of `ContactRows`.
    ranks
        Rank of each lead of the batch, by its position.
    """
    found = ranks[contacts["row"]]
    state = contacts["state"].astype("str")
    suppressed_by = contacts["suppressed_by"].astype("str")
    code = np.zeros(len(state), dtype="int64")
    for place, name in enumerate(_STATES):
        code[state == name] = place
    turn = contacts["turn"] ^ _USUAL_TURN
    columns = {"closed": ~np.isin(state, OPEN), "called": contacts["attempts"] > 0}
    columns |= {f"by_{reason}": suppressed_by == reason for reason in SUPPRESSING}
    columns |= {name: (code >> place) & 1 == 1 for place, name in enumerate(_STATE_BITS)}
    columns |= {name: (turn >> place) & 1 == 1 for place, name in enumerate(_TURN_BITS)}
    return pa.table({name: [as_bits(found[has], len(ranks))] for name, has in columns.items()})


def as_bits(ranks: np.ndarray, size: int) -> bytes:
    """Return some ranks (from 1) of a list of a size as one bit a lead, at its rank."""
    flags = np.zeros(size + 1, dtype=bool)
    flags[ranks] = True
    return np.packbits(flags).tobytes()


def join_sql() -> str:
    """Return the join of the bits, as SQL text."""
    names = ["closed", "called", *(f"by_{reason}" for reason in SUPPRESSING), *_STATE_BITS, *_TURN_BITS]
    return f" CROSS JOIN (SELECT {', '.join(f'{name}::BIT AS b_{name}' for name in names)} FROM {BITS})"  # noqa: S608  # names are quoted or ours, values are bound


def bit_sql(name: str) -> str:
    """Return whether a lead has a bit, as SQL text."""
    return f"(get_bit(b_{name}, ls_rank::INT) = 1)"


def state_sql() -> str:
    """Return a lead's state, as SQL text."""
    return f"{_STATES!r}[1 + {_number(_STATE_BITS)}]"


def turn_sql() -> str:
    """Return a lead's turn in the order of the calls, as SQL text (see `ContactRows`)."""
    return f"xor({_number(_TURN_BITS)}, {_USUAL_TURN})"


def suppressed_sql() -> list[str]:
    """Return what names the reason for which nobody is to call a lead, as arms of a CASE in SQL text."""
    return [f"WHEN {bit_sql(f'by_{reason}')} THEN '{reason}'" for reason in SUPPRESSING]


def _number(names: list[str]) -> str:
    return " + ".join(f"{1 << place} * get_bit(b_{name}, ls_rank::INT)" for place, name in enumerate(names))
