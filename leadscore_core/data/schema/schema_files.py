"""Schemas on disk: one TOML file each; city tiers and interaction groups are CSV files beside it.

Those that ship with LeadScore stand in the package, those that people kept in the data directory.
"""

import csv
import tomllib
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from leadscore_core._files import write_text
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import load_settings
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import SchemaError, validation_faults

SCHEMA_DIR = Path(__file__).parents[1] / "schemas"
DEFAULT_SCHEMA = "codepro"
INTERACTION_MAXIMUM = 100_000


def load_schema(name_or_path: str | Path = DEFAULT_SCHEMA) -> LeadSchema:
    """Read a schema and the data files that it names.

    Parameters
    ----------
    name_or_path
        The name of a schema that ships with LeadScore or was kept, or the path of a TOML file.

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
    >>> load_schema("nobody")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    leadscore_core.errors.SchemaError: There is no schema 'nobody'. Known: codepro... Give one of these or a TOML file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        name = path.name
        path = SCHEMA_DIR / f"{name}.toml"
        path = path if path.is_file() else schema_folder() / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(list_schemas())
        raise SchemaError(
            f"There is no schema {str(name_or_path)!r}. Known: {known}. Give one of these or a TOML file."
        )
    return _shipped(path) if path.parent == SCHEMA_DIR else _read(path)


@lru_cache(maxsize=8)
def _shipped(path: Path) -> LeadSchema:
    """Read a schema that ships with LeadScore, which nobody changes while it runs, once."""
    return _read(path)


def _read(path: Path) -> LeadSchema:
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        if isinstance(declared.get("city_tiers"), str):
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
        raise SchemaError(
            f"{path.name} is not a usable schema: {validation_faults(error)}. Correct the file."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(
            f"{path.name} is not a usable schema, as it is not valid TOML: {error}. Correct the file."
        ) from error
    except OSError as error:
        named = Path(error.filename or path).name
        raise SchemaError(
            f"{path.name}: {named} cannot be read ({error.strerror}). Put it beside the schema."
        ) from error
    except (KeyError, ValueError, TypeError) as error:
        raise SchemaError(
            f"{path.name} is not a usable schema: the files of cities or interactions that it names lack a column or "
            f"hold something else than expected ({error}). Correct them."
        ) from error


def list_schemas() -> list[str]:
    """Return the names of the schemas that ship with LeadScore, then of those that were kept."""
    shipped = sorted(p.stem for p in SCHEMA_DIR.glob("*.toml") if not p.stem.endswith("_sample"))
    return [*shipped, *sorted({p.stem for p in schema_folder().glob("*.toml")} - set(shipped))]


def free_name(name: str) -> str:
    """Return a name, with a number if there is a schema of it already.

    Examples
    --------
    >>> free_name("codepro")
    'codepro-2'
    """
    taken = set(list_schemas())
    return next(n for i in count(1) if (n := name if i == 1 else f"{name}-{i}") not in taken)


def is_shipped(name: str) -> bool:
    """Whether a schema of this name ships with LeadScore."""
    return (SCHEMA_DIR / f"{name}.toml").is_file()


def schema_folder(data_dir: Path | None = None) -> Path:
    """Return the folder of the schemas that people kept."""
    return (data_dir or load_settings().data_dir) / "schemas"


def write_schema(schema: LeadSchema) -> str:
    """Return a schema as TOML, which `load_schema` reads.

    Examples
    --------
    >>> result = write_schema(load_schema("codepro"))
    >>> LeadSchema.model_validate(tomllib.loads(result)) == load_schema("codepro")
    True
    """
    result: dict[str, Any] = schema.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return tomli_w.dumps(result)


@needs(Action.CHANGE_RULES, Action.TRAIN)
def save_schema(schema: LeadSchema, data_dir: Path | None = None) -> Path:
    """Keep a schema under its name, whole or not at all, in place of one that has the name already.

    Raises
    ------
    SchemaError
        If the name is that of a shipped schema, or the file cannot be written.
    """
    if is_shipped(schema.name):
        raise SchemaError(f"{schema.name!r} is the name of a schema that ships with LeadScore. Choose another name.")
    folder = schema_folder(data_dir)
    path = folder / f"{schema.name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, write_schema(schema))
    except OSError as error:
        raise SchemaError(
            f"The meaning of the columns could not be kept in {folder} ({error.strerror}). Make room or give write "
            "access, then try again."
        ) from error
    return path


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
