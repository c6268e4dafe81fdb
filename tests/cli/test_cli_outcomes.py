"""What an outcome's values mean, on the command line: taken, stated, asked, corrected, read in other words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.batches.call_workbooks import write_week
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.contacts import Result
from leadscore_core.storage.database.outcomes import OutcomeStore
from tests.batches.test_results_come_back import a_week, fill

pytestmark = pytest.mark.usefixtures("few_trees")


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    return ModelRegistry(tmp_path / "models")


def leads_30(yes: str, no: str, rows: int = 300) -> pd.DataFrame:
    """Leads of which those from fairs convert, 61% in all: yes is not the rarer of two."""
    rng = np.random.default_rng(5)
    source = rng.choice(["Fair", "Web"], rows, p=[0.6, 0.4])
    done = rng.random(rows) < np.where(source == "Fair", 0.75, 0.4)
    frame = {"Lead No": [f"B-{n:05d}" for n in range(rows)], "Lead Source": source, "Visits": rng.integers(0, 9, rows)}
    return pd.DataFrame(frame | {"Result": np.where(done, yes, no)}).astype("str")


@pytest.mark.parametrize(("yes", "no"), [("Sí", "No"), ("1.0", "0.0"), ("Qualified", "Unqualified"), ("✓", "✗")])
def test_yes_is_what_says_yes_and_is_stated(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path, yes: str, no: str
) -> None:
    frame = leads_30(yes, no)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    code, said, wrong = run(
        "train",
        tmp_path / "leads.csv",
        "--label",
        "Result",
        "--promote",
        "--reason",
        "The first of these leads",
        "--json",
        tmp_path / "t.json",
    )
    assert code == 0, wrong
    share = (frame["Result"] == yes).mean()
    assert f"Completed: {yes!r} ({share:.1%} of 300)" in said
    result = json.loads((tmp_path / "t.json").read_text())
    assert (result["positive"], result["negative"], result["open"]) == ([yes], [no], [])
    assert result["base_rate"] == pytest.approx(share)
    assert run("score", tmp_path / "leads.csv", "-o", tmp_path / "s.csv")[0] == 0
    scored = pd.read_csv(tmp_path / "s.csv").groupby("Lead Source")["propensity"].mean()
    assert scored["Fair"] > scored["Web"] + 0.1
    assert run("check", tmp_path / "leads.csv", "--label", "Result")[1].count("Completed: ") == 1
    # a later file in other words
    later = frame.assign(Result=frame["Result"].map({yes: "Ja", no: "Nein"})).tail(120)
    later["Lead No"] = later["Lead No"].str.replace("B", "C")
    later.to_csv(tmp_path / "later.csv", index=False)
    _, said, _ = run("sources", tmp_path / "later.csv", "--json", tmp_path / "sources.json")
    assert f"{(later['Result'] == 'Ja').sum():,} of 120 converted" in said
    assert "Completed: 'Ja'" in said


def test_what_means_yes_is_asked_where_nothing_says_so(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    leads_30("Alpha", "Beta").to_csv(tmp_path / "leads.csv", index=False)
    for command in ("train", "check", "compare", "tune"):
        code, _, wrong = run(command, tmp_path / "leads.csv", "--label", "Result")
        assert code == 2, command
        assert all(part in wrong for part in ("'Alpha' 1", "'Beta' 1", "--positive 'Alpha'", "--positive 'Beta'"))
    assert own_models.list_models() == []
    code, _, wrong = run("train", tmp_path / "leads.csv", "--label", "Result", "--positive", "Gamma")
    assert code == 2
    assert "No lead has 'Gamma' as its outcome. The column holds 'Alpha'" in wrong
    code, said, _ = run("train", tmp_path / "leads.csv", "--label", "Result", "--positive", "beta")
    assert code == 0
    assert "Completed: 'Beta'" in said


def test_stages_are_won_lost_or_still_open(run, places: Path, own_models: ModelRegistry, tmp_path: Path) -> None:
    frame = leads_30("Closed Won", "Closed Lost")
    frame.loc[:29, "Result"] = "Contacted"
    frame.loc[30:39, "Result"] = "Mystery"
    frame.to_csv(tmp_path / "leads.csv", index=False)
    code, said, wrong = run("train", tmp_path / "leads.csv", "--label", "Result", "--json", tmp_path / "t.json")
    assert code == 0, wrong
    assert "of 260; open: 'Contacted' 30)" in said
    assert "No outcome, as it is not known what it means: 'Mystery' 10" in said
    result = json.loads((tmp_path / "t.json").read_text())
    assert (result["rows"], result["open"], result["unknown"]) == (260, ["Contacted"], ["Mystery"])
    words = ("train", tmp_path / "leads.csv", "--schema", "new", "--label", "Result", "--positive", "Closed Won")
    _, said, _ = run(*words, "--positive", "Mystery", "--open", "")
    assert "Completed: 'Closed Won', 'Mystery'" in said
    assert "of 300)" in said


def test_another_outcome_than_the_kept_one_is_asked_about(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    frame = leads_30("Yes", "No")
    frame.to_csv(tmp_path / "leads.csv", index=False)
    frame.assign(Paid=frame["Result"].iloc[::-1].to_numpy()).to_csv(tmp_path / "later.csv", index=False)
    assert run("train", tmp_path / "leads.csv", "--label", "Result")[0] == 0
    code, _, wrong = run("train", tmp_path / "later.csv", "--label", "Paid")
    assert code == 2
    assert all(part in wrong for part in ("'leads'", "'Result'", "'Paid'", "--schema leads", "--schema new"))
    assert len(own_models.list_models()) == 1
    code, said, _ = run("train", tmp_path / "later.csv", "--label", "Paid", "--schema", "new")
    assert code == 0
    assert "kept as 'later'" in said
    assert run("train", tmp_path / "later.csv", "--label", "Result")[0] == 0


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("Won", "Lost"), ("TRUE", "FALSE"), ("✓", "x"), ("Accepted", "Rejected")]
)
def test_outcomes_by_id_alone_reach_lists_of_any_columns_in_any_words(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path, yes: str, no: str
) -> None:
    frame = leads_30("1", "0")
    frame.head(240).to_csv(tmp_path / "leads.csv", index=False)
    frame.tail(60).drop(columns="Result").to_csv(tmp_path / "new.csv", index=False)
    assert (
        run("train", tmp_path / "leads.csv", "--label", "Result", "--promote", "--reason", "The first of these leads")[
            0
        ]
        == 0
    )
    model, _ = own_models.load_champion()
    batch = save_batch(open_list(tmp_path / "new.csv", model.schema), model, name="Monday")
    came = frame.tail(60)[["Lead No", "Result"]]
    came.assign(Result=came["Result"].map({"1": yes, "0": no})).to_csv(tmp_path / "came.csv", index=False)
    code, said, wrong = run("outcomes", tmp_path / "came.csv")
    assert code == 0, wrong
    done = (came["Result"] == "1").sum()
    assert f"Monday: 60 leads, {done} converted" in said
    known = OutcomeStore(load_settings()).current(batch)
    assert known is not None
    assert pd.read_parquet(known.path)["ls_completed"].tolist() == came["Result"].astype(int).tolist()
    for words in ((), ("--label", "Result")):
        code, _, wrong = run("check", tmp_path / "came.csv", *words)
        assert code == 2
        assert "leadscore outcomes FILE" in wrong
        assert "pydantic" not in wrong


def test_dates_of_conversion_are_asked_about_learned_from_and_brought_back(
    run, places: Path, own_models: ModelRegistry, tmp_path: Path
) -> None:
    frame = leads_30("1", "0")
    won = frame.pop("Result") == "1"
    days = pd.Series(pd.date_range("2026-03-01", periods=len(frame), freq="5h").strftime("%d/%m/%Y"))
    path = tmp_path / "leads.csv"
    frame.assign(**{"Converted Date": days.where(won, "")}).to_csv(path, index=False)
    for command in ("train", "compare"):
        code, _, wrong = run(command, path)
        assert code == 2
        assert all(part in wrong for part in (f"filled for {won.sum()} leads", "--positive :filled"))
    code, said, wrong = run(
        "train",
        path,
        "--positive",
        ":filled",
        "--promote",
        "--reason",
        "The first of these leads",
        "--json",
        tmp_path / "t.json",
    )
    assert code == 0, wrong
    assert "Completed: filled, such as '" in said
    assert f"' ({won.mean():.1%} of 300)" in said
    assert f"Blank: {(~won).sum()} leads, not completed" in said
    assert json.loads((tmp_path / "t.json").read_text())["base_rate"] == pytest.approx(won.mean())
    settings, (model, _) = load_settings(), own_models.load_champion()
    later = frame.tail(80)
    later.to_csv(tmp_path / "later.csv", index=False)
    save_batch(open_list(tmp_path / "later.csv", model.schema), model, name="Later", settings=settings)
    result = later.assign(**{"Converted Date": days.where(won, "")[later.index]})[["Lead No", "Converted Date"]]
    result.to_csv(tmp_path / "outcomes.csv", index=False)
    code, said, wrong = run("outcomes", tmp_path / "outcomes.csv")
    assert code == 0, wrong
    assert f"Outcomes of 80 leads came back, {won[later.index].sum()} of them converted" in said


def test_filled_workbooks_and_any_status_come_back_and_are_taken_back(
    run, places: Path, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    paths = write_week(view, a_week(view), tmp_path)
    filled = sum(map(fill, paths))
    code, said, wrong = run("outcomes", *paths, "--by", "Mia")
    assert code == 0, wrong
    assert f"{filled:,} results found their lead, by LeadScore key {filled:,}" in said
    assert f"{filled:,} contact attempts and" in said
    assert "'No answer': no answer (" in said
    code, said, wrong = run("outcomes", *paths, "--undo")
    assert code == 0, wrong
    assert f"taken back: {filled:,} contact attempts" in said
    assert run("outcomes", *paths, "--undo")[0] == 2
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(9)
    crm = tmp_path / "crm.csv"
    status = ["Stage Q", "Busy", "Interested"] * 3
    pd.DataFrame({"Email": some["email"], "Call status": status}).to_csv(crm, index=False)
    code, _, wrong = run("outcomes", crm)
    assert code == 2
    assert "'Stage Q' (3 rows)" in wrong
    assert run("outcomes", crm, "--result", "Stage Q=later")[0] == 2
    code, said, wrong = run("outcomes", crm, "--result", "Stage Q=no_answer")
    assert code == 0, wrong
    assert "9 results found their lead, by e-mail 9" in said


def test_outcomes_of_yes_and_no_are_taken_back(
    run, places: Path, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(10)
    crm = tmp_path / "crm.csv"
    pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No"] * 5}).to_csv(crm, index=False)
    code, said, wrong = run("outcomes", crm)
    assert code == 0, wrong
    assert "Outcomes of 10 leads came back, 5 of them" in said
    assert run("outcomes", crm, "--undo")[0] == 0
    known = OutcomeStore(load_settings()).current(view.batch)
    assert known is not None
    assert known.known == 0


def test_files_brought_one_by_one_are_taken_back_together(
    run, places: Path, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False)
    files = [tmp_path / f"{name}.csv" for name in "abcde"]
    for place, file in enumerate(files):
        emails = some["email"].iloc[place * 6 : place * 6 + 10]
        pd.DataFrame({"Email": emails, "Converted": ["Yes", "No"] * 5}).to_csv(file, index=False)
    for given in ([files[0]], [files[1]], files[2:4]):
        assert run("outcomes", *given)[0] == 0
    store = OutcomeStore(load_settings())
    before = store.known(view.batch)
    code, _, wrong = run("outcomes", *files, "--undo")
    assert code == 2
    assert "c.csv, d.csv, e.csv were not brought as they are now" in wrong
    assert store.known(view.batch) == before
    code, said, wrong = run("outcomes", files[1], files[0], "--undo")
    assert code == 0, wrong
    assert "a.csv, b.csv were taken back" in said
    assert len(store.known(view.batch)) == 16
    code, _, wrong = run("outcomes", *files[:2], "--undo")
    assert code == 2
    assert "a.csv, b.csv were not brought" in wrong
    assert run("outcomes", *files[2:4], "--undo")[0] == 0
    assert store.known(view.batch) == {}


def test_who_asked_not_to_be_called_is_junk_of_every_scored_list(
    run, places: Path, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    leads = sample.new[sample.new["email"].notna() & sample.new["phone"].notna()]
    leads = leads.drop_duplicates("email", keep=False).drop_duplicates("phone", keep=False).head(30)
    path = tmp_path / "next.csv"
    leads.assign(lead_id="").to_csv(path, index=False)
    assert run("score", path, "-o", tmp_path / "before.csv")[0] == 0
    for at, result in ((leads.index[0], "do_not_call"), (leads.index[1], "customer"), (leads.index[2], "interested")):
        CallQueue(view, settings).record(int(at), Result(result), caller="Anna")
    assert run("score", path, "-o", tmp_path / "after.csv")[0] == 0
    before, after = (pd.read_csv(tmp_path / f"{name}.csv", keep_default_na=False) for name in ("before", "after"))
    assert after["junk_reason"].tolist()[:2] == ["Asked not to be called", "Already a customer"]
    assert after["junk_reason"].tolist()[2:] == before["junk_reason"].tolist()[2:]
    assert after["propensity"].tolist() == before["propensity"].tolist()
    assert run("score", path, "-o", tmp_path / "crm.csv", "--crm", "hubspot")[0] == 0
    crm = pd.read_csv(tmp_path / "crm.csv", keep_default_na=False)
    assert crm["LeadScore grade"].tolist()[:3] == ["Not to be called", "Not to be called", after["grade"][2]]
