"""Segments in words: what groups far from the average cost or bring."""

import pandas as pd

from leadscore_core.analytics.sentences.segments import SEGMENTS
from leadscore_core.analytics.sources import Counted, is_known
from leadscore_core.analytics.wording import HIGH, LOW, counted_title, rate_title
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, share_percent


def describe_segment(row: pd.Series, all_n: float, words: OutcomeWords) -> str:
    """Say what a segment far from the average costs or brings, or is expected to.

    Parameters
    ----------
    row
        As from `find_far_segments`; without a ``q`` where it is only expected.
    all_n
        Leads of everybody.
    """
    average, is_expected = row["at_average"] / max(1, row["n"]), pd.isna(row["q"])
    rate, low, high = (percent(row[name], average, 1) for name in ("rate", "low", "high"))
    return SEGMENTS["expected" if is_expected else "counted"](
        rate=rate,
        low=low,
        high=high,
        n=f"{row['n']:,}",
        share=share_percent(row["n"] / all_n),
        difference=f"{abs(row['difference']):,.0f}",
        plural=words.plural,
        more="more" if row["difference"] > 0 else "fewer",
        at_average=f"{row['at_average']:,.0f}",
    )


def describe_overlap(found: pd.DataFrame, place: int) -> str:
    """Say how much of a segment is in those listed before it, and what it adds; empty where they share no lead.

    Parameters
    ----------
    found
        As from `find_far_segments`.
    """
    row = found.iloc[place]
    if row["shared_with"] < 0:
        return ""
    other = found["name"].iloc[int(row["shared_with"])]
    sign = 1 if row["difference"] > 0 else -1
    return SEGMENTS["overlap"](
        shared=share_percent(row["shared"]), other=other, adds=f"{max(0.0, sign * row['adds']):,.0f}"
    )


def describe_union(found: pd.DataFrame, all_n: float, words: OutcomeWords, counted: Counted) -> str:
    """Say what segments that overlap lack or bring together; empty for fewer than two."""
    if len(found) < 2:
        return ""
    together = float(found["adds"].sum())
    return SEGMENTS["union" if is_known(counted) else "union_expected"](
        groups=f"{len(found):,}",
        n=f"{found['new_n'].sum():,.0f}",
        share=share_percent(found["new_n"].sum() / all_n),
        difference=f"{abs(together):,.0f}",
        plural=words.plural,
        more="more" if together > 0 else "fewer",
        sum=f"{found['difference'].abs().sum():,.0f}",
    )


def present_segments(found: pd.DataFrame, words: OutcomeWords, counted: Counted) -> pd.DataFrame:
    """Lay segments out as people read them."""
    columns: dict[str, object] = {"Group": found["name"], "Leads": found["n"], rate_title(counted): 100 * found["rate"]}
    if is_known(counted):
        columns |= {LOW: 100 * found["low"], HIGH: 100 * found["high"]}
    columns |= {
        counted_title(words, counted): found["k"],
        "At the average": found["at_average"],
        "Difference": found["difference"],
        "Beyond those above": found["adds"],
        "Shared with those above": 100 * found["shared"],
    }
    return pd.DataFrame(columns)
