"""What is killed in the kill rounds: a process that has imported forks for each round, does one thing and is killed.

    python -m tests.faults.operations        rounds come on standard input, a line of JSON each

A round is ``{"what": .., "environment": {..}, "after": seconds or null}``; the answer ``{"seconds": .., "how": ..}``.
What the first round of a kind imported is imported once for those that follow.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from leadscore_core.batches.bring_results import match_results, save_results
from leadscore_core.batches.export import ExportOrder, export_leads
from leadscore_core.batches.outcome_files import open_outcome_files
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.batches.result_files import read_result_files
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import open_view
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.outcome import APPLICATIONS
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.promotion import roll_back as go_back
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.claims import ClaimStore
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.database.people import LeadKeys
from leadscore_core.upkeep.backup import write_backup
from leadscore_core.upkeep.restore import restore_backup
from pages.shared.uploads import UploadFolder

LEAD = LeadKeys(3, (("email", "", 17),))


def _first(settings: Settings) -> Batch:
    """Return the list that was kept first, by its name: both may be of one second."""
    (first,) = [batch for batch in BatchStore(settings).list_batches() if batch.name == "list.csv"]
    return first


def _files(settings: Settings) -> Path:
    """Return the folder of the files that people bring and take away."""
    return settings.data_dir.parent / "files"


def upload(settings: Settings) -> Callable[[], object]:
    """Take an uploaded file."""
    content = memoryview(b"1" * 3_000_000)
    return lambda: UploadFolder("leads.csv", content).add("more.csv", content)


def save(settings: Settings) -> Callable[[], object]:
    """Score and keep a list."""
    model = ModelRegistry(settings.models_dir).load_champion()[0]
    leads = open_list(_files(settings) / "new.csv", model.schema, settings=settings)
    return lambda: save_batch(leads, model, name="New", settings=settings)


def delete(settings: Settings) -> Callable[[], object]:
    """Delete a list."""
    batch = _first(settings)
    return lambda: BatchStore(settings).delete(batch)


def export(settings: Settings) -> Callable[[], object]:
    """Write a list's leads over an earlier export."""
    model = ModelRegistry(settings.models_dir).load_champion()[0]
    view = open_view(_first(settings), lambda _: model, model.schema, settings=settings)
    return lambda: export_leads(view, ExportOrder("csv"), _files(settings) / "export.csv")


def outcomes(settings: Settings) -> Callable[[], object]:
    """Bring outcomes of two lists."""
    lists = open_outcome_files(_files(settings) / "outcomes.csv", settings=settings)
    return lambda: bring_outcomes(lists, by="Anna", settings=settings, is_noted=True)


def results(settings: Settings) -> Callable[[], object]:
    """Bring what came of calls, on two lists."""
    file = read_result_files(_files(settings) / "results.csv", APPLICATIONS, settings=settings)
    matched = match_results(file, settings)
    return lambda: save_results(matched, by="Anna", settings=settings)


def attempt(settings: Settings) -> Callable[[], object]:
    """Keep a contact attempt."""
    batch = _first(settings)
    said = Result("no_answer")
    return lambda: ContactStore(settings).record(batch.schema_name, batch.id, LEAD, said, caller="Ben")


def claim(settings: Settings) -> Callable[[], object]:
    """Give a caller the next lead."""
    batch = _first(settings)
    return lambda: ClaimStore(settings).claim_next(batch, "Ben")


def promote(settings: Settings) -> Callable[[], object]:
    """Put another model to use."""
    registry = ModelRegistry(settings.models_dir)
    other = next(one.model_id for one in registry.list_models() if one.model_id != registry.champion_id)
    registry.load(other)
    return lambda: promote_model(other, by="Anna", reason="a round of kills", settings=settings)


def roll_back(settings: Settings) -> Callable[[], object]:
    """Go back to the model before."""
    registry = ModelRegistry(settings.models_dir)
    assert registry.previous_champion() == "another"
    return lambda: go_back(by="Anna", reason="a round of kills", settings=settings)


def migrate(settings: Settings) -> Callable[[], object]:
    """Bring a database of the first version up to date."""
    return lambda: open_database(settings)


def back_up(settings: Settings) -> Callable[[], object]:
    """Write a backup over an earlier one."""
    return lambda: write_backup(_files(settings) / "backup.zip", settings, force=True)


def restore(settings: Settings) -> Callable[[], object]:
    """Restore an earlier backup."""
    return lambda: restore_backup(_files(settings) / "earlier.zip", settings)


OPERATIONS = {
    made.__name__: made
    for made in (
        (upload, save, delete, export, outcomes, results, attempt, claim, promote, roll_back, migrate, back_up, restore)
    )
}


def _carry_out(asked: dict, ready: int) -> float:
    os.environ.update(asked["environment"])
    do = OPERATIONS[asked["what"]](load_settings())
    os.write(ready, b"r")
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def _round(asked: dict) -> dict[str, object]:
    """Fork, let the child do it, and kill it if that is asked; its number is nobody else's until it is waited for."""
    read, ready = os.pipe()
    known = set(sys.modules)
    child = os.fork()
    if child == 0:
        try:
            seconds = _carry_out(asked, ready)
            imported = [name for name in sys.modules if name not in known]
            with os.fdopen(ready, "w") as said:
                json.dump([seconds, imported if asked["after"] is None else []], said)
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    os.close(ready)
    is_ready = os.read(read, 1)
    if is_ready and asked["after"] is not None:
        time.sleep(asked["after"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read) as answer:
        said = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seconds, imported = json.loads(said) if said else (None, [])
    for name in imported:
        with suppress(Exception):
            importlib.import_module(name)
    return {"seconds": seconds, "how": code}


def main() -> None:
    """Answer rounds until standard input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_round(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
