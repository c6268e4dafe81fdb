"""Findings: problems of a list, counted over its chunks and put in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel

EXAMPLES = 5
Severity = Literal["error", "warning", "info"]


class Finding(BaseModel):
    """One problem of a list.

    ``column`` is the header as in the file; ``rows`` are row numbers as a spreadsheet shows them, the header being
    row 1; ``example`` is the cell of the first of them.
    """

    code: str
    severity: Severity
    column: str
    reason: str
    count: int
    share: float
    example: str = ""
    rows: tuple[int, ...] = ()


def sort_findings(found: list[Finding]) -> list[Finding]:
    """Order findings by how much they matter."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda f: (rank[f.severity], -f.count, f.column))


def merge_findings(parts: Iterable[tuple[list[Finding], int]]) -> list[Finding]:
    """Add up the findings of consecutive chunks.

    Parameters
    ----------
    parts
        Findings of a chunk and its number of rows, in order. What concerns the whole file is counted once.
    """
    merged: dict[tuple[str, str], Finding] = {}
    total = 0
    for found, n_rows in parts:
        for finding in found:
            shifted = tuple(row + total for row in finding.rows)
            key = (finding.code, finding.column)
            before = merged.get(key)
            if before is None:
                merged[key] = finding.model_copy(update={"rows": shifted})
            elif finding.code not in {"required_column", "missing_column", "guessed_column", "ambiguous_date"}:
                merged[key] = before.model_copy(
                    update={"count": before.count + finding.count, "rows": (before.rows + shifted)[:EXAMPLES]}
                )
        total += n_rows
    kept = [f for f in merged.values() if f.code != "empty_column" or f.count == total]
    return sort_findings([f.model_copy(update={"share": f.count / total if total else 0.0}) for f in kept])
