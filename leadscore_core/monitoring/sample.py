"""The sample that opens the eyes: which few leads to call so that the AUC of a list is known to within 0.05."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from leadscore_core.confidence import CONFIDENCE, Z95
from leadscore_core.monitoring.estimate import PastPeriod
from leadscore_core.monitoring.levels import at_level
from leadscore_core.monitoring.performance import Figure
from leadscore_core.training.evaluation.weighted_auc import auc_error, shares_below

MARGIN, HOLDS = 0.05, 0.93
TELLING = 0.2  # what is known no nearer than that says nothing
STRATA, LEAST, FEWER = 10, 40, 120
WEAKENED = 0.5
_EDGE, _SIMULATIONS, _GROWTH = 1e-3, 200, 1.1
_EVEN = 0.1
_LISTS = 20


@dataclass(frozen=True, eq=False)
class SamplePlan:
    """Which leads to call.

    Attributes
    ----------
    rows
        Places of the leads that are drawn, in the order of the list.
    strata
        Stratum of every lead of the list, by score, the lowest first; -1 of those that cannot be called.
    size
        How many are drawn.
    margin
        How far from the true AUC what they say may be, 0-1, also where scores tell half of what they did; 0 where all
        leads are drawn, as their outcomes tell the AUC exactly.
    holds
        How often it was no farther, of simulated outcomes, 0-1.
    hoped
        The margin if scores tell what they did, 0-1.
    beyond
        How far the AUC on leads like these in general may be from what they say (95%): a list of few leads, or of few
        that convert, says little of the next, even where all of its own outcomes are known.
    is_whole
        Whether all leads are drawn, as no fewer tell it.
    """

    rows: np.ndarray
    strata: np.ndarray
    size: int
    margin: float
    holds: float
    hoped: float
    beyond: float
    is_whole: bool = False

    @property
    def sizes(self) -> np.ndarray:
        """How many leads that can be called each stratum has."""
        return np.bincount(self.strata[self.strata >= 0], minlength=STRATA)

    def as_json(self) -> dict[str, Any]:
        """Return what has to be kept to evaluate it later."""
        return {
            "rows": self.rows.tolist(),
            "strata": self.strata[self.rows].tolist(),
            "sizes": self.sizes.tolist(),
            "size": self.size,
            "margin": self.margin,
            "holds": self.holds,
            "hoped": self.hoped,
            "beyond": self.beyond,
            "is_whole": self.is_whole,
        }


def plan_sample(
    propensity: np.ndarray,
    past: Sequence[PastPeriod] = (),
    *,
    margin: float = MARGIN,
    most: int | None = None,
    may_call: np.ndarray | None = None,
    weakest: float = WEAKENED,
    seed: int = 0,
) -> SamplePlan:
    """Plan and draw the smallest stratified sample whose outcomes tell the AUC of a list to within a margin.

    Strata are of scores, so cut that each holds as much of what the AUC's error is made of (Neyman, 1934, for the
    linearised AUC); leads in the middle of the order tell little and are seldom drawn. Outcomes are simulated from the
    scores, at the level of past periods, with the relation as it was and weakened; the size grows until both hold the
    margin in 93 of 100 simulations. That is near the least that tells it: a logistic curve through the outcomes is a
    tenth closer where scores tell what they did, and far off where they do not (docs/benchmarks.md).

    Parameters
    ----------
    propensity
        Of each lead of the list, 0-1.
    past
        Past periods with outcomes, which correct the base rate.
    most
        At most so many leads; the margin is then as wide as these hold it, also where scores tell nothing any more.
        They are a part of the larger sample.
    weakest
        By what log-odds are multiplied in the weakened relation, 0-1: the weaker, the more leads it takes.
    may_call
        Which leads can be called, of bool; the figures are then about these alone.

    Examples
    --------
    >>> plan = plan_sample(np.random.default_rng(0).beta(1, 1, 2_000))
    >>> 40 < plan.size < 400, plan.holds >= 0.93
    (True, True)
    """
    rng = np.random.default_rng(seed)
    shifts = [one.error("base_rate") for one in past]
    known = [shift for shift in shifts if shift is not None]
    center = at_level(propensity, float(np.mean(propensity)) + float(np.mean(known or [0.0])))
    able = np.ones(len(propensity), dtype=bool) if may_call is None else may_call
    chances = [_weakened(center, slope)[able] for slope in (1.0, weakest)]
    own = np.asarray(propensity)[able]
    strata = _cut(own, np.mean([_spread(own, p) for p in chances], axis=0))
    size = min(len(own), max(LEAST, max(_size(own, p, strata, margin) for p in chances)))
    size, errors = size if most is None else min(size, most), [np.zeros(1)] * len(chances)
    while size < len(own):
        tried = chances if most is None else [*chances, _weakened(center, 0.0)[able]]
        errors = [_errors(own, p, (strata, size), rng) for p in tried]
        if size == most or min(np.mean(one <= margin) for one in errors) >= HOLDS:
            break
        size = min(len(own), most or len(own), int(np.ceil(size * _GROWTH)))
    hoped, worst = _held(errors[0]), max(map(_held, errors))
    margin = 0.0 if size >= len(own) else margin if most is None else max(margin, worst)
    holds = float(min(np.mean(one <= margin) for one in errors))
    places = np.flatnonzero(able)
    all_strata = np.full(len(propensity), -1)
    all_strata[places] = strata
    rows = places[draw_sample(strata, size, np.random.default_rng(seed))]
    is_whole = len(rows) == len(own)
    return SamplePlan(
        rows,
        all_strata,
        len(rows),
        margin,
        holds,
        min(hoped, margin),
        _beyond(own, chances[0], 0.0 if is_whole else margin, rng),
        is_whole,
    )


def draw_sample(strata: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the places of leads that are drawn at random, as many of each stratum, in their order.

    By the same generator fewer leads are a part of more.
    """
    shuffled = [rng.permutation(own) for own in _places(strata)]
    wanted = _allocate(np.array([len(own) for own in shuffled]), size)
    return np.sort(np.concatenate([own[:n] for own, n in zip(shuffled, wanted, strict=True)]))


def evaluate_sample(
    propensity: np.ndarray, strata: np.ndarray, sizes: np.ndarray, outcome: np.ndarray
) -> tuple[Figure, np.ndarray]:
    """Evaluate a sample whose outcomes are back, with its design weights.

    Parameters
    ----------
    propensity, strata
        Of each lead that was drawn.
    sizes
        How many leads of the list each stratum has.
    outcome
        Of each lead that was drawn: 1, 0 or NaN where none is back; those that are back stand for their stratum.

    Returns
    -------
    figure, weight
        The AUC with its 95% interval (value None where one outcome is lacking), and how many leads each stands for.
    """
    back = ~np.isnan(outcome)
    heard = np.bincount(strata[back], minlength=len(sizes))
    weight = np.zeros(len(outcome))
    share = np.where(heard > 0, sizes / np.maximum(heard, 1), 0.0)
    weight[back] = share[strata[back]]
    y, w, s, h = outcome[back] == 1, weight[back], np.asarray(propensity)[back], strata[back]
    if not y.any() or y.all():
        return Figure("auc", None), weight
    value, influence = _linearised(y, s, w)
    counts = np.bincount(h, minlength=len(sizes))
    mean = np.bincount(h, weights=influence, minlength=len(sizes)) / np.maximum(counts, 1)
    square = np.bincount(h, weights=(influence - mean[h]) ** 2, minlength=len(sizes)) / np.maximum(counts - 1, 1)
    variance = float(
        (np.asarray(sizes) ** 2 * (1 - counts / np.maximum(sizes, 1)) * square / np.maximum(counts, 1)).sum()
    )
    error = float(np.sqrt(max(variance, 0.0)))
    freedom = max(1, int(back.sum()) - int((counts > 0).sum()))
    reach = float(student.ppf(0.5 + CONFIDENCE / 2, freedom)) * error
    return Figure("auc", value, max(0.0, value - reach), min(1.0, value + reach), error), weight


def _linearised(y: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the AUC by inverse probability, and each lead's influence on its error."""
    wins = shares_below(score[y], score[~y], weight[~y])
    losses = 1 - shares_below(score[~y], score[y], weight[y])
    value = float(np.average(wins, weights=weight[y]))
    influence = np.empty(len(y))
    influence[y] = (wins - value) / weight[y].sum()
    influence[~y] = (losses - value) / weight[~y].sum()
    return value, influence


def _beyond(score: np.ndarray, p: np.ndarray, margin: float, rng: np.random.Generator) -> float:
    """Return how far the AUC in general may be from what a sample says: the list's own chance, and the sample's."""
    variances = []
    for _ in range(_LISTS):
        y = rng.random(len(p)) < p
        if y.any() and not y.all():
            variances.append(auc_error(y.astype("int64"), score, np.ones(len(y))) ** 2)
    if not variances:
        return 0.5
    return float(min(0.5, np.hypot(margin, Z95 * np.sqrt(np.mean(variances)))))


def _weakened(chances: np.ndarray, slope: float) -> np.ndarray:
    """Return chances whose log-odds are drawn towards their mean, at the same level."""
    return chances if slope == 1 else at_level(expit(slope * logit(np.clip(chances, _EDGE, 1 - _EDGE))), chances.mean())


def _spread(score: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each lead's influence on the AUC, were its outcome drawn with its chance."""
    wins, losses = shares_below(score, score, 1 - p), 1 - shares_below(score, score, p)
    value = float(np.average(wins, weights=p))
    spread = np.sqrt(p * (1 - p)) * np.abs((wins - value) / p.mean() - (losses - value) / (1 - p).mean())
    return np.asarray(spread + _EVEN * spread.mean())


def _cut(score: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the stratum of each lead, so that each stratum holds as much of the spread."""
    order = np.argsort(score, kind="stable")
    upto = np.cumsum(spread[order])
    strata = np.empty(len(score), dtype="int64")
    strata[order] = np.minimum(STRATA - 1, (STRATA * (upto - spread[order] / 2) / upto[-1]).astype("int64"))
    return strata


def _size(score: np.ndarray, p: np.ndarray, strata: np.ndarray, margin: float) -> int:
    """Return the size at which the linearised error holds the margin."""
    spread = _spread(score, p)
    wanted = margin / norm.ppf(0.5 + HOLDS / 2)
    within = sum(
        len(own) ** 2 * float((own**2).mean()) for own in (spread[strata == h] for h in range(STRATA)) if len(own)
    )
    return int(np.ceil(STRATA * within / (wanted * len(score)) ** 2))


def _allocate(counts: np.ndarray, size: int) -> np.ndarray:
    """Return how many to draw of each stratum: as many of each, all of one that has no more, the rest of the others."""
    wanted = np.zeros(len(counts), dtype="int64")
    for stratum in np.argsort(counts, kind="stable"):
        left = len(counts) - int((wanted > 0).sum())
        wanted[stratum] = min(int(counts[stratum]), -(-(size - int(wanted.sum())) // max(1, left)))
    return wanted


def _draw(places: list[np.ndarray], wanted: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw so many of the places of each stratum."""
    return [own[rng.choice(len(own), n, replace=False, shuffle=False)] for own, n in zip(places, wanted, strict=True)]


def _places(strata: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(strata == stratum) for stratum in range(STRATA)]


def _held(errors: np.ndarray) -> float:
    """Return the margin that errors hold as often as it is promised, rounded up to a hundredth."""
    return max(0.0, float(np.ceil(100 * np.quantile(errors, HOLDS) - _EDGE) / 100))


def _errors(score: np.ndarray, p: np.ndarray, design: tuple[np.ndarray, int], rng: np.random.Generator) -> np.ndarray:
    """Return how far what a sample says is from the AUC of all leads, in simulations; 1 where it says nothing."""
    strata, size = design
    places = _places(strata)
    sizes = np.array([len(own) for own in places])
    wanted = _allocate(sizes, size)
    weights = np.repeat(sizes / np.maximum(wanted, 1), wanted)
    ranks = rankdata(score)
    errors = np.ones(_SIMULATIONS)
    for turn in range(_SIMULATIONS):
        y = rng.random(len(p)) < p
        rows = np.concatenate(_draw(places, wanted, rng))
        drawn, yes = y[rows], int(y.sum())
        if drawn.any() and not drawn.all():
            true = (ranks[y].sum() - yes * (yes + 1) / 2) / (yes * (len(y) - yes))
            wins = shares_below(score[rows][drawn], score[rows][~drawn], weights[~drawn])
            errors[turn] = abs(np.average(wins, weights=weights[drawn]) - true)
    return errors
