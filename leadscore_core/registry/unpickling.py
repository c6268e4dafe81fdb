"""Unpickling models, also those of a version in which their classes stood elsewhere."""

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from joblib.numpy_pickle import NumpyUnpickler

MOVED = {  # a module up to version 0.1 -> where what models are made of stands now
    "leadscore_core.data.schema": "leadscore_core.data.schema.schema",
    "leadscore_core.model.observed": "leadscore_core.model.observed_rates",
}


class _Unpickler(NumpyUnpickler):
    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(MOVED.get(module, module), name)


def unpickle_model(path: Path) -> Any:
    """Read what ``joblib.dump`` wrote with zlib's compression; only of a file whose hash was checked.

    Raises
    ------
    Exception
        Whatever a file raises that does not fit the classes and libraries that are installed.
    """
    return _Unpickler("", BytesIO(zlib.decompress(path.read_bytes())), ensure_native_byte_order=True).load()
