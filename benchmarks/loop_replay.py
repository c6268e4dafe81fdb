"""The loop of calls and training, replayed: what a model is worth whose leads were called in its own order.

    python benchmarks/loop_replay.py DATA [--seeds 5] [--trees N]

DATA is a labelled list with CodePro's columns, or a folder with `labelled_leads.csv`. Of the first month everybody is
called. From then on each month's leads are scored by a model of the leads of the months before it; the better half is
called, and of the other half nothing is known but what a learning sample of it says. Each way to take what nobody knows
has a loop of its own: its model orders the calls whose outcomes it learns from next.

- `all_called`: everybody is called, so that all is known;
- `uncalled_as_no`: who was not called has said no;
- `uncalled_left_out`: who was not called is unknown;
- `sample_2`, `sample_5`, `sample_10`: so many percent of the worse half, drawn at random, are called too.

Each figure is the mean AUC over the months, of all leads of a month, called or not, by the model that ordered their
calls; the first month that a model orders is left out, as that model is the same in all ways. Means over seeds, which
draw the sample, with their standard deviation under `std`. Beside these stand:

- `figures`: what would be measured among called leads alone (`called_alone`) where the AUC of all is `of_all`, and what
  called leads and a sample of 5% say of all by inverse probability (`corrected`);
- `sample_5_weighed_in_learning`: the sample has that weight in learning too;
- `by_itself`: a fifth of the leads that would convert and were not called convert by themselves; `learned` takes them
  for a yes among leads whose no is unknown, `left_out` learns from none of them, as LeadScore does.

Models are fitted as training fits them, weights and all, with the settings that are shipped; they are not calibrated,
which changes no order. The last line is JSON.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from joblib import cpu_count
from sklearn.metrics import roc_auc_score

from leadscore_core.config import TargetMetrics
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.training.called import sample_weights
from leadscore_core.training.calls import Calls
from leadscore_core.training.fit import Recipe, fit_cleaned, raw_margin
from leadscore_core.training.training_data import TrainingData, join_training_data, read_training_data
from leadscore_core.training.weights import weights_of

LABELLED = "labelled_leads.csv"
SHARES = (2, 5, 10)
BY_ITSELF = 0.2
WEIGHED = "sample_5_weighed_in_learning"
Know = Callable[[TrainingData, np.ndarray, np.random.Generator], TrainingData]


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Replay:
    """Labelled leads by the month that they came in."""

    leads: TrainingData
    month: np.ndarray
    params: dict[str, Any]

    @property
    def months(self) -> list[str]:
        """The months, in their order."""
        return sorted({str(name) for name in self.month if name != "NaT"})

    def of_month(self, name: str) -> TrainingData:
        """Return the leads of a month."""
        return self.leads.take(self.month == name)

    def run(self, know: Know, seed: int, *, weighs: bool = False) -> dict[str, float]:
        """Replay the months one way, and return the mean of each figure over them.

        Parameters
        ----------
        know
            Takes a month's leads, which of them are in the better half, and a source of chance; returns the leads with
            what is known of them then.
        weighs
            Whether a sample has its weight in learning too.
        """
        rng = np.random.default_rng(seed)
        first, *later = self.months
        known = [self.of_month(first)]
        figures = []
        for name in later:
            came = self.of_month(name)
            margin = score(learn(known, self.params, weighs=weighs), came)
            better = np.argsort(np.argsort(-margin, kind="stable")) < len(came) // 2
            now = know(came, better, rng)
            figures.append(judge(came, now, better, margin))
            known.append(now)
        return {key: float(np.mean([month[key] for month in figures[1:]])) for key in figures[0]}


def learn(known: list[TrainingData], params: dict[str, Any], *, weighs: bool) -> Any:
    """Fit a pipeline on what is known of the leads so far, as training does, or with the weights of a sample."""
    leads = join_training_data(known).known
    weights = weights_of(leads)
    recipe = Recipe(leads.schema, TargetMetrics(), params)
    weight = weights.judged if weighs else weights.learned
    return fit_cleaned(leads.cleaned(), leads.outcome, recipe, weight=weight)


def score(pipeline: Any, leads: TrainingData) -> np.ndarray:
    """Return the log-odds of leads."""
    return raw_margin(pipeline, leads.cleaned())


def judge(came: TrainingData, now: TrainingData, better: np.ndarray, margin: np.ndarray) -> dict[str, float]:
    """Return the AUC of all leads of a month, of called ones alone, and as they and the sample say of all."""
    learned = np.ones(len(came), dtype=bool) if now.calls is None else now.calls.settled.is_learned
    weight = np.ones(len(came)) if now.calls is None else now.calls.stands_for
    return {
        "auc": float(roc_auc_score(came.label, margin)),
        "called_alone": float(roc_auc_score(came.label[better], margin[better])),
        "corrected": float(roc_auc_score(came.label[learned], margin[learned], sample_weight=weight[learned])),
    }


def all_called(came: TrainingData, better: np.ndarray, rng: np.random.Generator) -> TrainingData:
    """Return the leads with all that became of them."""
    return came


def uncalled_as_no(came: TrainingData, better: np.ndarray, rng: np.random.Generator) -> TrainingData:
    """Return the leads as if who was not called had said no."""
    return replace(came, label=np.where(better, came.label, 0.0))


def uncalled_left_out(
    came: TrainingData, better: np.ndarray, rng: np.random.Generator, share: float = 0.0
) -> TrainingData:
    """Return the leads with what is known of the better half, and of a share (0-1) of the worse."""
    sample = ~better & (rng.random(len(came)) < share)
    called = better | sample
    calls = Calls.unsaid(np.where(called, came.label, np.nan)).by("replay", called)
    calls = replace(calls, is_sample=sample, stands_for=sample_weights(sample, called, ~better))
    return replace(came, calls=calls).settled()


def by_itself(came: TrainingData, better: np.ndarray, rng: np.random.Generator, *, is_learned: bool) -> TrainingData:
    """Return the leads with what is known where a fifth of those who were to convert do so without a call."""
    without = ~better & (came.label == 1) & (rng.random(len(came)) < BY_ITSELF)
    known = np.where(better | without, came.label, 0.0)
    called = better | without if is_learned else better
    return replace(came, calls=Calls.unsaid(known).by("replay", called)).settled()


def replay_all(replay: Replay, seeds: int) -> dict[str, Any]:
    """Replay every way, those without chance once, and return the contract's figures."""
    ways: dict[str, tuple[Know, int]] = {
        "all_called": (all_called, 1),
        "uncalled_as_no": (uncalled_as_no, 1),
        "uncalled_left_out": (uncalled_left_out, 1),
        **{f"sample_{n}": (partial(uncalled_left_out, share=n / 100), seeds) for n in SHARES},
        "by_itself_learned": (partial(by_itself, is_learned=True), min(seeds, 2)),
        "by_itself_left_out": (partial(by_itself, is_learned=False), min(seeds, 2)),
    }
    ways[WEIGHED] = (partial(uncalled_left_out, share=0.05), seeds)
    found = {}
    for name, (know, draws) in ways.items():
        found[name] = [replay.run(know, seed, weighs=name == WEIGHED) for seed in range(draws)]
        aucs = [one["auc"] for one in found[name]]
        say(f"  {name:20} AUC {np.mean(aucs):.4f}" + (f" ± {np.std(aucs):.4f} over {draws} draws" * (draws > 1)))
    result = {
        name: _mean(runs, "auc") for name, runs in found.items() if not name.startswith("by_itself") and name != WEIGHED
    }
    result["std"] = {f"sample_{n}": round(float(np.std([r["auc"] for r in found[f"sample_{n}"]])), 4) for n in SHARES}
    sample = found["sample_5"]
    result["figures"] = {"of_all": _mean(sample, "auc")} | {n: _mean(sample, n) for n in ("called_alone", "corrected")}
    result[WEIGHED] = _mean(found[WEIGHED], "auc")
    result["by_itself"] = {n: _mean(found[f"by_itself_{n}"], "auc") for n in ("learned", "left_out")}
    return result


def _mean(runs: list[dict[str, float]], name: str) -> float:
    return round(float(np.mean([run[name] for run in runs])), 4)


def main() -> None:
    """Replay, show what each way is worth, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="labelled leads with CodePro's columns, or their folder")
    parser.add_argument("--seeds", type=int, default=5, help="how often a sample is drawn")
    parser.add_argument("--trees", type=int, help="of each model; as shipped if not given")
    asked = parser.parse_args()
    began = time.monotonic()
    path = asked.data / LABELLED if asked.data.is_dir() else asked.data
    leads = read_training_data(open_list(path, load_schema()), audited=False).known
    assert leads.dates is not None
    month = leads.dates.dt.to_period("M").astype("str").to_numpy()
    replay = Replay(leads, month, {"n_estimators": asked.trees} if asked.trees else {})
    say(f"{len(leads):,} leads of {len(replay.months)} months")
    result = replay_all(replay, asked.seeds)
    result |= {"rows": len(leads), "months": len(replay.months) - 2, "seeds": asked.seeds, "cores": cpu_count()}
    result |= {"seconds": round(time.monotonic() - began, 1), "python": platform.python_version()}
    say(json.dumps(result | {name: version(name) for name in ("lightgbm", "scikit-learn", "numpy")}))


if __name__ == "__main__":
    main()
