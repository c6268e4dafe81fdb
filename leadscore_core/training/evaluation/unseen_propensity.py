"""Unseen: what is expected of leads that a model learned from, by models of the folds that had not seen them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import Role
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.dimensions import LEARNED, UNSEEN
from leadscore_core.training.evaluation.seen_leads import (
    hash_identities,
    key_hashes,
    row_hashes_of,
    seen_in_training,
)

KEY = "key_"
_KINDS = ("id", "person", "moment", "row")


@dataclass(frozen=True)
class Unseen:
    """What is expected of leads, as far as it can be said of leads that a model had not seen.

    Attributes
    ----------
    learned
        Whether the model learned from each lead; None where nothing tells leads apart.
    propensity
        Of leads that are new to it the model's own, of others that of a model of the folds; NaN where it keeps none.
    """

    learned: np.ndarray | None
    propensity: np.ndarray

    def columns(self) -> dict[str, pd.api.extensions.ExtensionArray]:
        """Return both as ``ls_learned`` and ``ls_unseen`` of a kept list, blank where they are not known."""
        learned = [pd.NA] * len(self.propensity) if self.learned is None else self.learned
        return {
            LEARNED: pd.array(learned, dtype="boolean"),
            UNSEEN: pd.array(self.propensity, dtype="Float64"),
        }


def expect_unseen(
    model: LeadModel, frame: pd.DataFrame, cleaned: pd.DataFrame, mapping: ColumnMapping, propensity: np.ndarray
) -> Unseen:
    """Return what is expected of leads, by models that had not seen them.

    Parameters
    ----------
    frame
        Leads as read.
    cleaned
        The same leads as the model saw them.
    propensity
        What the model says of them, 0-1.
    """
    if not len(frame):
        return Unseen(np.zeros(0, dtype=bool), propensity)
    stamp = model.schema.one(Role.TIMESTAMP)
    came = cleaned[stamp.name] if stamp is not None and stamp.name in cleaned else None
    identities = hash_identities(frame, model.schema, mapping, came)
    learned = seen_in_training(model, cleaned, identities, count_repeats=False)
    if learned is None or not learned.any():
        return Unseen(learned, propensity)
    found = np.where(learned, np.nan, propensity)
    judged = model.out_of_sample
    if judged is None:
        return Unseen(learned, found)
    judged = judged[judged["split"] == "cross_validation"]
    hashes = _hashes(model, cleaned, identities)
    for kind in _KINDS:
        if kind in hashes and KEY + kind in judged:
            is_open = learned & np.isnan(found)
            found[is_open] = _look_up(hashes[kind][is_open], judged[KEY + kind], judged["propensity"])
    return Unseen(learned, found)


def predictions_by_lead(
    model: LeadModel, cleaned: pd.DataFrame, identities: dict[str, np.ndarray], split: str
) -> pd.DataFrame:
    """Return what models that had not seen them said of leads in a model's training, by the lead.

    Parameters
    ----------
    cleaned
        Leads as the model reads them.
    identities
        Of the same leads (see `hash_identities`).
    split
        ``cross_validation`` or ``next_period``.

    Returns
    -------
    pandas.DataFrame
        The rows of `LeadModel.out_of_sample` of leads that are known again, with ``row``, their place in `cleaned`.
    """
    judged = model.out_of_sample
    if judged is None:
        return pd.DataFrame(columns=["row"])
    folds = judged[judged["split"] == "cross_validation"]  # each lead once, with its keys
    keys = folds.set_index("row").filter(like=KEY) if "row" in folds else folds.head(0)
    judged = judged[judged["split"] == split].drop(columns=list(keys.columns))
    judged = judged.join(keys, on="row", how="inner").reset_index(drop=True) if len(keys) else judged.head(0)
    hashes = _hashes(model, cleaned, identities)
    place = np.full(len(cleaned), np.nan)
    for kind in _KINDS:
        if kind in hashes and KEY + kind in judged:
            is_open = np.isnan(place)
            place[is_open] = _look_up(hashes[kind][is_open], judged[KEY + kind], pd.Series(judged.index))
    rows = np.flatnonzero(~np.isnan(place))
    return judged.loc[place[rows].astype("int64")].assign(row=rows).reset_index(drop=True)


def _hashes(model: LeadModel, cleaned: pd.DataFrame, identities: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return by what leads are known, one keyed hash a lead and kind."""
    key = model.metadata.identity_key
    hashes = {kind: key_hashes(own, key) for kind, own in identities.items()}
    moments, rows = model.features.moment_hashes(cleaned), row_hashes_of(model, cleaned)
    if moments is not None:
        hashes["moment"] = key_hashes(moments, key)
    return hashes if rows is None else hashes | {"row": rows}


def _look_up(hashes: np.ndarray, known: pd.Series, values: pd.Series) -> np.ndarray:
    """Return the value kept under each hash, NaN where there is none; 0 stands for nothing."""
    by_hash = pd.Series(values.to_numpy("float64"), index=known.to_numpy("uint64"))
    by_hash = by_hash[(by_hash.index != 0) & ~by_hash.index.duplicated()]
    return by_hash.reindex(hashes).to_numpy("float64")
