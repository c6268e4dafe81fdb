"""Example cells: what a finding shows of a column, from lines that are whole."""

import numpy as np
import pandas as pd

from leadscore_core.data.findings import show_cell
from leadscore_core.data.reading.chunks import LINE_PROBLEM


def example_cell(frame: pd.DataFrame, header: str, rows: np.ndarray) -> str:
    """Return the first of some cells; in lines with too many or too few fields, contacts stand in wrong columns.

    Parameters
    ----------
    rows
        Positions of the cells in the column, one at least.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": ["ann@example.com", "old"], LINE_PROBLEM: ["3 fields", ""]})
    >>> example_cell(frame, "age", np.array([0, 1])), example_cell(frame, "age", np.array([0]))
    ("'old'", '')
    """
    if LINE_PROBLEM in frame.columns:
        rows = rows[~filled(frame[LINE_PROBLEM].iloc[rows])]
    return show_cell(frame[header].iloc[int(rows[0])]) if len(rows) else ""


def filled(cells: pd.Series) -> np.ndarray:
    """Tell which cells hold a text."""
    return (cells.notna() & (cells != "")).to_numpy(dtype=bool)
