"""LeadScore: whom to call first, who is junk, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from leadscore_core._lazy import load_later

if TYPE_CHECKING:
    from leadscore_core.analytics.report_json import source_report
    from leadscore_core.data.reading.reader import read_leads
    from leadscore_core.data.validation import check_leads
    from leadscore_core.errors import LeadScoreError
    from leadscore_core.inference.reasons import explain_leads
    from leadscore_core.inference.score import score_leads
    from leadscore_core.registry.registry import load_champion
    from leadscore_core.training.evaluation.holdout import evaluate_model
    from leadscore_core.training.train import train_model

# LightGBM's idle OpenMP threads spin and starve shared cores; this must be set before its first import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = [
    "LeadScoreError",
    "check_leads",
    "evaluate_model",
    "explain_leads",
    "load_champion",
    "read_leads",
    "score_leads",
    "source_report",
    "train_model",
]

__getattr__ = load_later(
    __name__,  # reading needs no model, scoring no training
    {
        "LeadScoreError": "errors",
        "check_leads": "data.validation",
        "evaluate_model": "training.evaluation.holdout",
        "explain_leads": "inference.reasons",
        "load_champion": "registry.registry",
        "read_leads": "data.reading.reader",
        "score_leads": "inference.score",
        "source_report": "analytics.report_json",
        "train_model": "training.train",
    },
)
