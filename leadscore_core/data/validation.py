"""Checking: every problem of a list in one pass, each with its code, count, share and example rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import CellProblem, clean_with_problems
from leadscore_core.data.cleaning.date_order import ORDER_WORDS, DateOrder
from leadscore_core.data.cleaning.text import as_text, filled_cells
from leadscore_core.data.cleaning.units import UNIT, find_units
from leadscore_core.data.example_cells import example_cell, filled
from leadscore_core.data.findings import Finding, make_finding, show_cell, sort_findings
from leadscore_core.data.merge_findings import merge_findings
from leadscore_core.data.phone_findings import phone_findings
from leadscore_core.data.reading.chunks import INDEX_HEADERS, LINE_PROBLEM
from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import TEXT_ROLES, LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema

_FIRST_FEW = 1_000


def check_leads(
    frame: LeadsOrPath,
    schema: LeadSchema | None = None,
    mapping: ColumnMapping | None = None,
    *,
    levels: dict[str, set[str]] | None = None,
    label_expected: bool = False,
) -> list[Finding]:
    """Find every problem of a list.

    Parameters
    ----------
    frame
        The list as read, under its own headers; or its path, which is read.
    schema
        What the columns mean; CodePro's if not given.
    mapping
        Header of each column; suggested if not given.
    levels
        Column -> lower-case levels that the model knows, for the share of unknown ones.
    label_expected
        Whether the list is for training or evaluation, so that a missing label is a problem.

    Returns
    -------
    list of Finding
        Errors first, then warnings, then notes.

    Examples
    --------
    >>> frame = pd.DataFrame({"source": ["a", "b"], "medium": ["x", "y"], "referred_lead": ["1", "perhaps"]})
    >>> [(f.code, f.column, f.rows, f.example) for f in check_leads(frame) if f.code == "not_a_flag"]
    [('not_a_flag', 'referred_lead', (3,), "'perhaps'")]
    """
    frame, schema = as_frame(frame), schema or load_schema()
    mapping = map_frame(frame, schema) if mapping is None else mapping
    raw = mapping.apply(frame, schema)
    cleaned, problems = clean_with_problems(raw, schema)
    chunk = CleanedChunk(frame, raw, cleaned, problems, schema, mapping)
    found = [
        *mapping_findings(mapping, schema, len(frame)),
        *merge_findings([(chunk_findings(chunk, levels or {}), len(frame))]),
        *duplicate_findings([row_hashes(frame)]),
    ]
    if label_expected:
        from leadscore_core.data.label_validation import label_findings  # not needed to score

        found += label_findings(cleaned, raw, schema, mapping)
    return sort_findings(found)


@dataclass(frozen=True, eq=False)
class CleanedChunk:
    """A chunk of a list as it was read, and as it was cleaned.

    Attributes
    ----------
    frame
        As read, under its own headers.
    raw
        The same cells under the schema's names (see `ColumnMapping.apply`).
    cleaned, problems
        What cleaning made of it (see `clean_with_problems`).
    """

    frame: pd.DataFrame
    raw: pd.DataFrame
    cleaned: pd.DataFrame
    problems: list[CellProblem]
    schema: LeadSchema
    mapping: ColumnMapping


def chunk_findings(chunk: CleanedChunk, levels: dict[str, set[str]], blank: np.ndarray | None = None) -> list[Finding]:
    """Find what is wrong in one chunk that was cleaned already, for `merge_findings`; duplicates and labels aside.

    Parameters
    ----------
    levels
        Column -> lower-case levels that the model knows.
    blank
        Its `blank_rows`, if they are known.
    """
    frame, cleaned, schema, mapping = chunk.frame, chunk.cleaned, chunk.schema, chunk.mapping
    return [
        *cell_findings(chunk.problems, frame, schema, mapping),
        *_row_findings(frame, blank_rows(chunk.raw, schema) if blank is None else blank),
        *unknown_levels(cleaned, schema, mapping, levels),
        *empty_columns(frame, cleaned, schema, mapping),
        *_unit_findings(frame, cleaned, schema, mapping),
    ]


def mapping_findings(
    mapping: ColumnMapping, schema: LeadSchema, n_rows: int, costs: dict[str, float] | None = None
) -> list[Finding]:
    """Find columns that the file lacks, headers that were guessed, dates that can be read both ways.

    Parameters
    ----------
    costs
        Column -> AUC lost, out-of-sample, where a list lacks it.
    """
    found = _match_findings(mapping, schema, n_rows, costs or {}) + _convention_findings(mapping, schema, n_rows)
    return found + phone_findings(mapping, schema, n_rows)


def _match_findings(mapping: ColumnMapping, schema: LeadSchema, n_rows: int, costs: dict[str, float]) -> list[Finding]:
    found = []
    for match in mapping.matches:
        column = schema.by_name[match.column]
        if match.header is None and column.required:
            reason = f"{column.human}: no such column, and no list can be scored without it"
            found.append(make_finding("required_column", column.name, reason, n_rows, n_rows))
        elif match.header is None and column.is_input and column.role is not Role.INTERACTION:
            cost = costs.get(column.name)
            price = "" if cost is None else f", which costs about {max(0.0, cost):.3f} of AUC"
            reason = f"{column.human}: no such column; leads are scored as average in it{price}"
            found.append(make_finding("missing_column", column.name, reason, n_rows, n_rows))
        elif match.how == "fuzzy":
            found.append(
                make_finding(
                    "guessed_column",
                    str(match.header),
                    f"taken as {column.human} ({match.confidence:.0%} alike); correct it if it is not",
                    n_rows,
                    n_rows,
                )
            )
        if match.why:
            reason = f"{column.human}: {match.why}; choose another if it is not"
            found.append(make_finding("chosen_column", str(match.header), reason, n_rows, n_rows))
    return found


def _convention_findings(mapping: ColumnMapping, schema: LeadSchema, n_rows: int) -> list[Finding]:
    found = []
    for doubt in mapping.decimal_doubts:
        cells = doubt.comma + doubt.point + doubt.either
        header = mapping.used[doubt.column]
        reason = f"{doubt.words}; choose comma or point for the column (--decimal {header!r}=comma or =point)"
        found.append(make_finding("mixed_decimals", header, reason, cells, n_rows))
    for guess in mapping.decimal_guesses:
        header = mapping.used[guess.column]
        reason = f"{guess.guess}; if that is wrong, say so (--decimal {header!r}=comma or =point)"
        found.append(make_finding("thousands_or_decimals", header, reason, guess.either, n_rows))
    stamp = schema.one(Role.TIMESTAMP)
    if stamp and mapping.swapped_dates:
        reason = (
            "a spreadsheet seems to have swapped day and month: dates it took for dates have days to 12 alone, those "
            "it left as text later days alone; export the list anew as CSV, without opening it in between"
        )
        found.append(make_finding("swapped_dates", mapping.used[stamp.name], reason, mapping.swapped_dates, n_rows))
    if stamp and mapping.ambiguous_dates:
        reason = _ambiguous(mapping.date_example, mapping.date_order, mapping.date_choices or ("dmy", "mdy"))
        found.append(make_finding("ambiguous_date", mapping.used[stamp.name], reason, mapping.ambiguous_dates, n_rows))
    for name, dates in mapping.other_dates.items():
        if dates.ambiguous and name in mapping.used:
            reason = _ambiguous(dates.example, dates.order, ("dmy", "mdy"))
            found.append(make_finding("ambiguous_date", mapping.used[name], reason, dates.ambiguous, n_rows))
    if stamp and mapping.date_note:
        others = _options([order for order in mapping.date_choices if order != mapping.date_order])
        read = f"dates are read with the {ORDER_WORDS[mapping.date_order]}, as {mapping.date_note}"
        reason = f"{read}; if that is wrong, say so ({others})"
        found.append(make_finding("date_order", mapping.used[stamp.name], reason, n_rows, n_rows))
    return found


def _ambiguous(example: str, order: DateOrder, choices: Sequence[DateOrder]) -> str:
    such = f"dates{f' such as {example}' if example else ''} that could be read both ways"
    return f"{such} are read with the {ORDER_WORDS[order]}; choose which comes first ({_options(choices)})"


def _options(orders: Sequence[DateOrder]) -> str:
    said = [f"--dates {order}" for order in orders]
    return " or ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def cell_findings(
    problems: list[CellProblem], frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping
) -> list[Finding]:
    """Report cells that could not be used, under the file's own headers."""
    found = []
    for problem in problems:
        if schema.by_name[problem.column].role is Role.LABEL:
            continue  # label_findings says it where a label is expected
        header = mapping.used[problem.column]
        example = example_cell(frame, header, problem.rows)
        found.append(
            make_finding(
                problem.code,
                header,
                f"{problem.reason}; counted as missing",
                len(problem.rows),
                len(frame),
                problem.rows,
                example,
            )
        )
    return found


def note_row_problems(
    frame: pd.DataFrame,
    raw: pd.DataFrame,
    schema: LeadSchema,
    mapping: ColumnMapping,
    problems: list[CellProblem],
    blank: np.ndarray | None = None,
) -> pd.Series:
    """Say for each row, in words, why it could not be scored in full; empty where it could.

    Parameters
    ----------
    blank
        The `blank_rows`, if they are known.

    Returns
    -------
    pandas.Series
        Text, one a row of `frame`.
    """
    notes: dict[int, list[str]] = {}

    def note(rows: np.ndarray, texts: Iterable[str]) -> None:
        for row, text in zip(rows.tolist(), texts, strict=True):
            notes.setdefault(row, []).append(text)

    for problem in problems:
        if schema.by_name[problem.column].role is Role.LABEL:
            continue
        header = mapping.used[problem.column]
        note(
            problem.rows,
            (f"{header}: {problem.reason} ({show_cell(cell)})" for cell in frame[header].iloc[problem.rows]),
        )
    if LINE_PROBLEM in frame.columns:
        rows = np.flatnonzero(filled(frame[LINE_PROBLEM]))
        note(rows, as_text(frame[LINE_PROBLEM].iloc[rows]))
    blank = blank_rows(raw, schema) if blank is None else blank
    note(np.flatnonzero(blank), ["nothing to score: every column that the model reads is blank"] * int(blank.sum()))
    texts = np.full(len(frame), "", dtype=object)
    for row, said in notes.items():
        texts[row] = "; ".join(said)
    return pd.Series(texts, index=frame.index, dtype="str")


def row_hashes(frame: pd.DataFrame) -> np.ndarray:
    """Return one uint64 a row, equal where rows are equal in all but a leading index column."""
    columns = [c for c in frame.columns if str(c).strip().lower() not in INDEX_HEADERS]
    return pd.util.hash_pandas_object(frame[columns].astype("str").fillna(""), index=False).to_numpy()


def duplicate_findings(hashes: Iterable[np.ndarray]) -> list[Finding]:
    """Find exact duplicate rows over all chunks."""
    joined = np.concatenate([np.empty(0, dtype="uint64"), *hashes])
    ordered = np.sort(joined)  # far sooner done than an order, and most lists end here
    if not (ordered[1:] == ordered[:-1]).any():
        return []
    order = np.argsort(joined, kind="stable")  # a table of ten million would take half a gigabyte
    again = np.sort(order[1:][ordered[1:] == ordered[:-1]])
    return [
        make_finding("duplicate_row", "", "the same row stands earlier in the list", len(again), len(joined), again)
    ]


def unknown_levels(
    cleaned: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, levels: dict[str, set[str]]
) -> list[Finding]:
    """Find leads whose value the model has never seen, with their share."""
    found = []
    for column in schema.with_role(*sorted(TEXT_ROLES)):
        if column.name not in cleaned or column.name not in levels:
            continue
        codes, values = pd.factorize(cleaned[column.name])
        unknown = [value.casefold() not in levels[column.name] for value in values.tolist()]
        rows = np.flatnonzero(np.array([*unknown, False])[codes])
        if len(rows):
            example = show_cell(cleaned[column.name].iloc[rows[0]])
            found.append(
                make_finding(
                    "unknown_level",
                    mapping.used[column.name],
                    f"{column.human} that the model has never seen; treated as rare",
                    len(rows),
                    len(cleaned),
                    rows,
                    example,
                )
            )
    return found


def empty_columns(
    frame: pd.DataFrame, cleaned: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping
) -> list[Finding]:
    """Find mapped columns, interactions and contacts aside, that hold nothing at all."""
    found = []
    for name, header in mapping.used.items():
        column = schema.by_name[name]
        if not column.is_input or column.role is Role.INTERACTION:
            continue
        if column.type == "text" and name in cleaned:
            filled = bool(cleaned[name].notna().any())
        else:
            rows = (slice(_FIRST_FEW), slice(_FIRST_FEW, None))  # most columns show it soon
            filled = any(filled_cells(frame[header].iloc[some], schema.marks_of(column)).any() for some in rows)
        if not filled:
            found.append(
                make_finding("empty_column", header, f"{column.human} is blank in every row", len(frame), len(frame))
            )
    return found


def _unit_findings(
    frame: pd.DataFrame, cleaned: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping
) -> list[Finding]:
    used = mapping.used
    measures = [column.name for column in schema.with_role(Role.NUMBER) if column.name in used]
    return [
        make_finding(
            UNIT + found.unit,
            used[name],
            "",
            len(found.rows),
            len(frame),
            found.rows,
            show_cell(frame[used[name]].iloc[found.rows[0]]),
        )
        for name in measures
        for found in find_units(frame[used[name]], cleaned[name])
    ]


def _row_findings(frame: pd.DataFrame, is_blank: np.ndarray) -> list[Finding]:
    found = []
    if LINE_PROBLEM in frame.columns:
        rows = np.flatnonzero(filled(frame[LINE_PROBLEM]))
        if len(rows):
            example = str(frame[LINE_PROBLEM].iloc[rows[0]])
            found.append(
                make_finding(
                    "line_problem",
                    "",
                    "more or fewer fields than the header; values may stand in the wrong column",
                    len(rows),
                    len(frame),
                    rows,
                    example,
                )
            )
    blank = np.flatnonzero(is_blank)
    if len(blank):
        found.append(
            make_finding("blank_row", "", "every column that the model reads is blank", len(blank), len(frame), blank)
        )
    return found


def blank_rows(raw: pd.DataFrame, schema: LeadSchema) -> np.ndarray:
    """Tell of which mapped rows every column that the model reads is blank."""
    left = np.arange(len(raw))
    for column in sorted(schema.inputs, key=lambda column: column.type == "datetime"):  # few texts are soon looked at
        if column.name in raw.columns and len(left):
            cells = raw[column.name] if len(left) == len(raw) else raw[column.name].iloc[left]
            left = left[~filled_cells(cells, schema.marks_of(column))]
    blank = np.zeros(len(raw), dtype=bool)
    blank[left] = True
    return blank
