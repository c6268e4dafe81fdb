"""Known leads: by what a model recognises leads that it was trained on."""

import secrets

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel

_KEY_BYTES = 16  # of the hash that pandas uses
_PERSON = (Role.NAME, Role.EMAIL, Role.PHONE)


def new_identity_key() -> str:
    """Return a random key for one model's hashes, so that nobody finds its leads in a table of hashes.

    Examples
    --------
    >>> len(new_identity_key()), new_identity_key() == new_identity_key()
    (16, False)
    """
    return secrets.token_hex(_KEY_BYTES // 2)


def lead_identities(
    frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, key: str = ""
) -> dict[str, np.ndarray]:
    """Return keyed one-way hashes by which leads are recognised in another file; no detail is kept as it was written.

    Parameters
    ----------
    frame
        Labelled leads as read.
    key
        That of the model (``metadata.identity_key``): only with it are the same leads the same hashes. Models of
        earlier versions have none.

    Returns
    -------
    dict
        ``id``: of the lead's own number. ``person``: of the minute in which it came together with name, e-mail and
        phone. uint64, one a lead that has a usable outcome, 0 where it has none; what the list lacks is lacking.
    """
    label = schema.label
    raw = mapping.apply(frame, schema)
    usable = np.ones(len(frame), dtype=bool)
    if label is not None and label.name in raw:
        usable = clean_leads(raw[[label.name]], schema)[label.name].notna().to_numpy()
    identities: dict[str, np.ndarray] = {}
    texts = {
        role: [clean_text(frame[h], ("",), lower=True) for h in mapping.headers_of(schema, role) if h in frame.columns]
        for role in (Role.ID, *_PERSON)
    }
    if texts[Role.ID]:
        identities["id"] = _hash(texts[Role.ID][:1], key)[usable]
    person = [cells for role in _PERSON for cells in texts[role]]
    stamp = schema.one(Role.TIMESTAMP)
    if person and stamp is not None and stamp.name in raw:
        moments = clean_leads(raw[[stamp.name]], schema)[stamp.name].dt.floor("min")
        identities["person"] = _hash([as_text(moments.dt.strftime("%Y-%m-%d %H:%M")), *person], key)[usable]
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
            found: np.ndarray = np.isin(identities[kind], learned[kind])
            return found & (identities[kind] != 0)
    return model.features.was_seen(cleaned)


def _hash(columns: list[pd.Series], key: str) -> np.ndarray:
    """Return one hash a row over its texts in order, 0 where all are blank."""
    table = pd.DataFrame({place: cells.fillna("").to_numpy() for place, cells in enumerate(columns)}, dtype="str")
    hashes = pd.util.hash_pandas_object(table, index=False, hash_key=key or None).to_numpy().copy()
    hashes[(table == "").all(axis=1).to_numpy()] = 0
    return hashes
