"""The registry: models on disk, the champion of each schema among them, and its history."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache, cached
from pydantic import ValidationError

from leadscore_core._files import file_state, hash_file, publish_folder, staged_folder
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import load_settings
from leadscore_core.errors import RegistryError
from leadscore_core.model.metadata import FORMAT_VERSION, ModelMetadata
from leadscore_core.registry.champions import CHAMPION, CHAMPIONS, HISTORY, ChampionFiles
from leadscore_core.registry.imported import Imported, read_imported
from leadscore_core.registry.model_audit import Noting, not_noted
from leadscore_core.registry.out_of_sample import read_out_of_sample, read_reference
from leadscore_core.registry.reports import REPORT, read_report_file, report_text, write_report_file

if TYPE_CHECKING:  # models are listed and promoted without what loads them
    from leadscore_core.model.lead_model import LeadModel

_State = tuple[tuple[int, int, int] | None, ...]
_MOST_HELD = 4
_held: LRUCache[tuple[Path, str, _State], LeadModel] = LRUCache(maxsize=_MOST_HELD)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
OUT_OF_SAMPLE = "out_of_sample.parquet"
REFERENCE = "reference.json"
PICKLE, METADATA = "pipeline.joblib", "metadata.json"


class ModelRegistry:
    """Models in one directory, ``<model_id>/pipeline.joblib`` and ``metadata.json``; `ChampionFiles` name those in use.

    Parameters
    ----------
    root
        The models directory; it need not exist yet.
    noting
        Writes changes of the champion down in the audit too.

    Examples
    --------
    >>> import tempfile
    >>> ModelRegistry(Path(tempfile.mkdtemp())).list_models()
    []
    """

    def __init__(self, root: Path, noting: Noting = not_noted) -> None:
        self.root = Path(root)
        self._champions = ChampionFiles(self.root, self._schema_of, noting)

    def list_models(self) -> list[ModelMetadata]:
        """Return what is known about every sound-looking model, newest first."""
        found = []
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if (folder / METADATA).is_file() and _ID.fullmatch(folder.name):
                try:
                    found.append(self.read_metadata(folder.name))
                except RegistryError:
                    continue
        return sorted(found, key=lambda model: (model.created_at, model.model_id), reverse=True)

    def read_metadata(self, model_id: str) -> ModelMetadata:
        """Read a model's metadata without unpickling anything.

        Raises
        ------
        RegistryError
            If there is no such model, or its metadata is damaged, foreign or of a newer format.
        """
        path = self._folder(model_id) / METADATA
        if not path.is_file():
            known = (
                ", ".join(m.model_id for m in self.list_models())
                or "none yet; train one with: leadscore train FILE --promote"
            )
            raise RegistryError(f"There is no model {model_id!r} in {self.root}. Known models: {known}.")
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            version = result.get("format_version")
            if not isinstance(version, int) or version > FORMAT_VERSION:
                raise RegistryError(
                    f"Model {model_id} has format version {version}; this LeadScore reads up to {FORMAT_VERSION}. "
                    "Update LeadScore or choose another model."
                )
            metadata = ModelMetadata.model_validate(result)
        except (ValueError, ValidationError, OSError, AttributeError) as error:
            raise RegistryError(
                f"Model {model_id} has damaged metadata ({METADATA}). Choose another model or train again."
            ) from error
        if metadata.model_id != model_id:
            raise RegistryError(
                f"The folder {model_id} holds the model {metadata.model_id}. Rename the folder back or remove it."
            )
        return metadata

    def load(self, model_id: str) -> LeadModel:
        """Load a model after checking that its pickle is the one that was published.

        The few models that were asked for last are held in memory: each is checked and unpickled once, for as long as
        its files stay as they are.

        Raises
        ------
        RegistryError
            If it is missing, damaged, foreign or was changed.
        """
        return _load_once(self, model_id, self._state(model_id))

    def is_held(self, model_id: str) -> bool:
        """Tell whether a model is in memory already, as its files are now."""
        try:
            return _key(self, model_id, self._state(model_id)) in _held
        except RegistryError:
            return False

    def _state(self, model_id: str) -> _State:
        """Return what changes whenever a model's files do."""
        folder = self._folder(model_id)
        return tuple(file_state(folder / name) for name in (PICKLE, METADATA, OUT_OF_SAMPLE, REFERENCE))

    def _load(self, model_id: str) -> LeadModel:
        from leadscore_core.model.lead_model import LeadModel
        from leadscore_core.registry.unpickling import load_pipeline

        metadata = self.read_metadata(model_id)
        path = self._folder(model_id) / PICKLE
        try:
            content_hash = hash_file(path)
        except OSError as error:
            raise RegistryError(
                f"Model {model_id} has no readable {PICKLE}. Choose another model or train again."
            ) from error
        if content_hash != metadata.pickle_sha256:
            raise RegistryError(
                f"The pickle of model {model_id} is not the one that was published (its SHA-256 differs), so it was "
                "not loaded. Restore it from a backup, choose another model or train again."
            )
        pipeline = load_pipeline(path, metadata)
        folder = self._folder(model_id)
        seen, reference = read_out_of_sample(folder / OUT_OF_SAMPLE), read_reference(folder / REFERENCE)
        return LeadModel(pipeline, metadata, seen, reference)

    @needs(Action.TRAIN)
    def publish(self, model: LeadModel, report: dict[str, Any] | None = None) -> LeadModel:
        """Write a model so that it is either there in full or not at all.

        Parameters
        ----------
        report
            What its training found besides (see `read_report`).

        Returns
        -------
        LeadModel
            With the hash of its pickle.

        Raises
        ------
        RegistryError
            If the directory cannot be written, or the model is made of a class that is not trusted and could not be
            loaded again; nothing is left behind.
        """
        import joblib

        from leadscore_core.registry.unpickling import check_trusted

        folder = self._folder(model.model_id)
        if folder.exists():
            raise RegistryError(
                f"There is already a model {model.model_id}. Models are never overwritten; train again for a new one."
            )
        try:
            with staged_folder(self.root) as staging:
                joblib.dump(model.pipeline, staging / PICKLE, compress=3)
                check_trusted(staging / PICKLE)
                metadata = model.metadata.model_copy(update={"pickle_sha256": hash_file(staging / PICKLE)})
                (staging / METADATA).write_text(metadata.model_dump_json(indent=2) + "\n", encoding="utf-8")
                if report is not None:
                    (staging / REPORT).write_text(report_text(report), encoding="utf-8")
                if model.out_of_sample is not None:
                    model.out_of_sample.to_parquet(staging / OUT_OF_SAMPLE, compression="zstd", index=False)
                if model.reference is not None:
                    (staging / REFERENCE).write_text(model.reference.model_dump_json() + "\n", encoding="utf-8")
                publish_folder(staging, folder)
        except OSError as error:
            raise RegistryError(
                f"The model could not be written to {self.root} ({error.strerror}). Make room or give write access; "
                "the champion is unchanged."
            ) from error
        return replace(model, metadata=metadata)

    def read_report(self, model_id: str) -> dict[str, Any]:
        """Return what a model's training found besides (see `TrainingResult`); empty where that was not kept."""
        return read_report_file(self._folder(model_id))

    @needs(Action.TRAIN)
    def write_report(self, model_id: str, report: dict[str, Any]) -> None:
        """Write anew what a published model's training found besides (see `write_report_file`)."""
        write_report_file(self._folder(model_id), report)

    @property
    def champion_id(self) -> str | None:
        """The name of the model that was put to use last, or None; those of other schemas are in use beside it."""
        return self._champions.last

    @property
    def champions(self) -> dict[str, str]:
        """The model in use of each schema, by the schema's name; that of the last change first."""
        return self._champions.in_use()

    def champion_of(self, schema: str | None = None) -> str | None:
        """Return the name of a schema's model in use, or None; of the schema that was changed last if not given."""
        return self.champion_id if schema is None else self.champions.get(schema)

    @needs(Action.PROMOTE)
    def promote(self, model_id: str, *, by: str = "", reason: str = "") -> None:
        """Make a model the champion of its schema after loading it once; atomic. Who did it and why is kept.

        Raises
        ------
        RegistryError
            If it cannot be loaded or the directory cannot be written; the champion is then unchanged.
        """
        self._make_champion(model_id, "promote", by, reason)

    @needs(Action.ROLL_BACK)
    def rollback(self, schema: str | None = None, *, by: str = "", reason: str = "") -> str:
        """Go back to a schema's champion before the present one, and return its name; again goes back further.

        Parameters
        ----------
        schema
            Its name; the one that was changed last if not given.

        Raises
        ------
        RegistryError
            If there is none that can be loaded.
        """
        for earlier in self.earlier_champions(schema):
            try:
                self._make_champion(earlier, "rollback", by, reason)
            except RegistryError:
                continue
            return earlier
        of = "" if len(self.champions) < 2 else f" of {self._named(schema)!r}"
        raise RegistryError(
            f"There is no earlier champion{of} to go back to. Promote a model by its name: leadscore models promote ID."
        )

    @needs(Action.PROMOTE)
    def retire(self, schema: str, *, by: str = "", reason: str = "") -> str:
        """Take a schema's model out of use, so that none of it is, and return its name; it stays in the registry.

        Raises
        ------
        RegistryError
            If no model of it is in use, or the directory cannot be written; nothing is changed then.
        """
        return self._champions.retire(schema, {"by": by, "reason": reason} if by or reason else {})

    def history(self, schema: str | None = None) -> list[dict[str, str]]:
        """Return who made which model the champion, when and why, the latest first; of all schemas if none is given.

        Returns
        -------
        list of dict
            ``at`` (ISO, UTC), ``action`` (promote, rollback or retire), ``schema``, ``model_id``, ``before``, ``by``,
            ``reason``.
        """
        changes = self._champions.changes(schema or "")
        return [{"by": "", "reason": ""} | {k: str(v or "") for k, v in change.items()} for change in changes][::-1]

    def load_champion(self, schema: str | None = None) -> tuple[LeadModel, str]:
        """Load a schema's model in use, or its last champion that is sound.

        Parameters
        ----------
        schema
            Its name; the one that was changed last if not given.

        Returns
        -------
        model, notice
            The notice is empty, or says that the champion is damaged and which model serves in its place.

        Raises
        ------
        RegistryError
            If no champion of it, present or past, can be loaded.
        """
        champion = self.champion_of(schema) or self.champions.get("")  # one whose schema cannot be read
        if champion is None:
            of = f" of {schema!r}" if schema is not None else ""
            raise RegistryError(
                f"There is no champion{of} in {self.root}. Train and promote one: leadscore train FILE --promote."
            )
        try:
            return self.load(champion), ""
        except RegistryError as error:
            for earlier in self.earlier_champions(schema):
                try:
                    model = self.load(earlier)
                except RegistryError:
                    continue
                return model, f"{error} Until then the last sound champion, {earlier}, is used."
            raise RegistryError(f"{error} Or put back a backup with leadscore restore FILE.") from error

    def previous_champion(self, schema: str | None = None) -> str | None:
        """Return the name of the champion that a rollback goes back to; None where there is none to be loaded."""
        for earlier in self.earlier_champions(schema):
            with suppress(RegistryError):
                self.load(earlier)
                return earlier
        return None

    def earlier_champions(self, schema: str | None = None) -> list[str]:
        """Return past champions, the one before the present first; what was rolled back from is not among them."""
        return [name for name in self._champions.earlier(self._named(schema)) if _ID.fullmatch(name)]

    def _named(self, schema: str | None) -> str:
        """Return the name of the schema that is meant; empty where nothing is in use, or its schema is not known."""
        return next(iter(self.champions), "") if schema is None else schema

    def _schema_of(self, model_id: str) -> str:
        try:
            return self.read_metadata(model_id).schema_name
        except RegistryError:
            return ""

    def _make_champion(self, model_id: str, action: str, by: str, reason: str) -> None:
        schema = self.load(model_id).metadata.schema_name
        self._champions.move(
            schema, model_id, {"action": action} | ({"by": by, "reason": reason} if by or reason else {})
        )

    def place_of(self, model_id: str) -> Path:
        """Return the folder of a model, which need not be there.

        Raises
        ------
        RegistryError
            If it is no name that a model may have.
        """
        return self._folder(model_id)

    def imported(self, model_id: str) -> Imported | None:
        """Return where a model came from that was not trained here; None of one that was."""
        return read_imported(self._folder(model_id))

    def _folder(self, model_id: str) -> Path:
        folder = self.root / model_id
        taken = model_id in {CHAMPION, CHAMPIONS, HISTORY}
        if not _ID.fullmatch(model_id) or taken or folder.resolve().parent != self.root.resolve():
            raise RegistryError(
                f"{model_id!r} is not the name of a model in {self.root}. List them with: leadscore models list."
            )
        return folder


def load_champion(models_dir: Path | None = None, schema: str | None = None) -> LeadModel:
    """Load the model in use.

    Parameters
    ----------
    models_dir
        The models directory; that of the settings if not given.
    schema
        Name of the schema whose model it is; needed where models of several are in use.

    Raises
    ------
    RegistryError
        If there is no champion that can be loaded, or there are several and none is named.
    """
    registry = ModelRegistry(models_dir or load_settings().models_dir)
    if schema is None and len(registry.champions) > 1:
        known = " or ".join(f"load_champion(schema={name!r})" for name in sorted(registry.champions))
        raise RegistryError(f"Models of several schemas are in use. Say whose leads they are: {known}.")
    return registry.load_champion(schema)[0]


def _key(registry: ModelRegistry, model_id: str, state: _State) -> tuple[Path, str, _State]:
    return registry.root.resolve(), model_id, state


@cached(_held, key=_key, condition=Condition())
def _load_once(registry: ModelRegistry, model_id: str, state: _State) -> LeadModel:
    return registry._load(model_id)
