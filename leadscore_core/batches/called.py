"""Called leads of a kept list: who was called by the attempts that are kept, and for how many each stands."""

from dataclasses import replace
from datetime import UTC
from typing import NoReturn

import numpy as np
import pandas as pd

from leadscore_core.batches.view import open_view
from leadscore_core.config import Settings
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import RegistryError
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.preferences import junk_preference
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.training.call_columns import CallColumn
from leadscore_core.training.called import is_recorded, sample_weights
from leadscore_core.training.calls import ATTEMPTS, Calls

_DAY = 86_400
_HALF_HOUR = 1_800  # by which time zones differ, so that midnight anywhere is a multiple of it
_SEVERAL = 3


def calls_of_batch(
    batch: Batch,
    schema: LeadSchema,
    came: np.ndarray,
    dates: pd.Series | None,
    settings: Settings,
    *,
    counts: bool | None = None,
) -> tuple[Calls | None, CallColumn | None]:
    """Return what is known of the calls to the leads of a kept list, and the evidence; None where nobody called.

    Somebody who was won is a yes, lost or unreachable a no, whatever file came back; of whom was called and neither,
    what came back counts. Leads of grade Junk are a stratum of which the learning sample was drawn, at the largest
    share that was ever set.

    Parameters
    ----------
    came
        Outcomes that came back, a lead of the list each: 1, 0 or NaN.
    dates
        When each came; None where the list does not say.
    counts
        Whether the attempts that are kept say who was called; where nobody says so, if nearly all who converted were
        called by them, and else nothing is known of the calls.

    Raises
    ------
    StorageError
        If the list's file or the database cannot be read.
    """
    view = open_view(batch, _no_model, schema, settings=settings)
    contacts = view.standing.contacts
    rows = contacts.row[contacts.attempts > 0]
    if not len(rows):
        return None, None
    called = np.zeros(len(came))
    called[rows] = 1.0
    came = _with_states(came, contacts)
    recorded = is_recorded(came, called) is not False
    used = recorded if counts is None else counts
    evidence = CallColumn(
        header=f"{ATTEMPTS} kept for {batch.name}",
        called=int(called.sum()),
        called_yes=int(((called == 1) & (came == 1)).sum()),
        uncalled=int((called == 0).sum()),
        uncalled_yes=int(((called == 0) & (came == 1)).sum()),
        is_clear=recorded,
        is_used=used,
    )
    age, took = _ages(batch, dates, contacts, len(came), settings), _times(dates, contacts, came)
    calls = replace(Calls.unsaid(came), age=age, took=took)
    if not used:
        return calls, evidence
    is_sample, is_aside = _learning_sample(view.table, len(came), settings)
    heard_of = called * ~np.isnan(came)  # whoever was called and has no outcome yet stands for nobody
    weights = sample_weights(is_sample, heard_of, is_aside)
    return replace(calls.by(ATTEMPTS, called), stands_for=weights, is_sample=is_sample), evidence


def _no_model(model_id: str) -> NoReturn:
    raise RegistryError(f"The model {model_id} is not needed to tell who was called.")


def _with_states(came: np.ndarray, contacts: ContactRows) -> np.ndarray:
    """Return outcomes with what follows from the attempts."""
    settled = came.copy()
    yes, refused = contacts.settled()
    settled[contacts.row[yes]] = 1.0
    no = contacts.row[refused]
    settled[no[np.isnan(settled[no])]] = 0.0
    settled[contacts.row[contacts.suppressed_by == "customer"]] = np.nan
    return settled


def _ages(batch: Batch, dates: pd.Series | None, contacts: ContactRows, rows: int, settings: Settings) -> np.ndarray:
    """Return how many days old each lead was when its outcome was looked at last; NaN where that is not known."""
    if dates is None:
        return np.full(rows, np.nan)
    came_back = OutcomeStore(settings).current(batch)
    looked = pd.Timestamp(contacts.last_at[~np.isnat(contacts.last_at)].max())
    if came_back is not None:
        looked = max(looked, pd.Timestamp(came_back.recorded_at.astimezone(UTC).replace(tzinfo=None)))
    return np.asarray((looked - dates).dt.total_seconds(), dtype="float64") / _DAY


def _times(dates: pd.Series | None, contacts: ContactRows, came: np.ndarray) -> np.ndarray:
    """Return how many days those took who were won; NaN for all others."""
    took = np.full(len(came), np.nan)
    won = (contacts.state == "won") & (contacts.last_result == "converted")
    if dates is not None and won.any():
        won[won] = are_dated(contacts.last_at[won])
        rows = contacts.row[won]
        days = (pd.Series(contacts.last_at[won]) - dates.iloc[rows].reset_index(drop=True)).dt.total_seconds() / _DAY
        took[rows] = days.to_numpy("float64")
    return took


def are_dated(moments: np.ndarray) -> np.ndarray:
    """Tell which moments are dates that somebody said, and not when a file without dates was brought.

    What a file says is a day, or a time of each lead's own; several leads that share one second share the file.

    Examples
    --------
    >>> said = ["2026-11-05T00:00:00", "2026-11-05T00:00:00", "2026-11-06T09:14:33"]
    >>> are_dated(np.array([*said, *["2026-11-28T15:48:03"] * 3], dtype="datetime64[s]")).tolist()
    [True, True, True, False, False, False]
    """
    seconds = moments.astype("datetime64[s]").astype("int64")
    _, place, leads = np.unique(seconds, return_inverse=True, return_counts=True)
    return (seconds % _HALF_HOUR == 0) | (leads[place] < _SEVERAL)


def _learning_sample(table: LeadTable, rows: int, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return which leads were drawn of the junk to be called all the same, and which were put aside or drawn."""
    shares = [version.value.learning_percent for version in junk_preference(settings).history()]
    rules = table.standing.junk
    most = max([rules.learning_percent, *shares])
    as_drawn = table.standing_as(replace(table.standing, junk=rules.model_copy(update={"learning_percent": most})))
    drawn, low = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    found = as_drawn.learning_sample()
    drawn[found["ls_row"][found["ls_learning"]]] = True
    low[found["ls_row"]] = True
    return drawn, low
