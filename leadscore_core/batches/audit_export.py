"""The audit as a table for people: on the Admin page, and as a file."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pandas as pd

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings
from leadscore_core.inference.export.files import write_leads
from leadscore_core.storage.database.audit import AuditEntry, walk_audit

_BLOCK = 5_000
_COLUMNS = ("Number", "When (UTC)", "Who", "Name", "Door", "What", "Of what", "Rows", "Columns", "Details")
_HASHES = ("Hash before", "Hash")


def audit_frame(entries: Iterable[AuditEntry], *, hashes: bool = False) -> pd.DataFrame:
    """Lay rows of the audit out as people read them.

    Parameters
    ----------
    hashes
        Whether to add the two hashes that chain the rows.
    """
    rows = [
        (
            one.number,
            one.at.strftime("%Y-%m-%d %H:%M:%S"),
            one.person_id,
            one.person_name,
            one.via,
            one.action,
            one.object,
            one.rows,
            ", ".join(one.columns),
            ", ".join(f"{name}: {value}" for name, value in one.details.items()),
            *((one.previous_hash, one.hash) if hashes else ()),
        )
        for one in entries
    ]
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, *(_HASHES if hashes else ())])
    return frame.astype({"Rows": "Int64"})


@needs(Action.READ_AUDIT)
def export_audit(settings: Settings, path: str | Path) -> int:
    """Write the whole audit into a file, the oldest row first, and return how many rows it has.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    entries = walk_audit(settings)

    def parts() -> Iterator[pd.DataFrame]:
        block = list(islice(entries, _BLOCK))
        yield audit_frame(block, hashes=True)
        while block := list(islice(entries, _BLOCK)):
            yield audit_frame(block, hashes=True)

    return write_leads(parts(), path)
