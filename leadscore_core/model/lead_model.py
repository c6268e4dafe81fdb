"""A fitted pipeline with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import CellProblem, clean_with_problems
from leadscore_core.data.reading.given_leads import refuse_paths
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import GivenLeadsError
from leadscore_core.model.metadata import OWN, ModelMetadata

if TYPE_CHECKING:  # scikit-learn and LightGBM load with the first model, not before
    from sklearn.pipeline import Pipeline

    from leadscore_core.model.any_classifier import AnyClassifier
    from leadscore_core.model.blend import BlendClassifier
    from leadscore_core.model.classifier import LeadClassifier
    from leadscore_core.model.features import LeadFeatures
    from leadscore_core.model.reference import TrainingReference
    from leadscore_core.model.segment_classifier import SegmentClassifier


@dataclass(frozen=True, eq=False, repr=False)
class LeadModel:
    """A fitted pipeline with what is known about it. Never changed after it was made.

    ``out_of_sample`` holds what models that had not seen a training lead said of it: ``split`` (``cross_validation``:
    each lead once; ``next_period``: each month by a model of the months before), ``fold`` (its name, or the month),
    ``propensity`` (0-1), ``completed`` (0 or 1) and ``key_..``, by what the lead is known again; None for a model that
    has none. ``reference`` is how its training leads were distributed; None for a model of before that was kept.
    """

    pipeline: Pipeline
    metadata: ModelMetadata
    out_of_sample: pd.DataFrame | None = None
    reference: TrainingReference | None = None

    def __repr__(self) -> str:
        from leadscore_core.model.summary import summarise_model  # a host that scores prints no model

        return summarise_model(self.metadata, self.schema)

    @property
    def model_id(self) -> str:
        """The name of its folder."""
        return self.metadata.model_id

    @property
    def schema(self) -> LeadSchema:
        """What the columns mean to this model."""
        return self.pipeline.named_steps["clean"].schema

    @property
    def features(self) -> LeadFeatures:
        """The fitted features, with levels and observed rates."""
        return self.pipeline.named_steps["features"]

    @property
    def classifier(self) -> LeadClassifier | BlendClassifier | AnyClassifier | SegmentClassifier:
        """The fitted classifier."""
        return self.pipeline.named_steps["model"]

    @property
    def own_estimator(self) -> Any:
        """The unfitted estimator that somebody gave to be trained; None of a model of a named algorithm."""
        if self.metadata.algorithm != OWN:
            return None
        model = getattr(self.classifier, "base", self.classifier)
        return getattr(model, "estimator", model)

    @cached_property
    def known_levels(self) -> dict[str, set[str]]:
        """Column -> lower-case levels seen in training."""
        return {column: set(self.features.rates_[column]) for column in self.features.levels_}

    def clean(self, mapped: pd.DataFrame, *, categories: bool = False) -> tuple[pd.DataFrame, list[CellProblem]]:
        """Clean mapped leads as the pipeline does, and say which cells could not be used; see `clean_with_problems`."""
        refuse_paths(mapped, "LeadModel.clean")
        inputs = [column.name for column in self.schema.inputs if column.name in mapped.columns]
        return clean_with_problems(mapped[inputs], self.schema, categories=categories)

    def propensity(self, cleaned: pd.DataFrame) -> np.ndarray:
        """Return the probability of conversion, 0-1, for cleaned leads."""
        refuse_paths(cleaned, "LeadModel.propensity")
        return self.classifier.propensities(self.features.encode_columns(cleaned))

    def propensity_at_end(self, cleaned: pd.DataFrame) -> np.ndarray:
        """Return the probability of conversion, 0-1, of cleaned leads as if all had come when training ended."""
        from leadscore_core.model.reference import as_of  # brings scikit-learn

        return self.propensity(as_of(cleaned, self.metadata.training_data.period_end))

    def contributions(self, cleaned: pd.DataFrame) -> pd.DataFrame:
        """Return SHAP contributions in log-odds by the lead's own columns and derived features, and ``base_value``.

        Exact for trees and linear models (of trees that give probabilities, carried to log-odds in proportion),
        sampled for other algorithms, as `ModelMetadata.reasons_in_words` says; the sum is exact for all.

        Returns
        -------
        pandas.DataFrame
            One row a lead; each row sums to the raw margin.
        """
        refuse_paths(cleaned, "LeadModel.contributions")
        values = self.classifier.contributions(self.features.transform(cleaned))
        owners = self.features.column_of()
        names = list(dict.fromkeys(owners))
        grouped = np.zeros((len(cleaned), len(names)))
        for place, owner in enumerate(owners):
            grouped[:, names.index(owner)] += values[:, place]
        frame = pd.DataFrame(grouped, columns=names, index=cleaned.index)
        frame["base_value"] = values[:, -1]
        return frame


def as_model(model: object) -> LeadModel:
    """Return a model, or say what one is where something else was given, such as its name.

    Raises
    ------
    GivenLeadsError
        If it is no model.
    """
    if isinstance(model, LeadModel):
        return model
    raise GivenLeadsError(
        f"A model was expected, not {type(model).__name__}. Take the one in use, load_champion(), or one by its name: "
        "ModelRegistry(folder).load(name)."
    )
