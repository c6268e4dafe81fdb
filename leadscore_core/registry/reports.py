"""Reports: what a model's training found besides, as kept beside the model."""

import json
from pathlib import Path
from typing import Any

from leadscore_core._files import write_text
from leadscore_core.errors import RegistryError

REPORT = "report.json"
_NAMES = {  # up to 0.2
    "by_part": "by_fold",
    "part": "fold",
    "moves": "grade_changes",
    "moves_on": "grade_changes_on",
    "moved": "score_changes",
}
_BASES = {"kept": "out_of_fold", "forward_kept": "forward_out_of_fold"}


def read_report_file(folder: Path) -> dict[str, Any]:
    """Return the report in a model's folder; empty where there is none that can be read."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return current_names(report) if isinstance(report, dict) else {}


def current_names(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report with the names of today, whatever version of LeadScore wrote it.

    Examples
    --------
    >>> current_names({"challenge": {"basis": "kept", "by_part": [{"part": "2026-01", "n": 90}]}})
    {'challenge': {'basis': 'out_of_fold', 'by_fold': [{'fold': '2026-01', 'n': 90}]}}
    """
    challenge = report.get("challenge")
    return report | {"challenge": _current(challenge)} if isinstance(challenge, dict) else report


def _current(written: Any) -> Any:
    """Return a comparison, or what it holds, with the names of today."""
    if isinstance(written, list):
        return [_current(one) for one in written]
    if not isinstance(written, dict):
        return written
    current: dict[str, Any] = {}
    for key, value in written.items():
        name = _NAMES.get(str(key), str(key))
        if name == "basis":
            current[name] = _BASES.get(str(value), value)
        else:
            current[name] = _current(value) if name in {"beside", "by_fold"} else value
    return current


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
