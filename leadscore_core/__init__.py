"""LeadScore: whom to call first, who is junk, and why."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "LeadScoreError": "errors",
    "check_leads": "data",
    "evaluate_model": "training",
    "explain_leads": "inference",
    "load_champion": "model",
    "read_leads": "data",
    "score_leads": "inference",
    "source_report": "workbench",
    "train_model": "training",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that reading needs no model and scoring no training."""
    if name not in _HOMES:
        raise AttributeError(f"module 'leadscore_core' has no attribute {name!r}")
    return getattr(import_module(f"leadscore_core.{_HOMES[name]}"), name)
