"""The command line's commands on backups."""

from pathlib import Path
from typing import Annotated

import typer

from leadscore_core.cli.options import say, show_progress
from leadscore_core.config import load_settings, settings_file
from leadscore_core.days import say_moment


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


def restore(file: Annotated[Path, typer.Argument(help="As written by: leadscore backup.")]) -> None:
    """Put everything back as it was when a backup was made; what was kept since is gone then."""
    from leadscore_core.upkeep.restore import restore_backup
    from leadscore_core.upkeep.settings_file import LAID_BESIDE, SettingsFate

    settings = load_settings()
    with show_progress("Restoring", total=None) as progress:
        report = restore_backup(file, settings, progress=progress)
    manifest = report.manifest
    say(f"Restored {manifest.rows.get('batch', 0):,} lists as they were on {say_moment(manifest.made_at)} UTC.")
    if report.settings.is_beside:
        say(f"The settings of the backup {report.settings}, and lie in {settings.data_dir / LAID_BESIDE}.")
        say(f"Take over into {settings_file()} what you want.")
    elif report.settings is not SettingsFate.SAME:
        say(f"The settings of the backup {report.settings}.")
    if not report.keeps_audit:
        say("The audit that was here did not begin with that of the backup, and is the backup's now.")
