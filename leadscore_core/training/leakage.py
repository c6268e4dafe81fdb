"""Leakage: columns that may tell the outcome because they were filled in after it, each asked about in words."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from leadscore_core.data.cleaning.date_order import date_evidence
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.schema.header_words import moment_rank
from leadscore_core.training.leakage_worth import auc_with_and_without

ALONE, NEARLY_ALONE, SOME = 0.9, 0.8, 0.55
_TELLING_ODDS = 8.0
_ONE_CLASS = 0.97
_LEAST, _LEAST_RARE, _CHANCE = 30, 8, 1e-9
_UNIQUE = 0.95
_AS_VALUES, _BINS = 50, 20
_SMOOTH = 10
_COLLAPSE = 0.4
_SEQUENCE = 0.6
_BLANKS = ("", "select", "-", "--", "?", "na", "n/a", "nan", "none", "null", "not available")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_KNOWN_BEFORE = (
    r"\b(marital|civil|family|employment|work|job|housing|home|education|smoking) status\b|\b(last|family) name\b"
)
_AFTERWARDS = (
    (
        r"\b(tags?|status|substatus|stage|lifecycle|disposition|remarks?|comments?|notes?|feedback)\b",
        "people write it down as they talk",
    ),
    (
        r"\b(quality|profile|rating|score|index|grade|priority|probability|forecast)\b",
        "it judges the lead, with hindsight",
    ),
    (r"\b(last|latest|recent|modified|updated)\b", "it is overwritten as the lead goes on"),
    (
        r"\b(closed?|won|lost|converted|conversion|enrolled|paid|invoice|outcome|result)\b",
        "it sounds like the outcome itself",
    ),
)
_KINDS = ("alone", "one_class", "sequence", "later", "blank", "collapses", "name", "counter")
_COUNTERS = r"\b(total|count|number of|times|visits|views)\b"


@dataclass(frozen=True)
class LeakFinding:
    """One column that may know the outcome.

    Attributes
    ----------
    column
        The header.
    why
        What gives rise to the question, with its evidence, in words.
    kind
        ``alone`` (it nearly gives the answer), ``blank`` (its being blank does), ``one_class`` (filled for one outcome
        only), ``sequence`` (an id or a row number that predicts), ``later`` (a moment after the lead came),
        ``collapses`` (worth much among these leads and little in later ones), ``name`` (its name says so), ``counter``
        (its name says that it counts, perhaps on and on).
    auc
        What the column alone gives, out-of-fold, 0.5 to 1.
    auc_with, auc_without
        What a quick model gives in folds with this column and without any column of the findings (see
        `auc_with_and_without`); None where that was not measured.
    """

    column: str
    why: str
    kind: str
    auc: float
    auc_with: float | None = None
    auc_without: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether its values say that it should be left out unless somebody knows better; a name alone does not."""
        return self.kind in {"alone", "one_class", "sequence"}

    def as_json(self) -> dict[str, Any]:
        """Return what commands write about it."""
        return {"column": self.column, "why": self.why, "auc_with": self.auc_with, "auc_without": self.auc_without}


def audit_leakage(
    frame: pd.DataFrame, label: np.ndarray, *, dates: pd.Series | None = None, columns: list[str] | None = None
) -> list[LeakFinding]:
    """Look for columns that may have been filled in after the outcome.

    Parameters
    ----------
    frame
        Leads as read, under their own headers, without the outcome.
    label
        0 or 1, one a lead.
    dates
        When each lead came, if that is known.
    columns
        Headers to look at; all but a leading row number if not given, which is never learned from.

    Returns
    -------
    list of LeakFinding
        At most one a column, the most telling first.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = rng.integers(0, 2, 400)
    >>> frame = pd.DataFrame({"source": rng.choice(list("ab"), 400), "status": np.where(label == 1, "won", "lost")})
    >>> [(found.column, found.kind) for found in audit_leakage(frame, label)]
    [('status', 'alone')]
    """
    label = np.asarray(label, dtype="int64")
    if len(np.unique(label)) < 2 or min(label.sum(), len(label) - label.sum()) < 5:
        return []
    wanted = columns if columns is not None else [c for c in frame.columns if not _is_index(c)]
    found = [f for name in wanted if (f := _look(str(name), frame[name], label, dates)) is not None]
    found = sorted(found, key=lambda f: (_KINDS.index(f.kind), -f.auc, f.column))
    worth = auc_with_and_without(frame[wanted], label, [f.column for f in found])
    return [
        replace(f, auc_with=worth[f.column][0], auc_without=worth[f.column][1]) if f.column in worth else f
        for f in found
    ]


def _is_index(header: object) -> bool:
    return str(header).strip().casefold() in INDEX_HEADERS


def _look(name: str, cells: pd.Series, label: np.ndarray, dates: pd.Series | None) -> LeakFinding | None:
    """Return the most telling thing about one column, or None."""
    text = as_text(cells).str.strip()
    blank = (text.isna() | text.str.casefold().isin(_BLANKS)).to_numpy(dtype=bool)
    if blank.all():
        return None
    numbers = pd.to_numeric(text.where(~blank), errors="coerce").to_numpy(dtype="float64")
    is_number = np.isfinite(numbers).sum() >= _UNIQUE * (~blank).sum()
    unique = text[~blank].nunique()
    if unique >= _UNIQUE * (~blank).sum() and unique > _AS_VALUES and (not is_number or _whole(numbers)):
        return _sequence(name, numbers if is_number else None, label, blank) or _by_name(name, None)
    codes = _codes(text, blank, numbers if is_number else None)
    auc = _alone(codes, label)
    rate = label.mean()
    if auc >= ALONE:
        return LeakFinding(name, f"Alone it tells the outcome of almost every lead (AUC {auc:.2f}).", "alone", auc)
    given, empty = label[~blank], label[blank]
    if _LEAST <= len(given) < len(label) and _one_sided(given.mean(), rate):
        what = "completed" if given.mean() > 0.5 else "did not complete"
        why = f"It is filled in for {len(given):,} leads, and {max(given.mean(), 1 - given.mean()):.0%} of them {what}."
        return LeakFinding(name, why, "one_class", auc)
    nonzero = (numbers != 0) & np.isfinite(numbers)
    with_value = label[nonzero]
    if is_number and (numbers[~blank] == 0).mean() >= 0.5 and _is_giving_away(with_value, rate):
        why = f"It is other than zero for {len(with_value):,} leads, and {with_value.mean():.0%} of them completed."
        return LeakFinding(name, why, "one_class", auc)
    later = "" if is_number and not moment_rank(name) else _later(cells, dates, label)
    if later:
        return LeakFinding(name, later, "later", auc)
    if auc >= NEARLY_ALONE:
        return LeakFinding(name, f"Alone it tells the outcome of most leads (AUC {auc:.2f}).", "alone", auc)
    if min(len(given), len(empty)) >= _LEAST and _odds_apart(given.mean(), empty.mean()):
        why = f"Where it is blank (n = {len(empty):,}), {empty.mean():.0%} complete; elsewhere {given.mean():.0%}."
        return LeakFinding(name, why, "blank", auc)
    collapse = _collapse(codes, label, dates, auc)
    if collapse is not None:
        why = (
            f"Among leads of all months it tells something (AUC {auc:.2f}), of the last month little ({collapse:.2f})."
        )
        return LeakFinding(name, why, "collapses", auc)
    return _by_name(name, auc) if unique > 1 or blank.any() else None


def _by_name(name: str, auc: float | None) -> LeakFinding | None:
    """Ask about a column whose name says that it is filled in afterwards, whatever it tells of these leads."""
    plain = " ".join(word.casefold() for word in _WORDS.split(name) if word)
    alone = "" if auc is None else f" (alone: AUC {auc:.2f})"
    for pattern, why in _AFTERWARDS:
        if re.search(pattern, re.sub(_KNOWN_BEFORE, "", plain)):
            return LeakFinding(name, f"Its name suggests that {why}{alone}.", "name", auc or 0.5)
    if auc is not None and auc >= SOME and re.search(_COUNTERS, plain):
        why = f"Its name suggests that it may have gone on counting until the outcome{alone}."
        return LeakFinding(name, why, "counter", auc)
    return None


def _whole(numbers: np.ndarray) -> bool:
    known = numbers[np.isfinite(numbers)]
    return bool((known == np.trunc(known)).all())


def _sequence(name: str, numbers: np.ndarray | None, label: np.ndarray, blank: np.ndarray) -> LeakFinding | None:
    """Judge a column of which each lead has its own value: an id must tell nothing, in its order or in the file's."""
    if numbers is None:
        return None
    known = np.isfinite(numbers)
    if len(np.unique(label[known])) < 2:
        return None
    auc = float(roc_auc_score(label[known], numbers[known]))
    auc = max(auc, 1 - auc, _alone(_codes(pd.Series(numbers).astype("str"), blank, numbers), label))
    if auc < _SEQUENCE:
        return None
    return LeakFinding(
        name, f"An id or row number should tell nothing, and this one does (AUC {auc:.2f}).", "sequence", auc
    )


def _codes(text: pd.Series, blank: np.ndarray, numbers: np.ndarray | None) -> np.ndarray:
    """Return a column's values as whole numbers: levels, or parts of numbers; blank is one of its own.

    A number that many leads share, such as zero, is a part of its own, and the others are cut into twenty equal parts:
    cut together, a rare amount would fall into one part with the zeros.
    """
    if numbers is None or len(np.unique(numbers[np.isfinite(numbers)])) <= _AS_VALUES:
        return np.where(blank, -1, pd.factorize(text.str.casefold())[0])
    known = numbers[np.isfinite(numbers)]
    values, counts = np.unique(known, return_counts=True)
    common = values[counts * _BINS >= len(known)]
    rest = known[~np.isin(known, common)]
    edges = np.unique(np.quantile(rest, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(rest) else np.empty(0)
    codes = np.where(np.isfinite(numbers), np.searchsorted(edges, numbers, side="right"), -1)
    at = np.searchsorted(common, numbers)
    is_common = np.isin(numbers, common)
    codes[is_common] = len(edges) + 1 + at[is_common]
    return codes


def _alone(codes: np.ndarray, label: np.ndarray) -> float:
    """Return the AUC of a column's own rates, learned in four fifths of the leads and judged in the last."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    values = np.empty(len(label))
    for train, test in folds.split(codes, label):
        values[test] = _rates(codes[train], label[train], codes[test])
    return max(0.5, float(roc_auc_score(label, values)))


def _rates(codes: np.ndarray, label: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    base = float(label.mean())
    table = pd.DataFrame({"code": codes, "done": label}).groupby("code")["done"].agg(["sum", "size"])
    rate = (table["sum"] + _SMOOTH * base) / (table["size"] + _SMOOTH)
    return pd.Series(wanted).map(rate).fillna(base).to_numpy(dtype="float64")


def _one_sided(given: float, rate: float) -> bool:
    return (given >= _ONE_CLASS > rate + 0.05) or (given <= 1 - _ONE_CLASS < rate - 0.05)


def _is_giving_away(label: np.ndarray, rate: float) -> bool:
    """Whether leads completed so nearly all that chance is out of the question, however rare completing is."""
    if len(label) < _LEAST_RARE or label.mean() < _ONE_CLASS or rate >= _ONE_CLASS - 0.05:
        return False
    return bool(len(label) * np.log(rate) <= np.log(_CHANCE))


def _odds_apart(first: float, second: float) -> bool:
    a, b = (np.clip(rate, 0.005, 0.995) for rate in (first, second))
    ratio = a / (1 - a) / (b / (1 - b))
    return bool(max(ratio, 1 / ratio) >= _TELLING_ODDS)


def _later(cells: pd.Series, dates: pd.Series | None, label: np.ndarray) -> str:
    """Say whether a column holds moments after the lead came, mostly of leads that completed."""
    if dates is None or pd.api.types.is_numeric_dtype(cells):
        return ""
    moments = parse_dates(cells, _BLANKS, date_evidence(cells).order()).values
    both = moments.notna() & dates.notna()
    if both.sum() < max(_LEAST, 0.5 * cells.notna().sum()):
        return ""
    after = (moments > dates + pd.Timedelta(days=1)) & both
    if after.sum() < _LEAST or after.sum() < 0.5 * both.sum():
        return ""
    share = label[after.to_numpy()].mean()
    return f"It holds moments after the lead came, for {after.sum():,} leads, of whom {share:.0%} completed."


def _collapse(codes: np.ndarray, label: np.ndarray, dates: pd.Series | None, auc: float) -> float | None:
    """Return the AUC in the last month by rates of the months before, where little is left of it."""
    if dates is None or auc < 0.6 or dates.isna().all():
        return None
    months = dates.dt.to_period("M")
    counts = months.value_counts()
    full = sorted(month for month, n in counts.items() if n >= 200)
    if len(full) < 3:
        return None
    test = (months == full[-1]).to_numpy()
    train = (months < full[-1]).to_numpy()
    if len(np.unique(label[test])) < 2:
        return None
    next_auc = float(roc_auc_score(label[test], _rates(codes[train], label[train], codes[test])))
    return next_auc if next_auc - 0.5 < _COLLAPSE * (auc - 0.5) else None
