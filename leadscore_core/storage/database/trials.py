"""Trials: what is compared on a schema's lists, from when to when; one at a time, since callers follow one order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from leadscore_core.access.permissions import Action
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.monitor_events import TRIAL, TRIAL_END, MonitorEvent, MonitorEventStore

Kind = Literal["order", "model", "holdout"]
ARMS: dict[str, tuple[str, str]] = {
    "order": ("ranked", "in arrival order"),
    "model": ("challenger", "champion"),
    "holdout": ("called", "held out"),
}
_HASH_BITS = 2**64


@dataclass(frozen=True)
class TrialPlan:
    """A trial as it is planned.

    Attributes
    ----------
    name
        By which leads are assigned; another name assigns them anew.
    kind
        ``order`` (ranked or arrival order), ``model`` (challenger or champion) or ``holdout`` (called or held out).
    share
        Share (0-1) of the leads in the first arm.
    base_rate, lift
        Share of leads that convert in the second arm, and how much more (0-1) should be found in the first.
    size
        Leads in both arms after which it is found with 80%, if it is there.
    challenger, champion
        Ids of the models that are compared; empty but for ``model``.
    """

    name: str
    kind: Kind
    share: float
    base_rate: float
    lift: float
    size: int
    challenger: str = ""
    champion: str = ""

    @property
    def arms(self) -> tuple[str, str]:
        """What the two arms are called."""
        return ARMS[self.kind]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Trial:
    """A trial that was started: from when, by whom, and until when, None while it runs; ``id`` is its event's."""

    plan: TrialPlan
    id: int
    schema_name: str
    started: datetime
    by: str = ""
    ended: datetime | None = None

    def covers(self, batch: Batch) -> bool:
        """Whether the leads of a list are in it: of the schema, kept while it ran, by the champion that is compared."""
        is_kept_then = batch.created_at >= self.started and (self.ended is None or batch.created_at <= self.ended)
        is_by_champion = self.plan.kind != "model" or batch.scoring.model_id == self.plan.champion
        return batch.schema_name == self.schema_name and is_kept_then and is_by_champion


class TrialStore:
    """Trials in the database of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.events = MonitorEventStore(settings)

    def history(self, schema_name: str) -> list[Trial]:
        """Return the trials of a schema, the latest first."""
        starts = self.events.history(schema_name, TRIAL)
        if not starts:
            return []
        ends = {event.data["trial"]: event.at for event in self.events.history(schema_name, TRIAL_END)}
        return [
            Trial(TrialPlan(**one.data), one.id, schema_name, one.at, one.author, ends.get(one.id))
            for one in starts
            if one.at is not None
        ]

    def running(self, schema_name: str) -> Trial | None:
        """Return the trial that runs on a schema's lists, None where none does."""
        return next((one for one in self.history(schema_name) if one.ended is None), None)

    def start(self, plan: TrialPlan, schema_name: str, *, by: str = "") -> Trial:
        """Start a trial on the lists that are kept from now on.

        Raises
        ------
        StorageError
            If there was one of this name, or another runs.
        """
        before = self.history(schema_name)
        if any(one.plan.name == plan.name for one in before):
            raise StorageError(f"There is a trial {plan.name!r} already. Give this one a name of its own.")
        running = next((one for one in before if one.ended is None), None)
        if running is not None:
            raise StorageError(
                f"The trial {running.plan.name!r} runs, and callers can follow one at a time. End it first."
            )
        kept = self.events.add(MonitorEvent(TRIAL, schema_name, plan.as_json(), author=by), Action.PLAN)
        assert kept.at is not None  # noqa: S101  # for the type checker
        return Trial(plan, kept.id, schema_name, kept.at, by)

    def end(self, trial: Trial, *, by: str = "") -> None:
        """End a trial; one that has ended stays as it is."""
        if any(one.id == trial.id and one.ended is not None for one in self.history(trial.schema_name)):
            return
        data = {"trial": trial.id, "name": trial.plan.name}
        self.events.add(MonitorEvent(TRIAL_END, trial.schema_name, data, author=by), Action.PLAN)


def assign_arms(keys: Sequence[str], plan: TrialPlan) -> np.ndarray:
    """Return for each lead whether it is in the first arm, by a hash of the trial's name and the lead's key.

    The same lead is in the same arm on every list and machine.

    Examples
    --------
    >>> plan = TrialPlan("spring", "order", 0.5, 0.2, 0.05, 1_000)
    >>> first = assign_arms([f"lead {n}" for n in range(1_000)], plan)
    >>> bool(450 < first.sum() < 550), bool((first[:10] == assign_arms([f"lead {n}" for n in range(10)], plan)).all())
    (True, True)
    """
    name = plan.name.encode()[:64]
    hashes = [blake2b(str(key).encode(), digest_size=8, key=name).digest() for key in keys]
    places = np.array([int.from_bytes(digest, "big") for digest in hashes], dtype="float64") / _HASH_BITS
    return places < plan.share
