"""Key cells: those of a list's first column, of which some may be the header again, a total or a ruled line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.text import text_ends
from leadscore_core.data.reading.chunks import INDEX_HEADERS

_MID_FILE = (
    r"[\W_]*(?:grand |sub-? ?|overall )?(?:total|summe?\b|zwischensumme|gesamt|subtotal|suma|итог|合计|小计|合計|小計)"
)
_BEGINS_ODD = np.array([not chr(byte).isalnum() or byte >= 128 or chr(byte) in "gsotzGSOTZ" for byte in range(256)])


@dataclass(frozen=True)
class KeyColumn:
    """The first column of a list that is no running number."""

    header: str

    @classmethod
    def of(cls, headers: Sequence[str]) -> Self:
        """Choose it."""
        return cls(next((name for name in headers if name.strip().lower() not in INDEX_HEADERS), headers[0]))

    def may_be_odd(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Tell of filled cells by their first two bytes whether they may be odd: most need no further look.

        Examples
        --------
        >>> first, second = (np.frombuffer(text, dtype="uint8") for text in (b"LLT-", b"-eo-"))
        >>> KeyColumn("Lead ID").may_be_odd(first, second).tolist()
        [False, True, True, True]
        """
        name = self.header.strip()
        is_header = _either_case(name[:1])[first]
        if len(name) > 1:
            is_header &= _either_case(name[1])[second]
        return np.asarray(_BEGINS_ODD[first] | is_header)

    def any_odd(self, cells: pa.Array) -> bool:
        """Tell whether a cell is the header again, a total or a ruled line.

        Examples
        --------
        >>> KeyColumn("Lead ID").any_odd(pa.array(["L-1", "lead id"])), KeyColumn("Lead ID").any_odd(pa.array(["L-1"]))
        (True, False)
        """
        return bool(self.are_odd(cells).any())

    def are_odd(self, cells: pa.Array) -> np.ndarray:
        """Tell of each cell whether it is the header again, a total or a ruled line.

        Examples
        --------
        >>> KeyColumn("Lead ID").are_odd(pa.array(["L-1", "Total", None, "-----"])).tolist()
        [False, True, False, True]
        """
        name = re.escape(self.header.strip().lower())
        pattern = rf"^(?i:\s*{name}\s*$|{_MID_FILE}|[-=_*+.]{{3,}}$)" if name else rf"^(?i:{_MID_FILE})"
        found = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

    def perhaps_odd(self, cells: pa.Array) -> pa.Array:
        """Return the cells that may be odd."""
        return cells.take(pa.array(self.perhaps_odd_places(cells)))

    def perhaps_odd_places(self, cells: pa.Array) -> np.ndarray:
        """Return the places of the cells that may be odd; int64, in order."""
        offsets = text_ends(cells)
        filled = np.flatnonzero(offsets[1:] > offsets[:-1])
        if not len(filled):
            return filled
        signs = np.frombuffer(cells.buffers()[2], dtype="uint8")
        starts = offsets[filled]
        first, second = signs[starts], signs[np.minimum(starts + 1, len(signs) - 1)]
        return filled[self.may_be_odd(first, second)]


def _either_case(sign: str) -> np.ndarray:
    begins = np.zeros(256, dtype=bool)
    begins[[*sign.lower().encode()[:1], *sign.upper().encode()[:1]]] = True
    return begins
