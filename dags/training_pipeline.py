"""Training: features, train, evaluate, gate, register as a challenger; promotion stays with a person.

Parameters
----------
    files    labelled leads: a file, a folder, or several with commas between
    label    header of the outcome
    positive, open
             values of the outcome that mean yes, and that there is none yet; several with semicolons between
    schema   name of what the columns mean; found by the headers if empty
    promote  "never", or "gates hold" to promote a model that meets every target

It runs by hand or when the data pipeline has stored leads. A second run of the same leads finds the model again.
"""

from airflow.sdk import Param, dag
from steps import CHALLENGER, CLEAN_LEADS, ROOT, require, step


@dag(
    dag_id="leadscore_training",
    schedule=[CLEAN_LEADS],
    catchup=False,
    max_active_runs=1,
    tags=["leadscore"],
    doc_md=__doc__,
    params={
        "files": Param(str(ROOT / "sample_data" / "labelled_leads.csv"), type="string", description="Labelled leads"),
        "label": Param("app_complete_flag", type="string", description="Header of the outcome"),
        "positive": Param("", type="string", description="Values of the outcome that mean yes, with ; between"),
        "open": Param("", type="string", description="Values that mean no outcome yet, with ; between"),
        "schema": Param("", type="string", description="What the columns mean; found by the headers if empty"),
        "promote": Param("never", enum=["never", "gates hold"], description="Whether a model may be promoted here"),
    },
)
def training_pipeline() -> None:
    """Features, train, evaluate, gate, register."""
    given = {"label": "{{ params.label }}", "schema": "{{ params.schema }}"}
    given |= {"positive": "{{ params.positive }}", "still_open": "{{ params.open }}"}
    files = "{{ params.files }}"
    raw = step.override(task_id="check_raw")("check_raw", str(ROOT), {"files": files, **given})
    fit = require.override(task_id="raw_is_fit")(raw, "The labelled leads are not fit")
    path = step.override(task_id="features")("clean_leads_to", str(ROOT), {"files": files, "key": fit["key"], **given})
    enough = step.override(task_id="check_enough")(
        "check_trainable", str(ROOT), {"path": path, "schema": given["schema"]}
    )
    passed = require.override(task_id="is_enough")(enough, "There is not enough to learn from")
    model = step.override(task_id="train")("train_challenger", str(ROOT), {"path": path, "key": fit["key"]})
    passed >> model
    judged = step.override(task_id="evaluate_and_gate")(
        "judge_challenger", str(ROOT), {"key": fit["key"], "model_id": model}
    )
    registered = step.override(task_id="register", outlets=[CHALLENGER])(
        "register_challenger", str(ROOT), {"key": fit["key"], "model_id": model}
    )
    judged >> registered
    step.override(task_id="promote")(
        "promote_challenger",
        str(ROOT),
        {"model_id": registered, "judged": judged, "when": "{{ params.promote }}"},
    )


training_pipeline()
