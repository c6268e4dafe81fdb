"""Gaps in words: what of a group's gap to the average its leads explain."""

import pandas as pd

from leadscore_core.analytics.sources import SourceView
from leadscore_core.analytics.statistics.decomposition import GapSplit
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, rate_decimals

_NOTHING = 0.0005


def present_gaps(view: SourceView, by: str, split: GapSplit) -> pd.DataFrame:
    """Lay out each group's gap and its parts, the largest groups first, in points."""
    table = split.table.sort_values("n", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            view.dimensions[by]: [view.shown(by, group) for group in table["group"]],
            "Leads": table["n"],
            "Rate": 100 * table["rate"],
            "Gap": 100 * table["gap"],
            "Composition": 100 * table["composition"],
            "Residual": 100 * table["residual"],
            "Residual from": 100 * table["residual_low"],
            "Residual to": 100 * table["residual_high"],
            "Comparable": 100 * table["comparable"],
            "Verdict": [
                verdict or ("Nothing to compare with" if pd.isna(residual) else "Too few to say")
                for verdict, residual in zip(table["verdict"], table["residual"], strict=True)
            ],
        }
    ).reset_index(drop=True)


def describe_gap(name: str, row: pd.Series, average: float, words: OutcomeWords) -> str:
    """Say in a sentence what a group's gap comes from.

    Parameters
    ----------
    row
        Of `GapSplit.table`.
    """
    side, form = "above" if row["gap"] > 0 else "below", f".{rate_decimals(average, 1)}f"
    gap = (
        f"{name} {words.each} {percent(row['rate'], average, 1)}, {abs(100 * row['gap']):{form}} points {side} the "
        f"average of {percent(average, average, 1)}"
    )
    if pd.isna(row["residual"]):
        return (
            f"{gap}. Only {row['comparable']:.0%} of its leads have comparable ones elsewhere, too few to tell its "
            "composition from a residual effect."
        )
    return (
        f"{gap}: the composition of its leads explains {100 * row['composition']:+{form}}, the residual effect "
        f"is {100 * row['residual']:+{form}} (95% interval {100 * row['residual_low']:+{form}} to "
        f"{100 * row['residual_high']:+{form}})."
    )


def gap_parts(view: SourceView, split: GapSplit, place: int) -> pd.DataFrame:
    """Return the parts of a group's gap for a waterfall: ``human`` and ``value``, the residual effect last."""
    parts = split.parts.iloc[place]
    named = {name: view.dimensions[str(name)] for name in parts.index if name != "together"}
    rows = [(f"Composition: {human.lower()}", float(parts[name])) for name, human in named.items()]
    rows.append(("Composition: all of it together", float(parts["together"])))
    rows = [(human, value) for human, value in rows if abs(value) >= _NOTHING]
    rows.append(("Residual", float(split.table["gap"].iloc[place]) - sum(value for _, value in rows)))
    return pd.DataFrame(rows, columns=["human", "value"])
