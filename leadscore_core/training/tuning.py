"""Tuning: better settings of an algorithm, searched inside training folds alone so that the figure is honest."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LeadScoreError, NothingToSearchError
from leadscore_core.model.algorithms import Algorithm, find_algorithms, last_step, make_estimator
from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.pipeline import make_features
from leadscore_core.model.search_space import Range, Value
from leadscore_core.progress import Progress, silent
from leadscore_core.training.evaluation.algorithms import paired_difference
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.folds import Fold, inner_folds, repeated_folds
from leadscore_core.training.training_data import TrainingData

if TYPE_CHECKING:  # the search loads when it is asked for
    import optuna

SPLITS = 5
_INNER = 3
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
    algorithm, human
        Whose settings these are: its name, and what people read.
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
    algorithm: str = LIGHTGBM
    human: str = "LightGBM"

    @property
    def is_better(self) -> bool:
        """Whether the search gains for certain."""
        return self.low > 0


def tune_model(
    data: TrainingData,
    *,
    minutes: float,
    algorithm: str = LIGHTGBM,
    storage: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings of an algorithm within a budget; half of it goes to the outer folds that judge the search itself.

    The search maximises the mean AUC of three inner folds (Tree-structured Parzen Estimator, Bergstra et al., 2011). In
    each of five outer folds it runs anew on that fold's training leads (nested cross-validation, Varma and Simon,
    2006); the settings that are returned come of a search over all leads, which those figures do not flatter.

    Parameters
    ----------
    data
        Leads; those without an outcome are left out.
    minutes
        Budget. Every study tries at least the settings as they are and one more.
    algorithm
        Of `ALGORITHMS`; what is tried is its search space.
    storage
        SQLite file of the studies, so that a search over the same leads is taken up where it ended; in memory if None.

    Raises
    ------
    NothingToSearchError
        If the algorithm declares no settings to search.
    LeadScoreError
        If Optuna is not installed, or the algorithm is unknown, or has no setting of a name that it declares.
    """
    searched = searchable(algorithm)
    try:
        import optuna
    except ModuleNotFoundError:
        raise LeadScoreError("The search needs Optuna. Install it with: pip install 'leadscore[tuning]'.") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    progress = progress or silent
    began = time.monotonic()
    leads = data.known
    cleaned, label = leads.cleaned(), leads.outcome
    folds = repeated_folds(label, SPLITS, 1, seed, leads.identity)
    everybody = Fold("all leads", np.arange(len(label)), np.arange(0))
    name = _fingerprint(cleaned, label, leads.schema, searched, seed)
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
            _fold_data(leads, cleaned, fold.train[inner.train], fold.train[inner.test])
            for inner in inner_folds(label[fold.train], _INNER, seed, same)
        ]
        share = _within(progress, 0.1 * place, 1.0 if is_last else 0.1 * (place + 1))
        _search(study, searched, inner, _Budget(budget, fold.name, share))
        trials += len(study.trials)
        params = {key: study.best_params[key] for key in searched.search_space}
        ended = [{"auc": t.value} | t.params for t in study.trials if t.value is not None]
        tried = sorted(ended, key=lambda one: -one["auc"])[:_MOST_REPORTED]
        if not is_last:
            outer = _fold_data(leads, cleaned, fold.train, fold.test)
            result.append([outer.auc(searched, chosen) for chosen in (params, {})])
    tuned, plain = pd.Series([t for t, _ in result]), pd.Series([p for _, p in result])
    difference, low, high = paired_difference(tuned, plain)
    spent = time.monotonic() - began
    aucs = float(tuned.mean()), float(plain.mean())
    return Tuning(
        params, *aucs, difference, low, high, trials, spent,
        tried=tuple(tried), algorithm=searched.name, human=searched.human,
    )  # fmt: skip


def searchable(name: str) -> Algorithm:
    """Return an algorithm by its name, where it declares settings to search.

    Raises
    ------
    NothingToSearchError
        If it declares none.
    LeadScoreError
        If it is unknown, not installed, or has no setting of a name that it declares.

    Examples
    --------
    >>> list(searchable("logistic").search_space)
    ['C']
    """
    (algorithm,) = find_algorithms([name])
    if not algorithm.search_space:
        raise NothingToSearchError(
            f"{algorithm.human} declares no settings to search. Add a search_space to its registration, as "
            "docs/extending.md shows, or choose another algorithm."
        )
    missing = [setting for setting, values in algorithm.search_space.items() if not _can_be_set(name, setting, values)]
    if missing:
        raise LeadScoreError(
            f"{algorithm.human} declares {', '.join(missing)} in its search space, and has no such setting. Correct "
            "its registration."
        )
    return algorithm


def _can_be_set(name: str, setting: str, values: Range | tuple[Value, ...]) -> bool:
    try:
        make_estimator(name, {setting: values.low if isinstance(values, Range) else values[0]})
    except LeadScoreError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class _FoldData:
    """Features and outcomes of leads that are learned from, and of those that are judged."""

    learned: pd.DataFrame
    learned_outcome: np.ndarray
    learned_identity: np.ndarray | None
    judged: pd.DataFrame
    judged_outcome: np.ndarray

    def auc(self, algorithm: Algorithm, params: dict[str, Any]) -> float:
        """Return the AUC of the leads that are judged."""
        asked = {"identity": self.learned_identity} if algorithm.judges_itself else {}
        model = make_estimator(algorithm.name, params).fit(self.learned, self.learned_outcome, **asked)
        has_margin = isinstance(model, CalibratedMargin)
        score = model.raw_margin(self.judged) if has_margin else model.predict_proba(self.judged)[:, 1]
        return auc_of(self.judged_outcome, score)


def _fold_data(leads: TrainingData, cleaned: pd.DataFrame, train: np.ndarray, test: np.ndarray) -> _FoldData:
    here, there, label = cleaned.iloc[train], cleaned.iloc[test], leads.outcome
    features = make_features(leads.schema).fit(here, label[train], recognise=False)
    same = None if leads.identity is None else leads.identity[train]
    return _FoldData(features.transform(here), label[train], same, features.transform(there), label[test])


def _within(progress: Progress, begin: float, end: float) -> Progress:
    """Return the progress of a step, which takes the whole from one share to another."""
    return lambda share, what: progress(begin + (end - begin) * share, what)


@dataclass(frozen=True)
class _Budget:
    """Seconds of a study, the leads that it is about, and who hears how far it is."""

    seconds: float
    leads: str
    progress: Progress


def _search(study: optuna.Study, algorithm: Algorithm, folds: list[_FoldData], budget: _Budget) -> None:
    """Run one study on a fold's inner folds until its budget is spent."""
    began = time.monotonic()

    def objective(trial: optuna.Trial) -> float:
        params = _draw(trial, algorithm)
        scores = [inner.auc(algorithm, params) for inner in folds]
        done = min(1.0, (time.monotonic() - began) / budget.seconds) if budget.seconds else 1.0
        budget.progress(done, f"Searching settings of {algorithm.human} on {budget.leads}: {trial.number + 1} tried")
        return float(np.mean(scores))

    if not study.trials:
        study.enqueue_trial(_settings_as_they_are(algorithm))
        study.optimize(objective, n_trials=2)
    left = budget.seconds - (time.monotonic() - began)
    if left > 0:
        study.optimize(objective, timeout=left)


def _settings_as_they_are(algorithm: Algorithm) -> dict[str, Any]:
    """Return the values that settings have where nobody gives them, of those that may be searched."""
    own = last_step(make_estimator(algorithm.name)).get_params()
    return {name: own[name] for name, values in algorithm.search_space.items() if name in own and own[name] in values}


def _draw(trial: optuna.Trial, algorithm: Algorithm) -> dict[str, Any]:
    return {name: _draw_one(trial, name, values) for name, values in algorithm.search_space.items()}


def _draw_one(trial: optuna.Trial, name: str, values: Range | tuple[Value, ...]) -> Value:
    if not isinstance(values, Range):
        return trial.suggest_categorical(name, values)
    if values.is_whole:
        return trial.suggest_int(name, int(values.low), int(values.high), step=values.step, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _fingerprint(cleaned: pd.DataFrame, label: np.ndarray, schema: LeadSchema, searched: Algorithm, seed: int) -> str:
    """Name the studies of these leads and settings, so that only the same search is taken up again."""
    rows = pd.util.hash_pandas_object(cleaned, index=False).to_numpy()
    space = {n: asdict(v) if isinstance(v, Range) else list(v) for n, v in searched.search_space.items()}
    result = json.dumps([schema.name, list(cleaned.columns), seed, SPLITS, _INNER, searched.name, space])
    return hashlib.sha256(rows.tobytes() + label.tobytes() + result.encode()).hexdigest()[:16]
