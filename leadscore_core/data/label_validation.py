"""Checking the label: what keeps the outcomes of a list from being learned from."""

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_reader import read_outcomes
from leadscore_core.data.cleaning.outcome_split import split_cells
from leadscore_core.data.cleaning.outcome_values import name_values
from leadscore_core.data.cleaning.outcome_words import Meaning
from leadscore_core.data.cleaning.text import filled_cells
from leadscore_core.data.example_cells import example_cell
from leadscore_core.data.findings import Finding, make_finding
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema

_STRAY_LABELS = 0.1


def label_findings(
    cleaned: pd.DataFrame, raw: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping
) -> list[Finding]:
    """Find what keeps the label from being learned from."""
    label = schema.label
    n_rows = len(raw)
    if label is None or label.name not in raw.columns:
        human = label.human if label else "label"
        return [make_finding("label_missing", label.name if label else "", f"no column for {human}", n_rows, n_rows)]
    header, found = mapping.used[label.name], []
    values, marks = cleaned[label.name], schema.marks_of(label)
    split = split_cells(raw[label.name], label, marks)
    unusable = np.flatnonzero(read_outcomes(raw[label.name], label, marks)[1])
    given = filled_cells(raw[label.name], marks)
    blank = np.flatnonzero(~given & values.isna().to_numpy())
    still = split.of(Meaning.OPEN)
    if still:
        reason = f"no outcome yet: {name_values(still)}; such leads are left out"
        found.append(make_finding("label_open", header, reason, split.count(Meaning.OPEN), n_rows))
    if len(unusable):
        example = example_cell(raw, label.name, unusable)
        named = name_values(split.of(Meaning.UNKNOWN))
        reason = f"not known to say yes or no: {named}; such leads have no outcome and are left out"
        found.append(make_finding("label_not_binary", header, reason, len(unusable), n_rows, unusable, example))
        if len(unusable) > _STRAY_LABELS * n_rows:
            found[-1] = found[-1].model_copy(update={"severity": "error"})
    if len(blank):
        found.append(
            make_finding("label_blank", header, "no outcome yet; such leads are left out", len(blank), n_rows, blank)
        )
    if values.nunique() == 1:
        only = split.of(Meaning.WON if values.max() == 1 else Meaning.LOST)
        said = schema.outcome.past if values.max() == 1 else f"did not {schema.outcome.many}"
        reason = f"every lead that has an outcome {said}: {name_values(only) or 'blank'}"
        found.append(make_finding("label_one_class", header, reason, int(values.notna().sum()), n_rows))
    elif n_rows and not values.notna().any():
        reason = f"no lead has an outcome: {name_values(split.values) or 'blank in every row'}"
        found.append(make_finding("label_no_outcome", header, reason, n_rows, n_rows))
    return found
