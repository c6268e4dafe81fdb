"""Recalibration: a model's propensities brought back to the level and slope of the outcomes that came since."""

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from leadscore_core.confidence import Z95, enough_of_each
from leadscore_core.model.classifier import Calibrator
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.performance import Figure, MonitoredLeads, calibration_slope
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import signed

_EDGE = 1e-6
_LEAST_PERIODS = 2


@dataclass(frozen=True)
class Recalibration:
    """A recalibration as it is proposed.

    Attributes
    ----------
    intercept, slope
        Of the outcome's log-odds on those foretold, of all periods with outcomes; 0 and 1 where propensities hold.
    leads
        Leads that they were learned from.
    period
        The latest period, on which a recalibration of the periods before it was judged.
    brier_before, brier_after
        There, as it is and recalibrated; ``low`` and ``high`` are the 95% interval of the difference (below 0 is
        better).
    is_proposed
        Whether it is better for certain.
    not_applicable
        Why there is none; empty where there is one.
    """

    intercept: Figure
    slope: Figure
    leads: int = 0
    period: str = ""
    brier_before: float | None = None
    brier_after: float | None = None
    low: float | None = None
    high: float | None = None
    is_proposed: bool = False
    not_applicable: str = ""

    def sentence(self, words: OutcomeWords) -> str:
        """Say it in a sentence."""
        if self.not_applicable:
            return self.not_applicable
        on = f"On {self.period} the Brier score is {self.brier_before:.4f}, recalibrated {self.brier_after:.4f}"
        if not self.is_proposed:
            return f"{on}: no better for certain, so the propensities stay."
        low, high = (signed(end or 0.0, 4) for end in (self.low, self.high))
        return f"{on} ({low} to {high}): recalibrated on {self.leads:,} leads it foretells {words.plural} better."

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


def propose_recalibration(leads: MonitoredLeads, periods: np.ndarray) -> Recalibration:
    """Check level and slope, and judge a recalibration on the latest period, learned on those before it.

    Parameters
    ----------
    periods
        Of each lead, in words that sort in time; blank where it is not known.
    """
    settled = leads.calls.settled
    known = settled.is_learned & ~np.isnan(leads.propensity) & (periods != "") & (leads.calls.stands_for > 0)
    truth, score = settled.outcome[known].astype("int64"), leads.propensity[known]
    weight, when = leads.calls.stands_for[known], periods[known]
    names = sorted(set(when.tolist()))
    nothing = Recalibration(Figure("intercept", None), Figure("slope", None), int(known.sum()))
    if len(names) < _LEAST_PERIODS:
        return replace(
            nothing,
            not_applicable="No recalibration can be learned and judged yet: outcomes of two months are needed, one to "
            "learn from, one to judge on.",
        )
    latest = when == names[-1]
    if not all(enough_of_each(int(truth[side].sum()), int((1 - truth[side]).sum())) for side in (latest, ~latest)):
        return replace(
            nothing,
            not_applicable="No recalibration can be learned and judged yet: that takes 40 leads of either outcome in "
            "the latest month, and as many before it.",
        )
    intercept, slope = calibration_slope(truth, score, weight)
    first, second = calibration_slope(truth[~latest], score[~latest], weight[~latest])
    if any(one.value is None for one in (intercept, slope, first, second)):
        return replace(nothing, not_applicable="Every lead has the same score, so there is no slope.")
    after = apply_line(score[latest], float(first.value or 0.0), float(second.value or 0.0))
    gain = (after - truth[latest]) ** 2 - (score[latest] - truth[latest]) ** 2
    own = weight[latest]
    mean = float(np.average(gain, weights=own))
    reach = Z95 * float(np.sqrt((own**2 * (gain - mean) ** 2).sum()) / own.sum())
    before = float(np.average((score[latest] - truth[latest]) ** 2, weights=own))
    return Recalibration(
        intercept,
        slope,
        int(known.sum()),
        str(names[-1]),
        before,
        before + mean,
        mean - reach,
        mean + reach,
        is_proposed=mean + reach < 0 and float(slope.value or 0.0) > 0,
    )


def apply_line(propensity: np.ndarray, intercept: float, slope: float) -> np.ndarray:
    """Return propensities (0-1) recalibrated.

    Examples
    --------
    >>> apply_line(np.array([0.2, 0.5]), 0.0, 1.0).round(6).tolist()
    [0.2, 0.5]
    """
    return np.asarray(expit(intercept + slope * logit(np.clip(propensity, _EDGE, 1 - _EDGE))))


def recalibrated_model(model: LeadModel, found: Recalibration) -> LeadModel:
    """Return a model with recalibrated propensities under a name of its own, to be published and promoted as any other.

    Its order of leads is the same. The threshold moves along, so that the same leads are above it; grades are of
    propensities, and stay.
    """
    intercept, slope = float(found.intercept.value or 0.0), float(found.slope.value or 1.0)
    now = datetime.now(UTC)
    pipeline = deepcopy(model.pipeline)
    classifier = pipeline.named_steps["model"]
    classifier.calibrator_ = _composed(classifier.calibrator_, intercept, slope)
    seen = model.out_of_sample
    if seen is not None:
        moved = {
            name: apply_line(seen[name].to_numpy("float64"), intercept, slope)
            for name in ("propensity", "threshold")
            if name in seen
        }
        seen = pd.DataFrame(seen).assign(**moved)
    metadata = model.metadata.model_copy(
        update={
            "model_id": f"{now:%Y%m%d-%H%M%S}-recal",
            "created_at": now,
            "threshold": float(apply_line(np.array([model.metadata.threshold]), intercept, slope)[0]),
            "calibration": model.metadata.calibration
            | {"recalibrated": {"of": model.model_id, "intercept": intercept, "slope": slope, "leads": found.leads}},
            "pickle_sha256": "",
        }
    )
    reference = model.reference
    if reference is not None:
        edges = apply_line(np.array(reference.score_edges), intercept, slope)
        mean = float(apply_line(np.array([reference.mean_score]), intercept, slope)[0])
        if seen is not None:
            mean = float(seen.loc[seen["split"] == "cross_validation", "propensity"].mean())
        reference = reference.model_copy(update={"score_edges": tuple(edges.tolist()), "mean_score": mean})
    return LeadModel(pipeline, metadata, seen, reference)


def _composed(calibrator: Calibrator, intercept: float, slope: float) -> Calibrator:
    made = Calibrator(calibrator.method)
    if calibrator.steps is None:
        made.slope, made.intercept = calibrator.slope * slope, calibrator.intercept * slope + intercept
    else:
        made.slope, made.intercept = calibrator.slope, calibrator.intercept
        made.steps = calibrator.steps[0], apply_line(calibrator.steps[1], intercept, slope)
    return made
