"""The training pipeline: folds, fit, evaluate, compare with the targets."""

from leadscore_core.training.evaluate import Evaluation, evaluate_model
from leadscore_core.training.metrics import Metrics, compute_metrics, lift_by_decile, meets_targets
from leadscore_core.training.threshold import choose_threshold
from leadscore_core.training.train import check_enough, labelled_leads, train_model

__all__ = [
    "Evaluation",
    "Metrics",
    "check_enough",
    "choose_threshold",
    "compute_metrics",
    "evaluate_model",
    "labelled_leads",
    "lift_by_decile",
    "meets_targets",
    "train_model",
]
