"""The command line's commands on the audit: who did what."""

from pathlib import Path
from typing import Annotated

import typer

from leadscore_core.config import load_settings

audit_app = typer.Typer(no_args_is_help=True, help="Who did what, and whether that was changed since.")


@audit_app.command("verify")
def verify(
    head: Annotated[
        str,
        typer.Option("--head", help="Hash of an earlier check, kept elsewhere: it must still be there."),
    ] = "",
) -> None:
    """Check that no row of the audit was changed, removed or added; exit 1 if one was."""
    from leadscore_core.storage.database.audit_check import verify_audit

    verdict = verify_audit(load_settings(), head=head)
    for fault in verdict.faults:
        typer.echo(f"The audit does not hold: {fault}.")
    if not verdict.holds:
        raise typer.Exit(1)
    typer.echo(f"The audit holds: {verdict.rows:,} rows, the last with the hash {verdict.head}")
    if verdict.unanchored:
        typer.echo(f"The last {verdict.unanchored:,} are not in the file beside the database; it may lie elsewhere.")


@audit_app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="File to write, .csv, .xlsx or .parquet.")],
) -> None:
    """Write the whole audit into a file, the oldest row first."""
    from leadscore_core.batches.audit_export import export_audit

    typer.echo(f"Wrote {export_audit(load_settings(), out):,} rows of the audit into {out}")
