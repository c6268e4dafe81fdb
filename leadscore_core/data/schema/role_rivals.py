"""Rivals: of several columns that could have a role which is for one alone, the one that has it, and the others."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leadscore_core.data.schema.column_profile import ColumnProfile
from leadscore_core.data.schema.crm_headers import crm_role, schema_role
from leadscore_core.data.schema.header_words import id_rank, moment_rank, words_of
from leadscore_core.data.schema.schema import Role

FOR_ONE_COLUMN = (Role.ID, Role.TIMESTAMP, Role.CITY)
_MOSTLY_BLANK = 0.5
_COMPARED_ROWS = 2_000


def best_of(role: Role, profiles: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """Return the column that is the role: best named where it is mostly filled, then fullest, then earliest."""
    if len(profiles) < 2:
        return next(iter(profiles), None)
    earliest = _earliest(profiles) if role is Role.TIMESTAMP else {}

    def weight(column: ColumnProfile) -> tuple[float, ...]:
        by_crm = 2 if schema_role(crm_role(column.header)) is role else 0
        words = len(words_of(column.header))
        ranks = {Role.ID: id_rank, Role.TIMESTAMP: moment_rank}.get(role)
        rank = float(max(by_crm, ranks(column.header)) if ranks else by_crm)
        rank += 0.5 if role is Role.ID and {"id", "uuid", "guid"} & set(words_of(column.header)) else 0
        held_back = 1.5 if column.fill < _MOSTLY_BLANK else 0
        return rank - held_back, round(column.fill, 1), -earliest.get(column.header, 0), column.uniqueness, -words

    return max(sorted(profiles, key=lambda column: column.header), key=weight)


def _earliest(profiles: Sequence[ColumnProfile]) -> dict[str, float]:
    """Return of each column of dates in which share of rows another one is earlier, over an even choice of rows."""
    rows = np.unique(np.linspace(0, profiles[0].rows - 1, _COMPARED_ROWS).astype(np.int64))
    moments = pd.DataFrame({column.header: column.moments(rows) for column in profiles})
    first = moments.min(axis=1)
    return {header: float((moments[header] > first).mean()) for header in moments.columns}


def beside_best(role: Role, column: ColumnProfile, best: ColumnProfile, why: str) -> tuple[Role | None, str]:
    """Return what a column is where another one has the role that it would have alone, and why.

    A second city is read as a category; a second id stays what it is by itself, and no model learns from that.

    Parameters
    ----------
    best
        The column that has the role.
    why
        What speaks for the role in the column's own values.
    """
    if role is Role.CITY:
        return Role.CATEGORY, f"{column.distinct:,} different values; {best.header} is the lead's city"
    if role is Role.TIMESTAMP:
        return None, f"{column.date_share:.0%} are dates; {best.header} says when a lead came"
    return None, why
