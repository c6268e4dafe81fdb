"""A batch for a CRM: its columns settled, the first mapped rows, and what an import would and would not touch."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.view import BatchView
from leadscore_core.data.reading.chunks import LINE_PROBLEM
from leadscore_core.inference.export.crm_columns import (
    MORE,
    CrmChoice,
    CrmColumns,
    contact_headers,
    settle_columns,
)
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.storage.leads.files import read_own

SAMPLE = 1_000
SHOWN = 3


@dataclass(frozen=True)
class CrmPreview:
    """What an import into a CRM would do.

    Attributes
    ----------
    rows
        The first mapped rows, three at most.
    written
        Leads that are written.
    left_out, blank
        In words, empty where there is nothing to say: which leads are not, and of how many a column is blank.
    """

    rows: pd.DataFrame
    written: int
    left_out: str
    blank: str


def list_headers(view: BatchView) -> list[str]:
    """Return the list's own headers, in their order."""
    return [header for header in view.batch.mapping.headers if header and header != LINE_PROBLEM]


def crm_columns(view: BatchView, choice: CrmChoice) -> CrmColumns:
    """Settle what a CRM's file of a batch holds, by the batch's first leads.

    Raises
    ------
    ExportError
        See `settle_columns`.
    """
    sample = read_own(view.batch.leads_path, list(range(min(SAMPLE, view.table.rows)))).drop(
        columns=LINE_PROBLEM, errors="ignore"
    )
    return settle_columns(choice, sample, contact_headers(view.batch.mapping, view.schema))


def crm_rows(view: BatchView, leads: pd.DataFrame, columns: CrmColumns) -> pd.DataFrame:
    """Return leads of a batch under a CRM's headers, without those that no record is found by.

    Parameters
    ----------
    leads
        As from `LeadTable.page`.
    """
    own = read_own(view.batch.leads_path, leads["ls_row"].tolist(), columns.reads)
    ours: dict[str, object] = {
        "lead_score": leads["ls_score"].astype("int64"),
        "grade": leads["ls_grade"].astype("str"),
        "propensity": leads["ls_propensity"],
        "junk_reason": view.junk_words(leads),
        "model_id": pd.Series(view.batch.scoring.model_id, index=leads.index, dtype="str"),
    }
    if view.model is not None and len(leads):
        cleaned = view.cleaned(leads)
        words = reasons_in_words(cleaned, view.model.contributions(cleaned), view.model, columns.reasons)
        ours |= {str(name): words[name] for name in words}
    elif view.model is not None:
        ours |= {f"reason_{k + 1}": pd.Series([], dtype="str") for k in range(columns.reasons)}
    return columns.lay_out(own, pd.DataFrame(ours).set_axis(own.index))


@needs(Action.EXPORT)
def preview_crm(view: BatchView, columns: CrmColumns, rows: np.ndarray) -> CrmPreview:
    """Map the first leads of an export, and count over all of them what is matched, left out and blank.

    Parameters
    ----------
    rows
        Positions of the leads that are exported, in their order.
    """
    counted = columns.afresh()
    own = read_own(view.batch.leads_path, rows.tolist(), columns.reads)
    bare = pd.DataFrame({"lead_score": 0, "grade": ""}, index=own.index)
    for name in (MORE[name] for name in columns.choice.more if name in MORE):
        bare[name] = "?"
    laid = counted.lay_out(own, bare)
    first = crm_rows(view, view.table.by_rows(rows[laid.index[:SHOWN]]), columns.afresh())
    return CrmPreview(first, len(laid), counted.left_out_words, counted.blank_words)
