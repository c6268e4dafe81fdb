"""The pipeline that is pickled: cleaning, features, LightGBM."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.cleaner import LeadCleaner
from leadscore_core.model.features import LeadFeatures


def make_pipeline(schema: LeadSchema, params: dict[str, Any] | None = None) -> Pipeline:
    """Return an unfitted pipeline from mapped leads to probabilities.

    Parameters
    ----------
    schema
        What the columns mean.
    params
        Parameters of `LeadClassifier` that differ from its defaults.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> [name for name, _ in make_pipeline(load_schema()).steps]
    ['clean', 'features', 'model']
    """
    return Pipeline(
        [
            ("clean", LeadCleaner(schema)),
            ("features", LeadFeatures(schema)),
            ("model", LeadClassifier(**(params or {}))),
        ]
    )
