"""Changes of score: the leads that a new model judges most differently, and which column makes the difference."""

from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.data.schema.schema import Role
from leadscore_core.model.lead_model import LeadModel

MOST = 12
_SHOWN = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.CITY)


def largest_changes(
    cleaned: pd.DataFrame,
    old: np.ndarray,
    new: np.ndarray,
    label: np.ndarray,
    champion: LeadModel,
    challenger: LeadModel,
) -> list[dict[str, Any]]:
    """Return the leads whose propensity changes most between two models, up and down in equal numbers where both exist.

    Parameters
    ----------
    cleaned
        The leads, as both models read them.
    old, new
        Out-of-sample propensities (0-1) under the champion and the challenger.
    label
        0 or 1.

    Returns
    -------
    list of dict
        ``lead`` (human name -> value of source, medium, platform and city), ``old``, ``new`` (0-1),
        ``completed`` (0 or 1), ``why`` (the column whose contribution differs most between the two models as they
        are, in words).
    """
    gap = new - old
    order = np.argsort(gap, kind="stable")
    rows = [*order[: MOST // 2].tolist(), *order[::-1][: MOST // 2].tolist()]
    rows = [row for row in dict.fromkeys(rows) if gap[row] != 0]
    if not rows:
        return []
    leads = cleaned.iloc[rows]
    contributions = [
        model.contributions(leads).drop(columns="base_value").reset_index(drop=True) for model in (champion, challenger)
    ]
    gaps = contributions[1].sub(contributions[0], fill_value=0.0)
    shown = champion.schema.with_role(*_SHOWN)
    found = []
    for place, row in enumerate(rows):
        lead = leads.iloc[place]
        known = {column.human: str(lead[column.name]) for column in shown if _has(lead, column.name)}
        found.append(
            {
                "lead": known,
                "old": float(old[row]),
                "new": float(new[row]),
                "completed": int(label[row]),
                "why": _why(gaps.iloc[place], float(gap[row]), champion, challenger),
            }
        )
    return sorted(found, key=lambda change: -abs(change["new"] - change["old"]))


def _has(lead: pd.Series, name: str) -> bool:
    return name in lead.index and bool(pd.notna(lead[name]))


def _why(gaps: pd.Series, gap: float, champion: LeadModel, challenger: LeadModel) -> str:
    with_it = gaps[gaps * np.sign(gap) > 0]
    if with_it.empty:
        return "many columns a little"
    name = str((with_it.abs()).idxmax())
    column = champion.features.column(name) or challenger.features.column(name)
    human = column.human if column is not None else name.replace("_", " ").capitalize()
    read = {c.name for c in challenger.schema.inputs} | {f.name for f in challenger.features.derived}
    if name not in read and column is not None:
        return f"{human} is not read any more"
    share = float(with_it.abs().max() / with_it.abs().sum())
    return f"{human} counts {'more' if gap > 0 else 'less'} ({share:.0%} of the change)"
