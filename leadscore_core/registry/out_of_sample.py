"""What models that had not seen a lead said of it, as kept beside a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # models are listed and promoted without it
    import pandas as pd


def read_out_of_sample(path: Path) -> pd.DataFrame | None:
    """Return the out-of-sample predictions, or None where a model has none that can be read."""
    import pandas as pd
    import pyarrow as pa

    try:
        found = pd.read_parquet(path)
    except (OSError, pa.ArrowException):
        return None
    return found if {"split", "part", "propensity", "completed"} <= set(found.columns) else None
