"""Neutralising: text that a spreadsheet would run becomes text that it shows."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.text import has_text, one_array, text_ends

_RUNS = r"^[=+\-@\t\r\n＝＋－＠]"  # the wide ones run where Excel is Japanese or Chinese
_FIRST_BYTES = np.isin(np.arange(256), list(b"=+-@\t\r\n" + "＝".encode()[:1]))
_NUMBER = r"^[+-]?(?:\d[\d,.]*|\.\d+)(?:[eE][+-]?\d+)?\s?%?$"
_PHONE = r"^\+\d[\d ()]*$"


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run, in headers too.

    Numbers stay as they are, and so do telephone numbers without operators in them; everything else is not touched.

    Examples
    --------
    >>> cells = pd.DataFrame({"note": ["=1+1", "-5", "+49 30 901820", "+49-30", "fine", "＝1+1"]})
    >>> neutralise(cells)["note"].tolist()
    ["'=1+1", '-5', '+49 30 901820', "'+49-30", 'fine', "'＝1+1"]
    """
    safe = {}
    for name in frame.columns:
        cells = frame[name]
        if isinstance(cells.dtype, pd.StringDtype | pd.CategoricalDtype) or cells.dtype == object:
            text = cells.astype("str")
            suspect = text.str.contains(_RUNS, regex=True, na=False)
            if suspect.any():
                runs = suspect.copy()
                runs[suspect] = ~_is_number(pa.array(text[suspect].tolist(), pa.string()))
                cells = text.where(~runs, "'" + text)
        safe[name] = cells
    return pd.DataFrame(safe, index=frame.index).rename(columns=_safe_header)


def neutralise_table(table: pa.Table) -> pa.Table:
    """Do as `neutralise` does with text as Arrow keeps it, and give blank text as null, which CSV writes as nothing.

    Examples
    --------
    >>> neutralise_table(pa.table({"note": ["=1+1", "-5", ""]})).column("note").to_pylist()
    ["'=1+1", '-5', None]
    """
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            text = one_array(table.column(place))
            table = table.set_column(place, field.name, _safe_text(text))
    return table.rename_columns([_safe_header(name) for name in table.column_names])


def _safe_text(text: pa.Array) -> pa.Array:
    """Look at the first byte of each text, and at the rest of it only where that is one of those that run."""
    if not len(text):
        return text
    _, ends, data = text.buffers()
    starts, filled = text_ends(text)[:-1], has_text(text)
    bytes_of = np.frombuffer(data, dtype="uint8") if data is not None else np.empty(0, dtype="uint8")
    rows = np.flatnonzero(filled)
    suspect = rows[_FIRST_BYTES[bytes_of[starts[rows]]]]
    bits = np.packbits(np.append(np.zeros(text.offset, dtype=bool), filled), bitorder="little")
    blank_as_null = pa.Array.from_buffers(text.type, len(text), [pa.py_buffer(bits), ends, data], offset=text.offset)
    if not len(suspect):
        return blank_as_null
    some = text.take(pa.array(suspect))
    runs = pc.match_substring_regex(some, _RUNS).to_numpy(zero_copy_only=False) & ~_is_number(some)
    if not runs.any():
        return blank_as_null
    mask = np.zeros(len(text), dtype=bool)
    mask[suspect[runs]] = True
    mark, nothing = pa.scalar("'", text.type), pa.scalar("", text.type)
    safe = pc.binary_join_element_wise(mark, some.filter(pa.array(runs)), nothing)
    return pc.replace_with_mask(blank_as_null, pa.array(mask), safe)


def _is_number(text: pa.Array) -> np.ndarray:
    found: np.ndarray = pc.match_substring_regex(text, f"{_NUMBER}|{_PHONE}").to_numpy(zero_copy_only=False)
    return found


def safe_name(name: str) -> str:
    """Return a name of a sheet or a file that nothing runs, reads as an option or takes for a hidden file.

    Examples
    --------
    >>> safe_name("=cmd|' /C calc'!A0"), safe_name("-rf"), safe_name("Anna")
    ("_cmd|' /C calc'!A0", '_rf', 'Anna')
    """
    return re.sub(r"^[\s=+\-@.＝＋－＠]+", "_", name)


def _safe_header(name: str) -> str:
    return f"'{name}" if re.match(_RUNS, str(name)) else name
