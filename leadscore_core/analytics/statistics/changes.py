"""Changes: how the rates of groups went from their first period to their last, corrected for looking at many."""

import numpy as np
import pandas as pd

from leadscore_core.confidence import CONFIDENCE, wilson_intervals

LEAST_LEADS = 30


def difference_interval(
    k: np.ndarray, n: np.ndarray, k_before: np.ndarray, n_before: np.ndarray, *, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals of the differences of two rates (Newcombe, 1998, method 10).

    Examples
    --------
    >>> low, high = difference_interval(*(np.array([x]) for x in (56, 70, 48, 80)))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0524], [0.3339])
    """
    now, then = k / n, k_before / n_before
    low, high = wilson_intervals(k, n, confidence)
    low_before, high_before = wilson_intervals(k_before, n_before, confidence)
    change = now - then
    return (
        change - np.sqrt((now - low) ** 2 + (high_before - then) ** 2),
        change + np.sqrt((high - now) ** 2 + (then - low_before) ** 2),
    )


def find_changes(cells: pd.DataFrame) -> pd.DataFrame:
    """Return each group's change from the first to the last period in which it has 30 leads.

    The intervals hold for all groups together with 95% (Bonferroni), so that the largest change is not called one only
    because many were looked at.

    Parameters
    ----------
    cells
        ``group``, ``period`` (text that sorts), ``n`` and ``k``.

    Returns
    -------
    pandas.DataFrame
        One row a group with two such periods, the largest change that is certain first: ``group``, ``first``, ``last``,
        ``n_first``, ``k_first``, ``n_last``, ``k_last``, ``change`` with ``low`` and ``high`` (-1 to 1), ``certain``.

    Examples
    --------
    >>> cells = pd.DataFrame({"group": "a", "period": ["2026-01", "2026-02"], "n": [500, 500], "k": [250, 50]})
    >>> find_changes(cells)[["change", "certain"]].values.tolist()
    [[-0.4, True]]
    """
    enough = cells[cells["n"] >= LEAST_LEADS].sort_values("period", kind="stable")
    ends = enough.groupby("group", dropna=False, sort=True)
    first, last = ends.first().reset_index(), ends.last().reset_index()
    found = first.rename(columns={"period": "first", "n": "n_first", "k": "k_first"}).assign(
        last=last["period"], n_last=last["n"], k_last=last["k"]
    )
    found = found[found["first"] != found["last"]].reset_index(drop=True)
    counts = (found[name].to_numpy("float64") for name in ("k_last", "n_last", "k_first", "n_first"))
    low, high = difference_interval(*counts, confidence=1 - (1 - CONFIDENCE) / max(1, len(found)))
    change = found["k_last"] / found["n_last"] - found["k_first"] / found["n_first"]
    found = found.assign(change=change, low=low, high=high, certain=(low > 0) | (high < 0))
    order = found.assign(size=change.abs()).sort_values(["certain", "size"], ascending=False, kind="stable")
    return order.drop(columns="size").reset_index(drop=True)
