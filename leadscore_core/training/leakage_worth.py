"""What columns under suspicion are worth: the AUC with and without each, of quick models in folds."""

from collections.abc import Mapping, Sequence

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.leakage_evidence import ColumnCells

SAMPLE_ROWS, MOST_MEASURED = 10_000, 20
TOO_GOOD = 0.97
_RESTS_ON, _MOST_NAMED, _LEAST_SHARE = 0.8, 4, 0.05
_FOLDS, _TREES, _LEVELS = 3, 40, 100
_Feature = tuple[np.ndarray, bool]


def auc_with_and_without(
    columns: Sequence[ColumnCells],
    label: np.ndarray,
    suspects: Sequence[str],
    *,
    dates: pd.Series | None = None,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return header -> AUC (0.5 to 1) of a quick model with that column, and without any of the suspects.

    Parameters
    ----------
    columns
        All columns of the leads but the outcome; of more than 10,000 leads that many are drawn.
    label
        0 or 1, one a lead.
    suspects
        Headers, the most telling first; at most 20 are measured.
    dates
        When each lead came; other moments are read as days from there, as a model reads them.

    Examples
    --------
    >>> import pandas as pd
    >>> from leadscore_core.training.leakage_evidence import look_at_cells
    >>> label = np.arange(400) % 2
    >>> source, status = pd.Series(["a", "a", "b", "b"] * 100), pd.Series(np.where(label == 1, "won", "lost"))
    >>> columns = [look_at_cells("source", source), look_at_cells("status", status)]
    >>> auc_with_and_without(columns, label, ["status"])
    {'status': (1.0, 0.5)}
    """
    measured = list(suspects)[:MOST_MEASURED]
    if not measured:
        return {}
    drawn = _draw(label, seed) if len(label) > SAMPLE_ROWS else np.arange(len(label))
    label = label[drawn]
    if min(label.sum(), len(label) - label.sum()) < _FOLDS:
        return {}
    features = {cells.name: _as_feature(cells, drawn, cells.name in measured, dates) for cells in columns}
    others = [found for name, found in features.items() if name not in suspects and found is not None]
    without = _auc(others, label, seed)
    result = {}
    for name in measured:
        one = features.get(name)
        result[name] = (without if one is None else _auc([*others, one], label, seed), without)
    return result


def rest_on(shares: Mapping[str, float]) -> list[str]:
    """Return the columns that carry most of what a model learned: four at most, the first in any case.

    Examples
    --------
    >>> rest_on({"city": 0.1, "stage": 0.6, "tags": 0.27, "day": 0.03})
    ['stage', 'tags']
    """
    named: list[str] = []
    for column, share in sorted(shares.items(), key=lambda item: -item[1]):
        enough = sum(shares[name] for name in named) >= _RESTS_ON
        if named and (enough or len(named) == _MOST_NAMED or share < _LEAST_SHARE):
            break
        named.append(column)
    return named


def shares_without(
    columns: Sequence[ColumnCells], label: np.ndarray, suspects: Sequence[str], *, seed: int = 0
) -> dict[str, float]:
    """Return each column's share (0-1) of what a quick model learns without the suspects."""
    drawn = _draw(label, seed) if len(label) > SAMPLE_ROWS else np.arange(len(label))
    found = {cells.name: _as_feature(cells, drawn, False, None) for cells in columns if cells.name not in suspects}
    features = {name: feature for name, feature in found.items() if feature is not None}
    if not features:
        return {}
    model = _grow([*features.values()], label[drawn], seed)
    gain = model.feature_importance("gain")
    return dict(zip(features, (gain / max(gain.sum(), 1e-12)).tolist(), strict=True))


def describe_sample(n_leads: int) -> str:
    """Say of how many leads the audit's figures are, where not of all; empty where of all.

    Examples
    --------
    >>> describe_sample(30_000)
    'The AUCs are those of quick models, in folds, of 10,000 of the 30,000 leads.'
    """
    if n_leads <= SAMPLE_ROWS:
        return ""
    return f"The AUCs are those of quick models, in folds, of {SAMPLE_ROWS:,} of the {n_leads:,} leads."


def _draw(label: np.ndarray, seed: int) -> np.ndarray:
    """Draw leads, with as many of the rarer outcome as its share gives, but at least 1,000 where there are."""
    rng = np.random.default_rng(seed)
    rare = np.flatnonzero(label == (1 if label.mean() <= 0.5 else 0))
    others = np.setdiff1d(np.arange(len(label)), rare, assume_unique=True)
    n_rare = min(len(rare), max(1_000, round(SAMPLE_ROWS * len(rare) / len(label))))
    return np.sort(
        np.concatenate(
            [rng.choice(rare, n_rare, False), rng.choice(others, min(len(others), SAMPLE_ROWS - n_rare), False)]
        )
    )


def _as_feature(cells: ColumnCells, drawn: np.ndarray, is_suspect: bool, dates: pd.Series | None) -> _Feature | None:
    """Return a column as numbers and whether these are levels; None where each lead has a text of its own.

    Of moments under suspicion it is when they are, from when the lead came; others are no more than marks of leads.
    """
    if cells.numbers is not None:
        return cells.numbers[drawn], False
    if is_suspect and cells.moments is not None:
        return _days(cells.moments, dates)[drawn], False
    if cells.is_each_its_own or cells.moments is not None:
        return ((~cells.blank[drawn]).astype("float64"), False) if is_suspect else None
    counts = np.bincount(cells.levels[~cells.blank], minlength=cells.distinct)
    places = np.empty(cells.distinct)
    places[np.argsort(-counts, kind="stable")] = np.minimum(np.arange(cells.distinct), _LEVELS)
    return np.where(cells.blank, np.nan, places[cells.levels])[drawn], True


def _days(moments: pd.Series, dates: pd.Series | None) -> np.ndarray:
    """Return moments as days from when the leads came; from a fixed day where they are these, or nobody knows these."""
    if dates is not None:
        days = (moments.to_numpy() - dates.to_numpy()) / np.timedelta64(1, "D")
        if (days[np.isfinite(days)] != 0).any():
            return np.asarray(days, dtype="float64")
    return np.asarray((moments - pd.Timestamp(0)) / pd.Timedelta(days=1), dtype="float64")


def _auc(columns: list[_Feature], label: np.ndarray, seed: int) -> float:
    if not columns:
        return 0.5
    matrix = np.column_stack([values for values, _ in columns])
    predicted = np.empty(len(label))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(matrix, label):
        model = _grow([(values[train], is_level) for values, is_level in columns], label[train], seed)
        predicted[test] = model.predict(matrix[test], num_threads=1)
    return max(0.5, round(auc_of(label, predicted), 4))


def _grow(columns: list[_Feature], label: np.ndarray, seed: int) -> lgb.Booster:
    """Fit a quick model."""
    matrix = np.column_stack([values for values, _ in columns])
    levels = [i for i, (_, is_level) in enumerate(columns) if is_level]
    data = lgb.Dataset(matrix, label, categorical_feature=levels, free_raw_data=True)
    parameters = {
        "objective": "binary",
        "num_leaves": 15,
        "learning_rate": 0.15,
        "min_data_in_leaf": max(2, min(20, len(label) // 40, int(label.sum()) // 4)),
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "verbose": -1,
    }
    return lgb.train(parameters, data, num_boost_round=_TREES, keep_training_booster=True)
