"""How fast the Sources page is on the server: grouping leads, and what each of its sections computes.

    python benchmarks/sources_page.py --rows 1000000

Each figure is the median of repeated calls in a process of its own, which opens a batch that another one kept.
`group_ms` is the slowest of all columns and of source crossed with each; `page_ms` the slowest section with everything
above it. `group_ratio` is the largest ratio of a grouping to the bare DuckDB query over the same file in the same run:
leads, known, completed and expected by the same column or two. Beside it: the same grouping by pandas with the batch in
memory already, and what it takes to get it there. The last line is JSON.
"""

import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

from served import bare_duckdb, median_ms, peak_mb, ratio_in_turns, run


def serve(rows: int) -> dict[str, object]:
    """Open the kept batch as the page does, and time what it computes."""
    from leadscore_core.analytics.charts import show_bubbles, show_flow, show_gap, show_heatmap, show_rates, show_trend
    from leadscore_core.analytics.sources import (
        EVERYBODY,
        Scope,
        choose_counted,
        explain_gaps,
        find_far_segments,
        open_sources,
        rate_by,
    )
    from leadscore_core.analytics.wording import answer
    from leadscore_core.config import load_settings
    from leadscore_core.registry.registry import load_champion
    from leadscore_core.storage.database.batches import BatchStore
    from leadscore_core.storage.leads.dimensions import expression

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

    def composition_section() -> None:
        split = explain_gaps(view, scope.by, EVERYBODY, scope.counted)
        show_gap(view, scope, split, 0)

    def course_section() -> None:
        show_trend(view, scope)
        show_flow(view, scope)

    alone = {d: median_ms(lambda d=d: view.table.groups([d], EVERYBODY)) for d in view.dimensions}
    crossed = {
        d: median_ms(lambda d=d: view.table.groups([scope.by, d], EVERYBODY)) for d in view.dimensions if d != scope.by
    }
    bare, counted = bare_duckdb(), "count(*), count(ls_outcome), sum(ls_outcome), sum(ls_propensity)"

    def group_bare(dimensions: list[str]) -> object:
        cells = ", ".join(
            str(expression(d, view.table.columns, view.table.created, view.table.city)) for d in dimensions
        )
        file = view.table.tables[0].file_sql
        return bare(f"SELECT {cells}, {counted} FROM {file} GROUP BY ALL ORDER BY count(*) DESC LIMIT 20000")

    pairs = [*([d] for d in view.dimensions), *([scope.by, d] for d in crossed)]
    ratios = [
        ratio_in_turns(lambda by=by: view.table.groups(by, EVERYBODY), lambda by=by: group_bare(by)) for by in pairs
    ]
    above = median_ms(top)
    sections = {
        "rates": median_ms(rates_section),
        "composition": median_ms(composition_section),
        "segments": median_ms(lambda: find_far_segments(view, EVERYBODY, scope.counted)),
        "weeks_and_flow": median_ms(course_section),
    }
    return {
        "rows": rows,
        "group_ms": round(max(*alone.values(), *crossed.values()), 1),
        "group_ratio": round(max(ratios), 2),
        "group_by_source_ms": round(alone[scope.by], 1),
        "crossed_median_ms": round(statistics.median(crossed.values()), 1),
        "page_ms": round(above + max(sections.values()), 1),
        "top_ms": round(above, 1),
        "sections_ms": {name: round(value, 1) for name, value in sections.items()},
        "rss_mb": peak_mb(),
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
    grouped = median_ms(
        lambda: frame.groupby(column, dropna=False).agg(
            leads=("ls_propensity", "size"), completed=("ls_outcome", "sum"), expected=("ls_propensity", "sum")
        )
    )
    return {"pandas_load_ms": round(loaded, 1), "pandas_group_ms": round(grouped, 1)}


if __name__ == "__main__":
    run(__file__, __doc__ or "", serve, with_outcomes=True)
