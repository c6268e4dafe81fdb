"""Where MLflow keeps its runs in the models folder, under a path that it can read, and what names it takes."""

import hashlib
import os
import re
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"
ID_TAG, FILE = "leadscore.model_id", "leadscore_model"
_ODD = re.compile(r"[%?#]")
_NOT_IN_NAMES = re.compile(r"[^\w .:/-]")
_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}


def metric_name(kind: str, column: str) -> str:
    """Return the name of a column's metric, of characters that MLflow takes.

    Examples
    --------
    >>> metric_name("importance", "Budget (INR)?")
    'importance.Budget _INR__'
    """
    return f"{kind}.{_NOT_IN_NAMES.sub('_', column)}"[:250]


def mlflow_root(models_dir: Path) -> Path:
    """Return the models folder, or a link to it where its path has characters that MLflow takes for an address's.

    Examples
    --------
    >>> str(mlflow_root(Path("/srv/models"))) == str(Path("/srv/models"))
    True
    """
    if not _ODD.search(str(models_dir)):
        return models_dir
    name = hashlib.sha256(str(models_dir).encode()).hexdigest()[:16]
    for folder in (Path.home() / ".cache" / "leadscore", Path(tempfile.gettempdir()) / f"leadscore-{os.getuid()}"):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            link = folder / name
            if not link.is_symlink():
                link.symlink_to(models_dir, target_is_directory=True)
            if link.readlink() == models_dir and not _ODD.search(str(link)):
                return link
    return models_dir


def bring_home(models_dir: Path) -> None:
    """Let MLflow find its artefacts where the models folder is now, if it was moved since they were written."""
    path = models_dir / DATABASE
    if not path.is_file():
        return
    here = (mlflow_root(models_dir) / ARTIFACTS).as_uri()
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        try:
            known = connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
        except sqlite3.OperationalError:  # MLflow has not made its tables yet
            return
        for (place,) in known:
            if place and place.endswith(f"/{ARTIFACTS}") and place != here:
                _replace(connection, place, here)


def _replace(connection: sqlite3.Connection, before: str, now: str) -> None:
    for table, columns in _PLACES.items():
        for column in columns:
            with suppress(sqlite3.OperationalError):
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608  # names are quoted or ours, values are bound
                    (now, len(before) + 1, len(before), before),
                )
