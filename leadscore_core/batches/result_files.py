"""Files of results: callers' workbooks and any list with a status, read sheet by sheet, and what the statuses say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel

from leadscore_core.access.permissions import Action
from leadscore_core.batches.date_doubts import DateDoubt
from leadscore_core.batches.outcome_dates import later_than
from leadscore_core.batches.outcome_files import OUTCOME_NAMES
from leadscore_core.batches.result_words import NOT_CONVERTED, NOTHING, guess_result
from leadscore_core.config import Settings
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.dataset.dataset import Paths
from leadscore_core.data.reading.excel import list_sheets
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, list_files
from leadscore_core.data.schema.header_words import moment_rank, words_of
from leadscore_core.data.schema.roles import plain_header
from leadscore_core.errors import LabelError, UnreadableFileError
from leadscore_core.inference.export.caller_workbooks import CALL_BACK, KEY, NOTE, RESULT
from leadscore_core.outcome import OutcomeWords
from leadscore_core.storage.database.preferences import Preference

MOST_STATUSES = 60
_MOSTLY, _UNNAMED = 0.8, 2
_OF_ANY = {None, NOTHING, NOT_CONVERTED, "converted", "not_interested"}  # what tells of no call
_STATUS_NAMES = re.compile(
    r"\b(call|calling|contact|lead|dispo|disposition|remark|feedback)\w* ?(status|result|outcome|stage|disposition)\b|"
    r"\b(disposition|anrufergebnis|gesprachsergebnis|resultat|kontaktstatus)\b"
)
_CALLED_ON = frozenset(
    {"call", "called", "calling", "contact", "contacted", "attempt", "attempted", "dial", "dialled"}
    | {"anruf", "angerufen", "kontakt", "appel", "llamada"}
)
_SHEET_DAY = "%a %d %b %Y"


class StatusMap(BaseModel):
    """What statuses were said to mean, by their plain form, for files to come."""

    results: dict[str, str] = {}


@dataclass(frozen=True)
class Status:
    """One value of a status column: how many rows have it, what it is taken for, and how that is known.

    ``how`` is ``said``, ``remembered``, ``guessed``, or empty where the value is a question.
    """

    text: str
    rows: int
    result: str | None
    how: str


@dataclass(frozen=True)
class ResultTable:
    """One sheet, or a text file.

    Attributes
    ----------
    path, sheet
        Where it stands.
    cells
        Text of all its columns; ``""`` where blank.
    status
        Header with the status; empty where none is found.
    choices
        Headers that may be it, the likeliest first; ``rivals`` are those of them that are named as plainly.
    at
        When each row's call was, UTC without saying so, NaT where nothing says it; ``dated_by`` says what does.
    doubts
        Dates of calls that cannot be, in the future or in no possible year; ``at`` is NaT there.
    log
        Where each row stands in its file.
    """

    path: Path
    sheet: str | None
    cells: pd.DataFrame
    status: str
    choices: tuple[str, ...]
    rivals: tuple[str, ...]
    at: pd.Series
    dated_by: str
    log: ReadLog
    region: str | None = None
    doubts: tuple[DateDoubt, ...] = ()

    @property
    def has_key(self) -> bool:
        """Whether its rows carry the keys of our own workbooks."""
        return KEY in self.cells

    @property
    def place(self) -> str:
        """Its name for people."""
        return f"{self.path.name}, sheet {self.sheet}" if self.sheet else self.path.name

    def column(self, name: str) -> pd.Series:
        """Return a column's text, blank where the sheet lacks it."""
        return self.cells[name] if name in self.cells else pd.Series("", index=self.cells.index, dtype="str")


@dataclass
class ResultFile:
    """Files as they were read: their sheets, what their statuses mean, and sheets that tell nothing.

    Attributes
    ----------
    tables
        One a sheet with a status.
    statuses
        Each value of the status columns, the most frequent first.
    skipped
        Where a sheet stands -> why it was left out.
    """

    tables: list[ResultTable]
    statuses: list[Status]
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all sheets."""
        return sum(len(table.cells) for table in self.tables)

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """Headers any of which may say what came of the calls, as long as nobody says which one does."""
        return next((table.rivals for table in self.tables if len(table.rivals) > 1), ())

    @property
    def open_statuses(self) -> list[Status]:
        """Values of which nobody has said what they mean."""
        return [status for status in self.statuses if status.result is None]

    @property
    def is_of_calls(self) -> bool:
        """Whether it tells what came of calls, not only yes or no."""
        return bool({status.result for status in self.statuses} - _OF_ANY) or any(
            table.has_key for table in self.tables
        )

    def results(self) -> dict[str, str]:
        """Return what each value means, as far as it is known."""
        return {status.text: status.result for status in self.statuses if status.result is not None}


def status_preference(settings: Settings) -> Preference[StatusMap]:
    """Return what people said that statuses mean."""
    return Preference(settings, "statuses", StatusMap(), Action.BRING_OUTCOMES)


def read_result_files(
    paths: Paths,
    words: OutcomeWords,
    *,
    settings: Settings,
    encoding: str | None = None,
    status: str | None = None,
    said: Mapping[str, str] | None = None,
) -> ResultFile:
    """Read every sheet of files that say what came of calls.

    Parameters
    ----------
    words
        What the outcome is called, which stands in our own workbooks.
    status
        Header with the status, where a person says so.
    said
        Status -> result, where a person says so.

    Raises
    ------
    LabelError
        If no sheet has a column with a status, or it is not clear which one it is.
    LeadScoreError
        If a file cannot be read.
    """
    known = status_preference(settings).current().value.results if settings.has_database else {}
    tables: list[ResultTable] = []
    skipped: dict[str, str] = {}
    for path in list_files(paths):
        for sheet, cells, log in _sheets(path, encoding, skipped):
            table = _table((path, sheet, log), cells, words, status, known)
            if table.status and cells.shape[1] > 1:
                tables.append(table)
            else:
                skipped[table.place] = _why_none(table)
    if not tables:
        raise LabelError(
            "No column says what came of the calls. Expected a column such as Result or Status, with words such as No "
            f"answer, Interested or Not interested. {' '.join(f'{place}: {why}' for place, why in skipped.items())}"
        )
    return ResultFile(tables, _statuses(tables, words, known, dict(said or {})), skipped)


def _sheets(
    path: Path, encoding: str | None, skipped: dict[str, str]
) -> Iterator[tuple[str | None, pd.DataFrame, ReadLog]]:
    """Give every sheet of a file that can be read as a list; a text file is one."""
    sheets: Sequence[str | None] = list_sheets(path, encoding) or [None]
    for sheet in sheets:
        log = ReadLog()
        try:
            frame = pd.concat(iter_leads(path, sheet=sheet, encoding=encoding, log=log), ignore_index=True)
        except UnreadableFileError as error:
            if len(sheets) == 1:
                raise
            skipped[f"{path.name}, sheet {sheet}"] = str(error)
            continue
        yield sheet, pd.DataFrame({name: as_text(frame[name]).fillna("").str.strip() for name in frame.columns}), log


def _table(
    of: tuple[Path, str | None, ReadLog],
    cells: pd.DataFrame,
    words: OutcomeWords,
    said: str | None,
    known: Mapping[str, str],
) -> ResultTable:
    path, sheet, log = of
    ranked = _status_choices(cells, words, known)
    choices = [header for _, header in ranked]
    rivals = [header for rank, header in ranked if rank == ranked[0][0] < _UNNAMED]
    if said is not None or RESULT in cells:
        rivals = []
    if said is not None:
        found = said if said in cells else ""
    else:
        found = RESULT if RESULT in cells else choices[0] if choices else ""
    at, dated_by, doubts = _moments(cells, sheet, found, log)
    return ResultTable(path, sheet, cells, found, tuple(choices), tuple(rivals), at, dated_by, log, doubts=doubts)


def _status_choices(cells: pd.DataFrame, words: OutcomeWords, known: Mapping[str, str]) -> list[tuple[int, str]]:
    """Return the headers whose values say what came of calls, and how plainly they are named, the likeliest first."""
    ranked: list[tuple[int, float, int, str]] = []
    for place, header in enumerate(map(str, cells.columns)):
        filled = cells[header][cells[header] != ""]
        values = filled.value_counts()
        if header in {KEY, CALL_BACK, NOTE} or values.empty or len(values) > MOST_STATUSES:
            continue
        meanings = [_meaning(text, words, known)[0] for text in values.index]
        clear = [meaning is not None for meaning in meanings]
        share = float(values.to_numpy()[np.array(clear)].sum() / values.sum())
        plain = plain_header(header)
        rank = 0 if _STATUS_NAMES.search(plain) else 1 if OUTCOME_NAMES.search(plain) else _UNNAMED
        are_words = sum(any(char.isalpha() for char in str(text)) for text in values.index) > 1
        are_words |= bool(set(meanings) - _OF_ANY)  # one word is enough where only a call has it
        if (rank < _UNNAMED and share > 0) or (share >= _MOSTLY and are_words):
            ranked.append((rank, -share, place, header))
    return [(rank, header) for rank, _, _, header in sorted(ranked)]


def _why_none(table: ResultTable) -> str:
    return f"none of its columns ({', '.join(map(str, list(table.cells.columns)[:8]))}) holds a status."


def _meaning(text: str, words: OutcomeWords, known: Mapping[str, str]) -> tuple[str | None, str]:
    remembered = known.get(plain_status(text))
    if remembered is not None:
        return remembered, "remembered"
    guess = guess_result(text, words)
    return guess, "guessed" if guess is not None else ""


def _statuses(
    tables: Sequence[ResultTable], words: OutcomeWords, known: Mapping[str, str], said: Mapping[str, str]
) -> list[Status]:
    counts = pd.concat([table.cells[table.status] for table in tables], ignore_index=True)
    by_plain = {plain_status(text): result for text, result in said.items()}
    found = []
    for text, rows in counts[counts != ""].value_counts().items():
        result = by_plain.get(plain_status(str(text)))
        meaning = (result, "said") if result is not None else _meaning(str(text), words, known)
        found.append(Status(str(text), int(rows), *meaning))
    return found


def plain_status(text: str) -> str:
    """Return the form in which a status is remembered."""
    return " ".join(text.casefold().split())


def _moments(
    cells: pd.DataFrame, sheet: str | None, status: str, log: ReadLog
) -> tuple[pd.Series, str, tuple[DateDoubt, ...]]:
    """Return when each row's call was, what says so (a column, or our own workbook's sheet), and impossible dates."""
    none = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    if KEY in cells and sheet:
        try:
            day = datetime.strptime(sheet, _SHEET_DAY)
        except ValueError:
            day = None
        if day is not None and day.date() <= datetime.now(UTC).date():
            return pd.Series(day.replace(hour=12), index=cells.index, dtype="datetime64[us]"), f"sheet {sheet}", ()
    named = [
        header
        for header in map(str, cells.columns)
        if header not in {status, CALL_BACK, NOTE} and set(words_of(header)) & _CALLED_ON and moment_rank(header)
    ]
    dated = later_than(cells, named, "dmy", log.place)
    if dated is None:
        return none, "", ()
    is_known = bool(dated.moments.notna().any())
    return dated.moments.astype("datetime64[us]"), dated.header if is_known else "", tuple(dated.doubts)


def read_moments(cells: pd.Series) -> pd.Series:
    """Return the moments in a column of text, NaT where there is none."""
    return pd.Series(parse_dates(cells, ("",), "dmy").values.to_numpy(dtype="datetime64[us]"), index=cells.index)
