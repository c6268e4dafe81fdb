"""Mix: how much of a group's gap to the average its leads explain, and how much is its own.

A logistic regression of the outcome on the group and on the factors of the mix (platform, city tier, month, ..) says
what leads like those of a group complete at the average group. The gap of a group's rate to the average is the sum of

    mix   what leads like its own complete at the average group, less the average of all leads
    own   the group's rate, less what leads like its own complete at the average group

(standardisation by g-computation, Robins, 1986; a decomposition after Oaxaca, 1973, and Blinder, 1973). The mix is told
factor by factor; what is left of it where factors do not simply add up is ``together``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used

from leadscore_core.analytics.statistics.rates import FALSE_DISCOVERIES, control_discoveries
from leadscore_core.confidence import Z95

DRAWS = 200
LEAST_COMPARABLE = 0.2
OWN_BETTER, OWN_NONE, OWN_WORSE, NO_PEERS = (
    "Better than its leads",
    "No more than its leads",
    "Worse than its leads",
    "",
)
_PENALTY = 0.1
_FEW = 30
_SMALL = 200
_FEW_EXPECTED = 10
_DRAWS_AT_ONCE = 25
_MOST_STRETCH = 2.0
_BLANK = "\0"


@dataclass(frozen=True)
class Mix:
    """What was found.

    Attributes
    ----------
    table
        One row a group: ``group``, ``n``, ``rate``, ``gap``, ``mix``, ``own`` (parts of 1; mix + own = gap, NaN where
        nothing is comparable), ``mix_low``, ``mix_high``, ``own_low``, ``own_high`` (95%, bootstrap), ``comparable``
        (share of its leads for which other groups have leads of the same factors), ``p``, ``q``, ``verdict``.
    parts
        One row a group, one column a factor and ``together``; rows sum to ``mix``.
    average
        Rate of all leads, 0-1.
    """

    table: pd.DataFrame
    parts: pd.DataFrame
    average: float


def split_gaps(cells: pd.DataFrame, group: str, factors: list[str], *, draws: int = DRAWS, seed: int = 0) -> Mix:
    """Split each group's gap to the average into the mix of its leads and its own part.

    Intervals are from a parametric bootstrap of leads and outcomes, whose regression is updated by one step of the
    score (Kline and Santos, 2012), so that hundreds of draws cost no more than one fit.

    Parameters
    ----------
    cells
        Leads counted by group and factors: these columns as text (NaN where blank), ``n`` and ``k``.
    group
        The column to judge.
    factors
        Columns of the mix.
    draws
        Bootstrap samples.
    seed
        The same seed gives the same intervals.

    Examples
    --------
    >>> cells = pd.DataFrame({"source": ["a", "a", "b", "b"], "tier": ["1", "3", "1", "3"]})
    >>> cells["n"], cells["k"] = [900, 100, 100, 900], [540, 20, 60, 180]
    >>> told = split_gaps(cells, "source", ["tier"]).table
    >>> told["gap"].round(2).tolist(), bool((told["own"].abs() < 0.01).all())
    ([0.16, -0.16], True)
    """
    cells = cells[cells["n"] > 0].reset_index(drop=True)
    n, k = cells["n"].to_numpy("float64"), cells["k"].to_numpy("float64")
    groups, names = pd.factorize(cells[group].fillna(_BLANK), sort=True)
    design, owner = _design(cells, factors)
    strata, place = _strata(design)
    comparable = _comparable(groups, place, n)
    total = n.sum()
    average = float(k.sum() / total) if total else float("nan")
    size = np.bincount(groups, n)
    rate = np.bincount(groups, k) / size
    gap = rate - average
    if len(names) < 2 or not 0 < average < 1:
        return _nothing(names, group, size, rate, gap, comparable, factors, average)

    intercept, level, slope = _fit(groups, design, n, k, len(names))
    expected = _standardised(
        intercept + level[None], slope[None], strata, _weights(groups, place, n[None], len(strata)), size[None]
    )[0]
    mix = expected - average
    own = rate - expected
    spread_mix, spread_own = _spread(
        groups, place, design, strata, n, intercept, level, slope, draws, np.random.default_rng(seed)
    )
    p = _test_own(size, rate, expected, spread_own)
    judged = (comparable >= LEAST_COMPARABLE) & (size >= _FEW)
    p = np.where(judged, p, np.nan)
    q = control_discoveries(p)
    verdict = np.select(
        [np.isnan(q), (q < FALSE_DISCOVERIES) & (own > 0), q < FALSE_DISCOVERIES],
        [NO_PEERS, OWN_BETTER, OWN_WORSE],
        default=OWN_NONE,
    )
    parts = _parts(groups, design, n, owner, factors, slope, expected, mix, len(names))
    alone = comparable < LEAST_COMPARABLE
    mix, own = np.where(alone, np.nan, mix), np.where(alone, np.nan, own)
    table = pd.DataFrame(
        {
            "group": _shown(names),
            "n": size.astype("int64"),
            "rate": rate,
            "gap": gap,
            "mix": mix,
            "mix_low": mix - Z95 * spread_mix,
            "mix_high": mix + Z95 * spread_mix,
            "own": own,
            "own_low": own - Z95 * spread_own,
            "own_high": own + Z95 * spread_own,
            "comparable": comparable,
            "p": p,
            "q": q,
            "verdict": verdict,
        }
    )
    return Mix(table, parts, average)


def _shown(names: pd.Index) -> pd.Series:
    return pd.Series([None if name == _BLANK else name for name in names], dtype="str")


def _nothing(
    names: pd.Index,
    group: str,
    size: np.ndarray,
    rate: np.ndarray,
    gap: np.ndarray,
    comparable: np.ndarray,
    factors: list[str],
    average: float,
) -> Mix:
    """Return gaps alone: with one group, or where everybody or nobody completed, nothing can be split."""
    unknown = dict.fromkeys(("mix", "mix_low", "mix_high", "own", "own_low", "own_high"), np.nan)
    table = pd.DataFrame({"group": _shown(names), "n": size.astype("int64"), "rate": rate, "gap": gap} | unknown)
    table = table.assign(comparable=comparable, p=np.nan, q=np.nan, verdict=NO_PEERS)
    return Mix(table, pd.DataFrame(np.nan, index=table.index, columns=[*factors, "together"]), average)


def _design(cells: pd.DataFrame, factors: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return 0/1 columns of all factor values but the most frequent, and which factor each is of."""
    blocks, owner = [], []
    for place, factor in enumerate(factors):
        codes, values = pd.factorize(cells[factor].fillna(_BLANK), sort=True)
        usual = int(np.bincount(codes, cells["n"], len(values)).argmax()) if len(values) else 0
        others = [code for code in range(len(values)) if code != usual]
        blocks.append((codes[:, None] == np.array(others, dtype="int64")[None, :]).astype("float64"))
        owner += [place] * len(others)
    design = np.hstack(blocks) if blocks else np.empty((len(cells), 0))
    return design, np.array(owner, dtype="int64")


def _strata(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct combinations of factor values, and which of them each cell has."""
    if design.shape[1] == 0:
        return np.zeros((1, 0)), np.zeros(len(design), dtype="int64")
    strata, place = np.unique(design, axis=0, return_inverse=True)
    return strata, place.reshape(-1)


def _comparable(groups: np.ndarray, place: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return for each group the share of its leads in strata where another group has leads too."""
    in_stratum = pd.Series(groups).groupby(place).transform("nunique").to_numpy()
    size = np.bincount(groups, n)
    return np.bincount(groups, n * (in_stratum > 1), len(size)) / size


def _fit(
    groups: np.ndarray, design: np.ndarray, n: np.ndarray, k: np.ndarray, many: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Fit the regression; a slight penalty keeps groups without any application finite."""
    from sklearn.linear_model import LogisticRegression

    features = np.hstack([np.eye(many)[groups], design])
    model = LogisticRegression(C=1 / _PENALTY, solver="newton-cholesky", tol=1e-7, max_iter=200)
    k = np.clip(k, 0, n)
    label = np.repeat([1, 0], len(n))
    model.fit(np.vstack([features, features]), label, sample_weight=np.concatenate([k, n - k]))
    weights = model.coef_[0]
    return float(model.intercept_[0]), weights[:many], weights[many:]


def _weights(groups: np.ndarray, place: np.ndarray, n: np.ndarray, many: int) -> np.ndarray:
    """Return leads by draw, group and stratum."""
    at = groups * many + place
    width = (int(groups.max()) + 1) * many
    return np.stack([np.bincount(at, row, width) for row in n]).reshape(len(n), -1, many)


def _standardised(
    margins: np.ndarray, slopes: np.ndarray, strata: np.ndarray, weights: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return what leads like those of each group complete at the average group, by draw and group.

    Parameters
    ----------
    margins, slopes
        Log-odds of each group, by draw; of each design column, by draw.
    weights, size
        Leads by draw, group and stratum; by draw and group.
    """
    shares = size / np.maximum(size.sum(axis=1, keepdims=True), 1)
    reach = slopes @ strata.T
    at_average = np.zeros(reach.shape)
    for place in range(margins.shape[1]):
        at_average += shares[:, place, None] * scipy.special.expit(margins[:, place, None] + reach)
    return np.einsum("dgs,ds->dg", weights, at_average) / np.maximum(size, 1)


def _spread(
    groups: np.ndarray,
    place: np.ndarray,
    design: np.ndarray,
    strata: np.ndarray,
    n: np.ndarray,
    intercept: float,
    level: np.ndarray,
    slope: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return standard errors of mix and own part, by group."""
    many = len(level)
    features = np.hstack([np.ones((len(n), 1)), np.eye(many)[groups], design])
    fitted = scipy.special.expit(intercept + level[groups] + design @ slope)
    bent = features * (n * fitted * (1 - fitted))[:, None]
    curve = features.T @ bent + _PENALTY * np.diag([1e-6, *([1.0] * (many + design.shape[1]))])
    mixes, owns = [], []
    for first in range(0, draws, _DRAWS_AT_ONCE):
        some = min(_DRAWS_AT_ONCE, draws - first)
        done = rng.poisson(n * fitted, (some, len(n))).astype("float64")
        sizes = done + rng.poisson(n * (1 - fitted), (some, len(n)))
        moved = np.linalg.solve(curve, ((done - sizes * fitted) @ features).T).T
        in_group = np.stack([np.bincount(groups, row, many) for row in sizes])
        rate = np.stack([np.bincount(groups, row, many) for row in done]) / np.maximum(in_group, 1)
        average = done.sum(axis=1) / np.maximum(sizes.sum(axis=1), 1)
        expected = _standardised(
            intercept + level + moved[:, [0]] + moved[:, 1 : 1 + many],
            slope + moved[:, 1 + many :],
            strata,
            _weights(groups, place, sizes, len(strata)),
            in_group,
        )
        mixes.append(expected - average[:, None])
        owns.append(rate - expected)
    size = np.bincount(groups, n, many)
    smoothed = (np.bincount(groups, n * fitted, many) + Z95**2 / 2) / (size + Z95**2)
    floor = np.sqrt(smoothed * (1 - smoothed) / (size + Z95**2))
    spread_own = np.concatenate(owns).std(axis=0, ddof=1)
    return np.concatenate(mixes).std(axis=0, ddof=1), np.where(size < _SMALL, np.maximum(spread_own, floor), spread_own)


def _test_own(size: np.ndarray, rate: np.ndarray, expected: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return p-values of own parts of nothing: what luck alone would scatter, and exactly where few are expected.

    The spread at the rate that a group has vanishes where nobody of few completed, so the one that it would have
    without a part of its own counts too.
    """
    by_luck = np.sqrt(expected * (1 - expected) / np.maximum(size, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * scipy.stats.norm.sf(np.abs((rate - expected) / np.maximum(spread, by_luck)))
    for place in np.flatnonzero(size * np.minimum(expected, 1 - expected) < _FEW_EXPECTED).tolist():
        k, n = round(rate[place] * size[place]), round(size[place])
        exact = scipy.stats.binomtest(min(k, n), n, float(np.clip(expected[place], 0, 1))).pvalue
        p[place] = max(p[place], float(exact))
    return p


def _parts(
    groups: np.ndarray,
    design: np.ndarray,
    n: np.ndarray,
    owner: np.ndarray,
    factors: list[str],
    slope: np.ndarray,
    expected: np.ndarray,
    mix: np.ndarray,
    many: int,
) -> pd.DataFrame:
    """Tell each group's mix factor by factor, at the slope of the logistic curve, stretched to add up (Yun, 2004).

    Where they would have to be stretched too far, what is missing is left to ``together``.
    """
    size = np.bincount(groups, n, many)
    mean = (n[:, None] * design).sum(axis=0) / n.sum()
    shares = (np.eye(many)[groups].T @ (n[:, None] * design)) / size[:, None]
    linear = (shares - mean) * slope
    slopes = ((expected * (1 - expected)) + ((expected - mix) * (1 - expected + mix)))[:, None] / 2
    columns = {name: (linear[:, owner == place] * slopes).sum(axis=1) for place, name in enumerate(factors)}
    table = pd.DataFrame(columns, index=range(many))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = mix / table.sum(axis=1).to_numpy()
    table = table.mul(np.where((scale > 0) & (scale <= _MOST_STRETCH), scale, 1.0), axis=0)
    table["together"] = mix - table.sum(axis=1)
    return table
