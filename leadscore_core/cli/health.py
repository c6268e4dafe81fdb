"""The command line's look at whether all that is kept is whole."""

import typer

from leadscore_core.cli.options import say
from leadscore_core.config import load_settings


def health() -> None:
    """Check folders, models, lists and every page of the database; exit 1 if anything is wrong."""
    from leadscore_core.upkeep.database_check import check_database
    from leadscore_core.upkeep.health import find_faults

    settings = load_settings()
    checked = check_database(settings)
    faults = [*find_faults(settings), *filter(None, [checked.fault])]
    for fault in faults:
        say(fault)
    say(
        "Looked at: folders and the room on their disks, the model in use of each schema, the webhook's settings, "
        f"whether the files of each list are there, the clock, the key of contacts, and {checked.words}."
    )
    say("Not looked at: what the files of lists and of models hold, which is checked when one is opened.")
    if faults:
        raise typer.Exit(1)
    say("All is well.")
