"""Known leads: by what a model recognises leads that it was trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.text import as_text, clean_text
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import CITY_TIER, LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel

if TYPE_CHECKING:  # scikit-learn, which pages do without
    from leadscore_core.model.features import LeadFeatures

_KEY_BYTES = 16  # of the keyed hash that pandas uses
_PERSON = (Role.NAME, Role.EMAIL, Role.PHONE)
_LEAST_DISTINCT = {
    "id": 0.5,
    "person": 0.9,
    "row": 0.9,
}  # below this share of leads that differ, a kind tells nothing
_LEAST_SHARE = 0.1  # of older models' training leads, which do not say how many of them had an id
_LEAST_MOMENTS = 0.98
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


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
        moment = as_text(came.dt.floor("min").dt.strftime("%Y-%m-%d %H:%M"))
        identities["person"] = np.where(_hash(person) == 0, np.uint64(0), _hash([moment, *person]))
    return identities


def learn_identities(
    cleaned: pd.DataFrame, columns: Sequence[str], identities: dict[str, np.ndarray], key: str
) -> dict[str, np.ndarray]:
    """Return by what a model knows the leads that it is trained on, without what does not tell them apart.

    Parameters
    ----------
    cleaned
        The leads that it learns from.
    columns
        Its inputs (see `row_columns`).
    identities
        Of the same leads (see `hash_identities`).
    key
        Of its hashes (see `make_identity_key`).

    Returns
    -------
    dict
        Kind -> keyed hashes, sorted; uint64 (see `key_leads`).
    """
    return {kind: np.unique(own) for kind, own in key_leads(cleaned, columns, identities, key).items()}


def key_leads(
    cleaned: pd.DataFrame, columns: Sequence[str], identities: dict[str, np.ndarray], key: str
) -> dict[str, np.ndarray]:
    """Return the hashes of `learn_identities` one a lead, in the leads' order.

    Returns
    -------
    dict
        Kind -> keyed hashes; uint64. Besides the kinds given ``row``, of all inputs and the minute, the repeats of a
        row numbered; a kind that many leads share is lacking.
    """
    telling = {kind: own for kind, own in identities.items() if _tells_apart(own[own != 0], _LEAST_DISTINCT[kind])}
    if columns and _tells_apart(_hash_inputs(cleaned, columns), _LEAST_DISTINCT["row"]):
        telling["row"] = number_repeats(_hash_inputs(cleaned, columns))
    return {kind: key_hashes(own, key) for kind, own in telling.items()}


def row_hashes_of(model: LeadModel, cleaned: pd.DataFrame) -> np.ndarray | None:
    """Return the keyed hash of all inputs of each lead; None where leads lack some of the model's inputs."""
    columns = row_columns(model.features)
    if not columns or not set(columns) <= set(cleaned.columns):
        return None
    return key_hashes(_hash_inputs(cleaned, columns), model.metadata.identity_key)


def row_columns(features: LeadFeatures) -> list[str]:
    """Return the cleaned columns by which a model knows a whole row again: its inputs as they are, free text aside."""
    made = {CITY_TIER, *(feature.name for feature in features.derived)} | features.words_.keys()
    return [column for column in features.columns_ if column not in made]


def number_repeats(hashes: np.ndarray) -> np.ndarray:
    """Return hashes in which the second and each later occurrence of the same one has a hash of its own.

    Examples
    --------
    >>> numbered = number_repeats(np.array([7, 7, 9], dtype="uint64"))
    >>> numbered[0] == 7, len(set(numbered.tolist())), numbered[2] == 9
    (np.True_, 3, np.True_)
    """
    earlier = pd.Series(hashes).groupby(hashes).cumcount().to_numpy("uint64")
    return hashes ^ (earlier * _GOLDEN)


def seen_in_training(
    model: LeadModel,
    cleaned: pd.DataFrame,
    identities: dict[str, np.ndarray] | None = None,
    *,
    count_repeats: bool = True,
) -> np.ndarray | None:
    """Tell which leads a model was trained on; None where nothing tells leads apart.

    A lead is known for certain by its id, else by who came when, else by the moment to the second, else by all of its
    inputs with the minute. What many training leads share tells nothing, and is passed over.

    Parameters
    ----------
    cleaned
        Leads as cleaned for the model.
    identities
        Of the same leads (see `lead_identities`).
    count_repeats
        Whether of leads that are alike in everything only as many were seen as the model was trained on; else all.
    """
    learned, key = getattr(model.features, "identities_", {}), model.metadata.identity_key
    rows = model.metadata.training_data.rows
    seen, is_open = np.zeros(len(cleaned), dtype=bool), np.ones(len(cleaned), dtype=bool)
    for kind in ("id", "person"):
        if identities and kind in identities and kind in learned and len(learned[kind]) >= _LEAST_SHARE * rows:
            known = is_open & (identities[kind] != 0)
            seen |= known & np.isin(key_hashes(identities[kind], key), learned[kind])
            is_open &= ~known
    if not is_open.any():
        return seen
    rest = _seen_by_row(model, cleaned, count_repeats)
    if rest is None:
        return None if is_open.all() else seen
    return seen | (is_open & rest)


def _seen_by_row(model: LeadModel, cleaned: pd.DataFrame, count_repeats: bool) -> np.ndarray | None:
    """Tell which leads were seen by their moments and inputs; None where these tell nothing."""
    features, learned = model.features, getattr(model.features, "identities_", {})
    by_moment = features.was_seen(cleaned)
    if by_moment is not None and features.seen_ is not None:
        moments = features.seen_["s" if features.writes_seconds(cleaned) else "min"]
        if len(moments) >= _LEAST_MOMENTS * model.metadata.training_data.rows:
            return by_moment
    columns = row_columns(features)
    if "row" not in learned or not set(columns) <= set(cleaned.columns):
        return None
    hashes = _hash_inputs(cleaned, columns)
    own = number_repeats(hashes) if count_repeats else hashes
    return np.isin(key_hashes(own, model.metadata.identity_key), learned["row"])


def _tells_apart(hashes: np.ndarray, least: float) -> bool:
    return len(hashes) > 0 and len(np.unique(hashes)) >= least * len(hashes)


def _hash_inputs(cleaned: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return one hash a row over cleaned columns, whatever the case of texts, moments to the minute."""
    plain: dict[str, Any] = {}
    for name in columns:
        values = cleaned[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            plain[name] = values.dt.floor("min").astype("datetime64[s]")
        elif pd.api.types.is_string_dtype(values):
            plain[name] = values.str.casefold().fillna("").astype("str")
        else:
            plain[name] = values.to_numpy("float64", na_value=np.nan) + 0.0
    hashes: np.ndarray = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False).to_numpy()
    return hashes


def _hash(columns: list[pd.Series]) -> np.ndarray:
    """Return one hash a row over its texts in order, 0 where all are blank."""
    table = pd.DataFrame({place: cells.fillna("").to_numpy() for place, cells in enumerate(columns)}, dtype="str")
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy().copy()
    hashes[(table == "").all(axis=1).to_numpy()] = 0
    return hashes
