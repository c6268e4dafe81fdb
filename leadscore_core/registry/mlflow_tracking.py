"""Tracking: every model of the registry written down in MLflow, with aliases that follow promotions.

    python -m leadscore_core.registry.mlflow_tracking

The registry is what counts; MLflow is brought up to it, so that whatever it missed while it was down is written down
later. MLflow is imported here alone and never on the scoring path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock, Timeout

from leadscore_core._files import write_text
from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.model.model_card import write_card
from leadscore_core.registry.archive import export_model, import_model
from leadscore_core.registry.registry import ModelRegistry

if TYPE_CHECKING:
    from mlflow import MlflowClient

OFF = "off"
NAME = "leadscore"
CHAMPION, CHALLENGER = "champion", "challenger"
_ID = "leadscore.model_id"
_FILE = "leadscore_model"
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
    return settings.tracking_uri or f"sqlite:///{settings.models_dir / 'mlflow.db'}"


def sync_tracking(settings: Settings | None = None) -> Tracked:
    """Write down in MLflow what it lacks of the registry, and point its aliases to champion and challenger.

    The challenger is the newest model of the champion's schema that came after it and is not in use. Where there are
    models of several schemas, each has aliases of its own beside those of the last change: ``champion-<schema>`` and
    ``challenger-<schema>``. Nothing is raised: a tracking
    server that is down must not cost a training run.
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


def pull_model(wanted: str, settings: Settings | None = None) -> str:
    """Take a model from MLflow into the registry, and return its name; it is not put to use.

    Parameters
    ----------
    wanted
        ``models:/leadscore@champion``, with any alias, or ``models:/leadscore/3`` with a version.

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
        with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="leadscore-pull-") as folder:
            warnings.simplefilter("ignore")
            client = _client(uri)
            name, _, which = wanted.removeprefix("models:/").partition("@" if "@" in wanted else "/")
            look = client.get_model_version_by_alias if "@" in wanted else client.get_model_version
            found = look(name, which)
            path = client.download_artifacts(str(found.run_id), f"{_FILE}/{found.tags[_ID]}.zip", folder)
            return import_model(ModelRegistry(settings.models_dir), Path(path))
    except LeadScoreError:
        raise
    except Exception as error:
        raise LeadScoreError(
            f"{wanted} could not be taken from MLflow at {_shown(uri)} ({_first(error, uri)}). Give "
            "models:/leadscore@champion, or a version as models:/leadscore/3."
        ) from error


def _first(error: Exception, uri: str) -> str:
    """Return the first line of what went wrong, without the address's password."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].replace(uri, _shown(uri))[:160]


def _aliases(registry: ModelRegistry) -> dict[str, str]:
    models, champions = registry.list_models(), registry.champions
    schemas = list(dict.fromkeys([*(s for s in champions if s), *(m.schema_name for m in models)]))
    result: dict[str, str] = {}
    for place, schema in enumerate(schemas):
        own = [m for m in models if m.schema_name == schema]
        champion = next((m for m in own if m.model_id == champions.get(schema)), None)
        found = {CHAMPION: champion.model_id} if champion else {}
        if own and (champion is None or own[0].created_at > champion.created_at):
            found[CHALLENGER] = own[0].model_id
        result |= found if place == 0 else {}
        result |= {f"{alias}-{schema}": m for alias, m in found.items()} if len(schemas) > 1 else {}
    return result


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
    client = _client(uri)
    with _harmless():
        client.create_registered_model(NAME, description="Propensity of leads; the aliases follow promotions.")
    versions = {v.tags.get(_ID): v.version for v in client.search_model_versions(f"name='{NAME}'")}
    logged = []
    for metadata in reversed(registry.list_models()):
        if metadata.model_id not in versions:
            versions[metadata.model_id] = _log(registry, metadata, settings)
            logged.append(metadata.model_id)
    for alias, model_id in aliases.items():
        client.set_registered_model_alias(NAME, alias, versions[model_id])
    schemas = {f"-{metadata.schema_name}" for metadata in registry.list_models()} | {""}
    ours = {f"{kind}{schema}" for kind in (CHAMPION, CHALLENGER) for schema in schemas}
    for alias in ours & set(client.get_registered_model(NAME).aliases) - set(aliases):
        with _harmless():
            client.delete_registered_model_alias(NAME, alias)
    return Tracked(tuple(logged), aliases)


@contextmanager
def _harmless() -> Iterator[None]:
    """Go on where MLflow says that something is there already, or is not there."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code not in _HARMLESS:
            raise


def _log(registry: ModelRegistry, metadata: ModelMetadata, settings: Settings) -> str:
    """Write one model down as a run and a version, and return the version."""
    import mlflow
    import mlflow.sklearn

    model = registry.load(metadata.model_id)
    known = mlflow.get_experiment_by_name(NAME)
    local = (settings.models_dir / "mlartifacts").as_uri() if settings.tracking_uri is None else None
    experiment = known.experiment_id if known else mlflow.create_experiment(NAME, artifact_location=local)
    data = metadata.training_data
    with mlflow.start_run(experiment_id=experiment, run_name=metadata.model_id):
        mlflow.set_tags(
            {
                _ID: metadata.model_id,
                "schema": metadata.schema_name,
                "algorithm": metadata.algorithm,
                "data.sha256": data.sha256,
                "data.rows": data.rows,
                "synthetic": data.synthetic,
                "git_commit": metadata.git_commit or "",
                "meets_targets": metadata.meets_targets,
                "note": data.note,
            }
        )
        mlflow.log_params(metadata.parameters | {"excluded": ", ".join(sorted(metadata.excluded)) or "nothing"})
        _log_metrics(model)
        with tempfile.TemporaryDirectory(prefix="leadscore-tracking-") as folder:
            place = Path(folder)
            _draw(model, place / "figures")
            named = [entry for entry in registry.history() if entry["model_id"] == metadata.model_id]
            (place / "model-card.md").write_text(write_card(metadata, model.schema, promotions=named), encoding="utf-8")
            shutil.copy(registry.root / metadata.model_id / "metadata.json", place / "metadata.json")
            (place / _FILE).mkdir()
            export_model(registry, metadata.model_id, place / _FILE / f"{metadata.model_id}.zip")
            mlflow.log_artifacts(folder)
        libraries = [f"{name}=={version}" for name, version in metadata.libraries.items() if name != "python"]
        info = mlflow.sklearn.log_model(
            model.pipeline,
            name="pipeline",
            serialization_format="cloudpickle",
            pyfunc_predict_fn="predict_proba",
            signature=_signature(model),
            pip_requirements=libraries,
        )
    tags = {_ID: metadata.model_id}
    return str(mlflow.register_model(info.model_uri, NAME, tags=tags).version)


def _log_metrics(model: LeadModel) -> None:
    import mlflow
    from sklearn.metrics import brier_score_loss, roc_auc_score

    figures = (*model.metadata.measures, "threshold", "base_rate")
    for split, short in (("cross_validation", "cv"), ("next_period", "next")):
        block = model.metadata.metrics.get(split, {})
        known = {f"{short}_{name}": block[name] for name in figures if block.get(name) is not None}
        known |= {f"{short}_{n}_std": block[f"{n}_std"] for n in figures if block.get(f"{n}_std") is not None}
        mlflow.log_metrics(known)
        judged = model.out_of_sample
        parts = judged[judged["split"] == split].groupby("part", sort=False) if judged is not None else ()
        for step, (_, part) in enumerate(parts):
            label, p = part["completed"].to_numpy("int64"), part["propensity"].to_numpy("float64")
            if pd.Series(label).nunique() > 1:
                fold = {"auc": roc_auc_score(label, p), "brier": brier_score_loss(label, p)}
                mlflow.log_metrics({f"{short}_each_{n}": float(v) for n, v in fold.items()}, step=step)
    mlflow.log_metrics({f"importance.{name}": share for name, (share, _) in model.metadata.importance.items()})


def _draw(model: LeadModel, folder: Path) -> None:
    """Write the curves of the folds as HTML, all with one copy of plotly beside them."""
    from sklearn.metrics import roc_auc_score

    from leadscore_core.plots.judging import (
        plot_calibration,
        plot_gain_share,
        plot_precision_recall,
        plot_roc,
        plot_scores,
    )
    from leadscore_core.training.evaluation.gates_and_curves import draw_curves

    folder.mkdir()
    if model.out_of_sample is None:
        return
    judged = model.out_of_sample[model.out_of_sample["split"] == "cross_validation"]
    label, p = judged["completed"].to_numpy("int64"), judged["propensity"].to_numpy("float64")
    curves, words = draw_curves(label, p), model.schema.outcome
    figures = {
        "roc": plot_roc(curves["roc"], float(roc_auc_score(label, p)), words),
        "precision-recall": plot_precision_recall(curves["precision_recall"], float(label.mean()), None, words),
        "calibration": plot_calibration(curves["calibration"], words),
        "gain": plot_gain_share(curves["gain"], words),
        "scores": plot_scores(curves["scores"], words),
    }
    for name, figure in figures.items():
        figure.write_html(folder / f"{name}.html", include_plotlyjs="directory")


def _signature(model: LeadModel) -> Any:
    """Return the signature: mapped columns, as text, each of which may be missing; two probabilities out."""
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs: list[Any] = [ColSpec("string", column.name, required=column.required) for column in model.schema.inputs]
    outputs: list[Any] = [ColSpec("double"), ColSpec("double")]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def main() -> int:
    """Bring MLflow up to the registry and say what came of it."""
    result = sync_tracking()
    sys.stdout.write(json.dumps({"logged": result.logged, "aliases": result.aliases, "problem": result.problem}) + "\n")
    return 1 if result.problem else 0


if __name__ == "__main__":
    sys.exit(main())
