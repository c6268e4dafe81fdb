"""Evidence of leakage in one column's values: how well it tells the outcome alone, and for whom it is filled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold

from leadscore_core.data.cleaning.date_order import date_evidence
from leadscore_core.data.cleaning.parsing import parse_dates, parse_numbers
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.schema.header_words import id_rank, moment_rank

BLANKS = ("", "select", "-", "--", "?", "na", "n/a", "nan", "none", "null", "not available")
MOSTLY, LEAST = 0.95, 30
_AS_VALUES, _BINS, _SMOOTH = 50, 20, 10
_FEW, _LOOKED_AT = 5, 40
_CHANCE, _ONE_CLASS, _ODDS = 1e-9, 0.97, 20.0
_TELLING_ODDS = 8.0
_FULL_MONTH, _COLLAPSE = 200, 0.4
_RUNS_ON = 0.9
_GROWS, _A_DAY_IN = 0.8, (1.0, 86_400.0, 1_440.0, 24.0, 1 / 7, 12 / 365.25)


@dataclass(frozen=True)
class ColumnCells:
    """The cells of one column, each distinct one looked at once.

    Attributes
    ----------
    name
        The header.
    levels
        Place of each cell among the distinct values (case aside), -1 for a blank.
    numbers
        Its numbers, NaN for a blank; None where it holds other things than numbers.
    moments
        Its moments, NaT for a blank; None where it holds other things than dates, such as numbers that no date's name
        says to be days.
    """

    name: str
    levels: np.ndarray
    numbers: np.ndarray | None
    moments: pd.Series | None

    @property
    def blank(self) -> np.ndarray:
        """Which cells hold nothing."""
        return self.levels < 0

    @property
    def distinct(self) -> int:
        """How many values it has, blanks aside."""
        return int(self.levels.max()) + 1

    @property
    def seconds(self) -> np.ndarray | None:
        """Its moments as numbers, NaN for a blank; None where it holds other things than dates."""
        if self.moments is None:
            return None
        return (self.moments - pd.Timestamp(0)).dt.total_seconds().to_numpy("float64")

    @property
    def is_each_its_own(self) -> bool:
        """Whether nearly each lead has a value of its own, and there are more of these than a category has."""
        return self.distinct > _AS_VALUES and self.distinct >= MOSTLY * int((~self.blank).sum())

    @property
    def is_sequence(self) -> bool:
        """Whether its numbers are those of an id or a row: whole, each its own, named so or without gaps."""
        if self.numbers is None or not self.is_each_its_own:
            return False
        known = self.numbers[np.isfinite(self.numbers)]
        if (known != np.trunc(known)).any():
            return False
        return id_rank(self.name) > 0 or len(known) >= _RUNS_ON * (known.max() - known.min() + 1)


def look_at_cells(name: str, cells: pd.Series) -> ColumnCells | None:
    """Return what the cells of a column hold; None where all are blank."""
    places, values = pd.factorize(as_text(cells))
    text = pd.Series(values, dtype="str").str.strip()
    plain = text.str.casefold()
    plain = plain.where(~plain.isin(BLANKS))
    own, different = pd.factorize(plain)
    if not len(different):
        return None
    levels = np.where(places < 0, -1, own[places])
    distinct = text[plain.notna()]
    numbers = _as_numbers(distinct)
    spread = pd.Series(np.nan, index=text.index) if numbers is None else numbers.reindex(text.index)
    is_number = numbers is not None
    moments = None if is_number and not moment_rank(name) else _as_moments(distinct)
    return ColumnCells(
        name,
        levels,
        np.where(places < 0, np.nan, spread.to_numpy("float64")[places]) if is_number else None,
        None if moments is None else _spread(moments.reindex(text.index), places, cells.index),
    )


def _spread(moments: pd.Series, places: np.ndarray, index: pd.Index) -> pd.Series:
    taken = pd.Series(moments.to_numpy()[places], index=index)
    return taken.where(places >= 0)


def _as_numbers(distinct: pd.Series) -> pd.Series | None:
    """Return the numbers that the distinct values write, with or without a currency; None where they are others."""
    plain = pd.to_numeric(distinct, errors="coerce")
    if plain.notna().sum() < MOSTLY * len(distinct):
        if distinct.head(_LOOKED_AT).str.contains(r"\d").mean() < MOSTLY:
            return None
        plain = parse_numbers(distinct).values
    return plain.astype("float64") if np.isfinite(plain).sum() >= MOSTLY * len(distinct) else None


def _as_moments(distinct: pd.Series) -> pd.Series | None:
    """Return the moments that the distinct values write; None where they are something else."""
    first = distinct.head(_LOOKED_AT)
    if first.str.contains(r"\d").mean() < MOSTLY:
        return None
    order = date_evidence(distinct).order()
    if parse_dates(first, BLANKS, order).values.notna().mean() < MOSTLY:
        return None
    return parse_dates(distinct, BLANKS, order).values


def cut(cells: ColumnCells) -> np.ndarray:
    """Return a column's values as whole numbers: levels, or bins of its numbers; blank is one of its own.

    A number that many leads share, such as zero, is a bin of its own, and the others are cut into twenty equal bins:
    cut together, a rare amount would fall into one bin with the zeros.
    """
    numbers = cells.numbers if cells.numbers is not None else cells.seconds
    if numbers is None or cells.distinct <= _AS_VALUES:
        return cells.levels
    known = numbers[np.isfinite(numbers)]
    values, counts = np.unique(known, return_counts=True)
    common = values[counts * _BINS >= len(known)]
    rest = known[~np.isin(known, common)]
    edges = np.unique(np.quantile(rest, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(rest) else np.empty(0)
    codes = np.where(np.isfinite(numbers), np.searchsorted(edges, numbers, side="right"), -1)
    is_common = np.isin(numbers, common)
    codes[is_common] = len(edges) + 1 + np.searchsorted(common, numbers[is_common])
    return codes


def five_folds(label: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return places of leads to learn rates from and to judge them on, each fold with its share of the outcomes."""
    return list(StratifiedKFold(5, shuffle=True, random_state=0).split(label, label))


def auc_alone(codes: np.ndarray, label: np.ndarray, folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the AUC (0.5 to 1) of a column's own rates, learned in four fifths of the leads and judged in the last."""
    values = np.empty(len(label))
    for train, test in folds:
        values[test] = _rates(codes[train], label[train], codes[test])
    return max(0.5, auc_of(label, values))


def auc_of(label: np.ndarray, values: np.ndarray) -> float:
    """Return the AUC of values by their ranks; scikit-learn's takes ten times as long to check a column as to rank it.

    Examples
    --------
    >>> auc_of(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    won = int(label.sum())
    return float((rankdata(values)[label == 1].sum() - won * (won + 1) / 2) / (won * (len(label) - won)))


def _rates(codes: np.ndarray, label: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    base, most = float(label.mean()), int(max(codes.max(), wanted.max())) + 2
    done = np.bincount(codes + 1, label, most)
    seen = np.bincount(codes + 1, minlength=most)
    rates = np.where(seen > 0, (done + _SMOOTH * base) / (seen + _SMOOTH), base)
    return np.asarray(rates[wanted + 1], dtype="float64")


def is_of_one_class(inside: np.ndarray, outside: np.ndarray) -> bool:
    """Whether leads have one outcome only, or nearly, and the others do not, beyond chance however rare it is.

    Parameters
    ----------
    inside, outside
        The outcomes (0 or 1) of leads with some mark, and of all others.

    Examples
    --------
    >>> is_of_one_class(np.ones(8), np.r_[np.ones(22), np.zeros(970)])
    True
    >>> is_of_one_class(np.zeros(40), np.r_[np.ones(100), np.zeros(900)])
    False
    """
    if len(inside) < _FEW or not len(outside):
        return False
    share, other = float(inside.mean()), float(outside.mean())
    if max(share, 1 - share) < _ONE_CLASS:
        return False
    away = 1 - share if share > 0.5 else share
    base = (inside.sum() + outside.sum()) / (len(inside) + len(outside))
    expected = base if share > 0.5 else 1 - base
    if expected >= 1 or (1 - away) * len(inside) * np.log(expected) > np.log(_CHANCE):
        return False
    return _odds_ratio(share, len(inside), other, len(outside)) >= _ODDS


def odds_apart(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the odds of two groups' outcomes differ by a factor of eight."""
    return _odds_ratio(float(first.mean()), len(first), float(second.mean()), len(second)) >= _TELLING_ODDS


def _odds_ratio(one: float, n_one: int, other: float, n_other: int) -> float:
    a, b = ((rate * n + 0.5) / (n - rate * n + 0.5) for rate, n in ((one, n_one), (other, n_other)))
    return float(max(a / b, b / a))


def days_after(cells: ColumnCells, dates: pd.Series | None) -> np.ndarray | None:
    """Return by how many days a column's moments come after the leads; None where they do not, for the most part."""
    if dates is None or cells.moments is None:
        return None
    after = (cells.moments.to_numpy() - dates.to_numpy()) / np.timedelta64(1, "D")
    known = np.isfinite(after)
    late = after[known] > 1
    if known.sum() < max(LEAST, 0.5 * (~cells.blank).sum()) or late.sum() < max(LEAST, 0.5 * known.sum()):
        return None
    return after


def counts_days(cells: ColumnCells, after: np.ndarray) -> bool:
    """Whether a column of numbers is the time between the lead and a later moment, in seconds to months.

    It is to be within a day of it, or within one of its unit, and to grow with it.
    """
    if cells.numbers is None or cells.distinct < _FEW:
        return False
    both = np.isfinite(cells.numbers) & np.isfinite(after)
    if both.sum() < max(LEAST, 0.5 * (~cells.blank).sum()) or np.ptp(after[both]) == 0:
        return False
    number, days = cells.numbers[both], after[both]
    if np.ptp(number) == 0 or np.corrcoef(rankdata(number), rankdata(days))[0, 1] < _GROWS:
        return False
    return any((np.abs(number - unit * days) <= max(unit, 1.0)).mean() >= MOSTLY for unit in _A_DAY_IN)


def auc_in_last_month(codes: np.ndarray, label: np.ndarray, dates: pd.Series | None, auc: float) -> float | None:
    """Return the AUC in the last month by rates of the months before, where little is left of it."""
    if dates is None or auc < 0.6 or dates.isna().all():
        return None
    months = dates.dt.to_period("M")
    counts = months.value_counts()
    full = sorted(month for month, n in counts.items() if n >= _FULL_MONTH)
    if len(full) < 3:
        return None
    test, train = (months == full[-1]).to_numpy(), (months < full[-1]).to_numpy()
    if len(np.unique(label[test])) < 2:
        return None
    later = auc_of(label[test], _rates(codes[train], label[train], codes[test]))
    return later if later - 0.5 < _COLLAPSE * (auc - 0.5) else None
