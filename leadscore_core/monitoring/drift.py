"""Drift: how far the leads of a batch are from a model's training leads, column by column."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.confidence import CERTAIN
from leadscore_core.config import MonitorRules
from leadscore_core.model.distances import Distance, holm, measure_distance
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.reference import BLANK_CODE, ColumnReference, TrainingReference
from leadscore_core.monitoring.effects import effect_of_drift, least_effect
from leadscore_core.monitoring.two_sample import Apart, tell_apart
from leadscore_core.percent import distinct_percents

SCORES = "scores"
_EFFECT_ROWS = 2_000
_MOST_NAMED = 5
_VANISHED = 0.001
_ENOUGH_MONTHS = 3


@dataclass(frozen=True)
class LevelChange:
    """A bin of a column: its share (0-1) of the training leads and of the batch."""

    level: str
    before: float
    now: float


@dataclass(frozen=True)
class ColumnDrift:
    """How one column of a batch, or its scores, differ from training.

    Attributes
    ----------
    name, human
        Of the column; `SCORES` for the scores.
    psi, usual_psi, js, p
        See `Distance`; ``p`` holds for all columns together (Holm).
    seen
        The largest ``js`` between training months; None where training had none.
    missing_before, missing_now
        Share (0-1) of blank cells.
    changes
        The bins whose share changed most.
    new_levels
        Values that no training lead had, as far as they are named, with the leads that have them; ``new`` counts the
        values and ``new_share`` (0-1) their leads.
    vanished
        Values of training that should be in so large a batch and are not.
    importance
        The column's share (0-1) of the model's importances.
    effect
        By how much (0-1) the drift moves a score on average; None where that is not known.
    is_found
        Whether chance alone does not make it.
    is_lacking
        Whether the batch has no such column.
    """

    name: str
    human: str
    psi: float
    usual_psi: float
    js: float
    p: float
    seen: float | None
    missing_before: float = 0.0
    missing_now: float = 0.0
    changes: tuple[LevelChange, ...] = ()
    new_levels: tuple[tuple[str, int], ...] = ()
    new: int = 0
    new_share: float = 0.0
    vanished: tuple[LevelChange, ...] = ()
    importance: float = 0.0
    effect: float | None = None
    is_found: bool = False
    is_lacking: bool = False

    @property
    def weight(self) -> float:
        """By what columns are ordered: what the drift does to scores, of those that are certain."""
        effect = self.importance * self.js if self.effect is None else self.effect
        return effect if self.is_found else effect - 1.0


@dataclass(frozen=True)
class DriftReport:
    """How a batch differs from training.

    ``columns`` are in the order of what their drift does to scores, those that the batch lacks before all.
    ``not_applicable`` says why nothing was compared, empty where it was. ``is_outside`` says that the batch is farther
    from training than training months were from each other, ``outside`` by which columns.
    """

    rows: int
    model_id: str
    not_applicable: str = ""
    columns: tuple[ColumnDrift, ...] = ()
    scores: ColumnDrift | None = None
    mean_before: float = float("nan")
    mean_now: float = float("nan")
    apart: Apart | None = None
    months: int = 0
    outside: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def is_applicable(self) -> bool:
        """Whether the batch could be compared."""
        return not self.not_applicable

    @property
    def found(self) -> tuple[ColumnDrift, ...]:
        """The columns that drifted for certain, the one first that does most to scores."""
        return tuple(one for one in self.columns if one.is_found)

    @property
    def lacking(self) -> tuple[ColumnDrift, ...]:
        """The columns that the batch does not have, for which the model takes a neutral value."""
        return tuple(one for one in self.columns if one.is_lacking)

    @property
    def is_outside(self) -> bool:
        """Whether the batch is outside what was seen."""
        return bool(self.outside)

    def mattering(self, effect: float) -> tuple[ColumnDrift, ...]:
        """Return the columns whose drift moves scores enough (`MonitorRules.effect`), or is of unknown effect."""
        least = least_effect(effect, self.mean_before)
        return tuple(one for one in self.found if one.effect is None or one.effect >= least)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self) | {"is_outside": self.is_outside, "found": [one.name for one in self.found]}


def check_drift(
    model: LeadModel,
    cleaned: pd.DataFrame,
    propensity: np.ndarray,
    rules: MonitorRules | None = None,
    *,
    seed: int = 0,
    by_classifier: bool = True,
) -> DriftReport:
    """Compare a batch with a model's training leads.

    Parameters
    ----------
    cleaned
        The batch's leads as the model reads them.
    propensity
        What the model says of each, 0-1.
    seed
        Of what is drawn; the same gives the same figures.
    by_classifier
        Whether a classifier is to tell batch and training leads apart as well, which takes about a second.

    Returns
    -------
    DriftReport
        ``not_applicable`` where the model has no reference or the batch too few leads.
    """
    rules = rules or MonitorRules()
    reference, rows = model.reference, len(cleaned)
    if reference is None:
        return DriftReport(rows, model.model_id, _NO_REFERENCE)
    if rows < rules.least_leads:
        return DriftReport(
            rows,
            model.model_id,
            f"A list of {rows:,} leads is too short to tell a drift from chance. Bring "
            f"{rules.least_leads:,} leads or more.",
        )
    cleaned = cleaned.reset_index(drop=True)
    rng = np.random.default_rng(seed)
    codes = reference.encode(cleaned)
    columns = [_column_drift(one, codes[one.name].to_numpy(), cleaned, model, rng) for one in reference.columns]
    own = model.propensity_at_end(cleaned) if reference.has_own_scores else propensity
    scores = _score_drift(reference, own, rng)
    adjusted = holm(np.array([scores.p, *(one.p for one in columns)]))
    columns = [_settled(one, float(p)) for one, p in zip(columns, adjusted[1:], strict=True)]
    drawn = np.sort(rng.permutation(rows)[:_EFFECT_ROWS])
    sample, sample_codes = cleaned.iloc[drawn].reset_index(drop=True), codes.iloc[drawn]
    columns = [
        _with_effect(one, effect_of_drift(model, sample, known, sample_codes[known.name].to_numpy(), rng))
        if one.is_found
        else one
        for one, known in zip(columns, reference.columns, strict=True)
    ]
    shared = pd.DataFrame(reference.sample)[[one.name for one in reference.columns if one.name in cleaned]]
    apart = tell_apart(shared, codes[shared.columns], rng) if by_classifier else None
    is_other = any(one.is_found for one in columns) or (apart is not None and apart.is_apart)
    scores = _settled(scores, float(adjusted[0]))
    if not (reference.has_own_scores and is_other):  # a score is made of columns: where these are alike, so are leads
        scores = replace(scores, is_found=False)
    return DriftReport(
        rows,
        model.model_id,
        columns=tuple(sorted(columns, key=lambda one: (not (one.is_lacking and one.is_found), -one.weight))),
        scores=scores,
        mean_before=reference.mean_score,
        mean_now=float(np.mean(propensity)),
        apart=apart,
        months=len(reference.periods),
        outside=_outside(columns, scores, reference, rules),
    )


_NO_REFERENCE = (
    "This model was trained before LeadScore kept how its training leads were distributed, so there is nothing to "
    "compare with. Retrain it on the same leads: from then on every list is compared."
)


def _column_drift(
    column: ColumnReference, codes: np.ndarray, cleaned: pd.DataFrame, model: LeadModel, rng: np.random.Generator
) -> ColumnDrift:
    reference = model.reference
    assert reference is not None  # noqa: S101  # for the type checker
    before, now = np.array(column.counts), column.count(codes)
    distance = measure_distance(before, now, rng)
    new = _new_levels(column, cleaned, model)
    shares = before / before.sum(), now / now.sum()
    return ColumnDrift(
        name=column.name,
        human=column.human,
        **_figures(distance),
        seen=max((one.columns.get(column.name, 0.0) for one in reference.periods), default=None),
        missing_before=float(shares[0][BLANK_CODE]),
        missing_now=float(shares[1][BLANK_CODE]),
        changes=_changes(column.labels, *shares),
        new_levels=tuple((str(level), int(n)) for level, n in new.head(_MOST_NAMED).items()),
        new=len(new),
        new_share=float(new.sum() / len(codes)),
        vanished=_vanished(column.labels, shares[0], now),
        importance=float(model.metadata.importance.get(column.name, (0.0, 0.0))[0]),
        is_lacking=column.name not in cleaned,
    )


def _score_drift(reference: TrainingReference, propensity: np.ndarray, rng: np.random.Generator) -> ColumnDrift:
    before = np.array(reference.score_counts)
    now = np.bincount(reference.score_codes(propensity), minlength=len(before)).astype("float64")
    edges = distinct_percents([0.0, *reference.score_edges, 1.0])[1:-1]
    labels = tuple(f"{low} to {high}" for low, high in zip(["0%", *edges], [*edges, "100%"], strict=True))
    return ColumnDrift(
        name=SCORES,
        human="Scores",
        **_figures(measure_distance(before, now, rng)),
        seen=max((one.scores for one in reference.periods), default=None),
        changes=_changes(labels, before / before.sum(), now / now.sum()),
    )


def _figures(distance: Distance) -> dict[str, Any]:
    return {"psi": distance.psi, "usual_psi": distance.usual_psi, "js": distance.js, "p": distance.p}


def _new_levels(column: ColumnReference, cleaned: pd.DataFrame, model: LeadModel) -> pd.Series:
    """Return values that no training lead had, with how many leads have each, the most frequent first."""
    known = model.known_levels.get(column.name)
    if column.kind != "levels" or known is None or column.name not in cleaned:
        return pd.Series(dtype="int64")
    counts = cleaned[column.name].value_counts()
    is_new = np.array([str(level).casefold() not in known for level in counts.index], dtype=bool)
    return counts[is_new]


def _changes(labels: tuple[str, ...], before: np.ndarray, now: np.ndarray) -> tuple[LevelChange, ...]:
    order = np.argsort(-np.abs(now - before), kind="stable")[:_MOST_NAMED]
    return tuple(LevelChange(labels[i], float(before[i]), float(now[i])) for i in order if now[i] != before[i])


def _vanished(labels: tuple[str, ...], before: np.ndarray, now: np.ndarray) -> tuple[LevelChange, ...]:
    """Return bins of training that a batch of this size has with more than 99.9%, and has not."""
    absent = (now == 0) & ((1 - before) ** now.sum() < _VANISHED) & (np.arange(len(before)) != BLANK_CODE)
    order = [i for i in np.argsort(-before, kind="stable") if absent[i]]
    return tuple(LevelChange(labels[i], float(before[i]), 0.0) for i in order[:_MOST_NAMED])


def _settled(column: ColumnDrift, p: float) -> ColumnDrift:
    return ColumnDrift(**(vars(column) | {"p": p, "is_found": p < CERTAIN}))


def _with_effect(column: ColumnDrift, effect: float | None) -> ColumnDrift:
    return ColumnDrift(**(vars(column) | {"effect": effect}))


def _outside(
    columns: list[ColumnDrift], scores: ColumnDrift, reference: TrainingReference, rules: MonitorRules
) -> tuple[str, ...]:
    """Return what is farther from training than training months were, of what moves scores."""
    least, months = least_effect(rules.effect, reference.mean_score), len(reference.periods)
    moving = [one for one in columns if one.effect is None or one.effect >= least]
    return tuple(one.name for one in [*moving, scores] if one.is_found and one.js > _limit(one, months, rules))


def _limit(column: ColumnDrift, months: int, rules: MonitorRules) -> float:
    """Return how far a column may be from training; of few training months the farthest is not known yet."""
    if column.seen is None:
        return rules.unseen_distance
    times = rules.unseen_times if months >= _ENOUGH_MONTHS else 2 * rules.unseen_times - 1
    return max(times * column.seen, rules.unseen_distance)
