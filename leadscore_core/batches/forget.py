"""Forgetting a person: one lead is removed from every list and from all that is kept of it, with a receipt."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from leadscore_core._files import whole_file
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person, needs
from leadscore_core.batches.emptied_leads import write_without
from leadscore_core.batches.export import drop_exports
from leadscore_core.batches.find_person import Wanted, find_person
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import StorageError
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.forgetting import (
    Removed,
    count_outcomes_anew,
    forget_examples,
    forget_leads,
    forget_people,
)

NOT_REACHED = (
    "Out of reach are backups, files that were downloaded or written by the command line, files in an inbox, CRMs, and "
    "models that learned from the lead, which hold no contacts."
)


@dataclass(frozen=True)
class Receipt:
    """What was removed of a person, in counts; it holds nothing of the person themselves."""

    at: datetime
    by: str
    lists: dict[str, int]
    outcomes: int
    exports: int
    removed: Removed

    @property
    def lines(self) -> list[str]:
        """The receipt as people read and keep it."""
        of = self.removed
        lines = [f"A person was forgotten on {self.at:%Y-%m-%d %H:%M} UTC by {self.by}."]
        lines += [f"{name}: {_said(leads, 'lead')} emptied" for name, leads in self.lists.items()]
        counts = {
            "outcome": self.outcomes,
            "contact attempt": of.attempts,
            "decision": of.decisions,
            "review": of.reviews,
            "planned call": of.planned_calls,
            "prepared export": self.exports,
        }
        lines.append("Removed: " + ", ".join(_said(number, what) for what, number in counts.items()) + ".")
        if of.still_barred:
            lines.append(
                "They are not to be called, and that still holds: kept are keyed hashes of e-mail and phone alone, by "
                "which later lists are checked."
            )
        else:
            lines.append("If they come on a later list, they are new.")
        return [*lines, NOT_REACHED]


def _said(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@needs(Action.FORGET)
def forget_person(wanted: Wanted, settings: Settings | None = None) -> Receipt:
    """Remove a person from lists, calls, outcomes, decisions, plans and prepared exports, and say what was removed.

    Of each lead's row stays what tells nothing of the person (source, medium, platform, categories, counts), so that
    rates of sources stay true. Whoever is not to be called stays so.

    Raises
    ------
    StorageError
        If the person is not found, or is not one; or if a list cannot be written: doing it again finishes it.
    """
    settings = settings or load_settings()
    found = find_person(wanted, settings)
    if found.is_empty:
        raise StorageError(f"{found.words} Check the spelling, or give another of e-mail, phone and id.")
    store = BatchStore(settings)
    batches = [store.get(batch_id) for batch_id in found.rows]
    outcomes = 0
    try:
        with ExitStack() as publishing:  # each new file takes its place after the database has forgotten
            for batch in batches:
                _write_aside(batch, found.rows[batch.id], publishing, settings)
            with open_database(settings).writing() as session:
                removed = forget_leads(session, found.rows) + forget_people(session, found.people)
                forget_examples(session, list(found.rows))
                for batch in batches:
                    outcomes += _settle_outcomes(session, batch, found.rows[batch.id])
                counts = {"lists": len(batches), "attempts": removed.attempts, "outcomes": outcomes}
                counts |= {"still not to be called": removed.still_barred > 0}
                leads = sum(map(len, found.rows.values()))
                append_audit(session, settings, AuditEvent(Action.FORGET, "a person", leads, details=counts))
            open_database(settings).clear_leftovers()
    except (OSError, pa.ArrowException) as error:
        raise StorageError(
            f"A list could not be written ({getattr(error, 'strerror', None) or 'a file of it is damaged'}). Make room "
            "or give write access, then forget the person again: what was begun is finished then."
        ) from error
    return Receipt(now(), current_person().name, found.lists, outcomes, drop_exports(found.rows), removed)


def _write_aside(batch: Batch, rows: list[int], publishing: ExitStack, settings: Settings) -> None:
    """Write the files of a batch aside; the scores, by which the leads are found, take their place last."""
    schema = known_schema(batch.schema_name, settings)
    found = {kind: sorted(batch.folder.glob(f"{kind}-*.parquet")) for kind in ("scores", "outcomes")}
    for path in [*found["scores"], *found["outcomes"], batch.leads_path]:  # what is entered first is left last
        write_without(path, publishing.enter_context(whole_file(path)), batch, schema, rows)


def _settle_outcomes(session: Session, batch: Batch, rows: list[int]) -> int:
    """Count a batch's outcomes without some leads, file by file, and return how many leads had one."""
    had: set[int] = set()
    for path in sorted(batch.folder.glob("outcomes-*.parquet")):
        table = pq.read_table(path).to_pydict()
        others = {
            row: done for row, done in zip(table["ls_row"], table["ls_completed"], strict=True) if row not in rows
        }
        had |= set(table["ls_row"]) & set(rows)
        number = int(path.stem.rpartition("-")[2])
        count_outcomes_anew(session, batch.id, number, len(others), int(sum(others.values())))
    return len(had)
