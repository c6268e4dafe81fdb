"""Scoring by the file: each file of a list is read, scored and written by a worker, whole or not at all."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path, PurePosixPath
from typing import Any

import joblib
import pandas as pd
from distributed import Client, as_completed
from distributed.comm.core import CommClosedError

from leadscore_core._files import staged_folder
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.conventions import ConventionEvidence
from leadscore_core.data.cleaning.country_evidence import country_headers
from leadscore_core.data.dataset.conventions import (
    LEAST_EVIDENCE,
    convention_headers,
    open_headers,
    read_evidence,
    with_evidence,
)
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list, suggest_columns
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.findings import Finding
from leadscore_core.data.merge_findings import merge_findings
from leadscore_core.data.reading.chunks import Chunk, chunk_frame, select_columns
from leadscore_core.data.reading.reader import iter_chunks, read_headers
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, ColumnMapping, count_evidence, settle_conventions
from leadscore_core.data.schema.column_resolution import contested_headers, resolve_mapping
from leadscore_core.data.schema.phone_region import settle_region
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.distributed.remote_files import (
    absolute,
    check_apart,
    is_remote,
    list_addressed,
    local_copy,
    prepare_folder,
    remove_earlier,
    sweep,
    to_publish,
)
from leadscore_core.distributed.request import FilesRequest
from leadscore_core.errors import ExportError, LeadScoreError, UnreadableFileError
from leadscore_core.inference.contact_quality import BarredPeople
from leadscore_core.inference.export.files import ENDINGS, check_output, write_leads
from leadscore_core.inference.grades import GRADES
from leadscore_core.inference.score import join_scored
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.pipelines.inference import ScoreReport, barred_people, score_chunks, with_saved_rules
from leadscore_core.progress import Progress, silent

_RETRIES = 3
_ASKED_AT_ONCE = 50


@dataclass(frozen=True)
class FileDone:
    """What came of one file; ``problem`` says why nothing was written for it."""

    file: str
    rows: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    expected: float = 0.0
    findings: tuple[Finding, ...] = ()
    problem: str = ""


@dataclass
class FilesReport:
    """What came of a list of many files: the sums, and why files were left out."""

    total: ScoreReport
    files: int
    left_out: dict[str, str]


@dataclass(frozen=True)
class _Order:
    """What is asked of every file."""

    mapping: ColumnMapping
    sheet: str | None
    encoding: str | None
    settings: Settings
    reasons: int
    barred: BarredPeople


def score_files(
    request: FilesRequest,
    model: LeadModel,
    client: Client,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> FilesReport:
    """Score the files of a list on a cluster; each lead gets what `score_list` gives it.

    A file that cannot be read, or has other columns than the first, is left out and named; the others go on. A worker
    that dies has its files scored by another. Repeated rows are looked for within a file.

    Raises
    ------
    LeadScoreError
        If there is nothing to score, the result cannot be written, or the scheduler is lost on the way.
    """
    settings = with_saved_rules(settings or load_settings(), model.schema)
    out, options = absolute(request.out), request.options
    joined = any(out.lower().endswith(ending) for ending in ENDINGS)
    if joined and is_remote(out):
        raise ExportError(f"{out} would be one file, which needs a disk that the workers share. Name a folder instead.")
    if joined:
        check_output(out)
    files = list_addressed(request.addresses)
    check_apart(out, files)
    leads = _as_named(_first_file(files, model.schema, options, settings), options, settings)
    leads = replace(
        leads, sheet=options.sheet if len(files) > 1 else leads.sheet
    )  # workbooks may name their sheets differently
    mapping, barred = _settle(client, files, leads, settings.phone_region), barred_people(settings)
    order = _Order(mapping, leads.sheet, leads.encoding, settings, request.reasons, barred)
    with _folder_of_parts(out, joined=joined, force=request.force) as folder:
        targets = [f"{folder.rstrip('/')}/{name}" for name in _names(files)]
        done = _run(client, list(zip(files, targets, strict=True)), order, model, progress or silent)
        sweep(out)
        written = [target for target, result in zip(targets, done, strict=True) if not result.problem]
        if joined and written:
            write_leads(_in_one_order(written), out)
        elif written:
            remove_earlier(out, written)
    return _add_up(done, settings)


@contextmanager
def _folder_of_parts(out: str, *, joined: bool, force: bool) -> Iterator[str]:
    """Give the folder that takes the files: the result itself, or one beside it for as long as they are joined."""
    if not joined:
        prepare_folder(out, force=force)
        yield out
        return
    with staged_folder(Path(out).parent) as folder:
        yield str(folder)


def _names(files: Sequence[str]) -> list[str]:
    """Name the result of each file after it, with its place in the list, so that no two have the same name."""
    width = max(4, len(str(len(files))))
    return [
        f"leads-{place:0{width}d}-{PurePosixPath(file).name.split('.')[0]}.parquet" for place, file in enumerate(files)
    ]


def _first_file(files: Sequence[str], schema: LeadSchema, options: ListOptions, settings: Settings) -> LeadList:
    """Look into the first file that can be read."""
    why = ""
    for file in files:
        try:
            with local_copy(file) as path:
                return open_list(path, schema, options=options, settings=settings)
        except UnreadableFileError as error:
            why = why or str(error)
    raise UnreadableFileError(f"None of {len(files):,} files can be read. The first: {why}")


def _as_named(leads: LeadList, options: ListOptions, settings: Settings) -> LeadList:
    """Return a file with its columns as their headers alone have them, so that all files' cells decide between them."""
    suggested = suggest_columns(leads.mapping.headers, leads.schema, options, settings)
    return replace(leads, mapping=leads.mapping.model_copy(update={"matches": suggested.matches}))


def _settle(client: Client, files: Sequence[str], leads: LeadList, usual: str) -> ColumnMapping:
    """Settle columns, dates, decimals and phones on the evidence of as many files as it takes, as `open_list` does.

    Parameters
    ----------
    usual
        Of which country phone numbers without a country code are where the files say nothing.
    """
    each = max(LEAST_EVIDENCE, CONVENTION_ROWS // len(files))
    headers = convention_headers(leads.mapping, leads.schema)
    phones = leads.mapping.headers_of(leads.schema, Role.PHONE)
    asked_of = country_headers(leads.mapping.headers) if phones else []
    headers = list(dict.fromkeys([*headers, *contested_headers(leads.mapping, leads.schema), *phones, *asked_of]))
    results: list[pd.DataFrame] = []
    for begin in range(0, len(files), _ASKED_AT_ONCE):
        asked = [
            client.submit(_first_rows, file, headers, leads.sheet, leads.encoding, each, retries=_RETRIES)
            for file in files[begin : begin + _ASKED_AT_ONCE]
        ]
        results += [frame for frame in _gathered(client, asked) if frame is not None]
        if sum(map(len, results)) >= CONVENTION_ROWS:
            break
    if not results:
        return leads.mapping
    rows = pd.concat(results, ignore_index=True)
    mapping = resolve_mapping(leads.mapping, leads.schema, rows)
    evidence = count_evidence(mapping, leads.schema, rows)
    still_open = open_headers(mapping, leads.schema, evidence)
    if still_open:
        leads = replace(leads, mapping=mapping)
        whole = [client.submit(_whole_evidence, file, still_open, leads, retries=_RETRIES) for file in files]
        counted = [found for found in _gathered(client, whole) if found is not None]
        if counted:
            evidence = with_evidence(evidence, reduce(ConventionEvidence.plus, counted))
    mapping = settle_conventions(mapping, leads.schema, evidence)
    return settle_region(mapping, leads.schema, rows, usual)


def _first_rows(
    file: str, headers: list[str], sheet: str | None, encoding: str | None, rows: int
) -> pd.DataFrame | None:
    """Read the first rows of a file; one that cannot be read is reported when it is scored."""
    with suppress(LeadScoreError, StopIteration), local_copy(file) as path:
        return chunk_frame(
            select_columns(next(iter_chunks(path, sheet=sheet, chunk_rows=rows, encoding=encoding)), headers)
        )
    return None


def _whole_evidence(file: str, headers: list[str], leads: LeadList) -> ConventionEvidence | None:
    """Count what all rows of a file show of dates and decimals that are still open."""
    with suppress(LeadScoreError), local_copy(file) as path:
        return read_evidence(replace(leads, paths=path), headers)
    return None


def _run(
    client: Client, targets: Sequence[tuple[str, str]], order: _Order, model: LeadModel, progress: Progress
) -> list[FileDone]:
    """Have every file scored, and return what came of each, in the list's order."""
    packed = io.BytesIO()
    joblib.dump(model, packed)
    there = client.submit(_unpack, packed.getvalue())  # a worker that lost it makes it anew
    futures = {
        client.submit(_score_file, file, target, there, order, retries=_RETRIES): place
        for place, (file, target) in enumerate(targets)
    }
    fields: dict[int, FileDone] = {}
    for future in as_completed(list(futures)):
        place = futures[future]
        fault = future.exception() if future.status != "cancelled" else None
        if future.status == "cancelled" or isinstance(fault, CommClosedError):
            _raise_lost(len(fields), len(targets))
        file = targets[place][0]
        fields[place] = FileDone(file, problem=_unforeseen(file, fault)) if fault else future.result()
        future.release()
        rows = sum(one.rows for one in fields.values())
        progress(len(fields) / len(targets), f"Scored {rows:,} leads, {len(fields):,} of {len(targets):,} files")
    return [fields[place] for place in range(len(targets))]


def _gathered(client: Client, asked: Sequence[object]) -> list[Any]:
    try:
        answers: list[Any] = client.gather(asked, errors="skip")
    except (CommClosedError, OSError, TimeoutError) as error:
        raise LeadScoreError(_lost(0, len(asked))) from error
    return answers


def _unforeseen(file: str, fault: BaseException) -> str:
    """Name a fault by its kind alone, for its text may quote a lead."""
    return f"{file}: something went wrong inside LeadScore ({type(fault).__name__}). Score it alone to see what."


def _raise_lost(done: int, files: int) -> None:
    raise LeadScoreError(_lost(done, files))


def _lost(done: int, files: int) -> str:
    return (
        f"The Dask scheduler was lost after {done:,} of {files:,} files; each that is in the result's folder is whole. "
        "Start it again and score once more with --force."
    )


def _unpack(packed: bytes) -> LeadModel:
    model: LeadModel = joblib.load(io.BytesIO(packed))
    return model


def _score_file(file: str, target: str, model: LeadModel, order: _Order) -> FileDone:
    """Score one file on a worker; a fault of the file is an answer, any other is tried again."""
    report = ScoreReport(thresholds=order.settings.grades, barred=order.barred)
    try:
        with local_copy(file) as path, to_publish(target) as place:
            _check_columns(file, read_headers(path, sheet=order.sheet, encoding=order.encoding), order.mapping)
            leads = LeadList(path, model.schema, order.mapping, order.sheet, encoding=order.encoding)
            scored = score_chunks(leads, model, report, reasons=order.reasons, settings=order.settings)
            with closing(scored):
                write_leads(map(join_scored, scored), place)
    except LeadScoreError as error:
        return FileDone(file, problem=str(error))
    return FileDone(file, report.rows, report.grades, report.expected, tuple(report.findings))


def _check_columns(file: str, headers: list[str], mapping: ColumnMapping) -> None:
    missing, more = sorted(set(mapping.headers) - set(headers)), sorted(set(headers) - set(mapping.headers))
    if missing or more:
        raise UnreadableFileError(
            f"{file} does not have the columns of the first file (missing: {', '.join(missing[:5]) or 'none'}; more: "
            f"{', '.join(more[:5]) or 'none'}). Give files with the same columns."
        )


def _in_one_order(written: Sequence[str]) -> Iterator[Chunk]:
    """Read the results one after the other, with the columns in the order of the first."""
    first = read_headers(written[0])
    for path in written:
        for file in iter_chunks(path):
            yield select_columns(file, first)


def _add_up(done: Sequence[FileDone], settings: Settings) -> FilesReport:
    total = ScoreReport(thresholds=settings.grades)
    counts: Counter[str] = Counter()
    for result in done:
        total.rows += result.rows
        total.expected += result.expected
        counts.update(result.grades)
    total.grades = {grade: counts[grade] for grade in GRADES}
    sound = [result for result in done if not result.problem]
    total.findings = merge_findings((_with_file(result, len(sound) > 1), result.rows) for result in sound)
    return FilesReport(total, len(done), {result.file: result.problem for result in done if result.problem})


def _with_file(text: FileDone, several: bool) -> list[Finding]:
    """Return the findings of a file, whose rows are its own, with its name where there are several."""
    name = PurePosixPath(text.file).name
    return [
        found.model_copy(update={"files": (name,) * len(found.rows)}) if several and found.rows else found
        for found in text.findings
    ]
