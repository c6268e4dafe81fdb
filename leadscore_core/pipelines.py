"""The three pipelines, data, training and inference, as functions of files.

The app, the command line and the DAGs call these.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore_core.config import GradeThresholds, Settings, load_settings
from leadscore_core.data import (
    CONVENTION_ROWS,
    ColumnMapping,
    Finding,
    LeadSchema,
    check_required,
    chunk_findings,
    clean_leads,
    clean_with_problems,
    complete_columns,
    detect_conventions,
    duplicate_findings,
    iter_leads,
    label_findings,
    list_files,
    list_sheets,
    mapping_findings,
    merge_findings,
    read_headers,
    row_hashes,
    sort_findings,
    suggest_mapping,
)
from leadscore_core.errors import LabelError, MappingError
from leadscore_core.inference import GRADES, beside, check_output, present_leads, rank_leads, score_part, write_leads
from leadscore_core.model import LeadModel, ModelRegistry
from leadscore_core.storage import MappingStore

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training import Evaluation

Paths = str | Path | Sequence[str | Path]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class LeadList:
    """A list that was looked into: its files, and which header gives which column."""

    paths: Paths
    schema: LeadSchema
    mapping: ColumnMapping
    sheet: str | None = None

    def chunks(self) -> Iterator[pd.DataFrame]:
        """Read the rows in chunks, all columns."""
        return iter_leads(self.paths, sheet=self.sheet)


@dataclass
class CheckReport:
    """What was found in a list."""

    rows: int
    columns: int
    findings: list[Finding]

    @property
    def has_errors(self) -> bool:
        """Whether anything found makes the list unfit for its purpose."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what `check --json` writes."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "problems": [finding.model_dump() for finding in self.findings],
        }


@dataclass
class ScoreReport:
    """What came of scoring a list."""

    rows: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    expected: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    thresholds: GradeThresholds = field(default_factory=GradeThresholds)


def open_list(
    paths: Paths,
    schema: LeadSchema,
    *,
    sheet: str | None = None,
    label: str | None = None,
    choices: dict[str, str] | None = None,
    settings: Settings | None = None,
) -> LeadList:
    """Look into a list: suggest its mapping, with what a person chose before for the same headers.

    Parameters
    ----------
    label
        Header of the outcome, if it is not to be found by itself.
    choices
        Schema column -> header, for columns that are not to be found by themselves.

    Raises
    ------
    UnreadableFileError
        If it is not a lead list.
    LabelError, MappingError
        If there is no such header or column.
    """
    settings = settings or load_settings()
    store = MappingStore(settings.data_dir)
    sheet = sheet or _best_sheet(paths, schema, store)
    headers = read_headers(paths, sheet=sheet)
    mapping = store.recall(suggest_mapping(headers, schema))
    if label is not None and schema.label is not None:
        if label not in headers:
            raise LabelError(
                f"The list has no column {label!r} for the outcome. Its columns: {', '.join(headers[:12])}. Give one "
                "of them."
            )
        mapping = mapping.corrected({schema.label.name: label})
    for column, header in (choices or {}).items():
        if column not in schema.by_name or header not in headers:
            raise MappingError(
                f"{column}={header} cannot be: columns are {', '.join(c.name for c in schema.columns[:12])}; "
                f"headers are {', '.join(headers[:12])}. Give one of each."
            )
    mapping = mapping.corrected(dict(choices or {}))
    return settle_list(LeadList(paths, schema, mapping, sheet))


def _best_sheet(paths: Paths, schema: LeadSchema, store: MappingStore) -> str | None:
    """Return the first sheet of one workbook that has what is needed, else the first; None for anything else."""
    first, *others = list_files(paths)
    if others:
        return None  # the workbooks of a folder may name their sheets differently
    sheets = list_sheets(first)
    needed = {column.name for column in schema.columns if column.required}
    for sheet in sheets if len(sheets) > 1 else ():
        mapping = store.recall(suggest_mapping(read_headers(first, sheet=sheet), schema))
        if needed <= set(mapping.used):
            return sheet
    return sheets[0] if sheets else None


def settle_list(leads: LeadList) -> LeadList:
    """Return the list with its dates and decimals settled for its mapping, on the evidence of all its files."""
    files = list_files(leads.paths)
    each = max(1_000, CONVENTION_ROWS // len(files))
    first = pd.concat([next(iter_leads(file, sheet=leads.sheet)).head(each) for file in files], ignore_index=True)
    return replace(leads, mapping=detect_conventions(leads.mapping, leads.schema, first))


def choose_columns(leads: LeadList, choices: dict[str, str | None], *, settings: Settings | None = None) -> LeadList:
    """Return the list with a person's choice of columns, which is remembered for files with the same headers.

    Parameters
    ----------
    choices
        Schema column -> header, or None for "not in this file".

    Raises
    ------
    LeadScoreError
        If one header is chosen twice, or the choice cannot be kept.
    """
    chosen = [header for header in choices.values() if header is not None]
    twice = sorted({header for header in chosen if chosen.count(header) > 1})
    if twice:
        raise MappingError(
            f"One column cannot mean two things: {', '.join(map(repr, twice))} is chosen more than once. Choose it "
            "once."
        )
    MappingStore((settings or load_settings()).data_dir).remember(leads.mapping, choices)
    return settle_list(replace(leads, mapping=leads.mapping.corrected(choices)))


def check_list(leads: LeadList, *, model: LeadModel | None = None, label_expected: bool = False) -> CheckReport:
    """Find every problem of a list, in chunks.

    Parameters
    ----------
    model
        For the share of levels that it has never seen.
    label_expected
        Whether the list is for training or evaluation.
    """
    levels = model.known_levels if model is not None else {}
    costs = model.metadata.column_costs if model is not None else {}
    parts, hashes, labels, rows, columns = [], [], [], 0, 0
    for chunk in leads.chunks():
        raw = leads.mapping.apply(chunk, leads.schema)
        cleaned, problems = clean_with_problems(raw, leads.schema)
        parts.append((chunk_findings(chunk, raw, cleaned, problems, leads.schema, leads.mapping, levels), len(chunk)))
        hashes.append(row_hashes(chunk))
        if label_expected and leads.schema.label is not None and leads.schema.label.name in raw:
            labels.append((cleaned[[leads.schema.label.name]], raw[[leads.schema.label.name]]))
        rows, columns = rows + len(chunk), len(leads.mapping.headers)
    found = [
        *merge_findings(parts),
        *duplicate_findings(hashes),
        *mapping_findings(leads.mapping, leads.schema, rows, costs),
    ]
    if label_expected:
        cleaned_label = (
            pd.concat([c for c, _ in labels], ignore_index=True) if labels else pd.DataFrame(index=range(rows))
        )
        raw_label = pd.concat([r for _, r in labels], ignore_index=True) if labels else pd.DataFrame(index=range(rows))
        found += label_findings(cleaned_label, raw_label, leads.schema, leads.mapping)
    return CheckReport(rows, columns, sort_findings(found))


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
    progress: Progress | None = None,
) -> LeadModel:
    """Run the training pipeline: train, judge, publish, and promote if asked.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit; nothing is published then and the champion is unchanged.
    """
    from leadscore_core.training import train_model

    settings = settings or load_settings()
    frame = pd.concat(leads.chunks(), ignore_index=True)
    model = train_model(
        frame,
        leads.schema,
        mapping=leads.mapping,
        targets=settings.targets,
        grades=settings.grades,
        note=note,
        synthetic=synthetic,
        progress=progress,
    )
    registry = ModelRegistry(settings.models_dir)
    published = registry.publish(model)
    if promote:
        registry.promote(published.model_id)
    return published


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

    Raises
    ------
    LeadScoreError
        If the list cannot be read or scored, or the result cannot be written; nothing is left behind.
    """
    check_output(out)
    report = ScoreReport(thresholds=(settings or load_settings()).grades)
    write_leads((beside(chunk, own) for chunk, own in _score_chunks(leads, model, report, reasons, progress)), out)
    return report


@dataclass(frozen=True)
class ScoredList:
    """A list that was scored in memory, in the input's order; reasons are made for what is shown."""

    leads: LeadList
    model: LeadModel
    frame: pd.DataFrame
    own: pd.DataFrame
    report: ScoreReport

    def ranked(self, reasons: int, rows: slice = slice(None)) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return leads from the highest propensity down: the list's own columns, and ours with this many reasons."""
        order = rank_leads(self.own["propensity"].to_numpy())[rows]
        frame = self.frame.iloc[order].reset_index(drop=True)
        own, _ = score_part(frame, self.model, self.leads.mapping, reasons=reasons, grades=self.report.thresholds)
        return frame, own

    def table(self, rows: slice) -> pd.DataFrame:
        """Return a part of the ranked list under human names (see `present_leads`)."""
        frame, own = self.ranked(2, rows)
        places = rank_leads(self.own["propensity"].to_numpy())[rows]
        return present_leads(frame, own, self.model.schema, self.leads.mapping, (rows.start or 0) + 1, places)

    def expected_by_grade(self) -> dict[str, float]:
        """Return the applications expected of each grade."""
        sums = self.own["propensity"].groupby(self.own["grade"]).sum()
        return {grade: float(sums.get(grade, 0.0)) for grade in GRADES}


def score_in_memory(
    leads: LeadList, model: LeadModel, *, settings: Settings | None = None, progress: Progress | None = None
) -> ScoredList:
    """Score a list for the screen.

    Raises
    ------
    LeadScoreError
        If the list cannot be read or scored.
    """
    report = ScoreReport(thresholds=(settings or load_settings()).grades)
    parts = list(_score_chunks(leads, model, report, 0, progress))
    frame, own = (pd.concat([part[i] for part in parts], ignore_index=True) for i in (0, 1))
    return ScoredList(leads, model, frame, own, report)


def export_ranked(scored: ScoredList, ending: str, *, reasons: int = 3) -> bytes:
    """Return a scored list as a file, the highest propensity first.

    Parameters
    ----------
    ending
        ``.csv``, ``.csv.gz``, ``.xlsx`` or ``.parquet``.
    """
    with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
        path = Path(folder) / f"leads{ending}"
        write_leads([beside(*scored.ranked(reasons))], path)
        return path.read_bytes()


def _score_chunks(
    leads: LeadList, model: LeadModel, report: ScoreReport, reasons: int, progress: Progress | None
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Score chunk by chunk, filling `report` on the way; its findings are complete when the last chunk is out."""
    check_required(leads.mapping, model.schema)
    parts, hashes, counts = [], [], Counter[str]()
    for chunk in leads.chunks():
        own, findings = score_part(chunk, model, leads.mapping, reasons=reasons, grades=report.thresholds)
        parts.append((findings, len(chunk)))
        hashes.append(row_hashes(chunk))
        counts.update(own["grade"])
        report.rows += len(chunk)
        report.expected += float(own["propensity"].sum())
        if progress:
            progress(report.rows, f"Scored {report.rows:,} leads")
        yield chunk, own
    report.grades = {grade: counts[grade] for grade in GRADES}
    found = [
        *merge_findings(parts),
        *duplicate_findings(hashes),
        *mapping_findings(leads.mapping, model.schema, report.rows, model.metadata.column_costs),
    ]
    report.findings = sort_findings(found)
