"""Unpickling models: of nothing but what a model is made of, also where its classes stood up to version 0.1.

A pickle is a program: it names functions and calls them. This one may name what `trusted_names` lists and nothing
else, may call only those names that are listed to be called, and may set the state only of objects that it made.
"""

import pickle
import warnings
import zlib
from enum import Enum
from functools import partial
from io import BytesIO
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_array

from leadscore_core.errors import RegistryError, UntrustedModelError
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.registry.trusted_names import Use, use_of
from leadscore_core.registry.without_collecting import without_collecting

MOVED = {  # a module up to version 0.1 -> where what models are made of stands now
    "leadscore_core.data.schema": "leadscore_core.data.schema.schema",
    "leadscore_core.model.observed": "leadscore_core.model.observed_rates",
}
RENAMED = {  # a class up to version 0.2 -> the same today
    ("leadscore_core.model.exact_parts", "ExactParts"): (
        "leadscore_core.model.exact_contributions",
        "ExactContributions",
    ),
}
MOST_BYTES = 4_000_000_000  # unpacked; a forest of a million leads has less
_PLAIN = (np.dtype, np.random.RandomState, np.random.Generator)


class _Unpickler(NumpyUnpickler):
    dispatch = NumpyUnpickler.dispatch.copy()

    def __init__(self, file: Any) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self._named: dict[int, tuple[Any, Use]] = {}

    def find_class(self, module: str, name: str) -> Any:
        module, name = RENAMED.get((module, name), (MOVED.get(module, module), name))
        use = use_of(module, name)
        if use is None:
            raise UntrustedModelError(f"{module}.{name}")
        found = _SUBSTITUTES.get((module, name)) or super().find_class(module, name)
        self._named[id(found)] = found, use
        return found

    def load_reduce(self) -> None:
        called = self.stack[-2]
        if self._named.get(id(called), (None, None))[1] is not Use.CALLED:
            raise UntrustedModelError(f"a call of {_words(called)}")
        NumpyUnpickler.dispatch[pickle.REDUCE[0]](self)

    def load_newobj(self) -> None:
        self._check_class(self.stack[-2])
        NumpyUnpickler.dispatch[pickle.NEWOBJ[0]](self)

    def load_newobj_ex(self) -> None:
        self._check_class(self.stack[-3])
        NumpyUnpickler.dispatch[pickle.NEWOBJ_EX[0]](self)

    def load_build(self) -> None:
        state, made = self.stack[-1], self.stack[-2]
        is_ours = id(type(made)) in self._named or isinstance(made, (*_PLAIN, partial))
        if not is_ours or isinstance(made, (Enum, type, FunctionType)):
            raise UntrustedModelError(f"a state of {_words(made)}")
        _check_state(made, state)
        super().load_build()
        _check_made(made)

    def get_extension(self, code: int) -> None:
        raise UntrustedModelError(f"the extension {code} of copyreg")

    def persistent_load(self, pid: object) -> Any:
        raise UntrustedModelError("an object outside the file")

    def load_called_at_once(self) -> None:
        raise UntrustedModelError("a call by an opcode that no model is written with")

    def _check_class(self, named: object) -> None:
        if id(named) not in self._named or not isinstance(named, type):
            raise UntrustedModelError(f"an object of {_words(named)}")

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.INST[0]] = load_called_at_once
    dispatch[pickle.OBJ[0]] = load_called_at_once


class _ArrayWrapper(NumpyArrayWrapper):
    """joblib's, whose arrays of objects are read by the same rules."""

    def read_array(self, unpickler: Any, ensure_native_byte_order: bool) -> Any:
        if self.dtype.hasobject:
            return _Unpickler(unpickler.file_handle).load()
        return super().read_array(unpickler, ensure_native_byte_order)


def _dtype(spec: Any, align: bool = False, copy: bool = True) -> Any:
    """Make a dtype of its own, so that no state is set on numpy's."""
    return np.dtype(spec, bool(align), True)


def _partial(called: Any, *args: Any, **kwargs: Any) -> Any:
    made = partial(called, *args, **kwargs)
    _check_made(made)
    return made


def _restore_array(data: Any) -> Any:
    """Restore an array of Arrow, and check that it lies within its buffers."""
    import pyarrow as pa

    array = pa.lib._restore_array(data)
    array.validate(full=True)
    return array


def _bit_generator(kind: Any = np.random.MT19937) -> Any:
    kinds = {kind: kind for kind in (np.random.MT19937, np.random.PCG64)}
    return kinds[kind]()


def _generator(bits: Any) -> Any:
    return np.random.Generator(_bits(bits))


def _random_state(bits: Any) -> Any:
    return np.random.RandomState(_bits(bits))


def _bits(bits: Any) -> Any:
    if not isinstance(bits, np.random.BitGenerator):
        raise UntrustedModelError(f"random numbers of {_words(bits)}")
    return bits


_SUBSTITUTES: dict[tuple[str, str], Any] = {
    ("functools", "partial"): _partial,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _ArrayWrapper,
    ("numpy", "dtype"): _dtype,
    ("numpy.random._pickle", "__bit_generator_ctor"): _bit_generator,
    ("numpy.random._pickle", "__generator_ctor"): _generator,
    ("numpy.random._pickle", "__randomstate_ctor"): _random_state,
    ("pyarrow.lib", "_restore_array"): _restore_array,
}


def unpickle_model(path: Path) -> Any:
    """Read what ``joblib.dump`` wrote with zlib's compression; only of a file whose hash was checked.

    Raises
    ------
    UntrustedModelError
        If it asks for something that no model is made of; nothing of that was imported or called.
    Exception
        Whatever a file raises that does not fit the classes and libraries that are installed.
    """
    return _Unpickler(BytesIO(_unpacked(path.read_bytes()))).load()


def check_trusted(path: Path) -> None:
    """Make sure that a model that is about to be kept can be loaded again.

    Raises
    ------
    UntrustedModelError
        If it is made of a class that is not trusted.
    """
    try:
        with without_collecting():
            unpickle_model(path)
    except UntrustedModelError as error:
        raise UntrustedModelError(
            error.asked_for,
            f"The model is made of {error.asked_for}, which is not trusted, so it could not be loaded again and was "
            "not kept. If it is a class of your own or of a library that you trust, add its full name to the setting "
            "trusted_classes.",
        ) from error


def load_pipeline(path: Path, metadata: ModelMetadata) -> Pipeline:
    """Unpickle a model's pipeline, of a file whose hash was checked.

    Raises
    ------
    UntrustedModelError
        If it asks for something that no model is made of.
    RegistryError
        If it needs a module that is not here, does not fit what is installed, or is no pipeline of ours.
    """
    name = metadata.model_id
    try:
        with warnings.catch_warnings(), without_collecting():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            pipeline = unpickle_model(path)
    except UntrustedModelError as error:
        raise UntrustedModelError(
            error.asked_for,
            f"The model {name} asks for {error.asked_for}, which no model is made of, so it was not loaded and nothing "
            "of it ran. If that is a class of your own, and you trust who made the model, name it in the setting "
            "trusted_classes; else remove the model.",
        ) from error
    except Exception as error:  # unpickling can raise anything
        if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("leadscore_core"):
            raise RegistryError(
                f"Model {name} needs the module {error.name!r}, which is not here. Install it or put its folder on "
                "PYTHONPATH, or choose another model."
            ) from error
        made_with = ", ".join(f"{library} {version}" for library, version in metadata.libraries.items())
        raise RegistryError(
            f"Model {name} cannot be loaded here: its file does not fit what is installed. It was made with "
            f"{made_with}. Install these versions or train again."
        ) from error
    if type(pipeline) is not Pipeline or pipeline.memory is not None:
        raise RegistryError(f"Model {name} is not a LeadScore pipeline. Choose another model or train again.")
    return pipeline


def _unpacked(packed: bytes) -> bytes:
    reader = zlib.decompressobj()
    unpacked = reader.decompress(packed, MOST_BYTES)
    if not reader.eof:
        raise ValueError("it unpacks to more than a model has, or ends early")
    return unpacked


def _words(thing: object) -> str:
    """Name what a pickle asks for, by its full name where it has one."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{getattr(named, '__module__', '?')}.{getattr(named, '__qualname__', '?')}"


def _check_state(made: object, state: Any) -> None:
    """Refuse a state that LightGBM's own code would take for an address."""
    if type(made).__name__ == "Booster" and type(made).__module__ == "lightgbm.basic":
        texts = [state.get(key) for key in ("_handle", "handle")] if type(state) is dict else [0]
        if not all(text is None or type(text) is str for text in texts):
            raise UntrustedModelError("a booster that is no text")


def _check_made(made: object) -> None:
    """Refuse what its own state made dangerous: a dtype that hides objects, a partial of another function."""
    if isinstance(made, np.dtype) and not _is_sound(made):
        raise UntrustedModelError("a dtype that does not fit its own fields")
    if isinstance(made, partial) and made.func is not check_array:
        raise UntrustedModelError(f"a partial of {_words(made.func)}")


def _is_sound(dtype: np.dtype) -> bool:
    if dtype.hasobject != (dtype.kind == "O") or dtype.metadata:
        return False
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return _is_sound(base) and dtype.itemsize == base.itemsize * int(np.prod(shape))
    fields = [field[:2] for field in (dtype.fields or {}).values()]
    return all(_is_sound(own) and 0 <= at <= dtype.itemsize - own.itemsize for own, at in fields)
