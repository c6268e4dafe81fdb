"""Call workbooks: a week's plan as one workbook a caller, which come back with what became of each call."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from leadscore_core._files import scratch_folder
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.export import note_export
from leadscore_core.batches.result_words import result_labels
from leadscore_core.batches.view import SHORT, WHY, BatchView
from leadscore_core.batches.week import Share, Week
from leadscore_core.errors import ExportError
from leadscore_core.inference.export.caller_workbooks import (
    KEY,
    CallSheet,
    workbook_name,
    write_caller_workbook,
    zip_workbooks,
)
from leadscore_core.progress import Progress, silent

_CHUNK = 5_000


def lead_key(batch_id: str, row: int) -> str:
    """Return what stands for a lead in a workbook.

    Examples
    --------
    >>> lead_key("20261130-101500-ab12cd34", 17)
    '20261130-101500-ab12cd34/17'
    """
    return f"{batch_id}/{row}"


@needs(Action.EXPORT)
def write_week(view: BatchView, week: Week, folder: str | Path, *, progress: Progress | None = None) -> list[Path]:
    """Write one workbook a caller into a folder, named for the list, the first day and the caller.

    Raises
    ------
    ExportError
        If the plan holds no lead, or a file cannot be written.
    """
    if not week.leads:
        raise ExportError("The plan holds no lead, so there is nothing to write. Plan more calls or other days.")
    progress, done = progress or silent, 0
    paths: list[Path] = []
    labels = list(result_labels(view.schema.outcome).values())
    for caller in dict.fromkeys(share.caller for share in week.shares):
        shares = [share for share in week.of(caller) if share.rows]
        if not shares:
            continue
        days = _days([share.day for share in shares])
        path = _free(Path(folder) / workbook_name(view.batch.name.rsplit(".", 1)[0], days, caller), paths)
        laid_out = (CallSheet(share.day, _laid_out(view, share)) for share in shares)
        write_caller_workbook(path, laid_out, labels, view.trial_note)
        paths.append(path)
        done += sum(len(share.rows) for share in shares)
        progress(done / week.leads, f"Wrote {done:,} of {week.leads:,} leads")
    note_export(view, done, view.default_columns(quarantine=False), "call workbooks")
    return paths


def week_name(view: BatchView, days: Sequence[date], callers: Sequence[str]) -> str:
    """Return the name of a download: the workbook's of one caller, or of a ZIP file of several."""
    name = workbook_name(view.batch.name.rsplit(".", 1)[0], _days(days), *callers[:1])
    return name if len(callers) == 1 else f"{name.rsplit(' - ', 1)[0]} - {len(callers)} callers.zip"


def _days(days: Sequence[date]) -> str:
    first, last = min(days), max(days)
    return f"{first.day} {first:%b %Y}" if first == last else f"{first.day} {first:%b} to {last.day} {last:%b %Y}"


@needs(Action.EXPORT)
def week_bytes(view: BatchView, week: Week) -> tuple[str, bytes]:
    """Return the name and content of a week's workbooks: the workbook of one caller, or a ZIP file of several."""
    with scratch_folder() as folder:
        paths = write_week(view, week, folder)
        shares = [share for share in week.shares if share.rows]
        callers = list(dict.fromkeys(share.caller for share in shares))
        name = week_name(view, [share.day for share in shares], callers)
        if len(paths) == 1:
            return name, paths[0].read_bytes()
        whole = folder / "week.zip"
        zip_workbooks(whole, paths)
        return name, whole.read_bytes()


def _free(path: Path, taken: Sequence[Path]) -> Path:
    """Return a path that no other caller's workbook has: names may differ in what no file's name can hold."""
    names, number, free = {other.name.casefold() for other in taken}, 2, path
    while free.name.casefold() in names:
        free = path.with_stem(f"{path.stem} ({number})")
        number += 1
    return free


def _laid_out(view: BatchView, share: Share) -> pd.DataFrame:
    """Return a share's leads as callers read them, each with its key."""
    parts = [_part(view, share.rows[start : start + _CHUNK]) for start in range(0, len(share.rows), _CHUNK)]
    return pd.concat(parts, ignore_index=True)


def _part(view: BatchView, rows: Sequence[int]) -> pd.DataFrame:
    leads = view.table.by_rows(pd.Series(rows, dtype="int64").to_numpy())
    choices = view.choices()
    contact = {name: column for name, column in choices.items() if column in {"ls_phone", "ls_email", "ls_id"}}
    phone = [name for name, column in contact.items() if column == "ls_phone"]
    rest = [name for name in contact if name not in phone]
    about = [name for name in view.default_columns(quarantine=False) if name != WHY and name not in contact]
    shown = view.present(leads, [*phone, SHORT, *rest, *about]).drop(columns="Rank").rename(columns={SHORT: WHY})
    shown[KEY] = [lead_key(view.batch.id, row) for row in rows]
    return shown
