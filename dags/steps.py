"""What the pipelines share: where the heavy work runs, and how leads that are not fit stop a run.

Airflow lives in an environment of its own. Each step is one call into `leadscore_core.orchestration`, or into
`leadscore_core.monitoring_steps`, carried out by the project's own Python, which LEADSCORE_PYTHON names.
"""

import os
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, task
from airflow.sdk.exceptions import AirflowFailException

ROOT = Path(__file__).resolve().parent.parent
PYTHON = os.environ.get("LEADSCORE_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
RETRIES = {"retries": 2, "retry_delay": int(os.environ.get("LEADSCORE_RETRY_SECONDS", "30"))}
ARRIVED = Asset("leadscore_arrived_leads")
CLEAN_LEADS = Asset("leadscore_clean_leads")
CHALLENGER = Asset("leadscore_challenger")
SCORED_BATCH = Asset("leadscore_scored_batch")


@task.external_python(python=PYTHON, expect_airflow=False, expect_pendulum=False, **RETRIES)
def step(name: str, root: str, words: dict[str, Any], module: str = "orchestration") -> Any:
    """Carry out one step of a module of `leadscore_core` in the project's own environment, signed by the DAG."""
    import importlib
    import os
    import sys

    sys.path.insert(0, root)
    from leadscore_core.access.person import acting_as, scheduled_person

    with acting_as(scheduled_person(os.environ.get("AIRFLOW_CTX_DAG_ID", ""))):
        return getattr(importlib.import_module(f"leadscore_core.{module}"), name)(**words)


@task(retries=0)
def require(result: dict[str, Any], what: str) -> dict[str, Any]:
    """Go on where a check holds; stop for good, with its report, where it does not: trying again would not help."""
    if result["ok"]:
        return result
    report = result.get("report") or ""
    attached = Path(report).read_text(encoding="utf-8")[:4_000] if report and Path(report).is_file() else ""
    raise AirflowFailException(f"{what}: {result['why']}. Report: {report or 'none'}\n{attached}")
