"""Arrivals: lists that appear in a folder, each announced once and when it is no longer written to."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.reading.opened_file import DATA_SUFFIXES
from leadscore_core.inference.export.files import whole_export

_SETTLED_SECONDS = 10


def find_arrivals(inbox: str) -> list[dict[str, str]]:
    """Find the lists in a folder that were not announced yet and are no longer written to.

    Parameters
    ----------
    inbox
        A folder; one that is not there holds nothing.

    Returns
    -------
    list
        ``path`` and ``state`` (size and time of change) of each, in the order of their names.
    """
    folder = Path(inbox)
    if not folder.is_dir():
        return []
    known = _announced(load_settings())
    settled = time.time() - _SETTLED_SECONDS
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in DATA_SUFFIXES and not path.name.startswith("."):
            with suppress(FileNotFoundError):  # whoever takes lists out of the folder may be quicker
                result = path.stat()
                state = f"{result.st_size} {result.st_mtime_ns}"
                if result.st_mtime <= settled and known.get(str(path)) != state:
                    found.append({"path": str(path), "state": state})
    return found


def remember_arrivals(arrived: Sequence[dict[str, str]]) -> int:
    """Remember lists that were announced, as they were then, so that they are not announced again; return how many.

    Parameters
    ----------
    arrived
        As from `find_arrivals`.
    """
    settings = load_settings()
    known = _announced(settings) | {one["path"]: one["state"] for one in arrived}
    place = _arrivals_file(settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    with whole_export(place) as aside:
        aside.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return len(arrived)


def _arrivals_file(settings: Settings) -> Path:
    return settings.data_dir / "pipelines" / "arrivals.json"


def _announced(settings: Settings) -> dict[str, str]:
    place = _arrivals_file(settings)
    known: dict[str, str] = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
    return known
