"""File notes: what reading a file settled, for people: rows left out, quotes and bytes mended, row numbers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from leadscore_core.data.findings import EXAMPLES, Finding, Severity
from leadscore_core.data.reading.non_leads import WORDS, NonLead
from leadscore_core.data.row_numbers import FIRST_ROW, RowNumbers

_SHOWN = 80


@dataclass(frozen=True, eq=False)
class FileNotes:
    """What was found of one file while it was read.

    Attributes
    ----------
    name
        Of the file.
    numbers
        Row of each lead.
    non_leads
        Rows that are no leads, or may be none.
    mended_quotes
        Rows whose quotation marks were not balanced.
    titles
        Lines above the header, each with its number.
    remarks
        What else a person should know: code, severity, reason, rows, example.
    blank_rows
        Rows between the leads that hold nothing, and are left out.
    sheets
        Of several sheets that are read as one list, where each begins, as the position of its first lead, and its name.
    """

    name: str
    numbers: RowNumbers = field(default_factory=RowNumbers)
    non_leads: tuple[NonLead, ...] = ()
    mended_quotes: tuple[int, ...] = ()
    titles: tuple[tuple[int, str], ...] = ()
    remarks: tuple[tuple[str, Severity, str, tuple[int, ...], str], ...] = ()
    blank_rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="int64"))
    sheets: tuple[tuple[int, str], ...] = ()

    def sheet_of(self, position: int) -> str:
        """Return the sheet of the lead at a position, empty where one is read."""
        at = bisect_right([begin for begin, _ in self.sheets], position)
        return self.sheets[at - 1][1] if at else ""

    @property
    def left_out(self) -> list[NonLead]:
        """The rows that are no leads; blank ones between them are not worth a word."""
        return [found for found in self.non_leads if found.sure and found.row.text]

    def findings(self) -> list[Finding]:
        """Return what was found, as findings."""
        found = []
        left, doubtful = self.left_out, [found for found in self.non_leads if not found.sure]
        if left:
            kinds = Counter(WORDS[one.kind] for one in left)
            sentence = ", ".join(kind if n == 1 else f"{kind} ({n:,})" for kind, n in kinds.items())
            texts = "; ".join(f"row {one.row.number:,} {_cut(one.row.text)!r}" for one in left[:EXAMPLES])
            more = f"; and {len(left) - EXAMPLES:,} more" if len(left) > EXAMPLES else ""
            reason = f"no leads but {sentence}: left out, and counted nowhere ({texts}{more})"
            found.append(_finding("not_a_lead", "warning", reason, [one.row.number for one in left], left[0].row.text))
        if doubtful:
            reason = "perhaps no leads but lines of a report; kept as leads. Take them out of the file if they are none"
            found.append(
                _finding(
                    "perhaps_not_a_lead", "warning", reason, [one.row.number for one in doubtful], doubtful[0].row.text
                )
            )
        if len(self.blank_rows):
            reason = "blank rows are no leads; they are left out, and counted nowhere"
            found.append(_finding("blank_rows", "info", reason, self.blank_rows.tolist()))
        if self.mended_quotes:
            reason = (
                "a quotation mark is opened and never closed; it is read as a part of the text, and each lead is there"
            )
            found.append(_finding("mended_quote", "warning", reason, self.mended_quotes))
        if self.titles:
            reason = "lines above the header are a title and were passed over"
            found.append(
                _finding("title_lines", "info", reason, [number for number, _ in self.titles], self.titles[0][1])
            )
        for code, severity, reason, rows, example in self.remarks:
            found.append(_finding(code, severity, reason, rows, example))
        return found


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _finding(code: str, severity: Severity, reason: str, rows: Sequence[int], example: str = "") -> Finding:
    shown = _cut(example)
    return Finding(
        code=code,
        severity=severity,
        column="",
        reason=reason,
        count=max(1, len(rows)),
        share=0.0,
        example=repr(shown) if shown else "",
        rows=tuple(rows[:EXAMPLES]),
    )


@dataclass
class ReadLog:
    """What was noted of the files of a list as they were read, in order, and how many leads each gave."""

    files: list[tuple[FileNotes, int]] = field(default_factory=list)

    def begin(self, notes: FileNotes) -> None:
        """Note that a file is being read."""
        self.files.append((notes, 0))

    def count(self, leads: int) -> None:
        """Note that leads of the last file were read."""
        notes, before = self.files[-1]
        self.files[-1] = (notes, before + leads)

    def numbered(self, found: Iterable[Finding]) -> list[Finding]:
        """Return findings whose rows are counted through the list with the rows that their files show."""
        if self.is_plain:
            return list(found)
        return [self._numbered(finding) for finding in found]

    @property
    def is_plain(self) -> bool:
        """Whether there is one file, whose header is row 1 and of which every other row is a lead."""
        return len(self.files) == 1 and self.files[0][0].numbers.is_plain

    def say_row(self, position: int) -> str:
        """Say in which row of its file a lead stands, and of which file or sheet where there are several."""
        name, row = self.place(position)
        return f"row {row:,} of {name}" if name else f"row {row:,}"

    def place(self, position: int) -> tuple[str, int]:
        """Return the file or sheet of a lead, empty where there is one, and its row there."""
        begins = np.cumsum([0, *(leads for _, leads in self.files[:-1])])
        at = int(np.searchsorted(begins, position, side="right")) - 1
        notes, position = self.files[at][0], position - int(begins[at])
        sheet = f"sheet {name}" if (name := notes.sheet_of(position)) else ""
        named = [notes.name] if len(self.files) > 1 else []
        return ", ".join(filter(None, [*named, sheet])), notes.numbers.row_of(position)

    def rows(self) -> np.ndarray:
        """Return the row of each lead in its file, in the list's order; int64."""
        each = [notes.numbers.rows_of(np.arange(leads)) for notes, leads in self.files]
        return np.concatenate([np.empty(0, dtype="int64"), *each])

    def findings(self) -> list[Finding]:
        """Return what was found of the files themselves; of several with the names of the files."""
        total = sum(leads for _, leads in self.files)
        several = len(self.files) > 1
        merged: dict[tuple[str, str], Finding] = {}
        for notes, _ in self.files:
            for finding in notes.findings():
                if several:
                    finding = finding.model_copy(update={"files": (notes.name,) * max(1, len(finding.rows))})
                before = merged.get((finding.code, finding.reason))
                if before is not None:
                    finding = before.model_copy(
                        update={
                            "count": before.count + finding.count,
                            "rows": (before.rows + finding.rows)[:EXAMPLES],
                            "files": (before.files + finding.files)[:EXAMPLES],
                        }
                    )
                merged[finding.code, finding.reason] = finding
        return [
            f.model_copy(update={"share": min(1.0, f.count / total) if total and f.rows else 0.0})
            for f in merged.values()
        ]

    def _numbered(self, finding: Finding) -> Finding:
        places = [self.place(row - FIRST_ROW) for row in finding.rows]
        files = tuple(name for name, _ in places) if any(name for name, _ in places) else ()
        return finding.model_copy(update={"rows": tuple(row for _, row in places), "files": files})
