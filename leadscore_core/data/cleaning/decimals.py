"""Decimals: what the cells of a column, and the columns of a file, say of the mark that separates decimals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadscore_core.data.cleaning.numbers import DecimalMark, is_either, take_apart

_POINT_ONLY = re.compile(
    r"\d{1,3}(,\d{3})+\.\d+|\d{1,2}(,\d{2})+,\d{3}(\.\d+)?|\d*\.\d{1,2}|\d+\.\d{4,}|0+\.\d+|\d{4,}\.\d{3}|"
    r"\d{1,3}(,\d{3}){2,}|\d+\.\d+e[+-]?\d+"
)
_COMMA_ONLY = re.compile(
    r"\d{1,3}(\.\d{3})+,\d+|\d*,\d{1,2}|\d+,\d{4,}|0+,\d+|\d{4,},\d{3}|\d{1,3}(\.\d{3}){2,}|\d+,\d+e[+-]?\d+"
)


class DecimalEvidence(NamedTuple):
    """How many cells of a column show which mark separates decimals, with an example of each.

    ``either`` counts cells such as ``1.234``, which say nothing by themselves, ``either_points`` those with a point and
    ``either_money`` those with a currency; ``small`` and ``large`` count whole numbers without any mark, up to 999 and
    above.
    """

    comma: int = 0
    point: int = 0
    either: int = 0
    comma_example: str = ""
    point_example: str = ""
    either_example: str = ""
    either_points: int = 0
    either_money: int = 0
    small: int = 0
    large: int = 0

    @property
    def only_mark(self) -> DecimalMark | None:
        """The one mark of a column whose marks all stand before three digits."""
        if self.comma or self.point or self.either_points not in {0, self.either} or not self.either:
            return None
        return "point" if self.either_points else "comma"

    @property
    def shows_thousands(self) -> bool:
        """Whether the column's only mark separates thousands: it stands in each number above 999 and in no other."""
        if self.only_mark is None or self.large:
            return False
        return bool(self.small) or self.either_money == self.either

    @property
    def decimal(self) -> DecimalMark | None:
        """The mark of the column: what most cells show, else what the others suggest; None where nothing does."""
        if self.comma != self.point:
            return "comma" if self.comma > self.point else "point"
        if self.shows_thousands or (self.only_mark == "comma" and not self.large):
            return "comma" if self.only_mark == "point" else "point"
        return None

    @property
    def is_mixed(self) -> bool:
        """Whether cells show both marks."""
        return bool(self.comma and self.point)

    @property
    def is_open(self) -> bool:
        """Whether cells could be read both ways and nothing says which."""
        return bool(self.either) and self.decimal is None

    @property
    def is_guess(self) -> bool:
        """Whether all cells with a mark could be read both ways, and the rest of the column suggests how."""
        return self.only_mark is not None and self.decimal is not None

    def plus(self, other: DecimalEvidence) -> DecimalEvidence:
        """Return the evidence of two stretches of a column together.

        Examples
        --------
        >>> DecimalEvidence(either=2).plus(DecimalEvidence(comma=1, comma_example="2,5")).decimal
        'comma'
        """
        return DecimalEvidence._make(_add(one, two) for one, two in zip(self, other, strict=True))


def _add(one: object, two: object) -> object:
    return one + two if isinstance(one, int) and isinstance(two, int) else one or two


def decimal_evidence(texts: Iterable[str], counts: Iterable[int]) -> DecimalEvidence:
    """Count what distinct texts of one column say of its decimals.

    Examples
    --------
    >>> found = decimal_evidence(["1,5", "1.234", "2.50"], [3, 1, 1])
    >>> found.comma, found.point, found.either, found.decimal, found.is_mixed
    (3, 1, 1, 'comma', True)
    """
    comma = point = either = either_points = either_money = small = large = 0
    examples = dict.fromkeys(("comma", "point", "either"), "")
    for text, count in zip(texts, counts, strict=True):
        written = take_apart(text)
        if written is None:
            continue
        core = written.core
        if is_either(core):
            either += count
            either_points += count if core[-4] == "." else 0
            either_money += count if written.currency else 0
            examples["either"] = examples["either"] or text
        elif _POINT_ONLY.fullmatch(core):
            point += count
            examples["point"] = examples["point"] or text
        elif _COMMA_ONLY.fullmatch(core):
            comma += count
            examples["comma"] = examples["comma"] or text
        elif core.isdigit():
            small, large = small + (count if len(core) <= 3 else 0), large + (count if len(core) > 3 else 0)
    return DecimalEvidence(
        comma=comma,
        point=point,
        either=either,
        comma_example=examples["comma"],
        point_example=examples["point"],
        either_example=examples["either"],
        either_points=either_points,
        either_money=either_money,
        small=small,
        large=large,
    )


def file_decimal(columns: Mapping[str, DecimalEvidence]) -> DecimalMark | None:
    """Return the decimal mark that the columns of a file agree on by cells that show it; None where they do not.

    Examples
    --------
    >>> file_decimal({"a": DecimalEvidence(comma=3), "b": DecimalEvidence(either=2)})
    'comma'
    """
    shown = {found.decimal for found in columns.values() if (found.comma or found.point) and not found.is_mixed}
    return next(iter(shown)) if len(shown) == 1 else None


def settle_mark(found: DecimalEvidence, of_file: DecimalMark | None) -> tuple[DecimalMark | None, bool]:
    """Return a column's decimal mark, and whether it is in doubt, by what the other columns of its file show.

    Examples
    --------
    >>> open_one = DecimalEvidence(either=4, either_points=4)
    >>> settle_mark(open_one, None), settle_mark(open_one, "comma"), settle_mark(open_one, "point")
    ((None, True), ('comma', False), ('point', False))
    """
    if found.only_mark is None or of_file is None:
        return found.decimal, found.is_mixed or found.is_open
    if found.shows_thousands:
        return found.decimal, found.decimal != of_file
    return of_file, bool(found.large) and found.only_mark != of_file
