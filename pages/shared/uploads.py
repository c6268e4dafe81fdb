"""Uploaded files on disk, for as long as a session needs them."""

import weakref
from collections.abc import Callable
from pathlib import Path

from leadscore_core._files import ScratchFolder
from leadscore_core.data.reading.keep_open import keep_files


class UploadFolder:
    """A temporary folder with uploaded files, gone when the session no longer refers to it.

    ``path`` is the file, or the folder where there are several.
    """

    def __init__(self, name: str, content: memoryview) -> None:
        scratch = ScratchFolder()
        folder = scratch.path
        weakref.finalize(self, _forget, scratch, keep_files(folder))
        self.path = folder / Path(name).name
        self.path.write_bytes(content)

    def add(self, name: str, content: memoryview) -> None:
        """Put another file beside the first; one of the same name gets a number."""
        folder = self.path if self.path.is_dir() else self.path.parent
        path = folder / Path(name).name
        if path.exists():
            path = folder / f"{len(list(folder.iterdir())) + 1}-{path.name}"
        path.write_bytes(content)
        self.path = folder


def _forget(scratch: ScratchFolder, stop_keeping: Callable[[], None]) -> None:
    stop_keeping()
    scratch.close()
