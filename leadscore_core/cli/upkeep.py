"""The command line's commands on backups."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from leadscore_core.cli.options import say, show_progress
from leadscore_core.config import load_settings, settings_file
from leadscore_core.days import say_moment
from leadscore_core.errors import BackupError, LeadScoreError


def backup(
    out: Annotated[Path, typer.Argument(help="File to write, for instance leadscore-backup.zip.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a backup that is there already.")] = False,
) -> None:
    """Write all lists, decisions, outcomes, models and settings into one file; the dashboard may run meanwhile."""
    from leadscore_core.upkeep.backup import write_backup

    with show_progress("Backing up", total=None) as progress:
        report = write_backup(out, load_settings(), force=force, progress=progress)
    say(f"Backed up {report.manifest.rows['batch']:,} lists in {len(report.manifest.files):,} files into {out}")
    for name in report.manifest.missing:
        say(f"  warning: {name} was not there, so it is not in the backup")
    say("Not in it: LEADSCORE_ variables of the environment, and the sign-in's secrets (.streamlit/secrets.toml).")
    say(f"It holds every contact: keep it where only you can read it. Its SHA-256 is {report.sha256}")


def restore(
    file: Annotated[Path, typer.Argument(help="As written by: leadscore backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Restore without a question, as scripts do.")] = False,
) -> None:
    """Put everything back as it was when a backup was made; what is here is put aside where there is room."""
    from leadscore_core.upkeep.restore import read_backup, restore_backup
    from leadscore_core.upkeep.set_aside import look_at_kept, set_aside
    from leadscore_core.upkeep.settings_file import LAID_BESIDE, SettingsFate

    settings = load_settings()
    manifest = read_backup(file)
    kept, aside = look_at_kept(settings), None
    if not kept.is_empty:
        _ask(kept.words, manifest.made_at, is_sure=yes)
        with show_progress("Putting aside what is here", total=None) as progress:
            aside, problem = set_aside(settings, file, manifest, progress)
        if aside is None:
            typer.echo(f"Warning: what is here could not be put aside. {problem}", err=True)
    try:
        with show_progress("Restoring", total=None) as progress:
            report = restore_backup(file, settings, progress=progress)
    except LeadScoreError:
        if aside is not None:
            aside.unlink(missing_ok=True)  # nothing was changed, so it is a copy of what is here
        raise
    say(f"Restored {manifest.rows.get('batch', 0):,} lists as they were on {say_moment(manifest.made_at)} UTC.")
    if aside is not None:
        say(f"What was here before lies in {aside}. It holds every contact: delete it once you do not need it.")
    if report.settings.is_beside:
        say(f"The settings of the backup {report.settings}, and lie in {settings.data_dir / LAID_BESIDE}.")
        say(f"Take over into {settings_file()} what you want.")
    elif report.settings is not SettingsFate.SAME:
        say(f"The settings of the backup {report.settings}.")
    if report.damaged is not None:
        say(f"The database that was here could not be read, nor could its audit: it lies in {report.damaged}.")
        say("The audit is the backup's now.")
    elif not report.keeps_audit:
        say("The audit that was here did not begin with that of the backup, and is the backup's now.")


def _ask(words: str, made_at: datetime, *, is_sure: bool) -> None:
    """Say what a restore takes the place of, and go on only if somebody wants that."""
    say(f"{words} The backup is of {say_moment(made_at)} UTC and takes the place of all of it.")
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise BackupError("Nothing was restored, as nobody can be asked here. Add --yes to restore it.")
    if not typer.confirm("Restore it?"):
        raise BackupError("Nothing was restored.")
