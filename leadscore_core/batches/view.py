"""Views: a batch as it stands, laid out for people."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from cachetools import LRUCache

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.batches.known_people import contacts_of, rows_of_people, single_rows
from leadscore_core.batches.trial_arms import RunningTrial, running_trial
from leadscore_core.config import GradeRule, JunkRules, Settings, load_settings
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.data.schema.schema import CITY_TIER, Column, LeadSchema, Role
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.grades import JUNK_WORDS, junk_reasons
from leadscore_core.inference.present import city_name
from leadscore_core.inference.reasons import human_name, reasons_in_words
from leadscore_core.inference.short_reasons import Typical, ranks_to_learn_from, short_reasons
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.audit import note_seen
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contact_states import STATES
from leadscore_core.storage.database.decisions import DecisionStore, Override, Restored
from leadscore_core.storage.database.preferences import grade_preference, junk_preference
from leadscore_core.storage.leads.files import FILE_ROW, read_own
from leadscore_core.storage.leads.lead_table import CONTACTS, LeadTable
from leadscore_core.storage.leads.pseudonyms import PSEUDONYM, pseudonym_key
from leadscore_core.storage.leads.standing import Standing, cumulated
from leadscore_core.storage.leads.trial_rows import TrialRows

IN_LIST = "In the list: "
WHY, AND, JUNK = "Why", "And", "Why it is put aside"
SHORT, STATE, REPEAT = "Why, in short", "State", "Duplicate"
_WHO = (("ls_name", Role.NAME), ("ls_id", Role.ID), ("ls_email", Role.EMAIL))
_GIVEN = {Role.ID: "ls_id", Role.NAME: "ls_name", Role.EMAIL: "ls_email", Role.PHONE: "ls_phone"}
_ABOUT = (Role.SOURCE, Role.CITY, Role.TIMESTAMP)
_MOST_BESIDE, _DUPLICATE = 5, "Duplicate of "
_KEPT_LEAD = r"^[^;]*? as (?:in )?(.+?), which "
_lock = threading.Lock()
_typical: LRUCache[tuple[str, str], Typical] = LRUCache(maxsize=32)
_MOST_OF_A_PAGE = 200
_pages: LRUCache[tuple[str, int, str, bytes], pd.DataFrame] = LRUCache(maxsize=64)


def file_rows(leads: pd.DataFrame) -> pd.Series:
    """Return the row of each lead in its file, as a spreadsheet or an editor shows it."""
    return leads[FILE_ROW] if FILE_ROW in leads else leads["ls_row"] + FIRST_ROW


@dataclass(frozen=True)
class BatchView:
    """A batch with its leads as they stand, the model that scored it if that can be loaded, and who decided what.

    ``carried`` are the leads that were restored on another list (see `DecisionStore.carried`), ``trial`` the trial that
    runs on the list.
    """

    batch: Batch
    table: LeadTable
    schema: LeadSchema
    model: LeadModel | None
    overrides: dict[int, Override]
    carried: dict[int, Restored] = field(default_factory=dict)
    trial: RunningTrial | None = None

    @property
    def trial_note(self) -> str:
        """That a trial runs on the list and what it does, in a sentence; empty where none does."""
        return "" if self.trial is None else self.trial.sentence

    @property
    def hides_contacts(self) -> bool:
        """Whether who the leads are is left out, for whoever may not know it."""
        return bool(self.table.hidden)

    @property
    def standing(self) -> Standing:
        """The rules and decisions in force."""
        return self.table.standing

    def column(self, role: Role) -> str | None:
        """Return the cleaned column with a role, if the batch has it."""
        return next((c.name for c in self.schema.with_role(role) if c.name in self.table.columns), None)

    def cleaned(self, leads: pd.DataFrame) -> pd.DataFrame:
        """Return what the model saw of some leads of the table."""
        return leads[[name for name in leads.columns if not name.startswith("ls_")]]

    def choices(self) -> dict[str, str]:
        """Return what the column chooser offers: human name -> column."""
        given = {
            column.human: _GIVEN[role]
            for role in _GIVEN
            for column in self.schema.with_role(role)[:1]
            if _GIVEN[role] in self.table.columns
        }
        columns = [c for c in self.table.columns if not c.startswith("ls_") and not self._may_name(c)]
        known = {human_name(c, self.schema): c for c in columns}
        more = {"Row": "ls_row", "Rank": "ls_rank", "Propensity": "ls_propensity", SHORT: SHORT, STATE: STATE}
        more |= {WHY: WHY, AND: AND} | ({REPEAT: REPEAT} if "ls_repeat" in self.table.columns else {})
        own = {IN_LIST + header: IN_LIST + header for header in self.batch.mapping.unused_headers if header}
        if self.hides_contacts:  # what nobody said the meaning of may be a contact
            own = {}
        return given | known | more | own

    def _may_name(self, column: str) -> bool:
        """Tell whether a column's words may say who a lead is, where that is hidden."""
        declared = self.schema.by_name.get(column)
        return self.hides_contacts and (declared is None or declared.role is Role.FREE_TEXT) and column != CITY_TIER

    def own_headers(self) -> list[str] | None:
        """Return the list's own headers that may be seen of a lead; None for all of them."""
        if not self.hides_contacts:
            return None
        used = self.batch.mapping.used
        return [used[c] for c in used if c in self.table.columns and not self._may_name(c)]

    def default_columns(self, quarantine: bool) -> list[str]:
        """Return the human names of the columns shown at first, besides rank, who it is, score and grade."""
        names = [] if quarantine or "ls_phone" not in self.table.columns else [self._human(Role.PHONE)]
        names += [self._human(role) for role in _ABOUT if self.column(role)]
        return [JUNK, *names] if quarantine else [*names, WHY]

    def list_columns(self, quarantine: bool) -> list[str]:
        """Return the human names of what a list on a page shows at first, besides who it is, score and grade."""
        names = [self._human(role) for role in (Role.PHONE, Role.EMAIL) if self._is_shown_beside(role)]
        names += [JUNK if quarantine else SHORT]
        names += [self._human(role) for role in _ABOUT if self.column(role)]
        names = names[:_MOST_BESIDE]
        return [*names, STATE] if len(self.standing.contacts) and not quarantine else names

    def _is_shown_beside(self, role: Role) -> bool:
        return _GIVEN[role] in self.table.columns and self.who != _GIVEN[role]

    @property
    def who(self) -> str | None:
        """The column that says who a lead is: name, id or e-mail, whichever there is first; None where none is."""
        return next((name for name, _ in _WHO if name in self.table.columns), None)

    def present(self, leads: pd.DataFrame, shown: list[str]) -> pd.DataFrame:
        """Lay leads of the table out as people read them.

        Parameters
        ----------
        leads
            As from `LeadTable.page`.
        shown
            Human names of columns, from `choices` or `default_columns`.

        Returns
        -------
        pandas.DataFrame
            Rank, who it is, score, grade, and what is shown.
        """
        check_may(Action.SEE_LEADS)
        table: dict[str, object] = {"Rank": leads["ls_rank"]} | self._who_shown(leads)
        self._note_seen(leads, shown)
        table["Score"] = leads["ls_score"]
        table["Grade"] = self.grades_shown(leads)
        reasons = self._reasons(leads, 2) if {WHY, AND} & set(shown) else None
        choices = self.choices()
        headers = [name.removeprefix(IN_LIST) for name in shown if name.startswith(IN_LIST)]
        own = read_own(self.batch.leads_path, leads["ls_row"].tolist(), headers) if headers else None
        for name in shown:
            if name == JUNK:
                table[name] = self.junk_words(leads)
            elif name == REPEAT:
                table[name] = self.repeat_marks(leads)
            elif name == SHORT:
                marks = self._marks(leads)
                table[name] = marks.where(marks == "", marks + ". ") + self.short_reasons(leads, shown)
            elif name == STATE:
                table[name] = leads["ls_state"].map(STATES)
            elif name in {WHY, AND}:
                assert reasons is not None  # noqa: S101  # for the type checker
                table[name] = reasons["reason_1" if name == WHY else "reason_2"]
            elif name.startswith(IN_LIST) and own is not None:
                bare = name.removeprefix(IN_LIST)
                table[name if bare in table or bare in shown else bare] = own[bare].astype("str").fillna("")
            elif choices.get(name) in leads:
                table[name] = self.readable(leads, choices[name])
        return pd.DataFrame(table, index=leads.index)

    def _who_shown(self, leads: pd.DataFrame) -> dict[str, object]:
        """Return the column that says who each lead is, under its human name."""
        who = next(((name, role) for name, role in _WHO if name in leads), None)
        if who is not None:
            return {self._human(who[1]): leads[who[0]].fillna("")}
        return {"Pseudonym": leads[PSEUDONYM]} if PSEUDONYM in leads else {"Row": file_rows(leads)}

    def _note_seen(self, leads: pd.DataFrame, shown: list[str]) -> None:
        """Write down which contacts are seen of some leads; refuse the list's own columns where they are hidden."""
        choices = self.choices()
        own = [name for name in shown if name.startswith(IN_LIST)]
        if own and self.hides_contacts:
            check_may(Action.SEE_CONTACTS)
        named = [self._human(role) for name, role in _WHO if name in leads][:1]
        seen = [*named, *(name for name in shown if choices.get(name) in CONTACTS), *own]
        if seen and len(leads):
            note_seen(load_settings(), self.batch.id, len(leads), list(dict.fromkeys(seen)))

    def not_shown(self, shown: list[str]) -> list[str]:
        """Return the contact columns that `present` does not need for these."""
        choices = self.choices()
        who = self.who
        return sorted(set(_GIVEN.values()) - {who, *(choices.get(name) for name in shown)})

    def grades_shown(self, leads: pd.DataFrame) -> pd.Series:
        """Return grades, saying which were set by a person."""
        shown = leads["ls_grade"].astype("str")
        for at in np.flatnonzero(leads["ls_overridden"]).tolist():
            author = self.overrides[int(leads["ls_row"].to_numpy()[at])].author or "a person"
            shown.iat[at] = f"{leads['ls_grade'].iat[at]} (set by {author})"
        return shown

    def junk_words(self, leads: pd.DataFrame) -> pd.Series:
        """Return why each lead is put aside, in words; empty for those in the call list."""
        codes = leads["ls_junk"].astype("str")
        words = codes.map(JUNK_WORDS).fillna("")
        low = codes == "low_propensity"
        if low.any():
            if self.standing.grades.by == "propensity":
                result = junk_reasons(leads["ls_propensity"].to_numpy(), self.standing.grades.thresholds)
                words = words.mask(low, result.set_axis(leads.index))
            else:
                lowest = 1 - cumulated(self.standing.grades)[2]
                percent = (leads["ls_propensity"] * 100).map("{:.1f}%".format)
                words = words.mask(low, "Low propensity: " + percent + f", among the lowest {lowest:.0%}")
        if "ls_repeat" in leads:
            repeats = codes.isin(["duplicate", "seen_before"])
            words = words.mask(repeats, words + ": " + leads["ls_repeat"].fillna(""))
        return words

    def repeat_marks(self, leads: pd.DataFrame) -> pd.Series:
        """Return which lead each one repeats, in a few words; empty for those that repeat none."""
        if "ls_repeat" not in leads:
            return pd.Series("", index=leads.index, dtype="str")
        words = leads["ls_repeat"].fillna("").astype("str")
        lead = words.str.extract(_KEPT_LEAD, expand=False)
        within = words.str.contains(r"^[^;]*? as (?!in )", regex=True)
        marks = np.where(within, _DUPLICATE, "Seen in ") + lead.astype("str")
        return pd.Series(marks, index=leads.index).astype("str").where(lead.notna(), "")

    def _marks(self, leads: pd.DataFrame) -> pd.Series:
        """Return what a caller knows before anything else: a call-back, calls in vain, a duplicate in the list."""
        repeats = self.repeat_marks(leads)
        marks = repeats.where(repeats.str.startswith(_DUPLICATE), "")
        called = leads["ls_attempts"].map({1: "Called once", 2: "Called twice"})
        called = called.fillna("Called " + leads["ls_attempts"].astype("str") + " times")
        marks = marks.mask(leads["ls_state"] == "attempted", called + ", not reached")
        return marks.mask(leads["ls_state"] == "call_back", "Call back")

    def short_reasons(self, leads: pd.DataFrame, shown: Collection[str] = ()) -> pd.Series:
        """Return in a few words what sets each lead apart from those around it (see `short_reasons`).

        Parameters
        ----------
        shown
            Human names of the columns beside: what stands there is named only where there is nothing else.
        """
        if self.model is None or leads.empty:
            return pd.Series("", index=leads.index, dtype="str")
        cleaned = self.cleaned(leads)
        choices = self.choices()
        beside = {choices[name] for name in shown if name in choices}
        propensity = leads["ls_propensity"].to_numpy()
        contributions = self._contributions(leads, self.model)
        return short_reasons(cleaned, contributions, propensity, self.model, self._typical(self.model), beside=beside)

    def _typical(self, model: LeadModel) -> Typical:
        """Return what is typical of this batch, learned once of a few hundred of its leads."""
        key = (str(self.batch.scores_path), model.model_id)
        with _lock:
            found = _typical.get(key)
        if found is None:
            leads = self.table.by_rank(ranks_to_learn_from(self.table.rows).tolist())
            contributions = model.contributions(self.cleaned(leads))
            propensity, rank = leads["ls_propensity"].to_numpy(), leads["ls_rank"].to_numpy()
            found = Typical.learn(contributions, propensity, rank, self.table.rows)
            with _lock:
                _typical[key] = found
        return found

    def _reasons(self, leads: pd.DataFrame, most: int) -> pd.DataFrame:
        if self.model is None or leads.empty:
            return pd.DataFrame({f"reason_{k + 1}": "" for k in range(most)}, index=leads.index)
        return reasons_in_words(self.cleaned(leads), self._contributions(leads, self.model), self.model, most)

    def _contributions(self, leads: pd.DataFrame, model: LeadModel) -> pd.DataFrame:
        """Return the contributions of a page of leads, which a rerun of the page asks for again; of the last few."""
        path = self.table.path
        written = path.stat().st_mtime_ns if path.is_file() else 0
        key = (str(path), written, model.model_id, leads["ls_row"].to_numpy().tobytes())
        with _lock:
            found = _pages.get(key)
        if found is None:
            found = model.contributions(self.cleaned(leads))
            if len(leads) <= _MOST_OF_A_PAGE:
                with _lock:
                    _pages[key] = found
        return found.set_axis(leads.index)

    def readable(self, leads: pd.DataFrame, column: str) -> pd.Series:
        """Return a column's cells as people read them: cities capitalised, flags as Yes and No, rows as in the file."""
        cells = leads[column]
        declared = self.schema.by_name.get(column)
        if column == "ls_row":
            return file_rows(leads)
        if column == CITY_TIER and self.table.city in leads:  # a lead without a city has no tier
            return cells.astype("Int64").where(leads[str(self.table.city)].notna())
        if declared is not None and declared.role is Role.FLAG:
            return cells.map({1: "Yes", 0: "No"})
        if declared is not None and declared.role is Role.CITY:
            return cells.map(city_name, na_action="ignore").fillna("")
        return cells.fillna("") if pd.api.types.is_string_dtype(cells) else cells

    def _human(self, role: Role) -> str:
        column: Column | None = self.schema.one(role)
        return column.human if column else str(role).capitalize()


def open_view(
    batch: Batch,
    load_model: Callable[[str], LeadModel],
    schema: LeadSchema,
    *,
    settings: Settings | None = None,
    grades: GradeRule | None = None,
    junk: JunkRules | None = None,
) -> BatchView:
    """Open a batch with the rules and decisions in force.

    Parameters
    ----------
    load_model
        Gives a model by its name; one that cannot be loaded costs the reasons, not the list.
    schema
        Used where the batch's model cannot be loaded.
    grades, junk
        Rules to try out; those that are saved if not given.

    Raises
    ------
    StorageError
        If the batch's file or the database is gone.
    NotPermittedError
        If whoever asks may neither see leads nor call them. Who may not see contacts gets leads without them.
    """
    person = check_may(Action.SEE_LEADS, Action.CALL)
    settings = settings or load_settings()
    decisions = DecisionStore(settings)
    try:
        model: LeadModel | None = load_model(batch.scoring.model_id)
    except LeadScoreError:
        model = None
    schema = model.schema if model is not None else schema
    bare = LeadTable.by_schema(batch.scores_path, Standing(), schema)
    overrides = decisions.overrides(batch, lambda people: rows_of_people(batch, bare, settings, people))
    carried = decisions.carried(batch, lambda people: single_rows(batch, bare, settings, people))
    trial = running_trial(batch, load_model, settings)
    standing = Standing(
        grades or grade_preference(settings, schema).current().value,
        junk or junk_preference(settings).current().value,
        np.union1d(decisions.restored_rows(batch), np.array(list(carried), dtype="int64")),
        {row: override.grade for row, override in overrides.items()},
        contacts_of(batch, bare, settings),
        TrialRows() if trial is None else trial.rows,
    )
    table = bare.standing_as(standing)
    if not person.may(Action.SEE_CONTACTS):
        table = table.with_pseudonyms(pseudonym_key(settings)) if person.may(Action.SEE_LEADS) else table
        overrides = {row: replace(override, note="") for row, override in overrides.items()}
        carried = {row: replace(restored, note="") for row, restored in carried.items()}
    return BatchView(batch, table, schema, model, overrides, carried, trial)
