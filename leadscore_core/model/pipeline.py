"""The pipeline that is pickled: cleaning, features, classifier."""

from typing import Any

from sklearn.pipeline import Pipeline

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.algorithms import make_classifier
from leadscore_core.model.cleaner import LeadCleaner
from leadscore_core.model.derived_features import features_for
from leadscore_core.model.features import LeadFeatures, level_feature
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.own_estimators import wrap_estimator
from leadscore_core.model.segment_classifier import SegmentClassifier


def make_pipeline(
    schema: LeadSchema,
    params: dict[str, Any] | None = None,
    *,
    algorithm: str = LIGHTGBM,
    segments_by: str = "",
    estimator: Any = None,
) -> Pipeline:
    """Return an unfitted pipeline from mapped leads to probabilities.

    Parameters
    ----------
    schema
        What the columns mean.
    params
        Settings of the algorithm that differ from its defaults.
    algorithm
        Of `ALGORITHMS`.
    estimator
        Somebody's own classifier in place of an algorithm (see `wrap_estimator`).
    segments_by
        Column whose levels may have classifiers of their own (see `SegmentClassifier`); none if empty.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> [name for name, _ in make_pipeline(load_schema()).steps]
    ['clean', 'features', 'model']
    """
    model = make_classifier(algorithm, params) if estimator is None else wrap_estimator(estimator, params)
    if segments_by:
        model = SegmentClassifier(model, level_feature(segments_by))
    return Pipeline([("clean", LeadCleaner(schema)), ("features", make_features(schema)), ("model", model)])


def make_features(schema: LeadSchema) -> LeadFeatures:
    """Return unfitted features of the columns of a schema, and of what is registered beside them.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> make_features(load_schema()).min_leads
    2
    """
    return LeadFeatures(schema, derived=features_for(schema))
