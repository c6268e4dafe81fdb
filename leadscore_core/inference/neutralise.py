"""Neutralising: text that a spreadsheet would run becomes text that it shows."""

from __future__ import annotations

import re

import pandas as pd

_RUNS = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?(?:\d[\d,.]*|\.\d+)(?:[eE][+-]?\d+)?\s?%?$"
_PHONE = r"^\+\d[\d ()]*$"


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run, in headers too.

    Numbers stay as they are, and so do telephone numbers without operators in them; everything else is not touched.

    Examples
    --------
    >>> cells = pd.DataFrame({"note": ["=1+1", "-5", "+49 30 901820", "+49-30", "fine"]})
    >>> neutralise(cells)["note"].tolist()
    ["'=1+1", '-5', '+49 30 901820', "'+49-30", 'fine']
    """
    safe = {}
    for name in frame.columns:
        cells = frame[name]
        if isinstance(cells.dtype, pd.StringDtype | pd.CategoricalDtype) or cells.dtype == object:
            text = cells.astype("str")
            suspect = text.str.contains(_RUNS, regex=True, na=False)
            if suspect.any():
                runs = suspect.copy()
                runs[suspect] = ~text[suspect].str.contains(f"{_NUMBER}|{_PHONE}", regex=True)
                cells = text.where(~runs, "'" + text)
        safe[name] = cells
    renamed = {name: f"'{name}" for name in frame.columns if re.match(_RUNS, str(name))}
    return pd.DataFrame(safe, index=frame.index).rename(columns=renamed)
