"""Files of our own: written whole or not at all, made aside in a folder and published at once, known by their hash.

What is half written is locked by the process that writes it, and the system gives the lock back however that process
ends. So whoever writes into the same folder next can tell what a killed process left there, and removes it.
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STAGING, SCRATCH = ".staging-", "leadscore-scratch-"
_UNFINISHED = ".unfinished"
_ASIDE = re.compile(rf"\..*-[0-9a-f]{{8}}{re.escape(_UNFINISHED)}")
_LONGEST_STEM = 180  # bytes of a name that stay in that of the file aside, which has more than that
_NO_LOCK_SECONDS = 6 * 3_600  # on a share without locks, what is that old was left behind
_NO_FOLDER_SYNC = {errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a file to write aside; it takes its place, safe on the disk, when it is complete and never before.

    What is there already stays as it is until then, keeps its permissions, and stays for good if the writing fails;
    nothing is left beside it. What a killed process left half written in the folder is removed first.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "leads.csv"
    >>> with whole_file(path) as aside:
    ...     _ = aside.write_text("id")
    >>> path.read_text(), len(list(path.parent.iterdir()))
    ('id', 1)
    """
    remove_left_behind(path.parent)
    aside, lock = _file_aside(path)
    try:
        yield aside
        if path.is_file():
            aside.chmod(path.stat().st_mode & 0o777)
        publish_file(aside, path)
    finally:
        aside.unlink(missing_ok=True)
        os.close(lock)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full.
    """
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def append_line(path: Path, line: str, *, wait: bool = True) -> None:
    """Add a line to a text file.

    Parameters
    ----------
    wait
        Whether to wait until it is on the disk.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        if wait:
            os.fsync(file.fileno())


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return the text of a file that only its owner reads, made whole by whoever asks first.

    Raises
    ------
    OSError
        If it can be neither read nor made.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "key"
    >>> read_or_make(path, lambda: "first"), read_or_make(path, lambda: "second"), oct(path.stat().st_mode & 0o777)
    ('first', 'first', '0o600')
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.parent / f".{path.name}-{uuid.uuid4().hex[:8]}"
        handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(make())
            sync_file(aside)
            with suppress(FileExistsError):  # of two who make it at once the first one's stands
                os.link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8")


@contextmanager
def staged_folder(root: Path) -> Iterator[Path]:
    """Give a folder to write into, below `root`, which is made if need be; what was not published goes at the end.

    What a killed process left half written in `root` is removed first.

    Raises
    ------
    OSError
        If `root` cannot be written.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder, lock = _locked_folder(root, STAGING)
    try:
        yield folder
    finally:
        _remove_locked(folder, lock)


class ScratchFolder:
    """A folder for what is needed for a while: gone when it is closed or no longer referred to.

    What a crash leaves goes when the next one is made.

    Raises
    ------
    OSError
        If the system's folder for temporary files cannot be written.

    Examples
    --------
    >>> scratch = ScratchFolder()
    >>> scratch.path.is_dir()
    True
    >>> scratch.close()
    >>> scratch.path.exists()
    False
    """

    def __init__(self) -> None:
        self.path, lock = _locked_folder(Path(tempfile.gettempdir()), SCRATCH)
        self._end = weakref.finalize(self, _remove_locked, self.path, lock)

    def close(self) -> None:
        """Remove it with all that it holds."""
        self._end()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder for what is needed in a block alone (see `ScratchFolder`)."""
    scratch = ScratchFolder()
    try:
        yield scratch.path
    finally:
        scratch.close()


def remove_left_behind(folder: Path) -> list[str]:
    """Remove what killed processes left half written in a folder, and return its names.

    What a living process writes is locked, and stays; so does what is not named as ours are.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".leads.csv-0a1b2c3d.unfinished").touch()
    >>> with whole_file(folder / "leads.csv") as aside:
    ...     [path.name == aside.name for path in folder.iterdir()], remove_left_behind(folder)
    ([True], [])
    """
    removed: list[str] = []
    with suppress(OSError):  # it may be read-only, or gone; who writes there says so
        for entry in os.scandir(folder):
            is_ours = entry.name.startswith((STAGING, SCRATCH)) or _ASIDE.fullmatch(entry.name)
            if not is_ours or entry.is_symlink():
                continue
            with when_nobody_holds(Path(entry.path)) as is_free:
                if is_free and entry.is_dir():
                    shutil.rmtree(entry.path, ignore_errors=True)
                elif is_free:
                    os.unlink(entry.path)
            if is_free:
                removed.append(entry.name)
    return removed


@contextmanager
def when_nobody_holds(path: Path) -> Iterator[bool]:
    """Tell whether no living process writes a file or folder that was made aside; in the block none can begin to.

    On a share without locks its age tells: what is six hours old was left behind.
    """
    try:
        found = path.stat()
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        yield False  # it has gone, or is not ours to look at
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = True
        except BlockingIOError:
            is_free = False
        except OSError:
            is_free = time.time() - found.st_mtime >= _NO_LOCK_SECONDS
        yield is_free and found.st_uid == os.getuid()
    finally:
        os.close(handle)


def publish_file(staged: Path, path: Path) -> None:
    """Put a complete file, safe on the disk, in its place on the same disk.

    Raises
    ------
    OSError
        If it cannot be; what is there already stays.
    """
    sync_file(staged)
    os.replace(staged, path)
    _sync_folder(path.parent)


def publish_folder(staged: Path, folder: Path) -> None:
    """Put a folder of complete files, safe on the disk, in a place that is free.

    Raises
    ------
    OSError
        If it cannot be, or the place is taken.
    """
    sync_files(staged)
    staged.chmod(0o755)
    os.replace(staged, folder)
    _sync_folder(folder.parent)


def move_path(path: Path, target: Path) -> None:
    """Move a file or folder elsewhere on the same disk, over a file but never over a folder that holds anything.

    Raises
    ------
    OSError
        If it cannot be; it stays where it is.
    """
    os.replace(path, target)
    _sync_folder(target.parent)
    _sync_folder(path.parent)


def sync_files(folder: Path) -> None:
    """Bring the files of a folder to the disk, so that publishing it takes a moment.

    Raises
    ------
    OSError
        If one cannot be.
    """
    for path in folder.iterdir():
        sync_file(path)
    _sync_folder(folder)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locked_folder(root: Path, prefix: str) -> tuple[Path, int]:
    """Make a folder and hold it until the handle is closed; what was left behind beside it goes first."""
    remove_left_behind(root)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
        lock = _lock(folder)
        if lock is not None:
            return folder, lock


def _remove_locked(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _file_aside(path: Path) -> tuple[Path, int]:
    """Make the file that is written before it becomes `path`, and hold it until the handle is closed."""
    stem = path.name.encode()[:_LONGEST_STEM].decode(errors="ignore")
    while True:
        aside = path.parent / f".{stem}-{uuid.uuid4().hex[:8]}{_UNFINISHED}"
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        lock = _lock(aside)
        if lock is not None:
            return aside, lock


def _lock(path: Path) -> int | None:
    """Hold a file or folder until the handle is closed; None if it was swept away before it was held."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # a share without locks: its age tells whether it was left behind
        fcntl.flock(handle, fcntl.LOCK_EX)
    if path.exists():
        return handle
    os.close(handle)
    return None


def file_state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever a file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns


def sync_file(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk.

    Raises
    ------
    OSError
        If that cannot be done.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can: not every share does that for folders."""
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
