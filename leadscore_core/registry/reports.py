"""Reports: what a model's training found besides, as kept beside the model."""

import json
from pathlib import Path
from typing import Any

from leadscore_core._files import write_text
from leadscore_core.errors import RegistryError

REPORT = "report.json"


def read_report_file(folder: Path) -> dict[str, Any]:
    """Return the report in a model's folder; empty where there is none that can be read."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return current_names(report) if isinstance(report, dict) else {}


def current_names(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report with the names of today: up to 0.2 each fold of a comparison was called a part.

    Examples
    --------
    >>> current_names({"challenge": {"by_part": [{"part": "2026-01", "n": 90}]}})
    {'challenge': {'by_fold': [{'fold': '2026-01', 'n': 90}]}}
    """
    challenge = report.get("challenge")
    if not isinstance(challenge, dict) or "by_part" not in challenge:
        return report
    folds = [{"fold" if key == "part" else key: value for key, value in row.items()} for row in challenge["by_part"]]
    known = {key: value for key, value in challenge.items() if key != "by_part"}
    return report | {"challenge": known | {"by_fold": folds}}


def report_text(report: dict[str, Any]) -> str:
    """Return a report as it is written."""
    return json.dumps(report, default=str) + "\n"


def write_report_file(folder: Path, report: dict[str, Any]) -> None:
    """Write a published model's report, whole or not at all.

    Raises
    ------
    RegistryError
        If it cannot be written; the report is as it was then.
    """
    try:
        write_text(folder / REPORT, report_text(report))
    except OSError as error:
        raise RegistryError(
            f"The report of {folder.name} could not be written to {folder.parent} ({error.strerror}). Make room or "
            "give write access; the model itself is there."
        ) from error
