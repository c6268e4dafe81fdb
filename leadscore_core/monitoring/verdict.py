"""The verdict: whether scores can be trusted, in a word, with its reasons and what to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from leadscore_core.confidence import Z95
from leadscore_core.config import MonitorRules
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.monitoring.drift import SCORES, DriftReport
from leadscore_core.monitoring.estimate import Estimate
from leadscore_core.monitoring.performance import Figure, Performance
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import say_leads, share_percent

HEALTHY, WATCH, RETRAIN, DO_NOT_TRUST, BLIND = "healthy", "watch", "retrain", "do not trust", "blind"
STATES = (HEALTHY, WATCH, RETRAIN, DO_NOT_TRUST, BLIND)
ACTIONS = {
    HEALTHY: "Nothing to do.",
    WATCH: "Look again when more outcomes are in.",
    RETRAIN: "Retrain on the outcomes that have come since.",
    DO_NOT_TRUST: "Do not call in the order of these scores. Retrain, or go back to an earlier model.",
    BLIND: "Call a small sample of this list and bring its outcomes: then it is known.",
}
_ALL_IN = "All outcomes of this list are in, so there is nobody to call for it. Look at the next list."
_FEW_MONTHS = 2
_SURE = 1.5  # of a 95% interval's half: three standard errors


@dataclass(frozen=True)
class Promise:
    """What training promised of the AUC on leads to come: the figure, its standard error and where it was measured."""

    auc: float
    error: float
    where: str


@dataclass(frozen=True)
class Verdict:
    """Whether scores can be trusted.

    ``state`` is one of `STATES`; ``reasons`` are sentences, the weightiest first; ``is_certain`` says that outcomes or
    a certain drift of columns are behind it, not the want of knowledge alone. ``sample`` is how many leads to call,
    ``is_whole`` whether these are all, ``answered`` of how many leads an outcome came, ``is_complete`` whether those of
    all are in and due.
    """

    state: str
    reasons: tuple[str, ...]
    is_certain: bool = False
    sample: int | None = None
    is_whole: bool = False
    is_complete: bool = False
    answered: int = 0

    @property
    def is_due(self) -> bool:
        """Whether something has to be done."""
        return self.state in {RETRAIN, DO_NOT_TRUST, BLIND}

    @property
    def action(self) -> str:
        """What to do."""
        if self.is_complete and self.state in {WATCH, BLIND}:
            return _ALL_IN
        if self.state == BLIND and self.sample is not None and self.is_whole:
            left = self.sample - self.answered
            if left <= 0:
                return ACTIONS[WATCH]  # they are not due
            who = f"the {say_leads(left)} whose outcome is not in" if self.answered else f"all {self.sample:,} leads"
            return f"Call {who} and bring their outcomes: then the AUC of this list is known."
        if self.state == BLIND and self.sample is not None:
            return (
                f"Call these {self.sample:,} leads and bring their outcomes: then the AUC of this list is known to "
                "within 0.05."
            )
        return ACTIONS[self.state]

    @property
    def line(self) -> str:
        """The verdict in one line, as the sidebar shows it."""
        return f"{self.state.capitalize()}: {self.reasons[0]}" if self.reasons else self.state.capitalize()

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self) | {"is_due": self.is_due, "action": self.action}


def promise_of(metadata: ModelMetadata) -> Promise | None:
    """Return what a model's training measured: on the months that followed where there are two, else in folds."""
    following, crossed = metadata.metrics.get("next_period") or {}, metadata.metrics.get("cross_validation") or {}
    if following.get("auc") is not None and following.get("folds", 0) >= _FEW_MONTHS:
        return Promise(float(following["auc"]), float(following.get("auc_std") or 0.0), "on the months that followed")
    if crossed.get("auc") is not None:
        return Promise(float(crossed["auc"]), float(crossed.get("auc_std") or 0.0), "in cross-validation")
    return None


def reach_verdict(
    drift: DriftReport,
    performance: Performance | None,
    estimates: Mapping[str, Estimate],
    promise: Promise | None,
    rules: MonitorRules | None = None,
    words: OutcomeWords | None = None,
) -> Verdict:
    """Reach a verdict on a batch, or on all that was scored of late.

    Outcomes go before the drift, and the drift before the estimate: what was measured on enough leads (40 of either
    outcome) decides by itself.

    Parameters
    ----------
    performance
        On those of the leads whose outcome is in; None where none is.
    """
    rules = rules or MonitorRules()
    auc = performance.auc if performance is not None else None
    if auc is not None and performance is not None:
        return _by_outcomes(auc, performance, drift, promise, (rules, words or OutcomeWords()))
    found = _before_auc(drift, performance, estimates, promise, rules)
    return found if performance is None else _with_outcomes(found, performance, words or OutcomeWords())


def _before_auc(
    drift: DriftReport,
    performance: Performance | None,
    estimates: Mapping[str, Estimate],
    promise: Promise | None,
    rules: MonitorRules,
) -> Verdict:
    early = performance.early_auc if performance is not None else None
    if early is not None and early.value is not None and early.high is not None and early.value < rules.least_auc:
        sentence = (
            f"AUC {early.value:.2f} ({early.low:.2f} to {early.high:.2f}) on the first leads whose outcome is in."
        )
        is_certain = early.high < rules.least_auc
        return Verdict(DO_NOT_TRUST if is_certain else BLIND, (sentence, _NO_OUTCOMES), is_certain=is_certain)
    return _without_outcomes(drift, estimates.get("auc"), promise, rules)


def _with_outcomes(verdict: Verdict, performance: Performance, words: OutcomeWords) -> Verdict:
    """Return a verdict that is not by the AUC with what the outcomes say all the same, and why there is no AUC."""
    reasons = [reason.replace(_NO_OUTCOMES, _no_auc(performance, words)) for reason in verdict.reasons]
    is_sure = abs(performance.found - performance.expected) > _SURE * (performance.found_high - performance.expected)
    off = _level_words(performance, words) if is_sure else ""
    state = WATCH if (performance.is_complete and verdict.state == BLIND) or (off and verdict.state == HEALTHY) else ""
    return replace(
        verdict,
        state=state or verdict.state,
        reasons=(*([off] if off else []), *reasons),
        is_certain=verdict.is_certain or bool(off),
        is_complete=performance.is_complete,
        answered=performance.answered,
    )


def _no_auc(performance: Performance, words: OutcomeWords) -> str:
    """Say why the AUC is not measured."""
    if performance.known and not performance.rarer:
        who = "none" if not performance.found else "all"
        said = f"of {performance.known:,} leads whose outcome is in {who} {words.past}"
        return f"AUC is not applicable, as there is one outcome only: {said}."
    if not performance.is_complete:
        return _NO_OUTCOMES
    if not performance.known:
        return performance.not_applicable
    early = performance.early_auc
    measured = "" if early is None else f", {early.value:.3f} ({early.low:.3f} to {early.high:.3f})"
    few = f"{performance.rarer:,} of the rarer one are too few to judge the AUC by"
    return f"All its outcomes are in, but {few}{measured}."


def _level_words(performance: Performance, words: OutcomeWords) -> str:
    """Say by how much the number found is off, where that is certain and much; empty otherwise."""
    if not performance.known or performance.found_low <= performance.found <= performance.found_high:
        return ""
    if not _is_far_off(performance):
        return ""
    return (
        f"{performance.found:,.0f} {words.past} where {performance.expected:,.0f} were expected "
        f"({performance.found_low:,.0f} to {performance.found_high:,.0f} by chance): propensities are off."
    )


def _by_outcomes(
    auc: Figure,
    performance: Performance,
    drift: DriftReport,
    promise: Promise | None,
    by: tuple[MonitorRules, OutcomeWords],
) -> Verdict:
    rules, words = by
    value, low, high = (float(end) for end in (auc.value or 0.0, auc.low or 0.0, auc.high or 0.0))
    measured = f"AUC {value:.3f} ({low:.3f} to {high:.3f}) on {performance.known:,} leads whose outcome is in"
    if value < rules.least_auc:
        return Verdict(DO_NOT_TRUST, (f"{measured}, below {rules.least_auc:g}.",), is_certain=high < rules.least_auc)
    state = _state_of(low, _drop(auc, promise), rules)
    may_be = f", and it may be below {rules.least_auc:g}" if low < rules.least_auc else ""
    said = f"{measured}{_promised(promise)}{may_be}."
    outside = _outside_words(drift) if drift.is_outside else ""
    others = [one for one in (_level_words(performance, words), outside) if one]
    if state == HEALTHY and others:  # what makes the verdict is said first, as a line of it is all that some show
        return Verdict(WATCH, (*others, said))
    return Verdict(state, (said, *others), is_certain=state == RETRAIN)


def _state_of(low: float, drop: float | None, rules: MonitorRules) -> str:
    """Return what an AUC says by itself: by its lower end, and by how much it is lower for certain."""
    if drop is not None and drop > rules.retrain_drop:
        return RETRAIN
    return WATCH if (drop is not None and drop > rules.watch_drop) or low < rules.least_auc else HEALTHY


def _is_far_off(performance: Performance) -> bool:
    return bool(abs(np.log(max(performance.found, 0.5) / max(performance.expected, 0.5))) > np.log(1.15))


def _drop(auc: Figure, promise: Promise | None) -> float | None:
    """Return by how much an AUC is lower than promised, where that is certain; None where it is not."""
    if promise is None or auc.value is None:
        return None
    drop = promise.auc - auc.value
    error = float(np.hypot(auc.error or 0.0, promise.error))
    return drop if drop > Z95 * error else None


def _without_outcomes(
    drift: DriftReport, estimate: Estimate | None, promise: Promise | None, rules: MonitorRules
) -> Verdict:
    if not drift.is_applicable:
        state = WATCH if drift.rows < rules.least_leads else BLIND
        return Verdict(state, (drift.not_applicable,))
    if drift.is_outside:
        is_certain = any(name != SCORES for name in drift.outside)
        return Verdict(BLIND, (_outside_words(drift), _NO_OUTCOMES), is_certain=is_certain)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        why = estimate.blind if estimate is not None else "Nothing is known of past periods."
        return Verdict(BLIND, (_NO_OUTCOMES, why))
    held = (
        f"By the scores alone the AUC is {estimate.low:.3f} to {estimate.high:.3f} (such intervals hold "
        f"{estimate.level:.0%} of the time, by {estimate.periods} past periods){_promised(promise)}"
    )
    if estimate.high < rules.least_auc:
        return Verdict(DO_NOT_TRUST, (f"{held}. {_NO_OUTCOMES}",))
    if promise is not None and estimate.high < promise.auc - rules.retrain_drop:
        return Verdict(RETRAIN, (f"{held}. {_NO_OUTCOMES}",))
    is_low = promise is not None and estimate.value < promise.auc - rules.retrain_drop
    state = WATCH if estimate.low < rules.least_auc or is_low else HEALTHY
    return Verdict(state, (f"{held}. {_NO_OUTCOMES}", *_drift_words(drift, rules)))


_NO_OUTCOMES = "Too few of its outcomes are in to measure it."


def _promised(promise: Promise | None) -> str:
    return "" if promise is None else f"; {promise.auc:.3f} {promise.where} at training"


def _outside_words(drift: DriftReport) -> str:
    by_name = {one.name: one.human for one in drift.columns}
    named = [by_name.get(name, "the scores") for name in drift.outside]
    than = "than training months were from each other" if drift.months else "than is usual"
    said = ", ".join(named[:3])
    said = capital(said) if drift.outside[0] == SCORES else said  # a company's header keeps its letters
    return f"{said} {'differ' if len(named) > 1 or named == ['the scores'] else 'differs'} more {than}."


def _drift_words(drift: DriftReport, rules: MonitorRules) -> tuple[str, ...]:
    mattering = drift.mattering(rules.effect)
    if not mattering:
        return ("No column drifted in a way that moves scores.",)
    first = mattering[0]
    moved = "" if first.effect is None else f", which moves a score by {share_percent(first.effect)} on average"
    return (f"{first.human} drifted most{moved}; training months differed as much.",)
