"""What is known about a model: one JSON file beside its pickle.

`FORMAT_VERSION` changes whenever an older LeadScore could misread a folder written by a newer one. To change it:
raise the number, write what changed here, and let `ModelRegistry.load` go on reading the older ones.

1
    First format.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from leadscore_core.config import GradeThresholds, TargetMetrics
from leadscore_core.model.measures import MEASURES, Measure

FORMAT_VERSION = 1
LIGHTGBM = "lightgbm"  # the algorithm of models that name none


class TrainingSummary(BaseModel):
    """What a model was trained on."""

    rows: int
    left_out: int
    base_rate: float
    period_start: datetime | None
    period_end: datetime | None
    sha256: str
    note: str = ""
    synthetic: bool = False


class ColumnAudit(BaseModel):
    """One column that was left out of training, or is asked about: why, and the AUC of a quick model with and without.

    ``column`` is its header; the AUCs are None where they were not measured.
    """

    column: str
    why: str
    left_out: bool
    auc_with: float | None = None
    auc_without: float | None = None


class ModelMetadata(BaseModel):
    """Everything about a model but its pickle.

    ``metrics`` holds the blocks ``cross_validation`` and ``next_period`` of contracts, each with the split it was
    measured on; ``column_costs`` the loss of AUC, out-of-sample, where a list lacks a column; ``excluded`` the input
    columns that were left out of training, with the reason; ``audit`` those
    and the columns asked about, with their AUCs; ``importance`` a column's share (0-1) of what the splits
    gained (of the mean absolute contributions where the model is not LightGBM's), as mean and standard deviation over
    the folds; ``measures`` the figures that people are shown; ``algorithm`` the name of `Algorithm`, and
    ``algorithm_human`` what people read; ``identity_key`` that of the hashes by which it knows its leads again.
    """

    model_config = ConfigDict(protected_namespaces=())

    format_version: int = FORMAT_VERSION
    model_id: str
    created_at: datetime
    schema_name: str
    schema_version: int
    features: dict[str, str]
    parameters: dict[str, Any]
    threshold: float
    grades: GradeThresholds
    targets: TargetMetrics
    meets_targets: bool
    calibration: dict[str, Any]
    metrics: dict[str, Any]
    column_costs: dict[str, float]
    training_data: TrainingSummary
    excluded: dict[str, str] = {}
    audit: list[ColumnAudit] = []
    importance: dict[str, tuple[float, float]] = {}
    measures: dict[str, Measure] = MEASURES
    algorithm: str = LIGHTGBM
    algorithm_human: str = "LightGBM"
    libraries: dict[str, str]
    git_commit: str | None
    identity_key: str = ""
    pickle_sha256: str = ""
