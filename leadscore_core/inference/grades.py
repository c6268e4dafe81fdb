"""Grades: Hot, Warm, Cold or Junk from the propensity, and the reason why a lead is junk."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from leadscore_core.config import GradeThresholds

GRADES = ("Hot", "Warm", "Cold", "Junk")
JUNK_WORDS = {
    "low_propensity": "Low propensity",
    "do_not_call": "Asked not to be called",
    "customer": "Already a customer",
    "override": "Set to Junk by a person",
    "unreachable": "No way to reach: no e-mail and no phone",
    "malformed_email_no_phone": "Malformed e-mail and no phone",
    "malformed_email": "Malformed e-mail",
    "disposable_email": "Disposable e-mail domain",
    "impossible_phone": "Impossible phone for its country",
    "test_name": "Test or keyboard-mash name",
    "duplicate": "Duplicate in this list",
    "seen_before": "Duplicate on an earlier list",
    "held_out": "Held out of the calls by a trial",
}


def few_words(places: np.ndarray, words: Sequence[str]) -> ExtensionArray:
    """Return text that takes few values, by the place of each among them."""
    return pd.array(pa.array(words, pa.large_string()).take(pa.array(places)), dtype="str")


def grade_leads(propensity: np.ndarray, thresholds: GradeThresholds) -> ExtensionArray:
    """Return the grade of each propensity; a value at a threshold has the higher grade.

    Examples
    --------
    >>> grade_leads(np.array([0.9, 0.4, 0.2, 0.01]), GradeThresholds(hot=0.65, warm=0.4, cold=0.1)).tolist()
    ['Hot', 'Warm', 'Cold', 'Junk']
    """
    conditions = [propensity >= thresholds.hot, propensity >= thresholds.warm, propensity >= thresholds.cold]
    return few_words(np.select(conditions, [0, 1, 2], default=3), GRADES)


def junk_reasons(propensity: np.ndarray, thresholds: GradeThresholds) -> pd.Series:
    """Return why each lead is junk, in words; empty for the others.

    Examples
    --------
    >>> junk_reasons(np.array([0.04, 0.5]), GradeThresholds(hot=0.65, warm=0.4, cold=0.1)).tolist()
    ['Low propensity: 4.0%, junk is below 10%', '']
    """
    low = np.flatnonzero(propensity < thresholds.cold)
    values, place = np.unique(np.round(propensity[low] * 100, 2 if thresholds.cold < 0.01 else 1), return_inverse=True)
    decimals = 0 if thresholds.cold == round(thresholds.cold, 2) else 1 if thresholds.cold >= 0.01 else 2
    below = f"{thresholds.cold:.{decimals}%}"
    words = [f"Low propensity: {value:.{max(1, decimals)}f}%, junk is below {below}" for value in values.tolist()]
    of_lead = np.zeros(len(propensity), dtype="int64")
    of_lead[low] = place + 1
    return pd.Series(few_words(of_lead, ["", *words]))
