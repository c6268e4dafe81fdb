"""Why a score changed: what the lead's data, the time that passed and another model each did; the causes sum to it."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from leadscore_core.data.schema.schema import CITY_TIER, Role
from leadscore_core.model.lead_model import LeadModel

NOTABLE = 0.05
MODEL, TIME, DATA = "model", "time", "data"
_MOST_COLUMNS = 8
_OTHERS = "other columns"


def judge_trend(propensities: list[float]) -> str:
    """Name the course of a lead's propensity (0-1), the oldest first.

    Examples
    --------
    >>> judge_trend([0.2, 0.4]), judge_trend([0.4, 0.38]), judge_trend([0.9, 0.4]), judge_trend([0.4])
    ('Improving', 'Steady', 'Declining', 'Not enough history')
    """
    if len(propensities) < 2:
        return "Not enough history"
    change = propensities[-1] - propensities[-2]
    return "Steady" if abs(change) < NOTABLE else "Improving" if change > 0 else "Declining"


def explain_change(
    before: pd.DataFrame, before_model: LeadModel, after: pd.DataFrame, after_model: LeadModel
) -> pd.DataFrame:
    """Split the change of one lead's propensity into its causes.

    The model's cause is the earlier lead under both models; the rest is shared among the columns that differ by their
    Shapley values under the later model (Shapley, 1953), with all but the eight that matter most taken as one.

    Parameters
    ----------
    before, after
        The lead, cleaned, one row each.
    before_model, after_model
        Of the same schema.

    Returns
    -------
    pandas.DataFrame
        ``cause`` (``model``, ``time`` for the timestamp, ``data``), ``column`` (schema name or empty), ``points``
        (change of propensity, -1 to 1), which sum to the propensity after less the propensity before.
    """
    start = float(before_model.propensity(before)[0])
    same_lead = float(after_model.propensity(before)[0])
    rows: list[tuple[str, str, float]] = []
    if before_model.model_id != after_model.model_id:
        rows.append((MODEL, "", same_lead - start))
    stamp = after_model.schema.one(Role.TIMESTAMP)
    for name, points in _shapley(before, after, after_model).items():
        rows.append((TIME if stamp and name == stamp.name else DATA, name, points))
    return pd.DataFrame(rows, columns=["cause", "column", "points"])


def _shapley(before: pd.DataFrame, after: pd.DataFrame, model: LeadModel) -> dict[str, float]:
    groups = _differing(before, after, model)
    if len(groups) > _MOST_COLUMNS:
        alone = {
            g: abs(_value(before, after, model, [c]) - _value(before, after, model, [])) for g, c in groups.items()
        }
        leading = sorted(alone, key=alone.__getitem__, reverse=True)[: _MOST_COLUMNS - 1]
        rest = [column for group, columns in groups.items() if group not in leading for column in columns]
        groups = {group: groups[group] for group in leading} | {_OTHERS: rest}
    names = list(groups)
    worth = {
        chosen: _value(before, after, model, [groups[name] for name in chosen])
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    n, shares = len(names), {}
    for name in names:
        others = [other for other in names if other != name]
        shares[name] = sum(
            factorial(size)
            * factorial(n - size - 1)
            / factorial(n)
            * (worth[tuple(x for x in names if x in chosen or x == name)] - worth[chosen])
            for size in range(n)
            for chosen in combinations(others, size)
        )
    return shares


def _differing(before: pd.DataFrame, after: pd.DataFrame, model: LeadModel) -> dict[str, list[str]]:
    """Return the columns whose values differ, a city with its tier."""
    city = model.schema.one(Role.CITY)
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys([*before.columns, *after.columns]):
        if name in before and name in after:
            old, new = before[name].iloc[0], after[name].iloc[0]
            if old == new or (pd.isna(old) and pd.isna(new)):
                continue
        groups.setdefault(city.name if city and name == CITY_TIER else name, []).append(name)
    return groups


def _value(before: pd.DataFrame, after: pd.DataFrame, model: LeadModel, taken: list[list[str]]) -> float:
    """Return the propensity of the earlier lead with some columns as they are later."""
    partly_new = before.reset_index(drop=True)
    for name in (column for columns in taken for column in columns):
        if name in after:
            partly_new[name] = after[name].to_numpy()
        else:
            partly_new = partly_new.drop(columns=name)
    return float(np.asarray(model.propensity(partly_new))[0])
