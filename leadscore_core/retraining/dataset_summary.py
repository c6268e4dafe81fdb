"""Labelled leads before training: whether they are enough, their base rates, and which of them are learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from leadscore_core.confidence import enough_to_learn
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.filters import BLANK
from leadscore_core.training.evaluation.seen_leads import seen_in_training
from leadscore_core.training.training_data import TrainingData


@dataclass(frozen=True)
class Labelled:
    """What there is to learn from.

    Attributes
    ----------
    rows, completed, not_completed
        Leads in all but those too young, and with each outcome, of those that are learned from.
    months
        ``month`` (first day), ``leads``, ``rate`` (0-1) of leads with a known outcome; empty without dates.
    future
        Leads dated later than now.
    """

    rows: int
    completed: int
    not_completed: int
    months: pd.DataFrame
    future: int = 0

    @property
    def known(self) -> int:
        """Leads whose outcome is known."""
        return self.completed + self.not_completed

    @property
    def is_enough(self) -> bool:
        """Whether there are leads enough of each outcome to learn from."""
        return enough_to_learn(self.completed, self.not_completed)


def summarise(data: TrainingData) -> Labelled:
    """Count labelled leads."""
    label, dates, known = pd.Series(data.label), data.dates, pd.Series(data.is_known)
    months = pd.DataFrame(columns=["month", "leads", "rate"])
    if dates is not None and dates[known].notna().any():
        grouped = label[known].groupby(dates[known].dt.to_period("M"))
        months = pd.DataFrame({"leads": grouped.size(), "rate": grouped.mean()}).rename_axis("month").reset_index()
        months["month"] = months["month"].dt.to_timestamp()
    future = 0 if dates is None else int((dates > pd.Timestamp.now() + pd.Timedelta(days=1)).sum())
    rows = len(data) - (0 if data.calls is None else data.calls.summary().young)
    return Labelled(rows, int((label[known] == 1).sum()), int((label[known] == 0).sum()), months, future)


def period_of(data: TrainingData) -> tuple[date, date] | None:
    """Return the days of the first and the last lead; None without dates."""
    dates = data.dates
    if dates is None or dates.isna().all():
        return None
    return dates.min().date(), dates.max().date()


def narrow_leads(
    data: TrainingData,
    period: tuple[date, date] | None = None,
    values: Mapping[str, Sequence[str]] | None = None,
) -> TrainingData:
    """Return the leads of a period and with some values.

    Parameters
    ----------
    period
        First and last day; leads without a date are left out then.
    values
        Column -> values as `levels_of` gives them.
    """
    chosen, dates = np.ones(len(data), dtype=bool), data.dates
    if period is not None and dates is not None:
        first, last = (pd.Timestamp(day) for day in period)
        chosen &= dates.between(first, last + pd.Timedelta(days=1), inclusive="left").to_numpy()
    for name, wanted in (values or {}).items():
        chosen &= data.columns[name].fillna(BLANK).isin(wanted).to_numpy()
    return data.take(chosen)


def levels_of(data: TrainingData, name: str, most: int = 50) -> list[str]:
    """Return the most frequent values of a text column."""
    values = data.columns[name].fillna(BLANK).value_counts()
    return [str(value) for value in values.index[:most]]


def new_since(data: TrainingData, model: LeadModel) -> int | None:
    """Return how many leads a model has not learned from; None where nothing tells leads apart."""
    if model.schema.name != data.schema.name:
        return None
    seen = seen_in_training(model, data.cleaned(model.schema), data.identities, count_repeats=False)
    return None if seen is None else int((~seen).sum())
