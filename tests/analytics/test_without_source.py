"""Lists without a source, a medium, a platform, a city or a date: grouped by the schema's categories, or said so."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.charts import show_flow, show_gap, show_heatmap, show_rates, show_trend
from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.report_json import open_source_view, report_list
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Scope,
    choose_counted,
    explain_gaps,
    find_far_segments,
    gap_factors,
    rate_by,
)
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.errors import LeadScoreError

LABEL = Column(name="won", role=Role.LABEL, human="Won")
POLICY = Column(name="policy", role=Role.CATEGORY, human="Policy")
INCOME = Column(name="income", role=Role.NUMBER, human="Income")
SCHEMA = LeadSchema(
    name="insured",
    title="Insured",
    version=1,
    columns=(
        Column(name="region", role=Role.CATEGORY, human="Region"),
        POLICY,
        Column(name="remark", role=Role.CATEGORY, human="Remark"),
        Column(name="vip", role=Role.FLAG, human="VIP"),
        INCOME,
        LABEL,
    ),
    left_out=("remark",),
)


@pytest.fixture(scope="module")
def insured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(4)
    policy = rng.choice(["Basic", "Extended", "Premium"], 900)
    won = rng.random(900) < np.where(policy == "Premium", 0.8, 0.2)
    leads = pd.DataFrame(
        {
            "region": rng.choice(["North", "South"], 900),
            "policy": policy,
            "remark": np.where(won, "pays", "left"),
            "vip": rng.choice(["Yes", "No"], 900),
            "income": rng.integers(10_000, 90_000, 900),
            "won": won.astype(int),
        }
    )
    path = tmp_path_factory.mktemp("insured") / "insured.csv"
    leads.to_csv(path, index=False)
    return path


def test_the_best_groups_of_categories_are_found_and_what_is_left_out_is_not_targeted(insured: Path) -> None:
    report = report_list(open_list(insured, SCHEMA))
    assert report["by"][0]["dimension"] == "region"
    assert report["segments_above"][0]["where"] == {"policy": "Premium"}
    assert {name for found in report["segments_above"] for name in found["where"]} <= {"policy", "region", "vip"}


def test_every_part_of_the_page_has_an_answer(insured: Path) -> None:
    with open_source_view(open_list(insured, SCHEMA), None, load_settings()) as view:
        counted = choose_counted(view)
        scope = Scope(view.default, counted=counted)
        assert gap_factors(view, "region") == ["policy", "vip"]
        gaps = explain_gaps(view, "policy", EVERYBODY, counted)
        assert gaps.table.set_index("group").loc["Premium", "residual"] > 0.2
        assert show_heatmap(view, scope).table.columns[:2].tolist() == ["Region", "Policy"]
        assert show_rates(view, scope, rate_by(view, [scope.by], EVERYBODY, counted)).figure is not None
        assert show_gap(view, Scope("policy"), gaps, 0).table.shape[0] == 3
        assert show_flow(view, scope).title
        assert show_trend(view, scope).title == "These leads have no date, so there is no trend"
        assert b"Policy Premium" in make_report(view, scope)


def test_flags_alone_are_grouped_by(insured: Path) -> None:
    bare = SCHEMA.model_copy(update={"columns": tuple(c for c in SCHEMA.columns if c.role is not Role.CATEGORY)})
    with open_source_view(open_list(insured, bare), None, load_settings()) as view:
        assert list(view.dimensions) == ["vip"]
        assert [len(found) for found in find_far_segments(view, EVERYBODY, "completed")] == [0, 0]
        assert make_report(view, Scope("vip"))


def test_a_list_of_numbers_alone_is_said_to_have_nothing_to_group_by(insured: Path) -> None:
    bare = SCHEMA.model_copy(update={"columns": (INCOME, LABEL)})
    with pytest.raises(LeadScoreError, match="nothing to group by. Bring a list with a category, a city or a date"):
        report_list(open_list(insured, bare))


def test_the_command_tells_it_on_a_list_without_a_source(insured: Path, run, tmp_path: Path) -> None:
    out = tmp_path / "sources.json"
    code, said, err = run("sources", insured, "--label", "won", "--by", "policy", "--json", out)
    assert (code, "Policy (3 groups)" in said) == (0, True), err
    chances = json.loads(out.read_text())["segments_above"]
    assert {"policy": "Premium"} in [found["where"] for found in chances]
