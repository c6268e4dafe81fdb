"""Searches: what comparisons of algorithms and searches for settings found, beside the models and as runs in MLflow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from leadscore_core._files import write_text
from leadscore_core.days import key_of_moment

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER, SEARCH_TAG = "searches", "leadscore.search_id"
_MOST_SEARCHES = 200


@dataclass(frozen=True)
class Search:
    """One comparison or search.

    Attributes
    ----------
    kind
        ``comparison`` of algorithms, or ``tuning`` of the settings of one.
    children
        One an algorithm or trial: ``name``, ``params`` and ``metrics``.
    metrics, tags
        Of the whole.
    """

    search_id: str
    kind: Literal["comparison", "tuning"]
    schema: str
    children: list[dict[str, Any]]
    metrics: dict[str, float]
    tags: dict[str, str]


def save_search(models_dir: Path, kind: Literal["comparison", "tuning"], schema: str, **found: Any) -> Search:
    """Keep a comparison or a search beside the models, where MLflow is brought up to it; the oldest of many go.

    Parameters
    ----------
    **found
        Other fields of `Search`.
    """
    now = datetime.now(UTC)
    search = Search(key_of_moment(now), kind, schema, **found)
    folder = models_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{search.search_id}.json", json.dumps(asdict(search), default=str))
    for old in sorted(folder.glob("*.json"))[:-_MOST_SEARCHES]:
        old.unlink(missing_ok=True)
    return search


def read_searches(models_dir: Path) -> list[Search]:
    """Return what is kept, the oldest first; what cannot be read is passed over."""
    found = []
    for path in sorted((models_dir / FOLDER).glob("*.json")):
        try:
            found.append(Search(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return found


def log_searches(client: MlflowClient, models_dir: Path, experiment: str) -> None:
    """Write down what MLflow lacks: a run each, with a child for each algorithm or trial."""
    searches = read_searches(models_dir)
    if not searches:
        return
    runs = client.search_runs([experiment], f"tags.`{SEARCH_TAG}` != ''", max_results=5_000)
    known = {run.data.tags.get(SEARCH_TAG) for run in runs}
    for search in searches:
        if search.search_id not in known:
            _log(search, experiment)


def _log(search: Search, experiment: str) -> None:
    import mlflow

    tags = {SEARCH_TAG: search.search_id, "kind": search.kind, "schema": search.schema} | search.tags
    with mlflow.start_run(experiment_id=experiment, run_name=f"{search.kind} {search.search_id}"):
        mlflow.set_tags(tags)
        mlflow.log_metrics(search.metrics)
        for child in search.children:
            with mlflow.start_run(experiment_id=experiment, run_name=child["name"], nested=True):
                mlflow.set_tags({"kind": search.kind, "schema": search.schema})
                mlflow.log_params(child["params"])
                mlflow.log_metrics({name: v for name, v in child["metrics"].items() if v is not None})
