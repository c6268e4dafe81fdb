"""A model as a run in MLflow: parameters, figures of every fold, targets, leads, leakage, card, and the model."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core._files import scratch_folder
from leadscore_core.errors import FigureError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.model.model_card import write_card, write_card_html
from leadscore_core.model.weights import weights_in
from leadscore_core.registry.archive import pack_model
from leadscore_core.registry.mlflow_model import code_of, requirements_of, served_pipeline, signature_of
from leadscore_core.registry.mlflow_place import FILE, ID_TAG, metric_name
from leadscore_core.registry.registry import ModelRegistry

_DIGEST, _MOST_NAME = 36, 500


def log_model_run(registry: ModelRegistry, metadata: ModelMetadata, experiment: str, name: str) -> str:
    """Write one model down as a run and a version of a registered model, and return the version.

    Nothing of it says who a lead is: of the leads themselves it has their digest, number, period and columns.
    """
    import mlflow
    import mlflow.sklearn

    model = registry.load(metadata.model_id)
    with mlflow.start_run(experiment_id=experiment, run_name=metadata.model_id):
        mlflow.set_tags(_tags(metadata))
        mlflow.log_params(metadata.parameters | {"excluded": ", ".join(sorted(metadata.excluded)) or "nothing"})
        log_data(model)
        _log_metrics(model)
        with scratch_folder() as folder:
            _write_files(registry, model, folder)
            mlflow.log_artifacts(str(folder))
        info = mlflow.sklearn.log_model(
            served_pipeline(model),
            name="pipeline",
            serialization_format="cloudpickle",
            pyfunc_predict_fn="predict_proba",
            signature=signature_of(model),
            pip_requirements=requirements_of(model),
            code_paths=code_of(),
        )
    return str(mlflow.register_model(info.model_uri, name, tags={ID_TAG: metadata.model_id}).version)


def _tags(metadata: ModelMetadata) -> dict[str, Any]:
    data = metadata.training_data
    return {
        ID_TAG: metadata.model_id,
        "schema": metadata.schema_name,
        "algorithm": metadata.algorithm,
        "reasons": metadata.reasons_in_words,
        "data.sha256": data.sha256,
        "data.rows": data.rows,
        "synthetic": data.synthetic,
        "git_commit": metadata.git_commit or "",
        "meets_targets": metadata.meets_targets,
        "leakage.asked": len(metadata.audit),
        "leakage.open": len(metadata.open_questions),
        "note": data.note,
    } | ({"figures.among": metadata.among} if metadata.among else {})


def log_data(model: LeadModel) -> None:
    """Log the training leads as a dataset without any of their rows: name, digest, columns, number and period."""
    import mlflow
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.types.schema import ColSpec, Schema

    data = model.metadata.training_data
    kinds = {"number": "double", "integer": "long", "datetime": "datetime", "flag": "boolean"}
    columns: list[Any] = [
        ColSpec(kinds.get(c.type, "string"), data.headers.get(c.name, c.human), required=False)
        for c in model.schema.inputs
    ]
    name = data.name or model.schema.title
    source = CodeDatasetSource({"mlflow.source.name": name, "mlflow.source.type": "LOCAL"})
    known: dict[str, Any] = {"name": name[:_MOST_NAME], "digest": data.sha256[:_DIGEST], "schema": Schema(columns)}
    dataset = MetaDataset(source, **known)  # type: ignore[abstract]
    tags = {"rows": data.rows, "left_out": data.left_out, "base_rate": data.base_rate, "sha256": data.sha256}
    if data.period_start and data.period_end:
        tags |= {"period_start": data.period_start.isoformat(), "period_end": data.period_end.isoformat()}
    mlflow.log_input(dataset, context="training", tags={key: str(value) for key, value in tags.items()})


def _log_metrics(model: LeadModel) -> None:
    """Log means, deviations, and the figures of each fold and each month as steps; targets; leakage; importances."""
    import mlflow

    metadata = model.metadata
    figures = (*metadata.measures, "threshold", "base_rate")
    for split, short, each in (("cross_validation", "cv", "by_fold"), ("next_period", "next", "months")):
        block = metadata.metrics.get(split, {})
        known = {f"{short}_{name}": block[name] for name in figures if block.get(name) is not None}
        known |= {f"{short}_{n}_std": block[f"{n}_std"] for n in figures if block.get(f"{n}_std") is not None}
        mlflow.log_metrics(known)
        folds = block.get(each) or _folds_of(model, split)
        for step, own in enumerate(folds.values()):
            judged = {f"{short}_each_{n}": float(own[n]) for n in (*figures, "rows") if own.get(n) is not None}
            mlflow.log_metrics(judged, step=step)
        if folds:
            mlflow.set_tag(f"{short}_each", ", ".join(map(str, folds))[:5_000])
    mlflow.log_metrics({f"target_{name}": float(value) for name, value in metadata.targets.model_dump().items()})
    mlflow.log_metrics({metric_name("importance", name): share for name, (share, _) in metadata.importance.items()})
    for one in metadata.audit:
        worth = {"auc": one.auc, "auc_with": one.auc_with, "auc_without": one.auc_without}
        mlflow.log_metrics({metric_name(f"leakage_{key}", one.column): v for key, v in worth.items() if v is not None})


def _folds_of(model: LeadModel, split: str) -> dict[str, dict[str, float]]:
    """Return AUC and Brier score of each fold by what is kept of its leads, for models that keep no more."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    judged = model.out_of_sample
    if judged is None:
        return {}
    found = {}
    for fold, rows in judged[judged["split"] == split].groupby("fold", sort=False):
        label, p = rows["completed"].to_numpy("int64"), rows["propensity"].to_numpy("float64")
        if pd.Series(label).nunique() > 1:
            weight = weights_in(rows)
            auc, brier = (f(label, p, sample_weight=weight) for f in (roc_auc_score, brier_score_loss))
            found[str(fold)] = {"auc": float(auc), "brier": float(brier)}
    return found


def _write_files(registry: ModelRegistry, model: LeadModel, place: Path) -> None:
    """Write what is kept as files: figures, card, metadata, leakage, and the model as it is exported."""
    metadata = model.metadata
    draw_figures(model, place / "figures")
    named = [entry for entry in registry.history() if entry["model_id"] == metadata.model_id]
    origin = registry.imported(metadata.model_id)
    brought = "" if origin is None else origin.words
    for write, ending in ((write_card, "md"), (write_card_html, "html")):
        card = write(metadata, model.schema, promotions=named, brought=brought)
        (place / f"model-card.{ending}").write_text(card, encoding="utf-8")
    asked = pd.DataFrame([one.model_dump(mode="json") for one in metadata.audit])
    (place / "leakage.json").write_text(asked.to_json(orient="records", indent=2), encoding="utf-8")
    shutil.copy(registry.root / metadata.model_id / "metadata.json", place / "metadata.json")
    (place / FILE).mkdir()
    pack_model(registry, metadata.model_id, place / FILE / f"{metadata.model_id}.zip")


def draw_figures(model: LeadModel, folder: Path) -> None:
    """Write the curves of the folds as pages that need nothing else, and as images where a browser is installed."""
    from sklearn.metrics import roc_auc_score

    from leadscore_core.plots.image import draw_images
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
    weight = weights_in(judged)
    curves, words = draw_curves(label, p, weight), model.schema.outcome
    auc, base = float(roc_auc_score(label, p, sample_weight=weight)), float(np.average(label, weights=weight))
    figures = {
        "roc": plot_roc(curves["roc"], auc, words),
        "precision-recall": plot_precision_recall(curves["precision_recall"], base, None, words),
        "calibration": plot_calibration(curves["calibration"], words),
        "gain": plot_gain_share(curves["gain"], words),
        "scores": plot_scores(curves["scores"], words),
    }
    for name, figure in figures.items():
        figure.write_html(folder / f"{name}.html", include_plotlyjs=True)
    with suppress(FigureError):  # without a browser there are no images
        for name, image in zip(figures, draw_images(list(figures.values()), "png"), strict=True):
            (folder / f"{name}.png").write_bytes(image)
