"""The challenge: a new model against the one in use, on the same leads that neither has learned from."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from leadscore_core.confidence import LEAST_OF_EACH
from leadscore_core.config import GradeThresholds
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.comparison_basis import Basis, Pair
from leadscore_core.training.evaluation.gates_and_curves import at_threshold
from leadscore_core.training.evaluation.paired_tests import (
    Comparison,
    FoldNames,
    compare_models,
    count_grade_changes,
    losing_groups,
)
from leadscore_core.training.evaluation.score_changes import largest_changes
from leadscore_core.training.training_data import TrainingData

_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_TIMES_A_LOW_RATE = (0.5, 1, 1.5, 2, 3, 4, 5, 7, 10)


class Challenge(BaseModel):
    """What came of it; where models cannot be compared, ``not_applicable`` says why and the rest is empty.

    ``basis`` is of `BASES`, and ``judged_on`` the same in words; where it says ``refit``, the figures called the
    champion's are those of a refit of its recipe. ``figures`` has one row a figure: ``name``, ``champion``,
    ``challenger``, ``value`` (their difference), ``low``, ``high`` (95%; of AUC over months or folds see
    `mean_difference`, of the others a paired bootstrap), and ``by_fold`` the AUC of each month or fold. ``beside`` is
    the same comparison in random folds, with ``basis``, ``judged_on``, ``rows``, ``verdict`` and ``figures``, where
    the verdict rests on months. ``notes`` say what to mind. ``grade_changes`` counts leads by grade under the
    champion and the challenger, each by its own grades and never by a refit, on ``grade_changes_on``; ``losing`` are
    groups that the challenger foretells less well (see `losing_groups`); ``score_changes`` the leads whose score
    changes most (see `largest_changes`); ``thresholds`` gives ``threshold``, and ``precision`` and ``recall`` of both,
    at each tenth or about a low base rate.
    """

    model_config = ConfigDict(protected_namespaces=())

    champion_id: str
    challenger_id: str
    basis: str = ""
    judged_on: str = ""
    rows: int = 0
    by_fold: list[dict[str, Any]] = []
    verdict: str = ""
    notes: list[str] = []
    beside: list[dict[str, Any]] = []
    figures: list[dict[str, Any]] = []
    delong: dict[str, float] = {}
    grade_changes: dict[str, dict[str, int]] = {}
    grade_changes_on: str = ""
    losing: list[dict[str, Any]] = []
    score_changes: list[dict[str, Any]] = []
    thresholds: list[dict[str, Any]] = []
    calls: int = 0
    not_applicable: str = ""


def challenge_champion(
    data: TrainingData,
    challenger: LeadModel,
    champion: LeadModel,
    *,
    capacity: int,
    grades: tuple[GradeThresholds, GradeThresholds] | None = None,
    seed: int = 0,
) -> Challenge:
    """Compare a model that was just trained with the one in use.

    Parameters
    ----------
    data
        The leads that the challenger was trained on, in their order.
    challenger
        With its out-of-sample predictions.
    capacity
        Calls, for the conversions that are gained.
    grades
        Of leads under the champion and under the challenger; those of the models if not given.
    seed
        Of the folds of a refit.
    """
    ids = {"champion_id": champion.model_id, "challenger_id": challenger.model_id}
    refused = _cannot_compare(data, challenger, champion)
    if refused:
        return Challenge(**ids, not_applicable=refused)
    known = data.known
    pair = Pair(known, data.fingerprint, challenger, champion, seed)
    bases = pair.bases()
    if not bases and pair.lacking:
        reason = f"The model in use reads {', '.join(pair.lacking)}, which these leads lack, and has learned from them."
        return Challenge(**ids, not_applicable=reason)
    if not bases:
        reason = f"There are fewer than {LEAST_OF_EACH} leads of each outcome that both models can be judged on."
        return Challenge(**ids, not_applicable=reason)
    found = [_compare(basis, known.outcome, capacity) for basis in bases]
    basis, first = bases[0], found[0]
    label, old, new = known.outcome[basis.rows], basis.champion, basis.challenger
    cleaned = known.cleaned(champion.schema)
    grades = grades or (champion.metadata.grades, challenger.metadata.grades)
    graded, graded_on = pair.for_grade_changes()
    read_by_both = known.cleaned().iloc[graded.rows]
    return Challenge(
        **ids,
        basis=basis.name,
        judged_on=basis.words,
        rows=first.rows,
        by_fold=list(first.by_fold) if basis.folds is not None else [],
        verdict=first.verdict,
        notes=_notes(data, challenger, champion, pair.lacking),
        beside=[_beside(other, comparison) for other, comparison in zip(bases[1:], found[1:], strict=True)],
        figures=_as_rows(first),
        delong={"p": first.delong_p, "low": first.delong_low, "high": first.delong_high},
        grade_changes=count_grade_changes(
            graded.champion, graded.challenger, *((g.hot, g.warm, g.cold) for g in grades)
        ).T.to_dict(),
        grade_changes_on=graded_on,
        losing=_losing(cleaned.iloc[basis.rows], label, old, new, champion),
        calls=min(capacity, first.rows),
        score_changes=largest_changes(
            read_by_both, graded.champion, graded.challenger, known.outcome[graded.rows], champion, challenger
        ),
        thresholds=_at_thresholds(label, old, new),
    )


def _cannot_compare(data: TrainingData, challenger: LeadModel, champion: LeadModel) -> str:
    """Say why two models cannot be compared; empty where they can."""
    if champion.schema.name != challenger.schema.name:
        return f"The model in use reads {champion.schema.title}, this one {challenger.schema.title}."
    if challenger.out_of_sample is None or "row" not in challenger.out_of_sample:
        return "This model was trained before predictions were kept lead by lead."
    other = _other_meaning(champion.schema, data.schema)
    if other:
        return f"To the model in use, {', '.join(other)} means something else than in these leads."
    return ""


def _compare(basis: Basis, label: np.ndarray, capacity: int) -> Comparison:
    return compare_models(
        label[basis.rows],
        basis.champion,
        basis.challenger,
        thresholds=basis.thresholds,
        capacity=capacity,
        folds=None if basis.folds is None else FoldNames(basis.folds, basis.is_forward),
        draws=500,
    )


def _beside(basis: Basis, found: Comparison) -> dict[str, Any]:
    return {
        "basis": basis.name,
        "judged_on": basis.words,
        "rows": found.rows,
        "verdict": found.verdict,
        "figures": _as_rows(found),
    }


def _notes(data: TrainingData, challenger: LeadModel, champion: LeadModel, lacking: list[str]) -> list[str]:
    """Say which columns only the model in use reads, as that is most of what makes the two differ."""
    own = {column.name for column in challenger.schema.inputs}
    left = [c.human for c in champion.schema.inputs if c.name not in own and c.human not in lacking]
    notes = []
    if left:
        notes.append(
            f"The model in use reads {', '.join(left)}, which {'is' if len(left) == 1 else 'are'} left out here. Where "
            "such a column knows the outcome, the figures of the model in use are too good to be true."
        )
    if lacking:
        names = ", ".join(lacking)
        notes.append(f"The model in use reads {names}, which these leads lack; it scores such leads as blank there.")
    if data.calls is not None and data.calls.summary().uncalled:
        notes.append("Both are compared on leads that were called, each counted once.")
    return notes


def _other_meaning(champion: LeadSchema, own: LeadSchema) -> list[str]:
    """Return the inputs of the model in use that are columns of another kind in these leads."""
    known = own.by_name
    return [c.human for c in champion.inputs if c.name in known and known[c.name].role is not c.role]


def _at_thresholds(label: np.ndarray, old: np.ndarray, new: np.ndarray) -> list[dict[str, Any]]:
    """Return precision and recall of both models at the same thresholds, about the base rate where that is low."""
    base, rows = float(label.mean()), []
    around = [round(times * base, 4) for times in _TIMES_A_LOW_RATE]
    for threshold in _TENTHS if base >= _TENTHS[0] else around:
        champion, challenger = (at_threshold(label, p, threshold) for p in (old, new))
        row: dict[str, Any] = {"threshold": threshold}
        for name in ("precision", "recall"):
            row |= {f"champion_{name}": champion[name], f"challenger_{name}": challenger[name]}
        rows.append(row)
    return rows


def _as_rows(found: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "name": d.name,
            "champion": d.champion,
            "challenger": d.challenger,
            "value": None if np.isnan(d.value) else d.value,
            "low": None if np.isnan(d.low) else d.low,
            "high": None if np.isnan(d.high) else d.high,
        }
        for d in found.differences
    ]


def _losing(
    cleaned: pd.DataFrame, label: np.ndarray, old: np.ndarray, new: np.ndarray, champion: LeadModel
) -> list[dict[str, Any]]:
    """Return sources, media, platforms and months that lose for certain."""
    tables = []
    for column in champion.schema.with_role(Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.TIMESTAMP):
        if column.name not in cleaned:
            continue
        values = cleaned[column.name]
        groups = values.dt.strftime("%b %Y") if column.role is Role.TIMESTAMP else values
        human = "Month" if column.role is Role.TIMESTAMP else column.human
        found = losing_groups(groups.fillna("(blank)"), label, old, new)
        tables.append(found.assign(column=human))
    if not tables:
        return []
    table = pd.concat(tables, ignore_index=True)
    lost = table[table["low"] > 0].sort_values("worse", ascending=False).head(8)
    return [{str(name): value for name, value in row.items()} for row in lost.to_dict("records")]
