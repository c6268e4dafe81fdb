"""Inference: check, load the champion, score, check the distribution of its predictions, publish the batch.

Parameters
----------
    files   leads to score: a file, a folder, or several with commas between
    schema  name of what the columns mean; found by the headers if empty

It runs by hand, when a list arrived (see arrivals) or when a model was registered. A list that was scored before is
found again, not doubled; the batch is on the Leads page. Predictions that look wrong stop the run with their report;
the batch is kept for people to look at.
"""

from airflow.sdk import Param, dag
from steps import ARRIVED, CHALLENGER, FILES, ROOT, SCORED_BATCH, require, step


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
    """Check, score, check, publish."""
    files = FILES
    raw = step.override(task_id="check_raw")("check_raw", str(ROOT), {"files": files, "schema": "{{ params.schema }}"})
    fit = require.override(task_id="raw_is_fit")(raw, "The leads are not fit to be scored")
    model = step.override(task_id="load_champion")("load_champion_id", str(ROOT), {})
    batch = step.override(task_id="score")(
        "score_batch", str(ROOT), {"files": files, "key": fit["key"], "model_id": model}
    )
    told = step.override(task_id="check_predictions")("check_predictions", str(ROOT), {"scored": batch})
    require.override(task_id="publish", outlets=[SCORED_BATCH])(told, "The predictions look wrong")


inference_pipeline()
