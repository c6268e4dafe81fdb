"""The rule of retraining: when it is proposed, why, and with which leads. It never trains or promotes."""

from dataclasses import asdict, dataclass
from typing import Any

from leadscore_core.config import Settings, load_settings
from leadscore_core.monitoring.verdict import DO_NOT_TRUST, RETRAIN, Verdict
from leadscore_core.retraining.dataset import batches_with_outcomes
from leadscore_core.retraining.trigger import RetrainingProposal, propose_retraining
from leadscore_core.storage.database.batches import BatchStore

_NAMED = 3


@dataclass(frozen=True)
class RetrainCase:
    """Whether to retrain, why, and on what.

    Attributes
    ----------
    reasons
        In sentences; empty where nothing speaks for it.
    lists
        Name of each kept list that it would use, and how many of its outcomes are known.
    against
        What speaks against it now, such as too few new outcomes; empty where nothing does.
    """

    reasons: tuple[str, ...]
    lists: tuple[tuple[str, int], ...]
    new_outcomes: int
    days: int
    against: str = ""

    @property
    def is_proposed(self) -> bool:
        """Whether a retrain is proposed."""
        return bool(self.reasons) and not self.against

    @property
    def named_lists(self) -> str:
        """The newest lists that it would use, and how many more there are, in words; empty where there is none."""
        shown, more = self.lists[:_NAMED], self.lists[_NAMED:]
        parts = [f"{name} ({_outcomes(known)})" for name, known in shown]
        if more:
            left = _outcomes(sum(known for _, known in more))
            parts.append(f"{len(more):,} more {'list' if len(more) == 1 else 'lists'} ({left})")
        return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self) | {"is_proposed": self.is_proposed}


def make_case(
    schema_name: str, verdict: Verdict | None = None, *, outside: tuple[str, ...] = (), settings: Settings | None = None
) -> RetrainCase:
    """Say whether to retrain: by new outcomes, age and AUC below target, by the verdict, and by drift.

    A drift alone is a reason where there are new outcomes to learn the new leads from.

    Parameters
    ----------
    verdict
        On the latest list; None where there is none.
    outside
        Columns, in words, that are farther from training than its months were.

    Raises
    ------
    LeadScoreError
        If there is no model in use, or a kept list cannot be read.
    """
    settings = settings or load_settings()
    found = propose_retraining(settings, schema_name)
    reasons = [f"{reason[:1].upper()}{reason[1:]}." for reason in found.reasons]
    if verdict is not None and verdict.state in {RETRAIN, DO_NOT_TRUST}:
        reasons += [reason for reason in verdict.reasons[:1] if reason not in reasons]
    if outside:
        named = ", ".join(outside[:3])
        reasons.append(f"Leads differ from those it learned from, most in {named}.")
    batches = [one for one in BatchStore(settings).list_batches() if one.schema_name == schema_name]
    known = batches_with_outcomes(batches, settings)
    lists = tuple((one.name, known[one.id]) for one in batches if one.id in known)
    return RetrainCase(
        tuple(reasons), lists, found.new_outcomes, found.days, _against(found, settings) if reasons else ""
    )


def _outcomes(number: int) -> str:
    return f"{number:,} {'outcome' if number == 1 else 'outcomes'}"


def _against(found: RetrainingProposal, settings: Settings) -> str:
    if found.new_outcomes == 0:
        return "No outcomes have come since it was trained, so a retrain would learn nothing new. Bring outcomes first."
    return ""
