"""`train` tells who was called: what it leaves out and says, and what it asks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.cli.called import read_leads_to_train
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads, make_sample
from tests.other_company import make_members

LABEL = "app_complete_flag"


@pytest.fixture
def half_called(sample: SampleLeads, tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    """Leads of which those of three platforms were never called; hardly any of them converted by itself."""
    leads = sample.labelled.head(900).copy()
    rng = np.random.default_rng(0)
    called = leads["first_platform_c"].isin(leads["first_platform_c"].value_counts().index[:2])
    by_itself = ~called & (leads[LABEL] == 1) & (rng.random(len(leads)) < 0.05)
    leads.loc[~called & ~by_itself, LABEL] = 0
    leads["Call attempts"] = np.where(called, rng.integers(1, 4, len(leads)), 0)
    path = tmp_path / "leads.csv"
    leads.to_csv(path, index=False)
    return path, leads


def test_who_was_not_called_is_left_out_and_it_is_said(
    run, registry, few_trees: pytest.MonkeyPatch, half_called: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    path, leads = half_called
    nobody = (leads["Call attempts"] == 0) & (leads[LABEL] == 0)
    code, said, wrong = run("train", path, "--algorithm", "lightgbm", "--json", tmp_path / "out.json")
    assert code == 0, wrong
    assert "Who was called is said by 'Call attempts': called " in said
    assert f"{nobody.sum():,} leads that nobody called are left out: nobody knows what would have become" in said
    assert "Cross-validation, among called leads: AUC" in said
    assert "Mind: Its figures are about called leads only" in said
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["rows"] == int((leads["Call attempts"] > 0).sum())
    assert result["calls"]["source"] == "Call attempts"
    assert result["calls"]["uncalled"] == int(nobody.sum())
    assert result["calls"]["among"] == "among called leads"
    nothing = read_leads_to_train(open_list(path, load_schema()), "none", 0)
    assert (len(nothing.known), nothing.calls) == (len(leads), None)


def test_calls_that_are_hardly_written_down_are_a_question(
    run, registry, few_trees: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leads = make_members(300)
    leads["Called?"] = np.where(np.arange(300) % 3 == 0, "Yes", "No")
    path = tmp_path / "gym.csv"
    leads.to_csv(path, index=False)
    code, said, wrong = run("train", path, "--label", "Status")
    assert code == 2
    assert "It is not clear who of these leads was called. 'Called?': called 100 (" in wrong
    assert "--called 'Called?'; if none does, --called none" in wrong
    code, said, wrong = run("train", path, "--label", "Status", "--called", "Called?", "--json", tmp_path / "out.json")
    assert code == 0, wrong
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["rows"] == 100
    assert result["calls"]["by_itself"] > 20
    assert {"column": "Called?", "why": "it says who was called, which nobody knows of a new lead"}.items() <= next(
        one for one in result["left_out"] if one["column"] == "Called?"
    ).items()
    code, said, wrong = run("train", path, "--label", "Status", "--called", "Hotline")
    assert code == 2
    assert "The list has no column 'Hotline' that could say who was called" in wrong


def test_young_leads_are_left_out_where_a_person_says_how_long_one_takes(
    run, registry, few_trees: pytest.MonkeyPatch, sample: SampleLeads, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    sample.labelled.head(400).to_csv(path, index=False)
    code, said, wrong = run(
        "train", path, "--time-to-convert", "30", "--algorithm", "lightgbm", "--json", tmp_path / "out.json"
    )
    assert code == 0, wrong
    calls = json.loads((tmp_path / "out.json").read_text())["calls"]
    assert calls["young"] > 0
    assert f"{calls['young']} leads that are younger than 30 days are left out" in said
    assert 0 < calls["young_yes"] < calls["young"]


def test_figures_of_called_leads_are_said_to_be_that(run, registry, tmp_path: Path) -> None:
    leads = make_sample(rows=400, seed=5).labelled
    called = np.arange(len(leads)) % 2 == 0
    leads["Contacted"] = np.where(called, "yes", "no")
    leads.loc[~called, LABEL] = 0
    path = tmp_path / "leads.csv"
    leads.to_csv(path, index=False)
    _, said, wrong = run("evaluate", path, "--json", tmp_path / "judged.json")
    assert "Out-of-sample, among called leads: AUC" in said, wrong
    assert f"{(~called).sum()} leads that nobody called are left out" in said
    assert "calls may have followed what it reads" in said
    result = json.loads((tmp_path / "judged.json").read_text())
    assert (result["rows"] + result["seen_in_training"], result["calls"]["uncalled"]) == (200, 200)
