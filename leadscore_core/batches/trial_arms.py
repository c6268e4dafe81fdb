"""Trial arms: in which arm of a trial the leads of a list are, decided once, and a person in the same on every list."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from cachetools import LRUCache

from leadscore_core._files import whole_file
from leadscore_core.batches.person_links import KINDS, kind_of
from leadscore_core.batches.shadow_scores import shadow_scores
from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.inference.duplicates import SHARED_BY_TOO_MANY
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.percent import say_leads, share_percent
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.trials import Trial, TrialStore, assign_arms
from leadscore_core.storage.leads.trial_rows import TrialRows

_MOST_LISTS = 8
_lock = threading.RLock()
_arms: LRUCache[Path, "TrialArms"] = LRUCache(maxsize=_MOST_LISTS)


@dataclass(frozen=True, eq=False)
class TrialArms:
    """The leads of a list in a trial, by their position.

    Attributes
    ----------
    first
        Whether each is in the first arm.
    again
        Whether the person stands above on this list or on an earlier one of the trial, so that it counts once.
    """

    first: np.ndarray
    again: np.ndarray


@dataclass(frozen=True, eq=False)
class RunningTrial:
    """A trial that runs on a list: the trial, its leads, and why it cannot be followed, empty where it is."""

    trial: Trial
    rows: TrialRows
    problem: str = ""

    @property
    def sentence(self) -> str:
        """That it runs, and what it does, in a sentence."""
        plan = self.trial.plan
        if self.problem:
            return f"The trial {plan.name} is not followed on this list: {self.problem}"
        if plan.kind == "holdout":
            held = int((~self.rows.first).sum())
            share = share_percent(1 - plan.share)
            return (
                f"The trial {plan.name} runs: {share} of the leads, {held:,} of this list, are held out and not called."
            )
        ours, theirs = {
            "order": ("best first", "in the order in which they came"),
            "model": ("by the challenger's scores", "by those of the model in use"),
        }[plan.kind]
        return (
            f"The trial {plan.name} runs: {share_percent(plan.share)} of the leads are called {ours}, the others "
            f"{theirs}, in turns."
        )


def running_trial(batch: Batch, load_model: Callable[[str], LeadModel], settings: Settings) -> RunningTrial | None:
    """Return the trial that runs on a list, None where none does.

    Parameters
    ----------
    load_model
        Gives the challenger, which scores the list where it has not yet.

    Raises
    ------
    StorageError
        If the list's file is gone or damaged.
    """
    trial = TrialStore(settings).running(batch.schema_name)
    if trial is None or not trial.covers(batch):
        return None
    arms, challenger = arms_of(batch, trial, settings), np.empty(0)
    if trial.plan.kind == "model":
        try:
            challenger = shadow_scores(batch, trial.plan.challenger, load_model)
        except LeadScoreError:
            return RunningTrial(trial, TrialRows(), "its challenger cannot be loaded, or not score these leads.")
    return RunningTrial(trial, TrialRows(trial.plan.kind, trial.plan.share, arms.first, challenger).sealed())


def arms_of(batch: Batch, trial: Trial, settings: Settings) -> TrialArms:
    """Return in which arm the leads of a list are.

    Whoever shares an id, e-mail or phone that few leads have with a lead before, on this list or an earlier one of the
    trial, is in its arm; the others go by a hash of what they are known by, or of their place where that is nothing. It
    is decided when the list is looked at first, and kept beside it.

    Raises
    ------
    StorageError
        If a file of the list is gone or damaged, or cannot be written.
    """
    path = batch.folder / f"trial-{trial.id}.parquet"
    with _lock:
        if path not in _arms:
            try:
                if not path.is_file():
                    _decide(batch, trial, path, settings)
                found = pq.read_table(path)
            except (OSError, pa.ArrowException) as error:
                raise _gone(batch) from error
            _arms[path] = TrialArms(*(found[name].to_numpy() for name in ("first", "again")))
        return _arms[path]


def _decide(batch: Batch, trial: Trial, path: Path, settings: Settings) -> None:
    """Write in which arm each lead is, after those of the lists before."""
    before = [
        one
        for one in BatchStore(settings).list_batches()
        if trial.covers(one) and (one.created_at, one.id) < (batch.created_at, batch.id)
    ]
    known: dict[str, pd.Series] = {}
    for one in reversed(before):
        if one.scores_path.is_file():
            keys = _keys(one)
            arms = pd.Series(arms_of(one, trial, settings).first)
            for kind, cells in keys.items():
                own = pd.Series(arms.to_numpy()[cells["row"]], index=cells["key"])
                all_of = own if kind not in known else pd.concat([known[kind], own])
                known[kind] = all_of[~all_of.index.duplicated()]
    first, again = _assign(batch, _keys(batch), known, trial)
    with whole_file(path) as aside:
        pq.write_table(pa.table({"first": first, "again": again}), aside)


def _assign(
    batch: Batch, keys: dict[str, pd.DataFrame], known: dict[str, pd.Series], trial: Trial
) -> tuple[np.ndarray, np.ndarray]:
    """Return the arm of each lead, and whether the person stood somewhere before."""
    from scipy.sparse import coo_array  # slow to load
    from scipy.sparse.csgraph import connected_components

    n = batch.rows
    pairs = [cells.assign(first=cells.groupby("key")["row"].transform("min")) for cells in keys.values()]
    joined = pd.concat(pairs) if pairs else pd.DataFrame({"row": [], "first": []}, dtype="int64")
    ends = joined["row"].to_numpy("int64"), joined["first"].to_numpy("int64")
    _, group = connected_components(coo_array((np.ones(len(joined), "int8"), ends), (n, n)), directed=False)
    name = np.array([f"{batch.id}:{row}" for row in range(n)], dtype=object)
    inherited = pd.Series(pd.NA, index=range(n), dtype="boolean")
    for kind, cells in reversed(keys.items()):  # the id goes before the e-mail, and that before the phone
        once = cells.drop_duplicates("row")
        name[once["row"].to_numpy()] = (f"{kind}:" + once["key"].astype("str")).to_numpy()
        if kind in known:
            theirs = once.assign(arm=known[kind].reindex(once["key"]).to_numpy()).dropna(subset="arm")
            inherited.iloc[theirs["row"].to_numpy()] = pd.array(theirs["arm"].to_numpy("bool"), dtype="boolean")
    table = pd.DataFrame({"group": group, "name": name, "inherited": inherited})
    of_group = table.groupby("group")
    first_name = of_group["name"].transform("first")
    told = of_group["inherited"].transform("first")
    own = assign_arms(first_name.tolist(), trial.plan)
    first = np.where(told.notna(), told.fillna(False).to_numpy("bool"), own)
    return first, (told.notna() | table["group"].duplicated()).to_numpy()


def _keys(batch: Batch) -> dict[str, pd.DataFrame]:
    """Return the keys that few leads of a list share, by their kind: ``row`` and ``key``."""
    try:
        names = [one for one in pq.read_schema(batch.scores_path).names if one.startswith("ls_") and "_key" in one]
        table = pq.read_table(batch.scores_path, columns=["ls_row", *names])
    except (OSError, pa.ArrowException) as error:
        raise _gone(batch) from error
    found: dict[str, pd.DataFrame] = {}
    for kind in KINDS:
        columns = sorted(name for name in names if kind_of(name) == kind)
        given_in = [table.select(["ls_row", name]).rename_columns(["row", "key"]).drop_null() for name in columns]
        if given_in:  # without blanks hashes stay whole numbers
            given = pa.concat_tables(given_in).to_pandas().drop_duplicates().sort_values("row", kind="stable")
            holders = given.groupby("key")["row"].transform("size")
            found[kind] = given[holders <= SHARED_BY_TOO_MANY].reset_index(drop=True)
    return found


def _gone(batch: Batch) -> StorageError:
    return StorageError(f"{batch.name} is gone or damaged. Upload the list again, or delete it.")


def say_arms(trial: Trial, arms: TrialArms) -> str:
    """Say how many leads of a list are in either arm."""
    one, other = trial.plan.arms
    return f"{say_leads(int(arms.first.sum()))} {one}, {int((~arms.first).sum()):,} {other}"
