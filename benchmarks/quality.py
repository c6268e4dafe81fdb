"""How good the model is, out-of-sample, beside other algorithms on the same folds and months.

    python benchmarks/quality.py --data DIR [--pycaret PYTHON] [--contenders logistic catboost] [--repeats 2]

DIR holds `labelled_leads.csv` with CodePro's columns. Everything that is learned (levels, counts, encodings, the
threshold) is learned inside each training fold; the threshold on its three inner folds. `cross_validation` is five
stratified folds drawn twice, `next_period` each month judged by a model of the months before it. `variants` are ways
to meet the drift of levels: the one that is best on the first two judged months is reported on the later ones.
`odoo` is Odoo's predictive lead scoring, and `few_leads` what models of 100 to 1,000 leads are worth (`few_leads.py`).

PyCaret needs an environment of its own (`python -m venv pycaret && pycaret/bin/pip install pycaret`); its LightGBM runs
on the same training and test leads, at its own threshold of 0.5. Without it, that contender is left out with a word.
The last line is JSON.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from few_leads import ODOO, OdooScoring, judge_draws, text_fields
from few_leads import show as show_few
from joblib import Parallel, cpu_count, delayed
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score

from leadscore_core.config import TargetMetrics
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.model.algorithms import ALGORITHMS, make_estimator
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.features import LEVEL, LeadFeatures
from leadscore_core.training.evaluation.metrics import meets_targets
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.folds import Fold, inner_folds, repeated_folds, rolling_months
from leadscore_core.training.training_data import make_training_data

EARLY_MONTHS = 2
PYCARET = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd
from pycaret.classification import ClassificationExperiment
folder = sys.argv[1]
leads = pd.read_csv(folder + "/leads.csv")
result, began = {}, time.time()
for name, fold in json.load(open(folder + "/folds.json")).items():
    one = ClassificationExperiment()
    train, test = leads.iloc[fold["train"]], leads.iloc[fold["test"]]
    one.setup(train, target="label", test_data=test, index=False, session_id=0, verbose=False, html=False,
              max_encoding_ohe=25, n_jobs=2, fold=5)
    model = one.create_model("lightgbm", cross_validation=False, verbose=False)
    scored = one.predict_model(model, data=test.drop(columns="label"), raw_score=True, verbose=False)
    result[name] = [float(p) for p in scored["prediction_score_1"]]
json.dump({"seconds": time.time() - began, "folds": result}, open(folder + "/result.json", "w"))
"""


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


def figures(label: np.ndarray, p: np.ndarray, threshold: float) -> dict[str, float]:
    """Return the figures of one judged fold."""
    predicted = p >= threshold
    return {
        "auc": float(roc_auc_score(label, p)),
        "precision": float(precision_score(label, predicted)),
        "recall": float(recall_score(label, predicted)),
        "brier": float(brier_score_loss(label, p)),
    }


def block(folds: list[dict[str, float]], targets: TargetMetrics) -> dict[str, Any]:
    """Average the figures of folds, with the standard deviation over them, and count those that meet all targets."""
    table = pd.DataFrame(folds)
    result: dict[str, Any] = {name: round(float(table[name].mean()), 4) for name in table}
    result |= {f"{name}_std": round(float(table[name].std(ddof=0)), 4) for name in table}
    return result | {"folds": len(folds), "folds_that_meet_all_targets": sum(meets_targets(p, targets) for p in folds)}


class Bench:
    """The leads, and how a contender is judged on one fold of them."""

    def __init__(self, path: Path) -> None:
        self.schema: LeadSchema = load_schema()
        self.frame = read_leads(path)
        mapping = map_frame(self.frame, self.schema)
        known = make_training_data(self.frame, self.schema, mapping).known
        self.cleaned, self.label, self.identity = known.cleaned(), known.outcome, known.identity
        self.targets = TargetMetrics()
        self.stamp = self.schema.one(Role.TIMESTAMP)
        assert self.stamp is not None
        self.months, _ = rolling_months(self.cleaned[self.stamp.name], self.label)

    def judge(self, fold: Fold, name: str) -> dict[str, float]:
        """Fit on the training leads, choose the threshold on their inner folds, judge on the others."""
        train, truth = self.cleaned.iloc[fold.train], self.label[fold.train]
        same = None if self.identity is None else self.identity[fold.train]
        inner = np.full(len(truth), np.nan)
        for fold in inner_folds(truth, 3, 0, same):
            inner[fold.test] = self.propensity(train.iloc[fold.train], truth[fold.train], train.iloc[fold.test], name)
        threshold = choose_threshold(truth, inner, self.targets)
        p = self.propensity(train, truth, self.cleaned.iloc[fold.test], name)
        return figures(self.label[fold.test], p, threshold)

    def propensity(self, train: pd.DataFrame, truth: np.ndarray, test: pd.DataFrame, name: str) -> np.ndarray:
        """Return propensities of test leads by one contender."""
        if name == ODOO:
            return OdooScoring(text_fields(train, self.schema)).fit(train, truth).propensity(test)
        features = LeadFeatures(self.schema).fit(train, truth)
        model = make_estimator("lightgbm" if name == "leadscore" else name).fit(features.transform(train), truth)
        return np.asarray(model.predict_proba(features.transform(test))[:, 1])


def boosted(
    bench: Bench,
    fold: Fold,
    *,
    left_out: tuple[Role, ...] = (),
    half_life: float | None = None,
    params: dict[str, Any] | None = None,
    logistic: float = 0.0,
) -> np.ndarray:
    """Return margins of a fold's test leads by LightGBM in a variant.

    Columns may be left out, leads weighted by their age (half-life in days), settings differ, and the margin be blended
    with that of a logistic regression.
    """
    train, truth, test = bench.cleaned.iloc[fold.train], bench.label[fold.train], bench.cleaned.iloc[fold.test]
    out = [column.name for column in bench.schema.with_role(*left_out)] if left_out else []
    schema = bench.schema.without(out) if out else bench.schema
    features = LeadFeatures(schema).fit(train, truth)
    seen, wanted = features.transform(train), features.transform(test)
    weight = None
    if half_life and bench.stamp is not None:
        age = (train[bench.stamp.name].max() - train[bench.stamp.name]) / pd.Timedelta(days=1)
        weight = 0.5 ** (age / half_life).fillna(0).to_numpy("float64")
    settings = LeadClassifier(**(params or {})).get_params()
    model = lgb.LGBMClassifier(**settings, n_jobs=1, deterministic=True, verbose=-1)
    levels = [place for place, name in enumerate(seen.columns) if name.endswith(LEVEL)]
    model.fit(seen.to_numpy(), truth, sample_weight=weight, categorical_feature=levels)
    margin = np.asarray(model.booster_.predict(wanted.to_numpy(), raw_score=True))
    if logistic:
        plain = make_estimator("logistic").fit(seen, truth).predict_proba(wanted)[:, 1].clip(1e-6, 1 - 1e-6)
        margin = (1 - logistic) * margin + logistic * np.log(plain / (1 - plain))
    return margin


VARIANTS: dict[str, dict[str, Any]] = {
    "as used": {},
    "without the day": {"left_out": (Role.TIMESTAMP,)},
    "recent leads weigh more (half-life 60 days)": {"half_life": 60.0},
    "recent leads weigh more (half-life 120 days)": {"half_life": 120.0},
    "recent leads weigh more, without the day": {"half_life": 60.0, "left_out": (Role.TIMESTAMP,)},
    "levels smoothed twice as much": {"params": {"cat_smooth": 200.0, "cat_l2": 100.0}},
    "without the medium, which drifts most": {"left_out": (Role.MEDIUM,)},
    "a fifth of logistic regression": {"logistic": 0.2},
}


def run_pycaret(bench: Bench, python: str, folds: list[Fold]) -> tuple[dict[str, np.ndarray], float] | None:
    """Return propensities by PyCaret's LightGBM of each fold, and the seconds it took; None where it is not there."""
    with tempfile.TemporaryDirectory(prefix="leadscore-pycaret-") as folder:
        inputs = [column.name for column in bench.schema.inputs if column.name in bench.cleaned]
        leads = bench.cleaned[inputs].assign(label=bench.label)
        stamp = bench.stamp.name if bench.stamp else ""
        leads[stamp] = (leads[stamp] - pd.Timestamp("2020-01-01")) / pd.Timedelta(days=1)
        leads.to_csv(Path(folder) / "leads.csv", index=False)
        rows = {fold.name: {"train": fold.train.tolist(), "test": fold.test.tolist()} for fold in folds}
        (Path(folder) / "folds.json").write_text(json.dumps(rows), encoding="utf-8")
        done = subprocess.run([python, "-c", PYCARET, folder], capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode != 0:
            say(f"PyCaret is left out: {(done.stderr.strip().splitlines() or ['it did not run'])[-1]}")
            return None
        result = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        return {name: np.array(p) for name, p in result["folds"].items()}, float(result["seconds"])


def main() -> None:
    """Measure, show a table, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with labelled_leads.csv")
    parser.add_argument("--pycaret", default=os.environ.get("PYCARET_PYTHON", ""), help="python that has PyCaret")
    parser.add_argument("--contenders", nargs="*", default=["logistic", "catboost"], choices=list(ALGORITHMS))
    parser.add_argument("--draws", type=int, default=50, help="how often few leads are drawn")
    parser.add_argument("--repeats", type=int, default=2, help="how often the five folds are drawn")
    asked = parser.parse_args()
    bench = Bench(asked.data / "labelled_leads.csv")
    folds = repeated_folds(bench.label, 5, asked.repeats, 0, bench.identity)
    names = [
        "leadscore",
        ODOO,
        *[name for name in asked.contenders if ALGORITHMS[name].is_installed and name != "lightgbm"],
    ]
    for name in set(asked.contenders) - set(names) - {"lightgbm"}:
        say(f"{ALGORITHMS[name].human} is left out: it is not installed.")
    result: dict[str, Any] = {"rows": len(bench.label), "cores": cpu_count(), "cross_validation": {}, "next_period": {}}
    for key, judged_on in (("cross_validation", folds), ("next_period", bench.months)):
        for name in names:
            began = time.monotonic()
            judged = Parallel(cpu_count())(delayed(bench.judge)(fold, name) for fold in judged_on)
            result[key][name] = block(judged, bench.targets) | {"seconds": round(time.monotonic() - began, 1)}
    pycaret = run_pycaret(bench, asked.pycaret, [*folds, *bench.months]) if asked.pycaret else None
    if not asked.pycaret:
        say("PyCaret is left out: name a python that has it with --pycaret.")
    if pycaret is not None:
        for key, judged_on in (("cross_validation", folds), ("next_period", bench.months)):
            judged = [figures(bench.label[f.test], pycaret[0][f.name], 0.5) for f in judged_on]
            result[key]["pycaret_lightgbm"] = block(judged, bench.targets)
        result["pycaret_seconds"] = round(pycaret[1], 1)
    result["variants"] = judge_variants(bench)
    few = judge_draws(bench.cleaned, bench.label, bench.schema, draws=asked.draws, cores=cpu_count())
    result["few_leads"] = few.round(4).to_dict("records")
    show(result)
    show_few(few)
    libraries = {name: version(name) for name in ("lightgbm", "scikit-learn", "pandas", "numpy")}
    say(json.dumps(result | {"python": platform.python_version(), "versions": libraries}))


def judge_variants(bench: Bench) -> dict[str, Any]:
    """Judge ways to meet drift on the early months, and report the best of them on the later ones."""
    work = [(name, fold) for name in VARIANTS for fold in bench.months]
    scores = Parallel(cpu_count())(delayed(boosted_auc)(bench, fold, VARIANTS[name]) for name, fold in work)
    table = pd.DataFrame({"variant": [name for name, _ in work], "month": [f.name for _, f in work], "auc": scores})
    wide = table.pivot_table(index="variant", columns="month", values="auc", sort=False)
    early, later = wide.iloc[:, :EARLY_MONTHS].mean(axis=1), wide.iloc[:, EARLY_MONTHS:].mean(axis=1)
    best = str(early.idxmax())
    return {
        "early": {str(name): round(float(auc), 4) for name, auc in early.items()},
        "later": {str(name): round(float(auc), 4) for name, auc in later.items()},
        "early_months": [str(month) for month in wide.columns[:EARLY_MONTHS]],
        "chosen_on_early_months": best,
        "its_auc_on_later_months": round(float(later[best]), 4),
    }


def boosted_auc(bench: Bench, fold: Fold, variant: dict[str, Any]) -> float:
    """Return the AUC of a variant on one month."""
    return float(roc_auc_score(bench.label[fold.test], boosted(bench, fold, **variant)))


def show(result: dict[str, Any]) -> None:
    """Print what was measured, for people."""
    for key, human in (("cross_validation", "Cross-validation"), ("next_period", "Next period")):
        say(f"\n{human}")
        for name, figure in result[key].items():
            say(
                f"  {name:18} AUC {figure['auc']:.4f} ± {figure['auc_std']:.4f}, precision {figure['precision']:.3f}, "
                f"recall {figure['recall']:.3f}, Brier {figure['brier']:.4f}; all targets in "
                f"{figure['folds_that_meet_all_targets']} of {figure['folds']}"
            )
    say("\nAgainst drift (AUC on the early months, on the later ones)")
    variants = result["variants"]
    for name, early in variants["early"].items():
        say(f"  {name:46} {early:.4f}  {variants['later'][name]:.4f}")
    say(
        f"Chosen on the early months: {variants['chosen_on_early_months']}; on the later ones "
        f"{variants['its_auc_on_later_months']:.4f}.\n"
    )


if __name__ == "__main__":
    main()
