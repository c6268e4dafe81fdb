"""Inference: check, clean, check what the model would see, score, check what was predicted, publish the batch.

Parameters
----------
    files   leads to score: a file, a folder, or several with commas between
    schema  name of what the columns mean; found by the headers if empty

It runs by hand, when lists arrived (see arrivals) or when a model was registered. Each list that arrived since the run
before goes its own way: a list of another schema than the champion's is scored by the model in use of its own, and one
that is not fit stops alone, with its report. A list that was scored before is found again, not doubled; the batch is on
the Leads page, and the monitor's verdict on it is kept beside. Predictions that look wrong stop their list with their
report; the batch is kept for people to look at.
"""

from typing import Any

from airflow.sdk import Param, dag, task, task_group
from steps import ARRIVED, CHALLENGER, ROOT, SCORED_BATCH, require, step


@task(retries=0)
def choose_lists(asked_for: str, *, triggering_asset_events: Any = None) -> list[str]:
    """Return each list that arrived, where arrivals began the run; else the one that was asked for."""
    events = [event for of_asset in (triggering_asset_events or {}).values() for event in of_asset]
    arrived = [event.extra["files"] for event in events if event.extra.get("files")]
    return list(dict.fromkeys(arrived)) or [asked_for]


@dag(
    dag_id="leadscore_inference",
    schedule=(CHALLENGER | ARRIVED),
    catchup=False,
    max_active_runs=1,
    tags=["leadscore"],
    doc_md=__doc__,
    params={
        "files": Param(str(ROOT / "sample_data" / "new_leads.csv"), type="string", description="Leads to score"),
        "schema": Param("", type="string", description="What the columns mean; found by the headers if empty"),
    },
)
def inference_pipeline() -> None:
    """Check, clean, check, score, check, publish."""
    model = step.override(task_id="load_champion")("load_champion_id", str(ROOT), {})

    @task_group(prefix_group_id=False)
    def one_list(files: str, model_id: str) -> None:
        given = {"files": files, "schema": "{{ params.schema }}"}
        raw = step.override(task_id="check_raw")("check_raw", str(ROOT), given)
        fit = require.override(task_id="raw_is_fit")(raw, "The leads are not fit to be scored")
        path = step.override(task_id="clean")("clean_leads_to", str(ROOT), given | {"key": fit["key"]})
        ready = step.override(task_id="check_model_input")(
            "check_model_input", str(ROOT), {"path": path, "schema": given["schema"]}
        )
        cleaned = require.override(task_id="input_is_fit")(ready, "The cleaned leads are not fit for a model")
        words = {"files": files, "key": fit["key"], "model_id": model_id}
        words |= {"cleaned": cleaned["path"], "schema": fit["schema"]}
        batch = step.override(task_id="score")("score_batch", str(ROOT), words)
        step.override(task_id="check_trust")("check_scored", str(ROOT), {"scored": batch}, "monitoring_steps")
        result = step.override(task_id="check_predictions")("check_predictions", str(ROOT), {"scored": batch})
        require.override(task_id="publish", outlets=[SCORED_BATCH])(result, "The predictions look wrong")

    one_list.partial(model_id=model).expand(files=choose_lists("{{ params.files }}"))


inference_pipeline()
