"""The outcome's column of a list: its values counted over all of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from leadscore_core.data.outcome_values import count_values
from leadscore_core.data.parts import Part, part_frame, select_columns


def count_column(parts: Iterable[Part], header: str) -> dict[str, int]:
    """Count the values of one column of a list as they are written, "" for blank.

    Parameters
    ----------
    parts
        The list's rows in chunks (see `iter_parts`); a chunk that lacks the column counts as blank.
    """
    counts: Counter[str] = Counter()
    for part in parts:
        frame = part_frame(select_columns(part, [header]))
        counts.update(count_values(frame[header]) if header in frame else {"": len(part)})
    return dict(counts)
