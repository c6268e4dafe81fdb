"""Dates that cannot be when something came: in the future, in no possible year, or before the lead; said, not used."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import StorageError

_DATE = re.compile(r"^(?:(?P<first>\d{4})[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?P<last>\d{4}))(?!\d)")
_FIRST_YEAR, _LAST_YEAR = 1990, 2099  # as `parse_dates` reads them
_AHEAD = pd.Timedelta(hours=14)  # as far as a clock may be ahead of UTC
_EXAMPLES = 3
_WHY = {
    "future": "{lie} in the future",
    "impossible": "{are} in no possible year or on no day that exists",
    "before": "{lie} before the lead came",
}


@dataclass(frozen=True)
class DateDoubt:
    """A date that cannot be when something came: ``kind`` is ``future``, ``impossible`` or ``before`` (the lead).

    ``row`` is that of its file or sheet, ``file`` which of several that is.
    """

    kind: str
    header: str
    row: int
    text: str
    file: str = ""

    @property
    def example(self) -> str:
        """The date, and where it stands."""
        return f"{self.text} in row {self.row:,}{f' of {self.file}' if self.file else ''}"


def doubt_moments(moments: pd.Series, filled: pd.Series, today: pd.Timestamp) -> pd.Series:
    """Return why each moment is no date at which something came, ``""`` where it may be.

    Parameters
    ----------
    moments
        As they were read, of datetime64 in any unit, NaT where a cell is none.
    filled
        Which cells hold something.
    today
        UTC without saying so.

    Examples
    --------
    >>> moments = pd.Series(np.array(["2026-11-05", "2031-01-01", "NaT"], dtype="datetime64[us]"))
    >>> doubt_moments(moments, pd.Series([True] * 3), pd.Timestamp("2026-11-29")).tolist()
    ['', 'future', 'impossible']
    """
    values = moments.to_numpy(dtype="datetime64[us]")
    kinds = np.full(len(values), "", dtype=object)
    kinds[values > (today + _AHEAD).to_datetime64().astype("datetime64[us]")] = "future"
    kinds[np.isnat(values) & filled.to_numpy(dtype=bool)] = "impossible"
    return pd.Series(kinds, index=moments.index, dtype=object)


def has_odd_year(text: pd.Series) -> pd.Series:
    """Tell which cells are written as dates, but in no possible year.

    Examples
    --------
    >>> has_odd_year(pd.Series(["0001-01-01", "00.00.0000", "9999-12-31 10:00", "2026-02-31", "012-345-6789"])).tolist()
    [True, True, True, False, False]
    """
    parts = text.str.extract(_DATE)
    year = pd.to_numeric(parts["first"].fillna(parts["last"]))
    return ((year < _FIRST_YEAR) | (year > _LAST_YEAR)).fillna(False).astype(bool)


def before_lead(at: np.ndarray, created: np.ndarray) -> np.ndarray:
    """Tell which moments lie on a day before the lead's own; false where either is not known."""
    return np.asarray(at.astype("datetime64[D]") < created.astype("datetime64[D]"))


def creation_of(path: Path, schema: LeadSchema) -> np.ndarray | None:
    """Return when each lead of a kept list was created, datetime64[us] by position; None where the list lacks it.

    Raises
    ------
    StorageError
        If the file is gone or damaged.
    """
    stamp = schema.one(Role.TIMESTAMP)
    try:
        if stamp is None or stamp.name not in pq.read_schema(path).names:
            return None
        table = pq.read_table(path, columns=["ls_row", stamp.name]).to_pandas().sort_values("ls_row")
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{path} is gone or damaged. Upload the list again, or delete it on Leads.") from error
    if not pd.api.types.is_datetime64_dtype(table[stamp.name]):
        return None
    return np.asarray(table[stamp.name].to_numpy(dtype="datetime64[us]"))


def say_doubts(doubts: Iterable[DateDoubt]) -> list[str]:
    """Return a sentence for each column and kind of doubt: how many dates, examples by row, and what follows."""
    by_kind: dict[tuple[str, str], list[DateDoubt]] = {}
    for one in doubts:
        by_kind.setdefault((one.kind, one.header), []).append(one)
    return [_say(kind, header, found) for (kind, header), found in by_kind.items()]


def _say(kind: str, header: str, found: list[DateDoubt]) -> str:
    is_one = len(found) == 1
    why = _WHY[kind].format(lie="lies" if is_one else "lie", are="is" if is_one else "are")
    shown = "; ".join(one.example for one in found[:_EXAMPLES])
    examples = f" ({shown})" if len(found) <= _EXAMPLES else f" (such as {shown})"
    follows = (
        "The outcome counts, but says nothing on how long outcomes take"
        if kind == "before"
        else "The outcome counts, but when it came is not known"
    )
    return f"{len(found):,} date{'s' * (not is_one)} in {header!r} {why}{examples}. {follows}."
