"""LeadScore: whom to call first, who is junk, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from leadscore_core.later import load_later

if TYPE_CHECKING:
    from leadscore_core.data import check_leads, read_leads
    from leadscore_core.errors import LeadScoreError
    from leadscore_core.inference import explain_leads, score_leads
    from leadscore_core.model import load_champion
    from leadscore_core.training import evaluate_model, train_model
    from leadscore_core.workbench import source_report

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
        "check_leads": "data",
        "evaluate_model": "training",
        "explain_leads": "inference",
        "load_champion": "model",
        "read_leads": "data",
        "score_leads": "inference",
        "source_report": "workbench",
        "train_model": "training",
    },
)
