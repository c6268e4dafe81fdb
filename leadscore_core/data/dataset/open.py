"""Lists: a person's files, looked into, with which header gives which column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.conventions import LEAST_EVIDENCE, find_conventions
from leadscore_core.data.dataset.dataset import LeadList, Paths
from leadscore_core.data.dataset.options import ListOptions, check_choices, say_conventions
from leadscore_core.data.dataset.phone_region import with_region
from leadscore_core.data.dataset.schema_choice import HALF, MOST, NEARLY_ALL, choose_served, schemas_that_fit
from leadscore_core.data.reading.chunks import chunk_frame
from leadscore_core.data.reading.excel import list_sheets
from leadscore_core.data.reading.reader import iter_chunks, list_files, read_headers
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, Choice, ColumnMapping, headers_chosen
from leadscore_core.data.schema.column_resolution import contested_headers, resolve_mapping
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.outcome_nouns import propose_words
from leadscore_core.data.schema.phone_region import say_region
from leadscore_core.data.schema.saved_mappings import MappingStore
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import free_name, list_schemas, load_schema, schema_folder
from leadscore_core.errors import LabelError, MappingError, SchemaError, UnreadableFileError

if TYPE_CHECKING:
    from leadscore_core.data.cleaning.date_order import DateOrder
    from leadscore_core.data.cleaning.numbers import DecimalMark
    from leadscore_core.data.schema.inference import Proposal


def open_list(
    paths: Paths,
    schema: LeadSchema,
    *,
    options: ListOptions | None = None,
    settings: Settings | None = None,
    go_on: bool = False,
) -> LeadList:
    """Look into a list: suggest its mapping, with what a person chose before for the same headers.

    Parameters
    ----------
    options
        What a person says of it.
    go_on
        Whether a file of several that cannot be read, or has other columns than the first that can, is left out.

    Raises
    ------
    UnreadableFileError
        If it is not a lead list.
    LabelError, MappingError
        If there is no such header or column.
    """
    settings = settings or load_settings()
    store = MappingStore(settings.data_dir)
    options = options or ListOptions()
    sheet = options.sheet or _best_sheet(paths, schema, store, options.encoding)
    several = go_on and len(list_files(paths)) > 1
    headers = read_headers(
        _first_sound(paths, sheet, options.encoding) if several else paths, sheet=sheet, encoding=options.encoding
    )
    mapping = suggest_columns(headers, schema, options, settings)
    leads = _with_columns(
        LeadList(paths, schema, mapping, sheet, left_out={} if several else None, encoding=options.encoding)
    )
    said = say_conventions(leads.mapping, schema, options.dates, options.decimals)
    leads = replace(leads, mapping=say_region(said, leads.schema, options.phone_region))
    leads = replace(leads, mapping=find_conventions(leads, store.recall_conventions(leads.mapping)))
    region = with_region(leads, settings.phone_region, store.recall_region(leads.mapping))
    return replace(leads, mapping=region)


def suggest_columns(
    headers: Sequence[str], schema: LeadSchema, options: ListOptions, settings: Settings
) -> ColumnMapping:
    """Return which header gives which column by their names and what a person chose; cells are not looked at.

    Raises
    ------
    LabelError, MappingError
        If a person named a header or column that is not there.
    """
    mapping = MappingStore(settings.data_dir).recall(suggest_mapping(headers, schema))
    label = options.label
    if label is not None and schema.label is not None:
        if label not in headers:
            raise LabelError(
                f"The list has no column {label!r} for the outcome. Its columns: {', '.join(headers[:12])}. Give one "
                "of them."
            )
        mapping = mapping.corrected({schema.label.name: label})
    check_choices(options.choices, schema, headers)
    return mapping.corrected(options.choices)


def open_any_list(
    paths: Paths,
    *,
    options: ListOptions | None = None,
    may_propose: bool = True,
    anew: bool = False,
    served: Mapping[str, LeadSchema] | None = None,
    settings: Settings | None = None,
) -> LeadList:
    """Look into a list of which nobody said what its columns mean: by a known schema if one fits, else by a proposal.

    Parameters
    ----------
    options
        What a person says of it; a proposal needs the outcome's header where it cannot be guessed.
    may_propose
        Whether a list that fits no schema is given one of its own; else it is read by the shipped one.
    anew
        Whether a schema of its own is proposed even where a known one fits.
    served
        Schemas of which a model is in use, by name; they go before others that fit as well.

    Raises
    ------
    UnreadableFileError
        If it is not a lead list.
    LabelError, MappingError
        If there is no such header or column, or it is not clear what the outcome's values mean, or the outcome that was
        named is not that of the schema that fits.
    SchemaError
        If no schema fits and there is nothing to learn from, or several that are served fit as well.
    """
    from leadscore_core.data.cleaning.outcome_column import count_column
    from leadscore_core.data.cleaning.outcome_split import split_outcomes
    from leadscore_core.data.schema.inference import build_schema, name_schema  # not needed to score
    from leadscore_core.data.schema.outcome_candidates import which_outcome

    settings = settings or load_settings()
    options = options or ListOptions()
    sheet = options.sheet or _best_sheet(paths, load_schema(), MappingStore(settings.data_dir), options.encoding)
    options = replace(options, sheet=sheet)
    headers = read_headers(paths, sheet=sheet, encoding=options.encoding)
    fits = None if anew else fitting_schema(headers, settings, label=options.label, served=served)
    if fits is not None or not may_propose:
        known = fits or load_schema()
        if may_propose and options.label is not None:
            _check_same_outcome(options.label, headers, known, settings)
        return open_list(paths, known, options=options, settings=settings)
    proposal = propose_list(
        paths, sheet=sheet, label=options.label, encoding=options.encoding, decimals=options.decimals
    )
    options = replace(options, label=None)  # the schema that is made of the proposal names it
    if proposal.label is None and proposal.candidates:
        raise LabelError(which_outcome(proposal.candidates))
    if proposal.label is None and anew:
        raise LabelError(
            "No column says by its name and values what became of the leads, so nothing can be proposed for them. Name "
            "the outcome with --label COLUMN, where the command has it, or another kind of leads with --schema."
        )
    if proposal.label is None:  # nothing to propose for; the shipped schema says what is missing
        return open_list(paths, load_schema(), options=options, settings=settings)
    with closing(iter_chunks(paths, sheet=sheet, encoding=options.encoding)) as chunks:
        counts = count_column(chunks, proposal.label)
    split = split_outcomes(counts, positive=options.positive, still_open=options.open)
    words = propose_words(proposal.label, proposal.positive)
    question = split.question(proposal.label, words)
    if question is not None:
        raise LabelError(question)
    proposal = proposal.with_label(proposal.label, split)
    free = free_name(name_schema(list_files(paths)[0].name))
    leads = open_list(paths, build_schema(proposal, free), options=options, settings=settings)
    return replace(leads, proposal=proposal, outcome=split)


def _check_same_outcome(header: str, headers: Sequence[str], schema: LeadSchema, settings: Settings) -> None:
    """Raise if a person names another outcome than that of the schema that fits a list."""
    label = schema.label
    if label is None or header not in headers:
        return
    found = MappingStore(settings.data_dir).recall(suggest_mapping(headers, schema)).used.get(label.name)
    is_kept = (schema_folder(settings.data_dir) / f"{schema.name}.toml").is_file()
    if header == found or (found is None and not is_kept):
        return
    instead = f", or leave --label out to use {found!r}" if found is not None else ""
    raise LabelError(
        f"These columns are known as {schema.name!r}, whose outcome is {label.human!r}, and --label names {header!r}. "
        f"Give --schema {schema.name} to read {header!r} as that outcome, --schema new to keep these columns under "
        f"another name with {header!r} as their outcome{instead}."
    )


def fitting_schema(
    headers: Sequence[str],
    settings: Settings | None = None,
    *,
    label: str | None = None,
    served: Mapping[str, LeadSchema] | None = None,
) -> LeadSchema | None:
    """Return the schema that these headers fit, or None.

    That is a kept one with nearly all its columns, else one that is served (see `schemas_that_fit`), else the shipped
    one with all that it requires or half its columns, else a kept one with most of its columns. Of kept ones with
    nearly all, one whose outcome has the header `label` goes before the others, and then one that is served.

    Parameters
    ----------
    served
        Schemas of which a model is in use, by name, each with the columns that its model reads.

    Raises
    ------
    SchemaQuestionError
        If several that are served fit as well, and the outcome does not tell them apart.
    """
    from leadscore_core.data.schema.inference import headers_found

    settings = settings or load_settings()
    store, served = MappingStore(settings.data_dir), served or {}
    fits = {}
    for name in list_schemas():
        with suppress(SchemaError):  # a damaged file keeps nobody from working
            schema = load_schema(name)
            fits[name] = (headers_found(schema, headers), schema)
    shipped = load_schema()
    found = suggest_mapping(headers, shipped).used
    others = sorted((fit for name, fit in fits.items() if name != shipped.name), key=lambda fit: -fit[0])
    nearly = [schema for share, schema in others if share >= NEARLY_ALL]
    if nearly:
        meant = [schema for schema in nearly if label is not None and _has_outcome(schema, label)] or nearly
        in_use = [served[schema.name] for schema in meant if schema.name in served]
        return fits[choose_served(headers, in_use, store).name][1] if in_use else meant[0]
    if in_use := schemas_that_fit(headers, served.values(), store):
        chosen = choose_served(headers, in_use, store)
        return fits[chosen.name][1] if chosen.name in fits else chosen
    if all(column.name in found for column in shipped.columns if column.required) or fits[shipped.name][0] >= HALF:
        return shipped
    return others[0][1] if others and others[0][0] >= MOST else None


def _has_outcome(schema: LeadSchema, header: str) -> bool:
    column = schema.label
    names = (column.name, column.human, *column.aliases) if column is not None else ()
    return normalise_header(header) in map(normalise_header, names)


def propose_list(
    paths: Paths,
    *,
    sheet: str | None = None,
    label: str | None = None,
    encoding: str | None = None,
    decimals: Mapping[str, DecimalMark] | None = None,
) -> Proposal:
    """Look at leads from all over a list and say what each column may mean (see `propose_schema`)."""
    from leadscore_core.data.schema.inference import propose_schema

    return propose_schema(sample_rows(iter_chunks(paths, sheet=sheet, encoding=encoding)), label, decimals)


def _best_sheet(paths: Paths, schema: LeadSchema, store: MappingStore, encoding: str | None = None) -> str | None:
    """Return the first sheet of one workbook that has what is needed, else the first; None for anything else."""
    first, *others = list_files(paths)
    if others:
        return None  # the workbooks of a folder may name their sheets differently
    sheets = list_sheets(first, encoding)
    needed = {column.name for column in schema.columns if column.required}
    for sheet in sheets if len(sheets) > 1 else ():
        mapping = store.recall(suggest_mapping(read_headers(first, sheet=sheet, encoding=encoding), schema))
        if needed <= set(mapping.used):
            return sheet
    return sheets[0] if sheets else None


def settle_list(leads: LeadList) -> LeadList:
    """Return the list with its columns, dates and decimals settled, on the evidence of all its files."""
    leads = _with_columns(leads)
    return replace(leads, mapping=find_conventions(leads))


def _with_columns(leads: LeadList) -> LeadList:
    """Return the list with the headers that give its columns, where several could."""
    contested = contested_headers(leads.mapping, leads.schema)
    if not contested:
        return leads
    left_out = None if leads.left_out is None else dict(leads.left_out)
    rows = sample_rows(
        iter_chunks(leads.paths, sheet=leads.sheet, columns=contested, left_out=left_out, encoding=leads.encoding)
    )
    return replace(leads, mapping=resolve_mapping(leads.mapping, leads.schema, rows))


def _first_sound(paths: Paths, sheet: str | None, encoding: str | None) -> Path:
    """Return the first file that can be read, or the first."""
    files = list_files(paths)
    for file in files:
        with suppress(UnreadableFileError):
            next(iter_chunks(file, sheet=sheet, chunk_rows=LEAST_EVIDENCE, encoding=encoding))
            return file
    return files[0]


def evidence_of(leads: LeadList) -> dict[str, str]:
    """Say of each header that gives a column, or could, how full it is and what it holds; from the first leads."""
    from leadscore_core.data.schema.column_profile import profile_column

    own = [header for match in leads.mapping.matches for header in (match.header, *match.more, *match.others) if header]
    chunk = next(
        iter_chunks(leads.paths, sheet=leads.sheet, columns=own, encoding=leads.encoding, chunk_rows=CONVENTION_ROWS),
        None,
    )
    frame = pd.DataFrame() if chunk is None else chunk_frame(chunk)
    there = [header for header in own if header in frame.columns]
    profiles = {header: profile_column(header, frame[header]) for header in there}
    return {
        header: f"{profile.fill:.0%} filled" + (f", for instance {profile.example}" if profile.distinct else "")
        for header, profile in profiles.items()
    }


def choose_conventions(
    leads: LeadList,
    *,
    dates: DateOrder | None = None,
    decimals: Mapping[str, DecimalMark] | None = None,
    region: str | None = None,
    settings: Settings | None = None,
) -> LeadList:
    """Return the list with a person's choice of how its dates, decimals and phones are read.

    It is remembered for files with the same headers, and used for those that do not say it themselves.

    Parameters
    ----------
    decimals
        Header or schema column -> mark.
    region
        Country (ISO 3166, two letters) of phone numbers without a country code.

    Raises
    ------
    LeadScoreError
        If there is no such column of numbers, or the choice cannot be kept.
    """
    settings = settings or load_settings()
    said = say_conventions(leads.mapping, leads.schema, dates, decimals)
    said = say_region(said, leads.schema, region)
    MappingStore(settings.data_dir).remember_conventions(said)
    leads = replace(leads, mapping=said)
    leads = replace(leads, mapping=find_conventions(leads))
    return replace(leads, mapping=with_region(leads, settings.phone_region))


def choose_columns(leads: LeadList, choices: Mapping[str, Choice], *, settings: Settings | None = None) -> LeadList:
    """Return the list with a person's choice of columns, which is remembered for files with the same headers.

    Parameters
    ----------
    choices
        Schema column -> header, several headers that mean the same, or None for "not in this file".

    Raises
    ------
    LeadScoreError
        If one header is chosen twice, or the choice cannot be kept.
    """
    chosen = [header for choice in choices.values() for header in headers_chosen(choice)]
    twice = sorted({header for header in chosen if chosen.count(header) > 1})
    if twice:
        raise MappingError(
            f"One column cannot mean two things: {', '.join(map(repr, twice))} is chosen more than once. Choose it "
            "once."
        )
    check_choices(choices, leads.schema, leads.mapping.headers)
    settings = settings or load_settings()
    MappingStore(settings.data_dir).remember(leads.mapping, choices)
    leads = settle_list(replace(leads, mapping=leads.mapping.corrected(choices)))
    return replace(leads, mapping=with_region(leads, settings.phone_region))
