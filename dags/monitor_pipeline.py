"""Monitor: check the newest lists, post what changed for certain, and bring MLflow up to it.

Parameters
----------
    days     how many days back a list or its outcomes are new

It runs once a day, and finds what the checks beside each upload and each import do not see: outcomes that came call by
call, leads that became due, messages that nobody took. What is found is on the Monitor page and in the sidebar. A list
that cannot be checked stops the last task, with the reason; the others are checked all the same. That action is due is
no fault of a run: the webhook says it.
"""

from airflow.sdk import Param, dag
from steps import ROOT, require, step

MODULE = "monitoring_steps"


@dag(
    dag_id="leadscore_monitor",
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    tags=["leadscore"],
    doc_md=__doc__,
    params={"days": Param(35, type="integer", minimum=1, description="How many days back a list or outcomes are new")},
    render_template_as_native_obj=True,
)
def monitor_pipeline() -> None:
    """Check, deliver, write down, and say what could not be checked."""
    found = step.override(task_id="check_newest")("check_newest", str(ROOT), {"days": "{{ params.days }}"}, MODULE)
    sent = step.override(task_id="deliver")("deliver_messages", str(ROOT), {}, MODULE)
    written = step.override(task_id="write_tracking")("write_tracking", str(ROOT), {}, MODULE)
    found >> [sent, written]
    require.override(task_id="all_checked")(found, "Not all lists could be checked")


monitor_pipeline()
