"""Features: what LightGBM sees of a cleaned lead, and what was observed of each value at training."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from leadscore_core.data.schema.schema import CITY_TIER, TEXT_ROLES, LeadSchema, Role, group_column
from leadscore_core.model.category_codes import Coded
from leadscore_core.model.observed_rates import BLANK_KEY, Observed, Ranges, coded_keys, learn_ranges, value_keys

DAY_ZERO = pd.Timestamp("2020-01-01")
LEVEL = "__level"
BLANK, RARE, FIRST_LEVEL = 0, 1, 2
_NEUTRAL_SHARE = 0.01


class LeadFeatures(TransformerMixin, BaseEstimator):
    """Turn cleaned leads into numbers, with everything that is learned kept from training.

    Each text column gives an integer code of its level (0 blank, 1 rare or unseen, then the levels by frequency) and
    log(1 + how many training leads had it); the city also gives its tier; the timestamp gives days since 2020-01-01;
    numbers, counts, flags and sums of interactions are taken as they are, a blank number as NaN. A column that a list
    lacks gets a neutral value: the level whose observed rate is nearest the average, the median number, the last
    training day.

    Parameters
    ----------
    schema
        What the columns mean.
    min_leads
        Levels with fewer training leads than this are rare and share one code.

    Attributes
    ----------
    levels_
        Column -> lower-case level -> code.
    rates_
        Column -> value as a key (see `value_keys`) -> `Observed`.
    ranges_
        Column of measured numbers -> `Ranges`.
    seen_
        Hashes of the training leads' timestamps and required columns, so that a lead that was learned from is not
        taken for an unseen one; None without timestamps.
    base_rate_
        Share of training leads that completed the application, 0-1.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> cleaned = pd.DataFrame({"first_utm_source_c": ["news", "news", "fair", None]})
    >>> features = LeadFeatures(load_schema(), min_leads=2).fit(cleaned, [1, 0, 1, 0])
    >>> features.transform(cleaned)["first_utm_source_c__level"].tolist()
    [2.0, 2.0, 1.0, 0.0]
    """

    def __init__(self, schema: LeadSchema, min_leads: int = 2) -> None:
        self.schema = schema
        self.min_leads = min_leads

    def fit(self, X: pd.DataFrame, y: object, *, recognise: bool = True) -> LeadFeatures:  # noqa: N803
        """Learn levels, counts, neutral values and observed rates from cleaned training leads.

        Parameters
        ----------
        recognise
            Whether to learn `seen_`, which a model that only judges a fold does not need.
        """
        label = np.asarray(y, dtype="float64")
        self.base_rate_ = float(label.mean())
        self.levels_: dict[str, dict[str, int]] = {}
        self.neutral_: dict[str, Any] = {}
        self.rates_: dict[str, dict[str, Observed]] = {}
        self.ranges_: dict[str, Ranges] = {}
        self.columns_ = [column for column in self._input_columns() if column in X.columns]
        told_apart = recognise and bool(self._identity())
        self.seen_ = {r: np.unique(self._identities(X, r)) for r in ("s", "min")} if told_apart else None
        for column in self.columns_:
            if self._has_role(column, Role.NUMBER):
                self.ranges_[column] = learn_ranges(X[column])
            observed = self._observe(X[column], column, label)
            self.rates_[column] = observed
            if self._is_text(column):
                self._learn_levels(column, observed)
            else:
                numbers = _numbers(X[column])
                known = numbers[np.isfinite(numbers)]
                middle = np.max if self._has_role(column, Role.TIMESTAMP) else np.median
                self.neutral_[column] = float(middle(known)) if len(known) else 0.0
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Return float64 features, one row a lead; names are letters, digits and underscores."""
        return pd.DataFrame({name: column.of_leads() for name, column in self.coded(X).items()}, index=X.index)

    def coded(self, X: pd.DataFrame) -> dict[str, Coded]:  # noqa: N803
        """Return what `transform` does, by name, the features of a text column as those of its distinct texts."""
        check_is_fitted(self, "columns_")
        features: dict[str, Coded] = {}
        for column in self.columns_:
            name = _safe(column)
            if self._is_text(column):
                features[name + LEVEL], features[name + "__count"] = self._text_features(column, X)
            else:
                given = column in X.columns
                numbers = _numbers(X[column]) if given else np.full(len(X), self.neutral_[column])
                is_blank = np.isnan(numbers) & (not self._has_role(column, Role.NUMBER))
                features[name] = Coded(np.where(is_blank, self.neutral_[column], numbers))
        return features

    def keys_of(self, values: pd.Series, column: str) -> np.ndarray:
        """Return the key of each value of a cleaned column in `rates_`."""
        return value_keys(values, pd.api.types.is_string_dtype(values), self._ranges_of(column))

    def column_of(self) -> list[str]:
        """Return the lead's own column behind each feature, in the order of `transform`; a tier belongs to its city."""
        city = self.schema.one(Role.CITY)
        owners: list[str] = []
        for column in self.columns_:
            owner = city.name if city and column == CITY_TIER else column
            owners += [owner] * (2 if self._is_text(column) else 1)
        return owners

    def was_seen(self, X: pd.DataFrame) -> np.ndarray | None:  # noqa: N803
        """Tell for each cleaned lead whether it was learned from; None where no timestamp tells leads apart.

        A lead is known by its timestamp and required columns, to the minute where the list writes no seconds.
        """
        check_is_fitted(self, "columns_")
        if self.seen_ is None or not set(self._identity()) <= set(X.columns):
            return None
        stamps = X[self._identity()[0]]
        to_the_second = bool((stamps.dt.second.fillna(0) != 0).any())
        seen = self.seen_["s"] if to_the_second else self.seen_["min"]
        return np.isin(self._identities(X, "s" if to_the_second else "min"), seen)

    def _ranges_of(self, column: str) -> Ranges | None:
        return getattr(self, "ranges_", {}).get(column)  # models of an older LeadScore have none

    def _observe(self, values: pd.Series, column: str, label: np.ndarray) -> dict[str, Observed]:
        """Return key -> how many leads had it and how many of them completed, in the keys' order."""
        codes, keys = coded_keys(values, pd.api.types.is_string_dtype(values), self._ranges_of(column))
        names, places = np.unique(keys, return_inverse=True)
        own = places[codes]
        leads = np.bincount(own, minlength=len(names)).tolist()
        completed = np.bincount(own, weights=label, minlength=len(names)).tolist()
        return {
            name: Observed(n, int(done)) for name, n, done in zip(names.tolist(), leads, completed, strict=True) if n
        }

    def _identity(self) -> list[str]:
        """Name the columns that tell leads apart, the timestamp first; empty where there is none."""
        stamp = self.schema.one(Role.TIMESTAMP)
        if stamp is None or stamp.name not in self.columns_:
            return []
        return [stamp.name, *(c.name for c in self.schema.inputs if c.required and c.name in self.columns_)]

    def _identities(self, frame: pd.DataFrame, resolution: str) -> np.ndarray:
        stamp, *others = self._identity()
        known = (
            frame[others].apply(lambda text: text.str.casefold()).assign(**{stamp: frame[stamp].dt.floor(resolution)})
        )
        return pd.util.hash_pandas_object(known[[stamp, *others]], index=False).to_numpy()

    def _input_columns(self) -> list[str]:
        columns = []
        for column in self.schema.inputs:
            if column.role is Role.INTERACTION:
                continue
            tiered = column.role is Role.CITY and self.schema.city_tiers
            columns += [column.name, CITY_TIER] if tiered else [column.name]
        return columns + [group_column(group) for group in self.schema.groups]

    def _is_text(self, column: str) -> bool:
        declared = self.schema.by_name.get(column)
        return declared is not None and declared.role in TEXT_ROLES

    def _has_role(self, column: str, role: Role) -> bool:
        declared = self.schema.by_name.get(column)
        return declared is not None and declared.role is role

    def _learn_levels(self, column: str, observed: dict[str, Observed]) -> None:
        common = [key for key, (n, _) in observed.items() if key != BLANK_KEY and n >= self.min_leads]
        common.sort(key=lambda key: -observed[key].leads)
        self.levels_[column] = {level: FIRST_LEVEL + i for i, level in enumerate(common)}
        least = _NEUTRAL_SHARE * sum(n for n, _ in observed.values())
        enough = [key for key, (n, _) in observed.items() if n >= least]
        self.neutral_[column] = min(enough or observed, key=lambda key: abs(observed[key].rate - self.base_rate_))

    def _text_features(self, column: str, frame: pd.DataFrame) -> tuple[Coded, Coded]:
        if column in frame.columns:
            places, texts = pd.factorize(frame[column])
            places[places < 0] = len(texts)
            unique = [*value_keys(pd.Series(texts, dtype="str"), is_text=True).tolist(), BLANK_KEY]
        else:
            places, unique = np.zeros(len(frame), dtype="int64"), [self.neutral_[column]]
        levels, rates = self.levels_[column], self.rates_[column]
        codes = np.array([BLANK if key == BLANK_KEY else levels.get(key, RARE) for key in unique], dtype="float64")
        counts = np.log1p(np.array([rates[key].leads if key in rates else 0 for key in unique], dtype="float64"))
        return Coded(codes, places), Coded(counts, places)


def _numbers(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        return ((values - DAY_ZERO) / pd.Timedelta(days=1)).to_numpy(dtype="float64", na_value=np.nan)
    return values.to_numpy(dtype="float64", na_value=np.nan)


def _safe(column: str) -> str:
    """LightGBM refuses names with JSON's special characters."""
    return re.sub(r"\W", "_", column)
