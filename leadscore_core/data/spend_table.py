"""Tables of spend: one row an amount, with its period, whether months stand below or beside each other."""

import re
from dataclasses import dataclass

import pandas as pd

from leadscore_core.data.cleaning.conventions import column_decimals
from leadscore_core.data.cleaning.date_order import DateEvidence, DateOrder, date_evidence
from leadscore_core.data.cleaning.decimals import DecimalEvidence
from leadscore_core.data.cleaning.numbers import CURRENCIES
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.spend_columns import SpendColumns, month_of, plain_header
from leadscore_core.data.spend_months import read_period

MARKS = ("", "-", "n/a", "na", "none", "null")


@dataclass(frozen=True)
class SpendTable:
    """Amounts as written, one a row, with what their columns show."""

    names: pd.Series
    written: pd.Series
    start: pd.Series
    end: pd.Series
    rows: pd.Series
    evidence: DecimalEvidence
    dates: DateEvidence
    fallback: pd.Series | str
    header: str
    first: int


def lay_out(
    frame: pd.DataFrame, columns: SpendColumns, first: int, *, order: DateOrder | None, year: int | None
) -> SpendTable:
    """Return one row an amount: its name, amount as written, period and row in the file.

    Parameters
    ----------
    first
        Number of the first row, as a spreadsheet shows it.
    order
        Of day and month; that which the dates show if not given.
    year
        Of months that name none.
    """
    names, rows = clean_text(as_text(frame[columns.name])), pd.Series(range(first, first + len(frame)))
    if not columns.months:
        amount = str(columns.amount)
        dates = _order_evidence(frame, columns)
        start, end = _periods(frame, columns, order or dates.order(), year)
        written, evidence = as_text(frame[amount]), column_decimals(frame[amount])
        return SpendTable(names, written, start, end, rows, evidence, dates, _currency_of(amount), amount, first)
    parts = []
    for header in columns.months:
        period = read_period(month_of(header) or "", year)
        assert period is not None  # noqa: S101  # for the type checker
        written = as_text(frame[header])
        given = written.fillna("").str.strip() != ""
        part = pd.DataFrame({"name": names, "written": written, "row": rows.to_numpy(), "header": header})
        part[["start", "end"]] = period
        parts.append(part[given])
    long = pd.concat(parts).sort_values("row", kind="stable").reset_index(drop=True)
    currency = long["header"].map(_currency_of)
    evidence = column_decimals(long["written"])
    start, end = long["start"].astype("datetime64[us]"), long["end"].astype("datetime64[us]")
    return SpendTable(
        long["name"], long["written"], start, end, long["row"], evidence, DateEvidence(), currency, "Amounts", first
    )


def _order_evidence(frame: pd.DataFrame, columns: SpendColumns) -> DateEvidence:
    """Count what all columns with dates show of their order."""
    evidence = DateEvidence()
    for header in (columns.start, columns.end, columns.period):
        if header is not None:
            evidence = evidence.plus(date_evidence(frame[header]))
    return evidence


def _currency_of(header: str) -> str:
    """Return the code of the currency that a header names in brackets, empty for none."""
    named = re.search(r"[(\[]\s*(\S+?)\s*[)\]]", header)
    return CURRENCIES.get(named.group(1).casefold(), "") if named else ""


def _periods(
    frame: pd.DataFrame, columns: SpendColumns, order: DateOrder, year: int | None
) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day of each row."""
    if columns.start is not None:
        start = parse_dates(frame[columns.start], MARKS, order).values.dt.normalize()
        if columns.end is None:
            return start, start
        return start, parse_dates(frame[columns.end], MARKS, order).values.dt.normalize()
    if columns.period is None:
        nothing = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
        return nothing, nothing
    text = as_text(frame[columns.period]).fillna("").str.strip()
    months = [read_period(cell, year) for cell in text.tolist()]
    days = parse_dates(frame[columns.period], MARKS, order).values.dt.normalize()
    if "date" not in plain_header(columns.period) and (days.dropna().dt.day == 1).all():
        firsts = [pd.Period(day, freq="M") if not pd.isna(day) else None for day in days]
        months = [
            (m.start_time, m.end_time.normalize()) if m is not None else month
            for m, month in zip(firsts, months, strict=True)
        ]
    starts = pd.Series([m[0] if m is not None else pd.NaT for m in months], index=frame.index)
    ends = pd.Series([m[1] if m is not None else pd.NaT for m in months], index=frame.index)
    return starts.astype("datetime64[us]").fillna(days), ends.astype("datetime64[us]").fillna(days)
