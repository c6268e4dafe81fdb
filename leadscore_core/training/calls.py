"""Calls: what is known of the calls to the leads of training data, and the outcomes that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadscore_core.confidence import weighted_rate
from leadscore_core.model.who_was_called import JunkRate, WhoWasCalled
from leadscore_core.training.called import Settled, settle_outcomes

ATTEMPTS = "attempts"
COLUMNS_OF_CALLS = ("came", "called", "age", "stands_for", "is_sample", "took")


@dataclass(frozen=True, eq=False)
class Calls:
    """What is known of the calls to leads, one entry a lead.

    Attributes
    ----------
    came
        Outcomes as they came: 1, 0, or NaN for none.
    called
        1 where somebody called, 0 where nobody did, NaN where nothing says it.
    age
        Days from when the lead came to when its outcome was looked at; NaN where that is not known.
    stands_for
        How many leads each that was called stands for (see `sample_weights`).
    is_sample
        Whether it was put aside as junk, and drawn to be called all the same.
    took
        Days from when it came to when it converted; NaN where that is not known.
    source
        Header of the column that says who was called, `ATTEMPTS` where it is the attempts that are kept, or both.
    days
        How long a lead takes to convert; 0 where all are old enough.
    """

    came: np.ndarray
    called: np.ndarray
    age: np.ndarray
    stands_for: np.ndarray
    is_sample: np.ndarray
    took: np.ndarray
    source: str = ""
    days: int = 0

    @classmethod
    def unsaid(cls, came: np.ndarray) -> Calls:
        """Return the calls to leads of which nothing says whether they were called."""
        nothing = np.full(len(came), np.nan)
        return cls(came, nothing, nothing, np.ones(len(came)), np.zeros(len(came), dtype=bool), nothing)

    @property
    def settled(self) -> Settled:
        """What is known of each lead."""
        return settle_outcomes(self.came, self.called, self.age, self.days)

    def take(self, rows: np.ndarray) -> Calls:
        """Return those of some leads, of bool or by their positions."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS_OF_CALLS})

    def by(self, source: str, called: np.ndarray) -> Calls:
        """Return them with what a column or the attempts say of who was called."""
        return replace(self, called=np.asarray(called, dtype="float64"), source=source)

    def summary(self) -> WhoWasCalled:
        """Return what is left out and why, and what junk would have done."""
        settled = self.settled
        known, nobody = ~np.isnan(self.came), self.called == 0
        young = (self.age < self.days) & ~nobody
        learned = settled.is_learned
        stood_for = float(self.stands_for[learned].sum())
        missing = _not_represented(self, settled)
        return WhoWasCalled(
            source=self.source,
            days=self.days,
            uncalled=int(settled.uncalled.sum()) + int((~known & nobody).sum()),
            young=int(young.sum()),
            young_yes=int((young & (self.came == 1)).sum()),
            by_itself=int(settled.by_itself.sum()),
            called=int((learned & (self.called == 1)).sum()),
            unsaid=int((learned & np.isnan(self.called)).sum()),
            junk=self._junk(learned),
            represented=stood_for / (stood_for + missing) if stood_for + missing else 1.0,
        )

    def _junk(self, learned: np.ndarray) -> JunkRate | None:
        sample = self.is_sample & learned & (self.called == 1)
        if not sample.any():
            return None
        yes, weight = self.came[sample], self.stands_for[sample]
        found = weighted_rate(yes, weight)
        return JunkRate(
            drawn=int(sample.sum()),
            converted=int(yes.sum()),
            stands_for=round(float(weight.sum())),
            rate=found.value,
            low=found.low,
            high=found.high,
        )


def join_calls(several: Sequence[Calls]) -> Calls:
    """Return the calls to leads of several lists as one."""
    sources = dict.fromkeys(one.source for one in several if one.source)
    arrays = {name: np.concatenate([getattr(one, name) for one in several]) for name in COLUMNS_OF_CALLS}
    return replace(several[0], source=" and ".join(sources), days=max(one.days for one in several), **arrays)


def _not_represented(calls: Calls, settled: Settled) -> float:
    """Return how many leads nobody called that no lead of a learning sample stands for either."""
    nobody = (calls.called == 0) & (calls.stands_for > 0)
    return float((nobody & ~settled.is_learned).sum())
