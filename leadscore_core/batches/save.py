"""Keeping: a list is scored, ranked and saved as a batch, whole or not at all."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.duplicates import mark_repeats
from leadscore_core.batches.problem_examples import without_examples
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.outcome_column import known_outcomes
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.outcomes import settle_outcomes
from leadscore_core.data.reading.chunks import LINE_PROBLEM, chunk_frame
from leadscore_core.data.reading.reader import list_files
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.owner import owner_column, read_owners
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.wide_frame import with_columns
from leadscore_core.errors import MappingError
from leadscore_core.inference.cleaned_file import CleanedFile
from leadscore_core.inference.contact_quality import contact_flags, contact_keys, key_names, read_contacts
from leadscore_core.inference.export.writers import ParquetFile
from leadscore_core.inference.score import ScoredChunk
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.pipelines.inference import ScoreReport, score_chunks
from leadscore_core.progress import Progress, silent
from leadscore_core.storage.contact_key import contact_key
from leadscore_core.storage.database.batches import LEADS_FILE, Batch, BatchDetails, BatchStore, Scoring, hash_files
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.preferences import grade_preference, junk_preference
from leadscore_core.storage.leads.dimensions import OWNER
from leadscore_core.storage.leads.files import FILE_ROW, read_file_rows, sort_into
from leadscore_core.storage.leads.source_table import OUTCOME
from leadscore_core.storage.leads.standing import RULE
from leadscore_core.training.evaluation.unseen_propensity import expect_unseen

ROW_GROUP = 10_000
_UNSORTED = "unsorted.parquet"
_KINDS = {Role.ID: "ls_id", Role.NAME: "ls_name", Role.EMAIL: "ls_email", Role.PHONE: "ls_phone"}


def find_batch(leads: LeadList, settings: Settings | None = None) -> Batch | None:
    """Return the batch that was made from the same file, sheet and encoding by the same schema before, or None."""
    return BatchStore(settings or load_settings()).find_same_file(_hash_list(leads), leads.schema.name)


def _hash_list(leads: LeadList) -> str:
    return hash_files(list_files(leads.paths), leads.sheet, leads.encoding)


@needs(Action.SCORE)
def save_batch(
    leads: LeadList,
    model: LeadModel,
    *,
    name: str,
    by: str = "",
    settings: Settings | None = None,
    progress: Progress | None = None,
    cleaned: Path | None = None,
) -> Batch:
    """Score a list and keep it as a batch.

    Parameters
    ----------
    name
        What people call it.
    by
        Who brought it.
    cleaned
        The same leads as `save_cleaned_leads` wrote them, which are not cleaned again then.

    Raises
    ------
    LeadScoreError
        If it cannot be read, scored or saved; nothing is left behind then.
    """
    settings = settings or load_settings()
    store = BatchStore(settings)
    store.sweep()
    leads = settle_outcomes(leads, ask="nothing")
    files = list_files(leads.paths)
    file_hash = _hash_list(leads)
    details = BatchDetails(
        name=name,
        file_name=files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more",
        file_hash=file_hash,
        created_by=by,
        mapping=leads.mapping,
        schema_name=model.schema.name,
        sheet=leads.sheet,
    )
    order = _ScoringOrder(leads, model, settings, file_hash, progress or silent, cleaned)
    with store.staging() as folder:
        return store.save(folder, _score_into(folder, order, number=1, by=by), details)


@needs(Action.MANAGE_BATCH)
def rescore_batch(
    batch: Batch,
    model: LeadModel,
    *,
    by: str = "",
    mapping: ColumnMapping | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Score a batch again; what was decided about its leads stays, and so do the earlier scores.

    Parameters
    ----------
    mapping
        Another choice of columns; that of the batch if not given.

    Raises
    ------
    LeadScoreError
        If the model reads other columns, or the batch's file is gone; the batch is unchanged then.
    """
    settings = settings or load_settings()
    if model.schema.name != batch.schema_name:
        raise MappingError(
            f"The model {model.model_id} reads lists of the kind {model.schema.title!r}, and {batch.name} was read as "
            f"{batch.schema_name!r}. Choose another model, or upload the list anew."
        )
    store = BatchStore(settings)
    leads = settle_outcomes(LeadList([batch.leads_path], model.schema, mapping or batch.mapping), ask="nothing")
    batch = store.get(batch.id)
    number = max(scoring.number for scoring in store.scorings(batch)) + 1
    order = _ScoringOrder(leads, model, settings, batch.file_hash, progress or silent)
    with store.staging() as folder:
        rows = read_file_rows(batch.scores_path)
        scoring = _score_into(folder, order, number=number, by=by, before=batch.created_at, rows=rows)
        (folder / LEADS_FILE).unlink()
        return store.add_scoring(batch, folder, scoring, leads.mapping)


@dataclass(frozen=True)
class _ScoringOrder:
    """Which list is scored, by what, and who hears its progress; the file's hash seeds the leads' random order."""

    leads: LeadList
    model: LeadModel
    settings: Settings
    file_hash: str
    progress: Progress
    cleaned: Path | None = None

    @contextmanager
    def open_cleaned(self) -> Iterator[CleanedFile | None]:
        """Open the leads as they were cleaned before, where the model would clean them to the same."""
        if self.cleaned is None:
            yield None
            return
        with CleanedFile(self.cleaned) as opened:
            yield opened if opened.fits(self.model.schema, self.leads.mapping) else None


def _score_into(
    folder: Path,
    order: _ScoringOrder,
    *,
    number: int,
    by: str,
    before: datetime | None = None,
    rows: np.ndarray | None = None,
) -> Scoring:
    """Write the list's own columns and the sorted scores into a folder, and return what came of it.

    Parameters
    ----------
    rows
        Of each lead in its file; as they are read if not given.
    """
    model, settings, progress = order.model, order.settings, order.progress
    grades, junk = grade_preference(settings, model.schema).current(), junk_preference(settings).current()
    report = ScoreReport(thresholds=own_grades(model.schema, settings))
    try:
        _write_chunks(folder, order, report, as_text=False)
    except pa.ArrowException:  # the types of a column change within the list
        report = ScoreReport(thresholds=own_grades(model.schema, settings))
        _write_chunks(folder, order, report, as_text=True)
    unsorted = folder / _UNSORTED
    progress(report.rows, "Looking for duplicates")
    is_again = rows is not None
    rows = report.log.rows() if rows is None else rows
    say_row = (lambda position: f"row {rows[position]:,}") if is_again else report.log.say_row
    extra = mark_repeats(unsorted, model.schema, settings, say_row, before=before)
    counted = np.arange(len(rows))
    if not np.array_equal(rows, counted + FIRST_ROW):
        extra = (pd.DataFrame({"ls_row": counted}) if extra is None else extra).assign(**{FILE_ROW: rows})
    scoring = Scoring(
        number=number,
        model_id=model.model_id,
        scored_at=now(),
        scored_by=by,
        expected=report.expected,
        counts={"rows": report.rows, "grades": report.grades},
        findings=without_examples(f.at_rows(rows) if is_again else f for f in report.findings),
        settings={"grades": grades.value.model_dump(mode="json"), "junk": junk.value.model_dump(mode="json")},
    )
    progress(report.rows, "Ranking and saving")
    sort_into(unsorted, extra, folder / scoring.file_name, ROW_GROUP)
    unsorted.unlink()
    return scoring


def _write_chunks(folder: Path, order: _ScoringOrder, report: ScoreReport, *, as_text: bool) -> None:
    leads, model, settings = order.leads, order.model, order.settings
    draws = np.random.default_rng(int(order.file_hash[:15], 16))
    index_writer: pq.ParquetWriter | None = None
    first = 0
    progress = order.progress
    with (
        order.open_cleaned() as cleaned,
        closing(
            score_chunks(leads, model, report, reasons=0, settings=settings, progress=progress, cleaned=cleaned)
        ) as scored_chunks,
        ParquetFile(folder / LEADS_FILE, ROW_GROUP) as own_columns,
    ):
        try:
            for read, scored in scored_chunks:
                chunk = chunk_frame(read)
                own_columns.write(_storable(chunk, as_text))
                index = index_rows(chunk, scored, model.schema, leads.mapping, settings, first)
                unseen = expect_unseen(model, chunk, scored.cleaned, leads.mapping, scored.own["propensity"].to_numpy())
                index = with_columns(index, unseen.columns() | {"ls_draw": draws.random(len(chunk))})
                table = pa.Table.from_pandas(index, preserve_index=False)
                if index_writer is None:
                    index_writer = pq.ParquetWriter(folder / _UNSORTED, table.schema)
                index_writer.write_table(table.cast(index_writer.schema))
                first += len(chunk)
        finally:
            if index_writer is not None:
                index_writer.close()


def index_rows(
    chunk: pd.DataFrame, scored: ScoredChunk, schema: LeadSchema, mapping: ColumnMapping, settings: Settings, first: int
) -> pd.DataFrame:
    """Return what filters, sorts and pages read of a chunk (see `LeadTable`).

    Parameters
    ----------
    first
        Position in the list of the chunk's first lead.
    """
    contacts = read_contacts(chunk, schema, mapping, settings.phone_region)
    columns: dict[str, object] = {
        "ls_row": np.arange(first, first + len(chunk), dtype="int64"),
        "ls_propensity": scored.own["propensity"].to_numpy(),
        "ls_score": scored.own["lead_score"].to_numpy(),
        "ls_row_problem": scored.own["row_problem"].to_numpy(dtype=object),
    }
    columns |= {_KINDS[role]: cells.to_numpy(dtype=object) for role, cells in contacts.shown.items()}
    columns |= {RULE + rule: flags for rule, flags in contact_flags(contacts).items()}
    keys = contact_keys(contacts, contact_key(settings))
    for name in key_names(schema, mapping):  # of every chunk the same, whatever its cells hold
        own = keys[name].array if name in keys else pd.array([pd.NA] * len(chunk), dtype="Int64")
        columns[f"ls_{name}_key"] = own
    owner = owner_column([header for header in mapping.unused_headers if header])
    if owner:
        columns[OWNER] = read_owners(chunk[owner]).to_numpy(dtype=object)
    outcome = known_outcomes(chunk, schema, mapping)
    if outcome is not None:
        columns[OUTCOME] = outcome
    given = [cells for role in contacts.details for cells in contacts.columns(role)]
    searched = [*given, *(scored.cleaned[name] for name in _text_columns(schema, scored.cleaned))]
    search = pd.Series([""] * len(chunk), dtype="str")
    for cells in searched:
        search = search + " " + cells.reset_index(drop=True).fillna("").str.casefold()
    columns["ls_search"] = search.to_numpy(dtype=object)
    own = scored.cleaned.reset_index(drop=True)
    index = pd.concat([pd.DataFrame(columns), own], axis=1)
    texts = [name for name in index.columns if index[name].dtype == object]
    return index.astype(dict.fromkeys(texts, "str"))


def _text_columns(schema: LeadSchema, cleaned: pd.DataFrame) -> Iterator[str]:
    for column in schema.with_role(Role.CITY, Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.CATEGORY):
        if column.name in cleaned:
            yield column.name


def _storable(chunk: pd.DataFrame, as_text: bool) -> pd.DataFrame:
    """Return a list's columns as Parquet takes them; what the reader noted of a line goes along."""
    from leadscore_core.data.cleaning.text import as_text as text_of

    if as_text:
        return pd.DataFrame({name: text_of(chunk[name]) for name in chunk.columns}, index=chunk.index)
    if LINE_PROBLEM in chunk:
        return chunk.assign(**{LINE_PROBLEM: chunk[LINE_PROBLEM].fillna("").astype("str")})
    return chunk
