"""Pseudonyms: what stands for a lead where nobody may know who it is; the same for the same person on every list."""

import hashlib
import hmac
import secrets
from pathlib import Path

import pandas as pd

from leadscore_core._files import read_or_make
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError

KEY_FILE = "pseudonyms.key"
PSEUDONYM = "ls_pseudonym"
_BYTES, _SHOWN = 32, 12
_KEYS = ("ls_id_key", "ls_email_key", "ls_phone_key")


def pseudonym_key(settings: Settings) -> bytes:
    """Return the key of this installation, made the first time; without it nobody can tell who a pseudonym stands for.

    Raises
    ------
    StorageError
        If it cannot be read or made.
    """
    path = settings.data_dir / KEY_FILE
    try:
        key = bytes.fromhex(read_or_make(path, lambda: secrets.token_hex(_BYTES)))
    except (OSError, ValueError) as error:
        raise _unusable(path) from error
    if len(key) != _BYTES:
        raise _unusable(path)
    return key


def pseudonyms(keys: pd.DataFrame, key: bytes, batch: str) -> list[str]:
    """Return a pseudonym for each lead: HMAC-SHA256 of what it is known by, else of its place in its list.

    Parameters
    ----------
    keys
        As from `LeadTable.keys_of`.
    batch
        What tells the list from others.
    """
    present = [name for name in _KEYS if name in keys]
    said = []
    for row, *values in keys[["ls_row", *present]].itertuples(index=False, name=None):
        known = next((f"{n} {v}" for n, v in zip(present, values, strict=True) if not pd.isna(v)), f"{batch} {row}")
        said.append(hmac.new(key, known.encode(), hashlib.sha256).hexdigest()[:_SHOWN])
    return said


def _unusable(path: Path) -> StorageError:
    return StorageError(
        f"The key of the pseudonyms, {path}, cannot be used. Check the rights of the folder; if the file is damaged, "
        "remove it: leads get new pseudonyms then."
    )
