"""What steps of the pipeline take: frames of leads, whose columns go by name; of numbers alone arrays too."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from leadscore_core.data.reading.given_leads import refuse_paths
from leadscore_core.data.schema.schema import NUMBER_ROLES, LeadSchema
from leadscore_core.errors import GivenLeadsError


class FrameTransformer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """A transformer that gives frames, with as many columns as the list had of those that it knows."""

    def set_output(self, *, transform: str | None = None) -> "FrameTransformer":
        """Choose what `transform` gives, as scikit-learn asks it: there is pandas, and nothing else.

        Raises
        ------
        ValueError
            If something else is asked for.
        """
        if transform not in (None, "default", "pandas"):
            raise ValueError(f"{type(self).__name__} gives frames of pandas, not of {transform}")
        return self


def takes_arrays(schema: LeadSchema) -> bool:
    """Tell whether an array of numbers can be leads; texts and moments go by the names of a frame's columns."""
    return all(column.role in NUMBER_ROLES for column in schema.inputs)


def as_leads(
    step: BaseEstimator,
    X: object,
    schema: LeadSchema,
    *,
    fitting: bool,
    dtype: str | None = None,  # noqa: N803
) -> pd.DataFrame:
    """Return leads as a frame under the schema's names, and note in the step what it was fitted on.

    Parameters
    ----------
    X
        A frame, which may lack columns, have more and in any order; or, where all inputs are numbers, a 2-D array,
        whose columns are the schema's inputs from the first on.
    dtype
        Of an array; its own if None.

    Raises
    ------
    ValueError
        If an array has more columns than the schema has inputs, or others than the step was fitted on.
    GivenLeadsError
        If it is a path, or an array where the schema has texts or moments.
    """
    refuse_paths(X, type(step).__name__)
    if isinstance(X, pd.DataFrame):
        if fitting:
            step.feature_names_in_ = np.asarray(X.columns, dtype=object)
            step.n_features_in_ = X.shape[1]
        return X
    if not takes_arrays(schema):
        raise GivenLeadsError(
            f"{type(step).__name__} takes a frame, whose columns go by the names of {schema.title}, not "
            f"{type(X).__name__}: texts and dates have no place in an array of numbers. Give a pandas frame."
        )
    cells = validate_data(step, X, reset=fitting, dtype=dtype, ensure_all_finite="allow-nan")
    names = [column.name for column in schema.inputs]
    if cells.shape[1] > len(names):
        raise ValueError(f"expected at most {len(names)} columns, the inputs of {schema.title}, got {cells.shape[1]}")
    return pd.DataFrame(cells, columns=names[: cells.shape[1]])
