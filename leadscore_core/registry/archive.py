"""Transfer: a model as one file, from one registry to another."""

import json
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from leadscore_core._files import hash_file, publish_folder, staged_folder, whole_file
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.errors import RegistryError
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.registry.imported import IMPORTED, write_imported
from leadscore_core.registry.model_audit import noting_model
from leadscore_core.registry.registry import METADATA, OUT_OF_SAMPLE, PICKLE, REFERENCE, ModelRegistry
from leadscore_core.registry.reports import REPORT

_FILES = (PICKLE, METADATA, OUT_OF_SAMPLE, REFERENCE, REPORT)
_MOST_BYTES = 2_000_000_000
_MOST_METADATA = 50_000_000
_AT_ONCE = 1 << 20


@needs(Action.EXPORT_MODEL)
def export_model(registry: ModelRegistry, model_id: str, out: Path) -> Path:
    """Write a model into one ZIP file, whole or not at all; that it left the house is in the audit.

    Raises
    ------
    RegistryError
        If it cannot be loaded, or the file cannot be written or is there already.
    """
    with noting_model(Action.EXPORT_MODEL, model_id, out, registry.root):
        return pack_model(registry, model_id, out)


def pack_model(registry: ModelRegistry, model_id: str, out: Path) -> Path:
    """Write a model into one ZIP file for a place of our own, as `export_model` does."""
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


@needs(Action.TRAIN)
def copy_model(source: ModelRegistry, target: ModelRegistry, model_id: str) -> str:
    """Take a model that was trained here from one registry of ours to another; it is not put to use.

    Raises
    ------
    RegistryError
        If it cannot be loaded, or the other registry has it already or cannot be written; nothing is changed then.
    """
    source.load(model_id)
    folder = target.place_of(model_id)
    if folder.exists():
        raise RegistryError(f"There is already a model {model_id} in {target.root}. Nothing was changed.")
    try:
        with staged_folder(target.root) as staging:
            for name in (*_FILES, IMPORTED):
                if (path := source.place_of(model_id) / name).is_file():
                    shutil.copyfile(path, staging / name)
            with noting_model(Action.TRAIN, model_id, folder, target.root):
                publish_folder(staging, folder)
    except OSError as error:
        raise RegistryError(f"{model_id} could not be kept in {target.root} ({error.strerror}). Make room.") from error
    return model_id


@needs(Action.IMPORT_MODEL)
def import_model(registry: ModelRegistry, path: Path, *, by: str = "") -> str:
    """Take a model from a file that `export_model` wrote, and return its name; it is not put to use.

    The file is read member by member, each of a known name and size, into a folder of its own; nothing is unpickled.
    That the pickle is the one its metadata name tells of a damaged file, not of a dishonest one: whoever changes a
    pickle can write a new hash beside it. What a pickle may do is limited where it is loaded (see `unpickling`). The
    model is marked as one from elsewhere by a file of ours, and nothing in it puts it to use.

    Parameters
    ----------
    by
        Who brings it, as far as that is known.

    Raises
    ------
    RegistryError
        If it is no such file, was changed on its way, or the registry has that model already; nothing is changed then.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            model_id, members = _members(packed, path.name)
            metadata = ModelMetadata.model_validate(json.loads(packed.read(members[METADATA])))
            if metadata.model_id != model_id:
                raise RegistryError(f"{path.name} holds the model {metadata.model_id} under another name.")
            folder = registry.place_of(model_id)
            if folder.exists():
                raise RegistryError(f"There is already a model {model_id} in {registry.root}. Nothing was changed.")
            with staged_folder(registry.root) as staging:
                for name, member in members.items():
                    _copy(packed, member, staging / name)
                if hash_file(staging / PICKLE) != metadata.pickle_sha256:
                    raise RegistryError(
                        f"The pickle in {path.name} is not the one that was exported. Nothing was changed."
                    )
                (staging / METADATA).write_text(metadata.model_dump_json(indent=2) + "\n", encoding="utf-8")
                write_imported(staging, by=by, file=path.name, sha256=hash_file(path))
                with noting_model(Action.IMPORT_MODEL, model_id, folder, registry.root):
                    publish_folder(staging, folder)
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, RuntimeError, EOFError) as error:
        raise RegistryError(f"{path.name} is not a model that LeadScore exported, or it is damaged.") from error
    except OSError as error:
        raise RegistryError(f"{path} could not be imported ({error.strerror}). Nothing was changed.") from error
    return model_id


def _members(packed: zipfile.ZipFile, name: str) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """Return the model's name and its files, each a plain file of a known name that stands there once."""
    infos = packed.infolist()
    model_id = infos[0].filename.split("/")[0] if infos else ""
    wanted = {f"{model_id}/{file}": file for file in _FILES}
    names = [info.filename for info in infos]
    is_plain = all(stat.S_IFMT(info.external_attr >> 16) in {0, stat.S_IFREG} for info in infos)
    if len(set(names)) < len(names) or not set(names) <= set(wanted) or not is_plain:
        raise RegistryError(f"{name} is not a model that LeadScore exported. Export it again.")
    members = {wanted[info.filename]: info for info in infos}
    if not {PICKLE, METADATA} <= set(members):
        raise RegistryError(f"{name} is not a model that LeadScore exported. Export it again.")
    if sum(info.file_size for info in infos) > _MOST_BYTES or members[METADATA].file_size > _MOST_METADATA:
        raise RegistryError(f"{name} holds more than 2 GB, or metadata of more than 50 MB, which no model has.")
    return model_id, members


def _copy(packed: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    """Write one file of an archive to its place, and no byte more than the archive says that it has."""
    left = member.file_size
    with packed.open(member) as source, place.open("xb") as target:
        while chunk := source.read(_AT_ONCE):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile("more bytes than were announced")
            target.write(chunk)
