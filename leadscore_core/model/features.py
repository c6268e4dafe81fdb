"""Features: what LightGBM sees of a cleaned lead, and what was observed of each value at training."""

import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from leadscore_core.data.schema.schema import (
    CITY_TIER,
    MEASURED_ROLES,
    TEXT_ROLES,
    Column,
    LeadSchema,
    Role,
    group_column,
)
from leadscore_core.model.category_codes import EncodedColumn
from leadscore_core.model.cell_values import FLAG, HELD, flag_values, learn_values
from leadscore_core.model.derived_features import DerivedFeature
from leadscore_core.model.lead_input import FrameTransformer, as_leads, takes_arrays
from leadscore_core.model.observed_rates import (
    AMOUNTS,
    BLANK_KEY,
    DAYS,
    YEARS,
    Observed,
    Ranges,
    RangeWords,
    encoded_keys,
    learn_ranges,
    value_keys,
)
from leadscore_core.model.text_words import WORD, WORDS, flag_words, learn_words, observe_words, text_keys
from leadscore_core.model.weights import check_weights, middle, quantile, whole, without_weightless

DAY_ZERO = pd.Timestamp("2020-01-01")
LEVEL, COUNT = "__level", "__count"
BLANK, RARE, FIRST_LEVEL = 0, 1, 2
_NEUTRAL_SHARE = 0.01


class LeadFeatures(FrameTransformer):
    """Turn cleaned leads into numbers, with everything that is learned kept from training.

    Each text column gives an integer code of its level (0 blank, 1 rare or unseen, then the levels by frequency) and
    log(1 + how many training leads had it), and where cells hold several values a flag for each frequent one and their
    number; free text gives its length in words and a flag for each of the few words that tell most of the outcome;
    the city also gives its tier; the timestamp gives days since 2020-01-01;
    numbers, days to dates, counts, flags and sums of interactions are taken as they are, a blank number as NaN. A
    column that a list lacks gets a neutral value: the level whose observed rate is nearest the average, the median
    number, the last training day.

    Parameters
    ----------
    schema
        What the columns mean.
    min_leads
        Levels with fewer training leads than this are rare and share one code.
    derived
        What is computed from the columns and read as well (see `features_for`).

    Attributes
    ----------
    levels_
        Column -> lower-case level -> code.
    parts_
        Column with several values in a cell -> those that have a flag; called as in models that were saved.
    rates_
        Column -> value as a key (see `value_keys`) -> `Observed`.
    ranges_
        Column of measured numbers -> `Ranges`.
    words_
        Column of free text -> the words that have a flag.
    seen_
        Hashes of the training leads' timestamps and required columns, so that a lead that was learned from is not
        taken for an unseen one; None without timestamps.
    base_rate_
        Share of training leads that converted, 0-1.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> cleaned = pd.DataFrame({"first_utm_source_c": ["news", "news", "fair", None]})
    >>> features = LeadFeatures(load_schema(), min_leads=2).fit(cleaned, [1, 0, 1, 0])
    >>> features.transform(cleaned)["first_utm_source_c__level"].tolist()
    [2.0, 2.0, 1.0, 0.0]
    """

    def __init__(self, schema: LeadSchema, min_leads: int = 2, derived: tuple[DerivedFeature, ...] = ()) -> None:
        self.schema = schema
        self.min_leads = min_leads
        self.derived = derived

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Give features of an older pickle what came later."""
        super().__setstate__({"derived": (), "parts_": {}, "words_": {}} | state)

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: object = None,
        sample_weight: Any = None,
        *,
        recognise: bool = True,
    ) -> "LeadFeatures":
        """Learn levels, counts, neutral values and observed rates from cleaned training leads.

        Parameters
        ----------
        sample_weight
            One a lead; 1 each if not given. A lead of weight 2 is learned from as if it stood there twice.
        recognise
            Whether to learn `seen_`, which a model that only judges a fold does not need.
        """
        X = as_leads(self, X, self.schema, fitting=True, dtype="float64")  # noqa: N806
        label = _as_numbers(y)
        check_consistent_length(X, label)
        weight, label = without_weightless(given := check_weights(sample_weight, X), label)
        X = X if given is None else X[given > 0]  # noqa: N806
        for feature, sources in self._computable(X):
            feature.check_alone(X, sources)
        X = self.with_derived(X)  # noqa: N806
        self.base_rate_ = float(np.average(label, weights=weight))
        self.levels_: dict[str, dict[str, int]] = {}
        self.parts_: dict[str, tuple[str, ...]] = {}
        self.neutral_: dict[str, Any] = {}
        self.rates_: dict[str, dict[str, Observed]] = {}
        self.ranges_: dict[str, Ranges] = {}
        self.words_: dict[str, tuple[str, ...]] = {}
        self.columns_ = [column for column in self._input_columns() if column in X.columns]
        told_apart = recognise and bool(self._identity())
        self.seen_ = {r: np.unique(self._identities(X, r)) for r in ("s", "min")} if told_apart else None
        for column in self.columns_:
            if self._has_role(column, Role.FREE_TEXT):
                self._learn_words(column, X[column], label, weight)
                continue
            if self._is_measured(column):
                self.ranges_[column] = learn_ranges(X[column], self._range_words(column), weight)
            observed = self._observe(X[column], column, label, weight)
            self.rates_[column] = observed
            if self._is_text(column):
                self._learn_levels(column, observed)
            else:
                numbers = _numbers(X[column])
                is_last = self._has_role(column, Role.TIMESTAMP)
                self.neutral_[column] = middle(numbers, weight, is_last=is_last)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Return float64 features, one row a lead; names are letters, digits and underscores."""
        index = X.index if isinstance(X, pd.DataFrame) else None
        return pd.DataFrame({name: column.of_leads() for name, column in self.encode_columns(X).items()}, index=index)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the features."""
        check_is_fitted(self, "columns_")
        names: list[str] = []
        for column in self.columns_:
            names += self._names_of(column)
        return np.asarray(names, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.input_tags.two_d_array = takes_arrays(self.schema)
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def encode_columns(self, X: pd.DataFrame) -> dict[str, EncodedColumn]:  # noqa: N803
        """Return what `transform` does, by name, the features of a text column as those of its distinct texts."""
        check_is_fitted(self, "columns_")
        X = self.with_derived(as_leads(self, X, self.schema, fitting=False, dtype="float64"))  # noqa: N806
        features: dict[str, EncodedColumn] = {}
        for column in self.columns_:
            if column in self.words_:
                features |= zip(self._names_of(column), self._word_features(column, X), strict=True)
            elif self._is_text(column):
                features |= zip(self._names_of(column), self._text_features(column, X), strict=True)
            else:
                given = column in X.columns
                numbers = _numbers(X[column]) if given else np.full(len(X), self.neutral_[column])
                is_blank = np.isnan(numbers) & (not self._is_measured(column))
                features[_safe(column)] = EncodedColumn(np.where(is_blank, self.neutral_[column], numbers))
        return features

    def with_derived(self, cleaned: pd.DataFrame) -> pd.DataFrame:
        """Return cleaned leads with the derived features as columns beside them, where these can be computed."""
        made = {
            feature.name: feature.of_leads(cleaned, sources)
            for feature, sources in self._computable(cleaned)
            if feature.name not in cleaned.columns
        }
        return cleaned.assign(**made) if made else cleaned

    def column(self, name: str) -> Column | None:
        """Return what a cleaned column or a derived feature means; None for sums of interactions and a city's tier."""
        known = [*self.schema.columns, *(feature.column for feature in self.derived)]
        return next((column for column in known if column.name == name), None)

    def keys_of(self, values: pd.Series, column: str) -> np.ndarray:
        """Return the key of each value of a cleaned column in `rates_`."""
        if column in self.words_:
            return text_keys(values, self.words_[column])
        return value_keys(values, pd.api.types.is_string_dtype(values), self._ranges_of(column))

    def column_of(self) -> list[str]:
        """Return the column behind each feature, in the order of `transform`; a tier belongs to its city."""
        city = self.schema.one(Role.CITY)
        owners: list[str] = []
        for column in self.columns_:
            owner = city.name if city and column == CITY_TIER else column
            owners += [owner] * len(self._names_of(column))
        return owners

    def read_from(self, name: str) -> list[str]:
        """Return a column and the derived features that are computed from it."""
        return [name, *(f.name for f in self.derived if name in (f.sources(self.schema) or ()))]

    def was_seen(self, X: pd.DataFrame) -> np.ndarray | None:  # noqa: N803
        """Tell for each cleaned lead whether it was learned from; None where no timestamp tells leads apart.

        A lead is known by its timestamp and required columns, to the minute where the list writes no seconds.
        """
        check_is_fitted(self, "columns_")
        if self.seen_ is None or not set(self._identity()) <= set(X.columns):
            return None
        to_the_second = self.writes_seconds(X)
        seen = self.seen_["s"] if to_the_second else self.seen_["min"]
        return np.isin(self._identities(X, "s" if to_the_second else "min"), seen)

    def moment_hashes(self, X: pd.DataFrame) -> np.ndarray | None:  # noqa: N803
        """Return by what `was_seen` knows each lead to the second; None where no timestamp tells leads apart."""
        if self.seen_ is None or not set(self._identity()) <= set(X.columns):
            return None
        return self._identities(X, "s")

    def writes_seconds(self, X: pd.DataFrame) -> bool:  # noqa: N803
        """Tell whether any timestamp of cleaned leads has seconds."""
        return bool((X[self._identity()[0]].dt.second.fillna(0) != 0).any())

    def _ranges_of(self, column: str) -> Ranges | None:
        return getattr(self, "ranges_", {}).get(column)  # models of an older LeadScore have none

    def _observe(
        self, values: pd.Series, column: str, label: np.ndarray, weight: np.ndarray | None
    ) -> dict[str, Observed]:
        """Return key -> how many leads had it and how many of them converted, in the keys' order."""
        codes, keys = encoded_keys(values, pd.api.types.is_string_dtype(values), self._ranges_of(column))
        names, places = np.unique(keys, return_inverse=True)
        own = places[codes]
        leads = np.bincount(own, weights=weight, minlength=len(names)).tolist()
        completed = np.bincount(own, weights=label * (1 if weight is None else weight), minlength=len(names)).tolist()
        found = zip(names.tolist(), leads, completed, strict=True)
        return {name: Observed(whole(n), whole(done)) for name, n, done in found if n}

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

    def _computable(self, cleaned: pd.DataFrame) -> list[tuple[DerivedFeature, list[str]]]:
        rows = [(feature, feature.sources(self.schema)) for feature in self.derived]
        return [(f, sources) for f, sources in rows if sources is not None and set(sources) <= set(cleaned.columns)]

    def _input_columns(self) -> list[str]:
        columns = []
        for column in self.schema.inputs:
            if column.role is Role.INTERACTION:
                continue
            tiered = column.role is Role.CITY and self.schema.city_tiers
            columns += [column.name, CITY_TIER] if tiered else [column.name]
        columns += [group_column(group) for group in self.schema.groups]
        return columns + [feature.name for feature in self.derived]

    def _is_text(self, column: str) -> bool:
        declared = self.column(column)
        return declared is not None and declared.role in TEXT_ROLES

    def _is_measured(self, column: str) -> bool:
        declared = self.column(column)
        return declared is not None and declared.role in MEASURED_ROLES

    def _range_words(self, column: str) -> RangeWords:
        declared = self.column(column)
        if declared is not None and declared.role is Role.DATE:
            return DAYS
        return YEARS if declared is not None and declared.is_year else AMOUNTS

    def _has_role(self, column: str, role: Role) -> bool:
        declared = self.column(column)
        return declared is not None and declared.role is role

    def _learn_levels(self, column: str, observed: dict[str, Observed]) -> None:
        common = [key for key, (n, _) in observed.items() if key != BLANK_KEY and n >= self.min_leads]
        common.sort(key=lambda key: -observed[key].leads)
        self.levels_[column] = {level: FIRST_LEVEL + i for i, level in enumerate(common)}
        separator = self._separator(column)
        if separator:
            leads_of = {key: n for key, (n, _) in observed.items() if key != BLANK_KEY}
            self.parts_[column] = learn_values(leads_of, separator, self.min_leads)
        least = _NEUTRAL_SHARE * sum(n for n, _ in observed.values())
        enough = [key for key, (n, _) in observed.items() if n >= least]
        self.neutral_[column] = min(enough or observed, key=lambda key: abs(observed[key].rate - self.base_rate_))

    def _separator(self, column: str) -> str:
        declared = self.column(column)
        return "" if declared is None else declared.separator

    def _learn_words(self, column: str, texts: pd.Series, label: np.ndarray, weight: np.ndarray | None) -> None:
        words = learn_words(texts, label, weight)
        self.words_[column] = words
        self.rates_[column] = observe_words(texts, words, label, weight)
        self.neutral_[column] = [float(np.floor(quantile(own, 0.5, weight))) for own in flag_words(texts, words)]

    def _word_features(self, column: str, frame: pd.DataFrame) -> list[EncodedColumn]:
        if column in frame.columns:
            places, texts = pd.factorize(frame[column])
            unique = pd.Series([*texts, None], dtype="str")
            places[places < 0] = len(texts)
            return [EncodedColumn(values, places) for values in flag_words(unique, self.words_[column])]
        return [EncodedColumn(np.full(len(frame), value)) for value in self.neutral_[column]]

    def _names_of(self, column: str) -> list[str]:
        """Return the names of the features of a column."""
        name = _safe(column)
        if column in self.words_:
            return [name + WORDS, *(f"{name}{WORD}{place}" for place in range(len(self.words_[column])))]
        if not self._is_text(column):
            return [name]
        values = self.parts_.get(column)
        flags = [] if values is None else [name + HELD, *(f"{name}{FLAG}{place}" for place in range(len(values)))]
        return [name + LEVEL, name + COUNT, *flags]

    def _text_features(self, column: str, frame: pd.DataFrame) -> list[EncodedColumn]:
        if column in frame.columns:
            places, texts = pd.factorize(frame[column])
            places[places < 0] = len(texts)
            unique = [*value_keys(pd.Series(texts, dtype="str"), is_text=True).tolist(), BLANK_KEY]
        else:
            places, unique = np.zeros(len(frame), dtype="int64"), [self.neutral_[column]]
        levels, rates = self.levels_[column], self.rates_[column]
        codes = np.array([BLANK if key == BLANK_KEY else levels.get(key, RARE) for key in unique], dtype="float64")
        counts = np.log1p(np.array([rates[key].leads if key in rates else 0 for key in unique], dtype="float64"))
        made = [codes, counts]
        if column in self.parts_:
            held = ["" if key == BLANK_KEY else key for key in unique]
            made += flag_values(held, self._separator(column), self.parts_[column])
        return [EncodedColumn(values, places) for values in made]


def _as_numbers(y: object) -> np.ndarray:
    """Return an outcome as numbers; of two words, the later by the alphabet is 1."""
    if y is None:
        raise ValueError("LeadFeatures requires y to be passed, but the target y is None.")
    label = column_or_1d(y, warn=True)
    if label.dtype.kind not in "biuf":
        label = np.unique(label, return_inverse=True)[1]
    return np.asarray(label, dtype="float64")


def _numbers(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        return ((values - DAY_ZERO) / pd.Timedelta(days=1)).to_numpy(dtype="float64", na_value=np.nan)
    return values.to_numpy(dtype="float64", na_value=np.nan)


def level_feature(column: str) -> str:
    """Return the name of the feature that holds the codes of a text column's levels.

    Examples
    --------
    >>> level_feature("lead source")
    'lead_source__level'
    """
    return _safe(column) + LEVEL


def _safe(column: str) -> str:
    """LightGBM refuses names with JSON's special characters."""
    return re.sub(r"\W", "_", column)
