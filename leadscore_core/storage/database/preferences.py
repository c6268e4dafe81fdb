"""Preferences: settings that people change on the screen, with history, undo and no silent overwriting."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.config import GradeRule, JunkRules, Settings
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.days import say_moment
from leadscore_core.errors import ConflictError, StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import PreferenceRow

T = TypeVar("T", bound=BaseModel)
_BACK_TO = "Back to version "
_MOST_VERSIONS = 10_000
_LONGEST_KIND = 40


@dataclass(frozen=True)
class Version(Generic[T]):
    """One version of a preference; version 0 is what the settings file says."""

    version: int
    value: T
    model_id: str
    note: str
    author: str
    saved_at: datetime | None


class Preference(Generic[T]):
    """One setting with its versions; each is based on the one that its author saw.

    Parameters
    ----------
    kind
        Its name in the database.
    default
        What holds until somebody saves.
    action
        What whoever changes it must be permitted to do.
    """

    def __init__(self, settings: Settings, kind: str, default: T, action: Action = Action.CHANGE_RULES) -> None:
        self.settings, self.kind, self.default, self.action = settings, kind, default, action

    def current(self) -> Version[T]:
        """Return the version in force."""
        return next(iter(self.history(most=1)), Version(0, self.default, "", "", "", None))

    def history(self, most: int = 50) -> list[Version[T]]:
        """Return the versions, the newest first."""
        query = (
            select(PreferenceRow)
            .where(PreferenceRow.kind == self.kind)
            .order_by(PreferenceRow.version.desc())
            .limit(most)
        )
        with open_database(self.settings).session() as session:
            rows = list(session.execute(query).scalars())
        model = type(self.default)
        return [
            Version(r.version, model.model_validate(r.value), r.model_id, r.note, r.author, aware(r.saved_at))
            for r in rows
        ]

    def save(self, value: T, *, based_on: int, author: str, model_id: str = "", note: str = "") -> Version[T]:
        """Save a new version.

        Parameters
        ----------
        based_on
            The version that the author saw.

        Raises
        ------
        ConflictError
            If somebody saved another one since; nothing is overwritten.
        NotPermittedError
            If whoever saves may not change it.
        """
        check_may(self.action)
        moment = now()
        try:
            with open_database(self.settings).writing() as session:
                latest = session.execute(
                    select(PreferenceRow.version)
                    .where(PreferenceRow.kind == self.kind)
                    .order_by(PreferenceRow.version.desc())
                    .limit(1)
                ).scalar()
                if (latest or 0) != based_on:
                    raise self._conflict()
                session.add(
                    PreferenceRow(
                        kind=self.kind,
                        version=based_on + 1,
                        value=value.model_dump(mode="json"),
                        model_id=model_id,
                        note=note,
                        author=author,
                        saved_at=moment,
                    )
                )
                session.flush()
                done = AuditEvent(self.action, f"setting {self.kind}", details={"version": based_on + 1})
                append_audit(session, self.settings, done)
        except IntegrityError as error:
            raise self._conflict() from error
        return Version(based_on + 1, value, model_id, note, author, moment)

    def undo(self, *, based_on: int, author: str) -> Version[T]:
        """Go back to the version before, as a new version; again goes back further.

        Raises
        ------
        StorageError
            If there is nothing to undo.
        ConflictError
            If somebody saved another one since.
        """
        if based_on == 0:
            raise StorageError("There is nothing to undo: these are the settings that LeadScore came with.")
        history = {version.version: version for version in self.history(most=_MOST_VERSIONS)}
        stands_for = based_on
        if based_on in history and history[based_on].note.startswith(_BACK_TO):
            stands_for = int(history[based_on].note.removeprefix(_BACK_TO))
        if stands_for == 0:
            raise StorageError("There is nothing more to undo: these are the settings that LeadScore came with.")
        before = history.get(stands_for - 1, Version(0, self.default, "", "", "", None))
        note = f"{_BACK_TO}{stands_for - 1}"
        return self.save(before.value, based_on=based_on, author=author, model_id=before.model_id, note=note)

    def _conflict(self) -> ConflictError:
        newest = self.current()
        when = f"{say_moment(newest.saved_at)} UTC" if newest.saved_at else "just now"
        return ConflictError(
            f"{newest.author or 'Somebody'} changed this {when}, after you opened the page. Nothing was overwritten. "
            "Look at the new settings, then change them again if you still want to."
        )


def saved_rules(settings: Settings, schema: LeadSchema) -> Settings:
    """Return the settings with a schema's grades and the junk rules that people saved, where anything was ever kept.

    Grades by share of a batch need the whole batch; a list that is scored in passing takes the thresholds then.

    Raises
    ------
    StorageError
        If the database cannot be used: other grades than those on the screen would mislead.
    """
    if not settings.has_database:
        return settings.model_copy(update={"grades": own_grades(schema, settings)})
    grades, junk = grade_preference(settings, schema).current().value, junk_preference(settings).current().value
    return settings.model_copy(update={"grades": grades.thresholds, "junk": junk})


def grade_preference(settings: Settings, schema: LeadSchema) -> Preference[GradeRule]:
    """Return how leads of a schema are graded."""
    kind = "grades" if is_shipped(schema.name) else f"grades:{schema.name}"
    if len(kind) > _LONGEST_KIND:
        kind = f"{kind[: _LONGEST_KIND - 9]}:{sha256(kind.encode()).hexdigest()[:8]}"
    return Preference(settings, kind, GradeRule(thresholds=own_grades(schema, settings)))


def junk_preference(settings: Settings) -> Preference[JunkRules]:
    """Return what goes to quarantine."""
    return Preference(settings, "junk", settings.junk)
