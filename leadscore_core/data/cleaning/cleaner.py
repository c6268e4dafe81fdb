"""Cleaning: from a mapped list to one tidy row a lead."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.data.cleaning.free_text import clean_free_text
from leadscore_core.data.cleaning.outcome_reader import read_outcomes
from leadscore_core.data.cleaning.parsing import Parsed, number_levels, parse_dates, parse_flags, parse_numbers
from leadscore_core.data.cleaning.text import arrow_text, as_text, clean_text, has_text
from leadscore_core.data.schema.schema import (
    CITY_TIER,
    DATE_ROLES,
    UNLISTED_TIER,
    Column,
    LeadSchema,
    Role,
    group_column,
)

PROBLEM_CODES = (  # in the order in which those of a column are given
    "unreadable_date",
    "not_an_outcome",
    "not_a_flag",
    "text_in_number",
    "negative_number",
    "absurd_number",
    "not_a_whole_number",
)
_LARGEST = 1e15
_BLANK: dict[str, object] = {"integer": 0, "flag": 0, "number": np.nan, "datetime": pd.NaT}


@dataclass(frozen=True)
class CellProblem:
    """Cells of one column that could not be used and count as missing."""

    code: str
    column: str
    reason: str
    rows: np.ndarray


def clean_leads(frame: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
    """Clean a mapped list, value by value; nothing is learned from it.

    Parameters
    ----------
    frame
        Columns under the schema's names (see `ColumnMapping.apply`), cells of any type. Columns may be missing.

    Returns
    -------
    pandas.DataFrame
        Same rows and index. Timestamp as datetime64[us], other dates as whole days from it; text trimmed, cities in
        lower case, free text as words in lower case, blanks NaN; ``city_tier`` 1-3 where the schema lists tiers;
        numbers as float64, missing as NaN; counts, flags and sums of the interaction groups as int64, missing as 0;
        the label as 1, 0 or NaN. Columns that the list lacks are lacking here too, and so are days where it lacks the
        timestamp.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> raw = pd.DataFrame({"city_mapped": [" Pune ", "Select"], "total_leads_droppped": ["2", "many"]})
    >>> raw["syllabus"] = ["3", ""]
    >>> clean_leads(raw, load_schema()).to_dict("list")
    {'city_mapped': ['pune', nan], 'city_tier': [1, 3], 'total_leads_droppped': [2, 0], 'syllabus_interaction': [3, 0]}
    """
    return clean_with_problems(frame, schema)[0]


def clean_with_problems(
    frame: pd.DataFrame, schema: LeadSchema, *, categories: bool = False, by_group: bool = True
) -> tuple[pd.DataFrame, list[CellProblem]]:
    """Clean as `clean_leads` does and also say which cells could not be used.

    Parameters
    ----------
    categories
        Whether text that comes as categories stays so, each looked at once from here on (see `plain_text`).
    by_group
        Whether the counters of an interaction group become their sum; else each stays a column (see `sum_groups`).
    """
    cleaned: dict[str, pd.Series] = {}
    sums: dict[str, np.ndarray] = {}
    problems: list[CellProblem] = []
    interactions = {c.name: frame[c.name] for c in schema.with_role(Role.INTERACTION) if c.name in frame.columns}
    cells_with_text = _with_text(interactions, schema)
    for column in schema.columns:
        if column.name not in frame.columns or not (column.is_input or column.role is Role.LABEL):
            continue
        if column.role is Role.INTERACTION:
            name = group_column(str(column.group)) if by_group else column.name
            total = sums.setdefault(name, np.zeros(len(frame), dtype="int64"))
            rows, counts, found = _clean_counts(*cells_with_text[column.name], column)
            total[rows] += counts
            problems += found
            continue
        values, found = _clean_column(frame[column.name], column, schema, categories)
        problems += found
        cleaned[column.name] = values
        if column.role is Role.CITY and schema.city_tiers:
            codes, cities = pd.factorize(values)
            tiers = [schema.city_tiers.get(city, UNLISTED_TIER) for city in cities.tolist()]
            cleaned[CITY_TIER] = pd.Series(np.array([*tiers, UNLISTED_TIER])[codes], index=values.index)
    cleaned = _with_days(cleaned, schema)
    ordered = {n: sums[n] for n in map(group_column, schema.groups) if n in sums} if by_group else sums
    label = {name: cleaned.pop(name) for name in [schema.label.name] if name in cleaned} if schema.label else {}
    return pd.DataFrame({**cleaned, **ordered, **label}, index=frame.index), problems


def sum_groups(cleaned: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
    """Return what `clean_leads` gives by a schema, of leads that were cleaned counter by counter by it or a wider one.

    Parameters
    ----------
    cleaned
        As from `clean_with_problems` without ``by_group``; columns that the schema lacks are left out.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> raw = pd.DataFrame({"city_mapped": ["pune"], "syllabus": ["3"], "syllabus_expand": ["2"]})
    >>> cleaned, _ = clean_with_problems(raw, load_schema(), by_group=False)
    >>> sum_groups(cleaned, load_schema().without(["syllabus_expand"]))["syllabus_interaction"].tolist()
    [3]
    """
    columns: dict[str, pd.Series] = {}
    sums: dict[str, np.ndarray] = {}
    for column in schema.columns:
        if column.name not in cleaned.columns or not (column.is_input or column.role is Role.LABEL):
            continue
        if column.role is Role.INTERACTION:
            own = cleaned[column.name].to_numpy("int64")
            sums[group_column(str(column.group))] = sums.get(group_column(str(column.group)), 0) + own
            continue
        columns[column.name] = cleaned[column.name]
        if column.role is Role.CITY and CITY_TIER in cleaned.columns:
            columns[CITY_TIER] = cleaned[CITY_TIER]
    ordered = {name: sums[name] for name in map(group_column, schema.groups) if name in sums}
    label = {name: columns.pop(name) for name in [schema.label.name] if name in columns} if schema.label else {}
    return pd.DataFrame({**columns, **ordered, **label}, index=cleaned.index)


def complete_columns(cleaned: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
    """Add the columns that a list lacked, as missing: blank text, tier 3, zero counts; the label only if it is there.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> complete_columns(pd.DataFrame({"city_mapped": ["pune"]}), load_schema())["referred_lead"].tolist()
    [0]
    """
    columns: dict[str, object] = {}
    for column in schema.columns:
        if column.role is Role.INTERACTION or not column.is_input:
            continue
        columns[column.name] = cleaned.get(column.name, _BLANK.get(column.type))
        if column.role is Role.CITY and schema.city_tiers:
            columns[CITY_TIER] = cleaned.get(CITY_TIER, UNLISTED_TIER)
    for group in schema.groups:
        columns[group_column(group)] = cleaned.get(group_column(group), 0)
    if schema.label and schema.label.name in cleaned:
        columns[schema.label.name] = cleaned[schema.label.name].astype("Int64")
    return pd.DataFrame(columns, index=cleaned.index)


def plain_text(cleaned: pd.DataFrame) -> pd.DataFrame:
    """Return cleaned leads with their categories as text.

    Examples
    --------
    >>> plain_text(pd.DataFrame({"city": pd.Categorical(["pune", None])}))["city"].dtype.name
    'str'
    """
    categories = cleaned.select_dtypes("category").columns
    return cleaned.assign(**{name: as_text(cleaned[name]) for name in categories}) if len(categories) else cleaned


def _with_days(cleaned: dict[str, pd.Series], schema: LeadSchema) -> dict[str, pd.Series]:
    """Return dates other than the timestamp as days from it; without them where the list has no timestamp."""
    dates = {column.name for column in schema.with_role(Role.DATE)} & cleaned.keys()
    stamp = schema.one(Role.TIMESTAMP)
    if not dates or stamp is None or stamp.name not in cleaned:
        return {name: values for name, values in cleaned.items() if name not in dates}
    came = cleaned[stamp.name].dt.normalize()
    days = {name: (cleaned[name].dt.normalize() - came) / pd.Timedelta(days=1) for name in dates}
    return cleaned | days


def _clean_column(
    cells: pd.Series, column: Column, schema: LeadSchema, categories: bool
) -> tuple[pd.Series, list[CellProblem]]:
    marks = schema.marks_of(column)
    if column.role in DATE_ROLES:
        dates = parse_dates(cells, marks, schema.date_order)
        return dates.values, _problems(column, ("unreadable_date", "not a date between 1990 and 2100", dates.unusable))
    if column.role is Role.LABEL:
        outcomes, unknown = read_outcomes(cells, column, marks)
        return outcomes, _problems(column, ("not_an_outcome", "not known to say yes or no", unknown))
    if column.type == "number":
        measured = parse_numbers(cells, marks)
        absurd = (measured.values.abs() > _LARGEST).to_numpy()
        return measured.values.mask(absurd), _problems(
            column,
            ("text_in_number", "text where a number was expected", measured.unusable),
            ("absurd_number", f"a number beyond {_LARGEST:,.0f}", absurd),
        )
    if column.type == "flag":
        flags = parse_flags(cells, marks)
        return flags.values.fillna(0).astype("int64"), _problems(
            column, ("not_a_flag", "neither yes nor no, 1 nor 0", flags.unusable)
        )
    if column.type == "integer":
        rows, counts, found = _clean_counts(*_with_text({column.name: cells}, schema)[column.name], column)
        every = np.zeros(len(cells), dtype="int64")
        every[rows] = counts
        return pd.Series(every, index=cells.index), found
    if column.role is Role.FREE_TEXT:
        return clean_free_text(cells, marks), []
    return clean_text(cells, marks, lower=column.role is Role.CITY, categories=categories), []


def _with_text(columns: dict[str, pd.Series], schema: LeadSchema) -> dict[str, tuple[np.ndarray, np.ndarray, Parsed]]:
    """Read columns of counts together, passing over blank cells, which are most.

    Returns
    -------
    dict
        Column -> the rows that were read, the place of each of them among the numbers, and the numbers.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in columns:
        alike.setdefault(schema.marks_of(schema.by_name[name]), []).append(name)
    read: dict[str, tuple[np.ndarray, np.ndarray, Parsed]] = {}
    for marks, names in alike.items():
        found = ((name, arrow_text(columns[name])) for name in names if "" in marks)
        texts = {name: text for name, text in found if text is not None}
        rows = {name: np.flatnonzero(has_text(text)) for name, text in texts.items()}
        for name in names:
            if name not in rows:
                read[name] = np.arange(len(columns[name])), *number_levels(columns[name], marks)
        if not rows:
            continue
        stacked = pa.concat_arrays([texts[name].take(pa.array(own)) for name, own in rows.items()])
        codes, numbers = number_levels(pd.Series(stacked, dtype="str"), marks)
        for (name, own), end in zip(rows.items(), np.cumsum([len(own) for own in rows.values()]), strict=True):
            read[name] = own, codes[end - len(own) : end], numbers
    return read


def _clean_counts(
    rows: np.ndarray, codes: np.ndarray, numbers: Parsed, column: Column
) -> tuple[np.ndarray, np.ndarray, list[CellProblem]]:
    """Return the rows that may hold a count, and these counts, missing as 0."""
    value = numbers.values.to_numpy()
    negative = value < 0
    absurd = value > column.maximum if column.maximum is not None else np.zeros(len(value), dtype=bool)
    broken = (value != np.trunc(value)) & ~np.isnan(value) & ~negative & ~absurd
    usable = np.where(negative | absurd | broken, 0, np.nan_to_num(value)).astype("int64")
    kinds = (
        ("text_in_number", "text where a number was expected", numbers.unusable),
        ("negative_number", "a count below zero", negative),
        ("absurd_number", f"a count above {column.maximum:,.0f}" if column.maximum else "", absurd),
        ("not_a_whole_number", "a count that is not a whole number", broken),
    )
    own = [(code, reason, faulty[codes]) for code, reason, faulty in kinds if faulty.any()]
    found = [replace(problem, rows=rows[problem.rows]) for problem in _problems(column, *own)]
    return rows, usable[codes], found


def _problems(column: Column, *found: tuple[str, str, np.ndarray]) -> list[CellProblem]:
    return [CellProblem(code, column.name, reason, np.flatnonzero(rows)) for code, reason, rows in found if rows.any()]
