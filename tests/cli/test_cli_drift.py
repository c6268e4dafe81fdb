"""`leadscore drift`: the verdict in a word, its exit code, and clear words for what cannot be compared."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.storage.database.batches import Batch


def test_a_list_like_the_training_leads_asks_for_nothing(run, sample: SampleLeads, tmp_path: Path) -> None:
    sample.kept_aside.to_csv(tmp_path / "leads.csv", index=False)
    code, out, _ = run("drift", str(tmp_path / "leads.csv"), "--json", str(tmp_path / "out.json"))
    said = json.loads((tmp_path / "out.json").read_text())
    assert said["verdict"]["is_due"] == (code == 1)
    assert (code, said["verdict"]["state"]) == (0, "healthy")
    assert said["performance"]["known"] == len(sample.kept_aside)
    assert "Told apart from training leads" in out
    assert {"AUC ", "Brier score ", "base rate "} <= {one.rstrip("0123456789.()to ") + " " for one in _figures(out)}
    assert "_" not in " ".join(_figures(out))
    assert out.startswith("HEALTHY")


def test_a_list_that_drifted_exits_with_one_and_names_the_column(run, sample: SampleLeads, tmp_path: Path) -> None:
    leads = sample.new.copy()
    frequent = leads["first_utm_medium_c"].value_counts().index[:4]
    leads["first_utm_medium_c"] = leads["first_utm_medium_c"].replace({one: f"renamed {one}" for one in frequent})
    leads.to_csv(tmp_path / "leads.csv", index=False)
    code, out, _ = run("drift", str(tmp_path / "leads.csv"))
    assert code == 1
    assert out.startswith("BLIND")
    assert "First medium" in out.splitlines()[1]
    assert "leads and bring their outcomes" in out
    first = next(line for line in out.splitlines() if "PSI" in line)
    assert "First medium" in first
    assert "renamed" in first


def test_a_kept_list_is_checked_by_its_name(run, batch: Batch) -> None:
    code, out, _ = run("drift", "--batch", batch.name)
    assert code == 0 or "leads and bring their outcomes" in out
    assert batch.name in out
    code, _, err = run("drift", "--batch", "nobody's")
    assert code == 2
    assert "There is no kept list" in err
    assert batch.name in err


def test_bad_input_is_said_in_clear_words(run, sample: SampleLeads, tmp_path: Path) -> None:
    five, other = tmp_path / "five.csv", tmp_path / "other.csv"
    sample.new.head(5).to_csv(five, index=False)
    pd.DataFrame({"Weight": np.arange(60), "Length": np.arange(60)}).to_csv(other, index=False)
    code, out, _ = run("drift", str(five))
    assert code == 0
    assert "5 leads is too short" in out
    code, _, err = run("drift", str(other))
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert run("drift")[0] == 2
    assert run("drift", str(five), "--batch", "x")[0] == 2


def test_leads_that_the_model_learned_from_are_said_to_be_that(run, sample: SampleLeads, tmp_path: Path) -> None:
    sample.labelled.head(300).to_csv(tmp_path / "leads.csv", index=False)
    _, out, _ = run("drift", str(tmp_path / "leads.csv"))
    assert "The model learned from all 300 leads whose outcome is in" in out
    assert "No outcome has come back" not in out


def _figures(out: str) -> list[str]:
    """Return the figures of outcomes, each with its name and its interval, as they are said."""
    lines = out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("Outcomes of"))
    return lines[at + 1].strip().split(", ")
