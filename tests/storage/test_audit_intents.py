"""A change of a file and its row in the audit are both there or neither, also where the process is killed between."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from leadscore_core._files import whole_file, write_text
from leadscore_core.access.permissions import Action, PersonRole
from leadscore_core.access.person import acting_as
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry import champions
from leadscore_core.registry.promotion import promote_model, retire_model, roll_back
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database import audit_intents
from leadscore_core.storage.database.audit import AuditEntry, AuditEvent, read_audit
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.audit_intents import in_audit, settle_intents
from leadscore_core.storage.database.engine import close_databases
from leadscore_core.upkeep import backup
from tests.access.people import EACH

SALES = EACH[PersonRole.SALES]
DONE = AuditEvent(Action.EXPORT, "batch 7", 3, ("Name",), {"format": "csv"})


def killed(do: Callable[[], object]) -> None:
    """Do something in a process of its own that kills itself in the midst of it."""
    close_databases()
    child = os.fork()
    if child == 0:
        try:
            do()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rows_of(settings: Settings, action: Action) -> list[AuditEntry]:
    return [entry for entry in reversed(read_audit(settings)) if entry.action == action]


def left(settings: Settings) -> list[Path]:
    return list(settings.data_dir.glob(".audit-*"))


def test_a_change_is_written_down_once_and_leaves_nothing(kept: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with in_audit(kept, DONE, out):
        assert len(left(kept)) == 1
        settle_intents(kept)
        assert len(left(kept)) == 1, "whoever is at work is left alone"
        write_text(out, "x")
    (row,) = read_audit(kept)
    assert (row.object, row.rows, row.columns, row.details["format"]) == ("batch 7", 3, ("Name",), "csv")
    assert "written" not in row.details
    assert left(kept) == []


def test_what_failed_is_written_down_if_it_was_done_all_the_same(kept: Settings, tmp_path: Path) -> None:
    def fail(*, after: bool) -> None:
        with in_audit(kept, DONE, tmp_path / "out.csv"):
            if after:
                write_text(tmp_path / "out.csv", "x")
            raise LookupError

    for after in (False, True):
        with pytest.raises(LookupError):
            fail(after=after)
        assert len(read_audit(kept)) == after
    assert left(kept) == []


def test_what_was_killed_after_the_change_is_written_down_late_and_before_it_never(
    kept: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"

    def change(at: str) -> None:
        with acting_as(SALES), in_audit(kept, DONE, out):
            if at == "after":
                write_text(out, "x")
            die()

    killed(lambda: change("before"))
    settle_intents(kept)
    assert read_audit(kept) == []
    killed(lambda: change("after"))
    for _ in range(2):
        settle_intents(kept)
    (row,) = read_audit(kept)
    assert (row.person_id, row.via, row.action, row.rows) == (SALES.id, "app", "export leads", 3)
    assert row.details["written"] == "after an interruption"
    assert verify_audit(kept).holds
    assert left(kept) == []


def test_what_was_killed_after_its_row_is_not_written_down_twice(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change() -> None:
        with in_audit(kept, DONE, tmp_path / "out.csv"):
            write_text(tmp_path / "out.csv", "x")
            Path.unlink = die  # type: ignore[method-assign]

    killed(change)
    assert len(read_audit(kept)) == len(left(kept)) == 1
    settle_intents(kept)
    assert len(read_audit(kept)) == 1
    assert left(kept) == []


def test_a_file_that_was_taken_away_since_has_left_and_one_that_never_came_has_not(
    kept: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "out.zip"

    def write(at: str) -> None:
        with whole_file(out) as aside:
            aside.write_text("x")
            with in_audit(kept, DONE, out, aside=aside):
                if at == "before":
                    die()
                os.replace(aside, out)
                die()

    killed(lambda: write("before"))
    settle_intents(kept)
    assert read_audit(kept) == []
    killed(lambda: write("after"))
    out.unlink()
    settle_intents(kept)
    assert len(read_audit(kept)) == 1


def test_half_an_intent_was_killed_before_its_change(kept: Settings) -> None:
    kept.data_dir.mkdir(parents=True, exist_ok=True)
    (kept.data_dir / ".audit-intent-0123").write_text('{"key": "01')
    settle_intents(kept)
    assert left(kept) == read_audit(kept) == []


def test_while_the_audit_cannot_be_written_the_intent_waits(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(audit_intents, "record_audit", refuse)
        with pytest.raises(StorageError), in_audit(kept, DONE, tmp_path / "out.csv"):
            write_text(tmp_path / "out.csv", "x")
        settle_intents(kept)
        assert len(left(kept)) == 1
    settle_intents(kept)
    assert len(read_audit(kept)) == 1


@pytest.fixture
def two_models(registry: ModelRegistry, trained: LeadModel) -> ModelRegistry:
    other = trained.metadata.model_copy(update={"model_id": "another"})
    registry.publish(replace(trained, metadata=other))
    return registry


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("what", ["promote", "rollback", "retire"])
def test_a_change_of_the_champion_has_its_row_or_was_none(
    two_models: ModelRegistry, trained: LeadModel, run: Callable[..., tuple[int, str, str]], what: str, moment: str
) -> None:
    settings, schema = load_settings(), trained.metadata.schema_name
    if what == "rollback":
        promote_model("another", reason="made up for this test")
    before, rows = two_models.champion_of(schema), len(read_audit(settings))
    do = {
        "promote": lambda: promote_model("another", reason="made up for this test"),
        "rollback": lambda: roll_back(reason="made up for this test"),
        "retire": lambda: retire_model(schema, reason="made up for this test"),
    }[what]

    def change() -> None:
        if moment == "before":
            champions.write_text = Path.unlink = die  # type: ignore[method-assign]
        else:
            audit_intents.record_audit = die
        do()

    killed(change)
    assert run("models", "list")[0] == 0
    assert left(settings) == []
    is_done = moment == "after"
    assert (two_models.champion_of(schema) != before) == is_done
    assert len(read_audit(settings)) == rows + is_done
    if is_done:
        action = Action.ROLL_BACK if what == "rollback" else Action.PROMOTE
        assert rows_of(settings, action)[-1].details["written"] == "after an interruption"
        assert two_models.history()[0]["action"] == what


def test_a_backup_that_was_killed_before_it_was_there_is_none(
    registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, out = load_settings(), tmp_path / "all.zip"

    def half() -> None:
        real = audit_intents._write_held
        audit_intents._write_held = lambda *given: (real(*given), die())  # type: ignore[assignment]
        backup.write_backup(out, settings)

    killed(half)
    settle_intents(settings)
    assert rows_of(settings, Action.BACK_UP) == []
    assert not out.exists()
    backup.write_backup(out, settings)
    assert len(rows_of(settings, Action.BACK_UP)) == 1
