"""Where a model came from that was not trained here: one file of ours in its folder, never taken from elsewhere."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from leadscore_core.days import say_day

IMPORTED = "imported.json"


class Imported(BaseModel):
    """When a model was brought, by whom as far as that is known, from which file, and the SHA-256 of that."""

    at: datetime
    by: str = ""
    file: str = ""
    sha256: str = ""

    @property
    def words(self) -> str:
        """Who brought it when, and whose word its figures are."""
        by = f" by {self.by}" if self.by else ""
        return f"brought from elsewhere{by} on {say_day(self.at)}; its figures and its note are what its file says"


def write_imported(folder: Path, *, by: str, file: str, sha256: str) -> None:
    """Mark a model that is about to be published as one from elsewhere.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    mark = Imported(at=datetime.now(UTC).replace(microsecond=0), by=by, file=file, sha256=sha256)
    (folder / IMPORTED).write_text(mark.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_imported(folder: Path) -> Imported | None:
    """Return where a model came from; None if it was trained here.

    A mark that cannot be read still marks its model.
    """
    path = folder / IMPORTED
    if not path.exists():
        return None
    try:
        return Imported.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return Imported(at=datetime.fromtimestamp(folder.stat().st_mtime, UTC))
