"""Calibration check: level and slope of the model in use on all lists that it scored, as outcomes come."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import MONTH, join_leads, read_batch_leads
from leadscore_core.monitoring.performance import Figure, measure_performance
from leadscore_core.monitoring.recalibration import Recalibration, propose_recalibration
from leadscore_core.outcome import OutcomeWords
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.dataset import batches_with_outcomes
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.monitor_events import RECALIBRATION, MonitorEvent, MonitorEventStore

_MOST_LISTS = 50


@dataclass(frozen=True)
class CalibrationCheck:
    """What outcomes say of a model's propensities.

    Attributes
    ----------
    level
        Leads found to convert for each that was expected; 1 where propensities hold.
    recalibration
        Intercept and slope, and whether a recalibration is proposed.
    lists
        Kept lists that it is of.
    """

    model_id: str
    level: Figure
    recalibration: Recalibration
    lists: int

    def sentence(self, words: OutcomeWords) -> str:
        """Say level and slope, and whether a recalibration is proposed."""
        slope, level = self.recalibration.slope, self.level
        said = []
        if level.value is not None:
            ends = f"{level.low:.2f} to {level.high:.2f}"
            said.append(f"{level.value:.2f} {words.plural} were found for each expected one ({ends}).")
        if slope.value is not None:
            said.append(f"The slope of calibration is {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}).")
        return " ".join([*said, self.recalibration.sentence(words)])

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        level = vars(self.level)
        return {"model_id": self.model_id, "level": level, "lists": self.lists} | self.recalibration.as_json()


def check_calibration(model: LeadModel, settings: Settings | None = None) -> CalibrationCheck | None:
    """Check level and slope of a model on the kept lists that it scored; None where no outcome of one is in.

    Months are the periods: a recalibration is learned on those before the latest and judged on that.
    """
    settings = settings or load_settings()
    batches = [one for one in BatchStore(settings).list_batches() if one.scoring.model_id == model.model_id]
    known = batches_with_outcomes(batches[:_MOST_LISTS], settings)
    parts = []
    for batch in (one for one in batches if one.id in known):
        with suppress(StorageError):  # a list whose file is gone says nothing
            parts.append(read_batch_leads(batch, model.schema, model.metadata.threshold, settings).leads)
    parts = [part for part in parts if MONTH in part.groups]
    if not parts:
        return None
    leads = join_leads(parts)
    done = measure_performance(leads)
    level = (done.figures or {}).get("level", Figure("level", None))
    months = leads.groups[MONTH].fillna("").to_numpy(str)
    return CalibrationCheck(model.model_id, level, propose_recalibration(leads, months), len(parts))


def save_calibration(schema_name: str, settings: Settings | None = None, *, by: str = "") -> CalibrationCheck | None:
    """Check the model in use of a schema, and keep what was found where it is new; None where there is nothing."""
    settings = settings or load_settings()
    registry = ModelRegistry(settings.models_dir)
    champion = registry.champion_of(schema_name)
    found = None if champion is None else check_calibration(registry.load(champion), settings)
    if found is None:
        return None
    words = registry.load(found.model_id).schema.outcome
    data = json.loads(json.dumps(found.as_json() | {"sentence": found.sentence(words)}, default=float))
    before = latest_calibration(schema_name, found.model_id, settings)
    if before is None or before != data:
        MonitorEventStore(settings).add(MonitorEvent(RECALIBRATION, schema_name, data, found.model_id, author=by))
    return found


def latest_calibration(schema_name: str, model_id: str, settings: Settings) -> dict[str, Any] | None:
    """Return what was found last of a model, as it was kept; None where nothing was."""
    kept = MonitorEventStore(settings).history(schema_name, RECALIBRATION, most=20)
    return next((one.data for one in kept if one.model_id == model_id), None)
