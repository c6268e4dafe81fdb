"""The inference pipeline: a list in, the same list with scores out, whole or not at all."""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import GradeThresholds, Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.findings import Finding, sort_findings
from leadscore_core.data.merge_findings import merge_findings
from leadscore_core.data.reading.chunks import LINE_PROBLEM, Chunk, chunk_frame, row_keys
from leadscore_core.data.reading.given_leads import OPEN_IT, expect_kind
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.schema.column_mapping import check_required
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.validation import duplicate_findings, mapping_findings
from leadscore_core.inference.cleaned_file import CleanedFile
from leadscore_core.inference.contact_quality import BarredPeople
from leadscore_core.inference.export.crm_columns import CrmChoice, CrmColumns, contact_headers, settle_columns
from leadscore_core.inference.export.files import check_output, write_leads
from leadscore_core.inference.grades import GRADES
from leadscore_core.inference.score import ScoredChunk, ScoringRules, join_scored, score_chunk
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.progress import Progress, silent
from leadscore_core.storage.contact_key import contact_key

_Given = TypeVar("_Given")
_Done = TypeVar("_Done")


@dataclass
class ScoreReport:
    """What came of a list: ``left_out`` says by path why a file is left out, ``log`` what was found in each.

    ``crm`` is how the leads were laid out, if they were for a CRM; ``barred`` whose e-mails and phones are not to be
    called (see `barred_leads`).
    """

    rows: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    expected: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    thresholds: GradeThresholds = field(default_factory=GradeThresholds)
    left_out: dict[str, str] = field(default_factory=dict)
    crm: CrmColumns | None = None
    barred: BarredPeople = BarredPeople()
    log: ReadLog = field(default_factory=ReadLog)


@needs(Action.SCORE)
def score_list(
    leads: LeadList,
    out: str | Path,
    model: LeadModel,
    *,
    reasons: int = 3,
    settings: Settings | None = None,
    progress: Progress | None = None,
    crm: CrmChoice | None = None,
) -> ScoreReport:
    """Run the inference pipeline: score a list and write it, whole or not at all.

    Grades and junk rules are those that people saved in the dashboard, else those of the settings.

    Parameters
    ----------
    crm
        For a CRM's importer instead: what records are matched by and what is written; ``out`` ends in what it takes.

    Raises
    ------
    LeadScoreError
        If the list cannot be read or scored, or the result cannot be written; nothing is left behind.
    """
    expect_kind(leads, LeadList, OPEN_IT)
    check_output(out)
    settings = with_saved_rules(settings or load_settings(), model.schema)
    report = ScoreReport(thresholds=settings.grades, barred=barred_people(settings))
    if crm is not None:
        reasons = max(reasons, 1 + ("LeadScore second reason" in crm.more) + 2 * ("LeadScore third reason" in crm.more))
    scored = score_chunks(leads, model, report, reasons=reasons, settings=settings, progress=progress)
    with closing(scored):
        write_leads(
            map(join_scored, scored) if crm is None else _for_crm(scored, crm, leads, report),
            out,
            for_excel=crm is not None,
        )
    _note(settings, model, report)
    return report


def _note(settings: Settings, model: LeadModel, report: ScoreReport) -> None:
    """Write down, where anything is kept here, that a list was scored into a file."""
    if settings.has_database:
        from leadscore_core.storage.database.audit import AuditEvent, record_audit  # slow to load, like the saved rules

        record_audit(settings, AuditEvent("score a list into a file", f"model {model.model_id}", report.rows))


def _for_crm(
    scored: Iterable[tuple[Chunk, ScoredChunk]], crm: CrmChoice, leads: LeadList, report: ScoreReport
) -> Iterator[Chunk]:
    """Give the chunks of a list as a CRM takes them; the first one settles the columns."""
    for chunk, result in scored:
        own = chunk_frame(chunk).drop(columns=LINE_PROBLEM, errors="ignore")
        if report.crm is None:
            report.crm = settle_columns(crm, own, contact_headers(leads.mapping, leads.schema))
        yield report.crm.lay_out(own, result.own.set_axis(own.index))


def with_saved_rules(settings: Settings, schema: LeadSchema) -> Settings:
    """Return settings with a schema's grades and the junk rules, as people saved them in the dashboard if they did."""
    if not settings.has_database:
        return settings.model_copy(update={"grades": own_grades(schema, settings)})
    from leadscore_core.storage.database.preferences import (
        saved_rules,  # slow to load, and a host that scores may have no database
    )

    return saved_rules(settings, schema)


def barred_people(settings: Settings) -> BarredPeople:
    """Return whose e-mails and phones are not to be called, where calls are kept here at all."""
    if not settings.has_database:
        return BarredPeople()
    from leadscore_core.storage.database.people import suppressed_keys  # slow to load, like the saved rules

    reasons = suppressed_keys(settings)
    return BarredPeople(reasons, contact_key(settings)) if reasons else BarredPeople()


def score_chunks(
    leads: LeadList,
    model: LeadModel,
    report: ScoreReport,
    *,
    reasons: int,
    settings: Settings,
    progress: Progress | None = None,
    cleaned: CleanedFile | None = None,
) -> Generator[tuple[Chunk, ScoredChunk], None, None]:
    """Score chunk by chunk, filling `report` on the way, which is complete when the last chunk is out.

    Parameters
    ----------
    cleaned
        The same leads as they were cleaned before; cleaned here if not given.

    Yields
    ------
    chunk, scored
        The list's own columns as they were read, and what came of them, in the list's order.

    Raises
    ------
    MappingError
        If a required column is missing.
    """
    check_required(leads.mapping, model.schema)
    found_in, keys, counts = [], [], Counter[str]()

    rules = ScoringRules(report.thresholds, settings.junk, settings.phone_region, report.barred)

    def score(chunk: Chunk) -> tuple[Chunk, ScoredChunk]:
        scored = score_chunk(
            chunk,
            model,
            leads.mapping,
            rules,
            reasons=reasons,
            cleaned=None if cleaned is None else cleaned.take(len(chunk), model.schema),
        )
        return chunk, scored

    progress = progress or silent
    with closing(leads.raw_chunks(report.log)) as chunks:
        for chunk, scored in _beside(score, chunks):
            found_in.append((scored.findings, len(chunk)))
            keys.append(row_keys(chunk))
            counts.update({str(grade): n for grade, n in scored.own["grade"].value_counts().items()})
            report.rows += len(chunk)
            report.expected += float(scored.own["propensity"].sum())
            progress(report.rows, f"Scored {report.rows:,} leads")
            yield chunk, scored
            del chunk, scored  # not to be kept while the next is waited for
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
