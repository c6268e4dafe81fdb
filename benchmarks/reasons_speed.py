"""How fast contributions are, beside shap's TreeExplainer and LightGBM's own, on the shipped model.

    python benchmarks/reasons_speed.py --rows 100000

The leads are synthetic, each with a moment of its own. shap runs on a part of them, since it would take minutes; its
rows a second do not depend on how many there are. `max_abs_diff` is between our contributions and shap's, in log-odds.
The tables of the model are made anew in the time that is measured. The last line is JSON.
"""

import argparse
import json
import platform
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
from joblib import cpu_count

from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.synthetic import make_sample
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.model.trees.fast_shap import TreeTables
from leadscore_core.registry.registry import load_champion

SHAP_ROWS = 4_000


def main() -> None:
    """Measure, and print one line of JSON last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's own, of its dependencies
        import shap
    model = load_champion()
    frame = make_sample(rows=rows, seed=1).labelled.head(rows)
    mapping = map_frame(frame, model.schema)
    cleaned, _ = model.clean(mapping.apply(frame, model.schema))
    matrix = model.features.transform(cleaned).to_numpy("float64")
    booster = model.classifier.lgbm_.booster_

    began = time.perf_counter()
    mine = TreeTables(booster).contributions(matrix)
    own = len(matrix) / (time.perf_counter() - began)

    few = matrix[:: max(1, len(matrix) // SHAP_ROWS)][:SHAP_ROWS]
    explainer = shap.TreeExplainer(booster)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = explainer.shap_values(few)
    by_shap = len(few) / (time.perf_counter() - began)
    began = time.perf_counter()
    booster.predict(few, pred_contrib=True, num_threads=cpu_count())
    by_lightgbm = len(few) / (time.perf_counter() - began)
    difference = float(np.abs(mine[:: max(1, len(matrix) // SHAP_ROWS)][:SHAP_ROWS, :-1] - result).max())

    began = time.perf_counter()
    reasons_in_words(cleaned, model.contributions(cleaned), model, 3)
    in_words = len(matrix) / (time.perf_counter() - began)
    figures = {
        "rows": len(matrix),
        "cores": cpu_count(),
        "rows_per_s": round(own),
        "shap_rows_per_s": round(by_shap),
        "lightgbm_rows_per_s": round(by_lightgbm),
        "speedup_vs_shap": round(own / by_shap, 1),
        "max_abs_diff": difference,
        "rows_per_s_with_words": round(in_words),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("lightgbm", "shap", "numpy")},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
