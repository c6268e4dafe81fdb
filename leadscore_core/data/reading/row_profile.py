"""Row profile: what the rows of one list look like, column by column, to tell a lead from a line that is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

HEAD_ROWS = LAST_ROWS = 300  # that are looked at closely, at either end of a list
_TYPED_SHARE = 0.9
_ALWAYS = 0.98
_MOST_MASKS = 4
_LEAST_CELLS = 4
_SMALL, _FEW_OF_SMALL, _FEW_SHARE = 12, 0.4, 0.2
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+|\s+")


@lru_cache(maxsize=4096)
def cell_mask(cell: str) -> str:
    """Return a cell's shape: a run of letters is ``A``, of digits ``9``, other signs stay.

    Examples
    --------
    >>> cell_mask("L-007001"), cell_mask("2026-10-10 13:29"), cell_mask("+1 271 555")
    ('A-9', '9-9-9 9:9', '+9 9 9')
    """
    return _WORD_OR_NUMBER.sub(_sign, cell.strip())


def _sign(found: re.Match[str]) -> str:
    first = found[0][0]
    return " " if first.isspace() else "9" if first.isdigit() else "A"


@dataclass(frozen=True)
class RowProfile:
    """What rows of a list look like.

    Attributes
    ----------
    width
        Cells a row.
    rows
        Rows that were looked at.
    masks
        Column -> the shapes of its cells, where nearly all cells have one of a few with a digit or an ``@`` in it.
    always
        Columns that are filled in practically every row.
    least_filled
        Filled cells of nearly the emptiest row.
    """

    width: int
    rows: int
    masks: dict[int, frozenset[str]]
    always: frozenset[int]
    least_filled: int

    @classmethod
    def of(cls, rows: Iterable[Sequence[str]], width: int) -> RowProfile:
        """Describe rows, each with as many cells as the header.

        Examples
        --------
        >>> profile = RowProfile.of([["L-1", "Ann", ""], ["L-2", "Bo", "x"], ["L-3", "", ""], ["L-4", "Di", ""]], 3)
        >>> profile.masks, sorted(profile.always), profile.least_filled
        ({0: frozenset({'A-9'})}, [0], 1)
        """
        whole = _without_few_thin([row for row in rows if len(row) == width])
        masks, always = {}, set()
        for place in range(width):
            filled = [cell for row in whole if (cell := row[place].strip())]
            if whole and len(filled) >= _ALWAYS * len(whole):
                always.add(place)
            if len(filled) < _LEAST_CELLS:
                continue
            common = Counter(map(cell_mask, filled)).most_common(_MOST_MASKS)
            found = [(mask, n) for mask, n in common if n > 1 and ("9" in mask or "@" in mask)]
            if sum(n for _, n in found) >= _TYPED_SHARE * len(filled):
                masks[place] = frozenset(mask for mask, _ in found)
        counts = sorted(sum(1 for cell in row if cell.strip()) for row in whole)
        return cls(width, len(whole), masks, frozenset(always), counts[len(counts) // 50] if counts else 0)

    def fitting(self, row: Sequence[str]) -> int:
        """Return how many cells have the shape of their column, of the columns that have one."""
        return sum(1 for place, masks in self.masks.items() if place < len(row) and cell_mask(row[place]) in masks)

    def unfitting(self, row: Sequence[str]) -> int:
        """Return how many filled cells have another shape than their column, of the columns that have one."""
        return sum(
            1
            for place, masks in self.masks.items()
            if place < len(row) and row[place].strip() and cell_mask(row[place]) not in masks
        )

    def looks_like_a_lead(self, row: Sequence[str]) -> bool:
        """Tell whether a row has the cells of this list in their columns, beyond a doubt."""
        return len(row) == self.width and self.fitting(row) > max(0, self.unfitting(row))


def _without_few_thin(rows: list[Sequence[str]]) -> list[Sequence[str]]:
    """Leave out blank rows, and a few that are far emptier than the others: footers would hide what leads look like."""
    filled = [(sum(1 for cell in row if cell.strip()), row) for row in rows]
    filled = [(count, row) for count, row in filled if count]
    if not filled:
        return []
    usual = sorted(count for count, _ in filled)[len(filled) // 2]
    thick = [row for count, row in filled if 2 * count >= usual]
    few = _FEW_SHARE if len(filled) > _SMALL else _FEW_OF_SMALL
    return thick if len(filled) - len(thick) <= few * len(filled) else [row for _, row in filled]
