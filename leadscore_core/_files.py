"""Files of our own: written whole or not at all, made aside in a folder and published at once, known by their hash."""

import errno
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_FOLDER_SYNC = {errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a file to write aside; it takes its place, safe on the disk, when it is complete and never before.

    What is there already stays as it is until then, keeps its permissions, and stays for good if the writing fails;
    nothing is left beside it.

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
    aside = path.parent / f".{path.name}-{uuid.uuid4().hex[:8]}"
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield aside
        if path.is_file():
            aside.chmod(path.stat().st_mode & 0o777)
        publish_file(aside, path)
    finally:
        aside.unlink(missing_ok=True)


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


@contextmanager
def staged_folder(root: Path, prefix: str = ".staging-") -> Iterator[Path]:
    """Give a folder to write into, below `root`, which is made if need be; what was not published goes at the end.

    Raises
    ------
    OSError
        If `root` cannot be written.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish_file(staged: Path, path: Path) -> None:
    """Put a complete file, safe on the disk, in its place on the same disk.

    Raises
    ------
    OSError
        If it cannot be; what is there already stays.
    """
    _sync(staged)
    os.replace(staged, path)
    _sync_folder(path.parent)


def publish_folder(staged: Path, folder: Path) -> None:
    """Put a folder of complete files, safe on the disk, in a place that is free.

    Raises
    ------
    OSError
        If it cannot be, or the place is taken.
    """
    for path in staged.iterdir():
        _sync(path)
    _sync_folder(staged)
    staged.chmod(0o755)
    os.replace(staged, folder)
    _sync_folder(folder.parent)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can: not every share does that for folders."""
    try:
        _sync(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
