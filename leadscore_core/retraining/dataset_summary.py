"""Labelled leads before training: whether they are enough, their base rates, and what may know the outcome."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.confidence import enough_of_each
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.filters import BLANK
from leadscore_core.training.exclusions import AUDITED_ROWS, BY_HAND

if TYPE_CHECKING:  # training loads when leads are audited, not with the other pages
    from leadscore_core.training.leakage import LeakFinding


@dataclass(frozen=True)
class Labelled:
    """What there is to learn from.

    Attributes
    ----------
    rows, completed, not_completed
        Leads in all, and with each outcome.
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
        """Whether there are 40 leads of each outcome at least."""
        return enough_of_each(self.completed, self.not_completed)


def look_at_labelled(frame: pd.DataFrame, schema: LeadSchema) -> Labelled:
    """Count labelled leads.

    Parameters
    ----------
    frame
        As from `gather_leads`.
    """
    label, dates = _label_and_dates(frame, schema)
    known = label.notna()
    months = pd.DataFrame(columns=["month", "leads", "rate"])
    if dates is not None and dates[known].notna().any():
        grouped = label[known].groupby(dates[known].dt.to_period("M"))
        months = pd.DataFrame({"leads": grouped.size(), "rate": grouped.mean()}).rename_axis("month").reset_index()
        months["month"] = months["month"].dt.to_timestamp()
    future = 0 if dates is None else int((dates > pd.Timestamp.now() + pd.Timedelta(days=1)).sum())
    return Labelled(len(frame), int((label == 1).sum()), int((label == 0).sum()), months, future)


def period_of(frame: pd.DataFrame, schema: LeadSchema) -> tuple[date, date] | None:
    """Return the days of the first and the last lead; None without dates."""
    _, dates = _label_and_dates(frame, schema)
    if dates is None or dates.isna().all():
        return None
    return dates.min().date(), dates.max().date()


def narrow_leads(
    frame: pd.DataFrame,
    schema: LeadSchema,
    period: tuple[date, date] | None = None,
    values: dict[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Return the leads of a period and with some values.

    Parameters
    ----------
    frame
        As from `gather_leads`.
    period
        First and last day; leads without a date are left out then.
    values
        Column -> values as `levels_of` gives them.
    """
    keep = pd.Series(True, index=frame.index)
    _, dates = _label_and_dates(frame, schema)
    if period is not None and dates is not None:
        first, last = (pd.Timestamp(day) for day in period)
        keep &= dates.between(first, last + pd.Timedelta(days=1), inclusive="left")
    for name, wanted in (values or {}).items():
        keep &= clean_leads(frame[[name]], schema)[name].fillna(BLANK).isin(wanted)
    return frame if keep.all() else frame[keep].reset_index(drop=True)


def levels_of(frame: pd.DataFrame, schema: LeadSchema, name: str, most: int = 50) -> list[str]:
    """Return the most frequent values of a text column."""
    values = clean_leads(frame[[name]], schema)[name].fillna(BLANK).value_counts()
    return [str(value) for value in values.index[:most]]


def new_since(frame: pd.DataFrame, schema: LeadSchema, model: LeadModel) -> int | None:
    """Return how many leads a model has not learned from; None where nothing tells leads apart."""
    if model.schema.name != schema.name:
        return None
    cleaned = clean_leads(frame, model.schema)
    seen = model.features.was_seen(cleaned)
    return None if seen is None else int((~seen).sum())


def leave_out_young(frame: pd.DataFrame, schema: LeadSchema, days: int) -> pd.DataFrame:
    """Return the leads without those of the last days, which may be too young to have an outcome.

    Parameters
    ----------
    frame
        As from `gather_leads`.
    days
        Before the newest lead; 0 leaves out none, and so do leads without dates.
    """
    _, dates = _label_and_dates(frame, schema)
    if days <= 0 or dates is None or dates.isna().all():
        return frame
    young = dates > dates.max() - pd.Timedelta(days=days)
    return frame[~young].reset_index(drop=True)


def count_labelled(frame: pd.DataFrame, schema: LeadSchema) -> int:
    """Return how many leads have an outcome."""
    return int(_label_and_dates(frame, schema)[0].notna().sum())


def left_out_before(schema: LeadSchema, asked: Container[str]) -> dict[str, str]:
    """Return the inputs that a person left out of an earlier training -> why, of those that are not asked about now."""
    return {c.name: BY_HAND for c in schema.inputs if c.name in schema.left_out and c.name not in asked}


def audit_labelled(frame: pd.DataFrame, schema: LeadSchema) -> list[LeakFinding]:
    """Look for input columns that may know the outcome, in at most 100,000 leads (see `audit_leakage`)."""
    from leadscore_core.training.leakage import audit_leakage

    frame = sample_rows([frame], AUDITED_ROWS)
    label, dates = _label_and_dates(frame, schema)
    known = label.notna().to_numpy()
    inputs = [c.name for c in schema.inputs if c.name in frame]
    when = None if dates is None else dates[known].reset_index(drop=True)
    return audit_leakage(frame.loc[known, inputs].reset_index(drop=True), label[known].to_numpy("int64"), dates=when)


def _label_and_dates(frame: pd.DataFrame, schema: LeadSchema) -> tuple[pd.Series, pd.Series | None]:
    stamp, label = schema.one(Role.TIMESTAMP), schema.label
    wanted = [column.name for column in (label, stamp) if column is not None and column.name in frame]
    cleaned = clean_leads(frame[wanted], schema)
    outcome = (
        cleaned[label.name] if label is not None and label.name in cleaned else pd.Series(float("nan"), frame.index)
    )
    return outcome, cleaned[stamp.name] if stamp is not None and stamp.name in cleaned else None
