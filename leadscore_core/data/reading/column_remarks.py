"""Column remarks: columns without a name, and a second table that stands beside a list."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from leadscore_core.data.reading.blank_cells import blank_cells, is_blank
from leadscore_core.data.reading.opened_file import Remark
from leadscore_core.data.reading.read_log import FileNotes

_SMALL_TABLE = 0.5
_MOST_NAMED = 5


def with_remarks(notes: FileNotes, remarks: Sequence[Remark]) -> FileNotes:
    """Return notes with further remarks."""
    return replace(notes, remarks=(*notes.remarks, *remarks)) if remarks else notes


def unnamed_columns(headers: Sequence[str]) -> list[Remark]:
    """Say which columns have no name in the file; one at the left, as programs write for a running number, needs none.

    Examples
    --------
    >>> [reason for _, _, reason, _, _ in unnamed_columns(["", "City", " "])]
    ['1 column has no name in the file and is called by its place: Column 3']
    """
    names = [f"Column {at + 1}" for at, header in enumerate(headers) if at and is_blank(header)]
    if not names:
        return []
    what = (
        "1 column has no name in the file and is" if len(names) == 1 else f"{len(names)} columns have no name and are"
    )
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    reason = f"{what} called by {'its' if len(names) == 1 else 'their'} place: {', '.join(names[:_MOST_NAMED])}{more}"
    return [("unnamed_columns", "info", reason, (), "")]


def columns_beside(headers: Sequence[str]) -> tuple[int, ...]:
    """Return the places of a gap in a header and of the columns after it; none where there is no gap.

    Examples
    --------
    >>> columns_beside(["Id", "City", "", "Source", "Leads"]), columns_beside(["", "City", ""])
    ((2, 3, 4), ())
    """
    gap = next((at for at, name in enumerate(headers) if at and is_blank(name)), len(headers))
    after = [at for at in range(gap + 1, len(headers)) if not is_blank(headers[at])]
    return (gap, *after) if after else ()


def second_table(chunks: Iterable[pa.Table], headers: Sequence[str], places: Sequence[int]) -> list[Remark]:
    """Say that a small table stands beside the list: after an empty column, filled from the top and no further.

    Parameters
    ----------
    places
        As from `columns_beside`.
    """
    gap, *after = [headers[place] for place in places]
    rows = filled = end = 0
    for chunk in chunks:
        if not blank_cells(chunk.column(gap)).all():
            return []
        held = np.flatnonzero(~np.all([blank_cells(chunk.column(name)) for name in after], axis=0))
        filled += len(held)
        end = rows + int(held[-1]) + 1 if len(held) else end
        rows += len(chunk)
    if not filled or filled < end or filled > _SMALL_TABLE * rows:
        return []
    reason = (
        f"another table seems to stand beside the list, after an empty column: {', '.join(after[:_MOST_NAMED])} "
        f"{'is' if len(after) == 1 else 'are'} filled in the first {filled:,} of {rows:,} rows alone. It is read as "
        "columns of these leads; take it out of the file if it is no part of them"
    )
    return [("second_table", "warning", reason, (), "")]
