"""What columns under suspicion are worth: the AUC with and without each, of quick models in folds."""

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from leadscore_core.data.cleaning.text import as_text

SAMPLE_ROWS, MOST_MEASURED = 20_000, 20
_FOLDS, _TREES, _LEVELS = 3, 60, 100
_LEAST_NUMBERS, _UNIQUE = 0.95, 0.95


def auc_with_and_without(
    frame: pd.DataFrame, label: np.ndarray, suspects: Sequence[str], *, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return header -> AUC (0.5 to 1) of a quick model with that column, and without any of the suspects.

    Parameters
    ----------
    frame
        Leads as read, under their own headers, without the outcome; at most 20,000 of them are drawn.
    label
        0 or 1, one a lead.
    suspects
        Headers, the most telling first; at most 20 are measured.

    Examples
    --------
    >>> label = np.arange(400) % 2
    >>> frame = pd.DataFrame({"source": ["a", "a", "b", "b"] * 100, "status": np.where(label == 1, "won", "lost")})
    >>> auc_with_and_without(frame, label, ["status"])
    {'status': (1.0, 0.5)}
    """
    measured = list(suspects)[:MOST_MEASURED]
    if not measured:
        return {}
    if len(frame) > SAMPLE_ROWS:
        drawn = _draw(label, seed)
        frame, label = frame.iloc[drawn], label[drawn]
    if min(label.sum(), len(label) - label.sum()) < _FOLDS:
        return {}
    columns = {str(name): _as_feature(frame[name], str(name) in measured) for name in frame.columns}
    others = [found for name, found in columns.items() if name not in suspects and found is not None]
    without = _auc(others, label, seed)
    result = {}
    for name in measured:
        one = columns.get(name)
        result[name] = (without if one is None else _auc([*others, one], label, seed), without)
    return result


def describe_sample(n_leads: int) -> str:
    """Say of how many leads the audit's figures are, where not of all; empty where of all.

    Examples
    --------
    >>> describe_sample(30_000)
    'The AUCs are those of quick models, in folds, of 20,000 of the 30,000 leads.'
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


def _as_feature(cells: pd.Series, is_suspect: bool) -> tuple[np.ndarray, bool] | None:
    """Return a column as numbers and whether these are levels; None where each lead has a text of its own."""
    text = as_text(cells).str.strip()
    given = text.notna() & (text != "")
    if not given.any():
        return None
    numbers = pd.to_numeric(text.where(given), errors="coerce")
    if numbers.notna().sum() >= _LEAST_NUMBERS * given.sum():
        return numbers.to_numpy(dtype="float64"), False
    counts = text[given].value_counts()
    if len(counts) >= _UNIQUE * given.sum():
        return (given.to_numpy(dtype="float64"), False) if is_suspect else None
    levels = {value: code for code, value in enumerate(counts.index[:_LEVELS])}
    codes = text.map(levels).where(given)
    return codes.fillna(given.map({True: float(_LEVELS), False: np.nan})).to_numpy(dtype="float64"), True


def _auc(columns: list[tuple[np.ndarray, bool]], label: np.ndarray, seed: int) -> float:
    if not columns:
        return 0.5
    matrix = np.column_stack([values for values, _ in columns])
    levels = [i for i, (_, is_level) in enumerate(columns) if is_level]
    predicted = np.empty(len(label))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(matrix, label):
        data = lgb.Dataset(matrix[train], label[train], categorical_feature=levels, free_raw_data=True)
        parameters = {
            "objective": "binary",
            "num_leaves": 15,
            "learning_rate": 0.1,
            "min_data_in_leaf": max(2, min(20, len(train) // 40, int(label[train].sum()) // 4)),
            "seed": seed,
            "num_threads": 1,
            "deterministic": True,
            "verbose": -1,
        }
        predicted[test] = lgb.train(parameters, data, num_boost_round=_TREES).predict(matrix[test], num_threads=1)
    return max(0.5, round(float(roc_auc_score(label, predicted)), 4))
