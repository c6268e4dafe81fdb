"""Steps of the pipelines, as a scheduler calls them: plain values, found again, and leads that are not fit."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core import orchestration
from leadscore_core.batches import save
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.schema_files import save_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import UnreadableFileError
from leadscore_core.inference.cleaned_file import CleanedFile
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.other_company import make_members

LABEL = "app_complete_flag"


@pytest.fixture
def labelled(sample: SampleLeads, tmp_path: Path) -> str:
    path = tmp_path / "labelled.csv"
    sample.labelled.to_csv(path, index=False)
    return str(path)


def test_raw_leads_are_named_by_their_content(registry: ModelRegistry, labelled: str, tmp_path: Path) -> None:
    result = orchestration.check_raw(labelled, label=LABEL)
    assert result["ok"]
    assert json.loads(Path(result["report"]).read_text())["rows"] == result["rows"] == 1_500
    copy = tmp_path / "another name.csv"
    copy.write_bytes(Path(labelled).read_bytes())
    assert orchestration.check_raw(str(copy), label=LABEL)["key"] == result["key"]
    copy.write_bytes(Path(labelled).read_bytes()[:-200])
    assert orchestration.check_raw(str(copy), label=LABEL)["key"] != result["key"]


def test_what_an_outcome_means_is_said_where_no_word_is_known(
    registry: ModelRegistry, sample: SampleLeads, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.csv"
    words = sample.labelled[LABEL].astype(str).map({"1": "Alpha", "0": "Beta"})
    words[:50] = "Gamma"
    sample.labelled.assign(**{LABEL: words}).to_csv(path, index=False)
    result = orchestration.check_raw(str(path), label=LABEL)
    assert not result["ok"]
    assert "'Alpha'" in result["why"]
    said = {"label": LABEL, "positive": "Alpha", "still_open": "Gamma"}
    result = orchestration.check_raw(str(path), **said)
    assert result["ok"], result["why"]
    enough = orchestration.check_trainable(orchestration.clean_leads_to(str(path), result["key"], **said))
    assert enough["completed"] == (words == "Alpha").sum()
    assert enough["not_completed"] == (words == "Beta").sum()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", f"first_utm_source_c,first_utm_medium_c,{LABEL}\na,b,1\n"])
def test_leads_that_are_not_fit_are_told_not_raised(registry: ModelRegistry, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    result = orchestration.check_raw(str(path), label=LABEL)
    assert not result["ok"]
    assert result["why"]
    assert not orchestration.check_raw(str(tmp_path / "none.csv"))["ok"]


def test_cleaned_leads_are_checked_before_a_model_sees_them(
    registry: ModelRegistry, labelled: str, tmp_path: Path
) -> None:
    key = orchestration.check_raw(labelled, label=LABEL)["key"]
    path = orchestration.clean_leads_to(labelled, key, label=LABEL)
    assert orchestration.check_model_input(path)["ok"]
    assert orchestration.check_trainable(path)["ok"]
    frame = pd.read_parquet(path)
    broken = tmp_path / "broken.parquet"
    frame.assign(referred_lead=7).drop(columns="first_utm_source_c").to_parquet(broken)
    result = orchestration.check_model_input(str(broken), schema="codepro")
    assert result["why"] == "first_utm_source_c is missing; referred_lead holds values beside 0 and 1"
    frame.head(30).to_parquet(broken)
    assert "of 40 needed" in orchestration.check_trainable(str(broken))["why"]


def test_a_challenger_is_registered_once_and_promoted_only_if_asked(
    registry: ModelRegistry, sample: SampleLeads, few_trees: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    champion = registry.champion_id
    labelled = str(tmp_path / "few.csv")
    sample.labelled.head(900).to_csv(labelled, index=False)
    key = orchestration.check_raw(labelled, label=LABEL)["key"]
    cleaned = orchestration.clean_leads_to(labelled, key, label=LABEL)
    model = orchestration.train_challenger(cleaned, key)
    assert orchestration.train_challenger(cleaned, key) == model
    judged = orchestration.judge_challenger(key, model)
    metadata = json.loads(Path(judged["report"]).read_text())
    assert judged["ok"] is metadata["meets_targets"]
    registered = orchestration.register_challenger(key, model)
    assert orchestration.register_challenger(key, model) == registered
    assert {m.model_id for m in registry.list_models()} == {champion, registered}
    assert orchestration.promote_challenger(registered, judged | {"ok": True}) == "left to a person"
    missed = judged | {"ok": False}
    assert orchestration.promote_challenger(registered, missed, "gates hold") == "not promoted: a target is missed"
    assert registry.champion_id == champion


def test_a_list_is_scored_once_and_its_predictions_are_checked(
    registry: ModelRegistry, trained: LeadModel, new_list: Path
) -> None:
    key = orchestration.check_raw(str(new_list))["key"]
    champion = orchestration.load_champion_id()
    assert champion == trained.model_id
    first = orchestration.score_batch(str(new_list), key, champion)
    again = orchestration.score_batch(str(new_list), key, champion)
    assert (first["new"], again["new"]) == (True, False)
    assert len(BatchStore(load_settings()).list_batches()) == 1
    result = orchestration.check_predictions(first)
    scores = pd.read_parquet(BatchStore(load_settings()).get(first["batch"]).scores_path)["ls_propensity"]
    assert result["mean"] == pytest.approx(scores.mean())
    assert result["junk"] == pytest.approx((scores < 0.10).mean())
    assert Path(result["report"]).is_file()


def test_a_batch_of_leads_that_were_cleaned_is_the_batch_of_the_raw_list(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messy = sample.new.astype("str").head(120)
    messy.loc[messy.index[:40], "total_leads_droppped"] = ["many", "-2", "1.5", "99999999"] * 10
    messy.loc[messy.index[20:60], "created_date"] = ["never", "", "2026-02-30", "44585.5"] * 10
    messy.loc[messy.index[30:50], "referred_lead"] = "perhaps"
    path, again = tmp_path / "messy.csv", tmp_path / "again.csv"
    messy.to_csv(path, index=False)
    messy.to_csv(again, index=False)
    key = orchestration.check_raw(str(path))["key"]
    cleaned = orchestration.clean_leads_to(str(path), key)
    assert orchestration.check_model_input(cleaned)["ok"]
    monkeypatch.setattr(save, "find_batch", lambda *_: None)
    of_raw = orchestration.score_batch(str(again), key, trained.model_id)
    assert of_raw["new"]
    looked_at = []
    monkeypatch.setattr(LeadModel, "clean", lambda *_, **__: looked_at.append(1))
    of_cleaned = orchestration.score_batch(str(path), key, trained.model_id, cleaned)
    assert of_cleaned["new"]
    assert not looked_at, "the leads were cleaned twice"
    store = BatchStore(load_settings())
    first, second = (store.get(one["batch"]) for one in (of_raw, of_cleaned))
    of_first, of_second = (pd.read_parquet(one.scores_path) for one in (first, second))
    repeats = ["ls_rule_seen_before", "ls_repeat", "ls_score_before", "ls_seen_at"]  # the same leads come again
    pd.testing.assert_frame_equal(of_first.drop(columns=repeats), of_second.drop(columns=repeats))
    assert first.scoring.findings == second.scoring.findings
    assert (of_second["ls_row_problem"] != "").sum() == 55
    with pytest.raises(UnreadableFileError, match="Run the data pipeline"):
        CleanedFile(path)
    pd.read_parquet(cleaned).to_parquet(cleaned)  # as an earlier version wrote it
    assert orchestration.clean_leads_to(str(path), key) == cleaned
    with CleanedFile(Path(cleaned)) as again_whole:
        assert again_whole.rows == len(messy)


def test_predictions_that_look_wrong_are_told(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    same = pd.concat([sample.new.head(1)] * 80, ignore_index=True)
    path = tmp_path / "same.csv"
    same.to_csv(path, index=False)
    key = orchestration.check_raw(str(path))["key"]
    result = orchestration.check_predictions(orchestration.score_batch(str(path), key, trained.model_id))
    assert not result["ok"]
    assert "every lead has the same propensity" in result["why"]


def test_a_list_that_arrives_is_found_until_it_is_remembered_and_again_when_it_changes(
    places: Path, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    assert orchestration.find_arrivals(str(inbox)) == []
    inbox.mkdir()
    for name in ("monday.csv", "notes.docx", ".hidden.csv"):
        (inbox / name).write_text("source,medium\na,b\n", encoding="utf-8")
    assert orchestration.find_arrivals(str(inbox)) == []  # it may still be written to
    for path in inbox.iterdir():
        os.utime(path, (0, path.stat().st_mtime - 60))
    found = orchestration.find_arrivals(str(inbox))
    assert [one["path"] for one in found] == [str(inbox / "monday.csv")]
    assert orchestration.find_arrivals(str(inbox)) == found
    (inbox / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    assert orchestration.remember_arrivals(found) == 1
    assert orchestration.find_arrivals(str(inbox)) == []
    (inbox / "monday.csv").write_text("source,medium\na,b\nc,d\n", encoding="utf-8")
    os.utime(inbox / "monday.csv", (0, (inbox / "monday.csv").stat().st_mtime - 30))
    again = orchestration.find_arrivals(str(inbox))
    assert [one["path"] for one in again] == [str(inbox / "monday.csv")]
    assert again != found


def test_a_comma_may_be_part_of_a_lists_name(places: Path, labelled: str, tmp_path: Path) -> None:
    path = tmp_path / "leads, june.csv"
    path.write_bytes(Path(labelled).read_bytes())
    assert orchestration.check_raw(str(path))["ok"]
    assert orchestration.check_raw(f"{path.parent / 'none.csv'}, {path.parent / 'other.csv'}")["ok"] is False


def test_a_list_is_scored_by_the_model_in_use_of_its_own_schema(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    """The model that was put to use last is another company's."""
    members = make_members(300)
    members.to_csv(tmp_path / "gym.csv", index=False)
    schema = open_any_list(tmp_path / "gym.csv", options=ListOptions(label="Status")).schema
    save_schema(schema)
    gym = registry.publish(train_model(members, schema, params=FEW_TREES, n_repeats=1))
    registry.promote(gym.model_id)
    sample.new.to_csv(tmp_path / "new.csv", index=False)
    members.drop(columns=["Status", "Remarks"]).to_csv(tmp_path / "enquiries.csv", index=False)
    last = orchestration.load_champion_id()
    assert last == gym.model_id
    for name, model in (("new.csv", trained), ("enquiries.csv", gym)):
        files = str(tmp_path / name)
        raw = orchestration.check_raw(files)
        assert (raw["ok"], raw["schema"]) == (True, model.schema.name)
        path = orchestration.clean_leads_to(files, raw["key"])
        ready = orchestration.check_model_input(path)
        assert ready["ok"], ready["why"]
        scored = orchestration.score_batch(files, raw["key"], last, path, schema=raw["schema"])
        assert scored["model_id"] == model.model_id
        assert orchestration.score_batch(files, raw["key"], last, path, schema=raw["schema"])["new"] is False
