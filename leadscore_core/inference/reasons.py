"""Explaining: exact contributions of each of a lead's columns, and the largest of them in words."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import MEASURED_ROLES, Column, LeadSchema, Role
from leadscore_core.inference.present import city_name
from leadscore_core.model.lead_model import LeadModel, as_model
from leadscore_core.model.observed_rates import BLANK_KEY, OTHER_WORDS, Observed, write_days, write_number, write_year
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, rate_decimals

FEW = 30
_AGAINST_THE_RATE = 0.02
_DECIMALS = 9


def explain_leads(frame: LeadsOrPath, model: LeadModel, *, mapping: ColumnMapping | None = None) -> pd.DataFrame:
    """Return what each of a lead's columns adds to its score, in log-odds.

    Exact Shapley values of trees (Lundberg et al., 2018) and linear models, sampled ones of other algorithms, as the
    model's card says; those of one column (a city's level, count and tier) are added up.

    Parameters
    ----------
    frame
        Leads as read, under their own headers; or the path of a list, which is read.
    model
        The model that scores them.
    mapping
        Header of each column; suggested if not given.

    Returns
    -------
    pandas.DataFrame
        One row a lead, one column an input of the schema or a derived feature, and ``base_value``; each row sums to
        the raw margin.

    Raises
    ------
    GivenLeadsError
        If these are no leads, or this is no model.
    """
    model, frame = as_model(model), as_frame(frame)
    mapping = mapping or map_frame(frame, model.schema)
    cleaned, _ = model.clean(mapping.apply(frame, model.schema))
    return model.contributions(cleaned)


def reasons_in_words(cleaned: pd.DataFrame, contributions: pd.DataFrame, model: LeadModel, top: int) -> pd.DataFrame:
    """Say the largest contributions in words.

    Parameters
    ----------
    cleaned
        Cleaned leads.
    contributions
        As from `LeadModel.contributions`, same rows.
    top
        How many reasons a lead, at least 1.

    Returns
    -------
    pandas.DataFrame
        Text columns ``reason_1`` .. ``reason_<top>``, the largest first, ``(+)`` for the lead and ``(-)`` against it.
        Columns that the list lacks give no reason; a lead with fewer reasons has empty text.
    """
    cleaned = model.features.with_derived(cleaned)
    columns = [name for name in contributions.columns if name != "base_value" and name in cleaned.columns]
    values = np.round(contributions[columns].to_numpy(), _DECIMALS)  # so that the last bit decides no order
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :top]
    predicted = np.full((len(cleaned), top), "", dtype=object)
    for place, name in enumerate(columns):
        row, rank = np.nonzero((order == place) & (values[:, [place]] != 0))
        if len(row):
            against = (values[row, place] < 0).astype("int64")
            predicted[row, rank] = _column_words(cleaned[name].iloc[row], name, model)[np.arange(len(row)), against]
    reasons = {f"reason_{k + 1}": pd.Series(predicted[:, k], index=cleaned.index, dtype="str") for k in range(top)}
    return pd.DataFrame(reasons, index=cleaned.index)


@dataclass(frozen=True)
class Reason:
    """One column's contribution to a lead's score, in words and in log-odds, and what training saw of its value."""

    column: str
    human: str
    text: str
    contribution: float
    observed: Observed


def lead_reasons(cleaned: pd.DataFrame, contributions: pd.DataFrame, model: LeadModel) -> list[Reason]:
    """Return every reason for and against one lead, the largest first; columns that add nothing give none.

    Parameters
    ----------
    cleaned, contributions
        One row each.
    """
    reasons = []
    cleaned = model.features.with_derived(cleaned)
    for name in contributions.columns:
        if name == "base_value" or name not in cleaned.columns:
            continue
        value = float(contributions[name].iloc[0])
        if value == 0:
            continue
        key = model.features.keys_of(cleaned[name].iloc[:1], name)[0]
        text = _column_words(cleaned[name].iloc[:1], name, model)[0, int(value < 0)]
        seen = model.features.rates_.get(name, {}).get(key, Observed(0, 0))
        reasons.append(Reason(name, human_name(name, model.schema), text, value, seen))
    return sorted(reasons, key=lambda reason: -abs(reason.contribution))


def human_name(name: str, schema: LeadSchema) -> str:
    """Return what people call a cleaned column.

    Examples
    --------
    >>> from leadscore_core.data.schema.column_resolution import map_frame
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> human_name("city_tier", load_schema()), human_name("payment_interaction", load_schema())
    ('City tier', 'Payment interactions')
    """
    if name in schema.by_name:
        return schema.by_name[name].human
    groups = {f"{group}_interaction": human for group, human in schema.groups.items()}
    return groups.get(name, name.replace("_", " ").capitalize())


def value_phrases(values: pd.Series, name: str, model: LeadModel) -> np.ndarray:
    """Return how each value of a cleaned column reads, with nothing of what was observed of it: "City: Pune"."""
    column, keys = model.features.column(name), model.features.keys_of(values, name)
    if column is not None and column.phrase == f"{column.human} {{value}}":
        column = column.model_copy(update={"phrase": f"{column.human}: {{value}}"})
    pairs = zip(keys.tolist(), values.tolist(), strict=True)
    return np.array([_phrase(column, name, model.schema, key, value) for key, value in pairs], dtype=object)


def _column_words(values: pd.Series, name: str, model: LeadModel) -> np.ndarray:
    """Return for each lead the reason for and the reason against, shape (n, 2)."""
    column = model.features.column(name)
    is_date = pd.api.types.is_datetime64_any_dtype(values)
    shown = values.dt.to_period("M").dt.to_timestamp() if is_date else values
    places, _ = pd.factorize(shown, use_na_sentinel=False)
    first = np.unique(places, return_index=True)[1]
    keys = model.features.keys_of(values.iloc[first], name)
    rates, base_rate = model.features.rates_.get(name, {}), model.features.base_rate_
    ranged = column is not None and column.role in MEASURED_ROLES
    words = partial(_rate_words, base_rate, model.schema.outcome, ranged)
    how = "; its contribution is estimated" if model.metadata.are_reasons_sampled else ""
    unique = np.empty((len(first), 2), dtype=object)
    for i, (key, value) in enumerate(zip(keys.tolist(), values.iloc[first].tolist(), strict=True)):
        phrase = _phrase(column, name, model.schema, key, value)
        seen = rates.get(key, Observed(0, 0))
        for against, sign in enumerate(("(+)", "(-)")):
            unique[i, against] = f"{sign} {phrase}: {words(seen, key, against=bool(against))}{how}"
    return unique[places]


def _phrase(column: Column | None, name: str, schema: LeadSchema, key: str, value: object) -> str:
    if column is None:
        group = next(human for group, human in schema.groups.items() if name.startswith(group))
        return f"{group} {_times(int(str(value)))}"
    if column.role is Role.FLAG and column.flag_words:
        return column.flag_words.yes if value else column.flag_words.no
    if column.role is Role.FREE_TEXT and key != BLANK_KEY:
        word = "none of the telling words" if key == OTHER_WORDS else key
        return f"{column.human} mention{'' if column.human.endswith('s') else 's'} {word}"
    if column.role is Role.DATE:
        return f"{column.human} or when the lead came is blank" if key == BLANK_KEY else _days_phrase(column, value)
    if key == BLANK_KEY:
        return f"{column.human} is blank"
    if column.role is Role.TIMESTAMP:
        return column.in_words(f"in {pd.Timestamp(str(value)):%B %Y}")
    if column.role is Role.COUNT:
        return column.in_words(_times(int(str(value))))
    write = write_year if column.is_year else write_number
    text = write(float(str(value))) if column.role is Role.NUMBER else str(value)
    return column.in_words(city_name(text) if column.role is Role.CITY else text)


def _days_phrase(column: Column, value: object) -> str:
    days = float(str(value))
    return column.in_words(f"{write_days(days)}{'' if days else ' as'} the lead came")


def _times(n: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(n, f"{n:,} times")


def _rate_words(
    base_rate: float, outcome: OutcomeWords, ranged: bool, seen: Observed, key: str, *, against: bool
) -> str:
    decimals = rate_decimals(base_rate)
    everyone = f"all leads {percent(base_rate, base_rate)}"
    if seen.leads == 0:
        return f"not seen in training ({everyone})"
    if seen.leads < FEW:
        return f"{seen.completed:,.0f} of {seen.leads:,.0f} such leads {outcome.past}, too few to be sure ({everyone})"
    named = key if ranged and " " in key else f"{key[:-1]} or more" if key.endswith("+") else ""
    group = f"such leads ({named})" if named else "such leads"
    text = f"{group} {outcome.many} {percent(seen.rate, base_rate)} of the time (n = {seen.leads:,.0f}; {everyone})"
    contrary = seen.rate - base_rate if against else base_rate - seen.rate
    if contrary > (_AGAINST_THE_RATE if decimals == 0 else 0.5 * 10 ** -(decimals + 2)):
        return f"{text}, but with the rest of this lead it {'lowers' if against else 'raises'} the score"
    return text
