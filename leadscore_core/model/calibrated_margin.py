"""Probabilities and outcomes of a classifier by its margin and its calibration."""

from abc import abstractmethod
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.model.category_codes import EncodedColumn
from leadscore_core.model.metadata import EXACT


class CalibratedMargin:
    """What every classifier of the pipeline has in common once it gives a margin."""

    calibrator_: Any
    classes_: np.ndarray

    @property
    def how_reasons(self) -> str:
        """How contributions are computed: `EXACT`, `SCALED` or `SAMPLED`."""
        return EXACT

    @abstractmethod
    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return log-odds before calibration, one a lead."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return probabilities, shape (n, 2); the second column is conversion."""
        margin = self.raw_margin(X)
        completed = self.calibrator_.apply(margin)
        return np.column_stack([1 - completed, completed])

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the likelier outcome; the stored threshold belongs to the metadata."""
        likelier = (self.predict_proba(X)[:, 1] >= 0.5).astype("int64")
        return np.asarray(self.classes_)[likelier]

    def propensities(self, features: dict[str, EncodedColumn]) -> np.ndarray:
        """Return the second column of `predict_proba`.

        Parameters
        ----------
        features
            Name -> column, as from `LeadFeatures.encode_columns`.
        """
        return self.predict_proba(pd.DataFrame({name: column.of_leads() for name, column in features.items()}))[:, 1]
