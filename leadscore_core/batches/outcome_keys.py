"""Keys of outcomes: what the rows of a file and the leads of a batch are known by, and which row is which lead."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.batches.outcome_matching import KINDS, Matches, match_moments, match_people
from leadscore_core.config import Settings
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import StorageError
from leadscore_core.inference.contact_quality import contact_keys, read_contacts
from leadscore_core.inference.duplicates import key_columns
from leadscore_core.storage.contact_key import contact_key
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.files import read_people


def read_keys(chunk: pd.DataFrame, leads: LeadList, settings: Settings) -> pd.DataFrame:
    """Return what the rows of a file are known by, one row a row.

    Parameters
    ----------
    chunk
        Rows of the file, all columns.
    leads
        The file as it was opened: which header is which column.
    settings
        Country of phone numbers without a country code, and where the key of contacts is.

    Returns
    -------
    pandas.DataFrame
        ``id_text``, ``email``, ``phone`` and further ones, ``moment`` (hashes or NA), and ``given``, whether the row
        holds an e-mail or a phone at all.
    """
    contacts = read_contacts(chunk, leads.schema, leads.mapping, settings.phone_region)
    index = pd.RangeIndex(len(chunk))
    keys = contact_keys(contacts, contact_key(settings)).reindex(index=index).drop(columns="id", errors="ignore")
    ids = contacts.details.get(Role.ID)
    keys["id_text"] = pd.Series(pd.NA, index=index, dtype="str") if ids is None else ids.set_axis(index)
    cleaned = clean_leads(leads.mapping.apply(chunk, leads.schema), leads.schema)
    ways = [cells.notna() for role in (Role.EMAIL, Role.PHONE) for cells in contacts.columns(role)]
    keys["given"] = np.logical_or.reduce([np.zeros(len(chunk), dtype=bool), *(way.to_numpy() for way in ways)])
    keys["moment"] = moment_keys(cleaned, leads.schema)
    return keys


def region_for(leads: LeadList, batch: Batch, settings: Settings) -> str:
    """Return as whose numbers a file's are read among a list's leads: the file's own country, the list's, the usual."""
    return leads.mapping.phone_region or batch.mapping.phone_region or settings.phone_region


def moment_keys(cleaned: pd.DataFrame, schema: LeadSchema) -> pd.Series:
    """Return a hash of each lead's moment of creation and the columns that every list needs; NA without a moment."""
    stamp = schema.one(Role.TIMESTAMP)
    needed = [column.name for column in schema.inputs if column.required and column.name in cleaned]
    if stamp is None or stamp.name not in cleaned:
        return pd.Series(pd.NA, index=range(len(cleaned)), dtype="Int64")
    text = cleaned[stamp.name].dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    for name in needed:
        text = text + "|" + cleaned[name].astype("str").fillna("").str.casefold()
    hashes = pd.Series(pd.util.hash_array(text.to_numpy(dtype=object)).view("int64"), dtype="Int64")
    return hashes.mask(cleaned[stamp.name].isna().to_numpy())


def match_leads(people: pd.DataFrame, rows: pd.DataFrame) -> Matches:
    """Match by what identifies a person, or by moments where a batch and a file share nothing of the kind."""

    def has(table: pd.DataFrame, kind: str) -> bool:
        return any(table[name].notna().any() for name in key_columns(table, kind))

    shares = any(has(people, kind) and has(rows, kind) for kind in ("id_text", *KINDS))
    return match_people(people, rows) if shares else match_moments(people, rows)


def say_unread(names: Sequence[str]) -> list[str]:
    """Return a sentence on the lists that could not be looked at, whose leads may be those that stand in no list.

    Examples
    --------
    >>> say_unread([]), say_unread(["Week 47"])[0][:59]
    ([], 'Week 47 could not be looked at, as files are gone or damage')
    """
    if not names:
        return []
    which = "the list" if len(names) == 1 else "the lists"
    return [
        f"{', '.join(names)} could not be looked at, as files are gone or damaged. Restore a backup or upload {which} "
        "again, then bring this file again."
    ]


def people_of_batch(path: Path, schema: LeadSchema) -> pd.DataFrame:
    """Return what a batch's leads are known by, one row a lead in the order of the list (see `match_people`).

    Raises
    ------
    StorageError
        If the file is gone or damaged.
    """
    found = read_people(path)
    found = found.rename(columns=lambda name: re.sub(r"^ls_((?:email|phone)(?:_\d+)?)_key$", r"\1", str(name)))
    found = found.rename(columns={"ls_id": "id_text", "ls_name": "name"})
    found = found.drop(columns="ls_id_key", errors="ignore")
    if "id_text" not in found:
        found["id_text"] = pd.Series(pd.NA, index=found.index, dtype="str")
    stamp = schema.one(Role.TIMESTAMP)
    needed = [column.name for column in schema.inputs if column.required]
    wanted = [name for name in ([stamp.name] if stamp else []) + needed if name]
    try:
        present = [name for name in wanted if name in pq.read_schema(path).names]
        table = pq.read_table(path, columns=["ls_row", *present]).to_pandas().sort_values("ls_row")
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{path} is gone or damaged. Upload the list again, or delete it on Leads.") from error
    return found.assign(moment=moment_keys(table.reset_index(drop=True), schema).array)
