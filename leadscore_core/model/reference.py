"""The training reference: how a model's training leads were distributed, kept beside it, so that later ones compare.

It holds counts and a sample of leads as numbers of bins. No name, contact, id, date or free text is in it, and no
value that fewer than 20 training leads had.
"""

from collections import Counter
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from leadscore_core.data.schema.schema import Role
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.observed_rates import learn_ranges
from leadscore_core.outcome import capital

BLANK_CODE, OTHER_CODE, FIRST_CODE = 0, 1, 2
LEAST_SHOWN = 20
_MOST_LEVELS = 50
_FOLDS_SCORED, OWN_SCORES = 1, 2


class ColumnReference(BaseModel):
    """How training leads were spread over the bins of a column.

    A bin's code is 0 for blank cells, 1 for rare and new values, then those of ``names``: levels in lower case, or
    ranges of numbers between ``edges``. ``values`` has a value of each of these, ``counts`` the leads of every code.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    human: str
    kind: Literal["levels", "numbers", "texts"]
    names: tuple[str, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str | float, ...] = ()
    counts: tuple[float, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the bin of each code is called."""
        return ("(blank)", "(rare or new)", *self.names)

    def codes(self, values: pd.Series) -> np.ndarray:
        """Return the code of each cleaned value; of a free text, that of its number of words."""
        if self.kind == "levels":
            places, texts = pd.factorize(values)
            known = {name: code for code, name in enumerate(self.names, start=FIRST_CODE)}
            found = [known.get(str(text).casefold(), OTHER_CODE) for text in texts]
            return np.array([*found, BLANK_CODE], dtype="int64")[places]
        numbers = as_numbers(values, self.kind)
        ranges = np.searchsorted(np.array(self.edges), numbers, side="right") + FIRST_CODE
        return np.where(np.isnan(numbers), BLANK_CODE, ranges).astype("int64")

    def count(self, codes: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """Return how many leads each code has."""
        return np.bincount(codes, weights=weight, minlength=len(self.names) + FIRST_CODE).astype("float64")


class PeriodDrift(BaseModel):
    """How far the leads of a training month were from all training leads before it, beyond chance (see `Distance`)."""

    model_config = ConfigDict(frozen=True)

    name: str
    rows: int
    columns: dict[str, float]
    scores: float


class TrainingReference(BaseModel):
    """How training leads and their scores were spread.

    ``sample`` has the codes of some leads, column by column; ``periods`` how far apart training months were.
    ``score_edges`` cut propensities into bins of about as many leads each; ``score_counts`` are of what the model
    itself says of its training leads, all as of one date (see `as_of`), since ``version`` 2. References of version 1
    count out-of-fold scores, which are spread as those of other models. ``mean_score`` is out of fold in both.
    """

    model_config = ConfigDict(frozen=True)

    version: int = _FOLDS_SCORED
    rows: int
    columns: tuple[ColumnReference, ...]
    score_edges: tuple[float, ...]
    score_counts: tuple[float, ...]
    mean_score: float
    sample: dict[str, tuple[int, ...]]
    periods: tuple[PeriodDrift, ...] = ()

    def encode(self, cleaned: pd.DataFrame) -> pd.DataFrame:
        """Return the codes of cleaned leads, one column a column of the reference; what they lack is blank."""
        return pd.DataFrame(
            {
                one.name: one.codes(cleaned[one.name]) if one.name in cleaned else np.zeros(len(cleaned), dtype="int64")
                for one in self.columns
            },
            index=cleaned.index,
        )

    @property
    def has_own_scores(self) -> bool:
        """Whether its scores are the model's own, so that those of other leads can be compared with them."""
        return self.version >= OWN_SCORES

    def score_codes(self, propensity: np.ndarray) -> np.ndarray:
        """Return the bin of each propensity."""
        return np.searchsorted(np.array(self.score_edges), propensity, side="right")


def as_of(cleaned: pd.DataFrame, moment: datetime | None) -> pd.DataFrame:
    """Return cleaned leads as if all had come at one moment: later lists are later, which is no drift of their scores.

    Without a moment they are returned as they are.
    """
    dated = [name for name in cleaned if pd.api.types.is_datetime64_any_dtype(cleaned[name])]
    if moment is None or not dated:
        return cleaned
    same = pd.Series(pd.Timestamp(moment), index=cleaned.index)
    return cleaned.assign(**{str(name): same.astype(cleaned[name].dtype) for name in dated})


def as_numbers(values: pd.Series, kind: str) -> np.ndarray:
    """Return the numbers of a cleaned column, NaN for blank ones; of free texts how many words each has."""
    if kind == "texts":
        given = values.fillna("").astype("str")
        words = np.array([len(text.split()) for text in given], dtype="float64")
        return np.where(words == 0, np.nan, words)
    return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy("float64", na_value=np.nan))


def describe_column(values: pd.Series, name: str, features: LeadFeatures) -> ColumnReference | None:
    """Return how the leads of a cleaned column are to be counted; None of a date, which is later in every list."""
    meaning = features.column(name)
    human = capital(name.replace("_", " ")) if meaning is None else meaning.human
    if pd.api.types.is_datetime64_any_dtype(values) or (meaning is not None and meaning.role is Role.TIMESTAMP):
        return None
    if meaning is not None and meaning.role is Role.FREE_TEXT:
        return _describe_numbers(values, name, human, "texts")
    if pd.api.types.is_string_dtype(values) or values.dtype == object:
        return _describe_levels(values, name, human)
    return _describe_numbers(values, name, human, "numbers")


def _describe_levels(values: pd.Series, name: str, human: str) -> ColumnReference:
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for text, number in values.value_counts().items():
        key = str(text).casefold()
        counts[key] += int(number)
        written.setdefault(key, str(text))
    shown = [(level, n) for level, n in counts.most_common(_MOST_LEVELS) if n >= LEAST_SHOWN]
    return ColumnReference(
        name=name,
        human=human,
        kind="levels",
        names=tuple(level for level, _ in shown),
        values=tuple(written[level] for level, _ in shown),
    )


def _describe_numbers(values: pd.Series, name: str, human: str, kind: Literal["numbers", "texts"]) -> ColumnReference:
    numbers = as_numbers(values, kind)
    ranges = learn_ranges(pd.Series(numbers))
    places = np.searchsorted(np.array(ranges.edges), numbers, side="right")
    known = ~np.isnan(numbers)
    middles = tuple(
        float(np.median(own)) if len(own := numbers[known & (places == place)]) else 0.0
        for place in range(len(ranges.names))
    )
    return ColumnReference(name=name, human=human, kind=kind, names=ranges.names, edges=ranges.edges, values=middles)
