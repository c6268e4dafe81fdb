"""Exports: what is shown, or all of it, as the list it came from, as call sheets, or for a CRM."""

import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from leadscore_core._files import scratch_folder
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import acting_as, check_may, needs
from leadscore_core.batches.crm_export import crm_columns, crm_rows
from leadscore_core.batches.view import AND, IN_LIST, JUNK, WHY, BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.reading.chunks import LINE_PROBLEM
from leadscore_core.errors import ExportError, LeadScoreError
from leadscore_core.inference.capacity import assign_leads
from leadscore_core.inference.export.call_sheets import write_call_sheets
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.crm_columns import CrmChoice
from leadscore_core.inference.export.files import write_leads
from leadscore_core.inference.export.formula_injection import neutralise
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.inference.score import beside
from leadscore_core.percent import say_leads
from leadscore_core.plots.grades import GRADE_COLOURS, GRADE_INK
from leadscore_core.progress import Progress, silent
from leadscore_core.storage.database.audit import AuditEvent, record_audit
from leadscore_core.storage.database.audit_intents import in_audit
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.files import read_own
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort

CHUNK = 5_000
ALSO = "Also"
FORMATS = {
    "xlsx": ("Excel, one sheet a caller", ".xlsx"),
    "csv": ("CSV, the list's own columns and ours", ".csv"),
    "parquet": ("Parquet, for the data scientist", ".parquet"),
} | {name: (f"{preset.title} import (CSV)", ".csv") for name, preset in PRESETS.items()}


@dataclass(frozen=True)
class ExportOrder:
    """What is to be exported.

    Attributes
    ----------
    format
        One of `FORMATS`.
    chosen, sort
        Which leads, in which order: those of the screen.
    most
        At most this many leads from the top, or None for all.
    callers
        Sheets of the workbook, each with its share of the leads.
    reasons
        Reasons a lead.
    crm
        For a CRM: what records are matched by and what is written; found by itself if not given.
    """

    format: str
    chosen: LeadFilter = field(default_factory=LeadFilter)
    sort: Sort = field(default_factory=Sort)
    most: int | None = None
    callers: int = 1
    reasons: int = 3
    crm: CrmChoice | None = None

    @property
    def ending(self) -> str:
        """Ending of the file that is written."""
        return FORMATS[self.format][1] if self.crm is None else self.crm.ending


class ExportCancelledError(LeadScoreError):
    """A person stopped an export."""


def leads_to_export(view: BatchView, order: ExportOrder) -> np.ndarray:
    """Return the positions of the leads that an export holds, in its order: the one place that decides whom it holds.

    Raises
    ------
    StorageError
        If the batch cannot be read.
    """
    return view.table.rows_of(order.chosen, order.sort)[: order.most]


@needs(Action.EXPORT)
def export_leads(
    view: BatchView,
    order: ExportOrder,
    path: str | Path,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write leads of a batch to a file, whole or not at all, and return how many.

    Parameters
    ----------
    progress
        Called with a share 0-1 and what is being done.
    cancelled
        Asked between chunks whether to stop.

    Raises
    ------
    ExportCancelledError
        If it was stopped; nothing is left behind.
    LeadScoreError
        If the batch cannot be read or the file cannot be written.
    """
    if order.format not in FORMATS:
        raise ExportError(f"There is no format {order.format!r}. Choose one of {', '.join(FORMATS)}.")
    rows = leads_to_export(view, order)
    crm = crm_columns(view, order.crm or CrmChoice(order.format)) if order.format in PRESETS else None
    progress = progress or silent
    callers = max(1, order.callers) if order.format == "xlsx" else 1
    sheets = [("Leads", rows)]
    if callers > 1:
        propensity = view.table.propensities(order.chosen, order.sort, order.most)
        caller = assign_leads(propensity, callers)
        sheets = [(f"Caller {k + 1}", rows[caller == k]) for k in range(callers)]
    done = 0
    headers: list[str] = []

    def chunks() -> Iterator[tuple[str, pd.DataFrame]]:
        nonlocal done
        for name, these in sheets:
            for start in range(0, max(1, len(these)), CHUNK):
                if cancelled():
                    raise ExportCancelledError("The export was stopped. Nothing was written.")
                some = these[start : start + CHUNK]
                leads = view.table.by_rows(some)
                frame = _layout(view, leads, order) if crm is None else crm_rows(view, leads, crm)
                headers[:] = map(str, frame.columns)
                yield name, frame
                done += len(some)
                progress(done / max(1, len(rows)), f"Wrote {done:,} of {len(rows):,} leads")

    with in_audit(load_settings(), _left(view, len(rows), headers, order.format), Path(path)):
        if order.format == "xlsx":
            colours = {grade: (GRADE_COLOURS[grade], GRADE_INK[grade]) for grade in GRADE_COLOURS}
            written = write_call_sheets(chunks(), path, colours, view.trial_note)
        else:
            written = write_leads((frame for _, frame in chunks()), path, for_excel=True)
    if crm is not None:
        progress(1.0, f"Wrote {written:,} of {say_leads(len(rows))}. {crm.left_out_words}".strip())
    return written


def note_export(view: BatchView, rows: int, headers: Sequence[str], form: str) -> None:
    """Write down that leads left the house: how many, with which columns, in which format."""
    record_audit(load_settings(), _left(view, rows, headers, form))


def _left(view: BatchView, rows: int, headers: Sequence[str], form: str) -> AuditEvent:
    return AuditEvent(Action.EXPORT, f"batch {view.batch.id}", rows, headers, {"format": form})


@needs(Action.EXPORT)
def export_bytes(view: BatchView, order: ExportOrder) -> bytes:
    """Return a small export as bytes."""
    with scratch_folder() as folder:
        path = folder / f"leads{order.ending}"
        export_leads(view, order, path)
        return path.read_bytes()


@needs(Action.EXPORT)
def rows_bytes(batch: Batch, rows: Sequence[int]) -> bytes:
    """Return some leads of a list, all their own columns and their row, as CSV; that they leave is in the audit first.

    Parameters
    ----------
    rows
        Positions in the list, from 0.

    Raises
    ------
    StorageError
        If the list's file is gone or damaged, or the audit cannot be written.
    """
    own = read_own(batch.leads_path, list(rows))
    table = beside(own, pd.DataFrame({"Row in the list": np.array(rows, dtype="int64") + 1}, index=own.index))
    headers = [str(name) for name in table.columns]
    done = AuditEvent(Action.EXPORT, f"batch {batch.id}", len(table), headers, {"format": "csv"})
    record_audit(load_settings(), done)
    return neutralise(table).to_csv(index=False).encode("utf-8-sig")


def _layout(view: BatchView, leads: pd.DataFrame, order: ExportOrder) -> pd.DataFrame:
    words = _reasons(view, leads, order.reasons)
    if order.format == "xlsx":
        return _for_people(view, leads, words, order)
    own = read_own(view.batch.leads_path, leads["ls_row"].tolist())
    ours: dict[str, object] = {
        "lead_score": leads["ls_score"].astype("int64"),
        "propensity": leads["ls_propensity"],
        "grade": leads["ls_model_grade"],
        "is_junk": leads["ls_junk"] != "",
        "junk_reason": view.junk_words(leads),
    }
    ours |= {str(name): words[name] for name in words}
    ours["model_id"] = pd.Series(view.batch.scoring.model_id, index=leads.index, dtype="str")
    ours["row_problem"] = leads["ls_row_problem"].fillna("")
    if view.overrides:
        ours["grade_set_by_hand"] = leads["ls_grade"].where(leads["ls_overridden"], "")
    if order.format == "parquet" and view.standing.junk.learning_percent:
        ours["learning_sample"] = leads["ls_learning"]
    return beside(own, pd.DataFrame(ours))


def _reasons(view: BatchView, leads: pd.DataFrame, most: int) -> pd.DataFrame:
    names = [f"reason_{k + 1}" for k in range(most)]
    if view.model is None or leads.empty or not most:
        return pd.DataFrame({name: pd.Series("", index=leads.index, dtype="str") for name in names}, index=leads.index)
    cleaned = view.cleaned(leads)
    return reasons_in_words(cleaned, view.model.contributions(cleaned), view.model, most)


def _for_people(view: BatchView, leads: pd.DataFrame, words: pd.DataFrame, order: ExportOrder) -> pd.DataFrame:
    choices = view.choices()
    contact = [name for name, column in choices.items() if column in {"ls_phone", "ls_email", "ls_id"}]
    about = [name for name in view.default_columns(quarantine=False) if name != WHY and name not in contact]
    shown = view.present(leads, [*contact, *about])
    for name, reason in zip((WHY, AND, ALSO), words, strict=False):
        shown[name] = words[reason]
    if order.chosen.section != "calls":
        shown[JUNK] = view.junk_words(leads)
    own = read_own(view.batch.leads_path, leads["ls_row"].tolist()).drop(columns=LINE_PROBLEM, errors="ignore")
    used = {view.batch.mapping.used[c] for c in view.batch.mapping.used}
    rest = own[[header for header in own.columns if header not in used]].set_axis(shown.index)
    taken = {header: IN_LIST + header for header in rest.columns if header in shown.columns}
    return pd.concat([shown, rest.rename(columns=taken)], axis=1)


_jobs: "weakref.WeakSet[ExportJob]" = weakref.WeakSet()


def drop_exports(batch_ids: Collection[str]) -> int:
    """Throw away the exports of some batches that wait to be fetched or are being written, and return how many."""
    these = [job for job in _jobs if job.drop_if_of(batch_ids)]
    return len(these)


class ExportJob:
    """An export on its way in a thread: its progress, its file or its error, and a way to stop it."""

    def __init__(self, view: BatchView, order: ExportOrder, file_name: str) -> None:
        self.file_name, self.order = file_name, order
        self._by = check_may(Action.EXPORT)
        self.share, self.message = 0.0, "Starting"
        self.error = ""
        self.content: bytes | None = None
        self._stop = threading.Event()
        self._batch_id = view.batch.id
        _jobs.add(self)
        self._thread = threading.Thread(target=self._run, args=(view, order), daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the thread has ended, well or not."""
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """Stop after the chunk that is being written."""
        self._stop.set()

    def drop_if_of(self, batch_ids: Collection[str]) -> bool:
        """Throw away what was written of one of these batches, and tell whether there was anything."""
        if self._batch_id not in batch_ids or self.error:
            return False
        self.cancel()
        self.content, self.error = None, "The list was changed meanwhile: a person was forgotten. Export it again."
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for the end and tell whether it came."""
        self._thread.join(seconds)
        return self.is_done

    def _tell(self, share: float, text: str) -> None:
        self.share, self.message = share, text

    def _run(self, view: BatchView, order: ExportOrder) -> None:
        try:
            with acting_as(self._by), scratch_folder() as folder:
                path = folder / f"leads{order.ending}"
                export_leads(view, order, path, progress=self._tell, cancelled=self._stop.is_set)
                content = path.read_bytes()
                if not self._stop.is_set():
                    self.content = content
        except LeadScoreError as error:
            self.error = self.error or str(error)
        except OSError as error:
            self.error = f"The export could not be written ({error.strerror or error}). Make room and try again."
        finally:
            if self.content is None and not self.error:
                self.error = "The export ended unexpectedly; the server's log says why. Nothing was written. Try CSV."
