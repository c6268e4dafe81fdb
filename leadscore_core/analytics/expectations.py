"""Expectations: by what outcomes are expected of leads, and what must be said of it."""

import json
from collections.abc import Iterable
from pathlib import Path

from leadscore_core.analytics.sentences.expectations import EXPECTATIONS
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.source_table import SourceTable


def is_made_up(models_dir: Path, model_ids: Iterable[str]) -> bool:
    """Tell whether any of these models learned from made-up leads; one that is gone is not known to have."""
    for model_id in dict.fromkeys(model_ids):
        try:
            metadata = json.loads((models_dir / model_id / "metadata.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if metadata.get("training_data", {}).get("synthetic"):
            return True
    return False


def caution_expectations(table: SourceTable, chosen: LeadFilter, *, made_up: bool) -> dict[str, str]:
    """Return what must be said of the outcomes that are expected of a filter's leads; nothing where nothing is scored.

    Name of the sentence -> the sentence; all but ``in_folds`` are warnings.

    Parameters
    ----------
    made_up
        Whether a model that scored them learned from made-up leads.
    """
    found = table.foresight(chosen)
    said = {"made_up": EXPECTATIONS["made_up"]()} if made_up and found["scored"] else {}
    in_folds = int(found["learned"] - found["not_shown"])
    for key, n in (("in_folds", in_folds), ("not_shown", found["not_shown"]), ("unclear", found["unclear"])):
        if n:
            said[key] = EXPECTATIONS[key](n=f"{n:,}")
    return said
