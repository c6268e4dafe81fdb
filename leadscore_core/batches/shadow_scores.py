"""Shadow scores: what another model says of a kept list, beside the scores that people see."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core._files import whole_file
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch


def shadow_path(batch: Batch, model_id: str) -> Path:
    """Return where a model's scores of a kept list lie, in the list's order."""
    return batch.folder / f"shadow-{model_id}.parquet"


def shadow_scores(batch: Batch, model_id: str, load_model: Callable[[str], LeadModel]) -> np.ndarray:
    """Return the propensity (0-1) of each lead of a kept list by a model, in the list's order; scored once, and kept.

    Parameters
    ----------
    load_model
        Gives the model where it has not scored the list yet.

    Raises
    ------
    StorageError
        If the list's file is gone or damaged, or the scores cannot be written.
    LeadScoreError
        If the model cannot be loaded, or not score it.
    """
    path = shadow_path(batch, model_id)
    try:
        if path.is_file():
            return pd.read_parquet(path)["propensity"].to_numpy("float64")
        frame = pd.read_parquet(batch.scores_path).sort_values("ls_row", kind="stable").reset_index(drop=True)
        cleaned = frame[[name for name in frame.columns if not str(name).startswith("ls_")]]
        scores = load_model(model_id).propensity(cleaned)
        with whole_file(path) as aside:
            pd.DataFrame({"propensity": scores}).to_parquet(aside, index=False)
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{batch.name} is gone or damaged. Upload the list again, or delete it.") from error
    return scores
