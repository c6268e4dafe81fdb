"""Restore: a backup is checked in full, made ready beside what is there, and takes its place as a whole."""

import hashlib
import os
import re
import shutil
import sqlite3
import zipfile
from collections import defaultdict
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout
from pydantic import ValidationError

from leadscore_core._files import move_path
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import RESTORE_NEW, SQLITE_FILE, Settings, load_settings, settings_file
from leadscore_core.errors import BackupError, LeadScoreError, StorageError
from leadscore_core.progress import Progress, silent
from leadscore_core.registry.champions import LOCK as PROMOTION
from leadscore_core.retraining.jobs import busy_words, list_runs, training_lock
from leadscore_core.storage.database.audit import ANCHORS
from leadscore_core.storage.database.engine import close_databases, open_database
from leadscore_core.upkeep import swap
from leadscore_core.upkeep.backup import DATA, DATABASE, FORMAT_VERSION, MANIFEST, MODELS, Manifest
from leadscore_core.upkeep.database_copy import check_copy, continues_audit, loading, note_restored, sqlite_path
from leadscore_core.upkeep.settings_file import LAID_BESIDE, SETTINGS, SettingsFate, settings_fate, write_own

_BLOCK = 1 << 20
_MOST_MANIFEST = 256 << 20
_SPARE_BYTES = 32 << 20
DAMAGED = ".damaged"
_NAME = re.compile(rf"(data|models)(/[^/\0\\\\]+)+|database\.sqlite|{re.escape(SETTINGS)}")


@dataclass(frozen=True)
class RestoreReport:
    """What was restored: the backup's manifest, whether the audit went on instead of going back, and the settings.

    ``damaged`` is where a database lies that could not be read, and whose audit nobody knows; None where it could be.
    """

    manifest: Manifest
    keeps_audit: bool
    settings: SettingsFate
    damaged: Path | None = None


@needs(Action.BACK_UP)
def read_backup(path: Path) -> Manifest:
    """Return the manifest of a backup, before anything else is looked at.

    Raises
    ------
    BackupError
        If it is no backup, was changed, or is of a newer version.
    """
    with _open(path) as packed:
        return _read_manifest(packed, path)


@needs(Action.BACK_UP)
def restore_backup(path: Path, settings: Settings | None = None, *, progress: Progress | None = None) -> RestoreReport:
    """Put everything back as it was when a backup was made; the app may go on running meanwhile.

    Every hash and the version are checked before anything is touched. What is there now stays beside it until all is
    done, and comes back if anything fails; if the process is killed, the next command or server that starts carries
    the restore out to its end.

    Raises
    ------
    BackupError
        If it is no backup, was changed, is of a newer version, the disk is too small, a model is being trained, or it
        cannot be put in place; nothing is changed then.
    """
    settings, progress = settings or load_settings(), progress or silent
    try:
        with swap.swap_lock(settings).acquire(timeout=0):
            _carry_out_decided(settings)
            with _open(path) as packed:
                manifest = _read_manifest(packed, path)
                _check_space(manifest, settings)
                _check_no_training(settings)
                try:
                    journal = _make_ready(packed, manifest, settings, progress)
                    fate = _make_settings_ready(packed, manifest, settings, journal)
                except BaseException:
                    swap.clear(settings)
                    raise
            progress(1.0, "Putting it in place")
            swap.decide(settings, journal)
            _carry_out_decided(settings)
    except Timeout:
        raise BackupError("Somebody else is restoring a backup here. Wait until it is done.") from None
    except OSError as error:
        raise BackupError(
            f"The backup could not be restored ({error.filename or settings.data_dir}: {error.strerror or error}). "
            "Nothing was changed. Make room or give write access, then try again."
        ) from error
    was = Path(journal.new_database_file)
    damaged = was.with_name(f"{was.name}{DAMAGED}") if journal.new_database_file else None
    return RestoreReport(manifest, journal.keep_audit, fate, damaged)


def finish_restore(settings: Settings) -> bool:
    """Carry a restore to its end that was cut short after it was decided, and return whether there was one."""
    if not settings.has_unfinished:
        return False
    with suppress(Timeout), swap.swap_lock(settings).acquire(timeout=0):
        return _carry_out_decided(settings)
    return False  # it is at work


def _carry_out_decided(settings: Settings) -> bool:
    journal = swap.read_journal(settings)
    if journal is None:
        swap.clear(settings)
        return False
    copy = settings.data_dir / RESTORE_NEW / DATABASE
    try:
        with FileLock(settings.models_dir / PROMOTION, timeout=30):
            if journal.new_database_file:
                swap.swap_in(settings, journal)
                _replace_database(Path(journal.new_database_file), copy)
                note_restored(settings, journal.key)
            else:
                with loading(settings, copy, keep_audit=journal.keep_audit, key=journal.key):
                    swap.swap_in(settings, journal)
    except BaseException:
        swap.swap_back(settings, journal)
        swap.finish(settings)
        raise
    swap.finish(settings)
    return True


def _replace_database(path: Path, copy: Path) -> None:
    """Put the copy in the place of a database file that cannot be used, which stays beside it under another name."""
    close_databases()
    if not copy.is_file():
        return  # it was, before a crash
    for ending in ("-wal", "-shm", ""):
        there = path.with_name(path.name + ending)
        if there.exists():
            move_path(there, path.with_name(f"{path.name}{DAMAGED}{ending}"))
    shutil.copyfile(copy, path.with_name(path.name + DAMAGED + "-new"))  # the database may lie on another disk
    move_path(path.with_name(path.name + DAMAGED + "-new"), path)
    copy.unlink()


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not one, or is cut short"
        raise BackupError(
            f"{path} cannot be read as a backup ({reason}). Nothing was changed. Give another file."
        ) from error


def _read_manifest(packed: zipfile.ZipFile, path: Path) -> Manifest:
    """Return the manifest of a backup that holds what it names and nothing else, and can be read by this version."""
    content = b""
    try:
        about = packed.getinfo(MANIFEST)
        if about.file_size > _MOST_MANIFEST:
            raise BackupError(f"{path} is no backup of LeadScore: its manifest is too long. Nothing was changed.")
        content = packed.read(MANIFEST)
        manifest = Manifest.model_validate_json(content)
    except (KeyError, ValidationError, zipfile.BadZipFile, OSError) as error:
        found = re.search(rb'"format_version":\s*(\d{1,9})\b', content)
        if found is not None and int(found[1]) > FORMAT_VERSION:
            raise _newer(path, int(found[1])) from error
        raise BackupError(
            f"{path} is no backup of LeadScore, or is damaged: its {MANIFEST} cannot be read. Nothing was changed."
        ) from error
    if manifest.format_version > FORMAT_VERSION:
        raise _newer(path, manifest.format_version)
    names = [info.filename for info in packed.infolist()]
    if sorted(names) != sorted([MANIFEST, *manifest.files]) or DATABASE not in manifest.files:
        raise BackupError(f"{path} does not hold the files that it names, so it was changed. Nothing was restored.")
    for name in manifest.files:
        if not _NAME.fullmatch(name) or ".." in PurePosixPath(name).parts or "." in name.split("/"):
            raise BackupError(f"{path} names a file outside its folders ({name!r}). Nothing was restored.")
    return manifest


def _newer(path: Path, found: int) -> BackupError:
    return BackupError(
        f"{path} is a backup of format {found}; this LeadScore reads up to {FORMAT_VERSION}. Nothing was changed. "
        "Update LeadScore, then restore it."
    )


def _check_space(manifest: Manifest, settings: Settings) -> None:
    needed: dict[int, int] = defaultdict(lambda: _SPARE_BYTES)
    roots: dict[int, Path] = {}
    for name, about in manifest.files.items():
        root = settings.models_dir if name.startswith(f"{MODELS}/") else settings.data_dir
        root.mkdir(parents=True, exist_ok=True)
        disk = root.stat().st_dev
        needed[disk] += about.size * (2 if name == DATABASE else 1)
        roots[disk] = root
    for disk, size in needed.items():
        free = shutil.disk_usage(roots[disk]).free
        if free < size:
            raise BackupError(
                f"The disk of {roots[disk]} has {free / 1e6:,.0f} MB free, and the backup needs {size / 1e6:,.0f} MB "
                "beside what is there. Nothing was changed. Make room, then restore it."
            )


def _check_no_training(settings: Settings) -> None:
    lock = training_lock(settings)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BackupError(f"{busy_words(settings)} Nothing was restored.") from None
    lock.release()
    if any(run.is_on for run in list_runs(settings)):
        raise BackupError(f"{busy_words(settings)} Nothing was restored.")


def _make_ready(packed: zipfile.ZipFile, manifest: Manifest, settings: Settings, progress: Progress) -> swap.Journal:
    """Write everything beside what is there, each file checked, and return what is to be exchanged."""
    new = {place: root / RESTORE_NEW for place, root in swap.places(settings).items()}
    for folder in new.values():
        folder.mkdir()
    for done, (name, about) in enumerate(manifest.files.items()):
        progress(done / len(manifest.files), name)
        place, _, inside = name.partition("/")
        if name == SETTINGS:
            continue
        target = new[place] / inside if inside else new[DATA] / DATABASE
        target.parent.mkdir(parents=True, exist_ok=True)
        _unpack(packed, name, target, about.size, about.sha256)
    copy = new[DATA] / DATABASE
    try:
        check_copy(copy, manifest.rows)
    except StorageError as error:
        raise BackupError(f"The database of the backup cannot be used: {error} Nothing was restored.") from error
    names = {place: sorted(path.name for path in folder.iterdir() if path != copy) for place, folder in new.items()}
    damaged = _damaged_file(settings)
    keep_audit = damaged is None and continues_audit(settings, copy)
    own = sqlite_path(settings)
    stay = [SQLITE_FILE, *([own.name] if own is not None and own.parent == settings.data_dir else [])]
    stay = [f"{name}{ending}" for name in stay for ending in ("", "-wal", "-shm", "-journal", DAMAGED)]
    stay += [settings.models_dir.name] if settings.models_dir.parent == settings.data_dir else []
    if keep_audit:
        stay.append(ANCHORS)
        names[DATA] = [name for name in names[DATA] if name != ANCHORS]
    journal = swap.Journal(names=names, stay={DATA: stay, MODELS: []}, keep_audit=keep_audit)
    return journal if damaged is None else journal.model_copy(update={"new_database_file": str(damaged)})


def _make_settings_ready(
    packed: zipfile.ZipFile, manifest: Manifest, settings: Settings, journal: swap.Journal
) -> SettingsFate:
    """Write the settings of a backup beside those that are here, and say in the journal whether they are exchanged."""
    about = manifest.files.get(SETTINGS)
    if about is None:
        return SettingsFate.NONE
    new = settings.data_dir / swap.NEW_SETTINGS
    new.touch(0o600)
    _unpack(packed, SETTINGS, new, about.size, about.sha256)
    content, path = new.read_text(encoding="utf-8", errors="replace"), settings_file()
    fate = settings_fate(content, settings)
    if fate is SettingsFate.PUT_BACK:
        if path.is_file():
            write_own(settings.data_dir / swap.OLD_SETTINGS, path.read_text(encoding="utf-8"))
        journal.settings = str(path)
    elif fate.is_beside:
        write_own(settings.data_dir / RESTORE_NEW / LAID_BESIDE, content)
        journal.names[DATA].append(LAID_BESIDE)
    return fate


def _damaged_file(settings: Settings) -> Path | None:
    """Return the file of the present database if it is one that cannot be used, as when a restore is needed most."""
    path = sqlite_path(settings)
    if path is None or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return path
        open_database(settings)
    except (sqlite3.DatabaseError, LeadScoreError):
        return path
    return None


def _unpack(packed: zipfile.ZipFile, name: str, target: Path, size: int, sha256: str) -> None:
    digest, read = hashlib.sha256(), 0
    try:
        with packed.open(name) as source, target.open("wb") as out:
            while (block := source.read(_BLOCK)) and read <= size:
                digest.update(block)
                read += len(block)
                out.write(block)
            out.flush()
            os.fdatasync(out.fileno())
    except zipfile.BadZipFile as error:
        raise _changed(name) from error
    if read != size or digest.hexdigest() != sha256:
        raise _changed(name)


def _changed(name: str) -> BackupError:
    return BackupError(
        f"{name} in the backup is not what was backed up (its SHA-256 differs), so the file was changed or is damaged. "
        "Nothing was restored. Take another backup."
    )
