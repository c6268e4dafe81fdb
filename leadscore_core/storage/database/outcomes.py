"""Outcomes: what became of the leads of a batch, as far as it came back."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from leadscore_core._files import whole_file
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings
from leadscore_core.errors import ConflictError, StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import OutcomeRow

Entry: TypeAlias = tuple[int, int]
"""A file's number among those of a batch, and that of the one before, which it adds to."""


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of a batch as they stand after a file of them was read."""

    number: int
    file_name: str
    recorded_at: datetime
    recorded_by: str
    known: int
    completed: int
    path: Path
    entry: Entry = (0, 0)


class OutcomeStore:
    """Outcomes of batches: a database row, and Parquet with ``ls_row`` and ``ls_completed`` (0 or 1)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def history(self, batch: Batch) -> list[Outcomes]:
        """Return what came back for a batch, the newest file first; the newest holds all that is known."""
        query = select(OutcomeRow).where(OutcomeRow.batch_id == batch.id).order_by(OutcomeRow.number.desc())
        with open_database(self.settings).session() as session:
            return [
                Outcomes(
                    row.number,
                    row.file_name,
                    aware(row.recorded_at),
                    row.recorded_by,
                    row.known,
                    row.completed,
                    _path(batch, row.number),
                )
                for row in session.execute(query).scalars()
            ]

    def current(self, batch: Batch) -> Outcomes | None:
        """Return what is known of a batch, or None if nothing came back yet."""
        return next(iter(self.history(batch)), None)

    @needs(Action.BRING_OUTCOMES)
    def add(
        self,
        batch: Batch,
        rows: np.ndarray,
        completed: np.ndarray,
        *,
        file_name: str,
        by: str = "",
        instead_of: Entry | None = None,
    ) -> Outcomes:
        """Keep outcomes of some leads of a batch, over those that were known before; whole or not at all.

        Parameters
        ----------
        rows
            Positions in the list, each once.
        completed
            1 where the lead converted, else 0.
        instead_of
            The entry that these correct: its outcomes count no longer, unless others came after it.

        Returns
        -------
        Outcomes
            As they stand now, with ``entry`` to correct them by.

        Raises
        ------
        ConflictError
            If somebody else brought outcomes in the meantime.
        StorageError
            If they cannot be written, or those known before cannot be read.
        """
        history = self.history(batch)
        newest = history[0].number if history else 0
        corrects = instead_of is not None and instead_of[0] == newest
        built_on = instead_of[1] if instead_of is not None and corrects else newest
        known = self._known(batch, history, built_on) | dict(zip(rows.tolist(), completed.tolist(), strict=True))
        self._write(batch, newest + 1, known, file_name, by)
        return replace(self.history(batch)[0], entry=(newest + 1, built_on))

    @needs(Action.BRING_OUTCOMES)
    def take_back(self, batch: Batch, entry: Entry, *, by: str = "") -> None:
        """Take back the outcomes of a file; those of later files about the same leads stay.

        Parameters
        ----------
        entry
            Of what `add` returned.

        Raises
        ------
        ConflictError
            If somebody else brought outcomes in the meantime.
        StorageError
            If they cannot be read or written.
        """
        history = self.history(batch)
        if not history:
            return
        number, before = entry
        corrected, was = self._known(batch, history, number), self._known(batch, history, before)
        known = self._known(batch, history, history[0].number)
        for row, outcome in corrected.items():
            if was.get(row) != outcome and known.get(row) == outcome:
                known.pop(row)
                known |= {row: was[row]} if row in was else {}
        name = next((one.file_name for one in history if one.number == number), "")
        self._write(batch, history[0].number + 1, known, f"{name}, taken back", by)

    def known(self, batch: Batch) -> dict[int, int]:
        """Return the outcomes of a batch as they stand, by position."""
        history = self.history(batch)
        return self._known(batch, history, history[0].number) if history else {}

    def outcomes_of(self, batch: Batch, file_name: str) -> dict[int, int]:
        """Return the outcomes in files of a name, all together and as the last of them said, by position."""
        history = self.history(batch)
        found: dict[int, int] = {}
        for one in reversed(history):
            if one.file_name == file_name:
                now_, was = self._known(batch, history, one.number), self._known(batch, history, one.number - 1)
                found = {row: outcome for row, outcome in found.items() if row in now_}
                found |= {row: outcome for row, outcome in now_.items() if was.get(row) != outcome}
        return found

    @needs(Action.BRING_OUTCOMES, Action.SEE_GROUPS)
    def settle(
        self, batch: Batch, outcomes: dict[int, int], unknown: set[int], *, file_name: str, by: str = ""
    ) -> None:
        """Keep some outcomes and let others be unknown again; whole or not at all.

        Raises
        ------
        ConflictError, StorageError
            As `add` does.
        """
        history = self.history(batch)
        known = self._known(batch, history, history[0].number) if history else {}
        left = {row: outcome for row, outcome in known.items() if row not in unknown}
        self._write(batch, (history[0].number if history else 0) + 1, left | outcomes, file_name, by)

    def _known(self, batch: Batch, history: list[Outcomes], number: int) -> dict[int, int]:
        """Return what was known of a batch after a file of it, by position."""
        found = next((one for one in history if one.number == number), None)
        if found is None:
            return {}
        try:
            table = pq.read_table(found.path).to_pydict()
        except (OSError, pa.ArrowException) as error:
            raise _not_saved(batch, error) from error
        return dict(zip(table["ls_row"], table["ls_completed"], strict=True))

    def _write(self, batch: Batch, number: int, known: dict[int, int], file_name: str, by: str) -> None:
        table = pa.table(
            {
                "ls_row": pa.array(known.keys(), type=pa.int64()),
                "ls_completed": pa.array(known.values(), type=pa.int8()),
            }
        )
        try:
            with open_database(self.settings).writing() as session:
                session.add(
                    OutcomeRow(
                        batch_id=batch.id,
                        number=number,
                        file_name=file_name,
                        recorded_at=now(),
                        recorded_by=by,
                        known=len(known),
                        completed=int(sum(known.values())),
                    )
                )
                session.flush()  # whoever comes second stops here, before the file is there
                done = AuditEvent(Action.BRING_OUTCOMES, f"batch {batch.id}", len(known))
                append_audit(session, self.settings, done)
                with whole_file(_path(batch, number)) as aside:
                    pq.write_table(table, aside)
        except IntegrityError as error:
            raise ConflictError(
                f"Somebody else brought outcomes for {batch.name} in the meantime. Nothing was overwritten. Bring "
                "yours again."
            ) from error
        except (OSError, pa.ArrowException) as error:
            raise _not_saved(batch, error) from error


def _not_saved(batch: Batch, error: Exception) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "a file of it is damaged"
    return StorageError(
        f"The outcomes of {batch.name} could not be kept ({reason}). Nothing was changed. Check the data directory and "
        "the space left, then try again."
    )


def _path(batch: Batch, number: int) -> Path:
    return batch.folder / f"outcomes-{number:04d}.parquet"
