"""A list that was looked into: its files, and which header gives which column."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.data.findings import Finding
from leadscore_core.data.reading.chunks import Chunk
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_chunks, iter_leads, look_at_files
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema

if TYPE_CHECKING:
    from leadscore_core.data.cleaning.outcome_values import OutcomeSplit
    from leadscore_core.data.schema.inference import Proposal

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class LeadList:
    """A list that was looked into: its files, and which header gives which column.

    ``proposal`` is there where nobody has said yet what its columns mean, and the schema was made of it. ``left_out``
    says by path why a file of several is left out; where it is None, a file that cannot be read is an error.
    ``outcome`` says what the values of the outcome mean, once that was settled.
    """

    paths: Paths
    schema: LeadSchema
    mapping: ColumnMapping
    sheet: str | None = None
    proposal: Proposal | None = None
    left_out: dict[str, str] | None = None
    outcome: OutcomeSplit | None = None
    encoding: str | None = None

    def chunks(self, log: ReadLog | None = None) -> Iterator[pd.DataFrame]:
        """Read the rows in chunks, all columns; a log gets what is found of the files on the way."""
        return iter_leads(self.paths, sheet=self.sheet, log=log, encoding=self.encoding)

    def raw_chunks(self, log: ReadLog | None = None) -> Generator[Chunk, None, None]:
        """Read the rows in chunks, all columns, as the files hold them."""
        return iter_chunks(self.paths, sheet=self.sheet, left_out=self.left_out, log=log, encoding=self.encoding)

    def file_findings(self) -> list[Finding]:
        """Return what was found of the files themselves: rows that are no leads, quotes and bytes that were mended."""
        return look_at_files(
            self.paths, sheet=self.sheet, go_on=self.left_out is not None, encoding=self.encoding
        ).findings()
