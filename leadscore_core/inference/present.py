"""Presenting: a few ranked leads under human names, for a screen."""

from __future__ import annotations

import pandas as pd

from leadscore_core.data import Column, ColumnMapping, LeadSchema, Role
from leadscore_core.data.parse import as_text, parse_dates

_WHO = (Role.NAME, Role.ID, Role.EMAIL)
_ABOUT = (Role.SOURCE, Role.CITY, Role.TIMESTAMP)


def present_leads(
    frame: pd.DataFrame, own: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, first_rank: int = 1
) -> pd.DataFrame:
    """Lay ranked leads out as people read them.

    Parameters
    ----------
    frame
        The list's own columns, in ranked order.
    own
        Our columns for the same leads, with two reasons or more.
    first_rank
        Rank of the first of them.

    Returns
    -------
    pandas.DataFrame
        At most nine columns: rank, who it is (name, id or e-mail, if the list has one), score, grade, the two largest
        reasons, source, city, and when the lead was created.
    """
    table: dict[str, object] = {"Rank": range(first_rank, first_rank + len(frame))}
    for column in _given(schema, mapping, _WHO)[:1]:
        table[column.human] = as_text(frame[mapping.used[column.name]]).fillna("")
    table |= {"Score": own["lead_score"], "Grade": own["grade"], "Why": own["reason_1"], "And": own["reason_2"]}
    for column in _given(schema, mapping, _ABOUT):
        cells = frame[mapping.used[column.name]]
        if column.role is Role.TIMESTAMP:
            table[column.human] = parse_dates(cells, schema.missing_marks, mapping.date_order).values
        else:
            text = as_text(cells).fillna("")
            table[column.human] = text.map(city_name) if column.role is Role.CITY else text
    return pd.DataFrame(table, index=frame.index)


def city_name(text: str) -> str:
    """Write a city as people do; short names are abbreviations.

    Examples
    --------
    >>> city_name("new delhi"), city_name("ncr")
    ('New Delhi', 'NCR')
    """
    return text.upper() if len(text) <= 3 else text.title()


def _given(schema: LeadSchema, mapping: ColumnMapping, roles: tuple[Role, ...]) -> list[Column]:
    return [column for role in roles for column in schema.with_role(role)[:1] if column.name in mapping.used]
