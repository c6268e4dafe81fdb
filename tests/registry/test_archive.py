"""Cards and transfer: what is known is told, and a model arrives whole or not at all."""

import json
import zipfile
from pathlib import Path

import pytest

from leadscore_core.errors import RegistryError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.model.model_card import write_card, write_card_html
from leadscore_core.registry.archive import export_model, import_model
from leadscore_core.registry.registry import ModelRegistry


@pytest.fixture
def registry(trained: LeadModel, tmp_path: Path) -> ModelRegistry:
    made = ModelRegistry(tmp_path / "models")
    made.publish(trained)
    made.promote(trained.model_id, by="Anna", reason="The first one")
    return made


def test_the_card_tells_what_is_known(registry: ModelRegistry, trained: LeadModel) -> None:
    result = write_card(registry.read_metadata(trained.model_id), trained.schema, promotions=registry.history())
    crossed = trained.metadata.metrics["cross_validation"]
    assert f"{crossed['auc']:.3f} ± {crossed['auc_std']:.3f}" in result
    assert f"{trained.metadata.training_data.rows:,} leads with an outcome" in result
    assert "by Anna: The first one" in result
    for heading in (
        "What it is for",
        "What it learned from",
        "How good it is",
        "Known limits",
        "Why it was put to use",
    ):
        assert f"## {heading}" in result
    left_out = trained.metadata.model_copy(update={"excluded": {"tags": "It leaks."}})
    assert "Left out: tags (It leaks)" in write_card(left_out, trained.schema)
    assert "It has not been." in write_card(left_out, trained.schema)


def test_the_card_asks_what_nobody_has_answered_and_says_what_to_mind(trained: LeadModel) -> None:
    asked = ColumnAudit(column="Stage", why="Its name says so.", left_out=False, auc_with=0.91, auc_without=0.83)
    update = {"audit": [asked], "cautions": ["It learned from 239 leads only."]}
    result = write_card(trained.metadata.model_copy(update=update), trained.schema)
    assert "known before the first call? Stage: Its name says so. AUC with it 0.910, without 0.830." in result
    assert "- It learned from 239 leads only." in result
    answered = [asked.model_copy(update={"is_answered": True})]
    assert "Stage" not in write_card(trained.metadata.model_copy(update={"audit": answered}), trained.schema)


def test_a_model_travels_whole(registry: ModelRegistry, trained: LeadModel, tmp_path: Path) -> None:
    out = export_model(registry, trained.model_id, tmp_path / "model.zip")
    elsewhere = ModelRegistry(tmp_path / "elsewhere")
    assert import_model(elsewhere, out) == trained.model_id
    assert elsewhere.champion_id is None
    arrived = elsewhere.load(trained.model_id)
    assert arrived.metadata == registry.read_metadata(trained.model_id)
    assert arrived.out_of_sample is not None
    with pytest.raises(RegistryError, match="already a model"):
        import_model(elsewhere, out)
    with pytest.raises(RegistryError, match="is there already"):
        export_model(registry, trained.model_id, out)


def repack(source: Path, target: Path, change) -> Path:
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            new_name, content = change(name, before.read(name))
            after.writestr(new_name, content)
    return target


def _other_pickle(name: str, content: bytes) -> tuple[str, bytes]:
    return name, b"nothing good" if name.endswith(".joblib") else content


def _outside(name: str, content: bytes) -> tuple[str, bytes]:
    return f"../../{name}", content


def _other_name(name: str, content: bytes) -> tuple[str, bytes]:
    if name.endswith(".json"):
        content = json.dumps(json.loads(content) | {"model_id": "other"}).encode()
    return name, content


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_pickle, "not the one that was exported"),
        (_outside, "not a model that LeadScore exported"),
        (_other_name, "under another name"),
    ],
)
def test_a_file_that_was_changed_is_refused(
    registry: ModelRegistry, trained: LeadModel, tmp_path: Path, change, words: str
) -> None:
    out = export_model(registry, trained.model_id, tmp_path / "model.zip")
    changed = repack(out, tmp_path / "changed.zip", change)
    elsewhere = ModelRegistry(tmp_path / "elsewhere")
    with pytest.raises(RegistryError, match=words):
        import_model(elsewhere, changed)
    assert elsewhere.list_models() == []
    assert not list(elsewhere.root.glob("*")) if elsewhere.root.is_dir() else True


@pytest.mark.parametrize("content", [b"", b"PK nothing", b"text"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(RegistryError, match="not a model"):
        import_model(ModelRegistry(tmp_path / "elsewhere"), path)


def test_the_card_is_a_page_that_needs_nothing_else(trained: LeadModel) -> None:
    risky = trained.metadata.training_data.model_copy(update={"note": "<script>alert(1)</script>"})
    result = write_card_html(trained.metadata.model_copy(update={"training_data": risky}), trained.schema)
    assert "<table>" in result
    assert f"<h1>Model {trained.model_id}</h1>" in result
    assert "<script" not in result
    assert "http" not in result
