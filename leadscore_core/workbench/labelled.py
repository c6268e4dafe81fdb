"""Labelled leads before training: whether they are enough, their base rates, and what may know the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.data import LeadSchema, Role, clean_leads

if TYPE_CHECKING:  # training loads when leads are audited, not with the other pages
    from leadscore_core.training import LeakFinding

LEAST_OF_EACH = 40


@dataclass(frozen=True)
class Labelled:
    """What there is to learn from.

    Attributes
    ----------
    rows, completed, not_completed
        Leads in all, and with each outcome.
    months
        ``month`` (first day), ``leads``, ``rate`` (0-1) of leads with a known outcome; empty without dates.
    """

    rows: int
    completed: int
    not_completed: int
    months: pd.DataFrame

    @property
    def known(self) -> int:
        """Leads whose outcome is known."""
        return self.completed + self.not_completed

    @property
    def is_enough(self) -> bool:
        """Whether there are 40 leads of each outcome at least."""
        return min(self.completed, self.not_completed) >= LEAST_OF_EACH


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
    return Labelled(len(frame), int((label == 1).sum()), int((label == 0).sum()), months)


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


def audit_labelled(frame: pd.DataFrame, schema: LeadSchema) -> list[LeakFinding]:
    """Look for input columns that may know the outcome (see `audit_leakage`)."""
    from leadscore_core.training import audit_leakage

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
