"""When leads of a list converted, by a column of its file: how long a lead takes is learned from it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from leadscore_core.batches.outcome_dates import conversion_headers, later_than
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.training.time_to_convert import TimeToConvert, learn_time
from leadscore_core.training.training_data import TrainingData


def with_conversion_dates(leads: LeadList, data: TrainingData) -> TrainingData:
    """Return leads with how long those took that converted, where a column of their file says when.

    Raises
    ------
    LeadScoreError
        If the list cannot be read.
    """
    headers, dates = conversion_headers(leads), data.dates
    if not headers or dates is None:
        return data
    chunks = [
        pd.DataFrame({h: as_text(chunk[h]) if h in chunk else pd.NA for h in headers}, dtype="str")
        for chunk in leads.chunks()
    ]
    cells = pd.concat(chunks, ignore_index=True)
    dated = later_than(cells, headers, leads.mapping.date_order)
    if dated is None or len(dated.moments) != len(data):
        return data
    moments = dated.moments
    calls = data.known_calls
    took = np.asarray((moments - dates.reset_index(drop=True)).dt.total_seconds(), dtype="float64") / 86_400
    looked = max(moments.max(), dates.max())
    age = np.asarray((looked - dates).dt.total_seconds(), dtype="float64") / 86_400
    return replace(data, calls=replace(calls, took=np.where(calls.came == 1, took, np.nan), age=age))


def learned_time(data: TrainingData) -> TimeToConvert | None:
    """Return how long these leads take to convert; None where too little says it, or most leads are younger than that.

    By dates of another kind nearly all leads would be too young: that is for a person to say.
    """
    found = None if data.calls is None else learn_time(data.calls.took, data.calls.age)
    if found is None or data.calls is None or found.days > np.nanmedian(data.calls.age):
        return None
    return found
