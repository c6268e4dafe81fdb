"""Sources of the real leads; skipped where they are not on this machine."""

import json
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

from leadscore_core.analytics.report_json import source_report
from leadscore_core.data.reading.reader import read_leads

SOURCE, LABEL = "first_utm_source_c", "app_complete_flag"


@pytest.fixture(scope="module")
def labelled(real_leads: Path) -> pd.DataFrame:
    return read_leads(real_leads / "labelled_leads.csv")


@pytest.fixture(scope="module")
def report(labelled: pd.DataFrame) -> dict:
    return source_report(labelled, ["source", "city tier"])


def test_the_ten_largest_sources_equal_a_direct_computation(labelled: pd.DataFrame, report: dict) -> None:
    done = labelled[LABEL].astype(float).astype(int)
    direct = done.groupby(labelled[SOURCE]).agg(["size", "sum"]).sort_values("size", ascending=False).head(10)
    result = {group["value"]: group for group in report["by"][0]["groups"]}
    for source, (n, k) in direct.iterrows():
        interval = binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")
        group = result[source]
        assert (group["n"], group["applications"]) == (n, k)
        assert group["rate"] == pytest.approx(k / n, abs=1e-6)
        assert (group["low"], group["high"]) == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert report["average"] == pytest.approx(done.mean(), abs=1e-6)


def test_level10_is_the_big_leak_and_its_gap_is_split(report: dict) -> None:
    segment = report["segments_below"][0]
    assert segment["where"] == {SOURCE: "Level10"}
    assert segment["rate"] == pytest.approx(0.03, abs=0.01)
    assert segment["at_average"] > 15 * segment["applications"]
    group = next(g for g in report["by"][0]["groups"] if g["value"] == "Level10")
    assert group["verdict"] == "Under-delivers"
    assert group["composition"] + group["residual"] == pytest.approx(group["rate"] - report["average"], abs=1e-5)
    assert group["composition"] < -0.1
    assert group["residual_low"] < group["residual"] < group["residual_high"] < 0


def test_a_handful_of_lucky_leads_does_not_top_the_list(report: dict) -> None:
    ranked = sorted(report["by"][0]["groups"], key=lambda g: -g["shrunk"])
    lucky = [g for g in ranked if g["rate"] == 1.0 and g["n"] <= 3]
    assert lucky
    assert all(ranked.index(g) > 3 for g in lucky)


def unscored(report: dict) -> dict:
    """Return a report without what the model said, which `report` was made without."""
    said = {"expected", "hot", "warm", "cold", "junk"}
    blocks = [
        b | {"groups": [{k: v for k, v in g.items() if k not in said} for g in b["groups"]]} for b in report["by"]
    ]
    return report | {"by": blocks}


def test_the_command_line_gives_the_same_numbers(run, real_leads: Path, report: dict, tmp_path: Path) -> None:
    out = tmp_path / "sources.json"
    words = ("sources", real_leads / "labelled_leads.csv", "--by", "source", "--by", "city tier", "--json", out)
    code, said, _ = run(*words)
    assert code == 0
    assert "First source Level10" in said
    result = json.loads(out.read_text())
    outcome = {key: result.pop(key) for key in ("positive", "negative", "open", "unknown", "outcome")}
    assert (outcome["positive"], outcome["negative"]) == (["1"], ["0"])
    assert unscored(result) == unscored(report)
