"""Gaps in words: what of a group's gap to the average its leads explain."""

from collections.abc import Sequence

import pandas as pd

from leadscore_core.analytics.sentences.gaps import GAPS
from leadscore_core.analytics.sources import SourceView
from leadscore_core.analytics.statistics.decomposition import (
    DEPENDS,
    FEW_PEERS,
    LEAST_COMPARABLE,
    LEAST_JUDGED,
    GapSplit,
)
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, rate_decimals, signed

_NOTHING = 0.0005


def present_gaps(view: SourceView, by: str, split: GapSplit) -> pd.DataFrame:
    """Lay out each group's gap and its components, the largest groups first, in points."""
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
                _verdict(view, verdict, residual, depends)
                for verdict, residual, depends in zip(
                    table["verdict"], table["residual"], table["depends"], strict=True
                )
            ],
        }
    ).reset_index(drop=True)


def _verdict(view: SourceView, verdict: str, residual: float, depends: str) -> str:
    """Return a verdict in words; where there is none, why."""
    if verdict == DEPENDS:
        return f"No verdict: depends on {_named(view, depends.splitlines())}"
    return verdict or ("Nothing to compare with" if pd.isna(residual) else "Too few to say")


def _named(view: SourceView, factors: Sequence[str]) -> str:
    """Name factors as people read them."""
    *others, last = [view.dimensions[factor].lower() for factor in factors] or ["nothing"]
    return f"{', '.join(others)} and {last}" if others else last


def describe_factors(view: SourceView, by: str, factors: Sequence[str]) -> str:
    """Say what composition and residual effect are, by the factors that are chosen."""
    human = view.dimensions[by].lower()
    return GAPS["factors" if factors else "no_factors"](human=human, factors=_named(view, factors))


def describe_verdict(view: SourceView, by: str, split: GapSplit, place: int) -> str:
    """Say what is made of a group's residual effect, and why not more.

    Parameters
    ----------
    place
        Its row in `GapSplit.table`.
    """
    row = split.table.iloc[place]
    verdict, decimals = row["verdict"], rate_decimals(split.average, 1)
    if pd.isna(row["residual"]) or not verdict:
        return GAPS["few_leads"]() if row["n"] < LEAST_JUDGED else ""
    if verdict == FEW_PEERS:
        return GAPS["few_peers"](share=f"{row['comparable']:.0%}", least=f"{LEAST_COMPARABLE:.0%}")
    if verdict == DEPENDS:
        factor = row["depends"].splitlines()[0]
        other = signed(100 * split.without[factor].iloc[place], decimals)
        return GAPS["depends"](factor=view.dimensions[factor].lower(), other=other, human=view.dimensions[by].lower())
    return GAPS["judged"](verdict=str(verdict))


def present_without(view: SourceView, split: GapSplit, place: int) -> pd.DataFrame:
    """Lay out how a group's residual effect moves when each factor is left out, in points."""
    left_out = split.without.iloc[place]
    names = ["None", *(view.dimensions[str(factor)] for factor in left_out.index)]
    residual = [split.table["residual"].iloc[place], *left_out.tolist()]
    table = pd.DataFrame({"Left out": names, "Residual": [100 * value for value in residual]})
    return table.assign(Change=table["Residual"] - table["Residual"].iloc[0])


def describe_gap(name: str, row: pd.Series, average: float, words: OutcomeWords) -> str:
    """Say in a sentence what a group's gap comes from.

    Parameters
    ----------
    row
        Of `GapSplit.table`.
    """
    decimals = rate_decimals(average, 1)
    blanks = {
        "name": name,
        "each": words.each,
        "rate": percent(row["rate"], average, 1),
        "points": f"{abs(100 * row['gap']):.{decimals}f}",
        "side": "above" if row["gap"] > 0 else "below",
        "average": percent(average, average, 1),
    }
    if pd.isna(row["residual"]):
        return GAPS["alone"](**blanks, share=f"{row['overlap']:.0%}")
    named = ("composition", "residual", "residual_low", "residual_high")
    figures = {key: signed(100 * row[key], decimals) for key in named}
    return GAPS["split"](**blanks, **figures)


def gap_components(view: SourceView, split: GapSplit, place: int) -> pd.DataFrame:
    """Return the components of a group's gap for a waterfall: ``human`` and ``value``, the residual effect last."""
    components = split.components.iloc[place]
    named = {name: view.dimensions[str(name)] for name in components.index if name != "together"}
    rows = [(f"Composition: {human.lower()}", float(components[name])) for name, human in named.items()]
    rows.append(("Composition: all of it together", float(components["together"])))
    rows = [(human, value) for human, value in rows if abs(value) >= _NOTHING]
    rows.append(("Residual", float(split.table["gap"].iloc[place]) - sum(value for _, value in rows)))
    return pd.DataFrame(rows, columns=["human", "value"])
