"""The command line's commands on how long people and lists are kept."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leadscore_core._files import write_text
from leadscore_core.cli.options import say
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.percent import say_leads

retention_app = typer.Typer(no_args_is_help=True, help="How long each list is kept, and what is due.")
_FROM_INPUT = "- reads it from standard input, so that it stands in no history of commands."


def forget(
    email: Annotated[str, typer.Option("--email", help=f"E-mail address of the person; {_FROM_INPUT}")] = "",
    phone: Annotated[str, typer.Option("--phone", help="Phone number of the person, or -.")] = "",
    lead: Annotated[str, typer.Option("--id", help="Id of the lead, or -.")] = "",
    due: Annotated[bool, typer.Option("--due", help="Delete the lists that are due, and forget nobody.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only where the person stands is said.")] = False,
    receipt: Annotated[Path | None, typer.Option("--receipt", help="File to write the receipt to as well.")] = None,
) -> None:
    """Forget a person on every list, with a receipt; exit 1 if nothing is kept of them. Nothing of it comes back."""
    if due:
        if email or phone or lead:
            raise LeadScoreError("--due deletes lists, and the other options name a person. Say one of them.")
        _remove_due()
        return
    from leadscore_core.batches.find_person import Wanted, find_person
    from leadscore_core.batches.forget import forget_person

    settings = load_settings()
    wanted = Wanted(*(sys.stdin.readline() if text == "-" else text for text in (email, phone, lead)))
    found = find_person(wanted, settings)
    say(found.words)
    if found.is_empty:
        raise typer.Exit(1)
    if not yes:
        say("Nothing was removed. Add --yes to forget this person; what is removed cannot come back.")
        return
    made = forget_person(wanted, settings)
    for line in made.lines:
        say(line)
    if receipt is not None:
        write_text(receipt, "\n".join(made.lines) + "\n")


@retention_app.command("list")
def list_kept() -> None:
    """Say of each list until when it is kept."""
    from leadscore_core.batches.retention import list_retentions

    lists = list_retentions(load_settings())
    if not lists:
        say("No list is kept.")
    for retention in lists:
        until = "until somebody deletes it" if retention.due_at is None else f"until {retention.due_at:%Y-%m-%d}"
        own = ", said for this list" if retention.is_own else ""
        say(f"{retention.batch.id}  {retention.batch.name}, {say_leads(retention.batch.rows)}, {until}{own}")


@retention_app.command("set")
def set_days(
    batch: Annotated[str, typer.Argument(help="Id of the list, as `leadscore retention list` says it.")],
    days: Annotated[str, typer.Argument(help="Days from when it came; 0 for good; usual for what the settings say.")],
) -> None:
    """Say how long one list is kept."""
    from leadscore_core.access.person import current_person
    from leadscore_core.batches.retention import own_retention, save_retention

    settings = load_settings()
    if days != "usual" and not days.isdecimal():
        raise LeadScoreError(f"Days are a number, or the word usual; {days!r} came.")
    seen = own_retention(settings).current().version
    wanted = None if days == "usual" else int(days)
    save_retention(batch, wanted, based_on=seen, author=current_person().name, settings=settings)
    say("Kept as said from now on. What is due is deleted once a day, and by: leadscore forget --due")


def _remove_due() -> None:
    from leadscore_core.batches.retention import remove_due

    removed = remove_due(load_settings())
    say(
        f"Deleted {len(removed):,} {'list' if len(removed) == 1 else 'lists'} of {sum(b.rows for b in removed):,} leads"
    )
