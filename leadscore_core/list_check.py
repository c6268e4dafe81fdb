"""Checking a list: every problem of it, without a model or with one, in one reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore_core.data import (
    Finding,
    ReadLog,
    RowSample,
    chunk_findings,
    clean_with_problems,
    duplicate_findings,
    label_findings,
    mapping_findings,
    merge_findings,
    row_hashes,
    sort_findings,
)
from leadscore_core.learnable import AUDITED_ROWS, audit_json, audit_list
from leadscore_core.lists import LeadList
from leadscore_core.model import LeadModel
from leadscore_core.shared_keys import SharedKeys

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training import LeakFinding


@dataclass
class CheckReport:
    """What was found in a list; ``labelled`` counts the leads that have an outcome."""

    rows: int
    columns: int
    findings: list[Finding]
    leakage: list[LeakFinding] | None = None
    labelled: int = 0

    @property
    def has_errors(self) -> bool:
        """Whether anything found makes the list unfit for its purpose."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what `check --json` writes."""
        told: dict[str, Any] = {
            "rows": self.rows,
            "columns": self.columns,
            "problems": [finding.model_dump() for finding in self.findings],
        }
        if self.leakage is not None:
            told |= audit_json(self.leakage)
        return told


def check_list(leads: LeadList, *, model: LeadModel | None = None, label_expected: bool = False) -> CheckReport:
    """Find every problem of a list, in chunks.

    Parameters
    ----------
    model
        For the share of levels that it has never seen.
    label_expected
        Whether the list is for training or evaluation.
    """
    levels, costs = (model.known_levels, model.metadata.column_costs) if model is not None else ({}, {})
    parts, hashes, labels, rows, log = [], [], [], 0, ReadLog()
    keys, sample = SharedKeys(leads), RowSample(AUDITED_ROWS)
    for chunk in leads.chunks(log):
        raw = leads.mapping.apply(chunk, leads.schema)
        cleaned, problems = clean_with_problems(raw, leads.schema)
        parts.append((chunk_findings(chunk, raw, cleaned, problems, leads.schema, leads.mapping, levels), len(chunk)))
        hashes.append(row_hashes(chunk))
        keys.add(chunk)
        if label_expected and (label := leads.schema.label) is not None and label.name in raw:
            labels.append((cleaned[[label.name]], raw[[label.name]]))
            sample.add(chunk)
        rows += len(chunk)
    found = [
        *log.numbered([*merge_findings(parts), *duplicate_findings(hashes)]),
        *log.findings(),
        *keys.findings(),
        *mapping_findings(leads.mapping, leads.schema, rows, costs),
    ]
    if label_expected:
        both = zip(*labels or [(pd.DataFrame(index=range(rows)),) * 2], strict=True)
        cleaned, raw = (pd.concat(own, ignore_index=True) for own in both)
        found += log.numbered(label_findings(cleaned, raw, leads.schema, leads.mapping))
    leaks = audit_list(leads, sample.frame()) if label_expected else None
    labelled = sum(int(part.notna().to_numpy().sum()) for part, _ in labels)
    return CheckReport(rows, len(leads.mapping.headers), sort_findings(found), leaks, labelled)
