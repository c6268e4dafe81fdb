"""The file of cleaned leads: what the data pipeline hands on to scoring, so that a list is cleaned once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core._files import whole_file
from leadscore_core.data.cleaning.cleaner import (
    PROBLEM_CODES,
    CellProblem,
    clean_with_problems,
    complete_columns,
    sum_groups,
)
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.wide_frame import with_columns
from leadscore_core.errors import UnreadableFileError

CLEANED_KEY = b"leadscore_cleaned_leads"
_VERSION = 1
_PROBLEMS = "ls_problems"
_BESIDE = {"columns", "title"}  # what changes no cell
_TYPES = {"M": pa.timestamp("us"), "i": pa.int64(), "f": pa.float64()}

Cleaned = tuple[pd.DataFrame, list[CellProblem]]


def save_cleaned_leads(leads: LeadList, path: Path) -> int:
    """Clean a list into one Parquet file, chunk by chunk, whole or not at all; return how many leads it has.

    The file holds what ``leadscore clean`` writes, and besides each counter by itself, and which cells could not be
    used; nothing in it says who a person is.

    Raises
    ------
    LeadScoreError
        If the list cannot be read; nothing is left behind.
    """
    writer: pq.ParquetWriter | None = None
    own: list[str] = []
    rows, reasons = 0, dict[str, str]()
    with whole_file(path) as aside:
        try:
            for chunk in leads.chunks():
                raw = leads.mapping.apply(chunk, leads.schema)
                inputs = [column.name for column in leads.schema.inputs if column.name in raw.columns]
                columns, problems = clean_with_problems(raw[inputs], leads.schema, by_group=False)
                tidy = complete_columns(sum_groups(columns, leads.schema), leads.schema)
                extra = {str(name): columns[name] for name in columns if name not in tidy}
                reasons |= {_name(problem): problem.reason for problem in problems}
                frame = with_columns(tidy, extra | {_PROBLEMS: _write_problems(problems, len(columns))})
                own = own or [str(name) for name in columns]
                if writer is None:
                    fields = [(str(name), _TYPES.get(frame[name].dtype.kind, pa.large_string())) for name in frame]
                    writer = pq.ParquetWriter(aside, pa.schema(fields))
                writer.write_table(pa.Table.from_pandas(frame, schema=writer.schema, preserve_index=False))
                rows += len(frame)
        finally:
            if writer is not None:
                about = {"version": _VERSION, "columns": own, "rows": rows, "reasons": reasons}
                about |= {
                    "schema": leads.schema.model_dump(mode="json"),
                    "read_as": _read_as(leads.mapping, leads.schema),
                }
                writer.add_key_value_metadata({CLEANED_KEY: json.dumps(about).encode()})
                writer.close()
    return rows


def holds_cleaned_leads(path: Path) -> bool:
    """Return whether a file is one of `save_cleaned_leads`, not one of an earlier version or of another step."""
    try:
        CleanedFile(path).close()
    except UnreadableFileError:
        return False
    return True


class CleanedFile:
    """Leads that were cleaned before, given in their order; use it as a context.

    Raises
    ------
    UnreadableFileError
        If it is not such a file.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
            about = json.loads((self._file.metadata.metadata or {})[CLEANED_KEY])
            self.schema = LeadSchema.model_validate(about["schema"])
            self.rows, self._columns, self._reasons = about["rows"], about["columns"], about["reasons"]
            self._read_as = about["read_as"]
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise UnreadableFileError(
                f"{path.name} does not hold leads that were cleaned for scoring, or it is damaged. Run the data "
                "pipeline on the list again."
            ) from error
        self._batches = self._read()
        self._left = pd.DataFrame()

    def fits(self, schema: LeadSchema, mapping: ColumnMapping) -> bool:
        """Return whether a model of this schema would clean the list to the same: its columns, or fewer, read alike."""
        known = {column.name: column for column in self.schema.columns}
        if schema.model_dump(exclude=_BESIDE) != self.schema.model_dump(exclude=_BESIDE):
            return False
        if any(known.get(column.name) != column for column in schema.inputs):
            return False
        wanted = _read_as(mapping, schema)
        return all(self._read_as.get(name) == said for name, said in wanted.items())

    def take(self, rows: int, schema: LeadSchema) -> Cleaned:
        """Return the next leads as `LeadModel.clean` gives them, and which of their cells could not be used.

        Raises
        ------
        UnreadableFileError
            If there are fewer.
        """
        found, there = [self._left], len(self._left)
        while there < rows:
            batch = next(self._batches, None)
            if batch is None:
                raise UnreadableFileError(
                    f"The list has more leads than the {self.rows:,} that were cleaned. Run the data pipeline again."
                )
            found.append(batch)
            there += len(batch)
        every = pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)
        self._left = every.iloc[rows:]
        given = every.iloc[:rows]
        return sum_groups(given[self._columns], schema), self._problems(given[_PROBLEMS], schema)

    def _read(self) -> Iterator[pd.DataFrame]:
        for batch in self._file.iter_batches(columns=[*self._columns, _PROBLEMS]):
            yield batch.to_pandas()

    def _problems(self, cells: pd.Series, schema: LeadSchema) -> list[CellProblem]:
        """Return cells that could not be used, in the order of the schema's columns."""
        rows: dict[str, list[int]] = {}
        noted = cells.reset_index(drop=True).dropna()
        for row, names in zip(noted.index.tolist(), noted.tolist(), strict=True):
            for name in names.split("\n"):
                rows.setdefault(name, []).append(row)
        places = {column.name: place for place, column in enumerate(schema.inputs)}
        found = []
        for name, own in rows.items():
            code, column = name.split(":", 1)
            if column in places:
                found.append(CellProblem(code, column, self._reasons[name], np.array(own)))
        return sorted(found, key=lambda problem: (places[problem.column], PROBLEM_CODES.index(problem.code)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _read_as(mapping: ColumnMapping, schema: LeadSchema) -> dict[str, str]:
    """Return by input which header gives it and how its cells are read."""
    used = mapping.used
    return {
        column.name: f"{used.get(column.name)} {mapping.order_of(column)} {column.name in mapping.decimal_comma}"
        for column in schema.inputs
    }


def _name(problem: CellProblem) -> str:
    return f"{problem.code}:{problem.column}"


def _write_problems(problems: list[CellProblem], rows: int) -> pd.Series:
    """Return the names of a lead's cells that could not be used, a line each; missing where all could."""
    noted = np.full(rows, None, dtype=object)
    for problem in problems:
        for row in problem.rows.tolist():
            noted[row] = _name(problem) if noted[row] is None else f"{noted[row]}\n{_name(problem)}"
    return pd.Series(noted, dtype="str")
