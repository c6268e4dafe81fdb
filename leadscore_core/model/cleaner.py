"""Cleaning as the first step of the pickled pipeline."""

from __future__ import annotations

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.schema import LeadSchema


class LeadCleaner(TransformerMixin, BaseEstimator):
    """`clean_leads` as a scikit-learn step; it learns nothing, so that a lead alone cleans as in a million.

    Parameters
    ----------
    schema
        What the columns mean; kept with the model.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> LeadCleaner(load_schema()).fit_transform(pd.DataFrame({"referred_lead": ["yes", "maybe"]})).to_dict("list")
    {'referred_lead': [1, 0]}
    """

    def __init__(self, schema: LeadSchema) -> None:
        self.schema = schema

    def fit(self, X: pd.DataFrame, y: object = None) -> LeadCleaner:  # noqa: N803
        """Learn nothing."""
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Clean the inputs; a label in the frame is left out."""
        inputs = [column.name for column in self.schema.inputs if column.name in X.columns]
        return clean_leads(X[inputs], self.schema)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that there is nothing to fit."""
        return True
