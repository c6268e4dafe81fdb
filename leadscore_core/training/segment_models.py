"""Segment models: which levels of a column get a model of their own, by the AUC beside that of all leads' model."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from leadscore_core.data.schema.schema import TEXT_ROLES, LeadSchema
from leadscore_core.errors import SchemaError
from leadscore_core.model.metadata import SegmentJudgement, SegmentModels
from leadscore_core.model.segment_classifier import Segments
from leadscore_core.training.evaluation.paired_tests import delong
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.fit import Recipe, fit_cleaned
from leadscore_core.training.folds import Fold
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared

LEAST_OF_EACH, MOST_LEVELS = 100, 20
_TAIL = 0.025


def judge_segment_models(
    cleaned: pd.DataFrame, label: np.ndarray, folds: list[Fold], recipe: Recipe, column: str
) -> SegmentModels:
    """Judge in each fold a model of its own for each level with enough leads, beside the model of all leads.

    A level gets one where the 95% interval of the difference of AUC among its leads (DeLong; for all levels at once,
    after Bonferroni) lies above zero.

    Parameters
    ----------
    cleaned, label
        Leads that are judged, and 0 or 1.
    folds
        Those in which the model is judged; each lead is tested once.
    column
        A category of the schema.

    Raises
    ------
    SchemaError
        If it is no category that the model reads.
    """
    check_segment_column(recipe.schema, column)
    written = cleaned[column]
    held = written.str.casefold()
    counted = pd.DataFrame({"level": held, "label": label}).groupby("level")["label"].agg(["size", "sum"])
    enough = (counted["sum"] >= LEAST_OF_EACH) & (counted["size"] - counted["sum"] >= LEAST_OF_EACH)
    levels = counted[enough].sort_values("size", ascending=False, kind="stable").index[:MOST_LEVELS].tolist()
    human = recipe.schema.by_name[column].human
    if not levels:
        return SegmentModels(column=column, human=human, least=LEAST_OF_EACH, too_few=len(counted))
    tried = replace(recipe, segments=Segments(column, tuple(levels)))
    whole, own = np.full(len(label), np.nan), np.full(len(label), np.nan)
    in_processes = len(label) >= ROWS_WORTH_PROCESSES and recipe.grow is None
    tasks = [(fold,) for fold in folds]
    for fold, margins in zip(
        folds, run_on_shared(_margins, (cleaned, label, tried), tasks, in_processes=in_processes), strict=True
    ):
        whole[fold.test], own[fold.test] = margins
    errors = float(stats.norm.isf(_TAIL / len(levels)))
    judged = []
    for level in levels:
        rows = (held == level).to_numpy()
        gain, error, _ = delong(label[rows], whole[rows], own[rows])
        judged.append(
            SegmentJudgement(
                level=level,
                human=str(written[rows].iloc[0]),
                leads=int(rows.sum()),
                completed=int(label[rows].sum()),
                auc_whole=auc_of(label[rows], whole[rows]),
                auc_own=auc_of(label[rows], own[rows]),
                low=gain - errors * error,
                high=gain + errors * error,
            )
        )
    too_few = len(counted) - len(levels)
    return SegmentModels(column=column, human=human, least=LEAST_OF_EACH, too_few=too_few, judged=judged)


def chosen_segments(found: SegmentModels | None, schema: LeadSchema) -> Segments | None:
    """Return which leads have a model of their own; None where none have, or the schema lacks the column."""
    if found is None or not found.levels or found.column not in schema.by_name:
        return None
    return Segments(found.column, found.levels)


def check_segment_column(schema: LeadSchema, column: str) -> None:
    """Raise if leads cannot be told apart by a column for models of their own.

    Raises
    ------
    SchemaError
        Naming the columns that can.
    """
    able = [one for one in schema.with_role(*TEXT_ROLES) if not one.separator]
    if column not in {one.name for one in able}:
        offered = ", ".join(repr(one.human) for one in able) or "none"
        human = schema.by_name[column].human if column in schema.by_name else column
        raise SchemaError(
            f"Segment models need a category that the model reads, with one value a lead, and {human!r} is none. "
            f"Columns that can be given: {offered}."
        )


def _margins(cleaned: pd.DataFrame, label: np.ndarray, recipe: Recipe, fold: Fold) -> tuple[np.ndarray, np.ndarray]:
    """Return what the model of all leads says of a fold's test leads, and what the models of their levels say."""
    pipeline = fit_cleaned(cleaned.iloc[fold.train], label[fold.train], recipe)
    features = pipeline.named_steps["features"].transform(cleaned.iloc[fold.test])
    model = pipeline.named_steps["model"]
    return model.whole_.raw_margin(features), model.raw_margin(features)
