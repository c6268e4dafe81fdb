"""The monitor, replayed: what it would have said of each period of a labelled list, beside what was true.

    python benchmarks/monitor_replay.py DATA [--label L] [--known 0.5] [--batches 30] [--trees N]

DATA is a labelled list, or a folder with `labelled_leads.csv`. Its periods are its months; where it has no dates, or
fewer than five months, twelfths of its rows in their order. Each period is scored by a model of all leads before it,
trained and judged as every model is. When a period ends, the outcomes of its first half are in (`--known`), and of the
periods before it all; of these the monitor has its record: each is cut into up to four stretches, and of each is kept
what scores alone said and what was true.

`periods` has for each period the true AUC (`auc`), what scores alone say of it (`plain`), that corrected by the record
(`estimate`, `low`, `high`; none where the monitor is blind), the verdict at its end (`verdict`), and the verdict on the
day it came, when no outcome of it was in (`at_once`). `covered` is the share of intervals that hold the true AUC,
`covered_last_5` how many of the last five periods have one that does.

For false alarms, a period's leads are halved at random: one half stands for the training leads, and lists that are
drawn from the other differ by chance alone. `false_alarms` is the share of these of which the monitor asks for action,
`not_healthy` that of which it says anything but healthy. The last line is JSON.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import cpu_count
from sklearn.metrics import roc_auc_score

from leadscore_core.cli.options import list_options, open_leads, with_outcome
from leadscore_core.confidence import enough_of_each
from leadscore_core.config import MonitorRules, load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.drift import DriftReport, check_drift
from leadscore_core.monitoring.estimate import Estimate, PastPeriod, estimate_figures, past_period
from leadscore_core.monitoring.performance import MonitoredLeads, Performance, measure_performance
from leadscore_core.monitoring.verdict import HEALTHY, Promise, Verdict, promise_of, reach_verdict
from leadscore_core.pipelines.training import make_request
from leadscore_core.training.calls import Calls
from leadscore_core.training.evaluation.weighted_auc import auc_error
from leadscore_core.training.reference import make_reference
from leadscore_core.training.train import fit_model
from leadscore_core.training.training_data import TrainingData, read_training_data

LABELLED = "labelled_leads.csv"
TWELFTHS, FEWEST_MONTHS, STRETCHES, HALVED = 12, 5, 4, 3
RULES = MonitorRules()


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Scored:
    """A period's leads with what the model of the leads before said of them."""

    name: str
    model: LeadModel
    leads: TrainingData
    cleaned: pd.DataFrame
    propensity: np.ndarray

    @property
    def label(self) -> np.ndarray:
        """1 or 0."""
        return self.leads.outcome

    def take(self, rows: np.ndarray) -> "Scored":
        """Return some of its leads, by their places."""
        taken = replace(self.leads, columns=self.leads.columns.iloc[rows], label=self.leads.label[rows])
        return replace(
            self,
            leads=taken,
            cleaned=self.cleaned.iloc[rows].reset_index(drop=True),
            propensity=self.propensity[rows],
        )

    def measured(self, rows: np.ndarray) -> Performance:
        """Measure the model on those of its leads whose outcome is in."""
        calls = Calls.unsaid(np.where(rows, self.label, np.nan))
        leads = MonitoredLeads(self.propensity, calls, pd.DataFrame(index=self.cleaned.index), self.threshold)
        return measure_performance(leads, self.name)

    @property
    def threshold(self) -> float:
        """That of the model."""
        return self.model.metadata.threshold

    def stretches(self) -> list[PastPeriod]:
        """Return what scores alone said of parts of it, in time, and what was true."""
        parts = np.array_split(np.arange(len(self.label)), STRETCHES)
        if not all(enough_of_each(int(self.label[p].sum()), int((1 - self.label[p]).sum())) for p in parts):
            parts = [np.arange(len(self.label))]
        return [past_period(self.name, self.label[p], self.propensity[p], self.threshold) for p in parts]


def cut_periods(leads: TrainingData) -> tuple[TrainingData, list[tuple[str, np.ndarray]]]:
    """Return leads in the order in which they came, and the places of each period."""
    dates = leads.dates
    order = np.arange(len(leads))
    if dates is not None and dates.notna().all():
        order = np.argsort(dates.to_numpy(), kind="stable")
        months = dates.iloc[order].dt.to_period("M").astype("str").to_numpy()
        names = sorted(set(months.tolist()))
        if len(names) >= FEWEST_MONTHS:
            return _reordered(leads, order), [(name, np.flatnonzero(months == name)) for name in names]
    parts = np.array_split(np.arange(len(leads)), TWELFTHS)
    return _reordered(leads, order), [(f"{n} of {TWELFTHS}", part) for n, part in enumerate(parts, start=1)]


def _reordered(leads: TrainingData, order: np.ndarray) -> TrainingData:
    return replace(
        leads,
        columns=leads.columns.iloc[order].reset_index(drop=True),
        label=leads.label[order],
        row_hash=leads.row_hash[order],
        identities={kind: own[order] for kind, own in leads.identities.items()},
    )


def score_periods(
    leads: TrainingData, periods: list[tuple[str, np.ndarray]], params: dict[str, Any]
) -> Iterator[Scored]:
    """Score each period by a model of all leads before it."""
    for place in range(1, len(periods)):
        name, rows = periods[place]
        is_before, is_now = np.zeros(len(leads), dtype=bool), np.zeros(len(leads), dtype=bool)
        is_before[np.concatenate([own for _, own in periods[:place]])], is_now[rows] = True, True
        before, now = leads.take(is_before), leads.take(is_now)
        if not enough_of_each(int(before.outcome.sum()), int((1 - before.outcome).sum())):
            continue
        model = fit_model(before, make_request(before, n_repeats=1, params=params))
        cleaned = now.cleaned(model.schema)
        yield Scored(name, model, now, cleaned, model.propensity(cleaned))


def judge(
    scored: Scored, is_in: np.ndarray, past: list[PastPeriod], promise: Promise | None, drift: DriftReport
) -> tuple[Verdict, Verdict, Estimate]:
    """Return the verdict at a period's end, that on the day its leads came, and the estimate of the AUC."""
    outside = f"{', '.join(drift.outside)} outside what was seen" if drift.is_outside else ""
    found = estimate_figures(scored.propensity, scored.threshold, past, least=RULES.least_periods, outside=outside)
    at_end = reach_verdict(drift, scored.measured(is_in), found, promise, RULES)
    return at_end, reach_verdict(drift, None, found, promise, RULES), found["auc"]


def replay(leads: TrainingData, params: dict[str, Any], known: float, batches: int) -> dict[str, Any]:
    """Replay all periods, and return the contract's figures."""
    leads, periods = cut_periods(leads)
    past: list[PastPeriod] = []
    rows, scored_periods = [], []
    for scored in score_periods(leads, periods, params):
        drift = check_drift(scored.model, scored.cleaned, scored.propensity, RULES, by_classifier=False)
        is_in = np.arange(len(scored.label)) < known * len(scored.label)
        at_end, at_once, auc = judge(scored, is_in, past, promise_of(scored.model.metadata), drift)
        true = float(roc_auc_score(scored.label, scored.propensity))
        rows.append(
            {"period": scored.name, "leads": len(scored.label), "auc": true, "plain": auc.plain}
            | {"estimate": auc.value, "low": auc.low, "high": auc.high, "record": auc.periods}
            | {"verdict": at_end.state, "at_once": at_once.state, "outside": list(drift.outside)}
        )
        interval = "blind" if auc.low is None else f"{auc.low:.3f} to {auc.high:.3f}"
        say(
            f"{scored.name:10} AUC {true:.3f}  scores alone {auc.plain or 0:.3f}  interval {interval:16} "
            f"{at_end.state:12} ({at_once.state} at once)  {', '.join(drift.outside)}"
        )
        past += scored.stretches()
        scored_periods.append(scored)
    shown = [row for row in rows if row["low"] is not None]
    held = [row for row in shown if row["low"] <= row["auc"] <= row["high"]]
    alarms = [found for one in scored_periods[-HALVED:] for found in alarms_by_chance(one, past, batches)]
    return {
        "periods": [{k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in rows],
        "covered": round(len(held) / len(shown), 3) if shown else None,
        "covered_last_5": sum(row in held for row in rows[-5:]),
        "false_alarms": round(float(np.mean([one.is_due for one in alarms])), 3) if alarms else None,
        "not_healthy": round(float(np.mean([one.state != HEALTHY for one in alarms])), 3) if alarms else None,
    }


def alarms_by_chance(scored: Scored, past: list[PastPeriod], batches: int) -> list[Verdict]:
    """Return the verdicts on lists that differ from what stands for the training leads by chance alone."""
    rng = np.random.default_rng(0)
    places = rng.permutation(len(scored.label))
    as_training, others = scored.take(places[: len(places) // 2]), scored.take(places[len(places) // 2 :])
    seen = pd.DataFrame(
        {"split": "cross_validation", "row": np.arange(len(as_training.label)), "propensity": as_training.propensity}
    )
    reference = make_reference(
        as_training.leads, as_training.cleaned, scored.model.features, seen, scored.model.propensity_at_end
    )
    model = replace(scored.model, reference=reference.model_copy(update={"periods": scored.model.reference.periods}))
    value = float(roc_auc_score(as_training.label, as_training.propensity))
    promise = Promise(value, auc_error(as_training.label, as_training.propensity), "on the other half")
    verdicts = []
    for _ in range(batches):
        batch = others.take(rng.integers(len(others.label), size=len(others.label)))
        drift = check_drift(model, batch.cleaned, batch.propensity, RULES, by_classifier=False)
        is_in = rng.random(len(batch.label)) < 0.5  # noqa: PLR2004
        verdicts += judge(batch, is_in, past, promise, drift)[:2]
    return verdicts


def read_leads(data: Path, label: str | None) -> TrainingData:
    """Read a labelled list as training does, without the columns that may know the outcome."""
    path = data / LABELLED if data.is_dir() else data
    options = with_outcome(list_options(None, None, None, None, None), label, None, None)
    leads = open_leads([path], None, options, load_settings(), may_propose=True, ask="all")
    found = read_training_data(leads)
    return found.without(make_request(found).excluded).known


def main() -> None:
    """Replay, show each period, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="labelled leads, or a folder with labelled_leads.csv")
    parser.add_argument("--label", help="header of the outcome, if it is not found by itself")
    parser.add_argument("--known", type=float, default=0.5, help="share of a period whose outcomes are in at its end")
    parser.add_argument("--batches", type=int, default=30, help="lists drawn by chance from each of three periods")
    parser.add_argument("--trees", type=int, help="of each model; as shipped if not given")
    asked = parser.parse_args()
    began = time.monotonic()
    leads = read_leads(asked.data, asked.label)
    say(f"{len(leads):,} leads, {len(leads.schema.inputs)} columns")
    result = replay(leads, {"n_estimators": asked.trees} if asked.trees else {}, asked.known, asked.batches)
    result |= {"rows": len(leads), "known": asked.known, "cores": cpu_count()}
    result |= {"seconds": round(time.monotonic() - began, 1), "python": platform.python_version()}
    say(json.dumps(result | {name: version(name) for name in ("lightgbm", "scikit-learn", "numpy")}))


if __name__ == "__main__":
    main()
