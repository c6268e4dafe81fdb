"""The command line's look at whether all that is kept is whole."""

import typer

from leadscore_core.cli.options import say
from leadscore_core.config import load_settings
from leadscore_core.errors import StorageError


def health() -> None:
    """Check folders, models, lists and every page of the database; exit 1 if anything is wrong."""
    from leadscore_core.upkeep.database_check import check_database
    from leadscore_core.upkeep.health import find_faults

    settings = load_settings()
    faults, checked = find_faults(settings), None
    try:
        checked = check_database(settings)
    except StorageError as error:  # what does not need it is looked at all the same
        faults.append(str(error))
    for fault in filter(None, [*faults, checked.fault if checked is not None else ""]):
        say(fault)
    always = "folders and the room on their disks, the model in use of each schema, the webhook's settings"
    by_database = "whether the files of each list are there, the clock, the key of contacts"
    if checked is None:
        say(f"Looked at: {always}.")
        say(f"Not looked at, as the database cannot be opened: its pages, {by_database}.")
    else:
        say(f"Looked at: {always}, {by_database}, and {checked.words}.")
    say("Not looked at: what the files of lists and of models hold, which is checked when one is opened.")
    if faults or (checked is not None and checked.fault):
        raise typer.Exit(1)
    say("All is well.")
