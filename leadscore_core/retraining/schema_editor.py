"""Proposals on the table: what somebody else's columns mean, for a person to correct and keep."""

from dataclasses import replace

import pandas as pd

from leadscore_core.data.cleaning.outcome_values import OutcomeSplit
from leadscore_core.data.cleaning.outcome_words import Meaning
from leadscore_core.data.schema.inference import Proposal
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import SchemaError
from leadscore_core.model.lead_model import LeadModel

LEFT_OUT = "Leave out"
MEANINGS: dict[str, Role | None] = {
    "Source": Role.SOURCE,
    "Medium": Role.MEDIUM,
    "Platform": Role.PLATFORM,
    "City": Role.CITY,
    "Category": Role.CATEGORY,
    "Free text": Role.FREE_TEXT,
    "Number": Role.NUMBER,
    "Count": Role.COUNT,
    "Yes or no": Role.FLAG,
    "When it came": Role.TIMESTAMP,
    "Another date": Role.DATE,
    "Lead's number": Role.ID,
    "Name": Role.NAME,
    "E-mail": Role.EMAIL,
    "Phone": Role.PHONE,
    LEFT_OUT: None,
}
OUTCOME_MEANINGS = {"Won": Meaning.WON, "Lost": Meaning.LOST, "Still open": Meaning.OPEN, "Not known": Meaning.UNKNOWN}
_SAID_OF_OUTCOME = {meaning: said for said, meaning in OUTCOME_MEANINGS.items()}
_SAID = {role: meaning for meaning, role in MEANINGS.items()}


def proposal_table(proposal: Proposal) -> pd.DataFrame:
    """Lay a proposal out for correction, the outcome aside.

    Returns
    -------
    pandas.DataFrame
        ``Column`` (header), ``Meaning`` (one of `MEANINGS`), ``Called``, ``Counts as blank`` (words, with commas
        between), ``Example``, ``Why``; indexed by header.
    """
    columns = [column for column in proposal.columns if column.role is not Role.LABEL and column.header.strip()]
    return pd.DataFrame(
        {
            "Column": [column.header for column in columns],
            "Meaning": [_SAID[column.role] for column in columns],
            "Called": [column.human for column in columns],
            "Counts as blank": [", ".join(column.missing_marks) for column in columns],
            "Example": [column.example for column in columns],
            "Why": [column.why[:1].upper() + column.why[1:] for column in columns],
        },
        index=[column.header for column in columns],
    )


def corrected_proposal(proposal: Proposal, table: pd.DataFrame) -> Proposal:
    """Return the proposal with what a person changed in its table."""
    columns = []
    for column in proposal.columns:
        if column.header in table.index and column.role is not Role.LABEL:
            row = table.loc[[column.header]].iloc[0]
            marks = tuple(dict.fromkeys(m for m in (part.strip().casefold() for part in _cell(row, 3).split(",")) if m))
            human = _cell(row, 2).strip() or column.human
            column = replace(column, role=MEANINGS[_cell(row, 1)], human=human, missing_marks=marks)
        columns.append(column)
    return replace(proposal, columns=tuple(columns))


def outcome_table(split: OutcomeSplit) -> pd.DataFrame:
    """Lay the values of an outcome out for correction.

    Returns
    -------
    pandas.DataFrame
        ``Value``, ``Leads``, ``Share`` (percent of all leads), ``Means`` (one of `OUTCOME_MEANINGS`), the most
        frequent first; indexed by the value in lower case, "" for blank.
    """
    rows = [(value.key, value.shown, value.count, _SAID_OF_OUTCOME[value.meaning]) for value in split.values]
    if split.blank:
        rows.append(("", "(blank)", split.blank, "Lost" if split.blank_is_no else "Still open"))
    table = pd.DataFrame(rows, columns=["key", "Value", "Leads", "Means"]).set_index("key")
    table.insert(2, "Share", 100 * table["Leads"] / max(1, int(table["Leads"].sum())))
    return table


def corrected_outcome(split: OutcomeSplit, table: pd.DataFrame) -> OutcomeSplit:
    """Return what the values mean with what a person changed in the table of `outcome_table`."""
    meanings = {str(key): OUTCOME_MEANINGS[str(said)] for key, said in table["Means"].items()}
    blank_is_no = meanings.pop("", Meaning.OPEN) is Meaning.LOST
    return replace(split.with_meanings(meanings), blank_is_no=blank_is_no)


def _cell(row: pd.Series, place: int) -> str:
    value = row.iloc[place]
    return "" if pd.isna(value) else str(value)


def full_schema(model: LeadModel) -> LeadSchema:
    """Return the schema that a model was trained by, with the columns that were left out of its training."""
    if not model.metadata.excluded:
        return model.schema
    try:
        return load_schema(model.schema.name)
    except SchemaError:  # it was kept on another machine
        return model.schema
