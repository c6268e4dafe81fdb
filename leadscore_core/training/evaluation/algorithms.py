"""Contenders: other algorithms on the same leads, features and folds, beside the one that is used."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder

from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.features import LEVEL, LeadFeatures
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.folds import Fold, repeated_folds
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared

Progress = Callable[[float, str], None]
IN_USE = "lightgbm"
NAMES = {
    "logistic": "Logistic regression",
    "forest": "Random forest",
    "hist": "Histogram gradient boosting",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
}
USUAL = ("logistic", "forest", "hist", "lightgbm")
MEASURES = ("auc", "precision", "recall", "brier", "log_loss")
_MOST_CATEGORIES = 254


@dataclass(frozen=True)
class Leaderboard:
    """Contenders judged on the same folds.

    Attributes
    ----------
    table
        One row a contender, the best AUC first: ``name``, ``human``, each of `MEASURES` with its ``_std`` over folds,
        ``fit_seconds`` and ``score_seconds`` (a fold's mean, score time per 1,000 leads), ``difference`` (mean AUC less
        that of LightGBM on the same folds), ``low`` and ``high`` (its 95% interval; NaN for LightGBM).
    folds
        One row a fold: ``fold``, and the AUC of each contender under its name.
    split
        In words.
    seconds
        For everything.
    """

    table: pd.DataFrame
    folds: pd.DataFrame
    split: str
    seconds: float


def available(names: Sequence[str] = tuple(NAMES)) -> list[str]:
    """Return those of these contenders whose library is installed."""
    return [name for name in names if name != "catboost" or importlib.util.find_spec("catboost") is not None]


def compare_contenders(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    names: Sequence[str] = USUAL,
    *,
    targets: TargetMetrics | None = None,
    params: dict[str, Any] | None = None,
    identity: np.ndarray | None = None,
    n_splits: int = 5,
    n_repeats: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
) -> Leaderboard:
    """Fit each contender on the same training folds and judge it on the same leads.

    Levels, counts and encodings are learned in each training fold. Precision and recall are at a threshold that was
    chosen on the other folds' out-of-fold predictions.

    Parameters
    ----------
    cleaned, label, identity
        As from `labelled_leads`.
    names
        Of `NAMES`; LightGBM, which the others are compared with, always runs.
    params
        Of LightGBM that differ from its defaults.

    Raises
    ------
    LeadScoreError
        If a name is unknown or its library is not installed.
    """
    began = time.monotonic()
    tell = progress or (lambda share, what: None)
    wanted = [name for name in NAMES if name in names or name == IN_USE]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise LeadScoreError(f"There is no algorithm {', '.join(map(repr, unknown))}. Choose from: {', '.join(NAMES)}.")
    missing = sorted(set(wanted) - set(available(wanted)))
    if missing:
        raise LeadScoreError("CatBoost is not installed. Install it with: pip install catboost, or leave it out.")
    folds = repeated_folds(label, n_splits, n_repeats, seed, identity)
    work = [(fold, name) for fold in folds for name in wanted]
    done: list[_Judged] = []
    shared = (cleaned, label, schema, params or {}, seed)
    for judged in run_on_shared(_judge, shared, work, in_processes=len(label) >= ROWS_WORTH_PROCESSES / 2):
        done.append(judged)
        tell(len(done) / len(work), f"{NAMES[judged.name]}, {judged.fold.name} ({len(done)} of {len(work)})")
    by_fold = pd.DataFrame(
        [
            {"fold": judged.fold.name, "name": judged.name, **_figures(judged, done, label, targets or TargetMetrics())}
            for judged in done
        ]
    )
    drawn = "" if n_repeats == 1 else f", drawn {n_repeats} times"
    split = f"{n_splits} stratified folds{drawn}, the same for all"
    auc = by_fold.pivot_table(index="fold", columns="name", values="auc", sort=False)[wanted].reset_index()
    return Leaderboard(_rank(by_fold, auc, len(label) // n_splits), auc, split, time.monotonic() - began)


@dataclass(frozen=True)
class _Judged:
    fold: Fold
    name: str
    propensity: np.ndarray
    fit_seconds: float
    score_seconds: float


def _judge(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    params: dict[str, Any],
    seed: int,
    fold: Fold,
    name: str,
) -> _Judged:
    began = time.perf_counter()
    train, test = cleaned.iloc[fold.train], cleaned.iloc[fold.test]
    features = LeadFeatures(schema).fit(train, label[fold.train], recognise=False)
    model = make_contender(name, params, seed).fit(features.transform(train), label[fold.train])
    fitted = time.perf_counter()
    propensity = model.predict_proba(features.transform(test))[:, 1]
    return _Judged(fold, name, propensity, fitted - began, time.perf_counter() - fitted)


def make_contender(name: str, params: dict[str, Any] | None = None, seed: int = 0) -> ClassifierMixin:
    """Return an unfitted classifier for the columns of `LeadFeatures`, with settings that suit such leads.

    Every one fits on one thread, since folds and contenders share the cores.
    """
    levels = make_column_selector(pattern=f"{LEVEL}$")
    numbers = make_column_selector(pattern=rf"^(?!.*{LEVEL}$)")
    if name == "logistic":
        prepared = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", min_frequency=5), levels),
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        )
        return make_pipeline(prepared, LogisticRegression(C=0.3, max_iter=2_000))
    if name == "forest":
        encoded = make_column_transformer(
            (TargetEncoder(cv=StratifiedKFold(5, shuffle=True, random_state=seed)), levels), (SimpleImputer(), numbers)
        )
        return make_pipeline(
            encoded, RandomForestClassifier(120, min_samples_leaf=8, max_features=0.4, n_jobs=1, random_state=seed)
        )
    if name == "hist":
        fewer = FunctionTransformer(_merge_rare)
        boosted = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=150,
            l2_regularization=10,
            min_samples_leaf=30,
            categorical_features="from_dtype",
            random_state=seed,
        )
        return make_pipeline(fewer, boosted)
    if name == "catboost":
        return _CatBoost(seed)
    return LeadClassifier(**{"random_state": seed} | (params or {}))


class _CatBoost(ClassifierMixin):
    """CatBoost on the same columns; its categories are whole numbers."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, features: pd.DataFrame, label: np.ndarray) -> _CatBoost:
        from catboost import CatBoostClassifier

        self.levels = [name for name in features.columns if name.endswith(LEVEL)]
        self.model = CatBoostClassifier(
            iterations=400,
            learning_rate=0.06,
            depth=6,
            thread_count=1,
            random_seed=self.seed,
            verbose=False,
            allow_writing_files=False,
            cat_features=self.levels,
        )
        self.model.fit(features.astype(dict.fromkeys(self.levels, "int64")), label)
        return self

    def predict_proba(self, features: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict_proba(features.astype(dict.fromkeys(self.levels, "int64"))))


def _merge_rare(features: pd.DataFrame) -> pd.DataFrame:
    """Give the rarest levels one code, since histograms have 255 bins; levels are coded by frequency."""
    codes = pd.CategoricalDtype(list(range(_MOST_CATEGORIES + 1)))
    levels = [name for name in features.columns if name.endswith(LEVEL)]
    return features.assign(
        **{n: features[n].clip(upper=_MOST_CATEGORIES).astype("int64").astype(codes) for n in levels}
    )


def _figures(judged: _Judged, done: list[_Judged], label: np.ndarray, targets: TargetMetrics) -> dict[str, Any]:
    others = [other for other in done if other.name == judged.name and not set(other.fold.test) & set(judged.fold.test)]
    threshold = choose_threshold(
        np.concatenate([label[other.fold.test] for other in others]),
        np.concatenate([other.propensity for other in others]),
        targets,
    )
    truth, p = label[judged.fold.test], judged.propensity
    predicted = p >= threshold
    return {
        "auc": float(roc_auc_score(truth, p)),
        "precision": float(precision_score(truth, predicted)) if predicted.any() else np.nan,
        "recall": float(recall_score(truth, predicted)),
        "brier": float(brier_score_loss(truth, p)),
        "log_loss": float(log_loss(truth, np.clip(p, 1e-6, 1 - 1e-6))),
        "fit_seconds": judged.fit_seconds,
        "score_seconds": judged.score_seconds,
    }


def _rank(by_fold: pd.DataFrame, auc: pd.DataFrame, tested: int) -> pd.DataFrame:
    means = by_fold.groupby("name", sort=False).mean(numeric_only=True)
    spread = by_fold.groupby("name", sort=False).std(numeric_only=True, ddof=0)
    table = pd.DataFrame({"name": means.index, "human": [NAMES[name] for name in means.index]})
    for measure in MEASURES:
        table[measure] = means[measure].to_numpy()
        table[f"{measure}_std"] = spread[measure].to_numpy()
    table["fit_seconds"] = means["fit_seconds"].to_numpy()
    table["score_seconds"] = means["score_seconds"].to_numpy() * 1_000 / tested
    apart = [(0.0, np.nan, np.nan) if n == IN_USE else paired_difference(auc[n], auc[IN_USE]) for n in means.index]
    table["difference"], table["low"], table["high"] = zip(*apart, strict=True)
    return table.sort_values("auc", ascending=False, kind="stable").reset_index(drop=True)


def paired_difference(first: pd.Series, second: pd.Series, *, test_share: float = 0.25) -> tuple[float, float, float]:
    """Return the mean difference over the same folds with its 95% interval.

    Folds share training leads, so the variance is corrected after Nadeau and Bengio (2003).

    Parameters
    ----------
    first, second
        One figure a fold.
    test_share
        Leads judged for each lead learned from: 1 to 4 in five folds.

    Examples
    --------
    >>> paired_difference(pd.Series([0.81, 0.82, 0.83]), pd.Series([0.80, 0.81, 0.82]))[0].__round__(3)
    0.01
    """
    gaps = (first - second).to_numpy("float64")
    mean, n = float(gaps.mean()), len(gaps)
    if n < 2:
        return mean, float("nan"), float("nan")
    error = float(np.sqrt((1 / n + test_share) * gaps.var(ddof=1)))
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return mean, mean - reach, mean + reach
