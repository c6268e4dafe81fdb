"""Which schemas are served: those of which a model is in use; and which of them a new list belongs to."""

from collections.abc import Iterator
from contextlib import suppress

from leadscore_core.config import Settings
from leadscore_core.data.dataset.dataset import Paths
from leadscore_core.data.dataset.schema_choice import choose_served, schemas_that_fit
from leadscore_core.data.reading.excel import list_sheets
from leadscore_core.data.reading.reader import list_files, read_headers
from leadscore_core.data.schema.saved_mappings import MappingStore
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped, load_schema
from leadscore_core.errors import LeadScoreError, RegistryError, SchemaError, UnreadableFileError
from leadscore_core.registry.registry import ModelRegistry


def known_schema(name: str, settings: Settings) -> LeadSchema:
    """Return a schema by its name, as it is kept here, else as its model in use has it.

    Raises
    ------
    LeadScoreError
        If it is not kept here, and no model of it can be loaded.
    """
    try:
        return _with_grades(load_schema(name), settings)
    except SchemaError:
        registry = ModelRegistry(settings.models_dir)
        if name in registry.champions:
            return registry.load_champion(name)[0].schema
        known = next((m.model_id for m in registry.list_models() if m.schema_name == name), None)
        if known is None:
            raise
        return registry.load(known).schema


def _with_grades(schema: LeadSchema, settings: Settings) -> LeadSchema:
    """Return a schema with the grades of its model in use, where it has none of its own."""
    registry = ModelRegistry(settings.models_dir)
    if schema.grades is not None or is_shipped(schema.name) or schema.name not in registry.champions:
        return schema
    try:
        return schema.model_copy(update={"grades": registry.read_metadata(registry.champions[schema.name]).grades})
    except RegistryError:  # its model is damaged
        return schema


def served_schemas(settings: Settings) -> dict[str, LeadSchema]:
    """Return the schemas of which a model is in use, by name, each with the columns that its model reads.

    That whose model was changed last goes first. No model is loaded of which the schema is kept here.
    """
    registry, found = ModelRegistry(settings.models_dir), {}
    for name, model_id in registry.champions.items():
        with suppress(LeadScoreError):  # a damaged one keeps nobody from working with the others
            schema = known_schema(name, settings)
            excluded = registry.read_metadata(model_id).excluded
            found[name] = schema.without({column.name for column in schema.inputs} & set(excluded))
    return found


def find_served(
    paths: Paths, settings: Settings, *, sheet: str | None = None, encoding: str | None = None
) -> str | None:
    """Return the name of the schema by whose model in use a list is scored; None where no model is in use.

    Where one schema is served, every list is read by it.

    Parameters
    ----------
    sheet
        Of a workbook; the first that fits a schema if not given.

    Raises
    ------
    SchemaQuestionError
        If several are served, and more than one of them fits, or none.
    UnreadableFileError
        If several are served, and no file of the list can be read.
    """
    champions = ModelRegistry(settings.models_dir).champions
    if len(champions) < 2:
        return next(iter(champions), None)
    served, store = list(served_schemas(settings).values()), MappingStore(settings.data_dir)
    each = list(_headers(paths, sheet, encoding))
    headers = next((headers for headers in each if schemas_that_fit(headers, served, store)), each[0])
    return choose_served(headers, served, store).name


def _headers(paths: Paths, sheet: str | None, encoding: str | None) -> Iterator[list[str]]:
    """Give the headers of the first file that can be read, sheet by sheet."""
    files = list_files(paths)
    for file in files:
        try:
            sheets: list[str | None] = [sheet] if sheet is not None else [*list_sheets(file, encoding)] or [None]
            first = read_headers(file, sheet=sheets[0], encoding=encoding)
        except UnreadableFileError:
            if file == files[-1]:
                raise
            continue
        yield first
        for other in sheets[1:]:
            with suppress(UnreadableFileError):
                yield read_headers(file, sheet=other, encoding=encoding)
        return
