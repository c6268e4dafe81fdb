"""Grades being tried out: what the sliders say before it is saved."""

from leadscore_core.config import GradeRule, GradeShares, GradeThresholds
from pages.shared import session

_DRAFT = "grade_draft"
_GRADE_KEYS = ("grade-hot", "grade-warm", "grade-cold")


def draft_grades(version: int, rule: GradeRule, shares: tuple[float, float, float]) -> None:
    """Lay a saved rule under the sliders once; what a person moves afterwards stays until it is saved.

    Parameters
    ----------
    shares
        Cumulated: down to which share of the batch leads are Hot, Warm, Cold (0-1).
    """
    result = rule.thresholds
    drafted = (version, rule.by)
    if session.get(_DRAFT) == drafted and session.get(_GRADE_KEYS[0]) is not None:
        return
    session.put(_DRAFT, drafted)
    values = (result.hot, result.warm, result.cold) if rule.by == "propensity" else shares
    for key, value in zip(_GRADE_KEYS, values, strict=True):
        session.put(key, round(100 * value, 2))


def move_neighbours(moved: int, by: str) -> None:
    """Let a moved slider push its neighbours, so that the grades stay in order."""
    values = [session.get(key) for key in _GRADE_KEYS]
    for place in range(3):
        before = place < moved
        if by == "propensity":
            values[place] = max(values[place], values[moved]) if before else min(values[place], values[moved])
        else:
            values[place] = min(values[place], values[moved]) if before else max(values[place], values[moved])
    for key, value in zip(_GRADE_KEYS, values, strict=True):
        session.put(key, value)


def drafted_grades(by: str) -> GradeRule:
    """Return the rule that the sliders say."""
    first, second, third = (round(session.get(key) / 100, 6) for key in _GRADE_KEYS)
    if by == "propensity":
        return GradeRule(by="propensity", thresholds=GradeThresholds(hot=first, warm=second, cold=third))
    shares = GradeShares(hot=first, warm=max(0.0, second - first), cold=max(0.0, third - second))
    return GradeRule(by="share", shares=shares)
