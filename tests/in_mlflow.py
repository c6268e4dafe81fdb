"""What tests do with MLflow in a process beside them, which imports it once: it warns on import and takes seconds."""

import contextlib
import io
import os
import sys
import warnings
from typing import Any


def run_module(words: list[str], env: dict[str, str]) -> tuple[int, str, str]:
    """Run the command line, or the sync where no words are given; return its code, what it wrote and its errors."""
    os.environ.clear()
    os.environ.update(env)
    said, wrong = io.StringIO(), io.StringIO()
    sys.argv = ["leadscore", *words]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
        try:
            code = _main(bool(words))()
        except SystemExit as ended:
            code = ended.code
    return int(code or 0), said.getvalue(), wrong.getvalue()


def _main(is_command: bool) -> Any:
    if is_command:
        from leadscore_core.cli.main import main
    else:
        from leadscore_core.registry.mlflow_tracking import main
    return main


def make_store(uri: str) -> None:
    """Make a database with MLflow's tables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        mlflow.MlflowClient(uri).search_experiments()


def delete_experiment(uri: str) -> None:
    """Delete the experiment, as somebody does in MLflow's pages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        client = mlflow.MlflowClient(uri)
        client.delete_experiment(client.get_experiment_by_name("leadscore").experiment_id)


def ask(uri: str) -> dict[str, Any]:
    """Return what MLflow says of the model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import pandas as pd

        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        client = mlflow.MlflowClient()
        registered = {
            own.name: {a: str(v) for a, v in own.aliases.items()} for own in client.search_registered_models()
        }
        versions = client.search_model_versions("name='leadscore'")
        model = client.get_registered_model("leadscore")
        run = mlflow.get_run(versions[0].run_id)
        named = f"models:/leadscore/{versions[0].version}"
        pipeline = mlflow.sklearn.load_model(named)
        inputs = [column.name for column in mlflow.models.get_model_info(named).signature.inputs]
        propensity = pipeline.predict_proba(pd.DataFrame({name: ["Level2"] for name in inputs}))[0, 1]
        (data,) = run.inputs.dataset_inputs
        children: dict[str, list[str]] = {}
        runs = client.search_runs([run.info.experiment_id])
        named_runs = {one.info.run_id: one.info.run_name for one in runs}
        for one in runs:
            if "mlflow.parentRunId" in one.data.tags:
                children.setdefault(named_runs[one.data.tags["mlflow.parentRunId"]], []).append(one.info.run_name)
        of_models = {v.tags["leadscore.model_id"]: client.get_run(v.run_id) for v in versions}
        return {
            "verdicts": {
                model_id: {
                    "tags": own.data.tags,
                    "metrics": {name: v for name, v in own.data.metrics.items() if name.startswith("batch_")},
                    "aucs": [m.value for m in client.get_metric_history(own.info.run_id, "batch_auc")],
                }
                for model_id, own in of_models.items()
            },
            "models": {v.tags["leadscore.model_id"]: str(v.version) for v in versions},
            "aliases": {alias: str(version) for alias, version in model.aliases.items()},
            "params": run.data.params,
            "metrics": run.data.metrics,
            "tags": run.data.tags,
            "folds": len(client.get_metric_history(run.info.run_id, "cv_each_auc")),
            "files": [file.path for file in client.list_artifacts(run.info.run_id)],
            "figures": [file.path for file in client.list_artifacts(run.info.run_id, "figures")],
            "inputs": inputs,
            "registered": registered,
            "data": {"name": data.dataset.name, "digest": data.dataset.digest, "schema": data.dataset.schema}
            | {tag.key: tag.value for tag in data.tags},
            "children": children,
            "leakage": client.download_artifacts(run.info.run_id, "leakage.json"),
            "place": client.download_artifacts(versions[0].run_id, ""),
            "served": mlflow.artifacts.download_artifacts(named),
            "propensity": float(propensity),
        }
