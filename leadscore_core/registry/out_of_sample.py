"""What is kept beside a model of its training leads: what models that had not seen them said, and how they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # models are listed and promoted without it
    import pandas as pd

    from leadscore_core.model.reference import TrainingReference


def read_out_of_sample(path: Path) -> pd.DataFrame | None:
    """Return the out-of-sample predictions, or None where a model has none that can be read."""
    import pandas as pd
    import pyarrow as pa

    try:
        found = pd.read_parquet(path)
    except (OSError, pa.ArrowException):
        return None
    found = found.rename(columns={"part": "fold"})  # as it was called up to 0.2
    return found if {"split", "fold", "propensity", "completed"} <= set(found.columns) else None


def read_reference(path: Path) -> TrainingReference | None:
    """Return how the training leads were distributed, or None where a model has no such file that can be read."""
    if not path.is_file():
        return None
    from leadscore_core.model.reference import TrainingReference

    try:
        return TrainingReference.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
