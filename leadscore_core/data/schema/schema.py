"""The schema: what each column of a lead list means.

`schema_file` reads it from a TOML file and writes it to one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from leadscore_core.config import GradeThresholds, TargetMetrics
from leadscore_core.data.cleaning.text import ALWAYS_BLANK
from leadscore_core.errors import SchemaError
from leadscore_core.outcome import APPLICATIONS, OutcomeWords, tidy_words

CITY_TIER = "city_tier"
UNLISTED_TIER = 3
_ALWAYS = tuple(sorted(ALWAYS_BLANK))


class Role(StrEnum):
    """What a column is to a lead."""

    TIMESTAMP = "timestamp"
    DATE = "date"
    CITY = "city"
    PLATFORM = "platform"
    MEDIUM = "medium"
    SOURCE = "source"
    CATEGORY = "category"
    FREE_TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    FLAG = "flag"
    INTERACTION = "interaction"
    LABEL = "label"
    ID = "id"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"


TEXT_ROLES = frozenset({Role.CITY, Role.PLATFORM, Role.MEDIUM, Role.SOURCE, Role.CATEGORY})
NUMBER_ROLES = frozenset({Role.NUMBER, Role.COUNT, Role.FLAG, Role.INTERACTION})
MEASURED_ROLES = frozenset({Role.NUMBER, Role.DATE})
DATE_ROLES = frozenset({Role.TIMESTAMP, Role.DATE})
CONTACT_ROLES = frozenset({Role.ID, Role.NAME, Role.EMAIL, Role.PHONE})
ColumnType = Literal["text", "datetime", "number", "integer", "flag"]
_TYPES: dict[Role, ColumnType] = {
    Role.TIMESTAMP: "datetime",
    Role.NUMBER: "number",
    Role.DATE: "number",
    Role.COUNT: "integer",
    Role.INTERACTION: "integer",
    Role.FLAG: "flag",
    Role.LABEL: "flag",
}


class FlagWords(BaseModel):
    """How the two values of a flag read in a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    yes: str
    no: str


_RENAMED = {"Times contacted": "Enquiries"}  # how often a lead left contact details, not how often it was called


class Column(BaseModel):
    """One column of a lead: its role, what a blank means, and its names.

    ``missing_marks`` is lower-case text that means blank in this column (the schema's marks if None). Of a label,
    ``positive``, ``negative`` and ``open`` are lower-case values that mean yes, no, and no outcome yet; any other value
    is read by the table of outcome words, and has no outcome where the table does not know it either. ``separator``
    stands between several values in one cell of a category; ``is_year`` says that a number is a year. A ``date`` is
    read as whole days from the timestamp to it, less than zero where it comes first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    role: Role
    human: str = Field(min_length=1)
    missing: Literal["level", "zero", "unknown"] = "unknown"
    required: bool = False
    aliases: tuple[str, ...] = ()
    group: str | None = None
    maximum: float | None = Field(None, gt=0)
    phrase: str = "{value}"
    flag_words: FlagWords | None = None
    missing_marks: tuple[str, ...] | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    separator: str = ""
    is_year: bool = False

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Give a column of an older pickle the fields that came later, and the name that it has now."""
        later = {"missing_marks": None, "positive": (), "negative": (), "open": (), "separator": "", "is_year": False}
        own = state["__dict__"]
        renamed = {"human": _RENAMED[own["human"]]} if own["human"] in _RENAMED else {}
        super().__setstate__(state | {"__dict__": later | own | renamed})

    @property
    def type(self) -> ColumnType:
        """The type of the cleaned value, which follows from the role."""
        return _TYPES.get(self.role, "text")

    def in_words(self, value: str) -> str:
        """Return how a value reads; a phrase is somebody's text, so that it is filled in and never formatted.

        Examples
        --------
        >>> Column(name="age", role=Role.NUMBER, human="Age {of}", phrase="Age {of} {value}").in_words("{name}")
        'Age {of} {name}'
        """
        return self.phrase.replace("{value}", value)

    @property
    def is_input(self) -> bool:
        """Whether the model may read this column."""
        return self.role not in CONTACT_ROLES and self.role is not Role.LABEL


class LeakAnswer(BaseModel):
    """What somebody answered of a column that may know the outcome: that it is to be left out, or known before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: Literal["left out", "known before"]
    by: str = ""
    at: datetime | None = None


class LeadSchema(BaseModel):
    """A named set of columns with what is known about their values.

    ``grades`` and ``targets`` are the company's own, where it has any: a model of its leads starts with grades by its
    base rate and losses otherwise, and is to be better than the one in use and than the base rate.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> schema = load_schema("codepro")
    >>> schema.one(Role.SOURCE).human
    'First source'
    >>> [column.name for column in schema.with_role(Role.FLAG)]
    ['referred_lead']
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: str
    version: int = Field(ge=1)
    date_order: Literal["dmy", "mdy", "ymd", "ydm"] = "dmy"
    missing_marks: tuple[str, ...] = ("",)
    columns: tuple[Column, ...]
    groups: dict[str, str] = {}
    city_tiers: dict[str, int] = {}
    outcome: OutcomeWords = OutcomeWords()
    grades: GradeThresholds | None = None
    targets: TargetMetrics | None = None
    left_out: tuple[str, ...] = ()  # inputs that a person left out of training: the next training leaves them out too
    known_before: tuple[str, ...] = ()  # inputs that a person said are known before the first call: they are not asked
    answers: dict[str, LeakAnswer] = {}  # who said so of each of these, and when

    @field_validator("title", mode="before")
    @classmethod
    def _tidy_title(cls, given: Any) -> Any:
        return tidy_words(given) if isinstance(given, str) else given

    @field_validator("targets", mode="before")
    @classmethod
    def _ask_only_for_what_is_named(cls, given: Any) -> Any:
        """Ask for nothing where a target is not named; the defaults are those of the shipped schema."""
        return dict.fromkeys(TargetMetrics.model_fields, 0.0) | given if isinstance(given, dict) else given

    @field_serializer("targets")
    def _every_target(self, targets: TargetMetrics | None) -> dict[str, float] | None:
        return None if targets is None else targets.model_dump()

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Give a schema of an older pickle the fields that came later."""
        later: dict[str, Any] = {
            "outcome": APPLICATIONS,
            "grades": None,
            "targets": None,
            "left_out": (),
            "known_before": (),
        }
        later["answers"] = {}
        own = later | state["__dict__"]
        super().__setstate__(state | {"__dict__": own | {"title": tidy_words(own["title"])}})

    @model_validator(mode="after")
    def _consistent(self) -> LeadSchema:
        names = [column.name for column in self.columns]
        faults = [f"column {name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
        for role in (Role.TIMESTAMP, Role.CITY, Role.LABEL, Role.ID):
            if len(self.with_role(role)) > 1:
                faults.append(f"role {role} is given to more than one column")
        for column in self.columns:
            if column.role is Role.INTERACTION and column.group not in self.groups:
                faults.append(f"interaction {column.name!r} is in group {column.group!r}, which [groups] does not name")
        if not any(column.is_input for column in self.columns):
            faults.append("no column that a model could learn from")
        if self.with_role(Role.DATE) and self.one(Role.TIMESTAMP) is None:
            faults.append(f"days to {self.with_role(Role.DATE)[0].name!r} need a timestamp to be counted from")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> LeadSchema:
        """Return a copy, which finds its own columns by their names."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("by_name", None)
        return copied

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by their own names."""
        return {column.name: column for column in self.columns}

    def with_role(self, *roles: Role) -> list[Column]:
        """Columns that have one of these roles, in the schema's order."""
        return [column for column in self.columns if column.role in roles]

    def one(self, role: Role) -> Column | None:
        """Return the first column with this role, or None."""
        return next(iter(self.with_role(role)), None)

    def marks_of(self, column: Column) -> tuple[str, ...]:
        """Return the lower-case text that means blank in a column."""
        own = self.missing_marks if column.missing_marks is None else column.missing_marks
        return tuple(dict.fromkeys((*own, *_ALWAYS)))

    def without(self, names: Collection[str]) -> LeadSchema:
        """Return the schema without some input columns, which a model must not read.

        Without its timestamp it has no other dates, which are days from there.

        Raises
        ------
        SchemaError
            If nothing is left to learn from, or a column is not one of its inputs.
        """
        unknown = sorted(set(names) - {column.name for column in self.inputs})
        if unknown:
            raise SchemaError(f"{', '.join(unknown)} cannot be left out: {self.title} have no such input column.")
        stamp = self.one(Role.TIMESTAMP)
        undated = stamp is not None and stamp.name in names
        left = tuple(c for c in self.columns if c.name not in names and not (undated and c.role is Role.DATE))
        if not any(column.is_input for column in left):
            raise SchemaError("Every column is left out, and nothing remains to learn from. Keep at least one.")
        return self.model_copy(update={"columns": left})

    @property
    def inputs(self) -> list[Column]:
        """Columns that the model may read."""
        return [column for column in self.columns if column.is_input]

    @property
    def label(self) -> Column | None:
        """The label's column."""
        return self.one(Role.LABEL)


def group_column(group: str) -> str:
    """Return the name of the cleaned column that sums one group of interactions.

    Examples
    --------
    >>> group_column("payment")
    'payment_interaction'
    """
    return f"{group}_interaction"
