"""How fast a list is scored, file to file, beside pandas with the same pipeline and beside the bare limit.

    python benchmarks/score_speed.py --rows 1000000

Each contender runs in a process of its own, which reports its peak memory, in turn, and of several turns the median
counts. `seconds` is `score_list` without reasons:
CSV in, CSV out, every row and column, in chunks. Plain is what one would write first: pandas reads the file, the
pipeline predicts, pandas writes. The limit is what no tool can go below: pyarrow reads the columns that the model
needs, and LightGBM predicts on a matrix that is ready. PyCaret's `predict_model`, where a python that has it is named
(--pycaret, or PYCARET_PYTHON), predicts the first 100,000 leads of a frame that is there, by its own LightGBM, and
writes nothing. The last line is JSON.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from joblib import cpu_count


def product(path: Path, out: Path) -> float:
    """Score with the product, and return the seconds it took."""
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.reading.reader import look_ahead
    from leadscore_core.pipelines.inference import score_list
    from leadscore_core.registry.registry import load_champion

    began = time.perf_counter()
    with look_ahead(path):
        model = load_champion()
    score_list(open_list(path, model.schema), out, model, reasons=0)
    return time.perf_counter() - began


def plain(path: Path, out: Path) -> float:
    """Score with pandas and the pipeline, all at once."""
    import pandas as pd

    from leadscore_core.data.schema.header_matching import suggest_mapping
    from leadscore_core.registry.registry import load_champion

    began = time.perf_counter()
    model = load_champion()
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    mapped = suggest_mapping(frame.columns, model.schema).apply(frame, model.schema)
    frame["propensity"] = model.pipeline.predict_proba(mapped)[:, 1]
    frame["lead_score"] = (frame["propensity"] * 100).round().astype("int64")
    frame.to_csv(out, index=False)
    return time.perf_counter() - began


def limit(path: Path, out: Path) -> float:
    """Read the needed columns and predict on a matrix that is made outside of the time."""
    import pyarrow.csv

    from leadscore_core.data.reading.reader import read_leads
    from leadscore_core.data.schema.header_matching import suggest_mapping
    from leadscore_core.registry.registry import load_champion

    model = load_champion()
    frame = read_leads(path)
    mapping = suggest_mapping(frame.columns, model.schema)
    needed = [header for name, header in mapping.used.items() if model.schema.by_name[name].is_input]
    cleaned, _ = model.clean(mapping.apply(frame, model.schema))
    matrix = model.features.transform(cleaned).to_numpy("float64")
    del frame, cleaned
    began = time.perf_counter()
    pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(include_columns=needed))
    model.classifier.lgbm_.booster_.predict(matrix, raw_score=True, num_threads=cpu_count())
    return time.perf_counter() - began


CONTENDERS = {"product": product, "limit": limit, "plain": plain}
PYCARET = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from pycaret.classification import ClassificationExperiment
path, label, *names = sys.argv[1:]
leads = pd.read_csv(path, usecols=[label, *names], nrows=100_000)
one = ClassificationExperiment()
one.setup(leads.head(20_000), target=label, session_id=0, verbose=False, html=False, max_encoding_ohe=25, n_jobs=2,
          fold=3)
model = one.create_model("lightgbm", cross_validation=False, verbose=False, n_estimators=200)
new = leads.drop(columns=label)
began = time.perf_counter()
one.predict_model(model, data=new, verbose=False)
print(len(new) / (time.perf_counter() - began))
"""
_SAMPLE_ROWS = 200_000


def pycaret_rows_per_s(python: str, path: Path) -> float | None:
    """Return how many leads a second PyCaret predicts; None where it is not there."""
    from leadscore_core.data.schema.schema_files import load_schema

    schema = load_schema()
    names = [column.name for column in schema.inputs if column.type != "datetime"]
    label = schema.label.name if schema.label else ""
    words = [python, "-c", PYCARET, str(path), label, *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=path.parent)
    if done.returncode != 0:
        sys.stderr.write(f"PyCaret is left out: {(done.stderr.strip().splitlines() or ['it did not run'])[-1]}\n")
        return None
    return float(done.stdout.strip().splitlines()[-1])


def write_sample(path: Path, rows: int) -> None:
    """Write synthetic leads, no two alike."""
    from leadscore_core.data.synthetic import make_sample

    with path.open("w", encoding="utf-8") as file:
        for number, first in enumerate(range(0, rows, _SAMPLE_ROWS)):
            part = make_sample(rows=min(_SAMPLE_ROWS, rows - first), seed=number).labelled
            part.to_csv(file, index=False, header=number == 0)


def measure(name: str, path: Path, folder: Path) -> dict[str, float]:
    """Run a contender in a process of its own; return its seconds and peak memory."""
    words = [sys.executable, __file__, "--as", name, "--file", str(path), "--out", str(folder / f"{name}.csv")]
    env = os.environ | {"LEADSCORE_DATA_DIR": str(folder / "data")}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def main() -> None:
    """Measure, and print one line of JSON last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=1, help="how often")
    parser.add_argument("--pycaret", default=os.environ.get("PYCARET_PYTHON", ""), help="python that has PyCaret")
    parser.add_argument("--as", dest="contender", choices=[*CONTENDERS, "sample"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.contender == "sample":
        write_sample(asked.file, asked.rows)
        return
    if asked.contender:
        seconds = CONTENDERS[asked.contender](asked.file, asked.out)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak}) + "\n")
        return
    with tempfile.TemporaryDirectory(prefix="leadscore-speed-") as folder:
        path = Path(folder) / "leads.csv"
        words = [sys.executable, __file__, "--rows", str(asked.rows), "--as", "sample", "--file", str(path)]
        subprocess.run(words, check=True)  # a child's peak memory starts from its parent's, which must be small
        turns = [{name: measure(name, path, Path(folder)) for name in CONTENDERS} for _ in range(asked.turns)]
        result = {
            name: {key: median(turn[name][key] for turn in turns) for key in turns[0][name]} for name in CONTENDERS
        }
        pycaret = pycaret_rows_per_s(asked.pycaret, path) if asked.pycaret else None
    own = result["product"]
    figures = {
        "rows": asked.rows,
        "cores": cpu_count(),
        "seconds": round(own["seconds"], 2),
        "rows_per_s": round(asked.rows / own["seconds"]),
        "peak_mb": round(own["peak_mb"]),
        "plain_seconds": round(result["plain"]["seconds"], 2),
        "plain_peak_mb": round(result["plain"]["peak_mb"]),
        "limit_seconds": round(result["limit"]["seconds"], 2),
        "ratio_to_limit": round(own["seconds"] / result["limit"]["seconds"], 2),
        "speedup_vs_plain": round(result["plain"]["seconds"] / own["seconds"], 2),
        "pycaret_rows_per_s": None if pycaret is None else round(pycaret),
        "speedup_vs_pycaret": None if pycaret is None else round(asked.rows / own["seconds"] / pycaret, 1),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("pandas", "pyarrow", "lightgbm")},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
