"""The three pipelines, data, training and inference, as functions of files.

The app, the command line and the DAGs call these.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from leadscore_core.config import GradeThresholds, Settings, load_settings
from leadscore_core.data import (
    Finding,
    Part,
    ReadLog,
    check_required,
    clean_leads,
    complete_columns,
    duplicate_findings,
    mapping_findings,
    merge_findings,
    row_keys,
    sort_findings,
)
from leadscore_core.inference import GRADES, ScoredPart, check_output, join_scored, score_part, write_leads
from leadscore_core.later import load_later
from leadscore_core.learnable import audit_list, describe_audit, keep_meaning, left_out, to_learn_from
from leadscore_core.lists import LeadList, choose_columns, open_list, settle_list
from leadscore_core.model import LeadModel, ModelRegistry

if TYPE_CHECKING:  # training and checking stay off the scoring path
    from leadscore_core.list_check import CheckReport, check_list
    from leadscore_core.model.classifier import GrowTrees
    from leadscore_core.training import Evaluation, Leaderboard, Tuning

__all__ = [
    "CheckReport",
    "LeadList",
    "ScoreReport",
    "check_list",
    "choose_columns",
    "clean_list",
    "compare_list",
    "evaluate_list",
    "open_list",
    "score_chunks",
    "score_list",
    "settle_list",
    "train_list",
    "tune_list",
    "with_saved_rules",
]

__getattr__ = load_later("leadscore_core", {"CheckReport": "list_check", "check_list": "list_check"})

Progress = Callable[[float, str], None]
_Given = TypeVar("_Given")
_Done = TypeVar("_Done")
STUDIES = "studies.db"


@dataclass
class ScoreReport:
    """What came of a list: ``left_out`` says by path why a file is left out, ``log`` what was found in each."""

    rows: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    expected: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    thresholds: GradeThresholds = field(default_factory=GradeThresholds)
    left_out: dict[str, str] = field(default_factory=dict)
    log: ReadLog = field(default_factory=ReadLog)


def clean_list(leads: LeadList, out: str | Path) -> int:
    """Run the data pipeline: write one tidy row a lead, in the input's order, and return how many.

    Raises
    ------
    LeadScoreError
        If the list cannot be read or the result cannot be written; nothing is left behind.
    """
    parts = (
        complete_columns(clean_leads(leads.mapping.apply(chunk, leads.schema), leads.schema), leads.schema)
        for chunk in leads.chunks()
    )
    return write_leads(parts, out)


def train_list(
    leads: LeadList,
    *,
    settings: Settings | None = None,
    promote: bool = False,
    note: str = "",
    synthetic: bool = False,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    params: dict[str, Any] | None = None,
    grow: GrowTrees | None = None,
    progress: Progress | None = None,
) -> LeadModel:
    """Run the training pipeline: train, judge, publish, and promote if asked.

    Of a list with a proposed schema, columns that look as if they knew the outcome are left out, and the schema is
    kept under its name when the model is published.

    Parameters
    ----------
    exclude
        Columns (name, header or human name) that the model must not read.
    include
        Columns that it may read although they look as if they knew the outcome.
    params
        Settings of LightGBM that differ from its defaults.
    grow
        How trees are grown, if not on this machine.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit; nothing is published then and the champion is unchanged.
    """
    from leadscore_core.training import train_model

    settings = settings or load_settings()
    frame = pd.concat(leads.chunks(), ignore_index=True)
    found = audit_list(leads, frame)
    excluded = left_out(leads, exclude, include, found)
    model = train_model(
        frame,
        leads.schema,
        mapping=leads.mapping,
        targets=settings.targets,
        grades=settings.grades,
        note=note,
        synthetic=synthetic,
        excluded=excluded,
        audit=describe_audit(leads, found, excluded),
        params=params,
        grow=grow,
        progress=progress,
    )
    registry = ModelRegistry(settings.models_dir)
    published = registry.publish(model)
    keep_meaning(leads, excluded, settings)
    if promote:
        registry.promote(published.model_id)
    return published


def compare_list(
    leads: LeadList,
    names: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Leaderboard:
    """Judge other algorithms beside LightGBM on the same folds; nothing is published.

    Parameters
    ----------
    names
        Of `NAMES`; logistic regression, random forest and histogram gradient boosting if not given.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit, or an algorithm is not there.
    """
    from leadscore_core.training import USUAL, compare_contenders

    settings = settings or load_settings()
    schema, cleaned, label, identity = to_learn_from(leads, exclude, include)
    return compare_contenders(
        cleaned, label, schema, names or USUAL, targets=settings.targets, identity=identity, progress=progress
    )


def tune_list(
    leads: LeadList,
    minutes: float,
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings of LightGBM within a budget; a search over the same leads is taken up where it ended.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit, or Optuna is not installed.
    """
    from leadscore_core.training import tune_model

    settings = settings or load_settings()
    schema, cleaned, label, identity = to_learn_from(leads, exclude, include)
    storage = settings.data_dir / STUDIES
    return tune_model(cleaned, label, schema, minutes=minutes, storage=storage, identity=identity, progress=progress)


def evaluate_list(leads: LeadList, model: LeadModel, *, settings: Settings | None = None) -> Evaluation:
    """Measure a model on labelled leads that it has not seen.

    Raises
    ------
    LeadScoreError
        If there is no outcome to compare with, or the model was trained on all of them.
    """
    from leadscore_core.training import evaluate_model

    settings = settings or load_settings()
    frame = pd.concat(leads.chunks(), ignore_index=True)
    return evaluate_model(frame, model, mapping=leads.mapping, targets=settings.targets)


def score_list(
    leads: LeadList,
    out: str | Path,
    model: LeadModel,
    *,
    reasons: int = 3,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> ScoreReport:
    """Run the inference pipeline: score a list and write it, whole or not at all.

    Grades and junk rules are those that people saved in the dashboard, else those of the settings.

    Raises
    ------
    LeadScoreError
        If the list cannot be read or scored, or the result cannot be written; nothing is left behind.
    """
    check_output(out)
    settings = with_saved_rules(settings or load_settings())
    report = ScoreReport(thresholds=settings.grades)
    scored = score_chunks(leads, model, report, reasons=reasons, settings=settings, progress=progress)
    with closing(scored):
        write_leads(map(join_scored, scored), out)
    return report


def with_saved_rules(settings: Settings) -> Settings:
    """Return settings with the grades and junk rules that people saved in the dashboard, where there are any."""
    if not settings.has_database:
        return settings
    from leadscore_core.storage import saved_rules  # slow to load, and a host that scores may have no database

    return saved_rules(settings)


def score_chunks(
    leads: LeadList,
    model: LeadModel,
    report: ScoreReport,
    *,
    reasons: int,
    settings: Settings,
    progress: Progress | None = None,
) -> Generator[tuple[Part, ScoredPart], None, None]:
    """Score chunk by chunk, filling `report` on the way, which is complete when the last chunk is out.

    Yields
    ------
    part, scored
        The list's own columns as they were read, and what came of them, in the list's order.

    Raises
    ------
    MappingError
        If a required column is missing.
    """
    check_required(leads.mapping, model.schema)
    found_in, keys, counts = [], [], Counter[str]()

    def score(part: Part) -> tuple[Part, ScoredPart]:
        scored = score_part(
            part,
            model,
            leads.mapping,
            reasons=reasons,
            grades=report.thresholds,
            junk=settings.junk,
            region=settings.phone_region,
        )
        return part, scored

    with closing(leads.parts(report.log)) as parts:
        for part, scored in _beside(score, parts):
            found_in.append((scored.findings, len(part)))
            keys.append(row_keys(part))
            counts.update({str(grade): n for grade, n in scored.own["grade"].value_counts().items()})
            report.rows += len(part)
            report.expected += float(scored.own["propensity"].sum())
            if progress:
                progress(report.rows, f"Scored {report.rows:,} leads")
            yield part, scored
            del part, scored  # not to be kept while the next is waited for
    report.grades = {grade: counts[grade] for grade in GRADES}
    report.left_out = dict(leads.left_out or {})
    found = [
        *report.log.numbered([*merge_findings(found_in), *duplicate_findings(keys)]),
        *report.log.findings(),
        *mapping_findings(
            leads.mapping.limited_to(model.schema), model.schema, report.rows, model.metadata.column_costs
        ),
    ]
    report.findings = sort_findings(found)


def _beside(work: Callable[[_Given], _Done], given: Iterable[_Given]) -> Generator[_Done, None, None]:
    """Do a work beside what its taker does with what came of it before, and give it in order.

    Reading, comparing and writing leave Python's lock to the work; more threads than these would wait for it.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="score") as pool:
        under_way: deque[Future[_Done]] = deque()
        try:
            for one in given:
                under_way.append(pool.submit(work, one))
                if len(under_way) > 1:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for left in under_way:
                left.cancel()
