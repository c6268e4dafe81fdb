"""Unions: what groups that overlap lack or bring together, and what each adds beyond the ones before it."""

import numpy as np
import pandas as pd


def order_by_gain(found: pd.DataFrame, masks: pd.DataFrame, average: float) -> pd.DataFrame:
    """Order groups by what each adds beyond the ones before it, so that no lead is counted twice.

    Parameters
    ----------
    found
        Groups, one a row, all far below the average or all far above it.
    masks
        Leads by which of the groups they are in: ``mask`` (bit i for row i of `found`), ``n`` and ``k``.
    average
        Rate of all leads, 0-1.

    Returns
    -------
    pandas.DataFrame
        The groups in their new order with ``new_n`` (leads that are in none before), ``adds`` (their conversions less
        those at the average), ``shared`` (share of its leads that are in one before, 0-1) and ``shared_with`` (place of
        the one that has most of them; -1 for none). ``adds`` and ``new_n`` sum to those of the union.

    Examples
    --------
    >>> found = pd.DataFrame({"name": ["small", "large"]})
    >>> masks = pd.DataFrame({"mask": [2, 3, 0], "n": [100, 100, 200], "k": [0, 0, 200]})
    >>> order_by_gain(found, masks, 0.5)[["name", "new_n", "adds", "shared"]].values.tolist()
    [['large', 200.0, -100.0, 0.0], ['small', 0.0, 0.0, 1.0]]
    """
    bits, n = masks["mask"].to_numpy("int64"), masks["n"].to_numpy("float64")
    gain = masks["k"].to_numpy("float64") - average * n
    left = list(range(len(found)))
    order: list[int] = []
    rows: list[dict[str, float]] = []
    inside = np.zeros(len(bits), dtype=bool)
    while left:
        adds = [float(gain[_has(bits, place) & ~inside].sum()) for place in left]
        towards = np.sign(rows[0]["adds"]) if rows else np.sign(max(adds, key=abs))  # the side on which they all lie
        best = left[int(np.argmax([towards * value for value in adds]))]
        own = _has(bits, best)
        total = float(n[own].sum())
        with_each = [float(n[own & _has(bits, earlier)].sum()) for earlier in order]
        rows.append(
            {
                "new_n": float(n[own & ~inside].sum()),
                "adds": float(gain[own & ~inside].sum()),
                "shared": float(n[own & inside].sum()) / total if total else 0.0,
                "shared_with": int(np.argmax(with_each)) if any(with_each) else -1,
            }
        )
        inside |= own
        order.append(best)
        left.remove(best)
    added = pd.DataFrame(rows, columns=["new_n", "adds", "shared", "shared_with"])
    return pd.concat([found.iloc[order].reset_index(drop=True), added], axis=1)


def _has(bits: np.ndarray, place: int) -> np.ndarray:
    return (bits >> place) & 1 == 1
