"""The audit: what is written down, by whom, what never is, and that a change shows."""

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from leadscore_core.access.permissions import Action, PersonRole
from leadscore_core.access.person import acting_as
from leadscore_core.batches.audit_export import export_audit
from leadscore_core.batches.export import ExportOrder, export_leads, rows_bytes
from leadscore_core.batches.lead_profile import describe_lead
from leadscore_core.batches.planning import ALL
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import NotPermittedError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database import audit
from leadscore_core.storage.database.audit import AuditEvent, anchors_path, append_audit, read_audit, record_audit
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from tests.access.people import EACH

SALES, CALLER = EACH[PersonRole.SALES], EACH[PersonRole.CALLER]


def write(settings: Settings, rows: int) -> None:
    for number in range(rows):
        record_audit(settings, AuditEvent(Action.EXPORT, f"batch {number}", number, ["Name"], {"format": "csv"}))


def tamper(settings: Settings, statement: str) -> None:
    """Change the table as somebody does who has the database, and takes its guards off first."""
    with open_database(settings).engine.begin() as connection:
        if open_database(settings).is_sqlite:
            for change in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{change}"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_no_change ON audit"))
        connection.execute(text(statement))


def test_rows_follow_each_other_and_hold(kept: Settings) -> None:
    with acting_as(SALES):
        write(kept, 3)
    verdict = verify_audit(kept)
    assert (verdict.rows, verdict.holds, verdict.unanchored) == (3, True, 0)
    newest, *_, oldest = read_audit(kept)
    assert (newest.number, newest.person_id, newest.via) == (3, "sales@example.com", "app")
    assert (newest.action, newest.object, newest.rows, newest.columns) == ("export leads", "batch 2", 2, ("Name",))
    assert newest.hash == verdict.head == newest.own_hash()
    assert oldest.previous_hash == audit.START


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET person_id = 'somebody else' WHERE number = 2", "row 2 was changed after it was written"),
        ("UPDATE audit SET rows = 7 WHERE number = 1", "row 1 was changed after it was written"),
        ("DELETE FROM audit WHERE number = 2", "row 2 was removed"),
        ("DELETE FROM audit WHERE number < 3", "rows 1 to 2 were removed"),
        ("DELETE FROM audit WHERE number > 2", "rows 3 to 4 were removed from the end"),
        ("DELETE FROM audit", "rows 1 to 4 were removed from the end"),
    ],
)
def test_a_change_shows(places: Path, statement: str, fault: str) -> None:
    settings = load_settings()
    write(settings, 4)
    tamper(settings, statement)
    assert fault in verify_audit(settings).faults


def test_a_row_that_is_written_anew_with_its_hash_shows_by_the_chain_or_the_anchor(places: Path) -> None:
    settings = load_settings()
    write(settings, 3)
    head = verify_audit(settings).head
    for number, fault in ((2, "row 3 does not follow the row before it"), (3, "the file of anchors has another hash")):
        entry = next(one for one in read_audit(settings) if one.number == number)
        forged = type(entry)(**{**vars(entry), "rows": 99})
        tamper(settings, f"UPDATE audit SET rows = 99, hash = '{forged.own_hash()}' WHERE number = {number}")  # noqa: S608  # names are quoted or ours, values are bound
        assert any(fault in said for said in verify_audit(settings).faults)
    anchors_path(settings).unlink()
    assert any("no row has the hash" in said for said in verify_audit(settings, head=head).faults)


def test_a_tail_that_is_cut_off_and_grows_again_shows(places: Path) -> None:
    settings = load_settings()
    write(settings, 3)
    tamper(settings, "DELETE FROM audit WHERE number = 3")
    write(settings, 2)
    assert any("row 3 is not the one that was written" in said for said in verify_audit(settings).faults)


def test_the_database_itself_refuses_changes(kept: Settings) -> None:
    write(kept, 2)
    for statement in ("UPDATE audit SET rows = 1", "DELETE FROM audit"):
        with (
            pytest.raises((StorageError, IntegrityError), match="never changed"),
            open_database(kept).session() as session,
        ):
            session.execute(text(statement))
    assert verify_audit(kept).rows == 2


def test_many_at_once_make_one_chain(kept: Settings) -> None:
    open_database(kept)
    threads = [threading.Thread(target=write, args=(kept, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify_audit(kept)
    assert (verdict.rows, verdict.faults, verdict.unanchored) == (20, [], 0)


def test_what_is_rolled_back_was_not_done_and_leaves_no_anchor(kept: Settings) -> None:
    write(kept, 1)

    def fail() -> None:
        with open_database(kept).writing() as session:
            append_audit(session, kept, AuditEvent(Action.EXPORT))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    write(kept, 1)
    assert verify_audit(kept).holds
    assert verify_audit(kept).rows == 2


def said(settings: Settings) -> list[tuple[str, int | None]]:
    return [(entry.action, entry.rows) for entry in reversed(read_audit(settings))]


def test_what_people_do_to_a_list_is_written_down(batch: Batch, trained: LeadModel, tmp_path: Path) -> None:
    settings = load_settings()
    with acting_as(SALES):
        view = open_view(batch, lambda _: trained, trained.schema)
        decisions = DecisionStore(settings)
        assert decisions.restore(batch, [3, 4], note="asked for by Priya", by="sales") == 2
        decisions.set_override(batch, 5, "Hot", days=3, note="Priya's friend", author="sales")
        rows = export_leads(view, ExportOrder("csv", ALL), tmp_path / "out.csv")
        BatchStore(settings).delete(batch)
    entries = read_audit(settings)
    done = [(entry.action, entry.rows) for entry in reversed(entries) if entry.person_id == SALES.id]
    assert done == [
        (Action.RESTORE, 2),
        (Action.OVERRIDE, 1),
        (Action.EXPORT, rows),
        (Action.DELETE_BATCH, batch.rows),
    ]
    exported = next(entry for entry in entries if entry.action == Action.EXPORT)
    assert {"lead_score", "grade"} <= set(exported.columns)
    assert exported.details["format"] == "csv"
    assert "Priya" not in str(entries)


def test_leads_that_are_drawn_leave_with_their_row_and_no_formula_and_are_written_down(batch: Batch) -> None:
    settings = load_settings()
    own = pd.read_parquet(batch.leads_path)
    with acting_as(SALES):
        content = rows_bytes(batch, [4, 1])
    table = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    assert table["Row in the list"].tolist() == ["5", "2"]
    assert table["email"].tolist() == own["email"].iloc[[4, 1]].tolist()
    left = read_audit(settings)[0]
    assert (left.person_id, left.action, left.rows) == (SALES.id, Action.EXPORT, 2)
    assert left.object == f"batch {batch.id}"
    assert {"email", "Row in the list"} <= set(left.columns)
    with acting_as(CALLER), pytest.raises(NotPermittedError):
        rows_bytes(batch, [4])


def test_contacts_that_are_seen_are_written_down_once_an_hour(
    batch: Batch, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    audit._seen.clear()

    def look() -> None:
        view = open_view(batch, lambda _: trained, trained.schema)
        view.present(view.table.page(LeadFilter(), Sort(), 0, 5), view.list_columns(quarantine=False))
        describe_lead(view, int(view.table.rows_of(LeadFilter())[0]), lambda _: trained)

    with acting_as(SALES):
        look()
        look()
    seen = [entry for entry in read_audit(settings) if entry.action == Action.SEE_CONTACTS]
    assert [(entry.person_id, entry.object) for entry in seen] == [(SALES.id, f"batch {batch.id}")]
    with acting_as(EACH[PersonRole.DATA_SCIENCE]):
        look()
    assert len([e for e in read_audit(settings) if e.action == Action.SEE_CONTACTS]) == 1


def test_no_contact_of_a_lead_is_ever_in_it(view: BatchView, tmp_path: Path) -> None:
    settings = load_settings()
    leads = view.table.page(LeadFilter(section="all"), Sort(), 0, 20)
    export_leads(view, ExportOrder("xlsx", ALL), tmp_path / "out.xlsx")
    record_audit(settings, AuditEvent("test", columns=["asha@example.org", "+91 98765 43210", "Phone", "Score 2026"]))
    told = str(read_audit(settings))
    for column in ("ls_name", "ls_email", "ls_phone"):
        assert not any(str(cell) in told for cell in leads[column].dropna())
    assert read_audit(settings)[0].columns == (*["(a header that looks like a contact)"] * 2, "Phone", "Score 2026")


def test_only_admin_reads_it(places: Path, tmp_path: Path) -> None:
    settings = load_settings()
    write(settings, 1)
    with acting_as(SALES):
        for read in (read_audit, verify_audit, lambda s: export_audit(s, tmp_path / "a.csv")):
            with pytest.raises(NotPermittedError, match="Only admin may read the audit"):
                read(settings)
    assert not (tmp_path / "a.csv").exists()


def test_the_command_line_checks_and_exports_it(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    settings = load_settings()
    write(settings, 3)
    code, out, _ = run("audit", "verify")
    assert (code, out.split(":")[0]) == (0, "The audit holds")
    head = out.split()[-1]
    assert run("audit", "export", tmp_path / "audit.csv")[0] == 0
    written = pd.read_csv(tmp_path / "audit.csv")
    assert written["Hash"].iloc[-1] == head
    assert written["Who"].str.startswith("user ").all()
    assert run("audit", "verify", "--head", head)[0] == 0
    assert run("audit", "verify", "--head", "0" * 63 + "1")[0] == 1
    tamper(settings, "DELETE FROM audit WHERE number = 2")
    code, out, _ = run("audit", "verify")
    assert (code, out) == (1, "The audit does not hold: row 2 was removed.\n")
