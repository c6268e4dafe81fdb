"""How fast the Leads page is on the server: opening, turning pages, filtering, sorting, searching.

    python benchmarks/leads_page.py --rows 1000000

Each figure is the median of repeated calls in a process of its own, which opens a batch that another one kept. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

REPEATS = 15


def keep(rows: int, folder: Path) -> None:
    """Make synthetic leads and keep them as a batch."""
    from leadscore_core import load_champion
    from leadscore_core.data import make_sample
    from leadscore_core.lists import open_list
    from leadscore_core.workbench import keep_list

    leads = folder / "leads.parquet"
    make_sample(rows, seed=1).labelled.drop(columns="app_complete_flag").to_parquet(leads, index=False)
    model = load_champion()
    keep_list(open_list(leads, model.schema), model, name="benchmark")
    leads.unlink()


def serve(rows: int) -> dict[str, object]:
    """Open the kept batch as the page does, and time what a person does there."""
    from dataclasses import replace

    from leadscore_core import load_champion
    from leadscore_core.config import load_settings
    from leadscore_core.data import Role
    from leadscore_core.storage import BatchStore, LeadFilter, Sort
    from leadscore_core.workbench import ALL, CALLS, open_view, plan_batch

    model = load_champion()
    started = time.perf_counter()
    batch = BatchStore(load_settings()).list_batches()[0]
    view = open_view(batch, lambda _: model, model.schema)
    plan_batch(view, 300)
    view.table.by_grade(ALL)
    first = view.table.page(CALLS, Sort(), 0, 50)
    shown = view.default_columns(quarantine=False)
    view.present(first, shown)
    opened = 1_000 * (time.perf_counter() - started)

    source, created = str(view.column(Role.SOURCE)), str(view.column(Role.TIMESTAMP))
    common = view.table.values_of(source)[0][0]
    narrow = LeadFilter(grades=("Hot", "Warm"), values={source: (str(common),)}, score_from=50)
    name = str(first["ls_name"].iloc[0])
    turns = iter(range(1, 1_000))

    def turn(chosen: LeadFilter, sort: Sort, offset: int) -> None:
        view.present(view.table.page(chosen, sort, offset, 50, without=view.not_shown(shown)), shown)

    figures = {
        "page_ms": _median(lambda: turn(CALLS, Sort(), 50 * next(turns))),
        "deep_page_ms": _median(lambda: turn(CALLS, Sort(), view.table.rows // 2)),
        "filter_ms": _median(lambda: (view.table.count(narrow), turn(narrow, Sort(), 0))),
        "sort_ms": _median(lambda: turn(CALLS, Sort(source, descending=True), 0)),
        "sort_by_date_ms": _median(lambda: turn(CALLS, Sort(created, descending=True), 0)),
        "search_ms": _median(
            lambda: (view.table.count(replace(CALLS, text=name)), turn(replace(CALLS, text=name), Sort(), 0))
        ),
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {
        "rows": rows,
        "open_ms": round(opened, 1),
        **{key: round(value, 1) for key, value in figures.items()},
        "rss_mb": round(peak),
        "file_mb": round(batch.scores_path.stat().st_size / 1024**2, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "pandas": version("pandas"),
    }


def _median(act: Callable[[], object]) -> float:
    act()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return 1_000 * statistics.median(seconds)


def main() -> None:
    """Keep a batch in one process and serve it from another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["all", "keep", "serve"], default="all", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part == "keep":
        keep(asked.rows, asked.folder)
    elif asked.part == "serve":
        sys.stdout.write(json.dumps(serve(asked.rows)) + "\n")
    else:
        with tempfile.TemporaryDirectory(prefix="leadscore-bench-") as folder:
            env = os.environ | {"LEADSCORE_DATA_DIR": folder}
            command = [sys.executable, __file__, "--rows", str(asked.rows), "--folder", folder, "--part"]
            started = time.perf_counter()
            subprocess.run([*command, "keep"], env=env, check=True)
            sys.stderr.write(f"Made and kept {asked.rows:,} leads in {time.perf_counter() - started:.0f} s\n")
            subprocess.run([*command, "serve"], env=env, check=True)


if __name__ == "__main__":
    main()
