import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import GradeRule, GradeThresholds, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import KEPT_ASIDE, LABELLED, MESSY, NEW, SampleLeads, write_sample
from leadscore_core.inference.export.crm_columns import ALWAYS
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.preferences import grade_preference
from tests.bad_files import BAD_FILES, make_bad_file
from tests.other_company import make_members
from tests.paths import ROOT

pytestmark = pytest.mark.usefixtures("few_trees")


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four sample lists, from the same seed as the small model."""
    folder = tmp_path_factory.mktemp("lists")
    write_sample(folder, rows=1_500, seed=7)
    return folder


def test_score_writes_every_row_and_column_then_ours(run, lists: Path, tmp_path: Path) -> None:
    for ending in (".csv", ".csv.gz", ".xlsx", ".parquet"):
        code, said, _ = run("score", lists / NEW, "-o", tmp_path / f"out{ending}", "--reasons", 2)
        assert code == 0
        assert "Scored 250 leads" in said
    before, after = pd.read_csv(lists / NEW, dtype="str"), pd.read_csv(tmp_path / "out.csv", dtype="str")
    own = [
        "lead_score",
        "propensity",
        "grade",
        "is_junk",
        "junk_reason",
        "reason_1",
        "reason_2",
        "model_id",
        "row_problem",
    ]
    assert list(after.columns) == [*before.columns, *own]
    assert after["lead_id"].equals(before["lead_id"])
    packed, exact = pd.read_csv(tmp_path / "out.csv.gz", dtype="str"), pd.read_parquet(tmp_path / "out.parquet")
    assert packed.equals(after)
    assert exact["propensity"].tolist() == after["propensity"].astype(float).tolist()
    assert (
        pd.read_excel(tmp_path / "out.xlsx", engine="openpyxl")["propensity"].tolist() == exact["propensity"].tolist()
    )


def test_a_big_list_is_scored_in_chunks_with_the_same_result(run, lists: Path, tmp_path: Path, monkeypatch) -> None:
    run("score", lists / NEW, "-o", tmp_path / "whole.csv")
    monkeypatch.setattr(
        "leadscore_core.data.reading.reader.iter_leads.__kwdefaults__",
        {"sheet": None, "columns": None, "chunk_rows": 37},
    )
    code, said, _ = run("score", lists / NEW, "-o", tmp_path / "chunks.csv")
    assert code == 0
    assert (tmp_path / "chunks.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert "Scored 250 leads" in said


def test_score_writes_for_a_crm_and_says_whom_it_leaves_out(run, lists: Path, tmp_path: Path) -> None:
    leads = pd.read_csv(lists / NEW, dtype="str")
    leads["Id"] = [f"00Q5e00001Ab{k:03d}" for k in range(len(leads))]
    leads.loc[2, "Id"] = None
    leads.to_csv(tmp_path / "in.csv", index=False)
    more = ("--crm-column", "full_name")
    code, said, _ = run("score", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--crm", "salesforce", *more)
    assert code == 0
    assert "Salesforce finds each record by the record id in Id. Left out: 1 lead without record id" in said
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    made = pd.read_csv(tmp_path / "out.csv", dtype="str")
    assert list(made.columns) == ["Id", *ALWAYS, "First Name", "Last Name"]
    assert made["Id"].tolist() == leads["Id"].dropna().tolist()
    run("score", tmp_path / "in.csv", "-o", tmp_path / "whole.csv")
    whole = pd.read_csv(tmp_path / "whole.csv", dtype="str").drop(index=2)
    assert made["LeadScore score"].tolist() == whole["lead_score"].tolist()
    assert made["LeadScore grade"].tolist() == whole["grade"].tolist()
    code, said, _ = run("score", lists / NEW, "-o", tmp_path / "mail.xlsx", "--crm", "zoho", "--crm-id", "none")
    assert (code, "Zoho CRM finds each record by e-mail" in said) == (0, True)


def test_clean_writes_the_agreed_columns(run, lists: Path, tmp_path: Path) -> None:
    assert run("clean", lists / LABELLED, "-o", tmp_path / "clean.csv")[0] == 0
    cleaned = pd.read_csv(tmp_path / "clean.csv")
    assert list(cleaned.columns)[:3] == ["created_date", "city_mapped", "city_tier"]
    assert list(cleaned.columns)[-1] == "app_complete_flag"
    assert len(cleaned) == 1_500


def test_check_names_every_problem_and_exits_0_or_1(run, lists: Path, tmp_path: Path) -> None:
    code, said, _ = run("check", lists / MESSY, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert code == 0
    assert {"code", "column", "reason", "count", "share", "example", "rows"} <= set(found["problems"][0])
    assert found["rows"] == 242
    assert "unreadable_date [Created On]" in said
    assert "unknown_level" in said
    code, said, _ = run("check", lists / NEW, "--label", "email")
    assert code == 1
    assert "error: label_not_binary [email]" in said


def test_train_evaluate_and_the_models(run, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    code, said, _ = run(
        "train",
        lists / LABELLED,
        "--promote",
        "--reason",
        "The first of these leads",
        "--json",
        tmp_path / "t.json",
        "--note",
        "mine",
    )
    assert code == 0
    result = json.loads((tmp_path / "t.json").read_text())
    assert {"rows", "base_rate", "auc", "precision", "recall", "threshold", "brier", "log_loss", "targets"} <= set(
        result
    )
    for block in ("cross_validation", "next_period"):
        assert {
            "auc",
            "auc_std",
            "precision",
            "precision_std",
            "recall_std",
            "brier_std",
            "split",
            "meets_targets",
        } <= set(result[block])
    assert result["model_id"] in said
    assert "It is the champion now." in said
    code, said, _ = run("evaluate", lists / KEPT_ASIDE, "--json", tmp_path / "e.json")
    judged = json.loads((tmp_path / "e.json").read_text())
    assert code == (0 if judged["meets_targets"] else 1)
    assert judged["model_id"] == result["model_id"]
    assert judged["rows"] == 250
    assert judged["threshold"] == result["threshold"]
    assert "mine" in run("models", "list")[1]
    assert json.loads(run("models", "show", result["model_id"])[1])["model_id"] == result["model_id"]
    assert run("evaluate", lists / LABELLED)[0] == 2
    assert run("models", "rollback")[0] == 2
    assert ModelRegistry(tmp_path / "models").champion_id == result["model_id"]


def test_a_failed_training_changes_nothing(run, tmp_path: Path, sample: SampleLeads, models_dir: Path) -> None:
    sample.labelled.head(50).to_csv(tmp_path / "few.csv", index=False)
    before = sorted(p.name for p in models_dir.iterdir())
    code, _, said = run("train", tmp_path / "few.csv", "--promote", "--reason", "The first of these leads")
    assert code == 2
    assert "of 40 needed" in said
    assert sorted(p.name for p in models_dir.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["score", "nowhere.csv", "-o", "out.csv"], "nowhere.csv does not exist"),
        (["score", "{list}", "-o", "out.doc"], "has no ending that LeadScore writes"),
        (["score", "{list}", "-o", "{tmp}/none/out.csv"], "does not exist"),
        (["score", "{list}", "-o", "{tmp}/out.csv", "--model", "unknown"], "There is no model 'unknown'"),
        (["score", "{list}", "-o", "{tmp}/out.csv", "--crm", "dynamics"], "no record id of Dynamics 365"),
        (
            ["score", "{list}", "-o", "{tmp}/out.csv", "--crm", "zoho", "--crm-id", "lead_id"],
            "and a record id of Zoho CRM is 15 to 20 digits",
        ),
        (["score", "{list}", "-o", "{tmp}/out.xlsx", "--crm", "salesforce"], "Salesforce takes .csv"),
        (["score", "{list}", "-o", "{tmp}/out.csv", "--crm-id", "lead_id"], "Say which with --crm"),
        (["train", "{list}"], "no column for Application completed"),
        (["train", "{list}", "--label", "nothing"], "no column 'nothing'"),
        (["check", "{list}", "--schema", "none"], "There is no schema 'none'"),
        (["score", "{empty}", "-o", "{tmp}/out.csv"], "is empty"),
        (["sample-data", "--rows", "3", "--out", "{tmp}"], "between 200 and"),
        (["models", "promote", "../x"], "is not the name of a model"),
        (["score"], "Missing argument"),
        (["dance"], "No such command"),
    ],
)
def test_bad_use_exits_2_with_one_message(run, lists: Path, tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    filled = [word.format(list=lists / NEW, tmp=tmp_path, empty=tmp_path / "empty.csv") for word in words]
    code, _, said = run(*filled)
    assert code == 2
    assert message in " ".join(said.replace("│", " ").split())
    assert not (tmp_path / "out.csv").exists()


def test_json_on_standard_output_is_json_alone(run, lists: Path) -> None:
    _, said, result = run("check", lists / NEW, "--json", "-")
    assert json.loads(said)["rows"] == 250
    assert "250 leads" in result


def test_nothing_is_trained_where_its_json_cannot_be_written(
    run, lists: Path, tmp_path: Path, models_dir: Path
) -> None:
    before = sorted(p.name for p in models_dir.iterdir())
    code, _, said = run(
        "train",
        lists / LABELLED,
        "--promote",
        "--reason",
        "The first of these leads",
        "--json",
        tmp_path / "none" / "x.json",
    )
    assert code == 2
    assert "does not exist" in said
    assert sorted(p.name for p in models_dir.iterdir()) == before


def test_a_list_that_cannot_be_scored_does_not_pass_the_check(run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Kind,City\na,pune\n")
    code, said, _ = run("check", tmp_path / "odd.csv")
    assert code == 1
    assert "error: required_column" in said


def test_a_scored_ragged_list_can_be_scored_again(run, tmp_path: Path) -> None:
    (tmp_path / "ragged.csv").write_text("source,medium\na,b\nc,d,surplus\n")
    assert run("score", tmp_path / "ragged.csv", "-o", tmp_path / "one.csv")[0] == 0
    assert run("score", tmp_path / "one.csv", "-o", tmp_path / "two.csv")[0] == 0
    once = pd.read_csv(tmp_path / "one.csv", dtype="str", keep_default_na=False)
    assert list(once.columns)[:3] == ["source", "medium", "lead_score"]
    assert "left over: surplus" in once["row_problem"][1]


def test_a_result_that_is_there_is_kept_unless_forced(run, lists: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    code, _, said = run("score", lists / NEW, "-o", tmp_path / "out.csv")
    assert (code, "out.csv is there already and is kept. Give another name, or --force" in said) == (2, True)
    assert (tmp_path / "out.csv").read_text() == "mine"
    assert run("score", lists / NEW, "-o", tmp_path / "out.csv", "--force", "--reasons", 0)[0] == 0
    assert len(pd.read_csv(tmp_path / "out.csv")) == 250


def test_a_header_can_be_named_on_the_command_line(run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Kind,Where from\na,b\n")
    maps = ["--map", "first_utm_medium_c=Kind", "--map", "first_utm_source_c=Where from"]
    assert run("score", tmp_path / "odd.csv", "-o", tmp_path / "out.csv", *maps)[0] == 0
    code, _, said = run(
        "score", tmp_path / "odd.csv", "-o", tmp_path / "two.csv", "--map", "first_utm_medium_c=Nothing"
    )
    assert code == 2
    assert "headers are Kind, Where from" in said


def test_workbooks_with_other_types_are_one_list(run, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, phone in (("a.xlsx", 9876543210), ("b.xlsx", "+91 98765")):
        part = pd.DataFrame({"source": ["x"], "medium": ["y"], "phone": [phone]})
        part.to_excel(folder / name, sheet_name=f"Leads of {name}", index=False)
    assert run("score", folder, "-o", tmp_path / "out.csv")[0] == 0
    assert pd.read_csv(tmp_path / "out.csv", dtype="str")["phone"].tolist() == ["9876543210", "+91 98765"]


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_exits_2_with_its_message_and_writes_nothing(run, tmp_path: Path, name: str) -> None:
    path = make_bad_file(tmp_path, name)
    code, _, said = run("score", path, "-o", tmp_path / "out.csv")
    assert code == 2
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert BAD_FILES[name][1] in said
    assert not (tmp_path / "out.csv").exists()


def test_a_fault_of_ours_is_one_message_too(run, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("leadscore_core.pipelines.inference.score_list", broken)
    code, _, said = run("score", lists / NEW, "-o", tmp_path / "out.csv")
    assert code == 2
    assert "ZeroDivisionError" not in said
    assert "LEADSCORE_DEBUG" in said


def test_a_damaged_champion_is_told_and_the_one_before_serves(
    run, lists: Path, tmp_path: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    for name in ("first", "second"):
        registry.publish(LeadModel(trained.pipeline, trained.metadata.model_copy(update={"model_id": name})))
        registry.promote(name)
    (registry.root / "second" / "pipeline.joblib").write_bytes(b"")
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(registry.root))
    code, _, said = run("score", lists / NEW, "-o", tmp_path / "out.csv")
    assert code == 0
    assert "SHA-256 differs" in said
    assert (pd.read_csv(tmp_path / "out.csv")["model_id"] == "first").all()


def test_the_module_runs_as_the_command_does(places: Path) -> None:
    command = [sys.executable, "-m", "leadscore_core", "models", "list"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == 0
    assert "* is the champion" in done.stdout


def test_sources_tells_rates_leaks_and_chances(run, lists: Path, tmp_path: Path) -> None:
    out = tmp_path / "sources.json"
    code, said, _ = run("sources", lists / LABELLED, "--by", "source", "--by", "month", "--json", out)
    assert code == 0
    assert "First source (" in said
    assert "Month (" in said
    assert "what works already" in said
    assert re.search(r", residual (0|[+-]\d+\.\d) points \(95% interval \S+ to \S+\)", said)
    assert not re.search(r"[+-]0(\.0+)?[% )]", said)
    result = json.loads(out.read_text())
    labelled = pd.read_csv(lists / LABELLED)
    assert result["rows"] == len(labelled)
    assert result["applications"] == labelled["app_complete_flag"].sum()
    groups = {group["value"]: group for group in result["by"][0]["groups"]}
    assert groups["Level2"]["n"] == (labelled["first_utm_source_c"] == "Level2").sum()


def test_sources_of_new_leads_are_expected_and_faults_are_one_message(run, lists: Path, tmp_path: Path) -> None:
    code, said, _ = run("sources", lists / NEW)
    assert code == 0
    assert "expected to complete" in said
    assert "where most is expected" in said
    assert "works already" not in said
    code, said, wrong = run("sources", lists / NEW, "--by", "colour")
    assert code == 2
    assert "cannot be grouped by 'colour'" in wrong
    empty = tmp_path / "empty.csv"
    empty.write_text("utm_source,city\n")
    code, _, wrong = run("sources", empty)
    assert code == 2
    assert wrong.startswith("Error: ")


def test_outcomes_come_back_to_the_batch_that_they_belong_to(
    run, lists: Path, tmp_path: Path, trained: LeadModel
) -> None:
    result = pd.read_csv(lists / NEW, dtype="str")[["email"]].dropna().head(40).assign(converted=["yes", "no"] * 20)
    result.to_csv(tmp_path / "back.csv", index=False)
    code, _, wrong = run("outcomes", tmp_path / "back.csv")
    assert code == 2
    assert "None of the 40 outcomes belongs to a lead that was scored" in wrong
    save_batch(open_list(lists / NEW, trained.schema), trained, name="Monday")
    code, said, _ = run("outcomes", tmp_path / "back.csv")
    assert code == 0
    assert "Monday: 40 leads, 20 completed" in said


def test_score_grades_as_people_saved_it_in_the_dashboard(run, lists: Path, tmp_path: Path) -> None:
    run("score", lists / NEW, "-o", tmp_path / "before.csv")
    strict = GradeRule(thresholds=GradeThresholds(hot=0.99, warm=0.98, cold=0.97))
    grade_preference(load_settings(), load_schema()).save(strict, based_on=0, author="Anna")
    run("score", lists / NEW, "-o", tmp_path / "after.csv")
    before, after = pd.read_csv(tmp_path / "before.csv"), pd.read_csv(tmp_path / "after.csv")
    assert before["propensity"].equals(after["propensity"])
    assert (after["grade"] == "Junk").equals(after["propensity"] < 0.97)
    assert (before["grade"] == "Junk").sum() < (after["grade"] == "Junk").sum()


def test_score_says_when_the_saved_grades_cannot_be_read(
    run, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, _, wrong = run("score", lists / NEW, "-o", tmp_path / "out.csv")
    assert code == 2
    assert "cannot be used" in wrong
    assert not (tmp_path / "out.csv").exists()


def test_check_asks_about_columns_that_may_know_the_outcome(run, lists: Path, tmp_path: Path) -> None:
    labelled = pd.read_csv(lists / LABELLED, dtype="str", keep_default_na=False)
    labelled.assign(status=labelled["app_complete_flag"]).to_csv(tmp_path / "leaks.csv", index=False)
    code, said, _ = run(
        "check", tmp_path / "leaks.csv", "--label", "app_complete_flag", "--json", tmp_path / "out.json"
    )
    assert code == 0
    assert "Left out: status: Alone it tells the outcome of almost every lead" in said
    result = json.loads((tmp_path / "out.json").read_text())["leakage"]
    assert result[0]["column"] == "status"
    assert set(result[0]) == {"column", "why"}
    run("check", lists / LABELLED, "--json", tmp_path / "plain.json")
    assert "leakage" not in json.loads((tmp_path / "plain.json").read_text())


def test_train_leaves_out_what_it_is_told_to(run, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    for option in ("--exclude", "--include"):
        code, _, wrong = run("train", lists / LABELLED, option, "city_maped")
        assert code == 2
        assert "There is no column 'city_maped' in these leads. Give one of: 'city_mapped'." in wrong
    code, said, _ = run("train", lists / LABELLED, "--exclude", "city_mapped", "--exclude", "referred_lead")
    assert code == 0, said
    (metadata,) = ModelRegistry(tmp_path / "models").list_models()
    assert set(metadata.excluded) == {"city_mapped", "referred_lead"}
    assert not any("city" in name for name in metadata.features)


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """An empty registry of this test alone."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    return ModelRegistry(tmp_path / "models")


def test_anybodys_leads_train_and_score_without_preparation(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    make_members().to_csv(tmp_path / "gym members.csv", index=False)
    make_members(50, seed=9).drop(columns=["Status", "Remarks"]).to_csv(tmp_path / "new.csv", index=False)
    code, said, wrong = run(
        "train", tmp_path / "gym members.csv", "--label", "Status", "--promote", "--reason", "The first of these leads"
    )
    assert code == 0, wrong
    assert "Goal: category (4 different values" not in said
    assert "Goal: category (3 different values; 'select' is blank)" in said
    assert "Left out: Remarks: Alone it tells the outcome" in said
    (metadata,) = own_models.list_models()
    assert set(metadata.excluded) == {"remarks"}
    assert 0.6 < metadata.metrics["cross_validation"]["auc"] < 0.9
    assert not {"member_name", "e_mail", "mobile", "ref"} & {name.split("__")[0] for name in metadata.features}
    code, said, wrong = run("score", tmp_path / "new.csv", "-o", tmp_path / "scored.csv")
    assert code == 0, wrong
    scored = pd.read_csv(tmp_path / "scored.csv")
    reasons = " ".join(scored["reason_1"].fillna(""))
    assert "such leads sign up" in reasons
    assert "Minutes on site" in " ".join(scored[["reason_1", "reason_2", "reason_3"]].fillna("").to_numpy().ravel())


def test_a_kept_schema_serves_the_next_training_and_leaks_stay_out(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    assert run("train", tmp_path / "members.csv", "--label", "Status")[0] == 0
    code, said, _ = run("train", tmp_path / "members.csv")
    assert code == 0
    assert "no known leads" not in said
    assert "  Country: left out (the same in every row)" in said
    assert "Left out: Remarks: Alone it tells the outcome of almost every lead" in said
    assert "Mind: It learned from 900 leads only" in said
    newest, oldest = own_models.list_models()
    assert newest.schema_name == oldest.schema_name == "members"
    assert not any("remarks" in name for name in newest.features)
    assert newest.metrics["cross_validation"]["auc"] < 0.9


def test_a_column_that_only_looks_as_if_it_leaked_can_be_read(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    assert run("train", tmp_path / "members.csv", "--label", "Status", "--include", "Remarks")[0] == 0
    (metadata,) = own_models.list_models()
    assert metadata.excluded == {}
    assert metadata.metrics["cross_validation"]["auc"] > 0.99


def test_what_was_left_out_can_be_read_by_a_second_training_and_what_a_person_left_out_stays_out(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    assert run("train", tmp_path / "members.csv", "--label", "Status", "--exclude", "Goal")[0] == 0
    assert run("train", tmp_path / "members.csv", "--include", "Remarks", "--json", tmp_path / "result.json")[0] == 0
    newest, oldest = own_models.list_models()
    assert set(oldest.excluded) == {"goal", "remarks"}
    assert set(newest.excluded) == {"goal"}
    assert [one["column"] for one in json.loads((tmp_path / "result.json").read_text())["left_out"]] == ["Goal"]


def test_a_list_scored_with_the_wrong_model_is_told_so(run, lists: Path, places: Path, tmp_path: Path) -> None:
    make_members(50).to_csv(tmp_path / "members.csv", index=False)
    code, _, wrong = run("score", tmp_path / "members.csv", "-o", tmp_path / "out.csv")
    assert code == 2
    assert "read it as CodePro leads" in wrong
    assert not (tmp_path / "out.csv").exists()


def test_a_wrong_list_is_told_where_nothing_is_required(
    run, lists: Path, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    assert (
        run(
            "train", tmp_path / "members.csv", "--label", "Status", "--promote", "--reason", "The first of these leads"
        )[0]
        == 0
    )
    code, _, wrong = run("score", lists / NEW, "-o", tmp_path / "out.csv")
    assert code == 2
    assert "not one of the Members leads that the model reads" in wrong


def test_sources_of_anybodys_leads(run, places: Path, tmp_path: Path) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    code, said, wrong = run("sources", tmp_path / "members.csv", "--label", "Status", "--by", "Goal")
    assert code == 0, wrong
    assert "Goal (4 groups)" in said
    assert "Lose weight" in said


def test_sources_counts_what_the_model_does_not_read(run, lists: Path, places: Path, own_models: ModelRegistry) -> None:
    assert (
        run("train", lists / LABELLED, "--exclude", "City", "--promote", "--reason", "The first of these leads")[0] == 0
    )
    code, said, wrong = run("sources", lists / LABELLED, "--by", "city")
    assert code == 0, wrong
    assert "City (" in said


def test_algorithms_are_compared_on_the_command_line(run, lists: Path, places: Path, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    code, said, wrong = run("compare", lists / LABELLED, "--algorithm", "logistic", "--json", out)
    assert code == 0, wrong
    assert "Logistic regression" in said
    result = json.loads(out.read_text())
    assert {row["name"] for row in result["algorithms"]} == {"logistic", "lightgbm"}
    assert "stratified folds" in result["split"]
    code, _, wrong = run("compare", lists / LABELLED, "--algorithm", "oracle")
    assert code == 2
    assert "no algorithm 'oracle'" in wrong


def test_settings_are_searched_and_trained_with(
    run, lists: Path, places: Path, own_models: ModelRegistry, tmp_path: Path, few_trees: pytest.MonkeyPatch
) -> None:
    few_trees.undo()  # the search begins at the settings of LeadScore
    found = tmp_path / "found.json"
    code, said, wrong = run("tune", lists / LABELLED, "--minutes", "0.05", "--json", found)
    assert code == 0, wrong
    assert "Searched anew inside each of five training folds" in said
    params = json.loads(found.read_text())["params"]
    code, _, wrong = run("train", lists / LABELLED, "--params", found)
    assert code == 0, wrong
    (metadata,) = own_models.list_models()
    assert {name: metadata.parameters[name] for name in params} == pytest.approx(params)
    found.write_text('{"depth": 3}')
    code, _, wrong = run("train", lists / LABELLED, "--params", found)
    assert code == 2
    assert "names depth. Settings there are: cat_l2" in wrong


def test_leads_on_the_second_sheet_are_trained_on_as_what_they_are(
    run, lists: Path, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    leads = pd.read_csv(lists / LABELLED, dtype="str", keep_default_na=False).head(600)
    notes = pd.DataFrame({"Topic": ["a", "b"] * 60, "Converted": ["yes", "no"] * 60})  # could be leads by itself
    with pd.ExcelWriter(tmp_path / "export.xlsx", engine="xlsxwriter") as book:
        notes.to_excel(book, sheet_name="Notes", index=False)
        leads.to_excel(book, sheet_name="Leads", index=False)
    code, said, wrong = run("train", tmp_path / "export.xlsx")
    assert code == 0, wrong
    assert "no known leads" not in said
    (metadata,) = own_models.list_models()
    assert (metadata.schema_name, metadata.training_data.rows) == ("codepro", 600)


def test_files_of_a_folder_that_cannot_be_read_are_left_out_and_named(run, lists: Path, tmp_path: Path) -> None:
    leads = pd.read_csv(lists / NEW, dtype="str", keep_default_na=False)
    folder = tmp_path / "parts"
    folder.mkdir()
    leads.iloc[:100].to_csv(folder / "a.csv", index=False)
    leads.iloc[100:300].to_csv(folder / "b.csv", index=False)
    assert run("score", folder, "-o", tmp_path / "wanted.csv")[0] == 0
    (folder / "0.csv").write_bytes(b"\x89PNG no list")
    leads.head(5).drop(columns=leads.columns[2]).to_csv(folder / "aa.csv", index=False)
    leads.head(0).to_csv(folder / "c.csv", index=False)
    leads.iloc[300:400].to_parquet(folder / "d.parquet", row_group_size=50)
    whole = bytearray((folder / "d.parquet").read_bytes())
    middle = len(whole) // 2
    whole[middle - 2000 : middle + 2000] = b"\xff" * 4000
    (folder / "d.parquet").write_bytes(whole)
    code, said, errors = run("score", folder, "-o", tmp_path / "out.csv")
    assert code == 1
    assert "0.csv is a PNG image" in errors
    assert "aa.csv does not have the columns of a.csv" in errors
    assert "c.csv has a header but no leads below it" in errors
    assert "d.parquet is a damaged Parquet file" in errors
    assert errors.count("Left out: ") == 4
    scored, wanted = (pd.read_csv(tmp_path / name, dtype="str") for name in ("out.csv", "wanted.csv"))
    pd.testing.assert_frame_equal(scored.head(300), wanted)
    code, _, errors = run("check", folder / "a.csv", folder / "aa.csv")
    assert code == 2
    assert "aa.csv does not have the columns of a.csv" in errors


def test_a_folder_of_which_nothing_can_be_read_gives_no_result(run, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.csv").write_text("source,medium\n")
    (folder / "b.csv").write_bytes(b"\x89PNG no list")
    code, _, errors = run("score", folder, "-o", tmp_path / "out.csv")
    assert code == 2
    assert "None of 2 files can be read. The first: a.csv has a header but no leads" in errors
    assert not (tmp_path / "out.csv").exists()


def test_a_result_is_never_written_over_a_list_that_it_is_made_of(run, lists: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_bytes((lists / NEW).read_bytes())
    before = own.read_bytes()
    (tmp_path / "linked.csv").hardlink_to(own)
    rows = [
        (command, own, "--json", tmp_path / "linked.csv")
        for command in ("check", "train", "evaluate", "compare", "tune", "sources")
    ]
    for words in (
        ("score", own, "-o", own, "--force"),
        ("clean", own, "-o", own),
        ("score", tmp_path, "-o", own),
        *rows,
    ):
        code, _, errors = run(*words)
        assert code == 2
        assert re.search(r"(own|linked)\.csv is one of the lists that are read", errors)
    assert own.read_bytes() == before


def test_parquet_parts_whose_types_differ_are_named_without_their_cells(run, lists: Path, tmp_path: Path) -> None:
    leads = pd.read_csv(lists / NEW, dtype="str", keep_default_na=False).head(40)
    folder = tmp_path / "parts"
    folder.mkdir()
    leads.assign(remark=None, number=7).to_parquet(folder / "a.parquet")
    leads.assign(remark="call again", number=8).to_parquet(folder / "b.parquet")
    assert run("score", folder, "-o", tmp_path / "out.parquet")[0] == 0
    scored = pd.read_parquet(tmp_path / "out.parquet")
    assert scored["remark"].isna().sum() == (scored["remark"] == "call again").sum() == 40
    leads.assign(remark="call again", number="+91 98765 43210").to_parquet(folder / "c.parquet")
    code, _, errors = run("score", folder, "-o", tmp_path / "other.parquet")
    assert code == 2
    assert "these hold several: number (int64, " in errors
    assert "98765" not in errors
    assert not (tmp_path / "other.parquet").exists()


def test_lists_are_told_apart_by_their_names(run, batch: Batch) -> None:
    assert f"{batch.id}  Monday, " in run("retention", "list")[1]


def test_a_list_that_never_was_is_not_called_deleted(run, places: Path) -> None:
    code, _, words = run("retention", "set", "nope", "5")
    assert code == 2
    assert "There is no list nope (any more)" in words
    assert "leadscore retention list" in words
    assert "deleted" not in words
