"""Addresses: the files of a list on this machine or behind an address such as ``s3://``, as files to work on."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import fsspec
from fsspec.core import url_to_fs

from leadscore_core._files import remove_left_behind, scratch_folder
from leadscore_core.data.reading.opened_file import DATA_SUFFIXES, EXPECTED
from leadscore_core.data.reading.reader import list_files
from leadscore_core.errors import ExportError, UnreadableFileError

_FILE_SERVERS = frozenset({"ftp", "sftp", "ssh"})  # where a file is seen as it arrives, and a rename takes its place
_OURS = re.compile(r"leads-\d{4,}-.*\.parquet|\.leads-\d{4,}-.*\.parquet-.*")
_NEXT = "Check the address, the rights and the credentials."


def is_remote(address: str) -> bool:
    """Tell whether an address lies on another machine.

    Examples
    --------
    >>> is_remote("s3://leads/2026/"), is_remote("leads/2026")
    (True, False)
    """
    return "://" in address


def absolute(address: str) -> str:
    """Return an address that means the same to a worker in another folder.

    Examples
    --------
    >>> absolute("file:///leads/2026"), absolute("s3://leads/2026")
    ('/leads/2026', 's3://leads/2026')
    """
    local = address.removeprefix("file://") if address.startswith("file://") else address
    return local if is_remote(local) else str(Path(local).resolve())


def check_apart(out: str, files: Sequence[str]) -> None:
    """Raise if a result would be written over, or among, the files that it is made of.

    Raises
    ------
    ExportError
        Naming the file.
    """
    inside = next((file for file in files if file == out or file.startswith(f"{out.rstrip('/')}/")), None)
    if inside is not None:
        raise ExportError(f"{out} holds {inside}, which is to be scored. Name another place for the result.")


def list_addressed(addresses: Sequence[str]) -> list[str]:
    """Turn files, folders and addresses into the addresses of files, those of a folder in the order of their names.

    Raises
    ------
    UnreadableFileError
        If there is nothing behind an address, or it may not be read.
    """
    files: list[str] = []
    for address in map(absolute, addresses):
        if not is_remote(address):
            files += [str(path) for path in list_files(address)]
            continue
        try:
            system, path = _system(address)
            inside = sorted(system.find(path)) if system.isdir(path) else [path] if system.exists(path) else []
        except Exception as error:  # each kind of store has errors of its own
            raise UnreadableFileError(f"{address} cannot be read ({_said(error)}). {_NEXT}") from error
        lists = [name for name in inside if PurePosixPath(name).suffix.lower() in DATA_SUFFIXES]
        visible = [name for name in lists if not PurePosixPath(name).name.startswith(".")]
        if not visible:
            raise UnreadableFileError(f"{address} holds no lead list. {EXPECTED} {_NEXT}")
        files += [_below(address, path, name) for name in visible]
    return files


@contextmanager
def local_copy(file: str) -> Iterator[Path]:
    """Give a file on this machine; what was fetched is gone afterwards.

    Raises
    ------
    UnreadableFileError
        If it cannot be fetched.
    """
    if not is_remote(file):
        yield Path(file)
        return
    with scratch_folder() as scratch:
        path = scratch / PurePosixPath(file).name
        try:
            system, name = _system(file)
            system.get_file(name, str(path))
        except Exception as error:
            raise UnreadableFileError(f"{file} cannot be read ({_said(error)}). {_NEXT}") from error
        yield path


@contextmanager
def to_publish(address: str) -> Iterator[Path]:
    """Give a file to write, which is put in its place when it is complete; object stores and FTP show it whole.

    Raises
    ------
    ExportError
        If it cannot be put there.
    """
    if not is_remote(address):
        yield Path(address)
        return
    with scratch_folder() as scratch:
        path = scratch / PurePosixPath(address).name
        yield path
        try:
            system, name = _system(address)
            if address.partition("://")[0] in _FILE_SERVERS:
                begun = str(PurePosixPath(name).with_name(f".{path.name}-{uuid4().hex[:8]}"))
                system.put_file(str(path), begun)
                system.mv(begun, name)
            else:
                system.put_file(str(path), name)
        except Exception as error:
            raise ExportError(f"{address} could not be written ({_said(error)}). {_NEXT}") from error


def prepare_folder(address: str, *, force: bool) -> None:
    """Make a folder for the files of a result.

    Raises
    ------
    ExportError
        If it holds a result already, which is kept unless `force`, or anything else, or cannot be made.
    """
    try:
        system, path = _system(address)
        if system.isfile(path):
            raise ExportError(f"{address} is a file. Give the name of a folder.")
        inside = [PurePosixPath(name).name for name in system.ls(path, detail=False)] if system.exists(path) else []
        inside = [name for name in inside if _OURS.fullmatch(name) or not name.startswith(".")]
        other = next((name for name in inside if not _OURS.fullmatch(name)), None)
        if other is not None:
            raise ExportError(f"{address} holds {other}, which is no result of this. Give another folder.")
        if inside and not force:
            raise ExportError(f"{address} holds a result already and is kept. Give another folder, or --force.")
        system.makedirs(path, exist_ok=True)
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"{address} cannot be written ({_said(error)}). {_NEXT}") from error


def remove_earlier(address: str, written: Sequence[str]) -> None:
    """Take the files of an earlier result away, which this one has not written over, and nothing else.

    Raises
    ------
    ExportError
        If they may not be removed; what was written now is there.
    """
    own = {PurePosixPath(target).name for target in written}
    try:
        system, path = _system(address)
        for place in system.ls(path, detail=False):
            name = PurePosixPath(place).name
            if _OURS.fullmatch(name) and name not in own:
                system.rm_file(place)
    except Exception as error:
        raise ExportError(f"Files of an earlier result are still in {address} ({_said(error)}). {_NEXT}") from error


def sweep(folder: str) -> None:
    """Take away what workers that were killed had begun to write in a folder on this machine."""
    if not is_remote(folder):
        remove_left_behind(Path(folder))


def _system(address: str) -> tuple[Any, str]:
    fsspec.config.conf.setdefault("s3", {}).setdefault("use_listings_cache", False)
    system, path = url_to_fs(address)
    return system, str(path)


def _below(address: str, path: str, name: str) -> str:
    """Return the address of a file at or below the path of an address, with the host and all else that it names."""
    scheme, _, rest = address.partition("://")
    return name if is_remote(name) else f"{scheme}://{rest.rstrip('/')}{name.removeprefix(path.rstrip('/'))}"


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
