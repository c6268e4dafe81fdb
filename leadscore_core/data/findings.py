"""Findings: problems of a list, counted over its chunks and put in order."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel

from leadscore_core.data.row_numbers import FIRST_ROW

EXAMPLES = 5
Severity = Literal["error", "warning", "info"]
_SEVERITY: dict[str, Severity] = {
    "label_one_class": "error",
    "label_missing": "error",
    "label_no_outcome": "error",
    "label_open": "info",
    "required_column": "error",
    "missing_column": "info",
    "empty_column": "info",
    "guessed_column": "info",
    "date_order": "info",
    "phone_region": "info",
    "thousands_or_decimals": "info",
}


class Finding(BaseModel):
    """One problem of a list.

    ``column`` is the header as in the file; ``rows`` are row numbers as a spreadsheet or an editor shows them, and
    ``files`` the file of each where the list has several; ``example`` is the cell of the first of them.
    """

    code: str
    severity: Severity
    column: str
    reason: str
    count: int
    share: float
    example: str = ""
    rows: tuple[int, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def amount(self) -> str:
        """How many, and of the whole list in percent where that says something; empty for what a file has once.

        Examples
        --------
        >>> found = Finding(code="x", severity="info", column="", reason="", count=3, share=3e-6)
        >>> found.amount, found.model_copy(update={"share": 0.25}).amount, found.model_copy(update={"share": 0}).amount
        ('3, less than 0.1%', '3, 25.0%', '3')
        """
        if not self.share and not self.rows and self.count <= 1:
            return ""
        return f"{self.count:,}, {self.share_shown}" if self.share else f"{self.count:,}"

    @property
    def share_shown(self) -> str:
        """Its share of the list in percent; empty where it has none."""
        return share_words(self.share) if self.share else ""

    @property
    def places(self) -> str:
        """Its rows in words, empty where it has none.

        Examples
        --------
        >>> found = Finding(code="x", severity="info", column="", reason="", count=3, share=1.0, rows=(2, 7, 3))
        >>> found.places, found.model_copy(update={"files": ("a.csv", "a.csv", "b.csv")}).places
        ('rows 2, 7, 3', 'rows a.csv 2, 7; b.csv 3')
        """
        if not self.rows:
            return f"in {', '.join(dict.fromkeys(self.files))}" if self.files else ""
        if not self.files:
            return f"rows {', '.join(map(str, self.rows))}"
        by_file: dict[str, list[str]] = {}
        for file, row in zip(self.files, self.rows, strict=False):
            by_file.setdefault(file, []).append(str(row))
        return "rows " + "; ".join(f"{file} {', '.join(rows)}" for file, rows in by_file.items())

    def at_rows(self, rows: np.ndarray) -> Finding:
        """Return the finding of a list that was kept, with the rows that its file shows.

        Parameters
        ----------
        rows
            Of each lead in its file, in the list's order.
        """
        return self.model_copy(update={"rows": tuple(int(rows[row - FIRST_ROW]) for row in self.rows)})


def share_words(share: float) -> str:
    """Return a share in percent, of few among many as less than the least that is shown.

    Examples
    --------
    >>> [share_words(share) for share in (0.0, 0.0002, 0.0026, 0.9999, 1.0)]
    ['0.0%', 'less than 0.1%', '0.3%', 'more than 99.9%', '100.0%']
    """
    if 0 < share < 0.0005:
        return "less than 0.1%"
    return "more than 99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def sort_findings(found: list[Finding]) -> list[Finding]:
    """Order findings by how much they matter."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda f: (rank[f.severity], -f.count, f.column))


def show_cell(cell: object) -> str:
    """Return a cell as a finding shows it."""
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."


def make_finding(
    code: str, column: str, reason: str, count: int, n_rows: int, rows: np.ndarray | None = None, example: str = ""
) -> Finding:
    """Make a finding of so many cells of a column, with its first rows as a spreadsheet numbers a whole list's."""
    numbered = () if rows is None else tuple(int(row) + FIRST_ROW for row in rows[:EXAMPLES])
    share = count / n_rows if n_rows else 0.0
    return Finding(
        code=code,
        severity=_SEVERITY.get(code, "warning"),
        column=column,
        reason=reason,
        count=count,
        share=share,
        example=example,
        rows=numbered,
    )
