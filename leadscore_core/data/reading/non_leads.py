"""Rows that are no leads: a report's footer, totals, the header again, units under it, another table below."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from leadscore_core.data.reading.footer_words import RULE, UNIT, is_contact, is_footer_text, is_total_text
from leadscore_core.data.reading.row_profile import RowProfile, cell_mask

Kind = Literal["header", "units", "footer", "total", "rule", "table", "group"]
WORDS: dict[Kind, str] = {
    "header": "the header again",
    "units": "units or types under the header",
    "footer": "a report's own lines",
    "total": "totals",
    "rule": "ruled lines",
    "table": "another table below",
    "group": "lines that head or close groups",
}
_PLAIN_NUMBER = re.compile(r"[-+(]?\d[\d.,'\s]*\)?%?")
_ENOUGH_ROWS = 8
_BARE, _BARE_TOTAL = 0.6, 0.4
_SHOWN = 120


@dataclass(frozen=True)
class Row:
    """A row under the header, blank cells as ``""``.

    Attributes
    ----------
    position
        Among the rows under the header, the first being 0.
    number
        As a spreadsheet or an editor shows it.
    after_blank
        Whether blank lines stand between it and the row before.
    """

    position: int
    number: int
    cells: tuple[str, ...]
    after_blank: bool = False

    @property
    def text(self) -> str:
        """Its filled cells, for people."""
        text = " | ".join(cell.strip() for cell in self.cells if cell.strip())
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


@dataclass(frozen=True)
class NonLead:
    """A row that is no lead, or may be none: then it is kept, and said."""

    row: Row
    kind: Kind
    sure: bool = True


Sums = Callable[[Collection[int]], dict[int, tuple[float, int]]]


def find_non_leads(
    headers: Sequence[str], rows: Sequence[Row], profile: RowProfile, n_rows: int, sums: Sums
) -> list[NonLead]:
    """Judge rows that look odd, and the last rows of a list.

    Parameters
    ----------
    headers
        As in the file.
    rows
        In order; those that are left out here are leads.
    profile
        What rows of the whole list look like.
    n_rows
        Rows under the header.
    sums
        Column -> sum and count of its numbers over all rows; asked for when needed.

    Returns
    -------
    list of NonLead
        In order.
    """
    return _Judge(headers, rows, profile, n_rows, sums).run()


def is_header_again(cells: Sequence[str], headers: Sequence[str]) -> bool:
    """Tell whether a row repeats the header, in any case and spacing.

    Examples
    --------
    >>> is_header_again(["lead id ", "E-Mail", ""], ["Lead ID", "E-mail", ""]), is_header_again(["City"], ["City", "x"])
    (True, False)
    """
    wanted = [_plain(header) for header in headers]
    given = [_plain(cell) for cell in cells] + [""] * (len(headers) - len(cells))
    filled = sum(1 for cell in given if cell)
    same = sum(1 for cell, header in zip(given, wanted, strict=False) if cell and cell == header)
    named = sum(1 for header in wanted if header)
    return same == filled and same >= max(1, named - 1 if named > 2 else named)


def _plain(text: str) -> str:
    return " ".join(text.strip("\ufeff\"' ").split()).casefold()


class _Judge:
    def __init__(
        self, headers: Sequence[str], rows: Sequence[Row], profile: RowProfile, n_rows: int, sums: Sums
    ) -> None:
        self.headers, self.rows, self.profile, self.n_rows, self.sums = headers, rows, profile, n_rows, sums
        self.found: dict[int, NonLead] = {}

    def run(self) -> list[NonLead]:
        for row in self.rows:
            kind = self._sure_kind(row)
            if kind is not None:
                self._say(row, kind)
        again = [at for at, row in enumerate(self.rows) if self._is(row, "header")]
        ends = [at - 1 for at in again]
        if self.rows and self.rows[-1].position == self.n_rows - 1:
            ends.append(len(self.rows) - 1)
        for end in ends:
            self._judge_run(end)
        self._judge_table()
        return [self.found[position] for position in sorted(self.found)]

    def _say(self, row: Row, kind: Kind, sure: bool = True) -> None:
        before = self.found.get(row.position)
        if before is None or (sure and not before.sure):
            self.found[row.position] = NonLead(row, kind, sure)

    def _is(self, row: Row, kind: Kind | None = None) -> bool:
        found = self.found.get(row.position)
        return found is not None and found.sure and kind in (None, found.kind)

    def _sure_kind(self, row: Row) -> Kind | None:
        """Return what a row is by itself, wherever it stands; None for a lead, or where that is not sure."""
        filled = [cell for cell in row.cells if cell.strip()]
        if not filled:
            return None
        if is_header_again(row.cells, self.headers):
            return "header"
        if all(RULE.fullmatch(cell) for cell in filled):
            return "rule"
        if row.position == 0 and self._is_units(row, filled):
            return "units"
        if self._is_total(row, filled):
            return "total"
        if self._is_like_a_lead(row):
            return None
        if is_footer_text(filled[0]) and self._is_thin(row, filled):
            if self.profile.rows >= _ENOUGH_ROWS or self._is_short(row):
                return "total" if is_total_text(filled[0]) else "footer"
            self._say(row, "footer", sure=False)
        return None

    def _is_like_a_lead(self, row: Row) -> bool:
        if not self.profile.looks_like_a_lead([*row.cells, *[""] * (self.profile.width - len(row.cells))]):
            return False
        return not self._is_bare(row) or self._has_own_shape(row)

    def _has_own_shape(self, row: Row) -> bool:
        """Tell whether a cell has its column's shape, and that is more than a number's: an id, a date, an address."""
        return any(
            (mask := cell_mask(row.cells[place])) in masks and not _PLAIN_NUMBER.fullmatch(mask)
            for place, masks in self.profile.masks.items()
            if place < len(row.cells)
        )

    def _is_short(self, row: Row) -> bool:
        return len(row.cells) < self.profile.width - 1 and self.profile.width > 2

    def _is_thin(self, row: Row, filled: Sequence[str]) -> bool:
        """Tell whether a row is emptier than the emptiest lead."""
        least = self.profile.least_filled
        return (len(filled) < least and len(filled) <= max(2, least // 2)) or (
            len(filled) <= 2 and self._is_short(row) and least > len(filled)
        )

    def _is_bare(self, row: Row, share: float = _BARE) -> bool:
        """Tell whether such a share of what every lead has is lacking."""
        always = self.profile.always
        blank = sum(1 for place in always if place >= len(row.cells) or not row.cells[place].strip())
        return len(always) > 1 and blank >= share * len(always)

    def _is_units(self, row: Row, filled: Sequence[str]) -> bool:
        known = sum(1 for cell in filled if UNIT.fullmatch(cell.strip()))
        unlike = self.profile.unfitting(row.cells)
        alike = self.profile.fitting(row.cells)
        if not alike and known >= max(1, len(filled) / 2) and (unlike or known > 1):
            return True
        digits = any(sign.isdigit() for cell in filled for sign in cell)
        return not alike and unlike >= 3 and not digits and self.profile.rows >= _ENOUGH_ROWS

    def _is_total(self, row: Row, filled: Sequence[str]) -> bool:
        """Tell whether a row's numbers are the sums, or the number, of its columns'."""
        numbers = {place: number for place, cell in enumerate(row.cells) if (number := _number(cell)) is not None}
        words = [cell for cell in filled if _number(cell) is None]
        labelled = any(map(is_total_text, words))
        if (
            not numbers
            or len(words) > 2
            or self._has_own_shape(row)
            or not (labelled or (not words and self._is_bare(row)))
        ):
            return False
        result = self.sums(numbers)
        right = [self._adds_up(number, *result.get(place, (0.0, 0))) for place, number in numbers.items()]
        if labelled and self.profile.rows >= _ENOUGH_ROWS and (self._is_bare(row, _BARE_TOTAL) or self._is_short(row)):
            return True
        return all(right) and (labelled or any(abs(number) > 1 for number in numbers.values()))

    def _adds_up(self, number: float, total: float, count: int) -> bool:
        if not count:
            return number == self.n_rows
        others = total - number
        near = 1e-6 * max(1.0, abs(number))
        return abs(others - number) <= near or number in (count - 1, self.n_rows - 1)

    def _judge_run(self, end: int) -> None:
        """Judge the rows before an end of the list, from there up to the last lead."""
        run: list[Row] = []
        at = end
        while at >= 0 and (at == end or self.rows[at].position == self.rows[at + 1].position - 1):
            row = self.rows[at]
            filled = [cell for cell in row.cells if cell.strip()]
            if self._is(row, "header"):
                break
            is_lead = self._is_like_a_lead(row) or self._reaches_somebody(at) or not self._is_weak(row, filled)
            if not self._is(row) and filled and is_lead:
                break
            run.append(row)
            at -= 1
        run.reverse()
        while run and not any(cell.strip() for cell in run[0].cells) and not run[0].after_blank:
            run.pop(0)
        if not any(cell.strip() for row in run for cell in row.cells):
            return
        result = any(self._is(row) for row in run)
        apart = run[0].after_blank or not any(cell.strip() for cell in run[0].cells)
        for row in run:
            if self._is(row):
                continue
            filled = [cell for cell in row.cells if cell.strip()]
            sure = result or (self.profile.rows >= _ENOUGH_ROWS and (apart or self._is_nothing_of_a_lead(row)))
            if filled or result:
                self._say(row, "footer", sure=sure)

    def _reaches_somebody(self, at: int) -> bool:
        """Tell whether a row holds an address or a phone; one that begins a line under a footer is a report's own."""
        row = self.rows[at]
        contacts = [place for place, cell in enumerate(row.cells) if cell.strip() and is_contact(cell)]
        above = self.rows[at - 1] if at else None
        is_under_footer = row.after_blank or (
            above is not None and (self._is(above) or not any(cell.strip() for cell in above.cells))
        )
        return bool(contacts) and (contacts[0] > 0 or not is_under_footer)

    def _is_weak(self, row: Row, filled: Sequence[str]) -> bool:
        return self._is_thin(row, filled) or (self._is_bare(row) and len(filled) <= 3)

    def _is_nothing_of_a_lead(self, row: Row) -> bool:
        unlike = self.profile.unfitting(row.cells) > 0 and not self.profile.fitting(row.cells)
        return self._is_bare(row) and unlike and len(self.profile.always) > 2

    def _judge_table(self) -> None:
        """Set another table aside: after blank rows, all of its rows unlike a lead."""
        if len(self.profile.masks) < 2 or not self.rows or self.rows[-1].position != self.n_rows - 1:
            return
        block: list[Row] = []
        for at in range(len(self.rows) - 1, 0, -1):
            row = self.rows[at]
            if row.position != self.rows[at - 1].position + 1:
                return
            if (
                any(cell.strip() for cell in row.cells)
                and self.profile.fitting(row.cells) > len(self.profile.masks) / 2
            ):
                return
            block.append(row)
            parted = row.after_blank or not any(cell.strip() for cell in self.rows[at - 1].cells)
            filled = [cell for cell in row.cells if cell.strip()]
            is_header = len(filled) > 1 and all(_number(cell) is None for cell in filled)
            if parted and is_header and not self._is_like_a_lead(row):
                for one in block:
                    self._say(one, "table")
                return


def _number(cell: str) -> float | None:
    text = cell.strip().replace("\u00a0", "").replace(" ", "").lstrip("€$£₹¥")
    if not text or not _PLAIN_NUMBER.fullmatch(text):
        return None
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?", text):
        text = text.replace(".", "").replace(",", ".")
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


number_of = _number
