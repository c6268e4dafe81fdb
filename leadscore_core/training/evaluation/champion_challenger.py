"""The challenge: a new model against the one in use, on the same leads that neither has learned from."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.enough import is_enough
from leadscore_core.training.evaluation.gates_and_curves import at_threshold
from leadscore_core.training.evaluation.paired_tests import (
    Comparison,
    compare_models,
    grade_moves,
    losing_groups,
)
from leadscore_core.training.evaluation.score_moves import largest_moves
from leadscore_core.training.evaluation.seen_leads import seen_in_training
from leadscore_core.training.fit import Recipe, judge_fold
from leadscore_core.training.folds import repeated_folds
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared
from leadscore_core.training.segment_models import chosen_segments
from leadscore_core.training.training_data import TrainingData

_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_TIMES_A_LOW_RATE = (0.5, 1, 1.5, 2, 3, 4, 5, 7, 10)
BASES = {
    "unseen": "{n:,} leads that the model in use was not trained on, and the new one judged by folds without them",
    "refit": "{n:,} leads, all of which the model in use was trained on; its recipe was fitted again in the same "
    "folds, without the columns that are left out",
}


class Challenge(BaseModel):
    """What came of it; where models cannot be compared, ``not_applicable`` says why and the rest is empty.

    ``figures`` has one row a figure: ``name``, ``champion``, ``challenger``, ``value`` (their difference), ``low``,
    ``high`` (95%, paired bootstrap); ``moves`` counts leads by grade under the champion and the challenger; ``losing``
    are groups that the challenger foretells less well (see `losing_groups`); ``moved`` the leads that move most (see
    `largest_moves`); ``thresholds`` gives ``threshold``, and ``precision`` and ``recall`` of both, at each tenth or
    about a low base rate.
    """

    model_config = ConfigDict(protected_namespaces=())

    champion_id: str
    challenger_id: str
    basis: str = ""
    judged_on: str = ""
    rows: int = 0
    verdict: str = ""
    figures: list[dict[str, Any]] = []
    delong: dict[str, float] = {}
    moves: dict[str, dict[str, int]] = {}
    losing: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    thresholds: list[dict[str, Any]] = []
    calls: int = 0
    not_applicable: str = ""


def challenge_champion(
    data: TrainingData, challenger: LeadModel, champion: LeadModel, *, capacity: int, seed: int = 0
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
    seed
        Of folds and bootstrap.
    """
    ids = {"champion_id": champion.model_id, "challenger_id": challenger.model_id}
    if champion.schema.name != challenger.schema.name:
        reason = f"The model in use reads {champion.schema.title}, this one {challenger.schema.title}."
        return Challenge(**ids, not_applicable=reason)
    if challenger.out_of_sample is None or "row" not in challenger.out_of_sample:
        return Challenge(**ids, not_applicable="This model was trained before predictions were kept lead by lead.")
    other = _other_meaning(champion.schema, data.schema)
    if other:
        reason = f"To the model in use, {', '.join(other)} means something else than in these leads."
        return Challenge(**ids, not_applicable=reason)
    known = data.known
    cleaned, label, identity = known.cleaned(champion.schema), known.outcome, known.identity
    judged = challenger.out_of_sample
    judged = judged[judged["split"] == "cross_validation"].drop_duplicates("row").set_index("row").sort_index()
    new = judged["propensity"].reindex(range(len(label))).to_numpy("float64")
    seen = seen_in_training(champion, cleaned, known.identities)
    some = np.flatnonzero(~np.isnan(new))  # of very many leads, some were judged
    if len(some) < len(new):
        cleaned, label, new = cleaned.iloc[some].reset_index(drop=True), label[some], new[some]
        identity, seen = (None if a is None else a[some] for a in (identity, seen))
    unseen = np.zeros(len(label), dtype=bool) if seen is None else ~seen
    if is_enough(label[unseen]):
        basis, rows = "unseen", unseen
        old = champion.propensity(cleaned)
    else:
        basis, rows = "refit", np.ones(len(label), dtype=bool)
        old = _refit(cleaned, label, identity, champion, challenger, seed)
    old, new, label = old[rows], new[rows], label[rows]
    found = compare_models(
        label,
        old,
        new,
        thresholds=(champion.metadata.threshold, challenger.metadata.threshold),
        capacity=capacity,
        draws=500,
        seed=seed,
    )
    grades = challenger.metadata.grades
    return Challenge(
        **ids,
        basis=basis,
        judged_on=BASES[basis].format(n=found.rows),
        rows=found.rows,
        verdict=found.verdict,
        figures=_as_rows(found),
        delong={"p": found.delong_p, "low": found.delong_low, "high": found.delong_high},
        moves=grade_moves(old, new, (grades.hot, grades.warm, grades.cold)).T.to_dict(),
        losing=_losing(cleaned[rows], label, old, new, champion),
        calls=min(capacity, found.rows),
        moved=largest_moves(cleaned[rows], old, new, label, champion, challenger),
        thresholds=_at_thresholds(label, old, new),
    )


def _other_meaning(champion: LeadSchema, own: LeadSchema) -> list[str]:
    """Return the inputs of the model in use that are columns of another kind in these leads."""
    known = own.by_name
    return [c.human for c in champion.inputs if c.name in known and known[c.name].role is not c.role]


def _refit(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    identity: np.ndarray | None,
    champion: LeadModel,
    challenger: LeadModel,
    seed: int,
) -> np.ndarray:
    """Return out-of-fold propensities of the champion's recipe, which must not learn what leaks here either."""
    inputs = {column.name for column in champion.schema.inputs}
    leaking = [name for name in challenger.metadata.excluded if name in inputs]
    params = {name: value for name, value in champion.metadata.parameters.items() if name != "seed"}
    schema = champion.schema.without(leaking)
    recipe = Recipe(
        schema,
        champion.metadata.targets,
        params,
        n_repeats=1,
        seed=seed,
        algorithm=champion.metadata.algorithm,
        segments=chosen_segments(champion.metadata.segments, schema),
    )
    values = np.full(len(label), np.nan)
    tasks = [(fold, False) for fold in repeated_folds(label, recipe.n_splits, 1, seed, identity)]
    in_processes = len(label) >= ROWS_WORTH_PROCESSES
    for result in run_on_shared(judge_fold, (cleaned, label, identity, recipe), tasks, in_processes=in_processes):
        values[result.fold.test] = result.propensity
    return values


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
    parts = []
    for column in champion.schema.with_role(Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.TIMESTAMP):
        if column.name not in cleaned:
            continue
        values = cleaned[column.name]
        groups = values.dt.strftime("%b %Y") if column.role is Role.TIMESTAMP else values
        human = "Month" if column.role is Role.TIMESTAMP else column.human
        found = losing_groups(groups.fillna("(blank)"), label, old, new)
        parts.append(found.assign(column=human))
    if not parts:
        return []
    table = pd.concat(parts, ignore_index=True)
    lost = table[table["low"] > 0].sort_values("worse", ascending=False).head(8)
    return [{str(name): value for name, value in row.items()} for row in lost.to_dict("records")]
