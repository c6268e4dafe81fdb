"""Files of our own: whole or not at all, in one place."""

import ast
import errno
import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from leadscore_core import _files
from leadscore_core._files import (
    ScratchFolder,
    append_line,
    hash_file,
    publish_folder,
    staged_folder,
    whole_file,
    write_text,
)
from tests.paths import ROOT

HOME = ROOT / "leadscore_core" / "_files.py"
PRODUCT = sorted([*(ROOT / "leadscore_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"])


class _Full(OSError):
    pass


def break_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise _Full(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_files.os, step, fail)


def write_half(path: Path) -> None:
    with whole_file(path) as aside:
        aside.write_text("half")
        raise OSError("half of it was written")


def publish(root: Path, name: str, content: str) -> None:
    with staged_folder(root) as staged:
        (staged / "metadata.json").write_text(content)
        assert staged.parent == root
        publish_folder(staged, root / name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_in_full_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_text(path, "old")
    with whole_file(path) as aside:
        aside.write_text("new")
        assert path.read_text() == "old"
        assert aside.parent == path.parent, "another disk could not replace it at once"
    assert path.read_text() == "new"
    with pytest.raises(OSError, match="half"):
        write_half(path)
    assert path.read_text() == "new"
    assert names(tmp_path) == ["list.csv"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("before", ["old", None])
def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: str | None
) -> None:
    path = tmp_path / "champion"
    if before is not None:
        write_text(path, before)
    break_at(monkeypatch, step)
    with pytest.raises(_Full):
        write_text(path, "new")
    assert names(tmp_path) == (["champion"] if before else [])
    assert not before or path.read_text() == before


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_folder_that_cannot_be_published_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    break_at(monkeypatch, step)
    with pytest.raises(_Full):
        publish(tmp_path, "model", "pipeline")
    assert names(tmp_path) == []


def test_a_folder_appears_whole_and_never_over_another(tmp_path: Path) -> None:
    for place in ("a", "b"):
        publish(tmp_path / "models", place, place)
    with pytest.raises(OSError, match="not empty"):
        publish(tmp_path / "models", "a", "c")
    assert names(tmp_path / "models") == ["a", "b"]
    assert (tmp_path / "models" / "a" / "metadata.json").read_text() == "a"
    assert stat.S_IMODE((tmp_path / "models" / "a").stat().st_mode) == 0o755


def test_file_and_folder_are_on_the_disk_before_anybody_counts_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def watched(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def moved(old: Path, new: Path) -> None:
        done.append("replace")
        replace(old, new)

    monkeypatch.setattr(_files.os, "fsync", watched)
    monkeypatch.setattr(_files.os, "replace", moved)
    write_text(tmp_path / "state.json", "{}")
    assert done == ["file", "replace", "folder"]
    done.clear()
    with staged_folder(tmp_path) as staged:
        for name in ("pipeline.joblib", "metadata.json"):
            (staged / name).write_text(name)
        publish_folder(staged, tmp_path / "model")
    assert done == ["file", "file", "folder", "replace", "folder"]
    done.clear()
    append_line(tmp_path / "history.jsonl", "one")
    append_line(tmp_path / "history.jsonl", "two")
    assert (tmp_path / "history.jsonl").read_text() == "one\ntwo\n"
    assert done == ["file", "file"]


def test_a_share_that_cannot_bring_folders_to_the_disk_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def refused(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(handle)

    monkeypatch.setattr(_files.os, "fsync", refused)
    write_text(tmp_path / "list.csv", "id")
    assert (tmp_path / "list.csv").read_text() == "id"


def test_permissions_are_those_of_the_file_that_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_text(path, "old")
    bare = tmp_path / "bare"
    bare.write_text("")
    assert path.stat().st_mode == bare.stat().st_mode, "a new file gets what any new file gets here"
    for mode in (0o600, 0o440):
        path.chmod(mode)
        write_text(path, "new")
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_hash_is_sha_256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    for content in (b"", b"id\n1\n", os.urandom(300_000)):
        path.write_bytes(content)
        assert hash_file(path) == hashlib.sha256(content).hexdigest()


def published_by_hand(tree: ast.AST) -> list[str]:
    """Return calls that publish, sync or hash files by another way than `_files`."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of, name = ast.unparse(node.func.value), node.func.attr
        if (of == "os" and name in {"replace", "rename", "renames", "fsync", "link"}) or (
            (of, name) in {("shutil", "move"), ("hashlib", "file_digest")}
            or (of == "tempfile" and name in {"mkstemp", "NamedTemporaryFile", "mktemp"})
        ):
            found.append(ast.unparse(node))
        elif name in {"replace", "rename"} and len(node.args) == 1 and not node.keywords:
            found.append(ast.unparse(node))  # as of a path: text and moments are replaced otherwise
        elif of == "hashlib" and any("read" in ast.unparse(given) for given in node.args):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_else_publishes_files(path: Path) -> None:
    found = published_by_hand(ast.parse(path.read_text(encoding="utf-8")))
    assert (len(found) >= 4) if path == HOME else (not found), found


def test_what_publishes_by_hand_is_seen() -> None:
    code = "os.replace(a, b)\naside.replace(folder / 'x')\nPath(a).rename(b)\nos.fsync(h)\nmoment.replace(tzinfo=z)"
    assert len(published_by_hand(ast.parse(code + "\n'a'.replace('a', 'b')"))) == 4


def test_what_a_killed_process_left_half_written_goes_when_the_next_one_writes_there(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from leadscore_core._files import *\n"
        "file, folder = whole_file(Path(sys.argv[1]) / 'a.csv'), staged_folder(Path(sys.argv[1]))\n"
        "file.__enter__().write_text('half'); (folder.__enter__() / 'b').write_text('half')\n"
        "print('begun', flush=True)\n"
        "signal.pause() if sys.argv[2] == 'lives' else os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path, "dies"], check=False)
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 2
    (tmp_path / ".a.csv-0a1b2c3d").write_text("somebody else's")
    with subprocess.Popen([sys.executable, "-c", code, tmp_path, "lives"], stdout=subprocess.PIPE) as living:
        assert living.stdout is not None
        assert living.stdout.readline() == b"begun\n"
        held = {path.name for path in tmp_path.iterdir()} - {".a.csv-0a1b2c3d"}
        assert len(held) == 2, "what the killed one left has gone"
        assert not held & left
        write_text(tmp_path / "other.csv", "new")
        assert {path.name for path in tmp_path.iterdir()} == held | {"other.csv", ".a.csv-0a1b2c3d"}
        living.kill()
    write_text(tmp_path / "other.csv", "newer")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.csv-0a1b2c3d", "other.csv"]


def test_a_name_of_any_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 125 + ".csv")
    write_text(path, "new")
    assert path.read_text() == "new"


def test_scratch_goes_with_its_owner_and_after_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "leadscore-scratch-left").mkdir()
    (tmp_path / "leadscore-scratch-left" / "upload.csv").write_text("personal")
    first, second = ScratchFolder(), ScratchFolder()
    assert {path.name for path in tmp_path.iterdir()} == {first.path.name, second.path.name}
    first.close()
    del second
    assert list(tmp_path.iterdir()) == []
