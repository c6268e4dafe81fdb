"""Spend: what was paid for which source, medium or campaign, in which period, read from anybody's file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.convention_choices import ConventionChoice, choose_mark, choose_order
from leadscore_core.data.cleaning.conventions import DecimalDoubt
from leadscore_core.data.cleaning.date_order import ORDER_WORDS, DateEvidence, DateOrder
from leadscore_core.data.cleaning.decimals import DecimalEvidence
from leadscore_core.data.cleaning.numbers import CURRENCIES, DecimalMark, is_either, read_number, take_apart
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.findings import EXAMPLES, Finding, sort_findings
from leadscore_core.data.reading.footer_words import is_total_text
from leadscore_core.data.spend_columns import (
    SpendColumns,
    choose_columns,
    kind_of,
    months_lack_year,
    promote_header,
)
from leadscore_core.data.spend_table import MARKS, SpendTable, lay_out
from leadscore_core.errors import SpendError

_FIRST_ROW = 2
_SAME_SUM = 0.001
# "Total Gym" may be a source
_TOTAL_ALONE = r"[\W_]*(\S+|(grand|overall|report|sub|общий|genel)\s+\S+|total\s+(g[ée]n[ée]ral|geral))[\W_]*"
_TOTAL_OF = r"^(?:sub)?(?:total|summe|gesamt)s?[\s:-]+(.+)$|^(.+?)[\s:-]+(?:sub)?totals?$"


@dataclass(frozen=True)
class SpendReading:
    """What a person says of how a file of spend is read; nothing is found by itself where it is said.

    Attributes
    ----------
    order, decimal
        Of days, and of amounts.
    columns
        Field of `SpendColumns` -> header; ``months`` -> headers, one a line.
    currency
        Code of the one that is counted.
    year
        Of months that name none.
    known
        Names of sources that the leads have, by which a column of names is known.
    """

    order: DateOrder | None = None
    decimal: DecimalMark | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    year: int | None = None
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Spend:
    """Spend that can be counted, and what could not be.

    Attributes
    ----------
    rows
        ``name`` (as written), ``start`` and ``end`` (days, both included; NaT where the file gives no period),
        ``amount`` (of `currency`, 0 or more).
    currency
        Its code, empty where the file names none.
    set_aside
        Rows that are not counted: ``row`` (as a spreadsheet numbers it), ``name``, ``amount`` as written, ``why``.
    findings
        Everything noticed.
    kind
        What the names are of, by their header: source, medium, campaign, channel, platform or name.
    choices
        How its days (``dates``) and amounts (``amount``) are read, where a person may choose otherwise.
    columns
        Which header gives what.
    others
        Currency -> amount in it, which is never added to the others; empty where there is one currency.
    """

    rows: pd.DataFrame
    currency: str
    set_aside: pd.DataFrame
    findings: list[Finding]
    kind: str = "name"
    choices: tuple[ConventionChoice, ...] = ()
    columns: SpendColumns = SpendColumns("name", "amount")
    others: Mapping[str, float] = field(default_factory=dict)


def read_spend(
    frame: pd.DataFrame,
    reading: SpendReading | None = None,
    *,
    order: DateOrder | None = None,
    decimal: DecimalMark | None = None,
) -> Spend:
    """Read a table of spend; the order of day and month and the decimal mark are those of the whole file.

    Parameters
    ----------
    frame
        As from `read_leads`: a column with the names of sources (or media, or campaigns), one with the amount or one
        for each month, and, if it has them, a currency and a period (one column with months or days, or a first and a
        last day). Titles may stand above the header.
    reading
        What a person says of it; found by itself if not given.
    order, decimal
        Of days and amounts, without the rest.

    Raises
    ------
    SpendError
        If there is no column with names or with amounts, months name no year, or no row can be counted.

    Examples
    --------
    >>> frame = pd.DataFrame({"Source": ["news", "fair"], "Month": "2026-03", "Cost (EUR)": ["1,200", "x"]})
    >>> spend = read_spend(frame)
    >>> spend.currency, spend.rows["amount"].tolist(), spend.rows["end"].dt.day.tolist()
    ('EUR', [1200.0], [31])
    >>> spend.set_aside["why"].tolist()
    ['the amount is not a number']
    >>> wide = pd.DataFrame({"Kanal": ["news", "fair"], "Jan 2026": ["10", ""], "Feb 2026": ["5", "7"]})
    >>> read_spend(wide).rows[["name", "amount"]].values.tolist()
    [['news', 10.0], ['news', 5.0], ['fair', 7.0]]
    """
    reading = reading or SpendReading(order=order, decimal=decimal)
    if frame.empty:
        raise SpendError("The spend file has no rows. Fill it in and bring it again.")
    frame = frame.set_axis([str(header) for header in frame.columns], axis=1)
    titles = 0
    try:
        columns = choose_columns(frame, reading.columns, reading.known)
    except SpendError:
        below, titles = promote_header(frame, reading.known)
        if not titles:
            raise
        frame, columns = below, choose_columns(below, reading.columns, reading.known)
    if months_lack_year(columns) and reading.year is None:
        raise SpendError(
            f"The months of the spend file ({', '.join(columns.months[:3])}) name no year. Say which with --spend-year."
        )
    table = lay_out(frame, columns, _FIRST_ROW + titles, order=reading.order, year=reading.year)
    return _judge(table, frame, columns, reading)


def _judge(table: SpendTable, frame: pd.DataFrame, columns: SpendColumns, reading: SpendReading) -> Spend:
    """Return what of the amounts can be counted, and why the others cannot."""
    names, written, decimal = table.names, table.written, reading.decimal
    doubt = _doubt(table.header, table.evidence) if decimal is None else None
    amounts, symbols = _amounts(written, decimal or table.evidence.decimal)
    unclear = pd.Series(False, index=written.index)
    if doubt is not None and doubt.leaves_out:
        unclear = written.fillna("").map(is_either).astype(bool)
    checks = [
        (_totals(names, amounts, table.rows), "it is a total of other rows"),
        (names.isna(), "it names no source"),
        (written.isna() | (written == ""), "it has no amount"),
        (unclear, "the amount can be read with a decimal comma and with a decimal point"),
        (amounts.isna(), "the amount is not a number"),
        (amounts < 0, "the amount is below zero"),
    ]
    if columns.has_period:
        checks.append((table.start.isna() | table.end.isna(), "its period cannot be read"))
        checks.append((table.end < table.start, "its period ends before it begins"))
    why = _first_reasons(checks, written.index)
    currencies = _currencies(frame, columns, table, symbols)
    currency, others, why, taken = _one_currency(currencies, amounts, why, reading.currency)
    usable = why == ""
    if not usable.any():
        reasons = "; ".join(sorted(set(why)))
        raise SpendError(f"No row of the spend file can be counted: {reasons}. Correct the file and bring it again.")
    rows = pd.DataFrame({"name": names, "start": table.start, "end": table.end, "amount": amounts})
    rows = rows[usable].reset_index(drop=True)
    aside = pd.DataFrame({"row": table.rows.to_numpy(), "name": names, "amount": written, "why": why})
    aside = aside[~usable.to_numpy()].reset_index(drop=True)
    doubts = [] if decimal is not None else _decimal_doubts(table.header, table.evidence, doubt)
    doubts += [] if reading.order is not None else _date_doubts(table.dates, len(written))
    if taken:
        doubts.append(("no_currency", f"amounts without a currency are counted as {currency}", taken))
    findings = _findings(rows, aside, currency, sorted(others), columns.has_period, doubts)
    order = reading.order or table.dates.order()
    is_open = reading.order is None and table.dates.ambiguous > 0
    mark = decimal or table.evidence.decimal or "point"
    choices = (
        choose_order("dates", "Days", table.dates, order, is_open=is_open),
        choose_mark("amount", table.header, table.evidence, mark, doubt),
    )
    settled = tuple(choice for choice in choices if choice is not None)
    return Spend(rows, currency, aside, findings, kind_of(columns.name), settled, columns, others)


def _one_currency(
    currencies: pd.Series, amounts: pd.Series, why: pd.Series, wanted: str | None
) -> tuple[str, dict[str, float], pd.Series, int]:
    """Return the currency that is counted, what is in others, why rows are not counted, and how many named none.

    Amounts that name no currency are taken for the only one that is named; where there are several they are set aside.
    """
    usable = why == ""
    known = currencies[usable & (currencies != "")]
    currency = wanted or ("" if known.empty else str(known.value_counts().index[0]))
    others = {str(code): float(amounts[known.index][known == code].sum()) for code in sorted(set(known) - {currency})}
    blank = usable & (currencies == "") & (currency != "")
    if others:
        why = why.mask(usable & (currencies != "") & (currencies != currency), f"it is not in {currency}")
        why = why.mask(blank, f"it names no currency, where others are in {' and '.join([currency, *others])}")
    return currency, others, why, 0 if others else int(blank.sum())


def _first_reasons(checks: list[tuple[pd.Series, str]], index: pd.Index) -> pd.Series:
    """Return why each row cannot be counted, by the first check that it fails; empty where it passes all."""
    why = pd.Series("", index=index, dtype="str")
    for wrong, reason in checks:
        why = why.mask(wrong & (why == ""), reason)
    return why


def _decimal_doubts(header: str, evidence: DecimalEvidence, doubt: DecimalDoubt | None) -> list[tuple[str, str, int]]:
    """Return code, reason and count of what is in doubt, or guessed, of the amounts' decimals."""
    if doubt is not None:
        return [("mixed_decimals", doubt.words, doubt.comma + doubt.point + doubt.either)]
    if not evidence.is_guess:
        return []
    guess = DecimalDoubt.model_validate(evidence._asdict() | {"column": header, "taken": evidence.decimal})
    return [("thousands_or_decimals", f"{guess.guess}; choose otherwise if not", evidence.either)]


def _date_doubts(dates: DateEvidence, n_rows: int) -> list[tuple[str, str, int]]:
    """Return code, reason and count of days that could be read otherwise."""
    read = f"are read with the {ORDER_WORDS[dates.order()]}"
    if dates.ambiguous:
        return [("ambiguous_date", f"days that could be read both ways {read}", dates.ambiguous)]
    return [("date_order", f"days {read}: {dates.note}", n_rows)] if dates.note else []


def _doubt(header: str, evidence: DecimalEvidence) -> DecimalDoubt | None:
    """Return what is in doubt of the amounts' decimals, if anything is."""
    if not (evidence.is_mixed or evidence.is_open):
        return None
    return DecimalDoubt.model_validate(evidence._asdict() | {"column": header, "taken": evidence.decimal})


def _amounts(written: pd.Series, decimal: DecimalMark | None) -> tuple[pd.Series, pd.Series]:
    """Return amounts as numbers, and the currency that a cell names; any other word makes it no number."""
    texts = ["" if cell.casefold() in MARKS else cell for cell in written.fillna("").str.strip().tolist()]
    parts = [take_apart(text) for text in texts]
    numbers = [read_number(text, decimal) if part else np.nan for text, part in zip(texts, parts, strict=True)]
    currencies = ["" if part is None else part.currency for part in parts]
    return pd.Series(numbers, index=written.index), pd.Series(currencies, index=written.index, dtype="str")


def _totals(names: pd.Series, parts: pd.Series, rows: pd.Series) -> pd.Series:
    """Tell which amounts are of rows that sum up others: by their name, or unnamed with the sum of all the others."""
    amounts = parts.groupby(rows.to_numpy()).transform("sum")
    plain = names.fillna("").str.casefold()
    called = plain.map(is_total_text).astype(bool)
    in_all = parts[~called & names.notna()].sum()
    is_sum = (amounts - in_all).abs() <= _SAME_SUM * max(abs(in_all), 1.0)
    of_one = plain.str.extract(_TOTAL_OF)
    of_one_source = of_one[0].fillna(of_one[1]).isin(set(plain[plain != ""]))
    return (called & (is_sum | plain.str.fullmatch(_TOTAL_ALONE))) | of_one_source | (names.isna() & is_sum)


def _currencies(frame: pd.DataFrame, columns: SpendColumns, table: SpendTable, symbols: pd.Series) -> pd.Series:
    """Return each amount's currency: of its own column, else of its cell, else of the header."""
    currency = symbols.where(symbols != "", table.fallback)
    if columns.currency is None:
        return currency
    own = clean_text(as_text(frame[columns.currency])).fillna("")
    own = own.map(lambda written: CURRENCIES.get(written.casefold()) or written.upper())
    of_row = own.reset_index(drop=True).reindex(table.rows.to_numpy() - int(table.first)).set_axis(currency.index)
    return of_row.where(of_row != "", currency)


def _findings(
    rows: pd.DataFrame,
    aside: pd.DataFrame,
    currency: str,
    others: list[str],
    has_period: bool,
    doubts: list[tuple[str, str, int]],
) -> list[Finding]:
    total = len(rows) + len(aside)

    def finding(code: str, severity: str, reason: str, where: pd.DataFrame | None, example: str = "") -> Finding:
        numbers = () if where is None else tuple(int(n) for n in where["row"].tolist()[:EXAMPLES])
        count = total if where is None else len(where)
        return Finding.model_validate(
            {
                "code": code,
                "severity": severity,
                "column": "",
                "reason": reason,
                "count": count,
                "share": count / total,
                "example": example,
                "rows": numbers,
            }
        )

    found = []
    for reason in sorted(set(aside["why"])):
        where = aside[aside["why"] == reason]
        example = "" if pd.isna(where["amount"].iloc[0]) else str(where["amount"].iloc[0])
        code = "two_currencies" if reason.startswith("it is not in") else "not_counted"
        found.append(finding(code, "warning", f"not counted: {reason}", where, example))
    if others:
        reason = f"amounts in {currency} and {', '.join(others)} cannot be added; only {currency} is counted"
        found.append(
            finding("two_currencies", "warning", reason, None).model_copy(
                update={"count": len(rows), "share": len(rows) / total}
            )
        )
    for code, reason, count in doubts:
        found.append(finding(code, "warning", reason, None).model_copy(update={"count": count, "share": count / total}))
    if not has_period:
        found.append(finding("no_period", "info", "no period given: counted whole, whatever dates are shown", None))
    overlapping = [
        str(name) for name, of_name in rows.dropna().groupby(rows["name"].str.casefold()) if _overlap(of_name)
    ]
    if overlapping:
        reason = f"periods overlap for {', '.join(overlapping[:EXAMPLES])}; all of them are counted"
        found.append(finding("overlapping_periods", "warning", reason, None))
    return sort_findings(found)


def _overlap(of_name: pd.DataFrame) -> bool:
    ordered = of_name.sort_values("start")
    return bool((ordered["start"].to_numpy()[1:] <= ordered["end"].cummax().to_numpy()[:-1]).any())
