"""Errors that a person can act on."""


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


class SchemaError(LeadScoreError):
    """A schema file does not say what a schema must say."""


class MappingError(LeadScoreError):
    """The file's headers do not give the columns that are needed."""


class LabelError(LeadScoreError):
    """The label cannot be learned from or measured against."""


class NotEnoughDataError(LeadScoreError):
    """Too few leads for what was asked."""


class RegistryError(LeadScoreError):
    """A model folder is missing, damaged or foreign."""


class ExportError(LeadScoreError):
    """The result cannot be written where or as it was asked."""


class StorageError(LeadScoreError):
    """What is kept cannot be read or written: the database, or a batch's files."""


class ConflictError(LeadScoreError):
    """Somebody else changed the same thing in the meantime."""


class SpendError(LeadScoreError):
    """A file of spend cannot be counted."""


class FigureError(LeadScoreError):
    """A figure cannot be drawn as an image."""


class TrainingBusyError(LeadScoreError):
    """Another training run is on in the same registry."""
