"""The training pipeline: folds, fit, evaluate, compare with the targets."""

from leadscore_core.training.challenge import Challenge, challenge_champion
from leadscore_core.training.compare import (
    Comparison,
    Difference,
    auc_interval,
    compare_models,
    delong,
    grade_moves,
    losing_groups,
)
from leadscore_core.training.contenders import (
    NAMES,
    USUAL,
    Leaderboard,
    available,
    compare_contenders,
    paired_difference,
)
from leadscore_core.training.evaluate import Evaluation, evaluate_model
from leadscore_core.training.judge import SPLITS, Gate, at_threshold, draw_curves, judge_gates, judge_groups
from leadscore_core.training.leakage import QUESTION, LeakFinding, audit_leakage
from leadscore_core.training.leakage_worth import describe_sample
from leadscore_core.training.learning import learning_curve, more_leads_help
from leadscore_core.training.metrics import Metrics, compute_metrics, lift_by_decile, meets_targets
from leadscore_core.training.threshold import choose_threshold
from leadscore_core.training.train import check_enough, labelled_leads, train_model
from leadscore_core.training.tune import Tuning, tune_model

__all__ = [
    "describe_sample",
    "NAMES",
    "QUESTION",
    "SPLITS",
    "USUAL",
    "Challenge",
    "Comparison",
    "Difference",
    "Evaluation",
    "Gate",
    "Leaderboard",
    "LeakFinding",
    "Metrics",
    "Tuning",
    "at_threshold",
    "auc_interval",
    "audit_leakage",
    "available",
    "challenge_champion",
    "check_enough",
    "choose_threshold",
    "compare_contenders",
    "compare_models",
    "compute_metrics",
    "delong",
    "describe_sample",
    "draw_curves",
    "evaluate_model",
    "grade_moves",
    "judge_gates",
    "judge_groups",
    "labelled_leads",
    "learning_curve",
    "lift_by_decile",
    "losing_groups",
    "meets_targets",
    "more_leads_help",
    "paired_difference",
    "train_model",
    "tune_model",
]
