"""The data pipeline: a list checked, every problem of it in one reading, and cleaned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore_core.data.cleaning.cleaner import clean_leads, clean_with_problems, complete_columns
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.findings import Finding, sort_findings
from leadscore_core.data.label_validation import label_findings
from leadscore_core.data.merge_findings import merge_findings
from leadscore_core.data.reading.given_leads import OPEN_IT, expect_kind
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.row_sample import RowSample
from leadscore_core.data.validation import (
    CleanedChunk,
    chunk_findings,
    duplicate_findings,
    mapping_findings,
    row_hashes,
)
from leadscore_core.inference.export.files import write_leads
from leadscore_core.inference.shared_keys import SharedKeys
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.exclusions import AUDITED_ROWS, audit_json, audit_list

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training.leakage import LeakFinding


@dataclass
class CheckReport:
    """What was found in a list; ``labelled`` counts the leads that have an outcome."""

    rows: int
    columns: int
    findings: list[Finding]
    leakage: list[LeakFinding] | None = None
    labelled: int = 0

    @property
    def cautions(self) -> list[str]:
        """What to mind of the columns that may know the outcome, in sentences."""
        if not self.leakage:
            return []
        from leadscore_core.training.cautions import audit_cautions

        return audit_cautions(self.leakage)

    @property
    def has_errors(self) -> bool:
        """Whether anything found makes the list unfit for its purpose."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what `check --json` writes, but for the columns (see `list_columns`) and the outcome."""
        result: dict[str, Any] = {
            "rows": self.rows,
            "problems": [finding.model_dump() for finding in self.findings],
        }
        if self.leakage is not None:
            result |= audit_json(self.leakage) | {"cautions": self.cautions}
        return result


def check_list(leads: LeadList, *, model: LeadModel | None = None, label_expected: bool = False) -> CheckReport:
    """Find every problem of a list, in chunks.

    Parameters
    ----------
    model
        For the share of levels that it has never seen.
    label_expected
        Whether the list is for training or evaluation.
    """
    expect_kind(leads, LeadList, OPEN_IT)
    levels, costs = (model.known_levels, model.metadata.column_costs) if model is not None else ({}, {})
    found_in, hashes, labels, rows, log = [], [], [], 0, ReadLog()
    keys, sample = SharedKeys(leads), RowSample(AUDITED_ROWS)
    for chunk in leads.chunks(log):
        raw = leads.mapping.apply(chunk, leads.schema)
        cleaned, problems = clean_with_problems(raw, leads.schema)
        found_in.append(
            (
                chunk_findings(CleanedChunk(chunk, raw, cleaned, problems, leads.schema, leads.mapping), levels),
                len(chunk),
            )
        )
        hashes.append(row_hashes(chunk))
        keys.add(chunk)
        if label_expected and (label := leads.schema.label) is not None and label.name in raw:
            labels.append((cleaned[[label.name]], raw[[label.name]]))
            sample.add(chunk)
        rows += len(chunk)
    found = [
        *log.numbered([*merge_findings(found_in), *duplicate_findings(hashes)]),
        *log.findings(),
        *keys.findings(),
        *mapping_findings(leads.mapping, leads.schema, rows, costs),
    ]
    if label_expected:
        both = zip(*labels or [(pd.DataFrame(index=range(rows)),) * 2], strict=True)
        cleaned, raw = (pd.concat(own, ignore_index=True) for own in both)
        found += log.numbered(label_findings(cleaned, raw, leads.schema, leads.mapping))
    leakage = audit_list(leads, sample.frame()) if label_expected else None
    labelled = sum(int(label.notna().to_numpy().sum()) for label, _ in labels)
    return CheckReport(rows, len(leads.mapping.headers), sort_findings(found), leakage, labelled)


def clean_list(leads: LeadList, out: str | Path) -> int:
    """Run the data pipeline: write one tidy row a lead, in the input's order, and return how many.

    Raises
    ------
    LeadScoreError
        If the list cannot be read or the result cannot be written; nothing is left behind.
    """
    expect_kind(leads, LeadList, OPEN_IT)
    chunks = (
        complete_columns(clean_leads(leads.mapping.apply(chunk, leads.schema), leads.schema), leads.schema)
        for chunk in leads.chunks()
    )
    return write_leads(chunks, out)
