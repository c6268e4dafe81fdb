"""Two companies on the command line: trained, promoted, scored back and forth, rolled back each for itself."""

import json
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from tests.other_company import make_members

REASON = ("--promote", "--reason", "The first model of these leads")


@pytest.fixture
def lists(tmp_path: Path, sample: SampleLeads) -> Path:
    """New and labelled leads of both companies."""
    sample.new.to_csv(tmp_path / "new.csv", index=False)
    sample.kept_aside.to_csv(tmp_path / "later.csv", index=False)
    make_members(300).to_csv(tmp_path / "gym.csv", index=False)
    later = make_members(300, seed=9).drop(columns=["Ref", "E-mail", "Mobile"])  # nobody who was learned from
    later["Enquiry Date"] = later["Enquiry Date"].str.replace("2025", "2026")
    later.to_csv(tmp_path / "members-later.csv", index=False)
    make_members(60, seed=8).drop(columns=["Status", "Remarks"]).to_csv(tmp_path / "enquiries.csv", index=False)
    return tmp_path


def test_each_list_is_scored_by_its_own_companys_model(
    run, registry: ModelRegistry, few_trees, lists: Path, trained: LeadModel
) -> None:
    def scored(name: str, *words: object) -> pd.DataFrame:
        code, _, wrong = run("score", lists / name, "-o", lists / "out.parquet", "--force", *words)
        assert code == 0, wrong
        return pd.read_parquet(lists / "out.parquet")

    alone = scored("new.csv")
    code, said, wrong = run("train", lists / "gym.csv", "--label", "Status", "--note", "Members", *REASON)
    assert code == 0, wrong
    assert "Not compared" not in said
    gym = registry.load(registry.champion_of("gym") or "")
    assert registry.champions == {"gym": gym.model_id, "codepro": trained.model_id}
    pd.testing.assert_frame_equal(scored("new.csv"), alone)
    theirs = scored("enquiries.csv")
    wanted = score_leads(pd.read_csv(lists / "enquiries.csv", dtype="str", keep_default_na=False), gym)
    assert theirs["propensity"].tolist() == wanted["propensity"].tolist()
    assert set(theirs["model_id"]) == {gym.model_id}
    pd.testing.assert_frame_equal(scored("enquiries.csv", "--schema", "gym"), theirs)
    pd.testing.assert_frame_equal(scored("new.csv", "--schema", "codepro"), alone)

    for name, model in (("later.csv", trained), ("members-later.csv", gym)):
        code, _, wrong = run("evaluate", lists / name, "--json", lists / "told.json")
        assert code in (0, 1), wrong
        assert json.loads((lists / "told.json").read_text())["model_id"] == model.model_id
        code, said, wrong = run("sources", lists / name)
        assert (code, wrong) == (0, "")
    code, _, wrong = run("score", lists / "new.csv", "-o", lists / "x.csv", "--schema", "gym")
    assert code == 2
    assert "Gym leads" in wrong
    code, _, wrong = run("score", lists / "new.csv", "-o", lists / "x.csv", "--schema", "gim")
    assert (code, "no champion of 'gim'" in wrong) == (2, True)

    said = run("models", "list")[1].splitlines()
    assert [said.index("gym:"), said.index("codepro:")] == [0, 2]
    assert [line.split()[1] for line in said if line.startswith("* 2")] == [gym.model_id, trained.model_id]
    code, _, wrong = run("models", "rollback")
    assert (code, "--schema codepro or --schema gym" in wrong) == (2, True)
    code, _, wrong = run("models", "rollback", "--schema", "gym")
    assert (code, "no earlier champion of 'gym'" in wrong) == (2, True)
    code, _, wrong = run("models", "retire", "--schema", "gym")
    assert (code, "needs a reason of at least 10 characters" in wrong) == (2, True)
    code, said, wrong = run("models", "retire", "--schema", "gym", "--reason", "The gym has closed its doors")
    assert (code, wrong) == (0, "")
    assert "no model of 'gym' is in use" in said
    assert registry.champions == {"codepro": trained.model_id}
    assert "gym: none in use" in run("models", "list")[1]
    assert "Taken out of use" in run("models", "card", gym.model_id)[1]
    code, _, wrong = run("models", "retire", "--schema", "gym", "--reason", "The gym has closed its doors")
    assert (code, "No model of 'gym' is in use" in wrong) == (2, True)
    pd.testing.assert_frame_equal(scored("new.csv"), alone)


def test_a_list_that_fits_two_companies_needs_the_option(run, registry: ModelRegistry, few_trees, lists: Path) -> None:
    (lists / "studio.csv").write_bytes((lists / "gym.csv").read_bytes())
    assert run("train", lists / "gym.csv", "--label", "Status", *REASON)[0] == 0
    assert run("train", lists / "studio.csv", "--label", "Status", "--schema", "new", *REASON)[0] == 0
    for words in (("score", lists / "enquiries.csv", "-o", lists / "x.csv"), ("check", lists / "enquiries.csv")):
        code, _, wrong = run(*words)
        assert code == 2
        assert "any of gym, studio" in wrong
        assert "--schema gym or --schema studio" in wrong
        assert run(*words, "--schema", "studio")[0] in (0, 1)
    assert set(pd.read_csv(lists / "x.csv")["model_id"]) == {registry.champion_of("studio")}


def test_a_name_that_another_company_has_is_not_taken_over_unsaid(
    run, registry: ModelRegistry, few_trees, lists: Path
) -> None:
    assert run("train", lists / "gym.csv", "--label", "Status", *REASON)[0] == 0
    first = registry.champion_of("gym")
    (lists / "other.csv").write_text((lists / "gym.csv").read_text().replace("Status", "Result"))
    meaning = (load_settings().data_dir / "schemas" / "gym.toml").read_text()
    (lists / "gym.toml").write_text(meaning.replace('"Status"', '"Result"').replace('"status"', '"result"'))
    code, _, wrong = run("train", lists / "other.csv", "--schema", lists / "gym.toml")
    assert code == 0, wrong
    newest = registry.list_models()[0].model_id
    code, _, wrong = run("models", "promote", newest)
    assert code == 2
    assert registry.champion_of("gym") == first


def test_outcomes_of_one_company_are_no_question_to_the_other(
    run, registry: ModelRegistry, few_trees, lists: Path, trained: LeadModel
) -> None:
    """To CodePro's lists either of two columns may be the outcome; the gym's know theirs."""
    assert run("train", lists / "gym.csv", "--label", "Status", *REASON)[0] == 0
    gym = registry.load(registry.champion_of("gym") or "")
    for name, model in (("new.csv", trained), ("enquiries.csv", gym)):
        save_batch(open_list(lists / name, model.schema), model, name=name)
    came = make_members(60, seed=8)[["Ref", "E-mail", "Status"]].assign(Stage="Won", Result="Lost")
    came.loc[::2, ["Stage", "Result"]] = ["Lost", "Won"]
    came.to_csv(lists / "came.csv", index=False)
    code, said, wrong = run("outcomes", lists / "came.csv")
    assert (code, wrong) == (0, "")
    assert f"enquiries.csv: 60 leads, {(came['Status'] == 'Joined').sum()} signed up" in said
