"""Shadow: a challenger scores every list beside the champion, unseen, and both are compared when outcomes come."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core._files import whole_file
from leadscore_core.access.permissions import Action
from leadscore_core.confidence import enough_of_each
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import read_batch_leads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.monitor_events import SHADOW, MonitorEvent, MonitorEventStore
from leadscore_core.training.evaluation.paired_tests import Comparison, FoldNames, compare_models

_DRAWS = 500


@dataclass(frozen=True)
class ShadowComparison:
    """What champion and challenger said of the same leads, and what became of these.

    Attributes
    ----------
    leads
        Leads with an outcome that neither has learned from, as far as that is known.
    lists
        Kept lists that they are of.
    comparison
        Paired; None where there are too few outcomes, and ``not_applicable`` says so.
    """

    champion: str
    challenger: str
    leads: int
    lists: int
    comparison: Comparison | None = None
    not_applicable: str = ""

    @property
    def is_to_promote(self) -> bool:
        """Whether the challenger is better for certain."""
        return self.comparison is not None and self.comparison.verdict == "better"

    @property
    def sentence(self) -> str:
        """What to do, in a sentence."""
        if self.comparison is None:
            return self.not_applicable
        auc = self.comparison.differences[0]
        on = f"on {self.leads:,} leads of {self.lists} list{'' if self.lists == 1 else 's'}"
        both = f"AUC {auc.challenger:.3f} against {auc.champion:.3f} {on} ({auc.low:+.3f} to {auc.high:+.3f})"
        words = {
            "better": "Promote it: ",
            "worse": "Do not promote it: ",
            "the same": "No difference for certain yet: ",
        }
        return f"{words[self.comparison.verdict]}{both}."

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        found = self.comparison
        rows = [] if found is None else [vars(one) for one in found.differences]
        return {
            "champion": self.champion,
            "challenger": self.challenger,
            "leads": self.leads,
            "lists": self.lists,
            "verdict": None if found is None else found.verdict,
            "differences": rows,
            "not_applicable": self.not_applicable,
        }


def set_shadow(schema_name: str, model_id: str | None, *, by: str = "", settings: Settings | None = None) -> None:
    """Let a model score a schema's lists in the shadow from now on; None ends it.

    Raises
    ------
    LeadScoreError
        If there is no such model, it reads another schema, or it is the champion itself.
    """
    settings = settings or load_settings()
    registry = ModelRegistry(settings.models_dir)
    if model_id is not None:
        metadata = registry.read_metadata(model_id)
        if metadata.schema_name != schema_name:
            raise LeadScoreError(f"The model {model_id} reads leads of {metadata.schema_name!r}, not {schema_name!r}.")
        if registry.champion_of(schema_name) == model_id:
            raise LeadScoreError(f"The model {model_id} is the champion. Choose another one to run beside it.")
    data = {"challenger": model_id, "champion": registry.champion_of(schema_name)}
    MonitorEventStore(settings).add(
        MonitorEvent(SHADOW, schema_name, data, model_id=model_id or "", author=by), Action.TRAIN
    )


def shadow_of(schema_name: str, settings: Settings | None = None) -> str | None:
    """Return the model that scores a schema's lists in the shadow; None where none does."""
    found = MonitorEventStore(settings or load_settings()).history(schema_name, SHADOW, most=1)
    return found[0].data.get("challenger") if found else None


def score_in_shadow(schema_name: str, settings: Settings | None = None) -> int:
    """Score the kept lists that a schema's challenger has not scored yet, and return how many these were.

    Raises
    ------
    LeadScoreError
        If the challenger cannot be loaded.
    """
    settings = settings or load_settings()
    challenger = shadow_of(schema_name, settings)
    if challenger is None:
        return 0
    model, scored = ModelRegistry(settings.models_dir).load(challenger), 0
    for batch in BatchStore(settings).list_batches():
        path = shadow_path(batch, challenger)
        if batch.schema_name == schema_name and not path.is_file():
            with suppress(StorageError):  # a list whose file is gone is scored by nobody
                stored = read_batch_leads(batch, model.schema, model.metadata.threshold, settings)
                with whole_file(path) as aside:
                    pd.DataFrame({"propensity": model.propensity(stored.cleaned)}).to_parquet(aside, index=False)
                scored += 1
    return scored


def shadow_path(batch: Batch, model_id: str) -> Path:
    """Return where a challenger's scores of a kept list lie, in the list's order."""
    return batch.folder / f"shadow-{model_id}.parquet"


def compare_shadow(
    schema_name: str, *, capacity: int | None = None, settings: Settings | None = None
) -> ShadowComparison:
    """Compare champion and challenger on the leads of all kept lists whose outcome is in.

    Each list is a fold of its own, as months are: figures are means over lists, and the interval says how much lists
    differ.

    Raises
    ------
    LeadScoreError
        If a model cannot be loaded, or there is no challenger.
    """
    settings = settings or load_settings()
    registry, challenger = ModelRegistry(settings.models_dir), shadow_of(schema_name, settings)
    if challenger is None:
        raise LeadScoreError("No model runs in the shadow. Choose one first.")
    champion = registry.load_champion(schema_name)[0]
    models = champion, registry.load(challenger)
    lists = [
        one
        for batch in BatchStore(settings).list_batches()
        if batch.schema_name == schema_name and (one := _of_batch(batch, models, settings)) is not None
    ]
    leads = sum(len(one[1]) for one in lists)
    about = ShadowComparison(champion.model_id, challenger, leads, len(lists))
    if not lists:
        why = "No list that both have scored has 40 leads of either outcome yet."
        return ShadowComparison(champion.model_id, challenger, leads, len(lists), not_applicable=why)
    label, old, new = (np.concatenate([one[i] for one in lists]) for i in (1, 2, 3))
    names = np.concatenate([np.full(len(one[1]), one[0]) for one in lists])
    found = compare_models(
        label,
        old,
        new,
        thresholds=(models[0].metadata.threshold, models[1].metadata.threshold),
        capacity=capacity or settings.daily_call_capacity,
        folds=FoldNames(names, are_months=True),
        draws=_DRAWS,
    )
    return ShadowComparison(about.champion, about.challenger, leads, len(lists), found)


def _of_batch(
    batch: Batch, models: Sequence[LeadModel], settings: Settings
) -> tuple[str, np.ndarray, np.ndarray, np.ndarray] | None:
    """Return id, outcomes and both models' scores of a list's leads whose outcome is in; None where these are few."""
    champion, challenger = models
    newcomers = [one for one in models if one.model_id != batch.scoring.model_id]
    if any(one.metadata.created_at > batch.created_at for one in newcomers):
        return None  # who was trained later may have learned from this list
    try:
        stored = read_batch_leads(batch, champion.schema, champion.metadata.threshold, settings)
        new = pd.read_parquet(shadow_path(batch, challenger.model_id))["propensity"].to_numpy("float64")
    except (StorageError, OSError, pa.ArrowException, KeyError):
        return None
    old = stored.leads.propensity
    if batch.scoring.model_id != champion.model_id:
        old = champion.propensity(stored.cleaned)
    settled = stored.leads.calls.settled
    known = settled.is_learned & ~np.isnan(old)
    label = settled.outcome[known].astype("int64")
    if not enough_of_each(int(label.sum()), int((1 - label).sum())):
        return None
    return batch.id, label, old[known], new[known]
