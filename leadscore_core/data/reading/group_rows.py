"""Group rows: lines of a grouped report between its leads, such as ``Owner: Asha`` or ``Web (12 records)``."""

import re
from collections import Counter
from collections.abc import Sequence

from leadscore_core.data.reading.blank_cells import is_blank
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.reading.footer_words import PHONE_DIGITS, is_contact, is_footer_text, is_total_text
from leadscore_core.data.reading.non_leads import Kind, NonLead, Row, Sums, find_non_leads, number_of
from leadscore_core.data.reading.row_profile import RowProfile, cell_mask

ENOUGH_ROWS = 4
MOST_FILLED = 4
_MOST_TELLING = 3
_USUAL = 0.8  # of the rows by how much they hold: groups of one lead each leave the leads a third of the rows
_OFTEN = 0.02
_REPEATED = 2
_FORMS: dict[str, re.Pattern[str]] = {
    "label": re.compile(r"[^\W\d][^:@/]{0,58}(?:\s?[:：]\s?(?!//).*|\s[=→»]\s.+)", re.DOTALL),
    "count": re.compile(r".*\S\s*[(\[（]\s*(?:n\s*=\s*)?\d[\d.,\s]*(?:[^\W\d][^()]{0,30})?[)\]）]\s*:?", re.DOTALL),
    "bullet": re.compile(r"(?:[-–—*•·‣▪►▶▼▾▲+>#»→]+\s+|[#*=]{2,}\s*)\S.*|#\s*\S.*", re.DOTALL),
    "ruled": re.compile(r"[-=_*~]{2,}.*[-=_*~]{2,}", re.DOTALL),
}
_PLAIN_NUMBER = re.compile(r"[-+(]?\d[\d.,'\s]*\)?%?")


def group_form(cell: str) -> str:
    """Return in which form a cell, alone in its row, heads or closes a group; empty for none.

    Examples
    --------
    >>> [group_form(cell) for cell in ("Owner: Asha", "Web (12 records)", "- Asha (3)", "Subtotal", "Asha", "12:30")]
    ['label', 'count', 'count', 'words', '', '']
    """
    text = cell.strip()
    if is_contact(text):
        return ""
    if is_footer_text(text):
        return "words"
    return next((name for name in ("count", "label", "bullet", "ruled") if _FORMS[name].fullmatch(text)), "")


def most_thin(sample: Sequence[Sequence[str]]) -> int:
    """Return up to how many filled cells a row may be no lead but a group's line; 0 where leads hold as little."""
    counts = sorted(count for row in sample if (count := _filled(row)))
    if not counts:
        return 0
    usual = counts[min(len(counts) - 1, int(_USUAL * len(counts)))]
    return min(MOST_FILLED, (usual - 1) // 2) if usual > 2 else usual - 1


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if not is_blank(cell))


def telling_columns(headers: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """Return the places of a few columns that leads fill most, rather not with amounts: groups have sums of these."""
    thin = most_thin(sample)
    leads = [row for row in sample if _filled(row) > thin]
    fill, amounts = Counter[int](), Counter[int]()
    for row in leads:
        for place, cell in enumerate(row[: len(headers)]):
            if not is_blank(cell):
                fill[place] += 1
                amounts[place] += len(cell.strip()) < PHONE_DIGITS and number_of(cell) is not None
    places = [at for at, name in enumerate(headers) if name.strip().lower() not in INDEX_HEADERS]
    return sorted(places, key=lambda at: (2 * amounts[at] > fill[at], -fill[at]))[:_MOST_TELLING]


class RowShape:
    """How much rows of a list hold, to find those that hold little.

    Examples
    --------
    >>> shape = RowShape(["", "Name", "City", "Phone"], [["0", "Ann", "Pune", "98"]])
    >>> [shape.thin_row(row) for row in (["1", "Bo", "Kochi", ""], ["", " ", "", ""], ["2", "", "Total", ""])]
    [None, 0, 1]
    """

    def __init__(self, headers: Sequence[str], sample: Sequence[Sequence[str]]) -> None:
        self.thin = most_thin(sample)
        self.telling = telling_columns(headers, sample)
        self.index = {at for at, name in enumerate(headers) if name.strip().lower() in INDEX_HEADERS}

    def thin_row(self, cells: Sequence[str]) -> int | None:
        """Return how many cells a row fills if they are few, a running number counting for nothing; else None.

        A row that holds its running number alone is no blank row.
        """
        if len(cells) > max(self.telling, default=0):
            lacking = sum(1 for place in self.telling if is_blank(cells[place]))
            if lacking + 1 < len(self.telling) or not lacking:
                return None
        filled = [at for at, cell in enumerate(cells) if not is_blank(cell)]
        count = sum(1 for at in filled if at not in self.index or number_of(cells[at]) is None)
        return count if count <= self.thin and (count or not filled) else None


def judge_rows(
    headers: Sequence[str],
    rows: Sequence[Row],
    thin: Sequence[Row],
    sample: Sequence[Sequence[str]],
    n_rows: int,
    sums: Sums,
) -> list[NonLead]:
    """Judge rows that look odd, the last rows of a list and those that hold little; see `find_non_leads`.

    Parameters
    ----------
    thin
        As `RowShape` finds them; blank ones may be left out.
    sample
        Rows from all over the list, each as wide as the header.
    """
    found = find_non_leads(headers, rows, RowProfile.of(sample, len(headers)), n_rows, sums)
    by_position = {one.row.position: one for one in found if one.row.text}
    taken = [position for position, one in by_position.items() if one.sure]
    for one in find_group_rows(headers, thin, sample, taken):
        if one.sure or one.row.position not in by_position:
            by_position[one.row.position] = one
    return [by_position[position] for position in sorted(by_position)]


def find_group_rows(
    headers: Sequence[str], rows: Sequence[Row], sample: Sequence[Sequence[str]], taken: Sequence[int] = ()
) -> list[NonLead]:
    """Judge rows that hold far less than the others.

    A row that holds an address, a phone, or a cell of its column's own shape is a lead, however little else it holds.

    Parameters
    ----------
    rows
        In order, each with at most `most_thin` filled cells.
    sample
        Rows from all over the list, each as wide as the header.
    taken
        Positions of rows that are known to be no leads.

    Returns
    -------
    list of NonLead
        In order.

    Examples
    --------
    >>> leads = [[f"L-{n}", f"Ann {n}", f"9876500{n:03d}"] for n in range(100, 120)]
    >>> rows = [Row(0, 2, ("Owner: Asha", "", "")), Row(9, 11, ("", "Bo", "")), Row(12, 14, ("", "", "9876500001"))]
    >>> [found.row.number for found in find_group_rows(["Id", "Name", "Phone"], rows, leads) if found.sure]
    [2]
    """
    return _Judge(headers, sample).run(rows, set(taken))


class _Judge:
    def __init__(self, headers: Sequence[str], sample: Sequence[Sequence[str]]) -> None:
        self.width = len(headers)
        self.first = next((at for at, name in enumerate(headers) if name.strip().lower() not in INDEX_HEADERS), 0)
        thin = most_thin(sample)
        self.leads = [row for row in sample if _filled(row) > thin]
        self.profile = RowProfile.of(self.leads, self.width)
        self.usual_forms: dict[int, frozenset[str]] = {}

    def run(self, rows: Sequence[Row], taken: set[int]) -> list[NonLead]:
        if self.profile.rows < ENOUGH_ROWS or self.profile.least_filled < 2:
            return []
        forms = {row.position: self._form(row) for row in rows if row.position not in taken}
        repeated = Counter(form for form in forms.values() if form.startswith("other"))
        found = []
        for row in rows:
            form = forms.get(row.position, "")
            if not form:
                continue
            is_weak = form.startswith("other")
            sure = not is_weak or (repeated[form] >= _REPEATED and form == f"other shape {self.first}")
            found.append(NonLead(row, self._kind(row, form), sure))
        return found

    def _form(self, row: Row) -> str:
        """Return what makes a row none of a lead's; empty for a lead."""
        filled = {place: cell.strip() for place, cell in enumerate(row.cells) if not is_blank(cell)}
        words = {place: cell for place, cell in filled.items() if number_of(cell) is None}
        if not filled or len(filled) > MOST_FILLED or any(is_contact(cell) for cell in filled.values()):
            return ""
        if any(self._has_shape(place, cell) for place, cell in filled.items()):
            return ""
        if words:
            forms = {group_form(cell) for cell in words.values()}
            if len(words) <= 2 and all(forms) and not any(self._is_usual(at, cell) for at, cell in words.items()):
                return min(forms)
        if len(filled) == 1 and words:
            place, cell = next(iter(words.items()))
            if place in self.profile.masks and not any(sign.isdigit() for sign in cell):
                return f"other shape {place}"
            if place == self.first and place not in self.profile.masks and self.profile.least_filled > 2:
                return "other first"
        return ""

    def _has_shape(self, place: int, cell: str) -> bool:
        mask = cell_mask(cell)
        return mask in self.profile.masks.get(place, ()) and not _PLAIN_NUMBER.fullmatch(mask)

    def _is_usual(self, place: int, cell: str) -> bool:
        """Tell whether leads are written in this form in this column."""
        if place not in self.usual_forms:
            forms = Counter(group_form(row[place]) for row in self.leads if place < len(row) and row[place].strip())
            self.usual_forms[place] = frozenset(f for f, n in forms.items() if n > max(1, _OFTEN * forms.total()))
        return group_form(cell) in self.usual_forms[place]

    @staticmethod
    def _kind(row: Row, form: str) -> Kind:
        first = next(cell for cell in row.cells if not is_blank(cell)).strip()
        if is_total_text(first):
            return "total"
        return "footer" if form == "words" or first.startswith("#") else "group"
