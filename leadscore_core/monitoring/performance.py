"""Performance: how a model did on leads whose outcome is in, with intervals, by month, source or batch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from leadscore_core.confidence import CONFIDENCE, LEAST_OF_EACH, Z95, enough_of_each, weighted_rate
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import say_leads
from leadscore_core.training.calls import Calls
from leadscore_core.training.evaluation.metrics import compute_metrics
from leadscore_core.training.evaluation.weighted_auc import auc_error

LEAST_EARLY = 10
_EDGE = 1e-6


@dataclass(frozen=True)
class Figure:
    """A figure with its 95% interval; ``value`` is None where it does not exist.

    ``error`` is its standard error, ``target`` and ``promised`` what was asked for and what training measured.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    target: float | None = None
    promised: float | None = None


@dataclass(frozen=True)
class Performance:
    """How a model did on a group of leads.

    Attributes
    ----------
    group
        What they have in common, in words.
    leads
        Leads of the group.
    known
        Those of them whose outcome counts: called as far as that is known, and old enough.
    uncalled, young
        Leads that nobody called and whose outcome is not due; these are neither yes nor no. ``young_yes`` and
        ``young_no`` of the latter came back all the same. ``by_itself`` converted without a call.
    found, expected
        Leads that converted among the known ones, and how many were foretold; of all that these stand for.
    found_low, found_high
        What chance gives around the expected number in 95 of 100 cases.
    figures
        By name: ``auc``, ``precision``, ``recall``, ``brier``, ``base_rate``, ``level`` (found a expected lead) and
        ``slope`` (of a logistic regression on the log-odds foretold; 1 is calibrated).
    not_applicable
        Why there is none; empty where there is.
    rarer
        Known leads of the outcome that fewer have.
    answered
        Leads whose outcome is in, whether it counts or not.
    """

    group: str
    leads: int
    known: int
    uncalled: int = 0
    young: int = 0
    young_yes: int = 0
    young_no: int = 0
    by_itself: int = 0
    found: float = 0.0
    expected: float = 0.0
    found_low: float = 0.0
    found_high: float = 0.0
    threshold: float = 0.5
    figures: dict[str, Figure] | None = None
    not_applicable: str = ""
    among: str = ""
    rarer: int = 0
    answered: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether the outcomes of all leads are in and due, so that calling tells no more."""
        return self.answered >= self.leads > 0 and not self.young

    @property
    def auc(self) -> Figure | None:
        """The AUC, where there are enough leads for it: 40 of either outcome."""
        return self.figures["auc"] if self.figures is not None and self.rarer >= LEAST_OF_EACH else None

    @property
    def early_auc(self) -> Figure | None:
        """The AUC where there are ten leads of either outcome, enough for bad news alone."""
        return self.figures["auc"] if self.figures is not None and self.rarer >= LEAST_EARLY else None

    def young_sentence(self, words: OutcomeWords) -> str:
        """Say why outcomes of leads that are not due count neither way; empty where none came back."""
        if not self.young_yes + self.young_no:
            return ""
        return (
            f"Of leads whose outcome is not due, {self.young_yes:,} {words.past} already and {self.young_no:,} came "
            "back as a no. They count once they are due, however clear the answer is: of leads so young only quick "
            "answers are in, and these tell how quickly people answer, not how many of all will say yes."
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class MonitoredLeads:
    """Leads with what was foretold of them and what is known of them.

    Attributes
    ----------
    propensity
        What a model that had not seen the lead said, 0-1.
    calls
        What is known of calls and outcomes.
    groups
        One row a lead: ``month``, ``week``, ``batch``, ``model`` and the cleaned columns that leads are grouped by.
    restored
        Which leads a person took back from quarantine.
    """

    propensity: np.ndarray
    calls: Calls
    groups: pd.DataFrame
    threshold: float
    restored: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> MonitoredLeads:
        """Return some of the leads, of bool."""
        return replace(
            self,
            propensity=self.propensity[rows],
            calls=self.calls.take(rows),
            groups=self.groups[rows].reset_index(drop=True),
            restored=None if self.restored is None else self.restored[rows],
        )


def measure_performance(
    leads: MonitoredLeads,
    group: str = "all leads",
    *,
    targets: dict[str, float] | None = None,
    promised: dict[str, float] | None = None,
) -> Performance:
    """Measure how a model did on leads whose outcome is in, each counted as the leads that it stands for.

    Who was not called, and who is too young for an outcome, is left out and counted.

    Parameters
    ----------
    targets, promised
        By figure: what was asked for, and what training measured.
    """
    settled = leads.calls.settled
    known = settled.is_learned & ~np.isnan(leads.propensity)
    nobody = leads.calls.called == 0
    young = (leads.calls.age < leads.calls.days) & ~nobody
    about = Performance(
        group=group,
        leads=len(known),
        known=int(known.sum()),
        uncalled=int((nobody & np.isnan(settled.outcome)).sum()),
        young=int(young.sum()),
        young_yes=int((young & (leads.calls.came == 1)).sum()),
        young_no=int((young & (leads.calls.came == 0)).sum()),
        by_itself=int(settled.by_itself.sum()),
        answered=int((~np.isnan(leads.calls.came)).sum()),
        threshold=leads.threshold,
        among=leads.calls.summary().among if (leads.calls.called == 1).any() else "",
    )
    if not known.any():
        learned = int((settled.is_learned & np.isnan(leads.propensity)).sum())
        return replace(about, not_applicable=_why_nothing(about, learned))
    truth, score = settled.outcome[known].astype("int64"), leads.propensity[known]
    weight = leads.calls.stands_for[known]
    counts = weight > 0
    truth, score, weight = truth[counts], score[counts], weight[counts]
    figures = _figures(truth, score, weight, leads.threshold)
    figures = {
        name: replace(one, target=(targets or {}).get(name), promised=(promised or {}).get(name))
        for name, one in figures.items()
    }
    expected = float((weight * score).sum())
    spread = float(np.sqrt((weight**2 * score * (1 - score)).sum()))
    return replace(
        about,
        found=float((weight * truth).sum()),
        expected=expected,
        found_low=max(0.0, expected - Z95 * spread),
        found_high=expected + Z95 * spread,
        figures=figures,
        rarer=int(min(truth.sum(), (1 - truth).sum())),
    )


def junk_sentences(leads: MonitoredLeads, words: OutcomeWords) -> list[str]:
    """Say what became of leads that were put aside: of the learning sample by its design, of restored leads by itself.

    Restored leads were chosen by people, so they stand for nobody else.
    """
    said = [leads.calls.summary().junk_sentence(words)]
    if leads.restored is not None and leads.restored.any():
        settled = leads.calls.settled
        known = leads.restored & settled.is_learned
        done = int((settled.outcome[known] == 1).sum())
        many = f"{say_leads(int(leads.restored.sum()))} that people took back from quarantine"
        said.append(
            f"Of {many}, {int(known.sum()):,} with an outcome, {done:,} {words.past}; they were chosen by hand, and "
            "stand for themselves alone."
        )
    return [sentence for sentence in said if sentence]


def measure_by(leads: MonitoredLeads, column: str, *, least: int = 1, most: int = 200) -> list[Performance]:
    """Measure each group of leads with the same value of a column, in the column's order; blank ones as ``(blank)``."""
    values = leads.groups[column].astype("object").where(leads.groups[column].notna(), "(blank)").astype("str")
    counts = values.value_counts()
    shown = [str(value) for value in counts.index[counts >= least][:most]]
    return [measure_performance(leads.take((values == value).to_numpy()), value) for value in sorted(shown)]


def _why_nothing(about: Performance, learned: int) -> str:
    if not about.leads:
        return "There are no leads."
    if about.uncalled == about.leads:
        return "Nobody called these leads yet, so that nothing is known of them."
    if learned:
        return (
            f"The model learned from all {learned:,} leads whose outcome is in, so that they say nothing of new ones."
        )
    if about.young:
        return f"No outcome is due yet: {about.young:,} leads are too young."
    return "No outcome has come back yet."


def _figures(truth: np.ndarray, score: np.ndarray, weight: np.ndarray, threshold: float) -> dict[str, Figure]:
    is_weighted = not (weight == weight[0]).all()
    used = weight if is_weighted else None
    block = compute_metrics(truth, score, threshold, weight=used)
    above = score >= threshold
    done = truth == 1
    return {
        "auc": _auc(block.auc, truth, score, used),
        "precision": _rate("precision", truth[above], weight[above]),
        "recall": _rate("recall", above[done].astype("int64"), weight[done]),
        "brier": _mean("brier", (score - truth) ** 2, weight),
        "base_rate": _rate("base_rate", truth, weight),
        "level": _level(truth, score, weight),
        "slope": calibration_slope(truth, score, weight)[1],
    }


def _auc(value: float | None, truth: np.ndarray, score: np.ndarray, weight: np.ndarray | None) -> Figure:
    if value is None or min(truth.sum(), (1 - truth).sum()) < LEAST_EARLY:
        return Figure("auc", value)
    error = auc_error(truth, score, weight)
    return Figure("auc", value, max(0.0, value - Z95 * error), min(1.0, value + Z95 * error), error)


def _rate(name: str, yes: np.ndarray, weight: np.ndarray) -> Figure:
    found = weighted_rate(yes, weight)
    if not found.leads:
        return Figure(name, None)
    return Figure(name, found.value, found.low, found.high, (found.high - found.low) / 2 / Z95)


def _mean(name: str, values: np.ndarray, weight: np.ndarray) -> Figure:
    mean = float(np.average(values, weights=weight))
    error = float(np.sqrt((weight**2 * (values - mean) ** 2).sum()) / weight.sum())
    return Figure(name, mean, max(0.0, mean - Z95 * error), mean + Z95 * error, error)


def _level(truth: np.ndarray, score: np.ndarray, weight: np.ndarray) -> Figure:
    """Return how many converted for each that was foretold, with the interval of a ratio of sums."""
    expected = float((weight * score).sum())
    if expected <= 0:
        return Figure("level", None)
    value = float((weight * truth).sum()) / expected
    if not truth.any():  # Poisson's exact interval, each standing for as many as the one that stands for most
        return Figure("level", 0.0, 0.0, float(-np.log((1 - CONFIDENCE) / 2) * weight.max()) / expected)
    rest = truth - score * value
    error = float(np.sqrt((weight**2 * rest**2).sum())) / expected
    return Figure("level", value, max(0.0, value - Z95 * error), value + Z95 * error, error)


def calibration_slope(truth: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[Figure, Figure]:
    """Return intercept and slope of the outcome's log-odds on those foretold (Cox, 1958), with intervals.

    0 and 1 where propensities hold; a slope below 1 says that they are too far apart. Errors are robust, so that
    weights of a sample hold too. None of fewer than 40 leads of either outcome.
    """
    import statsmodels.api as sm  # slow to load

    nothing = Figure("intercept", None), Figure("slope", None)
    if not enough_of_each(int(truth.sum()), int((1 - truth).sum())):
        return nothing
    margin = logit(np.clip(score, _EDGE, 1 - _EDGE))
    if np.ptp(margin) < _EDGE:
        return nothing
    scaled = weight / weight.mean()
    fit = sm.GLM(truth, sm.add_constant(margin), family=sm.families.Binomial(), freq_weights=scaled).fit(cov_type="HC0")
    ends = fit.conf_int()
    found = [
        Figure(name, float(value), float(low), float(high), float(error))
        for name, value, (low, high), error in zip(("intercept", "slope"), fit.params, ends, fit.bse, strict=True)
    ]
    return found[0], found[1]
