"""Files that stay open: unpacked, brought to UTF-8 and looked into once, for as long as somebody works with them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from leadscore_core._files import ScratchFolder, scratch_folder

_Opened = TypeVar("_Opened")
_State = tuple[object, ...]


@dataclass
class _Held(Generic[_Opened]):
    """A file that was opened, and the folder of its copies."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    opened: _Opened | None = None
    scratch: ScratchFolder | None = None


class OpenFiles(Generic[_Opened]):
    """Files below a folder, or all, which are opened once until `close`; one that changes is opened anew.

    Parameters
    ----------
    root
        All files if not given.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = None if root is None else root.resolve()
        self._held: dict[_State, _Held[_Opened]] = {}
        self._lock = threading.Lock()

    def has(self, path: Path) -> bool:
        """Tell whether a file is one of these."""
        return self.root is None or path.resolve().is_relative_to(self.root)

    def open(self, path: Path, how: object, make: Callable[[Path], _Opened]) -> _Opened:
        """Return what `make` gave for this file as it is now, with a folder for copies of it."""
        now = path.stat()
        key = (path.resolve(), now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, how)
        with self._lock:
            held = self._held.setdefault(key, _Held())
        with held.lock:
            if held.opened is None:
                scratch = ScratchFolder()
                try:
                    held.opened = make(scratch.path)
                except BaseException:
                    scratch.close()
                    raise
                held.scratch = scratch
            return held.opened

    def close(self) -> None:
        """Forget the files and remove their copies."""
        with self._lock:
            held, self._held = list(self._held.values()), {}
        for one in held:
            if one.scratch is not None:
                one.scratch.close()


_kept: list[OpenFiles] = []


def keep_files(root: Path | None = None) -> Callable[[], None]:
    """Open files below a folder once from now on, and return what ends that.

    Parameters
    ----------
    root
        All files if not given.
    """
    files: OpenFiles = OpenFiles(root)
    _kept.append(files)

    def end() -> None:
        if files in _kept:
            _kept.remove(files)
        files.close()

    return end


@contextmanager
def files_kept_open() -> Iterator[None]:
    """Open each file once in a block, as a command does that works with few of them."""
    end = keep_files()
    try:
        yield
    finally:
        end()


@contextmanager
def open_once(path: Path, how: object, make: Callable[[Path], _Opened]) -> Iterator[_Opened]:
    """Give what `make` makes of a file, once for all where it is kept open, else for the block alone."""
    files = next((files for files in _kept if files.has(path)), None)
    if files is not None:
        yield files.open(path, how, make)
        return
    with scratch_folder() as scratch:
        yield make(scratch)
