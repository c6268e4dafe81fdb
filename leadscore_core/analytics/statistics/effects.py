"""Drivers: what makes leads convert, in the eyes of the model and beside what was observed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.confidence import wilson_intervals
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.observed_rates import BLANK_KEY, Observed

EXACT_ROWS = 2_000
_TOP_VALUES = 7
OTHER = "other"


@dataclass(frozen=True)
class Effects:
    """What each column of some leads adds to their scores.

    Attributes
    ----------
    cleaned
        The leads, cleaned.
    log_odds
        One column an input, as from `LeadModel.contributions`.
    points
        The same in points of propensity (-100 to 100): what the propensity would lose without that contribution.
    """

    cleaned: pd.DataFrame
    log_odds: pd.DataFrame
    points: pd.DataFrame


def measure_effects(cleaned: pd.DataFrame, model: LeadModel) -> Effects:
    """Compute exact contributions of some leads.

    Parameters
    ----------
    cleaned
        As the model saw them; a sample of at most 2,000 keeps it under a few seconds.
    """
    cleaned = model.features.with_derived(cleaned)
    contributions = model.contributions(cleaned)
    names = [name for name in contributions.columns if name != "base_value" and name in cleaned.columns]
    margin = contributions.sum(axis=1).to_numpy()
    calibrator = model.classifier.calibrator_
    with_all = calibrator.apply(margin)
    points = {name: 100 * (with_all - calibrator.apply(margin - contributions[name].to_numpy())) for name in names}
    return Effects(cleaned, contributions[names], pd.DataFrame(points, index=cleaned.index))


def rank_importance(effects: Effects, *, log_odds: bool = False) -> pd.DataFrame:
    """Return how much each column moves the score on average, the strongest first, with its direction.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``effect`` (mean absolute), ``share`` (of all effects, 0-1), ``up`` and ``down`` (mean effect where
        it raises, where it lowers), ``raises`` (share of leads whose score it raises, 0-1).
    """
    values = effects.log_odds if log_odds else effects.points
    effect = values.abs().mean()
    table = pd.DataFrame(
        {
            "column": effect.index,
            "effect": effect.to_numpy(),
            "up": values.where(values > 0).mean().fillna(0).to_numpy(),
            "down": values.where(values < 0).mean().fillna(0).to_numpy(),
            "raises": (values > 0).mean().to_numpy(),
        }
    )
    total = float(table["effect"].sum())
    table["share"] = table["effect"] / total if total else 0.0
    return table.sort_values("effect", ascending=False, kind="stable").reset_index(drop=True)


def swarm(effects: Effects, columns: list[str], model: LeadModel, *, log_odds: bool = False) -> pd.DataFrame:
    """Return one row a lead and column: ``column``, ``effect``, ``value`` as it is, ``rate`` observed of it (0-1)."""
    values = effects.log_odds if log_odds else effects.points
    base = model.features.base_rate_
    parts = []
    for name in columns:
        keys = model.features.keys_of(effects.cleaned[name], name)
        rates = model.features.rates_.get(name, {})
        rate = [rates[key].rate if key in rates and rates[key].leads else base for key in keys.tolist()]
        parts.append(pd.DataFrame({"column": name, "effect": values[name].to_numpy(), "value": keys, "rate": rate}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def depend(cleaned: pd.DataFrame, propensity: np.ndarray, column: str, model: LeadModel) -> pd.DataFrame:
    """Return mean propensity by a column's values, and what was observed of each in training.

    Parameters
    ----------
    cleaned, propensity
        Leads and their propensities (0-1), same rows.

    Returns
    -------
    pandas.DataFrame
        ``value`` (counts from 5 up as one, measured numbers by range, dates by month; of levels the seven most
        frequent and other), ``leads``, ``propensity``, ``seen`` (training leads), ``observed``, ``low``,
        ``high`` (0-1, Wilson 95%; NaN if not seen).
    """
    cleaned = model.features.with_derived(cleaned)
    keys = model.features.keys_of(cleaned[column], column)
    is_text = pd.api.types.is_string_dtype(cleaned[column])
    frame = pd.DataFrame({"value": keys, "propensity": propensity})
    if is_text:
        top = frame["value"].value_counts().index[:_TOP_VALUES]
        frame["value"] = frame["value"].where(frame["value"].isin(top), OTHER)
    table = frame.groupby("value")["propensity"].agg(["size", "mean"]).reset_index()
    table.columns = pd.Index(["value", "leads", "propensity"])
    rates = model.features.rates_.get(column, {})
    shown = set(table["value"])
    rest = [seen for key, seen in rates.items() if key not in shown]
    seen = [
        Observed(sum(s.leads for s in rest), sum(s.completed for s in rest))
        if is_text and value == OTHER
        else rates.get(value, Observed(0, 0))
        for value in table["value"]
    ]
    table["seen"] = [s.leads for s in seen]
    intervals = [_interval(s) for s in seen]
    table["observed"], table["low"], table["high"] = zip(*intervals, strict=True) if intervals else ([], [], [])
    if is_text:
        table = table.sort_values(["value"], key=lambda v: v == OTHER, kind="stable")
        main, other = table[table["value"] != OTHER], table[table["value"] == OTHER]
        table = pd.concat([main.sort_values("leads", ascending=False, kind="stable"), other])
    else:
        table = table.sort_values("value", key=lambda v: v.map(_rank(column, model)), kind="stable")
    table["value"] = table["value"].replace(to_replace=_written(cleaned[column]))
    return table.reset_index(drop=True)


def cross(
    cleaned: pd.DataFrame, propensity: np.ndarray, first: str, second: str, model: LeadModel
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mean propensity (0-1) and leads by two columns: the seven most frequent values of each, and other."""
    cleaned = model.features.with_derived(cleaned)
    sides = {"a": first, "b": second}
    frame = pd.DataFrame({side: _top(cleaned[name], name, model) for side, name in sides.items()} | {"p": propensity})
    order = [_ordered(frame[side], cleaned[name], name, model) for side, name in sides.items()]
    mean = frame.pivot_table(index="a", columns="b", values="p", aggfunc="mean")
    size = frame.pivot_table(index="a", columns="b", values="p", aggfunc="size")
    return mean.reindex(index=order[0], columns=order[1]), size.reindex(index=order[0], columns=order[1]).fillna(0)


def _written(values: pd.Series) -> dict[str, str]:
    """Return how a column's levels are written, by their keys."""
    blank = {BLANK_KEY: "(blank)"}
    if not pd.api.types.is_string_dtype(values):
        return blank
    given = values.dropna()
    return dict(zip(given.str.casefold(), given, strict=True)) | blank


def _top(values: pd.Series, name: str, model: LeadModel) -> np.ndarray:
    keys = pd.Series(model.features.keys_of(values, name)).replace(to_replace=_written(values))
    if not pd.api.types.is_string_dtype(values):
        return keys.to_numpy()
    top = keys.value_counts().index[:_TOP_VALUES]
    return keys.where(keys.isin(top), OTHER).to_numpy()


def _ordered(keys: pd.Series, values: pd.Series, name: str, model: LeadModel) -> list[str]:
    if not pd.api.types.is_string_dtype(values):
        return sorted(keys.unique(), key=_rank(name, model))
    by_size = [key for key in keys.value_counts().index if key != OTHER]
    return [*by_size, OTHER] if (keys == OTHER).any() else by_size


def _rank(name: str, model: LeadModel) -> Callable[[str], tuple[int, str]]:
    """Return the order of a column's keys: ranges of numbers as they follow each other, anything else by its text."""
    ranges = getattr(model.features, "ranges_", {}).get(name)
    names = ranges.names if ranges is not None else ()
    return lambda key: (names.index(key) if key in names else len(names), key)


def _interval(seen: Observed) -> tuple[float, float, float]:
    if seen.leads == 0:
        return float("nan"), float("nan"), float("nan")
    low, high = wilson_intervals(np.array([seen.completed]), np.array([seen.leads]))
    return seen.rate, float(low[0]), float(high[0])
