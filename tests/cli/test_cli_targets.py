"""What train and check say of a company's own leads: its targets, its columns, and figures too good to be true."""

import json
from pathlib import Path

import pytest

from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.registry.registry import ModelRegistry
from tests.other_company import make_members

COLUMNS = {
    "Ref": "id",
    "Member Name": "name",
    "E-mail": "e-mail",
    "Mobile": "phone",
    "Enquiry Date": "timestamp",
    "Lead Source": "source",
    "Goal": "category",
    "MinutesOnSite": "number",
    "Newsletter": "flag",
    "Country": "left out",
    "Status": "label",
    "Remarks": "category",
}


@pytest.fixture
def gym(tmp_path: Path) -> Path:
    path = tmp_path / "gym.csv"
    make_members(300).to_csv(path, index=False)
    return path


def test_targets_are_given_once_and_kept_with_the_schema(
    run, registry: ModelRegistry, few_trees: pytest.MonkeyPatch, gym: Path, tmp_path: Path
) -> None:
    code, said, wrong = run(
        "train", gym, "--label", "Status", "--target-auc", "0.99", "--json", tmp_path / "first.json"
    )
    assert code == 0, wrong
    assert "Misses the targets (AUC > 0.99)" in said
    assert "--reason" in said
    first = json.loads((tmp_path / "first.json").read_text())
    assert (first["targets"], first["meets_targets"]) == ({"auc": 0.99, "precision": 0, "recall": 0}, False)
    assert {one["header"]: one["role"] for one in first["columns"]} == COLUMNS
    assert list(COLUMNS) == [one["header"] for one in first["columns"]]
    assert all(one["why"] for one in first["columns"])
    assert first["positive"] == ["Joined"]
    assert [one["column"] for one in first["left_out"]] == ["Remarks"]
    assert "MinutesOnSite" in [one["column"] for one in first["asked"]]

    code, said, _ = run(
        "train", gym, "--target-auc", "0.55", "--target-precision", "0.1", "--json", tmp_path / "again.json"
    )
    assert "Meets the targets (AUC > 0.55, precision > 0.1)" in said
    again = json.loads((tmp_path / "again.json").read_text())
    assert {one["header"]: one["role"] for one in again["columns"]} == COLUMNS
    assert load_schema("gym").targets == TargetMetrics(auc=0.55, precision=0.1, recall=0)
    assert registry.list_models()[0].targets == load_schema("gym").targets

    code, said, _ = run("models", "card", registry.list_models()[0].model_id)
    assert "Targets, all at once: AUC > 0.55, precision > 0.1: met" in said


def test_the_targets_of_the_shipped_schema_are_those_of_the_settings(run, places: Path, labelled_list: Path) -> None:
    code, _, wrong = run("train", labelled_list, "--target-auc", "0.6")
    assert code == 2
    assert "leadscore.toml" in wrong
    assert "--target-auc" in wrong


def test_a_proposal_is_not_told_that_it_has_no_model(run, places: Path, gym: Path) -> None:
    code, said, wrong = run("check", gym, "--label", "Status")
    assert (code, wrong) == (0, "")
    assert "their columns are taken as" in said
