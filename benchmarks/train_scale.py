"""What checking, training with its whole report, and evaluating cost, as lists grow.

    python benchmarks/train_scale.py --rows 100000

Two lists: CodePro's columns, as `leadscore sample-data` makes them, and a made company's with 40 columns, 15 of them
measured. Each command runs through the command line in a process of its own, with models and data in a folder that is
removed; the peak is that of the process and all that it starts, sampled ten times a second (Linux), memory that
several of them share counted once. The last line is JSON.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import cpu_count

from leadscore_core.data.synthetic import KEPT_ASIDE, LABELLED, write_sample

EVALUATED = 0.2


def made_company(rows: int, seed: int = 0) -> pd.DataFrame:
    """Make leads of a company of our own: 15 measures, 20 categories, id, e-mail, date, source and the outcome."""
    rng = np.random.default_rng(seed)
    measures = {f"Measure {i}": np.round(rng.gamma(2.0, 50.0 * i, rows), 2) for i in range(1, 16)}
    kinds = {f"Kind {i}": rng.choice([f"k{j}" for j in range(2 + 3 * i)], rows) for i in range(1, 21)}
    came = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 540 * 86_400, rows), unit="s")
    odds = -2.2 + 0.004 * measures["Measure 1"] + 0.8 * (kinds["Kind 1"] == "k0") - 0.5 * (kinds["Kind 3"] == "k2")
    number = pd.Series(np.arange(rows).astype("str")).str.zfill(8)
    return pd.DataFrame(
        {
            "Lead ID": "M-" + number,
            "Email": "lead" + number + "@example.com",
            "Created": came.strftime("%Y-%m-%d %H:%M:%S"),
            "Lead Source": rng.choice(["Web", "Fair", "Partner", "Phone"], rows),
            **measures,
            **kinds,
            "Won": np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "Yes", "No"),
        }
    )


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run(words: list[str], folder: Path) -> tuple[float, float]:
    """Run a command and return its seconds and its peak in MB, its children's included."""
    places = {"LEADSCORE_MODELS_DIR": folder / "models", "LEADSCORE_DATA_DIR": folder / "data"}
    own = os.environ | {name: str(place) for name, place in places.items()} | {"LEADSCORE_TRACKING_URI": "off"}
    began = time.perf_counter()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "leadscore_core", *words], env=own, stdout=output, stderr=subprocess.STDOUT
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, tree_mb(process.pid))
            time.sleep(0.1)
    seconds = time.perf_counter() - began
    if process.returncode not in {0, 1}:  # 1: below the targets
        raise SystemExit(f"{' '.join(words)} failed:\n{(folder / 'output.txt').read_text()}")
    return seconds, peak


def tree_mb(root: int) -> float:
    """Return the memory of a process and its descendants in MB, shared pages counted once (PSS)."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # a process that has just ended
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, left = 0, [root]
    while left:
        one = left.pop()
        left += parents.get(one, [])
        with suppress(OSError):
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1_024


def measure(labelled: Path, kept_aside: Path, label: str, folder: Path, options: list[str]) -> dict[str, float]:
    """Return the seconds of each command, of training with these options, and the largest peak."""
    folder.mkdir()
    train = ["train", str(labelled), "--label", label, "--promote", "--reason", "The first of these leads"]
    commands = {
        "check_s": ["check", str(labelled), "--label", label],
        "train_s": [*train, *options],
        "evaluate_s": ["evaluate", str(kept_aside), "--label", label],
    }
    figures: dict[str, float] = {}
    peaks = []
    for name, words in commands.items():
        seconds, peak = run(words, folder)
        figures[name] = round(seconds, 1)
        peaks.append(peak)
        say(f"  {words[0]}: {seconds:.1f} s, {peak:,.0f} MB")
    return figures | {"peak_mb": round(max(peaks))}


def main() -> None:
    """Make both lists, measure each command, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="Labelled leads.")
    parser.add_argument("--only", choices=["codepro", "made"], help="One of the two lists.")
    parser.add_argument("--params", help="JSON file of LightGBM's settings; those of LeadScore if not given.")
    given = parser.parse_args()
    options = ["--params", given.params] if given.params else []
    result: dict[str, object] = {
        "rows": given.rows,
        "cores": cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("lightgbm", "pandas", "joblib")},
    }
    with tempfile.TemporaryDirectory(prefix="leadscore-benchmark-") as scratch:
        folder = Path(scratch)
        if given.only != "made":
            write_sample(folder, given.rows, 0)
            say(f"CodePro's columns, {given.rows:,} leads")
            result["codepro"] = measure(
                folder / LABELLED, folder / KEPT_ASIDE, "app_complete_flag", folder / "codepro", options
            )
        if given.only != "codepro":
            made_company(given.rows).to_csv(folder / "made.csv", index=False)
            others = made_company(max(1_000, int(given.rows * EVALUATED)), seed=1)
            others.assign(**{"Lead ID": "N" + others["Lead ID"]}).to_csv(folder / "made-kept.csv", index=False)
            say(f"A made company's 40 columns, {given.rows:,} leads")
            result["made"] = measure(folder / "made.csv", folder / "made-kept.csv", "Won", folder / "made", options)
    say(json.dumps(result))


if __name__ == "__main__":
    main()
