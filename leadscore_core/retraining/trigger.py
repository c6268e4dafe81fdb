"""When to retrain: outcomes that came since the model in use was trained, and how it did on them. It only proposes."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from leadscore_core.confidence import LEAST_OF_EACH
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.schema.own_rules import present_targets
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.dataset import batches_with_outcomes, read_labelled
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.training.enough import is_enough
from leadscore_core.training.evaluation.seen_leads import seen_in_training


@dataclass(frozen=True)
class RetrainingProposal:
    """Whether a retrain is proposed, and why.

    Attributes
    ----------
    reasons
        In words; empty where nothing speaks for it.
    new_outcomes
        Leads with an outcome that the model in use has not learned from.
    days
        Since it was trained.
    auc, low, high
        Of the model in use on those leads, with DeLong's 95% interval; None where there are fewer than 40 of either
        outcome.
    """

    reasons: tuple[str, ...]
    new_outcomes: int
    days: int
    auc: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_worthwhile(self) -> bool:
        """Whether a retrain is proposed."""
        return bool(self.reasons)


def propose_retraining(settings: Settings | None = None, schema: str | None = None) -> RetrainingProposal:
    """Look at the kept lists with outcomes, and say whether a retrain is worth while; nothing is trained.

    Parameters
    ----------
    schema
        Name of the schema whose model and lists are looked at; the one that was changed last if not given.

    Raises
    ------
    LeadScoreError
        If there is no model in use, or a kept list cannot be read.
    """
    settings = settings or load_settings()
    model = ModelRegistry(settings.models_dir).load_champion(schema)[0]
    days = (datetime.now(UTC) - model.metadata.created_at).days
    new, auc, low, high = _on_new_outcomes(model, settings)
    rules, reasons = settings.retrain, []
    if new >= rules.new_outcomes:
        reasons.append(
            f"{new:,} leads with an outcome have come since it was trained ({rules.new_outcomes:,} are enough)"
        )
    targets = present_targets(model.schema, settings)
    if targets is not None and high is not None and high < targets.auc:
        reasons.append(f"on them its AUC is {auc:.3f} ({low:.3f} to {high:.3f}), below the target of {targets.auc}")
    if days >= rules.days and new >= 2 * LEAST_OF_EACH:
        reasons.append(f"it is {days:,} days old ({rules.days:,} are the most)")
    return RetrainingProposal(tuple(reasons), new, days, auc, low, high)


def _on_new_outcomes(model: LeadModel, settings: Settings) -> tuple[int, float | None, float | None, float | None]:
    """Return how many outcomes are new to a model, and its AUC on those leads with an interval."""
    schema = model.schema
    batches = [b for b in BatchStore(settings).list_batches() if b.schema_name == schema.name]
    known = batches_with_outcomes(batches, settings)
    batches = [batch for batch in batches if batch.id in known]
    if not batches or schema.label is None:
        return 0, None, None, None
    try:
        data = read_labelled([], batches, schema, settings, audited=False)
    except LeadScoreError:
        return 0, None, None, None
    cleaned = data.cleaned(schema)
    seen = seen_in_training(model, cleaned, data.identities, count_repeats=False)
    if seen is None:  # nothing tells those that it was trained on from others
        return 0, None, None, None
    new = ~np.isnan(data.label) & ~seen
    truth = data.label[new].astype("int64")
    if not is_enough(truth):
        return int(new.sum()), None, None, None
    from leadscore_core.training.evaluation.paired_tests import auc_interval

    auc, low, high = auc_interval(truth, model.propensity(cleaned[new]))
    return int(new.sum()), auc, low, high
