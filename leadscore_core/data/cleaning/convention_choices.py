"""Convention choices: how dates and decimals are read, on which evidence, and what a person may choose instead."""

from dataclasses import dataclass

from leadscore_core.data.cleaning.conventions import DecimalDoubt
from leadscore_core.data.cleaning.date_order import ORDER_WORDS, DateEvidence, DateOrder
from leadscore_core.data.cleaning.decimals import DecimalEvidence
from leadscore_core.data.cleaning.numbers import DecimalMark


@dataclass(frozen=True)
class ConventionChoice:
    """How a column's dates or decimals are read, which a person may choose otherwise.

    Attributes
    ----------
    column, human
        Of the schema, or what the dates or amounts of a file without one are called; and for people.
    chosen
        ``dmy``, ``mdy``, ``ymd`` or ``ydm`` for dates, ``comma`` or ``point`` for decimals.
    is_open
        Whether it is a question: the file does not say which, or says both, and no person said it.
    evidence
        What the cells show, in words; of a question also how they are read until somebody chooses.
    options
        What may be chosen.
    """

    column: str
    human: str
    chosen: DateOrder | DecimalMark
    is_open: bool
    evidence: str
    options: tuple[str, ...]


def choose_order(
    column: str, human: str, dates: DateEvidence | None, order: DateOrder, *, is_open: bool
) -> ConventionChoice | None:
    """Return the choice of a column's order of dates; None where its dates can be read in one way alone.

    Examples
    --------
    >>> dates = DateEvidence(either=3, either_example="3/4/2026")
    >>> choose_order("created", "Created", dates, "dmy", is_open=True).evidence
    '3 dates such as 3/4/2026 can be read both ways; until you choose, those are read with the day before month'
    """
    if dates is None or not dates.choices:
        return None
    until = f"; until you choose, those are read with the {ORDER_WORDS[order]}" if is_open else ""
    options = tuple(dict.fromkeys((*dates.choices, order)))
    return ConventionChoice(column, human, order, is_open, _date_words(dates) + until, options)


def choose_mark(
    column: str, human: str, found: DecimalEvidence, mark: DecimalMark, doubt: DecimalDoubt | None = None
) -> ConventionChoice | None:
    """Return the choice of a column's decimal mark, a question if in doubt; None where only points show it.

    Examples
    --------
    >>> choose_mark("fee", "Fee", DecimalEvidence(comma=2, comma_example="1,5"), "comma").evidence
    '2 with a decimal comma (1,5)'
    """
    if not (found.comma or found.either):
        return None
    words = _decimal_words(found) if doubt is None else doubt.words
    return ConventionChoice(column, human, mark, doubt is not None, words, ("comma", "point"))


def _date_words(dates: DateEvidence) -> str:
    parts = [dates.note] if dates.note else []
    if dates.short_years == "open":
        such = f" such as {dates.example}" if dates.example else ""
        shorts = dates.only_first + dates.only_last + dates.both_ends
        return "; ".join([*parts, f"the year of {shorts:,} dates{such} may stand first or last"])
    day_first, month_first, either = dates.days_and_months
    if either:
        parts.append(f"{either:,} dates such as {dates.either_example} can be read both ways")
    for count, first in ((day_first, "day"), (month_first, "month")):
        if count:
            parts.append(f"{count:,}{'' if parts else ' dates'} can only have the {first} first")
    if dates.year_day and dates.year_month:
        parts.append(
            f"{dates.year_day:,} dates such as {dates.year_example} can only have the day after the year, "
            f"{dates.year_month:,} only the month; others can be read both ways"
        )
    return "; ".join(parts) or "these dates have the year first"


def _decimal_words(found: DecimalEvidence) -> str:
    parts = [f"{found.comma:,} with a decimal comma ({found.comma_example})"] if found.comma else []
    if found.point:
        parts.append(f"{found.point:,} with a decimal point ({found.point_example})")
    if found.either:
        parts.append(f"{found.either:,} that can be read both ways ({found.either_example})")
    return "; ".join(parts)
