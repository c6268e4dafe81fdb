"""Transfer: a model as one file, from one registry to another."""

import json
import zipfile
from pathlib import Path

from pydantic import ValidationError

from leadscore_core._files import hash_file, publish_folder, staged_folder, whole_file
from leadscore_core.errors import RegistryError
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.registry.registry import METADATA, OUT_OF_SAMPLE, PICKLE, ModelRegistry
from leadscore_core.registry.reports import REPORT

_FILES = (PICKLE, METADATA, OUT_OF_SAMPLE, REPORT)
_MOST_BYTES = 2_000_000_000


def export_model(registry: ModelRegistry, model_id: str, out: Path) -> Path:
    """Write a model into one ZIP file, whole or not at all.

    Raises
    ------
    RegistryError
        If it cannot be loaded, or the file cannot be written or is there already.
    """
    registry.load(model_id)
    if out.exists():
        raise RegistryError(f"{out} is there already. Choose another name, or remove it first.")
    try:
        with whole_file(out) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as packed:
            for name in _FILES:
                path = registry.root / model_id / name
                if path.is_file():
                    packed.write(path, f"{model_id}/{name}")
    except OSError as error:
        raise RegistryError(f"{out} could not be written ({error.strerror}). Choose another place.") from error
    return out


def import_model(registry: ModelRegistry, path: Path) -> str:
    """Take a model from a file that `export_model` wrote, and return its name; it is not put to use.

    Only import files from people you trust: a model is code, which runs when it is first used. What is checked is that
    the file is whole and that its pickle is the one that its metadata names; nothing is unpickled here.

    Raises
    ------
    RegistryError
        If it is no such file, was changed on its way, or the registry has that model already; nothing is changed then.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            model_id = names[0].split("/")[0] if names else ""
            wanted = {f"{model_id}/{name}" for name in _FILES}
            if f"{model_id}/{METADATA}" not in names or not set(names) <= wanted:
                raise RegistryError(f"{path.name} is not a model that LeadScore exported. Export it again.")
            if sum(info.file_size for info in packed.infolist()) > _MOST_BYTES:
                raise RegistryError(f"{path.name} holds more than 2 GB, which no model has.")
            metadata = ModelMetadata.model_validate(json.loads(packed.read(f"{model_id}/{METADATA}")))
            if metadata.model_id != model_id:
                raise RegistryError(f"{path.name} holds the model {metadata.model_id} under another name.")
            if (registry.root / model_id).exists():
                raise RegistryError(f"There is already a model {model_id} in {registry.root}. Nothing was changed.")
            with staged_folder(registry.root) as staging:
                packed.extractall(staging)
                if hash_file(staging / model_id / PICKLE) != metadata.pickle_sha256:
                    raise RegistryError(
                        f"The pickle in {path.name} is not the one that was exported. Nothing was changed."
                    )
                publish_folder(staging / model_id, registry.root / model_id)
    except (zipfile.BadZipFile, ValidationError, ValueError, KeyError) as error:
        raise RegistryError(f"{path.name} is not a model that LeadScore exported, or it is damaged.") from error
    except OSError as error:
        raise RegistryError(f"{path} could not be imported ({error.strerror}). Nothing was changed.") from error
    return model_id
