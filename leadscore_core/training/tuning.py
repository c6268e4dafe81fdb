"""Tuning: better settings of LightGBM, searched inside training folds alone so that the reported figure is honest."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.pipeline import make_features
from leadscore_core.progress import Progress, silent
from leadscore_core.training.evaluation.algorithms import paired_difference
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.folds import Fold, inner_folds, repeated_folds
from leadscore_core.training.training_data import TrainingData

if TYPE_CHECKING:  # the search loads when it is asked for
    import optuna

SPLITS = 5
_INNER = 3
_DRAWN = (
    "learning_rate",
    "num_leaves",
    "min_child_samples",
    "cat_smooth",
    "cat_l2",
    "colsample_bytree",
    "n_estimators",
)
_MOST_REPORTED = 30


@dataclass(frozen=True)
class Tuning:
    """What the search found.

    Attributes
    ----------
    params
        The best settings, searched with all leads.
    auc, default_auc
        Mean over outer folds: settings searched inside each training fold, and the settings as they are.
    difference, low, high
        Of the two on the same folds, with the 95% interval (see `paired_difference`).
    trials
        Settings tried, over all studies and earlier runs that were taken up again.
    seconds
        Of this run.
    tried
        The best settings of the search with all leads, each with its ``auc`` in inner folds, the best first.
    """

    params: dict[str, Any]
    auc: float
    default_auc: float
    difference: float
    low: float
    high: float
    trials: int
    seconds: float
    cautions: tuple[str, ...] = ()
    tried: tuple[dict[str, Any], ...] = ()

    @property
    def is_better(self) -> bool:
        """Whether the search gains for certain."""
        return self.low > 0


def tune_model(
    data: TrainingData,
    *,
    minutes: float,
    storage: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings within a budget; half of it goes to the outer folds that judge the search itself.

    The search maximises the mean AUC of three inner folds (Tree-structured Parzen Estimator, Bergstra et al., 2011). In
    each of five outer folds it runs anew on that fold's training leads (nested cross-validation, Varma and Simon,
    2006); the settings that are returned come of a search over all leads, which those figures do not flatter.

    Parameters
    ----------
    data
        Leads; those without an outcome are left out.
    minutes
        Budget. Every study tries at least the settings as they are and one more.
    storage
        SQLite file of the studies, so that a search over the same leads is taken up where it ended; in memory if None.

    Raises
    ------
    LeadScoreError
        If Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise LeadScoreError("The search needs Optuna. Install it with: pip install 'leadscore[tuning]'.") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tell = progress or silent
    began = time.monotonic()
    leads = data.known
    cleaned, label = leads.cleaned(), leads.outcome
    folds = repeated_folds(label, SPLITS, 1, seed, leads.identity)
    everybody = Fold("all leads", np.arange(len(label)), np.arange(0))
    name = _fingerprint(cleaned, label, leads.schema, seed)
    address = None
    if storage is not None:
        storage.parent.mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{storage}"
    result, trials, params = [], 0, {}
    tried: list[dict[str, Any]] = []
    for place, fold in enumerate([*folds, everybody]):
        is_last = fold is everybody
        budget = 60 * minutes * (0.5 if is_last else 0.5 / SPLITS)
        study = optuna.create_study(
            study_name=f"{name}-{place}",
            storage=address,
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed + place, n_startup_trials=8),
            load_if_exists=True,
        )
        same = None if leads.identity is None else leads.identity[fold.train]
        inner = [
            _fold_data(cleaned, label, leads.schema, fold.train[inner.train], fold.train[inner.test])
            for inner in inner_folds(label[fold.train], _INNER, seed, same)
        ]
        _search(study, inner, fold.name, budget, _within(tell, 0.1 * place, 1.0 if is_last else 0.1 * (place + 1)))
        trials += len(study.trials)
        params = {key: study.best_params[key] for key in _DRAWN}
        ended = [{"auc": t.value} | t.params for t in study.trials if t.value is not None]
        tried = sorted(ended, key=lambda one: -one["auc"])[:_MOST_REPORTED]
        if not is_last:
            outer = _fold_data(cleaned, label, leads.schema, fold.train, fold.test)
            result.append([outer.auc(chosen) for chosen in (params, {})])
    tuned, plain = pd.Series([t for t, _ in result]), pd.Series([p for _, p in result])
    difference, low, high = paired_difference(tuned, plain)
    spent = time.monotonic() - began
    aucs = float(tuned.mean()), float(plain.mean())
    return Tuning(params, *aucs, difference, low, high, trials, spent, tried=tuple(tried))


@dataclass(frozen=True, eq=False)
class _FoldData:
    """Features and outcomes of leads that are learned from, and of those that are judged."""

    learned: pd.DataFrame
    learned_outcome: np.ndarray
    judged: pd.DataFrame
    judged_outcome: np.ndarray

    def auc(self, params: dict[str, Any]) -> float:
        """Return the AUC of the leads that are judged."""
        model = LeadClassifier(**params).fit(self.learned, self.learned_outcome)
        return auc_of(self.judged_outcome, model.raw_margin(self.judged))


def _fold_data(
    cleaned: pd.DataFrame, label: np.ndarray, schema: LeadSchema, train: np.ndarray, test: np.ndarray
) -> _FoldData:
    here, there = cleaned.iloc[train], cleaned.iloc[test]
    features = make_features(schema).fit(here, label[train], recognise=False)
    return _FoldData(features.transform(here), label[train], features.transform(there), label[test])


def _within(tell: Progress, begin: float, end: float) -> Progress:
    """Return the progress of a step, which takes the whole from one share to another."""
    return lambda share, what: tell(begin + (end - begin) * share, what)


def _search(study: optuna.Study, folds: list[_FoldData], name: str, budget: float, tell: Progress) -> None:
    """Run one study on a fold's inner folds until its budget is spent."""
    began = time.monotonic()

    def objective(trial: optuna.Trial) -> float:
        params = _draw(trial)
        scores = [inner.auc(params) for inner in folds]
        done = min(1.0, (time.monotonic() - began) / budget) if budget else 1.0
        tell(done, f"Searching settings on {name}: {trial.number + 1} tried")
        return float(np.mean(scores))

    if not study.trials:
        study.enqueue_trial({key: LeadClassifier().get_params()[key] for key in _DRAWN})
        study.optimize(objective, n_trials=2)
    left = budget - (time.monotonic() - began)
    if left > 0:
        study.optimize(objective, timeout=left)


def _draw(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.15, log=True),
        "n_estimators": trial.suggest_int("n_estimators", 60, 400, step=20),
        "num_leaves": trial.suggest_int("num_leaves", 7, 95, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 150, log=True),
        "cat_smooth": trial.suggest_float("cat_smooth", 5.0, 400.0, log=True),
        "cat_l2": trial.suggest_float("cat_l2", 1.0, 200.0, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
    }


def _fingerprint(cleaned: pd.DataFrame, label: np.ndarray, schema: LeadSchema, seed: int) -> str:
    """Name the studies of these leads, so that only a search over the same ones is taken up again."""
    rows = pd.util.hash_pandas_object(cleaned, index=False).to_numpy()
    result = json.dumps([schema.name, list(cleaned.columns), seed, SPLITS, _INNER])
    return hashlib.sha256(rows.tobytes() + label.tobytes() + result.encode()).hexdigest()[:16]
