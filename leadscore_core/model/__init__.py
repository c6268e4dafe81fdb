"""The model: what is pickled, and the registry that keeps it.

The parts of the pickle (`cleaner`, `features`, `classifier`, `pipeline`) load scikit-learn and LightGBM, so they are
imported from their own modules where they are needed; what stands here loads when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore_core.later import load_later

if TYPE_CHECKING:
    from leadscore_core.model.card import write_card, write_card_html
    from leadscore_core.model.lead_model import LeadModel
    from leadscore_core.model.metadata import ColumnAudit, ModelMetadata, TrainingData
    from leadscore_core.model.observed import BLANK_KEY, Observed, value_keys, write_number
    from leadscore_core.model.registry import ModelRegistry, load_champion
    from leadscore_core.model.transfer import export_model, import_model

__all__ = [
    "BLANK_KEY",
    "ColumnAudit",
    "LeadModel",
    "ModelMetadata",
    "ModelRegistry",
    "Observed",
    "TrainingData",
    "export_model",
    "import_model",
    "load_champion",
    "value_keys",
    "write_card",
    "write_card_html",
    "write_number",
]

__getattr__ = load_later(
    __name__,  # a list can be brought before any model loads
    {
        "BLANK_KEY": "observed",
        "ColumnAudit": "metadata",
        "LeadModel": "lead_model",
        "ModelMetadata": "metadata",
        "ModelRegistry": "registry",
        "Observed": "observed",
        "TrainingData": "metadata",
        "export_model": "transfer",
        "import_model": "transfer",
        "load_champion": "registry",
        "value_keys": "observed",
        "write_card": "card",
        "write_card_html": "card",
        "write_number": "observed",
    },
)
