"""Weights of training leads as somebody gives them: numbers, or the header of the column that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.parsing import parse_numbers
from leadscore_core.errors import LeadScoreError

if TYPE_CHECKING:
    from leadscore_core.training.training_data import TrainingData

_LEAST_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class LeadWeights:
    """What each lead counts as, None where each counts once.

    Attributes
    ----------
    learned
        In learning: levels, observed rates, the algorithm.
    judged
        In thresholds and figures: how many leads it stands for.
    """

    learned: np.ndarray | None = None
    judged: np.ndarray | None = None

    @property
    def calibrated(self) -> np.ndarray | None:
        """In calibration: both, so that probabilities hold for all that leads stand for."""
        if self.learned is None or self.judged is None:
            return self.judged if self.learned is None else self.learned
        return self.learned * self.judged

    def of(self, rows: np.ndarray) -> LeadWeights:
        """Return the weights of some leads, by their positions."""
        return LeadWeights(*(None if part is None else part[rows] for part in (self.learned, self.judged)))


def weights_of(known: TrainingData) -> LeadWeights:
    """Return what leads count as: in learning what a person says, in figures what they stand for.

    Where calls followed columns that the model reads, it learns without bias from each lead once (Zadrozny, 2004), and
    a few leads of great weight make it unsteady: on the real leads, month by month with a learning sample of 5%, the
    AUC was 0.793 so and 0.775 with the whole weights (`benchmarks/loop_replay.py`). Figures need the weights.

    Parameters
    ----------
    known
        Leads that are learned from.
    """
    return LeadWeights(known.weight, known.stands_for)


def read_weights(given: Any, frame: pd.DataFrame) -> np.ndarray:
    """Return the weight of each lead.

    Parameters
    ----------
    given
        One number of 0 or more a row of the frame, or the header of a column of it.

    Raises
    ------
    LeadScoreError
        If there is no such column, or the weights do not fit the leads.

    Examples
    --------
    >>> read_weights("w", pd.DataFrame({"w": ["1", "2.5"]})).tolist()
    [1.0, 2.5]
    """
    if isinstance(given, str):
        if given not in frame.columns:
            raise LeadScoreError(
                f"There is no column {given!r} to take weights from. Give the header as it is written."
            )
        given = frame[given] if pd.api.types.is_numeric_dtype(frame[given]) else parse_numbers(frame[given]).values
    weight = np.asarray(given, dtype="float64").ravel()
    if len(weight) != len(frame):
        raise LeadScoreError(f"There are {len(weight):,} weights for {len(frame):,} leads. Give one a lead.")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise LeadScoreError("A weight is a number of 0 or more. Give every lead one.")
    if weight.sum() < _LEAST_SHARE * len(weight):
        raise LeadScoreError(
            f"The weights sum to {weight.sum():.3g}, as if there were so few leads; a weight of 1 is a lead. Multiply "
            f"them, for instance by {len(weight) / max(weight.sum(), 1e-12):.3g}."
        )
    return weight
