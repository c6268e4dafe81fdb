"""Shadow: a challenger scores every list beside the champion, unseen, and both are compared when outcomes come."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.access.permissions import Action
from leadscore_core.batches.shadow_scores import shadow_path, shadow_scores
from leadscore_core.confidence import LEAST_OF_EACH, enough_of_each
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.schema.schema import Role
from leadscore_core.days import say_day
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import BatchLeads, read_batch_leads
from leadscore_core.percent import say_leads, signed
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.monitor_events import SHADOW, MonitorEvent, MonitorEventStore
from leadscore_core.training.evaluation.paired_tests import Comparison, FoldNames, compare_models
from leadscore_core.training.evaluation.seen_leads import hash_identities, seen_in_training

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
        both = (
            f"AUC {auc.challenger:.3f} against {auc.champion:.3f} {on} ({signed(auc.low, 3)} to {signed(auc.high, 3)})"
        )
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
        if batch.schema_name == schema_name and not shadow_path(batch, challenger).is_file():
            with suppress(StorageError):  # a list whose file is gone is scored by nobody
                shadow_scores(batch, challenger, lambda _: model)
                scored += 1
    return scored


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
    looked_at = [
        _of_batch(batch, models, settings)
        for batch in BatchStore(settings).list_batches()
        if batch.schema_name == schema_name
    ]
    lists = [one for one in looked_at if isinstance(one, _List)]
    leads = sum(len(one.label) for one in lists)
    if not lists:
        why = _why_nothing([one for one in looked_at if isinstance(one, _Passed)])
        return ShadowComparison(champion.model_id, challenger, leads, len(lists), not_applicable=why)
    label, old, new = (np.concatenate([getattr(one, name) for one in lists]) for name in ("label", "old", "new"))
    names = np.concatenate([np.full(len(one.label), one.batch.id) for one in lists])
    found = compare_models(
        label,
        old,
        new,
        thresholds=(models[0].metadata.threshold, models[1].metadata.threshold),
        capacity=capacity or settings.daily_call_capacity,
        folds=FoldNames(names, are_months=True),
        draws=_DRAWS,
    )
    return ShadowComparison(champion.model_id, challenger, leads, len(lists), found)


@dataclass(frozen=True, eq=False)
class _List:
    """Outcomes and both models' scores of a list's leads whose outcome is in."""

    batch: Batch
    label: np.ndarray
    old: np.ndarray
    new: np.ndarray


@dataclass(frozen=True, eq=False)
class _Passed:
    """A list on which both are not compared: its leads, and by which model that came later and learned from how many.

    Without such a model it has too few outcomes.
    """

    batch: Batch
    later: LeadModel | None = None
    learned: int = 0


def _of_batch(batch: Batch, models: Sequence[LeadModel], settings: Settings) -> _List | _Passed:
    """Return what a list's leads tell of both models, or why it tells nothing."""
    champion, challenger = models
    try:
        kept = read_batch_leads(batch, champion.schema, champion.metadata.threshold, settings)
        newcomers = [one for one in models if one.model_id != batch.scoring.model_id]
        later = next((one for one in reversed(newcomers) if one.metadata.created_at > batch.created_at), None)
        if later is not None:
            return _Passed(batch, later, _learned_from(kept, later))
        new = pd.read_parquet(shadow_path(batch, challenger.model_id))["propensity"].to_numpy("float64")
    except (StorageError, OSError, pa.ArrowException, KeyError):
        return _Passed(batch)
    old = kept.leads.propensity
    if batch.scoring.model_id != champion.model_id:
        old = champion.propensity(kept.cleaned)
    settled = kept.leads.calls.settled
    known = settled.is_learned & ~np.isnan(old)
    label = settled.outcome[known].astype("int64")
    if not enough_of_each(int(label.sum()), int((1 - label).sum())):
        return _Passed(batch)
    return _List(batch, label, old[known], new[known])


def _learned_from(kept: BatchLeads, model: LeadModel) -> int:
    """Return from how many leads of a list a model has learned, as far as that can be told."""
    own, stamp = pd.read_parquet(kept.batch.leads_path), model.schema.one(Role.TIMESTAMP)
    came = kept.cleaned[stamp.name] if stamp is not None and stamp.name in kept.cleaned else None
    seen = seen_in_training(model, kept.cleaned, hash_identities(own, model.schema, kept.batch.mapping, came))
    return 0 if seen is None else int(seen.sum())


def _why_nothing(passed: Sequence[_Passed]) -> str:
    """Say why no list tells which of both models is better, and what has to come."""
    later = [one for one in passed if one.later is not None]
    said = []
    if later:
        model, leads = later[0].later, sum(one.batch.rows for one in later)
        assert model is not None  # noqa: S101  # for the type checker
        learned = sum(one.learned for one in later)
        many = f"{say_leads(leads)} of {len(later)} list{'' if len(later) == 1 else 's'}"
        what = f"it has learned from {learned:,} of these" if learned else "it was not there when these came"
        said.append(
            f"{model.model_id} was trained on {say_day(model.metadata.created_at)}, after the {many} were kept: "
            f"{what}, so they do not tell which model is better on new leads."
        )
    few = len(passed) - len(later)
    if few:
        has = "1 list has" if few == 1 else f"{few} lists have"
        said.append(f"{has} fewer than {LEAST_OF_EACH} leads of either outcome yet.")
    if not few:
        said.append("Both are compared on the lists that are scored from now on.")
    return " ".join(said)
