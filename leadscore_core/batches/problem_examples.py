"""Examples of problems: cells of a kept list, read from its own file, since the database holds nobody's cells."""

from collections.abc import Iterable

import numpy as np
import pyarrow.parquet as pq

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.data.findings import Finding, show_cell
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.files import read_file_rows, read_own


def without_examples(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without the cells that they show."""
    return [finding.model_copy(update={"example": ""}) for finding in findings]


def with_examples(batch: Batch) -> list[Finding]:
    """Return a batch's findings, for who may see contacts with the first cell of those that name a column of a file."""
    findings = batch.scoring.findings
    if not current_person().may(Action.SEE_CONTACTS):
        return findings
    try:
        headers = set(pq.read_schema(batch.leads_path).names)
        wanted = [finding for finding in findings if finding.column in headers and finding.rows and not finding.files]
        if not wanted:
            return findings
        file_rows = read_file_rows(batch.scores_path)
        cells = {id(finding): _cell(batch, finding, file_rows) for finding in wanted}
    except (OSError, StorageError):
        return findings
    return [finding.model_copy(update={"example": cells.get(id(finding), "")}) for finding in findings]


def _cell(batch: Batch, finding: Finding, file_rows: np.ndarray | None) -> str:
    row = finding.rows[0]
    place = row - FIRST_ROW
    if file_rows is not None:
        place = next(iter(np.flatnonzero(file_rows == row).tolist()), -1)
    if not 0 <= place < batch.rows:
        return ""
    return show_cell(read_own(batch.leads_path, [place], [finding.column])[finding.column].iloc[0])
