"""Shifts: values of columns whose leads convert otherwise than foretold, the one first that explains the others."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm, poisson

from leadscore_core.monitoring.levels import at_level
from leadscore_core.monitoring.performance import MonitoredLeads

_EDGE = 1e-6
_FEW_EXPECTED = 5
_RIVALS = 8


@dataclass(frozen=True)
class GroupShift:
    """A value of a column whose leads convert more or less than foretold for certain.

    ``p`` holds for all values of all columns together (Bonferroni).
    """

    column: str
    level: str
    known: int
    found: float
    expected: float
    p: float


def find_shifts(leads: MonitoredLeads, columns: list[str], *, least: int = 30, p: float = 0.01) -> list[GroupShift]:
    """Return the values of columns whose leads convert otherwise than foretold: what explains most, then by certainty.

    What all leads have in common is taken out first: expectations are moved to what was found in all. Ends are those
    of the binomial sum's normal approximation, of Poisson where few are expected of either outcome. What explains most
    is the group that leaves the least log loss of all leads once it and the rest are each at what was found in them.
    """
    settled = leads.calls.settled
    known = settled.is_learned & ~np.isnan(leads.propensity)
    truth, score = settled.outcome[known], leads.propensity[known]
    if not len(truth) or not score.sum():
        return []
    score = np.clip(score, _EDGE, 1 - _EDGE)
    scaled = _at_what_was_found(truth, score)
    rows: list[GroupShift] = []
    members: dict[tuple[str, str], np.ndarray] = {}
    for column in columns:
        values = leads.groups[column][known].astype("object")
        levels = values.where(values.notna(), "(blank)").to_numpy()
        for level, places in pd.Series(np.arange(len(levels))).groupby(levels):
            if len(places) >= least:
                own = places.to_numpy()
                members[column, str(level)] = own
                rows.append(_shift(column, str(level), truth[own], scaled[own]))
    rows = [replace(one, p=min(1.0, one.p * len(rows))) for one in rows]
    found = sorted((one for one in rows if one.p < p), key=lambda one: (one.p, -abs(one.found - one.expected)))
    if len(found) > 1:  # of groups that share leads, the one first that explains the others
        first = min(found[:_RIVALS], key=lambda one: _unexplained(members[one.column, one.level], truth, score))
        found = [first, *(one for one in found if one is not first)]
    return found


def _shift(column: str, level: str, truth: np.ndarray, score: np.ndarray) -> GroupShift:
    yes, expected = float(truth.sum()), float(score.sum())
    p = _chance((yes, len(truth) - yes), (expected, len(truth) - expected), float((score * (1 - score)).sum()))
    return GroupShift(column, level, len(truth), yes, expected, p)


def _unexplained(own: np.ndarray, truth: np.ndarray, score: np.ndarray) -> float:
    """Return the log loss that is left once a group and the rest of the leads are each at what was found in them."""
    is_own = np.zeros(len(truth), dtype=bool)
    is_own[own] = True
    parts = [rows for rows in (is_own, ~is_own) if rows.any()]
    return sum(_log_loss(truth[rows], _at_what_was_found(truth[rows], score[rows])) for rows in parts)


def _at_what_was_found(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return scores whose sum is what was found: with other odds, or with a part of those of one outcome lost.

    Of the two, that which foretells the outcomes better.
    """
    yes, expected = float(truth.sum()), float(score.sum())
    share = yes / expected if yes < expected else (len(truth) - yes) / (len(truth) - expected)
    lost = score * share if yes < expected else 1 - (1 - score) * share
    return min(at_level(score, yes / len(truth)), lost, key=lambda one: _log_loss(truth, one))


def _log_loss(truth: np.ndarray, score: np.ndarray) -> float:
    chance = np.clip(np.where(truth == 1, score, 1 - score), _EDGE, 1)
    return float(-np.log(chance).sum())


def _chance(found: tuple[float, float], expected: tuple[float, float], variance: float) -> float:
    """Return the two-sided probability of so many or so few of either outcome where so many are expected."""
    rarer = int(np.argmin(expected))
    if expected[rarer] < _FEW_EXPECTED:
        tails = poisson.cdf(found[rarer], expected[rarer]), poisson.sf(found[rarer] - 1, expected[rarer])
        return float(min(1.0, 2 * min(tails)))
    return float(2 * norm.sf(abs(found[0] - expected[0]) / np.sqrt(max(variance, _EDGE))))
