"""Fitting: one pipeline on one fold, its calibration and threshold learned inside that fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadscore_core.confidence import FEW_LEADS
from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.algorithms import find_algorithms
from leadscore_core.model.classifier import CalibrationMethod, Calibrator, GrowTrees
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.observed_rates import BLANK_KEY
from leadscore_core.model.pipeline import make_pipeline
from leadscore_core.model.segment_classifier import Segments
from leadscore_core.training.evaluation.metrics import Metrics, compute_metrics
from leadscore_core.training.evaluation.quick_scores import auc_of, brier_of
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.folds import Fold, inner_folds
from leadscore_core.training.weights import LeadWeights

WORTH_CALIBRATING = 0.002  # of the outcome's variance, which is the Brier score of the base rate for all
COSTED_ROWS = 5_000


@dataclass(frozen=True)
class Recipe:
    """How a model is trained: the algorithm, what differs from its defaults, the folds and the seed.

    ``estimator`` is somebody's own classifier in place of an algorithm;
    ``grow`` is how LightGBM's trees are grown where it is not in this process; ``segments`` which leads have a model
    of their own.
    """

    schema: LeadSchema
    targets: TargetMetrics
    params: dict[str, Any]
    n_splits: int = 5
    n_repeats: int = 2
    n_inner: int = 3
    seed: int = 0
    grow: GrowTrees | None = None
    algorithm: str = LIGHTGBM
    segments: Segments | None = None
    estimator: Any = None

    @property
    def judges_itself(self) -> bool:
        """Whether the algorithm keeps leads aside while it learns, and is calibrated by them."""
        if self.segments is not None or self.estimator is not None:
            return False
        return find_algorithms([self.algorithm])[0].judges_itself


@dataclass(frozen=True)
class FoldResult:
    """One fold judged: its figures, its leads' margins and propensities.

    ``column_costs`` is the AUC lost where a column is missing, ``importance`` the column's share (0-1) of the model's
    importances (see `importance_shares`).
    """

    fold: Fold
    metrics: Metrics
    margin: np.ndarray
    propensity: np.ndarray
    column_costs: dict[str, float]
    importance: dict[str, float]


def fit_cleaned(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    recipe: Recipe,
    identity: np.ndarray | None = None,
    *,
    recognise: bool = False,
    weight: np.ndarray | None = None,
) -> Pipeline:
    """Fit a pipeline on cleaned leads; the cleaning step learns nothing, so it need not run again in every fold.

    Parameters
    ----------
    identity
        The same number for rows that repeat each other, for an algorithm that keeps leads aside by itself.
    recognise
        Whether it is to recognise its training leads, as a model that is published must.
    weight
        One a lead; 1 each if not given.
    """
    column, levels = recipe.segments or ("", ())
    pipeline = make_pipeline(
        recipe.schema, recipe.params, algorithm=recipe.algorithm, segments_by=column, estimator=recipe.estimator
    )
    pipeline.named_steps["clean"].fit_schema()
    asked: dict[str, Any] = {"grow": recipe.grow} if recipe.grow is not None else {}
    if recipe.judges_itself:
        asked["identity"] = identity
    if weight is not None:
        asked["sample_weight"] = weight
    features, model = pipeline.named_steps["features"], pipeline.named_steps["model"]
    features.fit(cleaned, label, weight, recognise=recognise)
    if levels:
        codes = (features.levels_[column].get(level) for level in levels)
        model.set_params(codes=tuple(code for code in codes if code is not None))
        if features.neutral_[column] in levels:  # a lead of whose level nothing is known is for the model of all leads
            features.neutral_[column] = BLANK_KEY
    model.fit(features.transform(cleaned), label, **asked)
    return pipeline


def raw_margin(pipeline: Pipeline, cleaned: pd.DataFrame) -> np.ndarray:
    """Return log-odds before calibration for cleaned leads."""
    return pipeline.named_steps["model"].raw_margin(pipeline.named_steps["features"].transform(cleaned))


def judge_fold(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    identity: np.ndarray | None,
    recipe: Recipe,
    fold: Fold,
    with_costs: bool,
    weights: LeadWeights | None = None,
) -> FoldResult:
    """Fit on a fold's training leads alone and judge on the others.

    Parameters
    ----------
    cleaned, label
        All leads; only those of `fold` are used.
    identity
        The same number for rows that repeat each other (see `repeated_folds`).
    with_costs
        Whether to measure what each column is worth, by scoring the fold's test leads without it; of more than 5,000
        such leads, that many drawn at random.
    weights
        What leads count as in learning and in figures; once each if not given.
    """
    train, train_label = cleaned.iloc[fold.train], label[fold.train]
    same = None if identity is None else identity[fold.train]
    weights = weights or LeadWeights()
    learned, judged = weights.of(fold.train), weights.of(fold.test).judged
    own = learned.learned
    pipeline = fit_cleaned(train, train_label, recipe, same, weight=own)
    if recipe.judges_itself:
        inner_margin = pipeline.named_steps["model"].unseen_margin_
    else:
        inner = inner_folds(train_label, recipe.n_inner, recipe.seed, same)
        inner_margin = out_of_fold_margins(train, train_label, inner, recipe, own)
    calibrator, report = choose_calibration(
        inner_margin, train_label, recipe.seed, judges_itself=recipe.judges_itself, weight=learned.calibrated
    )
    threshold = choose_threshold(train_label, report.propensity, recipe.targets, learned.judged)
    test, test_label = cleaned.iloc[fold.test], label[fold.test]
    margin = raw_margin(pipeline, test)
    propensity = calibrator.apply(margin)
    metrics = compute_metrics(test_label, propensity, threshold, recipe.schema.outcome, judged)
    costs = _column_costs(pipeline, test, test_label, margin, recipe) if with_costs and metrics.auc is not None else {}
    return FoldResult(fold, metrics, margin, propensity, costs, importance_shares(pipeline))


def _column_costs(
    pipeline: Pipeline, test: pd.DataFrame, label: np.ndarray, margin: np.ndarray, recipe: Recipe
) -> dict[str, float]:
    """Return what the AUC loses where the fold's test leads lack each column."""
    some = np.arange(len(label))
    if len(label) > COSTED_ROWS:
        some = np.sort(np.random.default_rng(recipe.seed).choice(len(label), COSTED_ROWS, replace=False))
    test, label = test.iloc[some], label[some]
    if len(np.unique(label)) < 2:
        return {}
    whole = auc_of(label, margin[some])
    features, model = pipeline.named_steps["features"], pipeline.named_steps["model"]
    given, lacking = features.transform(test), features.transform(test.iloc[:1, :0])
    owners = np.array(features.column_of())
    costs = {}
    for name in (column.name for column in recipe.schema.inputs if column.name in test):
        own = given.columns[np.isin(owners, features.read_from(name))]
        without = given.assign(**{feature: lacking[feature].iloc[0] for feature in own})
        costs[name] = whole - auc_of(label, model.raw_margin(without))
    return costs


def importance_shares(pipeline: Pipeline) -> dict[str, float]:
    """Return each column's share (0-1) of the importances of a fitted pipeline's classifier.

    Of LightGBM these are what its splits gained; of another algorithm the mean absolute contributions.
    """
    worth = pipeline.named_steps["model"].importances()
    owners = pipeline.named_steps["features"].column_of()
    shares = dict.fromkeys(owners, 0.0)
    for owner, own in zip(owners, worth.tolist(), strict=True):
        shares[owner] += own / max(worth.sum(), 1e-12)
    return shares


def out_of_fold_margins(
    cleaned: pd.DataFrame, label: np.ndarray, folds: list[Fold], recipe: Recipe, weight: np.ndarray | None = None
) -> np.ndarray:
    """Return one margin a lead, from a model that did not see it."""
    margins = np.full(len(label), np.nan)
    for fold in folds:
        own = _of_rows(weight, fold.train)
        pipeline = fit_cleaned(cleaned.iloc[fold.train], label[fold.train], recipe, weight=own)
        margins[fold.test] = raw_margin(pipeline, cleaned.iloc[fold.test])
    return margins


def _of_rows(weight: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weight is None else weight[rows]


@dataclass(frozen=True)
class CalibrationReport:
    """Which calibration was chosen, the Brier score of each, and out-of-fold propensities under the chosen one.

    ``least_gain`` is by how much a calibration has to improve the Brier score to be chosen.
    """

    method: CalibrationMethod
    brier: dict[CalibrationMethod, float]
    propensity: np.ndarray
    least_gain: float

    def as_dict(self) -> dict[str, object]:
        """Return what is kept with the model."""
        gain = self.brier["none"] - min(self.brier.values())
        if len(self.brier) == 1:
            said = "the algorithm calibrates itself"
        elif self.method == "none":
            said = f"nothing else improved the out-of-fold Brier score by {self.least_gain:.1g} or more"
        else:
            said = f"improves the out-of-fold Brier score by {gain:.4f}"
        return {"method": self.method, "brier_out_of_fold": self.brier, "verdict": said}


def choose_calibration(
    margin: np.ndarray,
    label: np.ndarray,
    seed: int,
    *,
    judges_itself: bool = False,
    weight: np.ndarray | None = None,
) -> tuple[Calibrator, CalibrationReport]:
    """Choose the calibration that improves the out-of-fold Brier score most, if it does so for more than its noise.

    That is by 0.002 of the outcome's variance: 0.0005 where half of the leads convert, 0.00002 where 1 in 100 does.
    None is tried where the algorithm calibrates itself, and no steps (isotonic) on few leads, whose noise they would
    learn (scikit-learn's guide asks for far more than a thousand); of rare outcomes twice their number counts.

    Parameters
    ----------
    margin
        Out-of-fold log-odds.
    label
        0 or 1.
    weight
        One a lead; 1 each if not given.
    """
    candidates: dict[CalibrationMethod, np.ndarray] = {"none": Calibrator("none").apply(margin)}
    telling = 2 * min(int(label.sum()), int((1 - label).sum()))
    others: tuple[CalibrationMethod, ...] = ("sigmoid",) if telling <= FEW_LEADS else ("sigmoid", "isotonic")
    for method in () if judges_itself else others:
        if Calibrator(method).fit(margin, label, weight).slope <= 0:
            continue  # of few leads chance may say that the worst come first
        crossed = np.empty(len(margin))
        for fold in inner_folds(label, 5, seed):
            learned = Calibrator(method).fit(margin[fold.train], label[fold.train], _of_rows(weight, fold.train))
            crossed[fold.test] = learned.apply(margin[fold.test])
        candidates[method] = crossed
    brier = {name: brier_of(label, p, weight) for name, p in candidates.items()}
    best = min(brier, key=brier.__getitem__)
    rate = float(np.average(label, weights=weight))
    least = WORTH_CALIBRATING * rate * (1 - rate)
    chosen: CalibrationMethod = best if brier["none"] - brier[best] >= least else "none"
    report = CalibrationReport(chosen, dict(brier), candidates[chosen], least)
    return Calibrator(chosen).fit(margin, label, weight), report
