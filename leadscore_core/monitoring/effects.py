"""What the drift of a column does to scores."""

import numpy as np
import pandas as pd

from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.reference import BLANK_CODE, ColumnReference

_NEW_VALUE = "\N{REPLACEMENT CHARACTER} rare"


def effect_of_drift(
    model: LeadModel, leads: pd.DataFrame, column: ColumnReference, codes: np.ndarray, rng: np.random.Generator
) -> float | None:
    """Return by how much (0-1) scores would differ on average if the column were spread as at training.

    As few leads as possible are changed (an optimal coupling of the two distributions): of each bin that has more of
    the leads than at training, so many are drawn and given values of the bins that have less.

    Parameters
    ----------
    leads
        Cleaned leads of the batch.
    codes
        The column's code of each.

    Returns
    -------
    float or None
        None of a free text, whose values are not kept.
    """
    if column.kind == "texts":
        return None
    expected = np.array(column.counts) / sum(column.counts) * len(codes)
    lacking = expected - column.count(codes)
    surplus, wanted = np.floor(np.maximum(-lacking, 0)).astype("int64"), np.maximum(lacking, 0)
    if not surplus.sum() or not wanted.sum():
        return 0.0
    moved = np.concatenate(
        [rng.choice(np.flatnonzero(codes == code), n, replace=False) for code, n in enumerate(surplus) if n]
    )
    given = rng.choice(len(wanted), len(moved), p=wanted / wanted.sum())
    before = leads.iloc[moved].reset_index(drop=True)
    return float(np.abs(_swapped(model, before, column, given) - model.propensity(before)).sum() / len(codes))


def least_effect(effect: float, mean: float) -> float:
    """Return by how much (0-1) a drift has to move scores on average to matter.

    Of scores around a mean m the same change of odds moves them by m (1 - m): what is asked at a mean of 50% is a
    twenty-fifth of it at 1%, and as much at 99%.

    Parameters
    ----------
    effect
        What is asked where half of the leads convert, 0-1.
    mean
        Mean score of the training leads, 0-1.

    Examples
    --------
    >>> [round(least_effect(0.01, mean), 4) for mean in (0.01, 0.2, 0.35, 0.5, 0.99)]
    [0.0004, 0.0064, 0.0091, 0.01, 0.0004]
    """
    return effect * 4 * mean * (1 - mean)


def _swapped(model: LeadModel, leads: pd.DataFrame, column: ColumnReference, codes: np.ndarray) -> np.ndarray:
    """Return the scores that leads have with values of other bins."""
    if column.kind == "numbers":
        values = np.array([np.nan, np.nan, *column.values])[codes]
        if column.name in leads and leads[column.name].dtype.kind in "iu":  # a count is never blank
            whole = np.where(np.isnan(values), 0, values).round().astype("int64")
            return model.propensity(leads.assign(**{column.name: whole}))
        return model.propensity(leads.assign(**{column.name: values}))
    known = np.array(["", _NEW_VALUE, *column.values], dtype=object)
    cells = pd.Series(known[codes], dtype="str").where(pd.Series(codes != BLANK_CODE), None)
    return model.propensity(leads.assign(**{column.name: cells.astype("str")}))
