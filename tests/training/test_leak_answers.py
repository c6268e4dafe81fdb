"""What was asked of columns that may know the outcome, and what was answered by whom, stays with the model."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadscore_core.config import load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.model.model_card import write_card, write_card_html
from leadscore_core.pipelines.training import make_request
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.exclusions import save_answers, save_meaning
from leadscore_core.training.train import fit_model
from leadscore_core.training.training_data import read_training_data
from tests.other_company import make_members


@pytest.fixture
def leads(places: Path, tmp_path: Path) -> LeadList:
    frame = make_members(300)
    frame["Called twice"] = frame["Status"].map({"Joined": "yes", "Lost": "no"}).where(frame.index % 4 > 0, "no")
    path = tmp_path / "members.csv"
    frame.to_csv(path, index=False)
    return open_list(path, propose_schema(path, "Status").build("members"))


def test_an_answer_is_in_metadata_card_and_schema(leads: LeadList, few_trees: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    data = read_training_data(leads)
    request = make_request(data, exclude=["Goal"], include=["Called twice"], by="Anna")
    model = fit_model(data, request)
    audit = {one.column: one for one in model.metadata.audit}
    asked = audit["Called twice"]
    assert (asked.answer, asked.by, asked.is_open) == ("known before", "Anna", False)
    assert asked.kind
    assert asked.why
    assert asked.auc_with is not None
    assert asked.auc_without is not None
    assert asked.at is not None
    assert datetime.now(UTC) - asked.at < (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC))
    assert (audit["Goal"].answer, audit["Goal"].by, audit["Goal"].left_out) == ("left out", "Anna", True)
    assert audit["Remarks"].left_out
    assert (audit["Remarks"].answer, audit["Remarks"].by) == ("", ""), "left out on its evidence, nobody answered"
    card = write_card(model.metadata, model.schema)
    assert f"| Called twice | {asked.why} | {asked.auc_with:.3f} | {asked.auc_without:.3f} |" in card
    assert f"known before the first call (Anna, {asked.at:%d %b %Y})" in card
    assert "to be left out (Anna" in card
    assert "not answered; left out, on this evidence" in card
    assert "<td>Called twice</td>" in write_card_html(model.metadata, model.schema)
    save_meaning(leads, data, ["Goal"], ["Called twice"], settings, by="Anna")
    kept = load_schema("members").answers
    assert {name: (a.said, a.by) for name, a in kept.items()} == {
        "goal": ("left out", "Anna"), "called_twice": ("known before", "Anna"),
    }  # fmt: skip
    registry = ModelRegistry(settings.data_dir / "models")
    registry.publish(model)
    assert registry.load(model.model_id).metadata.audit == model.metadata.audit
    assert json.loads((registry.root / model.model_id / "metadata.json").read_text())["audit"][0]["kind"]


def test_the_next_training_names_who_answered_first(leads: LeadList, few_trees: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    data = read_training_data(leads)
    save_meaning(leads, data, (), ["Called twice"], settings, by="Anna")
    first = load_schema("members").answers["called_twice"]
    again = read_training_data(open_list(leads.paths, load_schema("members")))
    asked = {one.column: one for one in make_request(again, by="Ben").audit}["Called twice"]
    assert (asked.answer, asked.by, asked.at) == ("known before", "Anna", first.at)
    changed = {one.column: one for one in make_request(again, exclude=["Called twice"], by="Ben").audit}["Called twice"]
    assert (changed.answer, changed.by) == ("left out", "Ben")
    save_answers(load_schema("members"), {"called_twice"}, {"goal"}, settings, by="Ben")
    assert {name: a.by for name, a in load_schema("members").answers.items()} == {"goal": "Ben"}


def test_cards_of_models_that_asked_nothing_say_so(trained) -> None:
    for was_audited, said in ((True, "none gave rise to a question"), (False, "Nobody looked"), (None, "is not kept")):
        metadata = trained.metadata.model_copy(update={"was_audited": was_audited, "audit": []})
        assert said in write_card(metadata, trained.schema)
    odd = ColumnAudit(column="a|b <i>", why="x\ny", left_out=False)
    card = write_card(trained.metadata.model_copy(update={"audit": [odd]}), trained.schema)
    assert "| a\\|b \\<i\\> | x y | not measured | not measured | not answered; read |" in card
