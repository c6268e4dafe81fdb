"""Every function of the core that writes to storage or the registry asks first whether whoever acts may."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import acting_as
from leadscore_core.batches.audit_export import export_audit
from leadscore_core.batches.bring_results import save_results
from leadscore_core.batches.brought_files import undo_results
from leadscore_core.batches.call_workbooks import write_week
from leadscore_core.batches.crm_export import preview_crm
from leadscore_core.batches.export import export_bytes, export_leads
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.batches.save import rescore_batch, save_batch
from leadscore_core.errors import NotPermittedError
from leadscore_core.pipelines.training import compare_algorithms, train_leads, tune_settings
from leadscore_core.registry.archive import export_model, import_model
from leadscore_core.registry.promotion import promote_model, retire_model, roll_back
from leadscore_core.registry.publishing import publish_model
from leadscore_core.retraining.jobs import cancel_run, start_run
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.claims import ClaimStore
from leadscore_core.storage.database.contacts import ContactStore
from leadscore_core.storage.database.decisions import DecisionStore
from tests.access.people import EACH
from tests.paths import ROOT

CORE = ROOT / "leadscore_core"
ROOMS = ("storage", "batches", "registry", "retraining", "data/schema", "monitoring", "upkeep")
WRITES = {"writing", "write_text", "append_line", "publish_folder", "publish_file", "whole_file", "rmtree", "unlink"}
CHECKS = {"needs", "check_may"}
# what writes and asks nobody, and why it need not
TRUSTED = {
    "storage/database/audit.py": {
        "record_audit": "what was done is written down, whoever did it",
        "_save_anchors": "the same",
    },
    "storage/database/audit_intents.py": dict.fromkeys(
        ("in_audit", "_settle", "_write_held"), "what was done is written down, whoever did it"
    ),
    "storage/database/engine.py": {"one_change": "the way to the database; who writes on it asks"},
    "storage/database/batches.py": dict.fromkeys(
        ("sweep", "_discard"), "what a crash left behind is nobody's; delete asks"
    ),
    "storage/contact_key.py": dict.fromkeys(("_make", "_rekey_scores", "_rekey_database"), "hashes, by no one's wish"),
    "storage/database/outbox.py": dict.fromkeys(("put", "claim", "settle"), "it carries verdicts on, and no lead"),
    "batches/shadow_scores.py": {"shadow_scores": "it follows from a list and a model; set_shadow and start_trial ask"},
    "batches/trial_arms.py": {"_decide": "it follows from a list and a trial; start_trial asks"},
    "upkeep/swap.py": dict.fromkeys(("clear", "finish", "decide", "swap_back"), "restore_backup asks"),
    "upkeep/settings_file.py": {"write_own": "the same"},
    "upkeep/database_copy.py": dict.fromkeys(("loading", "note_restored"), "restore_backup asks"),
    "upkeep/restore.py": {"_replace_database": "the same"},
    "registry/archive.py": {"pack_model": "for places of our own; export_model asks"},
    "registry/champion_history.py": {"append_change": "ModelRegistry asks"},
    "registry/champions.py": dict.fromkeys(("move", "_put_last", "_list"), "ModelRegistry asks"),
    "registry/imported.py": {"write_imported": "import_model asks"},
    "registry/mlflow_run.py": {"_write_files": "MLflow is brought up to the registry, whoever looks"},
    "registry/mlflow_tracking.py": {"sync_tracking": "the same"},
    "registry/reports.py": {"write_report_file": "ModelRegistry asks"},
    "registry/searches.py": {"save_search": "the pipelines ask"},
    "retraining/jobs.py": dict.fromkeys(("write_state", "_remove_leads"), "start_run and cancel_run ask"),
    "retraining/worker.py": dict.fromkeys(("_carry_out", "_write_report", "main"), "start_run asks, and starts it"),
}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def called(node: ast.AST) -> set[str]:
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            found.add(one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", ""))
    return found


def writers(path: Path) -> list[str]:
    """Return the functions of a module that write and neither ask nor are called, within it, by those that do alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    made = list(functions(tree))
    asks = {f.name for f in made if called(f) & CHECKS}
    callers: dict[str, set[str]] = {f.name: {g.name for g in made if f.name in called(g)} - {f.name} for f in made}

    def is_behind(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name in asks:
            return True
        above = callers.get(name, set()) - seen
        return name.startswith("_") and bool(above) and all(is_behind(one, seen | {name}) for one in above)

    return [f.name for f in made if called(f) & WRITES and not is_behind(f.name)]


def test_what_writes_asks_first() -> None:
    found = {
        str(path.relative_to(CORE)): set(names)
        for room in ROOMS
        for path in sorted((CORE / room).rglob("*.py"))
        if "migrations" not in path.parts and (names := writers(path))
    }
    assert found == {path: set(names) for path, names in TRUSTED.items()}


def test_a_function_that_writes_and_does_not_ask_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "def new(settings):\n    with open_database(settings).writing() as session:\n        session.add(1)\n"
        "@needs(Action.SCORE)\ndef asked(path):\n    _behind(path)\n"
        "def _behind(path):\n    write_text(path, 'x')\n"
        "def _alone(path):\n    write_text(path, 'x')\n"
    )
    assert writers(module) == ["new", "_alone"]


def actions_of(function: Callable[..., object]) -> tuple[Action, ...]:
    return getattr(function, "needs", ())


# the doors of the core: what each does, called with nothing, since nobody comes past the question
DOORS: dict[Callable[..., object], Action] = {
    save_batch: Action.SCORE,
    rescore_batch: Action.MANAGE_BATCH,
    BatchStore.save: Action.SCORE,
    BatchStore.rename: Action.MANAGE_BATCH,
    BatchStore.delete: Action.DELETE_BATCH,
    export_leads: Action.EXPORT,
    export_bytes: Action.EXPORT,
    write_week: Action.EXPORT,
    preview_crm: Action.EXPORT,
    DecisionStore.restore: Action.RESTORE,
    DecisionStore.unrestore: Action.RESTORE,
    DecisionStore.set_override: Action.OVERRIDE,
    DecisionStore.end_override: Action.OVERRIDE,
    DecisionStore.give_feedback: Action.REVIEW,
    ClaimStore.claim_next: Action.CALL,
    ContactStore.undo: Action.CALL,
    bring_outcomes: Action.BRING_OUTCOMES,
    save_results: Action.BRING_OUTCOMES,
    undo_results: Action.BRING_OUTCOMES,
    start_run: Action.TRAIN,
    cancel_run: Action.TRAIN,
    train_leads: Action.TRAIN,
    compare_algorithms: Action.TRAIN,
    tune_settings: Action.TRAIN,
    publish_model: Action.TRAIN,
    promote_model: Action.PROMOTE,
    retire_model: Action.PROMOTE,
    roll_back: Action.ROLL_BACK,
    export_model: Action.EXPORT_MODEL,
    import_model: Action.IMPORT_MODEL,
    verify_audit: Action.READ_AUDIT,
    export_audit: Action.READ_AUDIT,
}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__qualname__)
def test_each_door_is_shut_to_every_role_that_may_not(door: Callable[..., object]) -> None:
    action = DOORS[door]
    assert actions_of(door) == (action,)
    for role, person in EACH.items():
        if person.may(action):
            continue
        with acting_as(person), pytest.raises(NotPermittedError, match=f"{role.words} is here as|{role} is here as"):
            door()
