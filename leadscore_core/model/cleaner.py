"""Cleaning as the first step of the pickled pipeline."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Tags

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.lead_input import FrameTransformer, as_leads, takes_arrays


class LeadCleaner(FrameTransformer):
    """`clean_leads` as a scikit-learn step; it learns nothing, so that a lead alone cleans as in a million.

    Parameters
    ----------
    schema
        What the columns mean; kept with the model.

    Attributes
    ----------
    feature_names_in_ : numpy.ndarray
        Columns that it was fitted on; a list to be cleaned may lack some.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> LeadCleaner(load_schema()).fit_transform(pd.DataFrame({"referred_lead": ["yes", "maybe"]})).to_dict("list")
    {'referred_lead': [1, 0]}
    """

    def __init__(self, schema: LeadSchema) -> None:
        self.schema = schema

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Give a step of an older pickle the names of its columns."""
        super().__setstate__(state)
        if not hasattr(self, "n_features_in_"):
            self.fit_schema()

    def fit(self, X: pd.DataFrame, y: object = None) -> "LeadCleaner":  # noqa: N803
        """Learn nothing but the columns' names."""
        as_leads(self, X, self.schema, fitting=True)
        return self

    def fit_schema(self) -> "LeadCleaner":
        """Fit without leads, on every input of the schema."""
        return self.fit(_no_leads(tuple(column.name for column in self.schema.inputs)))

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Clean the inputs; a label in the frame is left out."""
        leads = as_leads(self, X, self.schema, fitting=False)
        return clean_leads(leads[[c.name for c in self.schema.inputs if c.name in leads.columns]], self.schema)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the cleaned columns, for a list with all columns that it was fitted on."""
        given = getattr(self, "feature_names_in_", None)
        known = [c.name for c in self.schema.inputs][: getattr(self, "n_features_in_", None)]
        names = known if given is None else list(given)
        inputs = [column.name for column in self.schema.inputs if column.name in names]
        return np.asarray(clean_leads(pd.DataFrame(columns=inputs, dtype="str"), self.schema).columns, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that there is nothing to fit."""
        return True

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.input_tags.two_d_array = takes_arrays(self.schema)
        tags.transformer_tags.preserves_dtype = []
        return tags


@lru_cache(maxsize=8)
def _no_leads(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns), dtype="str")
