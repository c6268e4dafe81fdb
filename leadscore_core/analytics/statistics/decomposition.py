"""Decomposition: how much of a group's gap to the average its leads explain, and what is left.

A logistic regression of the outcome on the group and on factors (platform, city tier, month, ..) says what leads like
those of a group convert at the average group. The gap of a group's rate to the average is the sum of

    composition   what leads like its own convert at the average group, less the average of all leads
    residual      the group's rate, less what leads like its own convert at the average group

(standardisation by g-computation, Robins, 1986; a decomposition after Oaxaca, 1973, and Blinder, 1973). The composition
effect is given factor by factor; what is left of it where factors do not simply add up is ``together``.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used

from leadscore_core.analytics.statistics.rates import FALSE_DISCOVERIES, control_discoveries
from leadscore_core.analytics.statistics.strata import BLANK, distinct_strata, factor_columns
from leadscore_core.confidence import Z95

DRAWS = 200
LEAST_COMPARABLE = 0.8  # of its leads, for a verdict on a group
LEAST_ELSEWHERE = 20  # leads of other groups in a stratum, to compare with
RESIDUAL_BETTER, RESIDUAL_NONE, RESIDUAL_WORSE, NO_PEERS = (
    "Better than its leads",
    "No more than its leads",
    "Worse than its leads",
    "",
)
FEW_PEERS, DEPENDS = "No verdict: too few comparable leads", "No verdict: depends on one factor"
_LEAST_SHOWN = 0.2
_PENALTY = 0.1
LEAST_JUDGED = 30
_SMALL = 200
_FEW_EXPECTED = 10
_DRAWS_AT_ONCE = 25
_MOST_STRETCH = 2.0


@dataclass(frozen=True)
class GapSplit:
    """What was found.

    Attributes
    ----------
    table
        One row a group: ``group``, ``n``, ``rate``, ``gap``, ``composition``, ``residual`` (parts of 1; they add up to
        the gap, NaN where nothing is comparable), ``composition_low``, ``composition_high``, ``residual_low``,
        ``residual_high`` (95%, bootstrap), ``comparable`` (share of its leads for which other groups have at least 20
        leads of the same factors), ``overlap`` (for which they have any), ``p``, ``q``, ``verdict``, ``depends``
        (factors without which the residual would have the other sign, one a line).
    components
        One row a group, one column a factor and ``together``; rows sum to ``composition``.
    average
        Rate of all leads, 0-1.
    without
        One row a group, one column a factor: the residual where that factor is left out.
    """

    table: pd.DataFrame
    components: pd.DataFrame
    average: float
    without: pd.DataFrame = field(default_factory=pd.DataFrame)


def split_gaps(cells: pd.DataFrame, group: str, factors: list[str], *, draws: int = DRAWS, seed: int = 0) -> GapSplit:
    """Split each group's gap to the average into the composition of its leads and a residual effect.

    A group gets a verdict where at least 80% of its leads have comparable ones, and its residual has the same sign
    without any one of the factors: else what it is depends on whether leads bring that factor, or the group chooses it.

    Intervals are from a parametric bootstrap of leads and outcomes, whose regression is updated by one step of the
    score (Kline and Santos, 2012), so that hundreds of draws cost no more than one fit.

    Parameters
    ----------
    cells
        Leads counted by group and factors: these columns as text (NaN where blank), ``n`` and ``k``.
    group
        The column to judge.
    factors
        Columns whose composition explains.
    draws
        Bootstrap samples.
    seed
        The same seed gives the same intervals.

    Examples
    --------
    >>> cells = pd.DataFrame({"source": ["a", "a", "b", "b"], "tier": ["1", "3", "1", "3"]})
    >>> cells["n"], cells["k"] = [900, 100, 100, 900], [540, 20, 60, 180]
    >>> result = split_gaps(cells, "source", ["tier"]).table
    >>> result["gap"].round(2).tolist(), bool((result["residual"].abs() < 0.01).all())
    ([0.16, -0.16], True)
    """
    counts = _count(cells, group, factors)
    if len(counts.names) < 2 or not 0 < counts.average < 1:
        return _nothing(counts)
    regression = _fit(counts)
    size, rate, comparable = counts.size, counts.rate, counts.comparable
    expected = _expect(counts, regression)
    composition = expected - counts.average
    residual = rate - expected
    spread_composition, spread_residual = _spread(counts, regression, draws, np.random.default_rng(seed))
    p = _test_residual(size, rate, expected, spread_residual)
    shown = (counts.overlap >= _LEAST_SHOWN) & (size >= LEAST_JUDGED)
    judged = shown & (comparable >= LEAST_COMPARABLE)
    p = np.where(judged, p, np.nan)
    q = control_discoveries(p)
    verdict = np.select(
        [~shown, ~judged, (q < FALSE_DISCOVERIES) & (residual > 0), q < FALSE_DISCOVERIES],
        [NO_PEERS, FEW_PEERS, RESIDUAL_BETTER, RESIDUAL_WORSE],
        default=RESIDUAL_NONE,
    )
    without = _drop_each(cells, group, factors)
    turned = without.mul(residual, axis=0) < 0
    depends = ["\n".join(turned.columns[row]) for row in turned.to_numpy()]
    is_clear = np.isin(verdict, [RESIDUAL_BETTER, RESIDUAL_WORSE])
    verdict = np.where(is_clear & turned.any(axis=1).to_numpy(), DEPENDS, verdict)
    components = _components(counts, regression.slope, expected, composition)
    alone = counts.overlap < _LEAST_SHOWN
    composition, residual = np.where(alone, np.nan, composition), np.where(alone, np.nan, residual)
    table = counts.gaps().assign(
        composition=composition,
        composition_low=composition - Z95 * spread_composition,
        composition_high=composition + Z95 * spread_composition,
        residual=residual,
        residual_low=residual - Z95 * spread_residual,
        residual_high=residual + Z95 * spread_residual,
        comparable=comparable,
        overlap=counts.overlap,
        p=p,
        q=q,
        verdict=verdict,
        depends=depends,
    )
    return GapSplit(table, components, counts.average, without.mul(np.where(alone, np.nan, 1.0), axis=0))


def _drop_each(cells: pd.DataFrame, group: str, factors: list[str]) -> pd.DataFrame:
    """Return each group's residual where one of the factors is left out, a column each."""
    columns: dict[str, np.ndarray] = {}
    for factor in factors:
        left = [other for other in factors if other != factor]
        fewer = cells.groupby([group, *left], dropna=False, observed=True)[["n", "k"]].sum().reset_index()
        counts = _count(fewer, group, left)
        columns[factor] = counts.rate - _expect(counts, _fit(counts))
    return pd.DataFrame(columns, index=range(cells.loc[cells["n"] > 0, group].fillna(BLANK).nunique()))


def gaps_alone(cells: pd.DataFrame, group: str, factors: list[str]) -> GapSplit:
    """Return each group's gap to the average without components, as `split_gaps` does where nothing can be split."""
    return _nothing(_count(cells, group, factors))


@dataclass(frozen=True, eq=False)
class _Counts:
    """Leads counted by group and factors, a cell each.

    Attributes
    ----------
    groups, names
        Which group each cell is of; the groups' names.
    n, k
        Leads of each cell, and how many of them converted.
    design, owner
        0/1 columns of the factors' values, and which of `factors` each is of.
    strata, place
        Distinct rows of the design, and which of them each cell has.
    """

    groups: np.ndarray
    names: pd.Index
    factors: list[str]
    n: np.ndarray
    k: np.ndarray
    design: np.ndarray
    owner: np.ndarray
    strata: np.ndarray
    place: np.ndarray

    @cached_property
    def size(self) -> np.ndarray:
        """Leads of each group."""
        return self.by_group(self.n)

    @cached_property
    def rate(self) -> np.ndarray:
        """Rate of each group, 0-1."""
        return self.by_group(self.k) / self.size

    @cached_property
    def average(self) -> float:
        """Rate of all leads, 0-1; NaN without any."""
        total = self.n.sum()
        return float(self.k.sum() / total) if total else float("nan")

    @cached_property
    def comparable(self) -> np.ndarray:
        """Share of each group's leads in strata where other groups have at least 20 leads."""
        return self._share_with_others(LEAST_ELSEWHERE)

    @cached_property
    def overlap(self) -> np.ndarray:
        """Share of each group's leads in strata where other groups have any lead."""
        return self._share_with_others(1)

    def _share_with_others(self, least: int) -> np.ndarray:
        n = pd.Series(self.n)
        own = n.groupby([self.place, self.groups]).transform("sum").to_numpy()
        elsewhere = n.groupby(self.place).transform("sum").to_numpy() - own
        return self.by_group(self.n * (elsewhere >= least)) / self.size

    def by_group(self, cells: np.ndarray) -> np.ndarray:
        """Return sums over the cells of each group."""
        return np.bincount(self.groups, cells, len(self.names))

    def weights(self, n: np.ndarray) -> np.ndarray:
        """Return leads by draw, group and stratum, of leads by draw and cell."""
        many = len(self.strata)
        at = self.groups * many + self.place
        width = (int(self.groups.max()) + 1) * many
        return np.stack([np.bincount(at, row, width) for row in n]).reshape(len(n), -1, many)

    def gaps(self) -> pd.DataFrame:
        """Return a row a group: its name, leads, rate, and gap to the average."""
        shown = pd.Series([None if name == BLANK else name for name in self.names], dtype="str")
        size, rate = self.size, self.rate
        return pd.DataFrame({"group": shown, "n": size.astype("int64"), "rate": rate, "gap": rate - self.average})


@dataclass(frozen=True, eq=False)
class _Regression:
    """Log-odds: of everybody, of each group beside it, and of each design column."""

    intercept: float
    level: np.ndarray
    slope: np.ndarray


def _count(cells: pd.DataFrame, group: str, factors: list[str]) -> _Counts:
    """Take counts of leads apart into what is computed with."""
    cells = cells[cells["n"] > 0].reset_index(drop=True)
    groups, names = pd.factorize(cells[group].fillna(BLANK), sort=True)
    design, owner = factor_columns(cells, factors)
    strata, place = distinct_strata(design)
    n, k = cells["n"].to_numpy("float64"), cells["k"].to_numpy("float64")
    return _Counts(groups, names, factors, n, k, design, owner, strata, place)


def _nothing(counts: _Counts) -> GapSplit:
    """Return gaps alone: with one group, or where everybody or nobody converted, nothing can be split."""
    unknown = dict.fromkeys(
        ("composition", "composition_low", "composition_high", "residual", "residual_low", "residual_high"), np.nan
    )
    table = counts.gaps().assign(
        **unknown,
        comparable=counts.comparable,
        overlap=counts.overlap,
        p=np.nan,
        q=np.nan,
        verdict=NO_PEERS,
        depends="",
    )
    nothing = pd.DataFrame(np.nan, index=table.index, columns=[*counts.factors, "together"])
    return GapSplit(table, nothing, counts.average, pd.DataFrame(np.nan, index=table.index, columns=counts.factors))


def _fit(counts: _Counts) -> _Regression:
    """Fit the regression; a slight penalty keeps groups without any conversion finite."""
    from sklearn.linear_model import LogisticRegression

    many, n = len(counts.names), counts.n
    features = np.hstack([np.eye(many)[counts.groups], counts.design])
    model = LogisticRegression(C=1 / _PENALTY, solver="newton-cholesky", tol=1e-7, max_iter=200)
    k = np.clip(counts.k, 0, n)
    label = np.repeat([1, 0], len(n))
    model.fit(np.vstack([features, features]), label, sample_weight=np.concatenate([k, n - k]))
    weights = model.coef_[0]
    return _Regression(float(model.intercept_[0]), weights[:many], weights[many:])


def _standardised(
    margins: np.ndarray, slopes: np.ndarray, strata: np.ndarray, weights: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return what leads like those of each group convert at the average group, by draw and group.

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


def _expect(counts: _Counts, regression: _Regression) -> np.ndarray:
    """Return what leads like those of each group convert at the average group."""
    return _standardised(
        regression.intercept + regression.level[None],
        regression.slope[None],
        counts.strata,
        counts.weights(counts.n[None]),
        counts.size[None],
    )[0]


def _spread(
    counts: _Counts, regression: _Regression, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return standard errors of composition and residual effect, by group."""
    n, groups, design, many = counts.n, counts.groups, counts.design, len(counts.names)
    intercept, level, slope = regression.intercept, regression.level, regression.slope
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
        in_group = np.stack([counts.by_group(row) for row in sizes])
        rate = np.stack([counts.by_group(row) for row in done]) / np.maximum(in_group, 1)
        average = done.sum(axis=1) / np.maximum(sizes.sum(axis=1), 1)
        expected = _standardised(
            intercept + level + moved[:, [0]] + moved[:, 1 : 1 + many],
            slope + moved[:, 1 + many :],
            counts.strata,
            counts.weights(sizes),
            in_group,
        )
        mixes.append(expected - average[:, None])
        owns.append(rate - expected)
    size = counts.size
    smoothed = (counts.by_group(n * fitted) + Z95**2 / 2) / (size + Z95**2)
    floor = np.sqrt(smoothed * (1 - smoothed) / (size + Z95**2))
    spread_residual = np.concatenate(owns).std(axis=0, ddof=1)
    return np.concatenate(mixes).std(axis=0, ddof=1), np.where(
        size < _SMALL, np.maximum(spread_residual, floor), spread_residual
    )


def _test_residual(size: np.ndarray, rate: np.ndarray, expected: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return p-values of no residual effect: what luck alone would scatter, and exactly where few are expected.

    The spread at the rate that a group has vanishes where nobody of few converted, so the one that it would have
    without a residual effect counts too.
    """
    by_luck = np.sqrt(expected * (1 - expected) / np.maximum(size, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * scipy.stats.norm.sf(np.abs((rate - expected) / np.maximum(spread, by_luck)))
    for place in np.flatnonzero(size * np.minimum(expected, 1 - expected) < _FEW_EXPECTED).tolist():
        k, n = round(rate[place] * size[place]), round(size[place])
        exact = scipy.stats.binomtest(min(k, n), n, float(np.clip(expected[place], 0, 1))).pvalue
        p[place] = max(p[place], float(exact))
    return p


def _components(counts: _Counts, slope: np.ndarray, expected: np.ndarray, composition: np.ndarray) -> pd.DataFrame:
    """Return each group's composition effect by factor: the logistic curve's slope, stretched to add up (Yun, 2004).

    Where they would have to be stretched too far, what is missing is left to ``together``.
    """
    n, design, many = counts.n, counts.design, len(counts.names)
    mean = (n[:, None] * design).sum(axis=0) / n.sum()
    shares = (np.eye(many)[counts.groups].T @ (n[:, None] * design)) / counts.size[:, None]
    linear = (shares - mean) * slope
    slopes = ((expected * (1 - expected)) + ((expected - composition) * (1 - expected + composition)))[:, None] / 2
    columns = {
        name: (linear[:, counts.owner == place] * slopes).sum(axis=1) for place, name in enumerate(counts.factors)
    }
    table = pd.DataFrame(columns, index=range(many))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = composition / table.sum(axis=1).to_numpy()
    table = table.mul(np.where((scale > 0) & (scale <= _MOST_STRETCH), scale, 1.0), axis=0)
    table["together"] = composition - table.sum(axis=1)
    return table
