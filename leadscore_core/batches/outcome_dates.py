"""Dates of outcomes: of several rows about one lead, which is the later one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.batches.date_doubts import DateDoubt, doubt_moments, has_odd_year
from leadscore_core.data.cleaning.date_order import DateOrder, date_evidence
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.data.schema.header_words import moment_rank, words_of
from leadscore_core.data.schema.schema import Role


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MOSTLY = 0.9
_PARTS_OF_SECONDS = re.compile(r"(?<=:\d\d)\.\d+$")  # a spreadsheet's, which shows none
_LEAST_FILL = 0.05
_OF_OUTCOME = _set(
    "converted conversion closed close closing won lost enrolled admitted purchased paid outcome status stage result "
    "abschluss abschlussdatum cloture cierre fechamento chiusura"
)
_DATE_OF_OUTCOME = _set("vertragsdatum kaufdatum verkaufsdatum auftragsdatum unterschriftsdatum")
_OF_CHANGE = _set("modified updated changed change update modification geandert modifie modificado modificacao")


def dating_headers(leads: LeadList) -> list[str]:
    """Return the headers that may say when an outcome came, the likeliest first; their cells settle it.

    A date of the outcome goes before one of the row's last change, and this before a date of no kind.
    """
    label = leads.schema.label
    outcome = leads.mapping.used.get(label.name) if label is not None else None
    known = {leads.mapping.used.get(column.name) for column in leads.schema.with_role(Role.TIMESTAMP)}
    ranked = [
        (_rank(header), place, header)
        for place, header in enumerate(leads.mapping.headers)
        if header != outcome and header not in known and _rank(header)
    ]
    return [header for _, _, header in sorted(ranked)]


def conversion_headers(leads: LeadList) -> list[str]:
    """Return the headers that may say when a lead converted: the outcome's own where filled is yes, and its dates'."""
    label = leads.schema.label
    is_date = label is not None and leads.outcome is not None and leads.outcome.is_filled
    outcome = leads.mapping.used.get(label.name) if label is not None and is_date else None
    return [*([outcome] if outcome else []), *(header for header in dating_headers(leads) if _rank(header) == 1)]


def _rank(header: str) -> int:
    words = set(words_of(header))
    if words & _DATE_OF_OUTCOME:
        return 1
    if moment_rank(header) == 0 and not words & _OF_CHANGE:
        return 0
    if words & {"by", "due", "expected", "next", "birth", "dob"}:
        return 0
    if words & _OF_OUTCOME:
        return 1
    if words & _OF_CHANGE:
        return 2
    return 3 if moment_rank(header) == 1 else 0


@dataclass(frozen=True)
class Dated:
    """What dates rows: ``header``, its ``moments`` (NaT where none is known), and dates that cannot be, by position."""

    header: str
    moments: pd.Series
    doubts: list[DateDoubt]


def _place_in_plain_file(position: int) -> tuple[str, int]:
    return "", position + FIRST_ROW


def later_than(
    cells: pd.DataFrame,
    headers: Sequence[str],
    order: DateOrder,
    place: Callable[[int], tuple[str, int]] = _place_in_plain_file,
) -> Dated | None:
    """Return the first header whose cells are dates, with its moments; None where there is none.

    Dates in the future and in no possible year are doubts, and their moments NaT.

    Parameters
    ----------
    cells
        Text of the whole file, one column a header.
    order
        In which days and months are read where the column does not say it.
    place
        Says in which file and row a position stands (see `ReadLog.place`).
    """
    for header in headers:
        text = cells[header].astype("str").str.strip()
        filled = text.notna() & (text != "")
        if filled.mean() < _LEAST_FILL or not text[filled].str.contains(r"\d.*\D.*\d").mean() >= _MOSTLY:
            continue
        moments = parse_dates(text, ("",), date_evidence(text).order(order)).values
        if (moments.notna() | has_odd_year(text))[filled].mean() >= _MOSTLY:
            kinds = doubt_moments(moments, filled, pd.Timestamp.now("UTC").tz_localize(None))
            doubts = []
            for at in np.flatnonzero((kinds != "").to_numpy()).tolist():
                file, row = place(at)
                doubts.append(DateDoubt(kinds.iloc[at], header, row, _PARTS_OF_SECONDS.sub("", text.iloc[at]), file))
            sure = moments.where((kinds == "").to_numpy())
            return Dated(header, pd.Series(sure.to_numpy(dtype="datetime64[ns]")), doubts)
    return None


def moments_as_numbers(moments: pd.Series) -> np.ndarray:
    """Return moments as float64, NaN for none, so that a later one is more."""
    days: np.ndarray = moments.to_numpy(dtype="datetime64[ns]").astype("int64").astype("float64")
    days[moments.isna().to_numpy()] = np.nan
    return days
