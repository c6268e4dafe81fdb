"""Whose leads a list holds: which of several schemas its headers fit."""

from collections.abc import Iterable, Sequence

from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.saved_mappings import MappingStore
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import SchemaQuestionError

NEARLY_ALL, MOST, HALF = 0.9, 0.6, 0.5


def schemas_that_fit(headers: Sequence[str], schemas: Iterable[LeadSchema], store: MappingStore) -> list[LeadSchema]:
    """Return the schemas that fit these headers best: none, one, or several where the headers do not tell them apart.

    Those with nearly all their columns go before those with all that they require, and these before those with most.
    Columns that a person chose for the same headers count as found. Of two that fit as well, one whose columns give
    names to more of the headers goes first, if it has a name for all that the other names.

    Parameters
    ----------
    store
        What people chose for lists with the same headers before.

    Examples
    --------
    >>> from pathlib import Path
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> shipped, store = load_schema("codepro"), MappingStore(Path("none"))
    >>> [schema.name for schema in schemas_that_fit(["utm_source", "utm_medium"], [shipped], store)]
    ['codepro']
    >>> schemas_that_fit(["Price", "Rooms"], [shipped], store)
    []
    """
    ranked = [(fit, schema) for schema in schemas if (fit := _fit(headers, schema, store))]
    best = [schema for fit, schema in ranked if fit == max(fit for fit, _ in ranked)]
    named = {schema.name: _named(headers, schema) for schema in best}
    return [schema for schema in best if not any(named[schema.name] < other for other in named.values())]


def choose_served(headers: Sequence[str], served: Sequence[LeadSchema], store: MappingStore) -> LeadSchema:
    """Return the one of these schemas, of which models are in use, that headers fit.

    Raises
    ------
    SchemaQuestionError
        If they fit none of several, or do not tell them apart.
    """
    fits = schemas_that_fit(headers, served, store) if len(served) > 1 else served
    if len(fits) == 1:
        return fits[0]
    names = tuple(sorted(schema.name for schema in fits or served))
    what = "may be leads of any of" if fits else "are leads of none of"
    raise SchemaQuestionError(
        f"By their columns these {what} {', '.join(names)}, of which models are in use. Say whose leads they are with "
        f"{' or '.join(f'--schema {name}' for name in names)}.",
        names,
    )


def _fit(headers: Sequence[str], schema: LeadSchema, store: MappingStore) -> int:
    """Return how well headers fit a schema: 3 nearly all, 2 what it requires, 1 most of its columns, 0 not at all."""
    from leadscore_core.data.schema.inference import headers_found  # not needed to score

    found = headers_found(schema, headers)
    if found >= NEARLY_ALL:
        return 3
    suggested = suggest_mapping(headers, schema)
    mapping = store.recall(suggested)
    required = [column.name for column in schema.columns if column.required]
    if mapping != suggested and set(required) <= set(mapping.used):
        return 3
    if required:
        return 2 if set(required) <= set(mapping.used) or found >= HALF else 0
    return 1 if found >= MOST else 0


def _named(headers: Sequence[str], schema: LeadSchema) -> set[str]:
    """Return the headers that are names of a schema's columns."""
    names = {normalise_header(n) for column in schema.columns for n in (column.name, column.human, *column.aliases)}
    return {header for header in headers if normalise_header(header) in names}
