"""Segments overlap: their union counts each lead once, each stands where it adds most, and overlaps are said."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.dimension_names import segment_values
from leadscore_core.analytics.report_json import describe
from leadscore_core.analytics.sources import EVERYBODY, SourceView, find_far_segments
from leadscore_core.analytics.statistics.unions import order_by_gain
from leadscore_core.analytics.wording_segments import describe_overlap, describe_union
from leadscore_core.storage.database.batches import Batch


def members(leads: pd.DataFrame, values: dict[str, str | None]) -> np.ndarray:
    inside = np.ones(len(leads), dtype=bool)
    for dimension, value in values.items():
        if dimension == "ls_daypart":
            hours = leads["created_date"].dt.hour
            cells = hours.floordiv(6).map({0: "Night", 1: "Morning", 2: "Afternoon", 3: "Evening"})
        elif dimension == "city_tier":
            cells = leads[dimension].astype(str).where(leads["city_mapped"].notna())
        else:
            cells = leads[dimension]
        inside &= (cells.isna() if value is None else cells == value).to_numpy(dtype=bool)
    return inside


def test_the_union_counts_each_lead_once(labelled: Batch, sources: SourceView) -> None:
    leads = pd.read_parquet(labelled.scores_path)
    average = leads["ls_outcome"].mean()
    for found in find_far_segments(sources, EVERYBODY, "completed"):
        assert len(found) > 1
        before = np.zeros(len(leads), dtype=bool)
        for row, values in zip(found.to_dict("records"), segment_values(found), strict=True):
            own = members(leads, values)
            assert own.sum() == row["n"]
            new = own & ~before
            assert row["new_n"] == new.sum()
            assert row["adds"] == pytest.approx(leads.loc[new, "ls_outcome"].sum() - average * new.sum())
            assert row["shared"] == pytest.approx((own & before).sum() / own.sum())
            before |= own
        union = leads.loc[before, "ls_outcome"].sum() - average * before.sum()
        assert found["adds"].sum() == pytest.approx(union)
        said = describe_union(found, len(leads), sources.words, "completed")
        assert f"{abs(union):,.0f} applications" in said
        assert f"{found['difference'].abs().sum():,.0f}" in said
        marked = [describe_overlap(found, place) for place in range(len(found))]
        assert marked[0] == ""
        assert [bool(text) for text in marked] == (found["shared"] > 0).tolist()


def test_each_adds_less_than_the_one_before(sources: SourceView) -> None:
    below, _ = find_far_segments(sources, EVERYBODY, "completed")
    assert below["adds"].is_monotonic_increasing
    report = describe(sources)
    assert report["segments_below_together"]["difference"] == pytest.approx(below["adds"].sum(), abs=1e-4)
    assert report["segments_below"][0]["adds"] == pytest.approx(report["segments_below"][0]["difference"], abs=1e-4)


def test_nothing_found_is_no_fault() -> None:
    empty = pd.DataFrame({"name": []})
    assert order_by_gain(empty, pd.DataFrame({"mask": [0], "n": [5], "k": [1]}), 0.2).empty
