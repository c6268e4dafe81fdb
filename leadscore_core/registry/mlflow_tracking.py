"""Tracking: every model of the registry written down in MLflow, with aliases that follow promotions.

    python -m leadscore_core.registry.mlflow_tracking

The registry is what counts; MLflow is brought up to it, so that whatever it missed while it was down is written down
later. MLflow is imported here alone and never on the scoring path.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from leadscore_core._files import scratch_folder, write_text
from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.data.schema.schema_files import DEFAULT_SCHEMA
from leadscore_core.errors import LeadScoreError
from leadscore_core.registry.archive import import_model
from leadscore_core.registry.mlflow_place import ARTIFACTS, DATABASE, FILE, ID_TAG, bring_home, mlflow_root
from leadscore_core.registry.mlflow_verdicts import log_verdicts, newest_of, read_verdicts
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.searches import log_searches, read_searches

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from leadscore_core.storage.database.monitor_events import MonitorEvent

OFF = "off"
NAME = "leadscore"
CHAMPION, CHALLENGER = "champion", "challenger"
_LOCK, _SEEN = ".tracking.lock", ".tracking.json"
_HARMLESS = {"RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


@dataclass(frozen=True)
class Tracked:
    """What was written down, or why it could not be.

    Attributes
    ----------
    logged
        Models that MLflow did not have yet.
    aliases
        Alias -> model, as they are now.
    problem
        Empty if all is well; what is missing is written down the next time.
    """

    logged: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def tracking_uri(settings: Settings) -> str | None:
    """Return where MLflow keeps its runs: the setting, else SQLite in the models directory; None if switched off.

    Examples
    --------
    >>> tracking_uri(Settings(tracking_uri="off")) is None
    True
    """
    if settings.tracking_uri == OFF:
        return None
    return settings.tracking_uri or f"sqlite:///{mlflow_root(settings.models_dir) / DATABASE}"


def sync_tracking(settings: Settings | None = None) -> Tracked:
    """Write down in MLflow what it lacks of the registry, and point its aliases to champion and challenger.

    Each schema has a registered model of its own (see `registered_name`), with the aliases ``champion`` and
    ``challenger``: the newest model that came after the champion and is not in use. Comparisons and searches are runs
    with a child for each algorithm or trial. What the monitor found of lists are steps of their model's run. Nothing
    is raised: a tracking server that is down must not cost a training run.
    """
    settings = settings or load_settings()
    uri = tracking_uri(settings)
    if uri is None:
        return Tracked()
    if find_spec("mlflow") is None:
        return Tracked(problem="MLflow is not installed. Install it with: pip install 'leadscore[tracking]'.")
    registry = ModelRegistry(settings.models_dir)
    try:
        known = [metadata.model_id for metadata in registry.list_models()]
        wanted: dict[str, Any] = {"uri": _shown(uri), "models": known, "aliases": _aliases(registry)}
        wanted["verdicts"] = newest_of(_verdicts(registry, settings))
        wanted["searches"] = [search.search_id for search in read_searches(settings.models_dir)]
        if _seen(settings) == wanted:
            return Tracked(aliases=wanted["aliases"])
        with FileLock(settings.models_dir / _LOCK, timeout=60), warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")  # what MLflow has to say is for nobody here
            result = _write_down(registry, uri, wanted["aliases"], settings)
            write_text(settings.models_dir / _SEEN, json.dumps(wanted))
            return result
    except Timeout:
        return Tracked(problem="Another process is writing to MLflow; what is missing is written down the next time.")
    except Exception as error:  # whatever the server answers, the model is published already
        return Tracked(
            problem=f"MLflow at {_shown(uri)} could not be reached ({_first(error, uri)}). It is tried later."
        )


def sync_soon(settings: Settings) -> None:
    """Do the same in a process of its own, where nobody should wait for it."""
    if tracking_uri(settings) is None:
        return
    env = os.environ | {"LEADSCORE_MODELS_DIR": str(settings.models_dir), "LEADSCORE_DATA_DIR": str(settings.data_dir)}
    words = [sys.executable, "-m", "leadscore_core.registry.mlflow_tracking"]
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    quiet |= {"cwd": PROJECT_ROOT, "env": env, "start_new_session": True, "check": False}
    threading.Thread(target=subprocess.run, args=(words,), kwargs=quiet, daemon=True).start()


def pull_model(wanted: str, settings: Settings | None = None, *, by: str = "") -> str:
    """Take a model from MLflow into the registry, and return its name; it is marked, and not put to use.

    Parameters
    ----------
    wanted
        ``models:/leadscore-<schema>@champion``, with any alias, or ``models:/leadscore-<schema>/3`` with a version;
        ``models:/leadscore@champion`` is LeadScore's own, or, where there is none, that of the schema whose model was
        written down last.

    Raises
    ------
    LeadScoreError
        If tracking is off, there is no such model, or what came is not the one that was exported.
    """
    settings = settings or load_settings()
    uri = tracking_uri(settings)
    if uri is None:
        raise LeadScoreError("Tracking is switched off. Set LEADSCORE_TRACKING_URI to the server that has the model.")
    try:
        with warnings.catch_warnings(), scratch_folder() as folder:
            warnings.simplefilter("ignore")
            if settings.tracking_uri is None:
                bring_home(settings.models_dir)
            client = _client(uri)
            name, _, which = wanted.removeprefix("models:/").partition("@" if "@" in wanted else "/")
            if name == NAME and "@" in wanted:
                name, which = _of_ours(client, which)
            look = client.get_model_version_by_alias if "@" in wanted else client.get_model_version
            found = look(name, which)
            path = client.download_artifacts(str(found.run_id), f"{FILE}/{found.tags[ID_TAG]}.zip", str(folder))
            return import_model(ModelRegistry(settings.models_dir), Path(path), by=by)
    except LeadScoreError:
        raise
    except Exception as error:
        raise LeadScoreError(
            f"{wanted} could not be taken from MLflow at {_shown(uri)} ({_first(error, uri)}). Give "
            "models:/leadscore-SCHEMA@champion, or a version as models:/leadscore-SCHEMA/3."
        ) from error


def _first(error: Exception, uri: str) -> str:
    """Return the first line of what went wrong, without the address's password."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].replace(uri, _shown(uri))[:160]


def _aliases(registry: ModelRegistry) -> dict[str, str]:
    """Return alias -> model: of the schema of the last change, and where there are several with the schema's name."""
    found: dict[str, dict[str, str]] = {}
    for (schema, alias), model_id in _in_use(registry).items():
        found.setdefault(schema, {})[alias] = model_id
    result = dict(next(iter(found.values()), {}))
    for schema, own in found.items() if len(found) > 1 else ():
        result |= {f"{alias}-{schema}": model_id for alias, model_id in own.items()}
    return result


def _in_use(registry: ModelRegistry) -> dict[tuple[str, str], str]:
    """Return schema and alias -> model, the schema of the last change first."""
    models, champions = registry.list_models(), registry.champions
    result: dict[tuple[str, str], str] = {}
    for schema in dict.fromkeys([*(s for s in champions if s), *(m.schema_name for m in models)]):
        own = [m for m in models if m.schema_name == schema]
        champion = next((m for m in own if m.model_id == champions.get(schema)), None)
        if champion is not None:
            result[schema, CHAMPION] = champion.model_id
        if own and (champion is None or own[0].created_at > champion.created_at):
            result[schema, CHALLENGER] = own[0].model_id
    return result


def registered_name(schema: str) -> str:
    """Return under which name the models of a schema are registered: each has its own, the first is LeadScore's.

    Examples
    --------
    >>> registered_name("codepro"), registered_name("gym")
    ('leadscore', 'leadscore-gym')
    """
    return NAME if schema == DEFAULT_SCHEMA else f"{NAME}-{schema}"


def _of_ours(client: MlflowClient, alias: str) -> tuple[str, str]:
    """Return which registered model is meant, and its alias: by ``champion-<schema>``, else the last written."""
    kind, _, schema = alias.partition("-")
    if schema and kind in {CHAMPION, CHALLENGER}:
        return registered_name(schema), kind
    return _last_written(client, alias), alias


def _last_written(client: MlflowClient, alias: str) -> str:
    """Return the registered model of ours with this alias whose versions were written last."""
    found = [m for m in client.search_registered_models() if m.name.startswith(NAME) and alias in m.aliases]
    if any(model.name == NAME for model in found):
        return NAME
    newest = max(found, key=lambda model: model.last_updated_timestamp or 0, default=None)
    return NAME if newest is None else str(newest.name)


def _seen(settings: Settings) -> dict[str, Any]:
    try:
        result = json.loads((settings.models_dir / _SEEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _shown(uri: str) -> str:
    """Return an address without its password."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if "@" in rest else uri


def _client(uri: str) -> MlflowClient:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(uri)


def _write_down(registry: ModelRegistry, uri: str, aliases: dict[str, str], settings: Settings) -> Tracked:
    from leadscore_core.registry.mlflow_run import log_model_run  # pages promote without what judges

    if settings.tracking_uri is None:
        bring_home(settings.models_dir)
    client = _client(uri)
    experiment = _experiment(client, settings)
    models = registry.list_models()
    names = {metadata.model_id: registered_name(metadata.schema_name) for metadata in models}
    versions: dict[str, str] = {}
    for name in dict.fromkeys(names.values()):
        with _harmless():
            client.create_registered_model(name, description="Propensity of leads; the aliases follow promotions.")
        versions |= {str(v.tags.get(ID_TAG)): str(v.version) for v in client.search_model_versions(f"name='{name}'")}
    logged = []
    for metadata in reversed(models):
        if metadata.model_id not in versions:
            name = names[metadata.model_id]
            versions[metadata.model_id] = log_model_run(registry, metadata, experiment, name)
            logged.append(metadata.model_id)
    log_searches(client, settings.models_dir, experiment)
    verdicts = _verdicts(registry, settings)
    for name in dict.fromkeys(names.values()) if verdicts else ():
        for version in client.search_model_versions(f"name='{name}'"):
            with _harmless():
                log_verdicts(client, str(version.run_id), verdicts.get(str(version.tags.get(ID_TAG)), []))
    _point(client, registry, versions)
    return Tracked(tuple(logged), aliases)


def _verdicts(registry: ModelRegistry, settings: Settings) -> dict[str, list[MonitorEvent]]:
    return read_verdicts(settings, {metadata.schema_name for metadata in registry.list_models()})


def _point(client: MlflowClient, registry: ModelRegistry, versions: dict[str, str]) -> None:
    """Point the aliases of each schema's model to their versions, and take off those that are nobody's."""
    in_use = _in_use(registry)
    for (schema, alias), model_id in in_use.items():
        client.set_registered_model_alias(registered_name(schema), alias, versions[model_id])
    for schema in {metadata.schema_name for metadata in registry.list_models()}:
        name = registered_name(schema)
        for alias in set(client.get_registered_model(name).aliases):
            if alias.partition("-")[0] in {CHAMPION, CHALLENGER} and (schema, alias) not in in_use:
                with _harmless():
                    client.delete_registered_model_alias(name, alias)


def _experiment(client: MlflowClient, settings: Settings) -> str:
    """Return the experiment of the runs: made where there is none, and brought back where somebody deleted it."""
    known = client.get_experiment_by_name(NAME)
    if known is None:
        local = mlflow_root(settings.models_dir) / ARTIFACTS
        return str(client.create_experiment(NAME, local.as_uri() if settings.tracking_uri is None else None))
    if known.lifecycle_stage == "deleted":
        client.restore_experiment(known.experiment_id)
    return str(known.experiment_id)


@contextmanager
def _harmless() -> Iterator[None]:
    """Go on where MLflow says that something is there already, or is not there."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code not in _HARMLESS:
            raise


def main() -> int:
    """Bring MLflow up to the registry and say what came of it."""
    result = sync_tracking()
    sys.stdout.write(json.dumps({"logged": result.logged, "aliases": result.aliases, "problem": result.problem}) + "\n")
    return 1 if result.problem else 0


if __name__ == "__main__":
    sys.exit(main())
