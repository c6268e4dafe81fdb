"""Addresses: the parts of a list on this machine or behind an address such as ``s3://``, as files to work on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from leadscore_core.data import list_files
from leadscore_core.data.source import DATA_SUFFIXES, EXPECTED
from leadscore_core.errors import ExportError, UnreadableFileError

_NEXT = "Check the address, the rights and the credentials."


def is_remote(address: str) -> bool:
    """Tell whether an address lies on another machine.

    Examples
    --------
    >>> is_remote("s3://leads/2026/"), is_remote("leads/2026")
    (True, False)
    """
    return "://" in address


def list_parts(addresses: Sequence[str]) -> list[str]:
    """Turn files, folders and addresses into parts, those of a folder in the order of their names.

    Raises
    ------
    UnreadableFileError
        If there is nothing behind an address, or it may not be read.
    """
    parts: list[str] = []
    for address in addresses:
        if not is_remote(address):
            parts += [str(path.resolve()) for path in list_files(address)]
            continue
        try:
            files, path = _system(address)
            inside = sorted(files.find(path)) if files.isdir(path) else [path] if files.exists(path) else []
        except Exception as error:  # each kind of store has errors of its own
            raise UnreadableFileError(f"{address} cannot be read ({_said(error)}). {_NEXT}") from error
        kept = [name for name in inside if PurePosixPath(name).suffix.lower() in DATA_SUFFIXES]
        if not kept:
            raise UnreadableFileError(f"{address} holds no lead list. {EXPECTED} {_NEXT}")
        parts += [files.unstrip_protocol(name) for name in kept]
    return parts


@contextmanager
def local_copy(part: str) -> Iterator[Path]:
    """Give a part as a file on this machine; what was fetched is gone afterwards.

    Raises
    ------
    UnreadableFileError
        If it cannot be fetched.
    """
    if not is_remote(part):
        yield Path(part)
        return
    with tempfile.TemporaryDirectory(prefix="leadscore-") as scratch:
        path = Path(scratch) / PurePosixPath(part).name
        try:
            files, name = _system(part)
            files.get_file(name, str(path))
        except Exception as error:
            raise UnreadableFileError(f"{part} cannot be read ({_said(error)}). {_NEXT}") from error
        yield path


@contextmanager
def to_publish(address: str) -> Iterator[Path]:
    """Give a file to write, which is put in its place when it is complete and never before.

    Raises
    ------
    ExportError
        If it cannot be put there.
    """
    if not is_remote(address):
        yield Path(address)
        return
    with tempfile.TemporaryDirectory(prefix="leadscore-") as scratch:
        path = Path(scratch) / PurePosixPath(address).name
        yield path
        try:
            files, name = _system(address)
            files.put_file(str(path), name)
        except Exception as error:
            raise ExportError(f"{address} could not be written ({_said(error)}). {_NEXT}") from error


def prepare_folder(address: str, *, force: bool) -> None:
    """Make a folder for the parts of a result.

    Raises
    ------
    ExportError
        If it holds something already, which is kept unless `force`, or cannot be made.
    """
    try:
        files, path = _system(address)
        if files.isfile(path):
            raise ExportError(f"{address} is a file. Give the name of a folder.")
        filled = files.exists(path) and bool(files.ls(path, detail=False))
        if filled and not force:
            raise ExportError(f"{address} holds something already and is kept. Give another folder, or --force.")
        if filled:
            _clear(files, path)
        files.makedirs(path, exist_ok=True)
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"{address} cannot be written ({_said(error)}). {_NEXT}") from error


def _clear(files: Any, path: str) -> None:
    """Take away the parts of an earlier result, and nothing else."""
    for name in files.ls(path, detail=False):
        if PurePosixPath(name).suffix == ".parquet":
            files.rm_file(name)


def sweep(folder: str) -> None:
    """Take away what workers that were killed had begun to write in a folder on this machine."""
    if not is_remote(folder) and Path(folder).is_dir():
        for begun in Path(folder).glob(".*.parquet-*"):
            begun.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Remove a folder of ours; one that is gone already is no fault."""
    shutil.rmtree(path, ignore_errors=True)


def _system(address: str) -> tuple[Any, str]:
    fsspec.config.conf.setdefault("s3", {}).setdefault("use_listings_cache", False)
    files, path = url_to_fs(address)
    return files, str(path)


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
