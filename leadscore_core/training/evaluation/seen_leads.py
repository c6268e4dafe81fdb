"""Known leads: by what a model recognises leads that it was trained on."""

import hashlib

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel

_KEY_BYTES = 16  # of the keyed hash that pandas uses
_PERSON = (Role.NAME, Role.EMAIL, Role.PHONE)


def make_identity_key(fingerprint: str) -> str:
    """Return the key of a model's hashes, another for other leads, so that nobody finds them in a table of hashes.

    Parameters
    ----------
    fingerprint
        Of the leads that the model was trained on; the same leads give the same model by every door.

    Examples
    --------
    >>> len(make_identity_key("a")), make_identity_key("a") == make_identity_key("b")
    (16, False)
    """
    return hashlib.sha256(f"identities of {fingerprint}".encode()).hexdigest()[:_KEY_BYTES]


def key_hashes(hashes: np.ndarray, key: str) -> np.ndarray:
    """Return hashes under a model's key (``metadata.identity_key``); 0, which stands for nothing, stays 0.

    Parameters
    ----------
    hashes
        As from `lead_identities`; uint64.
    key
        Empty for models of earlier versions, which have none.
    """
    if not key:
        return hashes
    keyed = pd.util.hash_array(hashes.astype("str").astype(object), hash_key=key, categorize=False)
    return np.where(hashes == 0, 0, keyed).astype("uint64")


def lead_identities(frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping) -> dict[str, np.ndarray]:
    """Return one-way hashes by which leads are recognised in another file; no detail is kept as it was written.

    Parameters
    ----------
    frame
        Labelled leads as read.

    Returns
    -------
    dict
        ``id``: of the lead's own number. ``person``: of the minute in which it came together with name, e-mail and
        phone. uint64, one a lead that has a usable outcome, 0 where it has none; what the list lacks is lacking.
    """
    label, stamp = schema.label, schema.one(Role.TIMESTAMP)
    wanted = [column.name for column in (label, stamp) if column is not None]
    raw = mapping.apply(frame, schema)
    cleaned = clean_leads(raw[[name for name in wanted if name in raw]], schema)
    usable = np.ones(len(frame), dtype=bool)
    if label is not None and label.name in cleaned:
        usable = cleaned[label.name].notna().to_numpy()
    came = cleaned[stamp.name] if stamp is not None and stamp.name in cleaned else None
    return {kind: own[usable] for kind, own in hash_identities(frame, schema, mapping, came).items()}


def hash_identities(
    frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, came: pd.Series | None
) -> dict[str, np.ndarray]:
    """Return the hashes of `lead_identities` for all rows, with an outcome or without.

    Parameters
    ----------
    came
        When each lead came, as cleaned; None where the list does not say.
    """
    identities: dict[str, np.ndarray] = {}
    texts = {
        role: [clean_text(frame[h], ("",), lower=True) for h in mapping.headers_of(schema, role) if h in frame.columns]
        for role in (Role.ID, *_PERSON)
    }
    if texts[Role.ID]:
        identities["id"] = _hash(texts[Role.ID][:1])
    person = [cells for role in _PERSON for cells in texts[role]]
    if person and came is not None:
        identities["person"] = _hash([as_text(came.dt.floor("min").dt.strftime("%Y-%m-%d %H:%M")), *person])
    return identities


def seen_in_training(
    model: LeadModel, cleaned: pd.DataFrame, identities: dict[str, np.ndarray] | None = None
) -> np.ndarray | None:
    """Tell which leads a model was trained on; None where nothing tells leads apart.

    Parameters
    ----------
    cleaned
        Leads as cleaned for the model.
    identities
        Of the same leads (see `lead_identities`). By their ids leads are known for certain, else by who came when; a
        model or list without these goes by the moment and the columns that every list needs.
    """
    learned = getattr(model.features, "identities_", {})
    for kind in ("id", "person"):
        if identities and kind in identities and kind in learned:
            found: np.ndarray = np.isin(key_hashes(identities[kind], model.metadata.identity_key), learned[kind])
            return found & (identities[kind] != 0)
    return model.features.was_seen(cleaned)


def _hash(columns: list[pd.Series]) -> np.ndarray:
    """Return one hash a row over its texts in order, 0 where all are blank."""
    table = pd.DataFrame({place: cells.fillna("").to_numpy() for place, cells in enumerate(columns)}, dtype="str")
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy().copy()
    hashes[(table == "").all(axis=1).to_numpy()] = 0
    return hashes
