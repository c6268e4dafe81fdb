"""How fast the Leads page is on the server: opening, turning pages, filtering, sorting, searching.

    python benchmarks/leads_page.py --rows 1000000

Each figure is the median of repeated calls in a process of its own, which opens a batch that another one kept, with a
contact attempt to every tenth lead. A ratio
is to the bare DuckDB query over the same file, the two in turns and by their medians: its leads by rank, by a column,
with a text, of the columns that the page shows and without what is decided about them. A ratio of attempts is to the
same call on the same leads as if nobody had been called. The last line is JSON.
"""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version

from served import bare_duckdb, median_ms, peak_mb, ratio_in_turns, run


def serve(rows: int) -> dict[str, object]:
    """Open the kept batch as the page does, and time what a person does there."""
    from dataclasses import replace

    from leadscore_core.batches.known_people import match_newest
    from leadscore_core.batches.planning import ALL, CALLS, plan_batch
    from leadscore_core.batches.view import open_view
    from leadscore_core.config import load_settings
    from leadscore_core.data.schema.schema import Role
    from leadscore_core.registry.registry import load_champion
    from leadscore_core.storage.database.batches import BatchStore
    from leadscore_core.storage.leads.contact_rows import ContactRows
    from leadscore_core.storage.leads.dimensions import quoted
    from leadscore_core.storage.leads.filters import LeadFilter
    from leadscore_core.storage.leads.lead_table import LeadTable, Sort

    model = load_champion()
    started = time.perf_counter()
    match_newest(load_settings())  # as the server does once it has started
    matched = 1_000 * (time.perf_counter() - started)
    started = time.perf_counter()
    batch = BatchStore(load_settings()).list_batches()[0]
    view = open_view(batch, lambda _: model, model.schema)
    first_open = 1_000 * (time.perf_counter() - started)
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

    def calls_on(table: LeadTable) -> dict[str, Callable[[], object]]:
        def turn(chosen: LeadFilter, sort: Sort, offset: int) -> None:
            view.present(table.page(chosen, sort, offset, 50, without=view.not_shown(shown)), shown)

        searched = replace(CALLS, text=name)
        return {
            "page": lambda: turn(CALLS, Sort(), 50 * next(turns)),
            "deep_page": lambda: turn(CALLS, Sort(), table.rows // 2),
            "filter": lambda: (table.count(narrow), turn(narrow, Sort(), 0)),
            "sort": lambda: turn(CALLS, Sort(source, descending=True), 0),
            "sort_by_date": lambda: turn(CALLS, Sort(created, descending=True), 0),
            "search": lambda: (table.count(searched), turn(searched, Sort(), 0)),
        }

    calls = calls_on(view.table)
    uncalled = calls_on(view.table.standing_as(replace(view.standing, contacts=ContactRows())))
    figures = {f"{name}_ms": median_ms(call) for name, call in calls.items()}
    bare, file = bare_duckdb(), view.table.file_sql
    kept = [column for column in view.table.columns if column in first.columns and column not in view.not_shown(shown)]
    columns = ", ".join(map(quoted, kept))
    has_text = f"ls_search LIKE '%{name.casefold()}%'"
    leads = f"SELECT {columns} FROM {file}"
    limits = {
        "page": lambda: bare(f"{leads} ORDER BY ls_rank LIMIT 50 OFFSET {50 * next(turns)}"),
        "sort": lambda: bare(f"{leads} ORDER BY {quoted(source)} DESC NULLS LAST, ls_rank LIMIT 50"),
        "search": lambda: (
            bare(f"SELECT count(*) FROM {file} WHERE {has_text}"),
            bare(f"{leads} WHERE {has_text} ORDER BY ls_rank LIMIT 50"),
        ),
    }
    return {
        "rows": rows,
        "attempts": len(view.standing.contacts),
        "match_ms": round(matched, 1),
        "first_open_ms": round(first_open, 1),
        "open_ms": round(opened, 1),
        **{key: round(value, 1) for key, value in figures.items()},
        **{f"{name}_ratio": round(ratio_in_turns(calls[name], limit), 2) for name, limit in limits.items()},
        **{f"attempts_{name}_ratio": round(ratio_in_turns(calls[name], uncalled[name]), 2) for name in limits},
        "rss_mb": peak_mb(),
        "file_mb": round(batch.scores_path.stat().st_size / 1024**2, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "pandas": version("pandas"),
    }


if __name__ == "__main__":
    run(__file__, __doc__ or "", serve, with_outcomes=False, attempts_of=10)
