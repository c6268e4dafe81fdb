"""Mix or own: a source that chooses its platform is not excused by it; nothing is judged that rests on one factor."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.report_json import open_source_view
from leadscore_core.analytics.sources import EVERYBODY, Scope, explain_gaps, gap_factors
from leadscore_core.analytics.statistics.decomposition import (
    DEPENDS,
    FEW_PEERS,
    RESIDUAL_BETTER,
    RESIDUAL_WORSE,
    split_gaps,
)
from leadscore_core.analytics.wording_gaps import describe_factors, describe_verdict, present_gaps, present_without
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema import Column, Role
from tests.analytics.test_money_periods import SCHEMA as DATED

SCHEMA = DATED.model_copy(
    update={"columns": (*DATED.columns, Column(name="device", role=Role.PLATFORM, human="Device"))}
)


def own_choice(seed: int, leads: int = 12_000) -> pd.DataFrame:
    """Leads of sources of which one chooses a platform that converts badly, and is a little better on it."""
    rng = np.random.default_rng(seed)
    source = rng.choice(["app shop", "news", "fair", "friends"], leads, p=[0.25, 0.35, 0.2, 0.2])
    bad = rng.random(leads) < np.where(source == "app shop", 0.9, 0.15)
    chance = np.where(bad, 0.15, 0.6) + np.where(source == "app shop", 0.08, 0.0)
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 60, leads), unit="D")
    return pd.DataFrame(
        {
            "came": pd.Series(day).dt.strftime("%Y-%m-%d"),
            "origin": source,
            "device": np.where(bad, "widget", "web"),
            "won": (rng.random(leads) < chance).astype(int),
        }
    )


def cells_of(frame: pd.DataFrame) -> pd.DataFrame:
    counted = frame.assign(month=frame["came"].str[:7]).groupby(["origin", "device", "month"])["won"]
    return counted.agg(n="size", k="sum").reset_index()


@pytest.mark.parametrize("seed", range(5))
def test_a_source_that_chooses_its_platform_gets_no_verdict(seed: int) -> None:
    split = split_gaps(cells_of(own_choice(seed)), "origin", ["device", "month"], draws=50)
    table = split.table.set_index("group")
    place = table.index.get_loc("app shop")
    assert table.at["app shop", "residual"] > 0 > split.without["device"].iloc[place]
    assert table.at["app shop", "verdict"] == DEPENDS
    assert table.at["app shop", "depends"] == "device"
    alone = split_gaps(cells_of(own_choice(seed)), "origin", ["month"], draws=50).table.set_index("group")
    assert alone.at["app shop", "verdict"] == RESIDUAL_WORSE


def test_without_peers_for_80_percent_nothing_is_judged() -> None:
    rows = [("a", "x", 700, 560), ("a", "y", 300, 240), ("b", "x", 900, 90), ("b", "y", 19, 2), ("c", "x", 800, 80)]
    cells = pd.DataFrame(rows, columns=["source", "platform", "n", "k"])
    table = split_gaps(cells, "source", ["platform"], draws=50).table.set_index("group")
    assert table.at["a", "comparable"] == pytest.approx(0.7), "19 leads elsewhere are too few to compare with"
    assert table.at["a", "verdict"] == FEW_PEERS
    rows[3] = ("b", "y", 20, 2)
    cells = pd.DataFrame(rows, columns=["source", "platform", "n", "k"])
    table = split_gaps(cells, "source", ["platform"], draws=50).table.set_index("group")
    assert table.at["a", "comparable"] == 1
    assert table.at["a", "verdict"] == RESIDUAL_BETTER


def test_people_choose_the_factors_which_are_named_by_the_schema(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "leads.csv"
    own_choice(1).to_csv(path, index=False)
    with open_source_view(open_list(path, SCHEMA), None, load_settings()) as view:
        assert gap_factors(view, "origin") == ["device", "ls_month"]
        split = explain_gaps(view, "origin", EVERYBODY, "completed")
        place = split.table.index[split.table["group"] == "app shop"][0]
        said = describe_verdict(view, "origin", split, place)
        assert said.startswith("No verdict: without device the residual effect would be -")
        assert "same device and month" in describe_factors(view, "origin", ["device", "ls_month"])
        moved = present_without(view, split, place).set_index("Left out")["Residual"]
        assert moved["None"] > 0 > moved["Device"]
        assert "No verdict: depends on device" in present_gaps(view, "origin", split)["Verdict"].tolist()
        chosen = explain_gaps(view, "origin", EVERYBODY, "completed", ["ls_month"])
        assert list(chosen.without.columns) == ["ls_month"]
        assert Scope("origin", factors=("ls_month",)).factors == ("ls_month",)
    headers = {"came": "created_date", "origin": "first_utm_source_c", "device": "first_platform_c"}
    own_choice(1).rename(columns=headers | {"won": "app_complete_flag"}).to_csv(path, index=False)
    code, said, _ = run("sources", path, "--json", tmp_path / "all.json")
    assert code == 0
    assert "no verdict: depends on one factor" in said
    code, _, _ = run("sources", path, "--factor", "month", "--json", tmp_path / "month.json")
    assert code == 0
    for name, verdict in (("all.json", DEPENDS), ("month.json", RESIDUAL_WORSE)):
        (block,) = json.loads((tmp_path / name).read_text())["by"]
        group = next(g for g in block["groups"] if g["value"] == "app shop")
        assert group["residual_verdict"] == verdict
