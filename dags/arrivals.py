"""Arrivals: look into a folder every five minutes and say which lists came since the last look.

Parameters
----------
    inbox  the folder to look into; LEADSCORE_INBOX names it where the run is scheduled

A list that came begins the inference pipeline, which takes it from the asset's event; anything else that adds such an
event (``{"files": path}`` on leadscore_arrived_leads) does the same. A file that is still being written waits for the
next look, and one that was announced is not announced again unless its content changes.
"""

import os
from typing import Any

from airflow.sdk import Param, dag, task
from steps import ARRIVED, ROOT, step

INBOX = os.environ.get("LEADSCORE_INBOX", str(ROOT / "data" / "inbox"))


@dag(
    dag_id="leadscore_arrivals",
    schedule="*/5 * * * *",
    catchup=False,
    max_active_runs=1,
    tags=["leadscore"],
    doc_md=__doc__,
    params={"inbox": Param(INBOX, type="string", description="Folder to look into")},
)
def arrivals() -> None:
    """Look, announce."""
    came = step.override(task_id="look")("find_arrivals", str(ROOT), {"inbox": "{{ params.inbox }}"})

    @task.short_circuit
    def anything(files: list[str]) -> bool:
        """Go on only where a list came, so that nothing is announced for nothing."""
        return bool(files)

    @task(outlets=[ARRIVED], retries=0)
    def announce(files: list[str], *, outlet_events: Any = None) -> str:
        """Tell the inference pipeline."""
        outlet_events[ARRIVED].extra = {"files": ",".join(files)}
        return ",".join(files)

    told = announce(came)
    anything(came) >> told
    told >> step.override(task_id="remember")("remember_arrivals", str(ROOT), {"files": told})


arrivals()
