"""Spend: what was paid for which source, medium or campaign, in which period, read from anybody's file."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.convention_choices import ConventionChoice, choose_mark, choose_order
from leadscore_core.data.cleaning.conventions import DecimalDoubt, column_decimals
from leadscore_core.data.cleaning.date_order import ORDER_WORDS, DateEvidence, DateOrder, date_evidence
from leadscore_core.data.cleaning.decimals import DecimalEvidence
from leadscore_core.data.cleaning.numbers import CURRENCIES, DecimalMark, is_either, read_number, take_apart
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.findings import EXAMPLES, Finding, sort_findings
from leadscore_core.data.reading.footer_words import is_total_text
from leadscore_core.errors import SpendError

_HEADERS = {
    "name": ("source", "medium", "campaign", "channel", "platform", "name"),
    "amount": ("amount", "spend", "spent", "cost", "costs", "budget"),
    "currency": ("currency", "ccy"),
    "start": ("from", "start", "starts", "since"),
    "end": ("to", "end", "ends", "until"),
    "period": ("month", "period", "date", "day"),
}
_MARKS = ("", "-", "n/a", "na", "none", "null")
_FIRST_ROW = 2
_SAME_SUM = 0.001
# "Total Gym" may be a source
_TOTAL_ALONE = r"[\W_]*(\S+|(grand|overall|report|sub|общий|genel)\s+\S+|total\s+(g[ée]n[ée]ral|geral))[\W_]*"
_TOTAL_OF = r"^(?:sub)?(?:total|summe|gesamt)s?[\s:-]+(.+)$|^(.+?)[\s:-]+(?:sub)?totals?$"


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
    """

    rows: pd.DataFrame
    currency: str
    set_aside: pd.DataFrame
    findings: list[Finding]
    kind: str = "name"
    choices: tuple[ConventionChoice, ...] = ()


def read_spend(frame: pd.DataFrame, *, order: DateOrder | None = None, decimal: DecimalMark | None = None) -> Spend:
    """Read a table of spend; the order of day and month and the decimal mark are those of the whole file.

    Parameters
    ----------
    frame
        As from `read_leads`: a column with the names of sources (or media, or campaigns), one with the amount, and, if
        it has them, a currency and a period (one column with months or days, or a first and a last day).
    order, decimal
        What a person says of the dates and amounts; found if not given.

    Raises
    ------
    SpendError
        If there is no column with names or with amounts, or no row can be counted.

    Examples
    --------
    >>> frame = pd.DataFrame({"Source": ["news", "fair"], "Month": "2026-03", "Cost (EUR)": ["1,200", "x"]})
    >>> spend = read_spend(frame)
    >>> spend.currency, spend.rows["amount"].tolist(), spend.rows["end"].dt.day.tolist()
    ('EUR', [1200.0], [31])
    >>> spend.set_aside["why"].tolist()
    ['the amount is not a number']
    """
    if frame.empty:
        raise SpendError("The spend file has no rows. Fill it in and bring it again.")
    found = _find_columns(frame)
    names = clean_text(as_text(frame[found["name"]]))
    written = as_text(frame[found["amount"]])
    evidence = column_decimals(frame[found["amount"]])
    doubt = _doubt(found["amount"], evidence) if decimal is None else None
    amounts, symbols = _amounts(written, decimal or evidence.decimal)
    unclear = pd.Series(False, index=frame.index)
    if doubt is not None and doubt.leaves_out:
        unclear = written.fillna("").map(is_either).astype(bool)
    currencies = _currencies(frame, found, symbols)
    dates = _order_evidence(frame, found)
    start, end = _periods(frame, found, order or dates.order())
    checks = [
        (_totals(names, amounts), "it is a total of other rows"),
        (names.isna(), "it names no source"),
        (written.isna() | (written == ""), "it has no amount"),
        (unclear, "the amount can be read with a decimal comma and with a decimal point"),
        (amounts.isna(), "the amount is not a number"),
        (amounts < 0, "the amount is below zero"),
    ]
    if "period" in found or "start" in found:
        checks.append((start.isna() | end.isna(), "its period cannot be read"))
        checks.append((end < start, "its period ends before it begins"))
    why = _first_reasons(checks, frame.index)
    usable = why == ""
    known = currencies[usable & (currencies != "")]
    currency = "" if known.empty else str(known.value_counts().index[0])
    others = sorted(set(known) - {currency})
    if others:
        why = why.mask(usable & (currencies != "") & (currencies != currency), f"it is not in {currency}")
        usable = why == ""
    if not usable.any():
        reasons = "; ".join(sorted(set(why)))
        raise SpendError(f"No row of the spend file can be counted: {reasons}. Correct the file and bring it again.")
    rows = pd.DataFrame({"name": names, "start": start, "end": end, "amount": amounts})[usable].reset_index(drop=True)
    aside = pd.DataFrame(
        {"row": range(_FIRST_ROW, len(frame) + _FIRST_ROW), "name": names, "amount": written, "why": why}
    )
    aside = aside[~usable.to_numpy()].reset_index(drop=True)
    doubts = [] if decimal is not None else _decimal_doubts(found["amount"], evidence, doubt)
    doubts += [] if order is not None else _date_doubts(dates, len(frame))
    findings = _findings(rows, aside, currency, others, "start" in found or "period" in found, doubts)
    words = _plain(found["name"]).split()
    kind = next((name for name in _HEADERS["name"] if name in words), "name")
    choices = (
        choose_order("dates", "Days", dates, order or dates.order(), is_open=order is None and dates.ambiguous > 0),
        choose_mark("amount", found["amount"], evidence, decimal or evidence.decimal or "point", doubt),
    )
    return Spend(rows, currency, aside, findings, kind, tuple(choice for choice in choices if choice is not None))


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


def _find_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Return which header gives what."""
    plain = {str(header): _plain(str(header)) for header in frame.columns}
    found: dict[str, str] = {}
    for what, wanted in _HEADERS.items():
        whole = [h for name in wanted for h, bare in plain.items() if bare == name]
        within = [h for name in wanted for h, bare in plain.items() if name in bare.split() and "per" not in bare]
        free = [header for header in [*whole, *within] if header not in found.values()]
        if free:
            found[what] = free[0]
    if "period" in found and "start" in found:
        del found["period"]
    if "start" in found and "end" not in found:
        found["period"] = found.pop("start")
    lacking = [
        {"name": "the names of sources, media or campaigns", "amount": "the amount spent"}[what]
        for what in ("name", "amount")
        if what not in found
    ]
    if lacking:
        headers = ", ".join(map(repr, list(plain)[:12]))
        raise SpendError(
            f"The spend file has no column with {' and none with '.join(lacking)}. Its columns: {headers}. Name them, "
            "for instance, Source, From, To, Amount, Currency."
        )
    return found


def _plain(header: str) -> str:
    """Return a header in lower case without punctuation, underscores or a currency in brackets."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", header.casefold())
    return " ".join(re.sub(r"[^\w]|_", " ", bare).split())


def _amounts(written: pd.Series, decimal: DecimalMark | None) -> tuple[pd.Series, pd.Series]:
    """Return amounts as numbers, and the currency that a cell names; any other word makes it no number."""
    texts = ["" if cell.casefold() in _MARKS else cell for cell in written.fillna("").str.strip().tolist()]
    parts = [take_apart(text) for text in texts]
    numbers = [read_number(text, decimal) if part else np.nan for text, part in zip(texts, parts, strict=True)]
    currencies = ["" if part is None else part.currency for part in parts]
    return pd.Series(numbers, index=written.index), pd.Series(currencies, index=written.index, dtype="str")


def _totals(names: pd.Series, amounts: pd.Series) -> pd.Series:
    """Tell which rows sum up others: by their name, or unnamed with the sum of all rows that have one."""
    plain = names.fillna("").str.casefold()
    called = plain.map(is_total_text).astype(bool)
    in_all = amounts[~called & names.notna()].sum()
    is_sum = (amounts - in_all).abs() <= _SAME_SUM * max(abs(in_all), 1.0)
    of_one = plain.str.extract(_TOTAL_OF)
    of_one_source = of_one[0].fillna(of_one[1]).isin(set(plain[plain != ""]))
    return (called & (is_sum | plain.str.fullmatch(_TOTAL_ALONE))) | of_one_source | (names.isna() & is_sum)


def _order_evidence(frame: pd.DataFrame, found: dict[str, str]) -> DateEvidence:
    """Count what all columns with dates show of their order."""
    evidence = DateEvidence()
    for what in ("start", "end", "period"):
        if what in found:
            evidence = evidence.plus(date_evidence(frame[found[what]]))
    return evidence


def _currencies(frame: pd.DataFrame, found: dict[str, str], symbols: pd.Series) -> pd.Series:
    """Return each row's currency: of its own column, else of its cell, else of the header."""
    header = re.search(r"[(\[]\s*(\S+?)\s*[)\]]", found["amount"])
    fallback = CURRENCIES.get(header.group(1).casefold(), "") if header else ""
    currency = symbols.where(symbols != "", fallback)
    if "currency" in found:
        own = clean_text(as_text(frame[found["currency"]])).fillna("")
        own = own.map(lambda written: CURRENCIES.get(written.casefold()) or written.upper())
        currency = own.where(own != "", currency)
    return currency


def _periods(frame: pd.DataFrame, found: dict[str, str], order: DateOrder) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day of each row."""
    if "start" in found:
        start = parse_dates(frame[found["start"]], _MARKS, order).values
        return start.dt.normalize(), parse_dates(frame[found["end"]], _MARKS, order).values.dt.normalize()
    if "period" not in found:
        nothing = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
        return nothing, nothing
    text = as_text(frame[found["period"]]).fillna("").str.strip()
    months = [_month(cell) for cell in text.tolist()]
    days = parse_dates(frame[found["period"]], _MARKS, order).values.dt.normalize()
    if "date" not in _plain(found["period"]) and (days.dropna().dt.day == 1).all():
        months = [pd.Period(day, freq="M") if not pd.isna(day) else m for m, day in zip(months, days, strict=True)]
    firsts = pd.Series([m.start_time if m is not None else pd.NaT for m in months], index=frame.index)
    lasts = pd.Series([m.end_time.normalize() if m is not None else pd.NaT for m in months], index=frame.index)
    return firsts.astype("datetime64[us]").fillna(days), lasts.astype("datetime64[us]").fillna(days)


def _month(cell: str) -> pd.Period | None:
    """Return the month that a cell names, or None: 2026-03, 03/2026, March 2026, Mar-26."""
    for shape in ("%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%B %Y", "%b %Y", "%b-%Y", "%b-%y", "%b %y"):
        moment = pd.to_datetime(cell, format=shape, errors="coerce")
        if not pd.isna(moment):
            return pd.Period(moment, freq="M")
    return None


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
        found.append(finding("two_currencies", "warning", reason, None))
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
