"""How fast the Sources page is on the server: grouping leads, and what each of its sections computes.

    python benchmarks/sources_page.py --rows 1000000

Each figure is the median of repeated calls in a process of its own, which opens a batch that another one kept.
`group_ms` is the slowest of all columns and of source crossed with each; `page_ms` the slowest section with everything
above it. Beside it: the same grouping by pandas with the batch in memory already, and what it takes to get it there.
The last line is JSON.
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

REPEATS = 7


def keep(rows: int, folder: Path) -> None:
    """Make synthetic leads with outcomes and keep them as a batch."""
    from leadscore_core import load_champion
    from leadscore_core.data import make_sample
    from leadscore_core.lists import open_list
    from leadscore_core.workbench import keep_list

    leads = folder / "leads.parquet"
    make_sample(rows, seed=1).labelled.to_parquet(leads, index=False)
    model = load_champion()
    keep_list(open_list(leads, model.schema), model, name="benchmark")
    leads.unlink()


def serve(rows: int) -> dict[str, object]:
    """Open the kept batch as the page does, and time what it computes."""
    from leadscore_core import load_champion
    from leadscore_core.config import load_settings
    from leadscore_core.storage import BatchStore
    from leadscore_core.workbench import (
        EVERYBODY,
        Scope,
        answer,
        choose_counted,
        explain_mix,
        find_targets,
        open_sources,
        rate_by,
        show_bubbles,
        show_flow,
        show_gap,
        show_heatmap,
        show_rates,
        show_trend,
    )

    model = load_champion()
    batch = BatchStore(load_settings()).list_batches()[0]
    view = open_sources([batch], model.schema)
    scope = Scope(view.default, counted=choose_counted(view))

    def top() -> object:
        view = open_sources([batch], model.schema)
        choose_counted(view)
        rates = rate_by(view, [scope.by], EVERYBODY, scope.counted)
        answer(view, scope, rates)
        return rates

    def rates_section() -> None:
        rates = rate_by(view, [scope.by], EVERYBODY, scope.counted)
        show_rates(view, scope, rates)
        show_bubbles(view, scope, rates)
        show_heatmap(view, scope)

    def mix_section() -> None:
        mix = explain_mix(view, scope.by, EVERYBODY, scope.counted)
        show_gap(view, scope, mix, 0)

    def course_section() -> None:
        show_trend(view, scope)
        show_flow(view, scope)

    alone = {d: _median(lambda d=d: view.table.groups([d], EVERYBODY)) for d in view.dimensions}
    crossed = {
        d: _median(lambda d=d: view.table.groups([scope.by, d], EVERYBODY)) for d in view.dimensions if d != scope.by
    }
    above = _median(top)
    sections = {
        "rates": _median(rates_section),
        "mix": _median(mix_section),
        "targets": _median(lambda: find_targets(view, EVERYBODY, scope.counted)),
        "weeks_and_flow": _median(course_section),
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {
        "rows": rows,
        "group_ms": round(max(*alone.values(), *crossed.values()), 1),
        "group_by_source_ms": round(alone[scope.by], 1),
        "crossed_median_ms": round(statistics.median(crossed.values()), 1),
        "page_ms": round(above + max(sections.values()), 1),
        "top_ms": round(above, 1),
        "sections_ms": {name: round(value, 1) for name, value in sections.items()},
        "rss_mb": round(peak),
        **_pandas(batch.scores_path, scope.by),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "pandas": version("pandas"),
    }


def _pandas(path: Path, column: str) -> dict[str, float]:
    """Group by one column with pandas, for comparison."""
    import pandas as pd

    wanted = [column, "ls_propensity", "ls_outcome"]
    started = time.perf_counter()
    frame = pd.read_parquet(path, columns=wanted)
    loaded = 1_000 * (time.perf_counter() - started)
    grouped = _median(
        lambda: frame.groupby(column, dropna=False).agg(
            leads=("ls_propensity", "size"), completed=("ls_outcome", "sum"), expected=("ls_propensity", "sum")
        )
    )
    return {"pandas_load_ms": round(loaded, 1), "pandas_group_ms": round(grouped, 1)}


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
