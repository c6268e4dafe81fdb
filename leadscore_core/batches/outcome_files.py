"""Files of outcomes: opened as the kept lists read them, whatever columns these have; the outcome's column is found."""

import re
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace

import pandas as pd

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.outcome_column import count_column
from leadscore_core.data.cleaning.outcome_split import split_outcomes
from leadscore_core.data.dataset.dataset import LeadList, Paths
from leadscore_core.data.dataset.open import fitting_schema, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.outcomes import Ask, settle_outcomes
from leadscore_core.data.reading.excel import ALL_SHEETS
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, ColumnMapping
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.roles import plain_header
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import LabelError, LeadScoreError, MappingError
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.batches import BatchStore

OUTCOME_NAMES = re.compile(
    r"\b(convert\w*|conversion|won|lost|outcome|result|status|stage|enrolled|admitted|purchased|bought|complet\w*|customer|"
    r"success\w*|label|target|ergebnis|ausgang|gekauft|gewonnen|resultado|estado|statut|résultat|esito|stato|статус|"
    r"результат|durum|sonuç|状态|结果|結果)\b"
)
KNOWN_BY = (Role.ID, Role.EMAIL, Role.PHONE)


def open_outcome_files(
    paths: Paths,
    *,
    schema: LeadSchema | None = None,
    options: ListOptions | None = None,
    settings: Settings | None = None,
    ask: Ask = "unreadable",
) -> list[LeadList]:
    """Open a file of outcomes once for each kind of list that is kept, since its leads may be in any of them.

    Parameters
    ----------
    schema
        What the columns mean, where a person says so.
    options
        What a person says of the file; all its sheets with the same columns are read if no sheet is said.
    ask
        See `settle_outcomes`.

    Returns
    -------
    list of LeadList
        At least one; its outcome's column is found by its name and values where the schema does not name it.

    Raises
    ------
    LabelError
        If no column, or more than one, may be the outcome, or it is not clear what its values mean.
    LeadScoreError
        If the file cannot be read.
    """
    settings, options = settings or load_settings(), options or ListOptions()
    options = replace(options, sheet=options.sheet or ALL_SHEETS)
    schemas = [schema] if schema is not None else saved_schemas(settings)
    found: list[LeadList] = []
    fault: MappingError | None = None
    question: LabelError | None = None
    first: pd.DataFrame | None = None
    for declared in schemas:
        try:
            leads = open_list(paths, declared, options=options, settings=settings)
        except MappingError as error:  # a column was named that lists of this kind have not
            fault = error
            continue
        if first is None:
            first = _first_rows(leads)
        try:
            found.append(settle_outcomes(_with_columns(leads, first, options), options, ask=ask))
        except LabelError as error:  # a question for leads of this kind; those of another may name their outcome
            question = question or error
    if question is not None and not any(map(_has_outcome, found)):
        raise question
    if fault is not None and not found:
        raise fault
    if not found:
        leads = open_list(paths, _nearest_schema(paths, options, settings), options=options, settings=settings)
        found.append(settle_outcomes(_with_columns(leads, _first_rows(leads), options), options, ask=ask))
    return [leads for leads in found if _has_outcome(leads)] or found


def _has_outcome(leads: LeadList) -> bool:
    return leads.schema.label is not None and leads.schema.label.name in leads.mapping.used


def saved_schemas(settings: Settings) -> list[LeadSchema]:
    """Return the schemas of the lists that are kept, as far as they are known here; that of the newest list first."""
    names = dict.fromkeys(batch.schema_name for batch in BatchStore(settings).list_batches())
    schemas = []
    for name in names:
        with suppress(LeadScoreError):  # it was kept on another machine, or is damaged
            schemas.append(known_schema(name, settings))
    return schemas


def _nearest_schema(paths: Paths, options: ListOptions, settings: Settings) -> LeadSchema:
    shipped = load_schema()
    headers = open_list(paths, shipped, options=replace(options, choices={}), settings=settings).mapping.headers
    return fitting_schema(headers, settings) or shipped


def _first_rows(leads: LeadList) -> pd.DataFrame:
    chunks = leads.chunks()
    return next(chunks, pd.DataFrame(columns=list(leads.mapping.headers))).head(CONVENTION_ROWS)


def _with_columns(leads: LeadList, first: pd.DataFrame, options: ListOptions) -> LeadList:
    """Return the list with the outcome and what its leads are known by, where their headers are not the schema's."""
    mapping, label = leads.mapping, leads.schema.label
    if label is not None and label.name not in mapping.used and options.label is None:
        header = _find_outcome(leads, mapping.unused_headers)
        if header is not None:
            mapping = mapping.corrected({label.name: header})
    if not any(column.name in mapping.used for column in leads.schema.with_role(*KNOWN_BY)):
        mapping = with_keys(mapping, leads.schema, first)
    return replace(leads, mapping=mapping)


def _find_outcome(leads: LeadList, headers: Sequence[str]) -> str | None:
    """Return the only header whose values say what became of leads; one that is named so goes before the others."""
    clear: list[str] = []
    for header in headers:
        with closing(leads.raw_chunks()) as chunks:
            split = split_outcomes(count_column(chunks, header))
        if split.completed and split.question(header, leads.schema.outcome) is None:
            clear.append(header)
    named = [header for header in clear if OUTCOME_NAMES.search(plain_header(header))]
    found = named or clear
    if len(found) > 1:
        raise LabelError(
            f"Any of {', '.join(map(repr, found))} may say what became of a lead. Name the one that does with --label."
        )
    if found:
        return found[0]
    by_name = [header for header in headers if OUTCOME_NAMES.search(plain_header(header))]
    return by_name[0] if len(by_name) == 1 else None


def with_keys(mapping: ColumnMapping, schema: LeadSchema, first: pd.DataFrame) -> ColumnMapping:
    """Return the mapping with the id, e-mail and phone that the values of headers look like.

    Parameters
    ----------
    first
        The first rows of the file.
    """
    free = [header for header in mapping.unused_headers if header in first]
    if not free:
        return mapping
    roles = {column.role: column.header for column in propose_schema(first[free]).columns}
    by_name = {
        "id": next((header for header in free if re.search(r"\b(id|no|number|nr|key)$", plain_header(header))), None)
    }
    choices: dict[str, str | None] = {}
    for role in KNOWN_BY:
        column = schema.one(role)
        header = roles.get(role) or by_name.get(str(role))
        if column is not None and header is not None and header not in choices.values():
            choices[column.name] = header
    return mapping.corrected(choices)
