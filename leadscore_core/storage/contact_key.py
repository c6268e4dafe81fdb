"""Contact key: the secret of an installation by which ids, e-mails and phones become hashes that nobody can turn back.

There are so few phone numbers that a hash without a secret is found by trying all of them. The hashes that are kept, in
the database and in the files of batches, are therefore hashed again by SipHash-2-4 (Aumasson and Bernstein, 2012) with
a key that is a file of the data directory, readable by its owner alone. A backup of that directory holds it too.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from leadscore_core._files import publish_file, whole_file
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.leads.rewriting import rewrite_parquet

KEY_FILE = "contact.key"
_PENDING, _LOCK = ".contact-key-to-be", ".contact-key.lock"
_MARK = b"leadscore_contact_key"
_KIND = "contact key"
_LENGTH = 16  # bytes, as SipHash has it; of 64 signs each, so 96 bits
_WAIT_SECONDS = 600
_ROWS = 5_000


def keyed_hashes(hashes: np.ndarray, key: str) -> np.ndarray:
    """Return hashes of hashes by a key, as 64-bit integers.

    Parameters
    ----------
    hashes
        int64.
    key
        16 ASCII characters.

    Examples
    --------
    >>> some = np.array([7, 8, 7])
    >>> made = keyed_hashes(some, "0123456789abcdef")
    >>> bool(made[0] == made[2] != made[1]), bool((made == keyed_hashes(some, "fedcba9876543210")).any())
    (True, False)
    """
    texts = np.array(list(map(str, hashes.tolist())), dtype=object)
    return pd.util.hash_array(texts, hash_key=key).view("int64")


def contact_key(settings: Settings) -> str:
    """Return the key of this installation; made the first time, and what was kept without it is brought under it.

    A database that came to a key which is there already is told from one that began beside it: what it kept before
    there were keys is brought under the key, too.

    Raises
    ------
    StorageError
        If the contacts in the database are known by a key that is not in the data directory, or by another one than
        lies there, or the key cannot be kept.
    """
    path = settings.data_dir / KEY_FILE
    fault = key_fault(settings)
    if fault:
        raise StorageError(fault)
    try:
        if path.is_file() and _known_by(settings):
            return _read(path)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.data_dir / _LOCK, timeout=_WAIT_SECONDS):
            if not path.is_file():
                _make(settings, path)
            elif not _known_by(settings):
                _bring_together(settings, _read(path))
            return _read(path)
    except (OSError, Timeout) as error:
        raise _unusable(path, error) from error


def key_fault(settings: Settings) -> str:
    """Return why nobody in the database could be known again by the key that is there; empty where they can.

    Raises
    ------
    StorageError
        If the database cannot be used.
    """
    known, path = _known_by(settings) if settings.has_database else "", settings.data_dir / KEY_FILE
    if not known:
        return ""
    pending = settings.data_dir / _PENDING  # a crash may have come before it took its place
    try:
        is_own = _name_of(_read(path if path.exists() or not pending.exists() else pending)) == known
    except FileNotFoundError:
        return (
            f"The contacts in the database are known by a key that is not in {settings.data_dir}: {KEY_FILE} is "
            "missing, so that nobody who was called would be known again. Restore it from a backup of that folder, or "
            "copy it from the other machine of this database."
        )
    except OSError as error:
        raise _unusable(path, error) from error
    if is_own:
        return ""
    return (
        f"The contacts in the database are known by another key than that in {path}, so that nobody who was called "
        f"would be known again. Put the {KEY_FILE} that belongs to this database in its place, or the database that "
        "belongs to this key: both are in each backup (leadscore restore FILE)."
    )


def _read(path: Path) -> str:
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) != _LENGTH or not key.isascii():
        raise StorageError(f"{path} does not hold the key of contacts. Restore it from a backup of {path.parent}.")
    return key


def _make(settings: Settings, path: Path) -> None:
    """Make the key, bring all that is there under it, and only then put it in its place: a crash begins again here."""
    pending = settings.data_dir / _PENDING
    with suppress(FileExistsError):
        handle = os.open(pending, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(12))
    key = _read(pending)
    _rekey_database(settings, key)
    for scores in sorted((settings.data_dir / "batches").glob("*/scores-*.parquet")):
        _rekey_scores(scores, key)
    publish_file(pending, path)


def _known_by(settings: Settings) -> str:
    """Return by which key the contacts in the database are known; empty where it does not say."""
    from sqlalchemy import select

    from leadscore_core.storage.database.engine import open_database
    from leadscore_core.storage.database.tables import PreferenceRow

    with open_database(settings).session() as session:
        found = session.execute(select(PreferenceRow.value).where(PreferenceRow.kind == _KIND)).scalar()
    return "" if found is None else str(found["key"])


def _bring_together(settings: Settings, key: str) -> None:
    """Let a database say by which key its contacts are known, where a key was there before it.

    It began beside the key, and all is known by it, or it was put there and is older than keys: then it has lists of
    which its audit does not say that they were kept, as every version with keys writes down.
    """
    from sqlalchemy import select

    from leadscore_core.access.permissions import Action
    from leadscore_core.storage.database.engine import open_database
    from leadscore_core.storage.database.tables import AuditRow, BatchRow

    with open_database(settings).session() as session:
        kept = set(session.execute(select(AuditRow.object).where(AuditRow.action == Action.SCORE)).scalars())
        older = [batch for batch in session.execute(select(BatchRow.id)).scalars() if f"batch {batch}" not in kept]
    for batch in older:
        for scores in sorted((settings.data_dir / "batches" / batch).glob("scores-*.parquet")):
            _rekey_scores(scores, key)
    _rekey_database(settings, key, is_older=bool(older))


def _rekey_database(settings: Settings, key: str, *, is_older: bool = True) -> None:
    """Bring the hashes in the database under the key, if it is older than keys, and let it say so."""
    from sqlalchemy import insert, select

    from leadscore_core.storage.database.engine import now, open_database
    from leadscore_core.storage.database.tables import PersonKeyRow, PreferenceRow

    with open_database(settings).writing() as session:
        if session.execute(select(PreferenceRow.value).where(PreferenceRow.kind == _KIND)).scalar() is not None:
            return
        if is_older:
            table = PersonKeyRow.__table__
            rows = session.execute(select(table).where(table.c.kind != "row")).mappings().all()
            session.execute(table.delete().where(table.c.kind != "row"))  # type: ignore[attr-defined]
            new = keyed_hashes(np.array([row["key"] for row in rows], dtype="int64"), key).tolist()
            for start in range(0, len(rows), _ROWS):
                part = zip(rows[start : start + _ROWS], new[start : start + _ROWS], strict=True)
                session.execute(insert(PersonKeyRow), [{**row, "key": value} for row, value in part])
        value = {"key": _name_of(key)}
        session.add(
            PreferenceRow(kind=_KIND, version=1, value=value, model_id="", note="", author="LeadScore", saved_at=now())
        )


def _rekey_scores(path: Path, key: str) -> None:
    """Bring the hashes in a batch's scores under the key, unless they are."""
    mark = _name_of(key).encode()
    schema = pq.read_schema(path)
    names = [name for name in schema.names if name.startswith("ls_") and name.endswith("_key")]
    if (schema.metadata or {}).get(_MARK) == mark or not names:
        return

    def under_the_key(table: pa.Table, _: int) -> pa.Table:
        for name in names:
            blank = pc.is_null(table[name]).to_numpy()
            made = keyed_hashes(table[name].fill_null(0).to_numpy(), key)
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(place), pa.array(made, pa.int64(), mask=blank))
        return table

    with whole_file(path) as aside:
        rewrite_parquet(path, aside, under_the_key, {_MARK: mark})


def _name_of(key: str) -> str:
    """Return what identifies a key without revealing it."""
    return hashlib.sha256(f"leadscore {key}".encode()).hexdigest()


def _unusable(path: Path, error: Exception) -> StorageError:
    reason = getattr(error, "strerror", None) or "another process holds it"
    return StorageError(f"The key of contacts {path} cannot be used ({reason}). Give write access, then try again.")
