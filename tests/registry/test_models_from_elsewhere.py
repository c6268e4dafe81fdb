"""A model from elsewhere: read file by file inside its folder, marked by us, and never put to use by its own word."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from leadscore_core.config import load_settings
from leadscore_core.errors import ReasonNeededError, RegistryError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry import archive
from leadscore_core.registry.archive import copy_model, export_model, import_model
from leadscore_core.registry.imported import IMPORTED
from leadscore_core.registry.permissions import check_permissions
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import METADATA, PICKLE, ModelRegistry

Change = Callable[[zipfile.ZipFile, str], None]


@pytest.fixture(scope="module")
def exported(trained: LeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    registry = ModelRegistry(folder / "models")
    registry.publish(trained)
    return export_model(registry, trained.model_id, folder / "model.zip")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))
    return ModelRegistry(tmp_path / "models")


def _member(name: str, *, mode: int = 0) -> Change:
    def change(packed: zipfile.ZipFile, model_id: str) -> None:
        info = zipfile.ZipInfo(name.format(id=model_id))
        info.external_attr = mode << 16
        packed.writestr(info, "text")

    return change


@pytest.mark.parametrize(
    "change",
    [
        _member("../outside"),
        _member("{id}/../../outside"),
        _member("/tmp/outside"),
        _member("C:\\outside"),
        _member("{id}\\..\\outside"),
        _member("{id}/imported.json"),
        _member("champion"),
        _member("{id}/champion"),
        _member("{id}/more/pipeline.joblib"),
        _member("{id}/report.json", mode=stat.S_IFLNK | 0o777),
        _member("{id}/report.json", mode=stat.S_IFIFO | 0o666),
        _member("{id}/", mode=stat.S_IFDIR | 0o755),
        _member("{id}/metadata.json"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_holds_its_own_plain_files_and_nothing_else(
    exported: Path, trained: LeadModel, registry: ModelRegistry, tmp_path: Path, change: Change
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(exported.read_bytes())
    with zipfile.ZipFile(bad, "a") as packed:
        change(packed, trained.model_id)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RegistryError, match="not a model that LeadScore exported"):
        import_model(registry, bad)
    assert sorted(tmp_path.rglob("*")) == before


def repacked(exported: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(exported) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(*change(name, before.read(name)))
    return target


@pytest.mark.parametrize("name", ["champion", "champions", "champion_history.jsonl", "..", ".hidden", "a b"])
def test_no_model_takes_the_place_of_what_says_which_is_in_use(
    exported: Path, registry: ModelRegistry, tmp_path: Path, name: str
) -> None:
    def rename(member: str, content: bytes) -> tuple[str, bytes]:
        if member.endswith(METADATA):
            content = json.dumps(json.loads(content) | {"model_id": name}).encode()
        return f"{name}/{member.split('/')[1]}", content

    with pytest.raises(RegistryError):
        import_model(registry, repacked(exported, tmp_path / "bad.zip", rename))
    assert registry.champion_id is None
    assert registry.list_models() == []


@pytest.mark.parametrize("limit", ["_MOST_BYTES", "_MOST_METADATA"])
def test_an_archive_that_unpacks_to_more_than_a_model_is_refused(
    exported: Path, registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(archive, limit, 1_000)
    with pytest.raises(RegistryError, match="which no model has"):
        import_model(registry, exported)


def test_a_file_that_says_less_than_it_holds_is_refused(
    exported: Path, trained: LeadModel, registry: ModelRegistry, tmp_path: Path
) -> None:
    content = bytearray(exported.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as packed:
        size = packed.getinfo(f"{trained.model_id}/{PICKLE}").file_size
    place = content.rindex(size.to_bytes(4, "little"))  # of the directory at the end, which is what counts
    content[place : place + 4] = (size - 9).to_bytes(4, "little")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(content)
    with pytest.raises(RegistryError):
        import_model(registry, bad)
    assert registry.list_models() == []


def test_what_comes_from_elsewhere_is_marked_by_us_and_not_by_its_file(
    exported: Path, trained: LeadModel, registry: ModelRegistry, tmp_path: Path
) -> None:
    model_id = import_model(registry, exported, by="Anna")
    mark = registry.imported(model_id)
    assert mark is not None
    assert (mark.by, mark.file) == ("Anna", "model.zip")
    assert "its figures and its note are what its file says" in mark.words
    (registry.root / model_id / IMPORTED).write_text("{}")
    assert registry.imported(model_id) is not None, "a mark that cannot be read marks all the same"
    again = ModelRegistry(tmp_path / "again")
    copy_model(registry, again, model_id)
    assert again.imported(model_id) is not None
    with zipfile.ZipFile(export_model(registry, model_id, tmp_path / "on.zip")) as packed:
        assert IMPORTED not in {name.split("/")[1] for name in packed.namelist()}
    own = ModelRegistry(tmp_path / "own")
    own.publish(trained)
    assert own.imported(model_id) is None


def test_its_own_figures_do_not_put_it_to_use(
    exported: Path, trained: LeadModel, registry: ModelRegistry, tmp_path: Path
) -> None:
    perfect = {"auc": 0.999, "precision": 0.999, "recall": 0.999, "brier": 0.001}

    def boast(member: str, content: bytes) -> tuple[str, bytes]:
        if member.endswith(METADATA):
            told = json.loads(content)
            told["meets_targets"] = True
            told["metrics"]["cross_validation"] |= perfect
            content = json.dumps(told | {"champion": True, "imported": None}).encode()
        return member, content

    model_id = import_model(registry, repacked(exported, tmp_path / "boast.zip", boast))
    assert registry.champion_id is None
    with pytest.raises(ReasonNeededError, match="comes from elsewhere, and its figures are its own word"):
        promote_model(model_id, settings=load_settings())
    assert registry.champion_id is None
    promote_model(model_id, reason="Measured on our March leads", settings=load_settings())
    assert registry.champion_id == model_id


def test_the_command_line_marks_it_and_says_who_else_may_write(
    exported: Path, trained: LeadModel, tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    registry = ModelRegistry(tmp_path / "models")
    code, out, err = run("models", "import", exported)
    assert (code, err) == (0, "")
    assert f"leadscore evaluate FILE --model {trained.model_id}" in out
    (registry.root / trained.model_id / PICKLE).chmod(0o666)
    code, out, err = run("models", "list")
    assert code == 0
    assert "from elsewhere. " in out
    for card in (run("models", "card", trained.model_id), run("models", "card", "--html", trained.model_id)):
        assert "This model was brought from elsewhere" in card[1]
    assert err.startswith(f"Everybody on this machine may write {trained.model_id}/{PICKLE}")
    assert run("models", "promote", trained.model_id)[0] == 2


def test_permissions_name_who_may_change_a_model(
    exported: Path, trained: LeadModel, registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_model(registry, exported)
    assert check_permissions(registry.root) == []
    monkeypatch.setattr("leadscore_core.registry.permissions._is_private", lambda about: False)
    folder = registry.root / trained.model_id
    folder.chmod(0o775)
    assert [text[:31] for text in check_permissions(registry.root)] == [f"A group may write {trained.model_id}"[:31]]
    folder.chmod(0o755)
    registry.root.chmod(0o777)
    (all_may,) = check_permissions(registry.root)
    assert f"write {registry.root}, and" in all_may
    registry.root.chmod(0o755)
    monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    if folder.stat().st_uid != 0:
        assert "to another user" in check_permissions(registry.root)[0]
