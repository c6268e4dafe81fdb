"""Another company's real leads, which nothing was prepared for; skipped where they are not on this machine."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.cli import main as cli
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.schema import Role
from leadscore_core.registry.registry import ModelRegistry
from tests.paths import IS_SOAK

LEAKS = {"tags", "lead_quality", "last_activity", "last_notable_activity"}
LEAKS |= {f"asymmetrique_{what}_{kind}" for what in ("activity", "profile") for kind in ("index", "score")}


@pytest.fixture(scope="module")
def leads(real_leads: Path) -> Path:
    path = real_leads.parent / "xeducation" / "Leads.csv"
    if not path.is_file():
        pytest.skip("the other company's leads are not on this machine")
    return path


def test_the_proposal_needs_no_correction(leads: Path) -> None:
    proposal = propose_schema(read_leads(leads))
    roles = {column.header: column.role for column in proposal.columns}
    marks = {column.header: column.missing_marks for column in proposal.columns}
    assert proposal.label == "Converted"
    assert proposal.positive == ("1",)
    assert roles["Prospect ID"] is Role.ID
    assert roles["Lead Source"] is Role.SOURCE
    assert roles["City"] is Role.CITY
    assert {roles[h] for h in ("TotalVisits", "Total Time Spent on Website", "Page Views Per Visit")} == {Role.NUMBER}
    assert {h for h, found in marks.items() if "select" in found} == {
        "Specialization",
        "How did you hear about X Education",
        "Lead Profile",
        "City",
    }
    assert roles["Magazine"] is None  # the same in every row


def test_it_trains_without_what_leaks_and_scores_in_its_own_words(
    leads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))

    def run(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["leadscore", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        result = capsys.readouterr()
        assert ended.value.code == 0, result.err
        return result.out

    run("check", leads, "--label", "Converted", "--json", tmp_path / "checked.json")
    named = {found["column"] for found in json.loads((tmp_path / "checked.json").read_text())["leakage"]}
    leaks = {header for header in named if header.casefold().replace(" ", "_") in LEAKS}
    assert {header.casefold().replace(" ", "_") for header in leaks} == LEAKS
    (tmp_path / "settings.json").write_text(json.dumps({} if IS_SOAK else {"n_estimators": 60, "learning_rate": 0.13}))
    answers = [word for header in leaks for word in ("--exclude", header)]
    run(
        "train",
        leads,
        "--label",
        "Converted",
        *answers,
        "--params",
        tmp_path / "settings.json",
        "--promote",
        "--reason",
        "The first of these leads",
        "--json",
        tmp_path / "result.json",
    )
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["cross_validation"]["auc"] >= 0.85
    (metadata,) = ModelRegistry(tmp_path / "models").list_models()
    assert set(metadata.excluded) >= LEAKS
    run("score", leads, "-o", tmp_path / "scored.parquet")
    scored = pd.read_parquet(tmp_path / "scored.parquet")
    assert len(scored) == 9_240
    assert scored["reason_1"].str.contains("such leads .*convert").mean() > 0.95
    assert (
        not scored[["reason_1", "reason_2", "reason_3"]]
        .apply(lambda r: r.str.contains("Tags|Lead Quality"))
        .any()
        .any()
    )
