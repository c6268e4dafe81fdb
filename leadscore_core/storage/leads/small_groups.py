"""Small groups: for people who may not see few leads by themselves, they are taken together or left out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leadscore_core.errors import StorageError

FEW_START = "other, fewer than "


def few_name(smallest: int) -> str:
    """Return what small groups together are called.

    Examples
    --------
    >>> few_name(10)
    'other, fewer than 10'
    """
    return f"{FEW_START}{smallest}"


def check_enough_leads(leads: int, smallest: int) -> None:
    """Raise if these are some leads, but fewer than may be seen by themselves.

    Raises
    ------
    StorageError
        Saying how many there must be.
    """
    if 0 < leads < smallest:
        raise StorageError(
            f"Fewer than {smallest} leads fit, and groups as small as that are not shown to you. Widen the filter or "
            "the dates."
        )


def merge_small(counts: pd.DataFrame, by: Sequence[str], smallest: int, *, leave_out: bool) -> pd.DataFrame:
    """Take groups of few leads together, so that none can be told apart, also not as what is left of the whole.

    Parameters
    ----------
    counts
        One row a group: what it is, in the columns of `by`, and counts, ``leads`` among them.
    leave_out
        Whether they are left out instead: a week has no place in "other".

    Returns
    -------
    pandas.DataFrame
        The same columns, the largest group first and the small ones together last.

    Examples
    --------
    >>> counts = pd.DataFrame({"city": ["Pune", "Goa", "Agra"], "leads": [40, 12, 3], "known": [9, 2, 1]})
    >>> merge_small(counts, ["city"], 10, leave_out=False).values.tolist()
    [['Pune', 40, 9], ['other, fewer than 10', 15, 3]]
    """
    leads = counts["leads"].to_numpy()
    small = leads < smallest
    if not small.any():
        return counts
    rest = np.flatnonzero(~small)
    if leads[small].sum() < smallest and len(rest):  # else the whole, less what is shown, would show it
        small[rest[np.argmin(leads[rest])]] = True
    shown, few = counts[~small], counts[small]
    if leave_out:
        return shown.reset_index(drop=True)
    together = few.drop(columns=list(by)).sum().to_frame().T
    for name in by:
        together[name] = few_name(smallest)
    joined = pd.concat([shown, together[counts.columns]], ignore_index=True)
    return joined.astype(counts.dtypes.to_dict())


def without_small(counts: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return counts without the row of small groups, where it has no place, as among the grades of a source.

    Parameters
    ----------
    by
        Any of the columns that say what a group is.
    """
    is_small = counts[by].astype("str").str.startswith(FEW_START).fillna(False)
    return counts[~is_small.astype("bool")]


def frequent_values(found: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Return the values that enough leads have, so that enough are left besides where any are.

    Parameters
    ----------
    found
        ``value`` and ``leads``, the most frequent first.
    """
    enough = found[found["leads"] >= smallest]
    left = int(found["leads"].sum() - enough["leads"].sum())
    return enough.iloc[:-1] if 0 < left < smallest else enough
