"""One lead's profile: its score, what speaks for and against it, its own columns, and how it came here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may, refusal
from leadscore_core.batches.view import BatchView, file_rows
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.reading.chunks import LINE_PROBLEM
from leadscore_core.errors import LeadScoreError, NotPermittedError, StorageError
from leadscore_core.inference.reasons import Reason, lead_reasons
from leadscore_core.inference.score_change import explain_change, judge_trend
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.audit import note_seen
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.claims import ClaimStore
from leadscore_core.storage.database.decisions import DecisionStore, Override, Restored
from leadscore_core.storage.leads.files import read_own
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing

MOST_REASONS = 5
_NOTHING = 1e-9
_KEYS = ("ls_id_key", "ls_email_key", "ls_phone_key")


@dataclass(frozen=True)
class Appearance:
    """One score that a lead had: in which batch, when, by which model."""

    batch_name: str
    scored_at: datetime
    propensity: float
    model_id: str
    path: Path
    row: int


@dataclass(frozen=True)
class LeadProfile:
    """Everything there is to say about one lead.

    Attributes
    ----------
    lead
        One row of `LeadTable`.
    reasons
        All of them, the largest first; empty if the model is gone.
    base
        Propensity before anything is known of the lead, 0-1, or None; ``base_margin`` the same in log-odds.
    lacking
        What columns that the list lacks add, in log-odds.
    own
        ``Column`` and ``Value`` as in the list.
    history
        Scores that it had, the oldest first, this one last.
    change
        Causes of the change since the score before (see `explain_change`), or None.
    """

    lead: pd.Series
    reasons: list[Reason]
    base: float | None
    base_margin: float | None
    lacking: float
    own: pd.DataFrame
    history: list[Appearance]
    change: pd.DataFrame | None
    restored: Restored | None
    override: Override | None
    junk: str

    @property
    def file_row(self) -> int:
        """The row in its file, as a spreadsheet or an editor shows it."""
        return int(file_rows(self.lead.to_frame().T).iloc[0])

    @property
    def for_it(self) -> list[Reason]:
        """Up to five reasons for the lead."""
        return [reason for reason in self.reasons if reason.contribution > 0][:MOST_REASONS]

    @property
    def against_it(self) -> list[Reason]:
        """Up to five reasons against it."""
        return [reason for reason in self.reasons if reason.contribution < 0][:MOST_REASONS]

    @property
    def trend(self) -> str:
        """Improving, Steady, Declining or Not enough history."""
        return judge_trend([appearance.propensity for appearance in self.history])


def describe_lead(
    view: BatchView, row: int, load_model: Callable[[str], LeadModel], settings: Settings | None = None
) -> LeadProfile:
    """Collect what there is to say about the lead at a position of a batch.

    Raises
    ------
    StorageError
        If there is no such lead, or the batch's files are gone.
    NotPermittedError
        If whoever asks may only call, and has not claimed this lead.
    """
    settings = settings or load_settings()
    view = _as_permitted(view, row, settings)
    found = view.table.by_row(row)
    if found.empty:
        raise StorageError(f"{view.batch.name} has no such lead any more. Choose one from the list.")
    lead, cleaned = found.iloc[0], view.cleaned(found)
    reasons: list[Reason] = []
    base = base_margin = None
    lacking = 0.0
    if view.model is not None:
        contributions = view.model.contributions(cleaned)
        reasons = lead_reasons(cleaned, contributions, view.model)
        base_margin = float(contributions["base_value"].iloc[0])
        added = contributions.drop(columns="base_value").to_numpy().sum()
        lacking = float(added - sum(reason.contribution for reason in reasons))
        base = float(view.model.classifier.calibrator_.apply(contributions["base_value"].to_numpy())[0])
    own = read_own(view.batch.leads_path, [row], view.own_headers()).drop(columns=LINE_PROBLEM, errors="ignore").iloc[0]
    history = find_appearances(view, found, settings)
    change = None
    if len(history) > 1 and view.model is not None:
        change = _change(history[-2], view, cleaned, load_model)
    restored = DecisionStore(settings).restored(view.batch, row) or view.carried.get(row)
    if view.hides_contacts:
        restored = None if restored is None else replace(restored, note="")
    else:
        note_seen(settings, view.batch.id, 1, [str(name) for name in own.index])
    return LeadProfile(
        lead,
        reasons,
        base,
        base_margin,
        lacking,
        pd.DataFrame({"Column": own.index, "Value": ["" if pd.isna(v) else str(v) for v in own.tolist()]}),
        history,
        change,
        restored,
        view.overrides.get(row),
        view.junk_words(found).iloc[0],
    )


def _as_permitted(view: BatchView, row: int, settings: Settings) -> BatchView:
    """Return the view as whoever asks may see this lead of it: who calls sees the lead that they have claimed."""
    person = check_may(Action.SEE_LEADS, Action.CALL)
    if person.may(Action.SEE_LEADS):
        return view
    if not ClaimStore(settings).holds_lead(view.batch, row, person.name):
        raise NotPermittedError(refusal(person, Action.SEE_LEADS))
    return replace(view, table=view.table.with_contacts())


def find_appearances(view: BatchView, lead: pd.DataFrame, settings: Settings) -> list[Appearance]:
    """Return every score that this person had so far, the oldest first and the present one last.

    A person is known by the lead's id, or its normalised e-mail or phone; in its own batch by its row.
    """
    store, present = BatchStore(settings), view.batch
    keys = {key: int(lead[key].iloc[0]) for key in _KEYS if key in lead and not pd.isna(lead[key].iloc[0])}
    row = int(lead["ls_row"].iloc[0])
    found: list[Appearance] = []
    for batch in reversed(store.list_batches()) if keys else ():
        if batch.id != present.id and batch.created_at <= present.created_at:
            found += _look(batch.scores_path, keys, batch.name, batch.created_at, batch.scoring.model_id)
    for scoring in store.scorings(present):
        if scoring.number < present.scoring.number:
            path = present.folder / scoring.file_name
            found += _look(path, {"ls_row": row}, present.name, scoring.scored_at, scoring.model_id)
    here = Appearance(
        present.name,
        present.scoring.scored_at,
        float(lead["ls_propensity"].iloc[0]),
        present.scoring.model_id,
        present.scores_path,
        row,
    )
    return [*found, here]


def waterfall(profile: LeadProfile, model: LeadModel, most: int = 8) -> pd.DataFrame:
    """Return how the propensity comes about, from the base to the lead, the largest reasons first.

    Parameters
    ----------
    most
        Reasons shown; the others are taken as one.

    Returns
    -------
    pandas.DataFrame
        ``human``, ``log_odds`` and ``points`` (change of propensity, which depends on the order); points sum to the
        propensity less the base.
    """
    names = [(reason.human, reason.contribution) for reason in profile.reasons[:most]]
    rest = sum(reason.contribution for reason in profile.reasons[most:]) + profile.lacking
    if abs(rest) > _NOTHING:
        names.append(("All else", rest))
    calibrator = model.classifier.calibrator_
    margins = pd.Series([profile.base_margin or 0.0, *(value for _, value in names)]).cumsum().to_numpy()
    levels = calibrator.apply(margins)
    return pd.DataFrame(
        {
            "human": [human for human, _ in names],
            "log_odds": [value for _, value in names],
            "points": levels[1:] - levels[:-1],
        }
    )


def _look(path: Path, keys: dict[str, int], name: str, scored_at: datetime, model_id: str) -> list[Appearance]:
    """Find a person in one scores file by any of these columns; a file that is gone or lacks them tells nothing."""
    try:
        found = LeadTable(path, Standing()).find(keys)
    except StorageError:
        return []
    return [Appearance(name, scored_at, propensity, model_id, path, row) for row, propensity in found[:1]]


def _change(
    before: Appearance, view: BatchView, cleaned: pd.DataFrame, load_model: Callable[[str], LeadModel]
) -> pd.DataFrame | None:
    """Split the change since the score before; None where the model of then is gone or read other columns."""
    assert view.model is not None  # noqa: S101  # for the type checker
    try:
        old_model = load_model(before.model_id)
        old = view.cleaned(LeadTable(before.path, Standing()).by_row(before.row))
    except LeadScoreError:
        return None
    if old_model.schema.name != view.model.schema.name or old.empty:
        return None
    return explain_change(old, old_model, cleaned, view.model)
