"""Options of the command line for a CRM's importer."""

from typing import Annotated, Literal

import typer

from leadscore_core.cli.options import say
from leadscore_core.errors import ExportError, LeadScoreError
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.crm_columns import MORE, NO_ID, CrmChoice, CrmColumns

Crm = Annotated[
    Literal["hubspot", "salesforce", "dynamics", "zoho", "pipedrive"] | None,
    typer.Option("--crm", help="Write for the importer of a CRM: record id, score, grade and reason alone."),
]
CrmId = Annotated[
    str | None,
    typer.Option("--crm-id", help="Header of the CRM's record id, or none to match by e-mail; found if not given."),
]
CrmMore = Annotated[
    list[str] | None,
    typer.Option("--crm-column", help=f"A header of the list that the CRM gets too, or one of: {', '.join(MORE)}."),
]


def crm_choice(crm: str | None, crm_id: str | None, more: list[str] | None, out: str) -> CrmChoice | None:
    """Return what is chosen for a CRM, None where the result is for none.

    Raises
    ------
    LeadScoreError
        If an option needs another, or the CRM takes no file of this kind.
    """
    if crm is None:
        if crm_id or more:
            raise LeadScoreError("--crm-id and --crm-column say what a CRM gets. Say which with --crm.")
        return None
    ending = out[out.rfind(".") :].lower() if "." in out else ""
    most = PRESETS[crm].most
    if ending not in most:
        raise ExportError(f"{PRESETS[crm].title} takes {' or '.join(most)}. Name the result with one of these endings.")
    return CrmChoice(crm, NO_ID if crm_id == "none" else crm_id, tuple(more or ()), ending)


def say_crm(columns: CrmColumns, rows: int) -> None:
    """Say what a CRM's importer will do with the file that was written."""
    preset = columns.preset
    without = "" if columns.record_id else f"The list has no record id of {preset.title}. "
    say(f"{without}{preset.title} finds each record by {columns.matched_by}. {columns.left_out_words}".strip())
    written = rows - columns.left_out.total()
    most = preset.most[columns.choice.ending]
    if written > most:
        say(f"{preset.title} takes {most:,} records in one file of this kind, and these are {written:,}: split it.")
    if columns.blank_words:
        say(columns.blank_words)
