"""A pickle is code: what a model's file asks for beside what models are made of is refused, and nothing runs."""

import copyreg
import functools
import importlib
import io
import operator
import os
import pickle
import struct
import subprocess
import types
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
from joblib.numpy_pickle_compat import NDArrayWrapper
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.utils.validation import check_array

from leadscore_core._files import hash_file
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LeadScoreError, RegistryError, UntrustedModelError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry import unpickling
from leadscore_core.registry.registry import METADATA, PICKLE, ModelRegistry
from leadscore_core.registry.trusted_names import TRUSTED, Use
from leadscore_core.registry.unpickling import unpickle_model

RAN: list[str] = []


def ran(*words: Any) -> str:
    """Stand for what an attacker wants to be called."""
    RAN.append(str(words))
    return ""


class Reduced:
    """Pickles as a call."""

    def __init__(self, called: Callable[..., Any], *args: Any) -> None:
        self.how = called, args

    def __reduce__(self) -> tuple[Any, ...]:
        return self.how


class Built:
    """Pickles as what a call makes, with a state that is set on it."""

    def __init__(self, called: Callable[..., Any], args: tuple[Any, ...], state: Any) -> None:
        self.how = called, args, state

    def __reduce__(self) -> tuple[Any, ...]:
        return self.how


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    RAN.clear()
    yield
    assert RAN == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def _unpickled(tmp_path: Path, payload: bytes) -> Any:
    path = tmp_path / PICKLE
    path.write_bytes(zlib.compress(payload))
    return unpickle_model(path)


def dumped(thing: Any) -> bytes:
    out = io.BytesIO()
    joblib.dump(thing, out)
    return out.getvalue()


def named(module: str, name: str, *args: Any) -> bytes:
    """A call of a name with texts, as protocol 4 writes it, with the module's name out of the memo."""

    def text(word: str) -> bytes:
        return b"\x8c" + struct.pack("<B", len(word)) + word.encode()

    said = text(module) + b"\x94" + b"0" + b"h\x00" + text(name) + b"\x93"
    return b"\x80\x04" + said + b"(" + b"".join(text(word) for word in args) + b"t" + b"R."


ASKED = {
    "os.system": ("posix.system", lambda at: dumped(Reduced(os.system, f"touch {at}"))),
    "exec": ("builtins.exec", lambda at: dumped(Reduced(exec, f"open({str(at)!r}, 'w')"))),
    "eval": ("builtins.eval", lambda at: dumped(Reduced(eval, f"open({str(at)!r}, 'w')"))),
    "getattr": ("builtins.getattr", lambda at: dumped(Reduced(getattr, 1, "real"))),
    "import": ("builtins.__import__", lambda at: dumped(Reduced(__import__, "antigravity"))),
    "open": ("io.open", lambda at: dumped(Reduced(open, str(at), "w"))),
    "popen": ("subprocess.Popen", lambda at: dumped(Reduced(subprocess.Popen, ["touch", str(at)]))),
    "a function of a test": ("ran", lambda at: dumped(Reduced(ran, "ran"))),
    "partial of system": ("posix.system", lambda at: dumped(functools.partial(os.system, f"touch {at}"))),
    "attrgetter": ("operator.attrgetter", lambda at: dumped(operator.attrgetter("__class__"))),
    "methodcaller": ("operator.methodcaller", lambda at: dumped(operator.methodcaller("format"))),
    "a function's class": ("builtins.type", lambda at: dumped(Reduced(type, "X", (), {}))),
    "code": ("types.CodeType", lambda at: named("types", "CodeType")),
    "runstring": ("numpy.testing", lambda at: named("numpy.testing._private.utils", "runstring", "1", "{}")),
    "f2py": ("numpy.f2py.compile", lambda at: named("numpy.f2py", "compile", "end")),
    "numpy.load": ("numpy.load", lambda at: named("numpy", "load", str(at))),
    "numpy.save": ("numpy.save", lambda at: named("numpy", "save", str(at), "1")),
    "memmap": ("numpy.memmap", lambda at: named("numpy", "memmap", str(at))),
    "Parallel": ("joblib.parallel.Parallel", lambda at: named("joblib.parallel", "Parallel")),
    "sklearn's Parallel": ("sklearn.utils.parallel.Parallel", lambda at: named("sklearn.utils.parallel", "Parallel")),
    "sklearn's import": ("sklearn.utils._testing", lambda at: named("sklearn.utils._testing", "check_skip_network")),
    "pandas.eval": ("pandas.eval", lambda at: named("pandas", "eval", "1+1")),
    "read_pickle": ("pandas.read_pickle", lambda at: named("pandas", "read_pickle", str(at))),
    "joblib.load": ("joblib.load", lambda at: named("joblib", "load", str(at))),
    "Memory": ("joblib.memory.Memory", lambda at: named("joblib.memory", "Memory", str(at))),
    "a path through a module": ("pandas.io.common", lambda at: named("pandas", "io.common.os.system", f"touch {at}")),
    "a path through a class": ("Pipeline.fit", lambda at: named("sklearn.pipeline", "Pipeline.fit", "1")),
    "a neighbour": ("sklearn.pipeline.make_pipeline", lambda at: named("sklearn.pipeline", "make_pipeline")),
    "objects in an array": ("posix.system", lambda at: dumped(np.array([Reduced(os.system, f"touch {at}")], object))),
    "an array in a file": ("NDArrayWrapper", lambda at: dumped(NDArrayWrapper(str(at), np.ndarray))),
    "a class called": ("a call of lightgbm.basic.Booster", lambda at: dumped(Reduced(lightgbm.Booster, {}))),
    "another one's booster": (
        "a booster that is no text",
        lambda at: b"\x80\x02clightgbm.basic\nBooster\n)\x81}X\x07\x00\x00\x00_handleK@sb.",
    ),
    "a class changed": (
        "a state of leadscore_core.data.schema.schema.LeadSchema",
        lambda at: b"\x80\x02cleadscore_core.data.schema.schema\nLeadSchema\n}b.",
    ),
    "a role changed": (
        "a state of leadscore_core.data.schema.schema.Role",
        lambda at: dumped(Built(Role, ("number",), {"_value_": "id"})),
    ),
    "a function changed": (
        "a state of leadscore_core.model.algorithms.merge_rare",
        lambda at: b"\x80\x02cleadscore_core.model.algorithms\nmerge_rare\n}b.",
    ),
    "an object as a class": (
        "an object of builtins.dict",
        lambda at: b"\x80\x02})\x81.",
    ),
    "a function as a class": (
        "an object of leadscore_core.model.algorithms.merge_rare",
        lambda at: b"\x80\x02cleadscore_core.model.algorithms\nmerge_rare\n)\x81.",
    ),
    "another partial": (
        "a partial of",
        lambda at: dumped(Built(functools.partial, (check_array,), (np.ndarray, (), {}, None))),
    ),
    "a partial that is never told": ("a partial of", lambda at: dumped(Reduced(functools.partial, lightgbm.Booster))),
    "a dtype that hides objects": (
        "a dtype",
        lambda at: dumped(Built(np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 0))),
    ),
    "a dtype beyond its end": (
        "a dtype",
        lambda at: dumped(
            Built(
                np.dtype, ("V8", False, True),
                (3, "|", None, ("a",), {"a": (np.dtype("f8"), 4096)}, 8, 1, 16),
            )
        ),
    ),
    "an extension's code": ("the extension 119", lambda at: b"\x80\x02\x82\x77."),
    "an object outside": ("an object outside the file", lambda at: b"\x80\x02X\x01\x00\x00\x00aQ."),
    "an object outside, in words": ("an object outside the file", lambda at: b"Pa\n."),
    "an old call": ("an opcode that no model", lambda at: b"(S'true'\niposix\nsystem\n."),
    "an old object": ("an opcode that no model", lambda at: b"(ccollections\nOrderedDict\no."),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_what_no_model_is_made_of_is_refused_by_its_name(asked: str, tmp_path: Path, place: Path) -> None:
    name, make = ASKED[asked]
    with pytest.raises(UntrustedModelError) as refused:
        _unpickled(tmp_path, make(place))
    assert name in refused.value.asked_for
    assert not place.exists()


def test_a_code_that_somebody_registered_is_refused_also_where_it_was_used_before(tmp_path: Path) -> None:
    copyreg.add_extension(__name__, "ran", 119)
    try:
        copyreg._extension_cache[119] = ran  # type: ignore[attr-defined]
        with pytest.raises(UntrustedModelError, match="extension 119"):
            _unpickled(tmp_path, b"\x80\x02\x82\x77)R.")
    finally:
        copyreg.remove_extension(__name__, "ran", 119)
        copyreg._extension_cache.pop(119, None)  # type: ignore[attr-defined]


def test_a_module_that_is_not_trusted_is_not_even_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs_on_import.py").write_text("raise SystemExit('it ran')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UntrustedModelError, match=r"runs_on_import\.X"):
        _unpickled(tmp_path, named("runs_on_import", "X"))


def test_what_unpacks_to_more_than_a_model_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpickling, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="more than a model has"):
        _unpickled(tmp_path, bytes(100_000))


def test_an_exchanged_pickle_with_a_hash_of_its_own_does_not_run(
    trained: LeadModel, tmp_path: Path, place: Path
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    folder = registry.root / trained.model_id
    (folder / PICKLE).write_bytes(zlib.compress(dumped(Reduced(os.system, f"touch {place}"))))
    changed = trained.metadata.model_copy(update={"pickle_sha256": hash_file(folder / PICKLE)})
    (folder / METADATA).write_text(changed.model_dump_json())
    for use in (registry.load, registry.promote):
        with pytest.raises(UntrustedModelError, match=r"asks for posix\.system.*nothing of it ran.*trusted_classes"):
            use(trained.model_id)
    assert registry.champion_id is None
    assert not place.exists()


def test_a_pipeline_that_would_read_a_cache_is_refused(trained: LeadModel, tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    folder = registry.root / trained.model_id
    pipeline = unpickle_model(folder / PICKLE)
    pipeline.memory = str(tmp_path)
    joblib.dump(pipeline, folder / PICKLE, compress=3)
    changed = trained.metadata.model_copy(update={"pickle_sha256": hash_file(folder / PICKLE)})
    (folder / METADATA).write_text(changed.model_dump_json())
    with pytest.raises(RegistryError, match="not a LeadScore pipeline"):
        registry.load(trained.model_id)


OWN = """
from sklearn.linear_model import LogisticRegression
class Mine(LogisticRegression):
    pass
"""


def test_a_class_of_ones_own_is_trusted_by_its_full_name(
    trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "classes_of_mine.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    mine = importlib.import_module("classes_of_mine").Mine(C=0.5)
    with pytest.raises(UntrustedModelError, match=r"classes_of_mine\.Mine"):
        _unpickled(tmp_path, dumped(mine))
    registry = ModelRegistry(tmp_path / "models")
    steps = [*trained.pipeline.steps[:-1], ("model", mine)]
    own = LeadModel(type(trained.pipeline)(steps), trained.metadata)
    with pytest.raises(UntrustedModelError, match=r"made of classes_of_mine\.Mine, which is not trusted.*not kept"):
        registry.publish(own)
    assert registry.list_models() == []
    monkeypatch.setenv("LEADSCORE_TRUSTED_CLASSES", '["classes_of_mine"]')  # a module is no class
    with pytest.raises(LeadScoreError, match="full names such as"):
        _unpickled(tmp_path, dumped(mine))
    monkeypatch.setenv("LEADSCORE_TRUSTED_CLASSES", '["classes_of_mine.Mine"]')
    assert _unpickled(tmp_path, dumped(mine)).C == 0.5
    registry.publish(own)
    assert registry.load(own.model_id).pipeline.steps[-1][1].C == 0.5


def test_pythons_own_names_are_never_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_TRUSTED_CLASSES", '["os.system"]')
    with pytest.raises(LeadScoreError, match="Python's own"):
        _unpickled(tmp_path, named("os", "system", "true"))


def test_every_name_on_the_list_is_there_and_of_its_kind() -> None:
    for (module, name), use in TRUSTED.items():
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, type) or use is Use.CALLED, f"{module}.{name}"
        assert not isinstance(found, types.ModuleType)
    forbidden = {
        "os",
        "posix",
        "subprocess",
        "sys",
        "operator",
        "importlib",
        "pickle",
        "types",
        "io",
        "shutil",
        "ctypes",
    }
    assert forbidden.isdisjoint(module.split(".")[0] for module, _ in TRUSTED)
    assert {name for module, name in TRUSTED if module == "builtins"} == {
        "bytearray", "complex", "frozenset", "set", "slice",
    }  # fmt: skip


def test_what_a_model_holds_comes_back_as_it_was(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", None], "b": [1.5, 2.0]})
    leads, label = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    forest = ExtraTreesClassifier(3, random_state=0).fit(leads, label)
    things = {"frame": frame, "objects": np.array(["x", None, 1], object), "random": np.random.RandomState(3)}
    things |= {"generator": np.random.default_rng(1), "partial": functools.partial(check_array, dtype=None)}
    back = _unpickled(tmp_path, dumped(things | {"forest": forest}))
    pd.testing.assert_frame_equal(back["frame"], frame)
    assert back["objects"].tolist() == ["x", None, 1]
    assert back["random"].rand() == np.random.RandomState(3).rand()
    assert back["generator"].random() == np.random.default_rng(1).random()
    assert back["partial"](leads).shape == (20, 2)
    assert np.array_equal(back["forest"].predict_proba(leads), forest.predict_proba(leads))


def test_a_schema_keeps_who_answered(schema: LeadSchema, tmp_path: Path) -> None:
    answer = {"said": "known before", "by": "Anna", "at": "2026-01-02T03:04:05Z"}
    told = LeadSchema.model_validate(schema.model_dump() | {"answers": {"platform": answer}})
    assert _unpickled(tmp_path, dumped(told)) == told


def test_pickle_itself_would_have_run_these(place: Path) -> None:
    pickle.loads(pickle.dumps(Reduced(ran, "ran")))
    assert RAN
    RAN.clear()
