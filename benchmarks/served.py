"""What the page benchmarks share: a batch that one process keeps and another serves, and how calls are timed."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPEATS = "LEADSCORE_BENCH_REPEATS"


def median_ms(act: Callable[[], object], repeats: int = 0) -> float:
    """Return the median of repeated calls in milliseconds, after one that is not counted."""
    act()
    seconds = []
    for _ in range(repeats or asked_repeats()):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return 1_000 * statistics.median(seconds)


def asked_repeats() -> int:
    """Return how often each call is timed, unless it says so itself."""
    return int(os.environ.get(REPEATS, "9"))


def ratio_in_turns(act: Callable[[], object], bare: Callable[[], object]) -> float:
    """Return the ratio of the medians of two calls that take turns, after one of each that is not counted."""
    taken: list[list[float]] = [[], []]
    for turn in range(asked_repeats() + 1):
        for call, seconds in zip((act, bare), taken, strict=True):
            started = time.perf_counter()
            call()
            if turn:
                seconds.append(time.perf_counter() - started)
    return statistics.median(taken[0]) / statistics.median(taken[1])


def save_sample(rows: int, folder: Path, *, with_outcomes: bool) -> None:
    """Make synthetic leads and keep them as a batch."""
    from leadscore_core.batches.save import save_batch
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.synthetic import make_sample
    from leadscore_core.registry.registry import load_champion

    leads = folder / "leads.parquet"
    model = load_champion()
    labelled = make_sample(rows, seed=1).labelled
    label = model.schema.label
    left_out = [] if with_outcomes or label is None else [label.name]
    labelled.drop(columns=left_out).to_parquet(leads, index=False)
    save_batch(open_list(leads, model.schema), model, name="benchmark")
    leads.unlink()


def keep_attempts(number: int) -> None:
    """Keep contact attempts with the first leads of the batch's call list, one each, of all results in turns."""
    from leadscore_core.batches.known_people import lead_keys
    from leadscore_core.batches.view import open_view
    from leadscore_core.config import load_settings
    from leadscore_core.registry.registry import load_champion
    from leadscore_core.storage.database.batches import BatchStore
    from leadscore_core.storage.database.contact_states import RESULTS
    from leadscore_core.storage.database.contacts import ContactStore, Result, Said
    from leadscore_core.storage.database.engine import now
    from leadscore_core.storage.leads.filters import LeadFilter
    from leadscore_core.storage.leads.lead_table import Sort

    settings, model = load_settings(), load_champion()
    batch = BatchStore(settings).list_batches()[0]
    table = open_view(batch, lambda _: model, model.schema).table
    rows = table.rows_of(LeadFilter(), Sort())[:number]
    results, store = list(RESULTS), ContactStore(settings)
    for start in range(0, len(rows), 5_000):
        keys = lead_keys(batch, table, rows[start : start + 5_000])
        made = [Result(results[at % len(results)], call_back_at=now()) for at in range(len(keys))]
        said = [
            Said(lead, f"Caller {at % 50}", result) for at, (lead, result) in enumerate(zip(keys, made, strict=True))
        ]
        store.record_all(batch.schema_name, batch.id, said)


def bare_duckdb() -> Callable[[str], list[tuple[object, ...]]]:
    """Return what runs SQL on a DuckDB of its own, as anybody would use it, and fetches the rows."""
    import duckdb

    connection = duckdb.connect()
    return lambda sql: connection.execute(sql).fetchall()


def peak_mb() -> int:
    """Return the most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024**2))


def run(
    script: str,
    measured: str,
    serve: Callable[[int], dict[str, object]],
    *,
    with_outcomes: bool,
    attempts_of: int = 0,
) -> None:
    """Keep a batch in one process and serve it from another; the last line is JSON.

    Parameters
    ----------
    script
        Path of the benchmark itself.
    measured
        What it measures.
    attempts_of
        To one lead in so many a contact attempt is kept; to none if 0.
    """
    parser = argparse.ArgumentParser(description=measured, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9, help="How often each call is timed.")
    parser.add_argument("--part", choices=["all", "keep", "serve"], default="all", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part == "keep":
        save_sample(asked.rows, asked.folder, with_outcomes=with_outcomes)
        if attempts_of:
            keep_attempts(asked.rows // attempts_of)
    elif asked.part == "serve":
        sys.stdout.write(json.dumps(serve(asked.rows)) + "\n")
    else:
        with tempfile.TemporaryDirectory(prefix="leadscore-bench-") as folder:
            env = os.environ | {"LEADSCORE_DATA_DIR": folder, REPEATS: str(asked.repeats)}
            command = [sys.executable, script, "--rows", str(asked.rows), "--folder", folder, "--part"]
            started = time.perf_counter()
            subprocess.run([*command, "keep"], env=env, check=True)
            sys.stderr.write(f"Made and kept {asked.rows:,} leads in {time.perf_counter() - started:.0f} s\n")
            subprocess.run([*command, "serve"], env=env, check=True)
