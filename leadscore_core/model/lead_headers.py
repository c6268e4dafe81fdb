"""Headers as the first step of a pipeline that is served elsewhere: leads as read, under their own headers."""

import pandas as pd
from sklearn.utils import Tags

from leadscore_core.data.reading.given_leads import as_frame
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import MappingError
from leadscore_core.model.lead_input import FrameTransformer

_MOST_NAMED = 12


class LeadHeaders(FrameTransformer):
    """Give the columns of a list the schema's names; it learns nothing, and leaves the cells as they are.

    Parameters
    ----------
    schema
        What the columns mean.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> LeadHeaders(load_schema()).transform(pd.DataFrame({"UTM Source": ["news"]})).to_dict("list")
    {'first_utm_source_c': ['news']}
    """

    def __init__(self, schema: LeadSchema) -> None:
        self.schema = schema

    def fit(self, X: pd.DataFrame, y: object = None) -> "LeadHeaders":  # noqa: N803
        """Learn nothing."""
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Return the inputs under the schema's names.

        Raises
        ------
        MappingError
            If none of the columns is one that the model reads.
        """
        frame = as_frame(X)
        mapped = map_frame(frame, self.schema).apply(frame, self.schema)
        inputs = [column.name for column in self.schema.inputs if column.name in mapped.columns]
        if not inputs:
            known = ", ".join(column.human for column in self.schema.inputs[:_MOST_NAMED])
            raise MappingError(
                f"None of the columns {', '.join(map(str, frame.columns[:_MOST_NAMED]))} is one that the model reads. "
                f"Give at least one of: {known}."
            )
        return mapped[inputs]

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that there is nothing to fit."""
        return True

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags
