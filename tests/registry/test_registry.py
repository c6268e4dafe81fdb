import json
import os
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import joblib
import pandas as pd
import pytest

from leadscore_core._files import write_text
from leadscore_core.errors import RegistryError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import FORMAT_VERSION
from leadscore_core.registry import champions as champions_module
from leadscore_core.registry import registry as registry_module
from leadscore_core.registry import unpickling
from leadscore_core.registry.out_of_sample import read_out_of_sample
from leadscore_core.registry.registry import METADATA, PICKLE, ModelRegistry, load_champion
from tests.paths import ROOT


def named(model: LeadModel, name: str) -> LeadModel:
    return LeadModel(model.pipeline, model.metadata.model_copy(update={"model_id": name}))


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory, trained: LeadModel) -> Path:
    """Two published models; the second is the champion and the first was."""
    made = ModelRegistry(tmp_path_factory.mktemp("two") / "models")
    for name in ("first", "second"):
        made.publish(named(trained, name))
        made.promote(name)
    return made.root


@pytest.fixture
def registry(tmp_path: Path, two_models: Path) -> ModelRegistry:
    """A registry of these two, to be changed."""
    return ModelRegistry(shutil.copytree(two_models, tmp_path / "models"))


def test_what_was_published_is_loaded_and_scores_the_same(registry: ModelRegistry, trained: LeadModel, sample) -> None:
    loaded = registry.load("first")
    cleaned, _ = loaded.clean(sample.new)
    assert (loaded.propensity(cleaned) == trained.propensity(cleaned)).all()
    assert loaded.metadata.format_version == FORMAT_VERSION
    assert len(loaded.metadata.pickle_sha256) == 64
    assert {p.name for p in (registry.root / "first").iterdir()} == {PICKLE, METADATA}


def test_a_model_is_unpickled_once_and_anew_when_its_files_change(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = count_loads(monkeypatch)
    first = registry.load("first")
    assert not registry.is_held("second")
    assert ModelRegistry(registry.root).load("first") is first
    assert registry.load_champion()[0] is registry.load("second")
    assert registry.is_held("first")
    assert loads == ["first", "second"]
    path = registry.root / "first" / METADATA
    write_text(path, path.read_text().replace('"note":""', '"note":"changed"'))
    assert not registry.is_held("first")
    assert registry.load("first") is not first
    assert loads == ["first", "second", "first"]


def test_few_models_are_held_and_one_that_many_ask_for_is_unpickled_once(
    registry: ModelRegistry, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        registry.publish(named(trained, f"more-{number}"))
    loads = count_loads(monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(registry.load, ["first"] * 8)))) == 1
    assert loads == ["first"]
    for number in range(6):
        registry.load(f"more-{number}")
    held = [number for number in range(6) if registry.is_held(f"more-{number}")]
    assert held == [2, 3, 4, 5]
    assert not registry.is_held("first")


def count_loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by a model's name whenever its pickle is read."""
    loads: list[str] = []
    read = unpickling.unpickle_model

    def counted(path: Path) -> object:
        loads.append(path.parent.name)
        return read(path)

    monkeypatch.setattr(unpickling, "unpickle_model", counted)
    registry_module._held.clear()
    return loads


def test_the_metadata_say_what_was_agreed(registry: ModelRegistry) -> None:
    result = json.loads((registry.root / "first" / METADATA).read_text())
    assert set(result) >= {
        "format_version",
        "schema_name",
        "features",
        "threshold",
        "grades",
        "metrics",
        "training_data",
        "libraries",
        "git_commit",
        "pickle_sha256",
    }
    assert "split" in result["metrics"]["cross_validation"]
    assert set(result["training_data"]) >= {"rows", "sha256", "period_start", "period_end"}


def test_rollback_goes_to_the_champion_before(registry: ModelRegistry, trained: LeadModel) -> None:
    assert registry.rollback() == "first"
    assert registry.champion_id == "first"
    registry.publish(named(trained, "third"))
    registry.promote("third")
    assert registry.rollback() == "first"


def test_rolling_back_again_goes_back_further(registry: ModelRegistry, trained: LeadModel) -> None:
    registry.publish(named(trained, "third"))
    registry.promote("third")
    assert [registry.rollback(), registry.rollback()] == ["second", "first"]
    with pytest.raises(RegistryError, match="no earlier champion"):
        registry.rollback()
    registry.promote("third")
    assert registry.rollback() == "first"


def test_rollback_passes_over_a_damaged_model(registry: ModelRegistry, trained: LeadModel) -> None:
    registry.publish(named(trained, "third"))
    registry.promote("third")
    damage_pickle(registry.root / "second")
    assert registry.rollback() == "first"


def test_rollback_without_history_says_so(tmp_path: Path, trained: LeadModel) -> None:
    registry = ModelRegistry(tmp_path)
    registry.publish(named(trained, "only"))
    registry.promote("only")
    with pytest.raises(RegistryError, match="no earlier champion"):
        registry.rollback()


def test_a_changed_pickle_is_never_loaded(registry: ModelRegistry, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    joblib.dump(Trap(), registry.root / "second" / PICKLE)
    with pytest.raises(RegistryError, match="SHA-256 differs"):
        registry.load("second")
    assert not (tmp_path / "sprung").exists()


def damage_pickle(folder: Path) -> None:
    (folder / PICKLE).write_bytes(b"nonsense")


def damage_metadata(folder: Path) -> None:
    (folder / METADATA).write_text("{")


def newer_format(folder: Path) -> None:
    result = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps(result | {"format_version": FORMAT_VERSION + 1}))


def foreign_folder(folder: Path) -> None:
    (folder / METADATA).write_text("[1, 2]")


def no_pickle(folder: Path) -> None:
    (folder / PICKLE).unlink()


@pytest.mark.parametrize("damage", [damage_pickle, damage_metadata, newer_format, foreign_folder, no_pickle])
def test_the_last_sound_champion_serves_in_place_of_a_damaged_one(registry: ModelRegistry, damage) -> None:
    damage(registry.root / "second")
    with pytest.raises(RegistryError, match="second"):
        registry.load("second")
    model, notice = registry.load_champion()
    assert model.model_id == "first"
    assert "second" in notice
    assert "first, is used" in notice
    assert "first" in [metadata.model_id for metadata in registry.list_models()]


def test_a_damaged_model_is_not_promoted(registry: ModelRegistry) -> None:
    damage_pickle(registry.root / "first")
    with pytest.raises(RegistryError):
        registry.promote("first")
    assert registry.champion_id == "second"


def test_a_failed_publish_leaves_nothing(registry: ModelRegistry, trained: LeadModel, monkeypatch) -> None:
    before = sorted(p.name for p in registry.root.iterdir())

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib, "dump", full)
    with pytest.raises(RegistryError, match="No space left on device.*champion is unchanged"):
        registry.publish(named(trained, "third"))
    assert sorted(p.name for p in registry.root.iterdir()) == before
    assert registry.champion_id == "second"


def test_models_are_never_overwritten(registry: ModelRegistry, trained: LeadModel) -> None:
    with pytest.raises(RegistryError, match="already a model first"):
        registry.publish(named(trained, "first"))


@pytest.mark.parametrize("name", ["../second", "/etc", "", ".hidden", "a/b", "second\n"])
def test_a_name_cannot_leave_the_directory(registry: ModelRegistry, name: str) -> None:
    with pytest.raises(RegistryError):
        registry.load(name)


def test_an_unknown_name_offers_the_known_ones(registry: ModelRegistry) -> None:
    with pytest.raises(RegistryError, match="Known models: .*first"):
        registry.load("fourth")


def test_without_a_champion_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="leadscore train FILE --promote"):
        load_champion(tmp_path / "nothing")


def test_the_shipped_model_is_sound_and_says_what_it_is() -> None:
    model = load_champion()
    assert model.metadata.training_data.synthetic
    assert model.metadata.meets_targets


CHANGING = """
import sys
from pathlib import Path
from leadscore_core.registry.registry import ModelRegistry
registry = ModelRegistry(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for model_id in sys.argv[2:]:
        registry.promote(model_id, by="a loop", reason="again")
"""


def changing(registry: ModelRegistry, *model_ids: str) -> subprocess.Popen[bytes]:
    """A process that changes the champion without end, once it has begun."""
    words = [sys.executable, "-c", CHANGING, str(registry.root), *model_ids]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def test_killed_while_promoting_the_registry_stays_sound(registry: ModelRegistry) -> None:
    names = ["first", "second"]
    rng = random.Random(1)
    for _ in range(8):
        process = changing(registry, *names)
        time.sleep(rng.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        champion = registry.load_champion()[0].model_id
        assert champion in names
        history = registry.history()
        assert history[0]["model_id"] == champion  # what history says last is what serves
        assert {m.model_id for m in registry.list_models()} == set(names)
    registry.promote("first")
    assert registry.champion_id == "first"
    assert registry.rollback() == "second"


def test_two_promotions_at_once_are_one_after_the_other(registry: ModelRegistry) -> None:
    processes = [changing(registry, name) for name in ("first", "second")]
    until = time.monotonic() + 60
    while len(registry.history()) <= 8 and time.monotonic() < until:
        time.sleep(0.1)
    for process in processes:
        assert process.poll() is None, process.communicate()[1]
        process.kill()
        process.communicate()
    result = registry.history()[::-1]
    assert len(result) > 4
    assert {"first", "second"} == {entry["model_id"] for entry in result}
    for before, after in zip(result, result[1:], strict=False):
        assert after["before"] == before["model_id"]  # each change knows the one that was in force


FULL = """
import resource, signal, sys
from pathlib import Path
from leadscore_core._files import write_text
from leadscore_core.errors import RegistryError
from leadscore_core.registry.registry import ModelRegistry
registry = ModelRegistry(Path(sys.argv[1]))
model = registry.load(sys.argv[2])
object.__setattr__(model, "metadata", model.metadata.model_copy(update={"model_id": "third"}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # writing more fails, as on a full disk
try:
    registry.publish(model)
except RegistryError as error:
    print(error)
"""


def test_a_full_disk_publishes_nothing_by_half(registry: ModelRegistry) -> None:
    words = [sys.executable, "-c", FULL, str(registry.root), "second"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert "could not be written" in done.stdout, done.stderr
    assert "the champion is unchanged" in done.stdout
    assert {m.model_id for m in registry.list_models()} == {"first", "second"}
    assert not list(registry.root.glob(".staging-*"))
    assert registry.load_champion()[0].model_id == "second"


def test_predictions_whose_folds_were_called_parts_are_read(tmp_path: Path) -> None:
    now = pd.DataFrame({"split": ["next_period"], "fold": ["2026-01"], "propensity": [0.5], "completed": [1]})
    now.rename(columns={"fold": "part"}).to_parquet(tmp_path / "before.parquet")
    pd.testing.assert_frame_equal(read_out_of_sample(tmp_path / "before.parquet"), now)


def test_the_shipped_model_has_every_field_that_came_after_it() -> None:
    schema = ModelRegistry(ROOT / "models").load_champion()[0].schema
    assert set(type(schema).model_fields) <= set(schema.__dict__)
    assert all(set(type(column).model_fields) <= set(column.__dict__) for column in schema.columns)


def of_schema(model: LeadModel, name: str, schema: str) -> LeadModel:
    """The same model as if it were of another company's leads."""
    metadata = model.metadata.model_copy(update={"model_id": name, "schema_name": schema})
    return LeadModel(model.pipeline, metadata)


@pytest.fixture
def three(registry: ModelRegistry, trained: LeadModel) -> ModelRegistry:
    """Besides the two of the shipped schema, models of two other companies, of which two were promoted."""
    for name, schema in (("gym-1", "gym"), ("gym-2", "gym"), ("shop-1", "shop")):
        registry.publish(of_schema(trained, name, schema))
        registry.promote(name)
    return registry


def test_each_schema_has_a_champion_of_its_own(three: ModelRegistry) -> None:
    assert three.champions == {"shop": "shop-1", "gym": "gym-2", "codepro": "second"}
    assert three.champion_id == "shop-1"
    assert [three.load_champion(schema)[0].model_id for schema in three.champions] == ["shop-1", "gym-2", "second"]
    assert [entry["model_id"] for entry in three.history("gym")] == ["gym-2", "gym-1"]
    assert [entry["schema"] for entry in three.history()] == ["shop", "gym", "gym", "codepro", "codepro"]
    with pytest.raises(RegistryError, match="no champion of 'farm'"):
        three.load_champion("farm")
    with pytest.raises(RegistryError, match="schema='gym'"):
        load_champion(three.root)
    assert load_champion(three.root, "gym").model_id == "gym-2"


def test_a_schema_is_rolled_back_alone(three: ModelRegistry) -> None:
    assert three.rollback("gym", by="Anna", reason="Callers want it") == "gym-1"
    assert three.champions == {"gym": "gym-1", "shop": "shop-1", "codepro": "second"}
    assert three.history("gym")[0] | {"at": "", "key": ""} == {
        "at": "", "key": "", "schema": "gym", "action": "rollback", "model_id": "gym-1", "before": "gym-2",
        "by": "Anna", "reason": "Callers want it",
    }  # fmt: skip
    with pytest.raises(RegistryError, match="no earlier champion of 'shop'"):
        three.rollback("shop")
    assert three.rollback("codepro") == "first"
    assert three.champions == {"codepro": "first", "gym": "gym-1", "shop": "shop-1"}


def test_a_registry_of_before_needs_no_migration(registry: ModelRegistry, trained: LeadModel) -> None:
    """It has one champion, and a history that names no schema."""
    history = registry.root / "champion_history.jsonl"
    entries = [json.loads(line) for line in history.read_text().splitlines()]
    history.write_text("".join(json.dumps({k: v for k, v in e.items() if k != "schema"}) + "\n" for e in entries))
    assert sorted(p.name for p in registry.root.glob("champion*")) == ["champion", "champion_history.jsonl"]
    assert registry.champions == {"codepro": "second"}
    registry.publish(of_schema(trained, "gym-1", "gym"))
    registry.promote("gym-1")
    assert registry.champions == {"gym": "gym-1", "codepro": "second"}
    assert registry.rollback("codepro") == "first"
    assert registry.champions == {"codepro": "first", "gym": "gym-1"}


@pytest.mark.parametrize("written", range(1, 5))
def test_a_change_that_is_cut_off_anywhere_leaves_every_schema_a_champion(
    three: ModelRegistry, trained: LeadModel, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = three.champions
    three.publish(of_schema(trained, "gym-3", "gym"))
    writes = iter(range(1, 10))

    def cut(write):
        def cut_off(*given: object) -> None:
            if next(writes) > written:
                raise OSError(28, "No space left on device")
            write(*given)

        return cut_off

    for name in ("write_text", "append_change"):
        monkeypatch.setattr(champions_module, name, cut(getattr(champions_module, name)))
    with pytest.raises(RegistryError):
        three.promote("gym-3")
    after = before if written < 3 else {"gym": "gym-3"} | {s: m for s, m in before.items() if s != "gym"}
    assert three.champions == after
    assert three.history("gym")[0]["model_id"] == after["gym"]  # what history says last is what serves
    monkeypatch.undo()
    three.promote("second")
    assert three.champions == {"codepro": "second"} | {s: m for s, m in after.items() if s != "codepro"}


def test_a_damaged_champion_is_replaced_by_one_of_its_own_schema(three: ModelRegistry) -> None:
    damage_metadata(three.root / "gym-2")
    model, notice = three.load_champion("gym")
    assert model.model_id == "gym-1"
    assert "gym-1, is used" in notice
    assert three.load_champion("codepro")[0].model_id == "second"
    damage_pickle(three.root / "shop-1")
    with pytest.raises(RegistryError, match="shop-1"):
        three.load_champion("shop")


@pytest.mark.parametrize("schema", ["shop", "gym", "codepro"])
def test_a_schemas_model_is_taken_out_of_use_alone_and_kept(three: ModelRegistry, schema: str) -> None:
    before, history = three.champions, three.history()
    retired = three.retire(schema, by="Anna", reason="Its company has left us")
    assert retired == before[schema]
    assert three.champions == {name: model_id for name, model_id in before.items() if name != schema}
    assert three.champion_id == next(iter(three.champions.values()))
    assert three.history()[1:] == history
    assert three.history(schema)[0] | {"at": "", "key": ""} == {
        "at": "", "key": "", "schema": schema, "action": "retire", "model_id": retired, "before": retired,
        "by": "Anna", "reason": "Its company has left us",
    }  # fmt: skip
    with pytest.raises(RegistryError, match=f"no champion of '{schema}'"):
        three.load_champion(schema)
    with pytest.raises(RegistryError, match=f"No model of '{schema}' is in use"):
        three.retire(schema)
    earlier = three.earlier_champions(schema)
    assert retired not in earlier, "a rollback does not bring back what was retired"
    three.promote(retired)
    assert three.champions == {schema: retired} | {name: m for name, m in before.items() if name != schema}


def test_the_only_model_is_taken_out_of_use(registry: ModelRegistry) -> None:
    assert registry.retire("codepro") == "second"
    assert (registry.champions, registry.champion_id) == ({}, None)
    assert [model.model_id for model in registry.list_models()] != []
    assert registry.rollback("codepro") == "first"
    assert registry.champions == {"codepro": "first"}


@pytest.mark.parametrize("schema", ["shop", "gym"])
@pytest.mark.parametrize("written", range(6))
def test_a_retirement_that_is_cut_off_anywhere_is_whole_or_none(
    three: ModelRegistry, schema: str, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = three.champions
    writes = iter(range(10))

    def cut(write):
        def cut_off(*given: object) -> None:
            if next(writes) >= written:
                raise OSError(28, "No space left on device")
            write(*given)

        return cut_off

    for name in ("write_text", "append_change"):
        monkeypatch.setattr(champions_module, name, cut(getattr(champions_module, name)))
    enough = 5 if schema == "shop" else 3  # that of the last change is named in a file of its own besides
    with nullcontext() if written >= enough else pytest.raises(RegistryError, match="could not be taken out of use"):
        three.retire(schema)
    left = {name: model_id for name, model_id in before.items() if name != schema}
    assert three.champions in (before, left)
    assert (three.history(schema)[0]["action"] == "retire") is (schema not in three.champions)
    monkeypatch.undo()
    three.promote("gym-1")
    assert three.champions["gym"] == "gym-1"
    assert three.champions["codepro"] == "second"
