"""Blank cells: what holds nothing but spaces and marks that nobody sees."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.text import INVISIBLE, one_array, text_ends

_BLANK = rf"[\s{INVISIBLE}]*"
_IS_BLANK = re.compile(_BLANK)
_SEPARATORS = "\x85\xa0\u1680\u2000\u2028\u202f\u205f\u3000"
MAY_BE_BLANK = np.arange(256) <= 0x20  # of a cell by its first byte
MAY_BE_BLANK[[sign.encode()[0] for sign in INVISIBLE + _SEPARATORS]] = True


def is_blank(cell: str) -> bool:
    r"""Tell whether a person sees nothing in a cell.

    Examples
    --------
    >>> [is_blank(cell) for cell in ("", " \u200b", "\xa0", "-")]
    [True, True, True, False]
    """
    return not cell or _IS_BLANK.fullmatch(cell) is not None


def blank_cells(cells: pa.Array | pa.ChunkedArray) -> np.ndarray:
    r"""Tell of each cell whether it is blank; one of another type than text is where it is missing.

    Examples
    --------
    >>> blank_cells(pa.array(["a", "", None, "\u200b ", " b"])).tolist(), blank_cells(pa.array([0, None])).tolist()
    ([False, True, True, True, False], [False, True])
    """
    one = one_array(cells) if isinstance(cells, pa.ChunkedArray) else cells
    if not (pa.types.is_string(one.type) or pa.types.is_large_string(one.type)):
        return np.asarray(pc.is_null(one, nan_is_null=True).to_numpy(zero_copy_only=False))
    ends = text_ends(one)
    blank: np.ndarray = ends[1:] == ends[:-1]
    if one.null_count:
        blank |= one.is_null().to_numpy(zero_copy_only=False)
    filled = np.flatnonzero(~blank)
    if len(filled):
        perhaps = filled[MAY_BE_BLANK[np.frombuffer(one.buffers()[2], dtype="uint8")[ends[:-1][filled]]]]
        if len(perhaps):
            found = pc.match_substring_regex(one.take(pa.array(perhaps)), rf"\A[\s\pZ{INVISIBLE}]*\z")
            blank[perhaps] = found.to_numpy(zero_copy_only=False)
    return blank
