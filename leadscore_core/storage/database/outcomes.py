"""Outcomes: what became of the leads of a batch, as far as it came back."""

import json
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
CALLS = "Contact attempts"
_OWN, _VOID = "ls_own", b"leadscore_void"


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


@dataclass(frozen=True)
class WhoSays:
    """The outcomes that files say and those that calls say, by position; where they differ, the yes counts."""

    files: dict[int, int]
    calls: dict[int, int]


@dataclass(frozen=True)
class Step:
    """What one file, or the calls, said of a batch; ``void`` are the numbers of files that count no longer since."""

    number: int
    file_name: str
    own: dict[int, int]
    void: set[int] = field(default_factory=set)
    unsaid: Set[int] = frozenset()
    is_whole: bool = True


class OutcomeStore:
    """Outcomes of batches: a database row, and Parquet of all that is known after each file.

    Columns are ``ls_row``, ``ls_completed`` (0 or 1) and ``ls_own``, what the file itself says (null if nothing).
    """

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
        last_file = next((one.number for one in history if one.file_name != CALLS), 0)
        void = {instead_of[0]} if instead_of is not None and instead_of[0] == last_file else set[int]()
        own = dict(zip(rows.tolist(), completed.tolist(), strict=True))
        said = self._said(batch, history, void)
        known = _where_yes_counts(said.files | own, said.calls)
        self._write(batch, Step(newest + 1, file_name, own, void), known, by)
        return replace(self.history(batch)[0], entry=(newest + 1, newest))

    @needs(Action.BRING_OUTCOMES)
    def take_back(self, batch: Batch, entry: Entry, *, by: str = "") -> None:
        """Take back the outcomes of a file: what is known is what the files that stand say, the later over the earlier.

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
        void = {entry[0]}
        said = self._said(batch, history, void)
        name = next((one.file_name for one in history if one.number == entry[0]), "")
        step = Step(history[0].number + 1, f"{name}, taken back", {}, void)
        self._write(batch, step, _where_yes_counts(said.files, said.calls), by)

    def known(self, batch: Batch) -> dict[int, int]:
        """Return the outcomes of a batch as they stand, by position."""
        current = self.current(batch)
        return {} if current is None else self._read(batch, current)

    def said(self, batch: Batch) -> WhoSays:
        """Return what the files that stand say of a batch's leads, and what calls say."""
        return self._said(batch, self.history(batch), set())

    @needs(Action.BRING_OUTCOMES, Action.SEE_GROUPS)
    def settle(self, batch: Batch, calls: dict[int, int], *, by: str = "") -> None:
        """Keep what calls say of a batch's leads, in place of all that they said before; whole or not at all.

        Parameters
        ----------
        calls
            Outcomes by position.

        Raises
        ------
        ConflictError, StorageError
            As `add` does.
        """
        history = self.history(batch)
        said = self._said(batch, history, set())
        step = Step((history[0].number if history else 0) + 1, CALLS, calls)
        self._write(batch, step, _where_yes_counts(said.files, calls), by)

    def _said(self, batch: Batch, history: list[Outcomes], void: set[int]) -> WhoSays:
        """Return what is said after all steps but those that are taken back, or were corrected."""
        steps = list(self._steps(batch, history))
        gone = void.union(*(step.void for step in steps))
        said = WhoSays({}, {})
        for step in steps:
            if step.number in gone:
                continue
            layer = said.calls if step.file_name == CALLS else said.files
            if step.is_whole and step.file_name == CALLS:
                layer.clear()
            for row in step.unsaid:
                layer.pop(row, None)
            layer.update(step.own)
        return said

    def _steps(self, batch: Batch, history: list[Outcomes]) -> Iterator[Step]:
        """Give what each file said, the oldest first; of files kept before that was noted, what they changed."""
        was: dict[int, int] = {}
        for one in reversed(history):
            try:
                noted = (pq.read_schema(one.path).metadata or {}).get(_VOID)
            except (OSError, pa.ArrowException) as error:
                raise _not_read(batch, error) from error
            if noted is not None:
                yield Step(one.number, one.file_name, self._read(batch, one, own=True), set(json.loads(noted)))
                continue
            known = self._read(batch, one)
            own = {row: outcome for row, outcome in known.items() if was.get(row) != outcome}
            yield Step(one.number, one.file_name, own, unsaid=was.keys() - known.keys(), is_whole=False)
            was = known

    def _read(self, batch: Batch, one: Outcomes, *, own: bool = False) -> dict[int, int]:
        """Return what was known of a batch after a file of it, or only what the file itself said, by position."""
        try:
            table = pq.read_table(one.path, filters=~pc.field(_OWN).is_null() if own else None).to_pydict()
        except (OSError, pa.ArrowException) as error:
            raise _not_read(batch, error) from error
        return dict(zip(table["ls_row"], table[_OWN if own else "ls_completed"], strict=True))

    def _write(self, batch: Batch, step: Step, known: dict[int, int], by: str) -> None:
        number = step.number
        table = pa.table(
            {
                "ls_row": pa.array(known.keys(), type=pa.int64()),
                "ls_completed": pa.array(known.values(), type=pa.int8()),
                _OWN: pa.array([step.own.get(row) for row in known], type=pa.int8()),
            },
            metadata={_VOID: json.dumps(sorted(step.void))},
        )
        try:
            with open_database(self.settings).writing() as session:
                session.add(
                    OutcomeRow(
                        batch_id=batch.id,
                        number=number,
                        file_name=step.file_name,
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


def _where_yes_counts(files: dict[int, int], calls: dict[int, int]) -> dict[int, int]:
    """Return the outcomes that count of those that files and calls say."""
    return files | {row: outcome for row, outcome in calls.items() if outcome or row not in files}


def _not_read(batch: Batch, error: Exception) -> StorageError:
    return StorageError(
        f"The outcomes of {batch.name} cannot be read ({_reason(error)}). Restore them from a backup, or delete the "
        "list and upload it and its outcomes again."
    )


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else "a file of it is damaged"


def _not_saved(batch: Batch, error: Exception) -> StorageError:
    return StorageError(
        f"The outcomes of {batch.name} could not be kept ({_reason(error)}). Nothing was changed. Check the data "
        "directory and the space left, then try again."
    )


def _path(batch: Batch, number: int) -> Path:
    return batch.folder / f"outcomes-{number:04d}.parquet"
