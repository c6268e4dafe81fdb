"""Arrivals: look into a folder every five minutes and say which lists came since the last look.

Parameters
----------
    inbox  the folder to look into; LEADSCORE_INBOX names it where the run is scheduled

Each list that came is announced by an event of its own, which begins the inference pipeline; anything else that adds
such an event (``{"files": path}`` on leadscore_arrived_leads) does the same. A file that is still being written waits
for the next look, and one that was announced is not announced again unless its content changes.
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

    @task(outlets=[ARRIVED], retries=0)
    def announce(arrived: dict[str, str], *, outlet_events: Any = None) -> dict[str, str]:
        """Tell the inference pipeline."""
        outlet_events[ARRIVED].extra = {"files": arrived["path"]}
        return arrived

    announce.expand(arrived=came) >> step.override(task_id="remember")(
        "remember_arrivals", str(ROOT), {"arrived": came}
    )


arrivals()
