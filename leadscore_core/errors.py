"""Errors that a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the floor of the house imports nothing
    from pydantic import ValidationError


class LeadScoreError(Exception):
    """Base of every error that is shown to a person.

    The message names the thing, what was expected, what came and the next step.

    Examples
    --------
    >>> str(LeadScoreError("leads.csv is empty. Export the list again."))
    'leads.csv is empty. Export the list again.'
    """


class UnreadableFileError(LeadScoreError):
    """The file is not a lead list that can be read."""


class EncodingQuestionError(UnreadableFileError):
    """A text file can be read in more than one encoding; ``candidates`` are these, each with a word as it reads it."""

    def __init__(self, message: str, candidates: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class GivenLeadsError(LeadScoreError, TypeError):
    """Something else came where leads, or a model, were expected."""


class SchemaError(LeadScoreError):
    """A schema file does not say what a schema must say."""


class SchemaQuestionError(SchemaError):
    """A list may be of several schemas; ``candidates`` are their names."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class MappingError(LeadScoreError):
    """The file's headers do not give the columns that are needed."""


class LabelError(LeadScoreError):
    """The label cannot be learned from or measured against."""


class NotEnoughDataError(LeadScoreError):
    """Too few leads for what was asked."""


class RegistryError(LeadScoreError):
    """A model folder is missing, damaged or foreign."""


class UntrustedModelError(RegistryError):
    """A model asks for something that no model is made of; ``asked_for`` names it."""

    def __init__(self, asked_for: str, message: str = "") -> None:
        super().__init__(message or f"The model asks for {asked_for}, which no model is made of.")
        self.asked_for = asked_for


class ReasonNeededError(RegistryError):
    """A model that misses a target is to be put to use, and nobody said why."""


class ExportError(LeadScoreError):
    """The result cannot be written where or as it was asked."""


class StorageError(LeadScoreError):
    """What is kept cannot be read or written: the database, or a batch's files."""


class DamagedError(StorageError):
    """What is kept is damaged on the disk, and a backup would help."""


class BackupError(LeadScoreError):
    """A backup cannot be made or restored."""


class ConflictError(LeadScoreError):
    """Somebody else changed the same thing in the meantime."""


class NotPermittedError(LeadScoreError):
    """Somebody asked for what their roles do not permit."""


class SignInError(LeadScoreError):
    """A sign-in has ended, was meant for another program, or does not say who it is."""


class AuditError(LeadScoreError):
    """What the audit holds does not hold together."""


class SpendError(LeadScoreError):
    """A file of spend cannot be counted."""


class FigureError(LeadScoreError):
    """A figure cannot be drawn as an image."""


class LimitReachedError(LeadScoreError):
    """Somebody had as much within a time as one person may have on a server that others share."""


class NothingToSearchError(LeadScoreError):
    """An algorithm declares no settings that a search may change."""


class TrainingBusyError(LeadScoreError):
    """Another training run is on in the same registry."""


def validation_faults(error: ValidationError) -> str:
    """Return every fault of declared values in plain words, each with its place and what came.

    Examples
    --------
    >>> from pydantic import BaseModel, ValidationError
    >>> class Capacity(BaseModel):
    ...     calls: int
    >>> try:
    ...     Capacity.model_validate({"calls": "many"})
    ... except ValidationError as error:
    ...     print(validation_faults(error))
    calls: should be a valid integer, unable to parse string as an integer (got 'many')
    """
    return "; ".join(_fault(found) for found in error.errors(include_url=False))


def _fault(found: Any) -> str:
    place = ".".join(map(str, found["loc"]))
    words = {"missing": "is missing", "extra_forbidden": "is not known"}.get(found["type"])
    if words is None:
        words = found["msg"].removeprefix("Value error, ").replace("Input should", "should")
        came = found["input"]
        words += f" (got {came!r})" if isinstance(came, str | int | float | bool) else ""
    return f"{place}: {words}" if place else words
