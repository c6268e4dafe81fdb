"""Columns that a person wants read: named by header or name, and added where nobody thought them worth it before."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from leadscore_core.data.cleaning.text import ALWAYS_BLANK, MAYBE_BLANK
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.column_mapping import Match, detect_conventions
from leadscore_core.data.schema.column_profile import ColumnProfile, profile_column
from leadscore_core.data.schema.header_words import moment_rank, normalise_header
from leadscore_core.data.schema.inference import extend_schema
from leadscore_core.data.schema.near_names import near_names
from leadscore_core.data.schema.roles import MOST_LEVELS, ProposedColumn, infer_roles
from leadscore_core.data.schema.schema import CONTACT_ROLES, Role
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import SchemaError

_EACH_ITS_OWN, _MOSTLY = 0.5, 0.9
_ONCE = frozenset({Role.TIMESTAMP, Role.CITY})


def read_also(leads: LeadList, names: Sequence[str]) -> LeadList:
    """Return the list with columns of the file read too that its schema left out.

    Parameters
    ----------
    names
        Headers, or names of the schema's inputs, of which nothing need be done.

    Raises
    ------
    SchemaError
        If there is no such column, it says who a lead is, or nothing can be learned from it as it is.
    """
    headers = [header for name in names if (header := _unread(leads, name)) is not None]
    if not headers:
        return leads
    if is_shipped(leads.schema.name):
        raise SchemaError(
            f"{headers[0]!r} is no column of {leads.schema.title}, whose meaning ships with LeadScore. To read these "
            "leads by their own columns, add --schema new."
        )
    frame = sample_rows(leads.raw_chunks())
    wanted = {header: _propose(header, frame[header], leads) for header in dict.fromkeys(headers)}
    schema = extend_schema(leads.schema, list(wanted.values()))
    added = schema.columns[len(leads.schema.columns) :]
    matches = [
        Match(column=column.name, header=header, confidence=1.0, how="person")
        for column, header in zip(added, wanted, strict=True)
    ]
    mapping = leads.mapping.model_copy(update={"matches": (*leads.mapping.matches, *matches)})
    proposal = leads.proposal
    if proposal is not None:
        proposal = replace(proposal, columns=tuple(wanted.get(c.header, c) for c in proposal.columns))
    return replace(leads, schema=schema, mapping=detect_conventions(mapping, schema, frame), proposal=proposal)


def is_read(leads: LeadList, name: str) -> bool:
    """Tell whether a person's name of a column is that of an input, or of a header that no model reads anyway.

    Raises
    ------
    SchemaError
        If there is no such column.
    """
    return _unread(leads, name) is None


def unread_columns(leads: LeadList) -> list[ProposedColumn]:
    """Return the columns of a file that its schema does not read, and why they are worth nothing or were left out."""
    headers = [header for header in leads.mapping.unused_headers if header != ""]
    if not headers:
        return []
    columns = infer_roles(sample_rows(leads.raw_chunks())[headers], headers)
    not_yet = "not read by what is kept of these columns; --include brings it in"
    return [column if column.role is None else replace(column, role=None, why=not_yet) for column in columns]


def _unread(leads: LeadList, name: str) -> str | None:
    """Return the header of a column that is not read, None for an input; raise where there is neither."""
    wanted = normalise_header(name)
    used = leads.mapping.used
    for column in leads.schema.inputs:
        if wanted in map(normalise_header, (column.name, column.human, used.get(column.name, column.name))):
            return None
    header = next((header for header in leads.mapping.headers if normalise_header(header) == wanted), None)
    if header is None:
        near = near_names(name, list(leads.mapping.headers))
        raise SchemaError(f"There is no column {name!r} in these leads. Give one of: {near}.")
    return header


def _holds_dates(profile: ColumnProfile, found: ProposedColumn) -> bool:
    """Tell whether a column holds dates; of numbers, only where its name says so."""
    if found.role is Role.TIMESTAMP:
        return True
    may_be = profile.numbers is None or moment_rank(profile.header) != 0
    return may_be and profile.date_share >= _MOSTLY


def _propose(header: str, cells: pd.Series, leads: LeadList) -> ProposedColumn:
    """Say as what a column is read that a person wants read; raise where it cannot be."""
    label = leads.schema.label
    if label is not None and leads.mapping.used.get(label.name) == header:
        raise SchemaError(f"{header!r} is the outcome itself, which no model can read. Leave it out of --include.")
    (found,) = infer_roles(cells.to_frame(), [header])
    used = next((leads.schema.by_name[n].role for n, given in leads.mapping.used.items() if given == header), None)
    if used in CONTACT_ROLES or found.role in CONTACT_ROLES:
        raise SchemaError(f"{header!r} says who a lead is, and no model learns from that. Leave it out of --include.")
    profile = profile_column(header, cells, ALWAYS_BLANK | MAYBE_BLANK)
    if profile.distinct < 2 and profile.fill in {0.0, 1.0}:
        raise SchemaError(f"{header!r} is the same in every row, so there is nothing to learn from it.")
    if found.role is not None and found.role not in _ONCE:
        return replace(found, why="a person said that it is known before the first call")
    if _holds_dates(profile, found):
        stamp = leads.schema.one(Role.TIMESTAMP)
        if stamp is None or stamp.name not in leads.mapping.used:
            raise SchemaError(
                f"{header!r} holds dates, which are read as days from when a lead came, and no column of these leads "
                "says when they came. Bring that date too, or the days themselves as a number."
            )
        why = f"days from {leads.mapping.used[stamp.name]}; a person said that it is known before the first call"
        return replace(found, role=Role.DATE, missing_marks=profile.marks, why=why)
    role = Role.NUMBER if profile.numbers is not None else Role.CATEGORY
    if role is Role.CATEGORY and (profile.distinct > MOST_LEVELS or profile.uniqueness > _EACH_ITS_OWN):
        raise SchemaError(
            f"{header!r} cannot be learned from: {profile.distinct:,} different texts in {profile.filled:,} leads. "
            "Bring what matters in them as a column of its own with few values."
        )
    return replace(found, role=role, missing_marks=profile.marks, why="a person wants it read")
