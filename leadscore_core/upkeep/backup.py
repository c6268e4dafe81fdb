"""Backup: everything that is kept, as it is at one moment, in one file with a manifest of hashes."""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine, select

from leadscore_core._files import hash_file, scratch_folder, whole_file
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import SQLITE_FILE, Settings, load_settings, settings_file
from leadscore_core.errors import BackupError
from leadscore_core.progress import Progress, silent
from leadscore_core.registry.champions import CHAMPION, CHAMPIONS, HISTORY, LOCK
from leadscore_core.retraining.jobs import LEADS, SCRATCH
from leadscore_core.storage.database.audit import AuditEvent
from leadscore_core.storage.database.audit_intents import in_audit
from leadscore_core.storage.database.batches import LEADS_FILE, BatchStore
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.tables import HEAD, BatchRow, OutcomeRow, ScoringRow
from leadscore_core.upkeep.database_copy import copy_database, copy_sqlite
from leadscore_core.upkeep.settings_file import SETTINGS

FORMAT_VERSION = 2  # 1 had no settings file
MANIFEST, DATABASE, DATA, MODELS = "manifest.json", "database.sqlite", "data", "models"
CHAMPION_FILES = (CHAMPION, CHAMPIONS, HISTORY)
_BLOCK = 1 << 20
_TRIES = 5
_SQLITE = b"SQLite format 3\0"


class BackedUpFile(BaseModel):
    """One file of a backup: its bytes, and their SHA-256 in hexadecimal."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a backup holds.

    Attributes
    ----------
    format_version
        Of the backup itself.
    leadscore, schema_version
        Versions of LeadScore and of its tables.
    rows
        Rows of each table.
    files
        By their names in the backup: the database, the settings file where there is one, and what lay below the data
        and the models directory.
    missing
        Files of lists that the database names and that were not there.
    """

    model_config = ConfigDict(extra="forbid")

    format_version: int
    leadscore: str
    schema_version: str
    made_at: datetime
    rows: dict[str, int]
    files: dict[str, BackedUpFile]
    missing: list[str] = []


@dataclass(frozen=True)
class BackupReport:
    """A backup that was made."""

    path: Path
    manifest: Manifest
    sha256: str


class _GoneError(Exception):
    """A list was deleted while it was being backed up."""


@needs(Action.BACK_UP)
def write_backup(
    out: Path, settings: Settings | None = None, *, force: bool = False, progress: Progress | None = None
) -> BackupReport:
    """Write everything that is kept into one file; the app may go on working meanwhile.

    The database is copied as it is at one moment, then the files that it names, which are never changed once they are
    there. The file is for its owner alone: it holds every contact.

    Raises
    ------
    BackupError
        If the file is there already, lies in a directory that it copies, or cannot be written, or what is kept cannot
        be read; nothing is left then.
    StorageError
        If the database cannot be read.
    """
    settings = settings or load_settings()
    if out.exists() and not force:
        raise BackupError(f"{out} is there already and is kept. Give another name, or --force to write over it.")
    for _ in range(_TRIES):
        try:
            manifest = _write_once(out, settings, progress or silent)
            break
        except _GoneError:
            continue
        except OSError as error:
            raise BackupError(
                f"The backup could not be written to {out} ({error.strerror or error}). Nothing was left there. Make "
                "room or choose another folder, and try again."
            ) from error
    else:
        raise BackupError("Lists were deleted again and again while they were being backed up. Try again later.")
    return BackupReport(out, manifest, hash_file(out))


def _write_once(out: Path, settings: Settings, progress: Progress) -> Manifest:
    if not out.parent.is_dir():
        raise BackupError(f"The folder {out.parent} does not exist. Create it or choose another.")
    for root in (settings.data_dir, settings.models_dir):
        if out.resolve().is_relative_to(root.resolve()):
            raise BackupError(
                f"{out} would lie in {root}, of which it is a copy: a restore would remove it, and the next backup "
                "would hold it. Choose a folder elsewhere."
            )
    with scratch_folder() as scratch, ExitStack() as written_down, whole_file(out) as aside:
        aside.chmod(0o600)
        rows = copy_database(settings, scratch / DATABASE)
        by_batch = _kept_files(scratch / DATABASE)
        found = dict(_files_of(settings, scratch, by_batch))
        lists = {f"{DATA}/batches/{batch}/{name}": batch for batch, names in by_batch.items() for name in names}
        files: dict[str, BackedUpFile] = {}
        missing: list[str] = []
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
            for done, (name, path) in enumerate(found.items()):
                progress(done / len(found), name)
                try:
                    files[name] = _pack(packed, name, path)
                except FileNotFoundError as error:
                    if name in lists and _is_deleted(lists[name], settings):
                        raise _GoneError from error
                    missing += [name] if name in lists else []
            manifest = Manifest(
                format_version=FORMAT_VERSION,
                leadscore=version("leadscore"),
                schema_version=HEAD,
                made_at=now(),
                rows=rows,
                files=files,
                missing=missing,
            )
            packed.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
        taken = AuditEvent(Action.BACK_UP, "backup", rows["batch"])
        written_down.enter_context(in_audit(settings, taken, out, aside=aside))
    return manifest


def _is_deleted(batch: str, settings: Settings) -> bool:
    with open_database(settings).session() as session:
        return session.get(BatchRow, batch) is None


def _kept_files(database: Path) -> dict[str, set[str]]:
    """Return the files of each batch that a copy of the database names, by the batch."""
    engine = create_engine(f"sqlite:///{database}")
    try:
        with engine.connect() as connection:
            by_batch = {batch: {LEADS_FILE} for (batch,) in connection.execute(select(BatchRow.id))}
            for batch, number in connection.execute(select(ScoringRow.batch_id, ScoringRow.number)):
                by_batch[batch].add(f"scores-{number:04d}.parquet")
            for batch, number in connection.execute(select(OutcomeRow.batch_id, OutcomeRow.number)):
                by_batch[batch].add(f"outcomes-{number:04d}.parquet")
    finally:
        engine.dispose()
    return by_batch


def _files_of(settings: Settings, scratch: Path, by_batch: dict[str, set[str]]) -> Iterator[tuple[str, Path]]:
    """Give every file that is backed up, by its name in the backup."""
    yield DATABASE, scratch / DATABASE
    if settings_file().is_file():
        yield SETTINGS, settings_file()
    batches = BatchStore(settings).root
    for batch, names in by_batch.items():
        for name in sorted(names):
            yield f"{DATA}/{batches.name}/{batch}/{name}", batches / batch / name
    skipped = {batches.name, SQLITE_FILE, f"{SQLITE_FILE}-wal", f"{SQLITE_FILE}-shm"}
    if settings.models_dir.parent == settings.data_dir:
        skipped.add(settings.models_dir.name)
    yield from _below(settings.data_dir, DATA, scratch, skipped)
    yield from _below(settings.models_dir, MODELS, scratch, set(CHAMPION_FILES))
    for name in _copy_champions(settings.models_dir, scratch):
        yield f"{MODELS}/{name}", scratch / name


def _copy_champions(models_dir: Path, scratch: Path) -> list[str]:
    """Copy the files that say which model is in use, while nobody changes one of them, and return their names."""
    try:
        lock = FileLock(models_dir / LOCK, timeout=30) if os.access(models_dir, os.W_OK) else nullcontext()
        with lock:
            there = [name for name in CHAMPION_FILES if (models_dir / name).is_file()]
            for name in there:
                (scratch / name).write_bytes((models_dir / name).read_bytes())
    except Timeout:
        raise BackupError("Somebody has been changing the champion for half a minute. Try again.") from None
    return there


def _below(root: Path, place: str, scratch: Path, skipped: set[str]) -> Iterator[tuple[str, Path]]:
    """Give the files below a directory, but hidden ones and those of a run at work; databases as they are now."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name != SCRATCH and (here != root or name not in skipped)
        )
        for name in sorted(names):
            path = here / name
            is_ours = here != root or name not in skipped
            is_passing = name.startswith(".") or name.endswith((".lock", "-wal", "-shm", "-journal"))
            is_passing = is_passing or (here.parent.name == "runs" and name == LEADS)
            if is_ours and not is_passing and path.is_file() and not path.is_symlink():
                yield f"{place}/{path.relative_to(root).as_posix()}", _still(path, scratch)


def _still(path: Path, scratch: Path) -> Path:
    """Return a file, or where it is a database a copy as it is now."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return path
    copy = scratch / f"{hashlib.sha256(os.fsencode(path)).hexdigest()}.sqlite"
    copy_sqlite(path, copy)
    return copy


def _pack(packed: zipfile.ZipFile, name: str, path: Path) -> BackedUpFile:
    """Write a file into the backup, and return what the manifest says of it."""
    digest, size = hashlib.sha256(), 0
    about = zipfile.ZipInfo(name)
    is_packed = path.suffix in {".sqlite", ".db", ".json", ".jsonl"}
    about.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
    with path.open("rb") as source, packed.open(about, "w", force_zip64=True) as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            target.write(block)
    return BackedUpFile(size=size, sha256=digest.hexdigest())
