"""Presenting: a few ranked leads under human names, for a screen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leadscore_core.data import FIRST_ROW, Column, ColumnMapping, LeadSchema, Role
from leadscore_core.data.parse import as_text, parse_dates

_WHO = (Role.NAME, Role.ID, Role.EMAIL)
_MOST_COLUMNS = 9
_ABOUT = (Role.SOURCE, Role.CITY, Role.TIMESTAMP)


def present_leads(
    frame: pd.DataFrame,
    own: pd.DataFrame,
    schema: LeadSchema,
    mapping: ColumnMapping,
    first_rank: int = 1,
    places: np.ndarray | None = None,
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
    places
        Position of each lead in its list, from 0, by which a lead without name, id or e-mail is known.

    Returns
    -------
    pandas.DataFrame
        At most nine columns: rank, who it is (name, id or e-mail, else the row in the file), score, grade, phone, the
        two largest reasons, and of source, city and date of creation what the list has.
    """
    table: dict[str, object] = {"Rank": range(first_rank, first_rank + len(frame))}
    who = _given(schema, mapping, _WHO)[:1]
    for column in who:
        table[column.human] = as_text(frame[mapping.used[column.name]]).fillna("")
    if not who and places is not None:
        table["Row"] = places + FIRST_ROW
    table |= {"Score": own["lead_score"], "Grade": own["grade"]}
    for column in _given(schema, mapping, (Role.PHONE,)):
        table[column.human] = as_text(frame[mapping.used[column.name]]).fillna("")
    table |= {"Why": own["reason_1"], "And": own["reason_2"]}
    for column in _given(schema, mapping, _ABOUT):
        cells = frame[mapping.used[column.name]]
        if column.role is Role.TIMESTAMP:
            table[column.human] = parse_dates(cells, schema.missing_marks, mapping.date_order).values
        else:
            text = as_text(cells).fillna("")
            table[column.human] = text.map(city_name) if column.role is Role.CITY else text
    return pd.DataFrame(table, index=frame.index).iloc[:, :_MOST_COLUMNS]


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
