"""Trial rows: which leads of one batch are in which arm of a trial that runs, and the order of calls that follows.

In a trial of two orders the leads of either arm are called in their own, and the arms take turns by their shares: at
any time each has had its share of the calls, whatever is filtered, so that day, hour and caller are alike in both.
"""

from dataclasses import dataclass, field
from hashlib import sha256

import duckdb
import numpy as np
import pyarrow as pa

from leadscore_core.storage.leads.contact_rows import ContactRows

TRIAL = "trial"
_FIRST, _SECOND = 1, 2


@dataclass(frozen=True)
class TrialRows:
    """The leads of a batch in a trial, by their position; without any where none runs.

    Attributes
    ----------
    kind
        ``order``, ``model`` or ``holdout`` (see `leadscore_core.storage.database.trials.TrialPlan`).
    share
        Share (0-1) of the leads in the first arm.
    first
        Whether each lead is in the first arm.
    challenger
        With ``model``: the propensity (0-1) of each lead by the challenger.
    """

    kind: str = ""
    share: float = 0.5
    first: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool), repr=False)
    challenger: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    token: str = ""

    def __len__(self) -> int:
        return len(self.first)

    @property
    def is_ordered(self) -> bool:
        """Whether two orders of calls are compared."""
        return bool(len(self)) and self.kind != "holdout"

    @property
    def holds_out(self) -> bool:
        """Whether leads are held out of the calls."""
        return bool(len(self)) and self.kind == "holdout"

    def sealed(self) -> "TrialRows":
        """Return the same with a token that differs whenever anything of it does."""
        digest = sha256(np.packbits(self.first).tobytes() + self.challenger.astype("float64").tobytes())
        return TrialRows(self.kind, self.share, self.first, self.challenger, digest.hexdigest())

    def register(self, cursor: duckdb.DuckDBPyConnection, ranks: np.ndarray) -> None:
        """Let SQL read them as ``trial``; the table is made once for each length of a list.

        Parameters
        ----------
        ranks
            Rank of each lead of the batch, by its position.
        """
        made: dict[int, pa.Table] = self.__dict__.setdefault("_made", {})
        if len(ranks) not in made:
            made[len(ranks)] = self._bits(ranks) if self.holds_out else self._turns(ranks)
        cursor.register(TRIAL, made[len(ranks)])

    def _bits(self, ranks: np.ndarray) -> pa.Table:
        held = np.zeros(len(ranks) + 1, dtype=bool)
        held[ranks[~self.first]] = True
        return pa.table({"held": [np.packbits(held).tobytes()]})

    def _turns(self, ranks: np.ndarray) -> pa.Table:
        if self.kind == "order":
            turn = np.where(self.first, ranks, np.arange(1, len(ranks) + 1))
        else:
            best = np.empty(len(ranks), dtype="int64")
            best[np.lexsort((ranks, -self.challenger))] = np.arange(1, len(ranks) + 1)
            turn = np.where(self.first, best, ranks)
        arm = np.where(self.first, _FIRST, _SECOND).astype("int8")
        return pa.table({"t_rank": ranks.astype("int32"), "t_arm": arm, "t_turn": turn.astype("int32")})


def held_out_sql() -> tuple[str, str]:
    """Return the join of who is held out, and the condition that a lead is, as SQL text."""
    return f" CROSS JOIN (SELECT held::BIT AS b_held FROM {TRIAL})", "get_bit(b_held, ls_rank::INT) = 1"  # noqa: S608  # names are quoted or ours, values are bound


def arms_sql(in_trial: str, waits: str) -> tuple[str, str]:
    """Return the join of the arms, and the columns by which `order_sql` sorts, as SQL text.

    Parameters
    ----------
    in_trial
        The condition that a lead is called in its arm's turn: nobody called it or set its place by hand.
    waits
        Its turn among call-backs, those never called and those to be tried again (see `ContactRows`).
    """
    arm = f"CASE WHEN {in_trial} THEN t_arm ELSE 0 END AS ls_arm"
    return f" LEFT JOIN {TRIAL} ON t_rank = ls_rank", f", {arm}, t_turn AS ls_arm_turn, {waits} AS ls_waits"


def order_sql(trial: TrialRows, contacts: ContactRows, down: str) -> str:
    """Return the order of the calls while two orders are compared, as SQL text.

    The k-th lead of an arm that waits stands where the arm has had its share of the calls: at (calls made + k - 1/2) /
    share. Calls that were made otherwise, as by hand, are made up for so. Where both stand at the same place, they take
    turns at going first.

    Parameters
    ----------
    down
        `` DESC`` for the last first, else empty.
    """
    called = contacts.row[contacts.attempts > 0]
    first = int(trial.first[called].sum())
    second = len(called) - first
    number = "row_number() OVER (PARTITION BY ls_waits, ls_arm ORDER BY ls_arm_turn, ls_rank)"
    place = (
        f"CASE ls_arm WHEN {_FIRST} THEN ({first} + {number} - 0.5) / {trial.share!r} "
        f"WHEN {_SECOND} THEN ({second} + {number} - 0.5) / {1 - trial.share!r} ELSE ls_turn END"
    )
    goes_second = (
        f"CASE ls_arm WHEN {_FIRST} THEN ({first} + {number} + 1) % 2 WHEN {_SECOND} THEN ({second} + {number}) % 2 END"
    )
    keys = ("ls_waits", place, goes_second, "ls_rank")
    return ", ".join(f"{key}{down}" for key in keys)
