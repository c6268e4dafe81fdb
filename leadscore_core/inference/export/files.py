"""Exporting: scored leads as CSV, Excel or Parquet, whole or not at all."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from leadscore_core._files import whole_file
from leadscore_core.data.reading.chunks import Chunk
from leadscore_core.errors import ExportError, UnreadableFileError
from leadscore_core.inference.export.writers import FOR_EXCEL, WRITERS, Writer

ENDINGS = tuple(WRITERS)
_UNREADABLE = (
    "The list holds text that is not UTF-8, or cells that are not of their column's type. Write it again in UTF-8, or "
    "as CSV."
)


def write_leads(chunks: Iterable[Chunk], path: str | Path, *, for_excel: bool = False) -> int:
    """Write chunks of one list to one file; it appears only when it is complete.

    Parameters
    ----------
    chunks
        Frames or Arrow tables with the same columns, at least one.
    path
        Ends in .csv, .csv.gz, .xlsx or .parquet.
    for_excel
        Whether CSV is marked as UTF-8, so that Excel shows every letter as it was written.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ExportError
        For another ending, a folder that cannot be written, a full disk, or more rows than Excel holds; a file that
        was there before is then unchanged.
    UnreadableFileError
        If the chunks cannot be read to their end; likewise.
    """
    path = Path(path)
    writer_of = check_output(path)
    if for_excel:
        writer_of = FOR_EXCEL.get(path.suffix.lower(), writer_of)
    rows = 0
    with whole_export(path) as aside, writer_of(aside) as writer:
        for chunk in _as_given(chunks):
            writer.write(chunk)
            rows += len(chunk)
            del chunk  # not to be kept while the next is made
    return rows


def _as_given(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Give the chunks; what goes wrong in giving them is no fault of the file that they are written to."""
    try:
        yield from chunks
    except OSError as error:
        raise UnreadableFileError(
            f"The list could not be read to its end ({error.strerror or type(error).__name__}). Copy it to this "
            "machine and try again."
        ) from error
    except (UnicodeError, pa.ArrowInvalid) as error:  # whose own words may quote a lead
        raise UnreadableFileError(_UNREADABLE) from error


@contextmanager
def whole_export(path: str | Path) -> Iterator[Path]:
    """Give a file to write aside, which takes its place when it is complete and never before.

    Raises
    ------
    ExportError
        For a folder that cannot be written, a full disk, or chunks whose types differ; a file that was there before is
        then unchanged.
    """
    path = Path(path)
    check_folder(path)
    try:
        with whole_file(path) as aside:
            yield aside
    except OSError as error:
        raise ExportError(
            f"{path} could not be written ({error.strerror or error}). Make room or choose another folder."
        ) from error
    except pa.ArrowException as error:
        raise ExportError(
            f"{path.name} could not be written: in this list a column holds several types. Give one file at a time, "
            "or ask for .csv."
        ) from error


def check_output(path: str | Path) -> Callable[[Path], Writer]:
    """Raise if a file could not be written there; return what writes it.

    Raises
    ------
    ExportError
        Naming the ending or folder, and what would do.
    """
    path = Path(path)
    ending = next((e for e in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(e)), None)
    if ending is None:
        raise ExportError(f"{path.name} has no ending that LeadScore writes. Name it with one of {', '.join(ENDINGS)}.")
    check_folder(path)
    return WRITERS[ending]


def check_free(path: str | Path, *, force: bool) -> None:
    """Raise if a file is there already, unless it may be written over.

    Raises
    ------
    ExportError
        Naming it; it is kept.
    """
    if Path(path).is_file() and not force:
        raise ExportError(f"{path} is there already and is kept. Give another name, or --force to write over it.")


def check_folder(path: str | Path) -> None:
    """Raise if there is no folder in which this file could be written.

    Raises
    ------
    ExportError
        Naming the folder.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist. Create it or choose another.")
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Give the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise ExportError(f"The folder {path.parent} may not be written. Choose another.")
