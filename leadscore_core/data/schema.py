"""The schema: what each column of a lead list means.

One TOML file declares it; city tiers and interaction groups are CSV files beside it.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Collection
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadscore_core.errors import SchemaError

SCHEMA_DIR = Path(__file__).parent / "schemas"
DEFAULT_SCHEMA = "codepro"
CITY_TIER = "city_tier"
UNLISTED_TIER = 3
INTERACTION_MAXIMUM = 100_000


class Role(StrEnum):
    """What a column is to a lead."""

    TIMESTAMP = "timestamp"
    CITY = "city"
    PLATFORM = "platform"
    MEDIUM = "medium"
    SOURCE = "source"
    COUNT = "count"
    FLAG = "flag"
    INTERACTION = "interaction"
    LABEL = "label"
    ID = "id"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"


TEXT_ROLES = frozenset({Role.CITY, Role.PLATFORM, Role.MEDIUM, Role.SOURCE})
NUMBER_ROLES = frozenset({Role.COUNT, Role.FLAG, Role.INTERACTION})
CONTACT_ROLES = frozenset({Role.ID, Role.NAME, Role.EMAIL, Role.PHONE})
_TYPES: dict[Role, Literal["text", "datetime", "integer", "flag"]] = {
    Role.TIMESTAMP: "datetime",
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


class Column(BaseModel):
    """One column of a lead: its role, what a blank means, and its names."""

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

    @property
    def type(self) -> Literal["text", "datetime", "integer", "flag"]:
        """The type of the cleaned value, which follows from the role."""
        return _TYPES.get(self.role, "text")

    @property
    def is_input(self) -> bool:
        """Whether the model may read this column."""
        return self.role not in CONTACT_ROLES and self.role is not Role.LABEL


class LeadSchema(BaseModel):
    """A named set of columns with what is known about their values.

    Examples
    --------
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
    date_order: Literal["dmy", "mdy"] = "dmy"
    missing_marks: tuple[str, ...] = ("",)
    columns: tuple[Column, ...]
    groups: dict[str, str] = {}
    city_tiers: dict[str, int] = {}

    @model_validator(mode="after")
    def _consistent(self) -> LeadSchema:
        names = [column.name for column in self.columns]
        faults = [f"column {name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
        for role in (Role.TIMESTAMP, Role.CITY, Role.LABEL, *sorted(CONTACT_ROLES)):
            if len(self.with_role(role)) > 1:
                faults.append(f"role {role} is given to more than one column")
        for column in self.columns:
            if column.role is Role.INTERACTION and column.group not in self.groups:
                faults.append(f"interaction {column.name!r} is in group {column.group!r}, which [groups] does not name")
        if not any(column.is_input for column in self.columns):
            faults.append("no column that a model could learn from")
        if faults:
            raise ValueError("; ".join(faults))
        return self

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

    def without(self, names: Collection[str]) -> LeadSchema:
        """Return the schema without some input columns, which a model must not read.

        Raises
        ------
        SchemaError
            If nothing is left to learn from, or a column is not one of its inputs.
        """
        unknown = sorted(set(names) - {column.name for column in self.inputs})
        if unknown:
            raise SchemaError(f"{', '.join(unknown)} cannot be left out: {self.title} have no such input column.")
        left = tuple(column for column in self.columns if column.name not in names)
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


def load_schema(name_or_path: str | Path = DEFAULT_SCHEMA) -> LeadSchema:
    """Read a schema and the data files that it names.

    Parameters
    ----------
    name_or_path
        The name of a schema that ships with LeadScore, or the path of a TOML file.

    Returns
    -------
    LeadSchema

    Raises
    ------
    SchemaError
        If there is no such schema, or with every fault in it.

    Examples
    --------
    >>> load_schema("codepro").label.human
    'Application completed'
    >>> load_schema("nobody")
    Traceback (most recent call last):
    leadscore_core.errors.SchemaError: There is no schema 'nobody'. Known: codepro. Give one of these or a TOML file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SCHEMA_DIR / f"{name_or_path}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in SCHEMA_DIR.glob("*.toml") if not p.stem.endswith("_sample")))
        raise SchemaError(
            f"There is no schema {str(name_or_path)!r}. Known: {known}. Give one of these or a TOML file."
        )
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        if "city_tiers" in declared:
            declared["city_tiers"] = {
                row["city"]: int(row["tier"]) for row in _rows(path.parent / declared["city_tiers"])
            }
        if "interactions" in declared:
            declared["columns"] = [
                *declared.get("columns", []),
                *_interactions(path.parent / declared.pop("interactions")),
            ]
        return LeadSchema.model_validate(declared)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'schema'}: {e['msg']}" for e in error.errors())
        raise SchemaError(f"{path.name} is not a usable schema: {faults}. Correct the file.") from error
    except (tomllib.TOMLDecodeError, OSError, KeyError, ValueError, TypeError) as error:
        raise SchemaError(f"{path.name} is not a usable schema: {error}. Correct the file.") from error


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _interactions(path: Path) -> list[dict[str, object]]:
    return [
        {
            "name": row["interaction"],
            "role": Role.INTERACTION,
            "human": row["human"],
            "missing": "zero",
            "group": row["group"],
            "maximum": INTERACTION_MAXIMUM,
        }
        for row in _rows(path)
    ]
