"""Short reasons: what sets a lead apart from those around it in a list, in a few words without statistics."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from leadscore_core.inference.reasons import value_phrases
from leadscore_core.model.lead_model import LeadModel

AGAINST = "\N{MINUS SIGN} "
_SHARES = (0.02, 0.05, 0.15, 0.35, 0.65, 1.0)  # of a list, the best first: narrower where people call
_EACH = 45
_DECIMALS = 9
_NEARLY, _SEEN = 1e-6, 1e6


def ranks_to_learn_from(rows: int) -> np.ndarray:
    """Return the ranks, from 1, of the leads of a list that `Typical` is learned from: as many of each of its bands.

    Examples
    --------
    >>> ranks_to_learn_from(3).tolist(), len(ranks_to_learn_from(1_000_000))
    ([1, 2, 3], 270)
    """
    edges = [0, *(max(1, round(share * rows)) for share in _SHARES)]
    picked = [np.linspace(low + 1, high, _EACH) for low, high in pairwise(edges) if high > low]
    return np.unique(np.concatenate(picked).round().astype("int64")) if rows else np.empty(0, dtype="int64")


@dataclass(frozen=True)
class Typical:
    """What each column adds to a typical lead of a list, in log-odds: of all of it, and of each band of propensity.

    Attributes
    ----------
    overall
        By column.
    bands
        One row a band, the best first.
    floors
        The lowest propensity (0-1) of each band but the last.
    """

    overall: pd.Series
    bands: pd.DataFrame
    floors: np.ndarray

    @classmethod
    def learn(cls, contributions: pd.DataFrame, propensity: np.ndarray, rank: np.ndarray, rows: int) -> "Typical":
        """Take the medians of some leads of a list (see `ranks_to_learn_from`), by rank.

        Parameters
        ----------
        contributions
            As from `LeadModel.contributions`, at least one row, the best lead first.
        propensity, rank
            Of the same leads: 0-1, and from 1.
        rows
            Leads of the whole list.
        """
        own = contributions.drop(columns="base_value", errors="ignore").reset_index(drop=True)
        band = np.searchsorted([max(1, round(share * rows)) for share in _SHARES[:-1]], rank)
        medians = own.groupby(band).median()
        floors = pd.Series(propensity).groupby(band).min()
        share = np.diff([0.0, *_SHARES])[medians.index.to_numpy()]
        return cls(medians.mul(share, axis=0).sum() / share.sum(), medians, floors.to_numpy()[:-1])

    def around(self, propensity: np.ndarray, columns: list[str]) -> np.ndarray:
        """Return what these columns add to a typical lead of the band of each propensity, one row a lead."""
        band = (propensity[:, None] < self.floors[None, :]).sum(axis=1)
        return self.bands.reindex(columns=columns, fill_value=0.0).to_numpy()[band]


def short_reasons(
    cleaned: pd.DataFrame,
    contributions: pd.DataFrame,
    propensity: np.ndarray,
    model: LeadModel,
    typical: Typical,
    *,
    beside: Collection[str] = (),
) -> pd.Series:
    """Say in a few words what sets each lead apart from those around it.

    Of what lifts a lead above a typical one of its list (or puts it below, where it lies lower), that column is named
    which differs most from leads of about the same propensity: neighbours that all were referred by a friend are told
    apart by something else.

    Parameters
    ----------
    cleaned, contributions
        Same rows, as for `reasons_in_words`.
    propensity
        Of the same leads, 0-1.
    beside
        Columns that a person sees beside the reason: named only where nothing else sets a lead apart.

    Returns
    -------
    pandas.Series
        Text such as "Referred by a friend", with `AGAINST` before what puts a lead below; empty where nothing does.
    """
    cleaned = model.features.with_derived(cleaned)
    columns = [name for name in contributions.columns if name != "base_value" and name in cleaned.columns]
    said = np.full(len(cleaned), "", dtype=object)
    if not columns or cleaned.empty:
        return pd.Series(said, index=cleaned.index, dtype="str")
    added = contributions[columns].to_numpy()
    apart = np.round(added - typical.overall.reindex(columns, fill_value=0.0).to_numpy(), _DECIMALS)
    sign = np.where(apart.sum(axis=1) >= 0, 1.0, -1.0)[:, None]
    nearby = np.round(added - typical.around(propensity, columns), _DECIMALS) * sign
    seen = np.array([name in beside for name in columns])
    worth = np.where(apart * sign > 0, nearby + _NEARLY * apart * sign - np.where(seen, _SEEN, 0.0), -np.inf)
    first = worth.argmax(axis=1)
    is_set_apart = (apart * sign).max(axis=1) > 0
    for place, name in enumerate(columns):
        rows = np.flatnonzero((first == place) & is_set_apart)
        if len(rows):
            phrases = value_phrases(cleaned[name].iloc[rows], name, model)
            said[rows] = np.where(sign[rows, 0] > 0, phrases, AGAINST + phrases)
    return pd.Series(said, index=cleaned.index, dtype="str")
