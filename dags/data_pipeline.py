"""Data: check raw leads, clean them, check what a model would see, store.

Parameters
----------
    files   a file, a folder, or several with commas between
    label   header of the outcome; empty for leads without one
    positive, open
            values of the outcome that mean yes, and that there is none yet; several with semicolons between
    schema  name of what the columns mean; found by the headers if empty

A second run of the same files makes nothing twice. Leads that are not fit stop the run, with the report in the log.
"""

from airflow.sdk import Param, dag
from steps import CLEAN_LEADS, ROOT, require, step


@dag(
    dag_id="leadscore_data",
    schedule=None,
    catchup=False,
    tags=["leadscore"],
    doc_md=__doc__,
    params={
        "files": Param(str(ROOT / "sample_data" / "labelled_leads.csv"), type="string", description="Leads to clean"),
        "label": Param("app_complete_flag", type="string", description="Header of the outcome; may be empty"),
        "positive": Param("", type="string", description="Values of the outcome that mean yes, with ; between"),
        "open": Param("", type="string", description="Values that mean no outcome yet, with ; between"),
        "schema": Param("", type="string", description="What the columns mean; found by the headers if empty"),
    },
)
def data_pipeline() -> None:
    """Check, clean, check, store."""
    given = {"label": "{{ params.label }}", "schema": "{{ params.schema }}"}
    given |= {"positive": "{{ params.positive }}", "still_open": "{{ params.open }}"}
    files = "{{ params.files }}"
    raw = step.override(task_id="check_raw")("check_raw", str(ROOT), {"files": files, **given})
    fit = require.override(task_id="raw_is_fit")(raw, "The raw leads are not fit")
    path = step.override(task_id="clean")("clean_leads_to", str(ROOT), {"files": files, "key": fit["key"], **given})
    ready = step.override(task_id="check_model_input")(
        "check_model_input", str(ROOT), {"path": path, "schema": given["schema"]}
    )
    require.override(task_id="store", outlets=[CLEAN_LEADS])(ready, "The cleaned leads are not fit for a model")


data_pipeline()
