"""Text words: of free text, the few words that tell most of the outcome, a flag each."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc
from sklearn.feature_extraction.text import CountVectorizer

from leadscore_core.data.cleaning.free_text import count_words
from leadscore_core.model.observed_rates import BLANK_KEY, OTHER_WORDS, Observed
from leadscore_core.model.weights import whole

WORD, WORDS = "__word", "__words"
MOST_WORDS = 20
_LEAST, _LEAST_SHARE, _MOST_SHARE = 10, 0.005, 0.95
_CHANCE = 0.01
_PATTERN = r"[^\W\d_]{2,}"


def learn_words(texts: pd.Series, label: np.ndarray, weight: np.ndarray | None = None) -> tuple[str, ...]:
    """Return the words that tell the outcome apart beyond chance, the most telling first: at most 20.

    Each is of ten leads and of one in 200 at least, so that no word of a few people is learned, and not of nearly all.

    Parameters
    ----------
    texts
        As from `clean_free_text`.
    label
        0 or 1.
    weight
        One a lead, above 0; 1 each if not given.

    Examples
    --------
    >>> learn_words(pd.Series(["wants a callback", "wants a brochure"] * 40), np.array([1, 0] * 40))
    ('brochure', 'callback')
    """
    weight = np.ones(len(texts)) if weight is None else weight
    total = weight.sum()
    least = max(_LEAST, int(np.ceil(_LEAST_SHARE * total)))
    counter = CountVectorizer(binary=True, lowercase=False, token_pattern=_PATTERN)
    held = texts.fillna("")
    if not held.str.contains(_PATTERN).any():
        return ()
    table = counter.fit_transform(held)
    names = counter.get_feature_names_out()
    leads = table.T @ weight
    usual = np.flatnonzero((leads >= least) & (leads <= _MOST_SHARE * total))
    if not len(usual):
        return ()
    score, chance = _chi_squared(table.T[usual] @ (weight * label), leads[usual], float(weight @ label / total))
    order = np.lexsort((names[usual], -score))
    return tuple(str(names[usual[i]]) for i in order if chance[i] < _CHANCE)[:MOST_WORDS]


def flag_words(texts: pd.Series, words: Sequence[str]) -> list[np.ndarray]:
    """Return how many words each text has, then for each known word 1 where the text holds it; float64.

    Examples
    --------
    >>> [column.tolist() for column in flag_words(pd.Series(["call back", None]), ["back", "fee"])]
    [[2.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    """
    counts = count_words(texts)
    if not words:
        return [counts]
    counter = CountVectorizer(binary=True, lowercase=False, token_pattern=_PATTERN, vocabulary=list(words))
    held = counter.transform(texts.fillna("")).toarray().astype("float64")
    return [counts, *held.T]


def text_keys(texts: pd.Series, words: Sequence[str]) -> np.ndarray:
    """Return of each text the most telling word that it holds, in words; another key for none, and for a blank.

    Examples
    --------
    >>> text_keys(pd.Series(["back call", "so", None]), ["call", "back"]).tolist()
    ["'call'", 'other words', '']
    """
    keys = np.full(len(texts), OTHER_WORDS, dtype=object)
    for word, holds in reversed(list(zip(words, flag_words(texts, words)[1:], strict=True))):
        keys[holds == 1] = f"'{word}'"
    keys[texts.isna().to_numpy()] = BLANK_KEY
    return keys


def observe_words(
    texts: pd.Series, words: Sequence[str], label: np.ndarray, weight: np.ndarray | None = None
) -> dict[str, Observed]:
    """Return key -> how many leads mention a word, whatever else they mention, and how many of them converted."""
    keys = text_keys(texts, words)
    holds = {f"'{word}'": own == 1 for word, own in zip(words, flag_words(texts, words)[1:], strict=True)}
    holds |= {key: keys == key for key in (OTHER_WORDS, BLANK_KEY)}
    weight = np.ones(len(texts)) if weight is None else weight
    return {
        key: Observed(whole(weight[own].sum()), whole((weight * label)[own].sum()))
        for key, own in holds.items()
        if own.any()
    }


def _chi_squared(converted: np.ndarray, leads: np.ndarray, base_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return chi squared of each word against the base rate, and its chance, as `sklearn.feature_selection.chi2`."""
    apart = (converted - leads * base_rate) ** 2 / np.maximum(leads, 1e-12)
    score = apart / max(base_rate, 1e-12) + apart / max(1 - base_rate, 1e-12)
    return score, chdtrc(1, score)
