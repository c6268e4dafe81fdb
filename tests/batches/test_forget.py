"""Forgetting a person and keeping lists only so long: what goes, what stays, what the receipt says."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import Person, acting_as
from leadscore_core.batches import forget as forgetting
from leadscore_core.batches import retention
from leadscore_core.batches.export import ExportJob, ExportOrder, export_leads
from leadscore_core.batches.find_person import Wanted, find_person
from leadscore_core.batches.forget import forget_person
from leadscore_core.batches.known_people import contacts_of, lead_keys
from leadscore_core.batches.retention import own_retention, remove_due, remove_due_daily, save_retention
from leadscore_core.batches.save import rescore_batch, save_batch
from leadscore_core.batches.view import open_view
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import NotPermittedError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.audit import read_audit
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing

ROW = 7
SOURCES = {"first_utm_source_c", "first_utm_medium_c", "first_platform_c"}


@pytest.fixture
def person(monday: Batch) -> dict[str, str]:
    """Somebody of the list, as it says them."""
    return pd.read_parquet(monday.leads_path).astype("str").iloc[ROW].to_dict()


def work_on(batch: Batch, row: int, settings: Settings, result: str = "not_interested") -> None:
    """Call somebody, decide about them, and bring their outcome."""
    (lead,) = lead_keys(batch, LeadTable(batch.scores_path, Standing()), [row])
    said = Result(result, note="lives with Aunt Marker")
    ContactStore(settings).record(batch.schema_name, batch.id, lead, said, caller="Anna")
    decisions = DecisionStore(settings)
    decisions.set_override(batch, row, "Hot", days=9, note="Aunt Marker asked", author="Anna", lead=lead)
    decisions.give_feedback(batch, row, "too_low", note="Aunt Marker", author="A", propensity=0.1, model_id="m")
    OutcomeStore(settings).add(batch, np.array([row, row + 1]), np.array([1, 0]), file_name="o.csv")


def everything(settings: Settings) -> str:
    """Return all that is kept, as text."""
    parts = []
    for path in sorted(p for p in settings.data_dir.rglob("*") if p.is_file()):
        is_table = path.suffix == ".parquet"
        parts.append(pq.read_table(path).to_pandas().to_csv() if is_table else path.read_bytes().decode("latin-1"))
    with open_database(settings).session() as session:
        for table in ("batch", "scoring", "attempt", "person", "override", "feedback", "restored", "queue", "audit"):
            parts += [json.dumps(list(map(str, row))) for row in session.execute(text(f'SELECT * FROM "{table}"'))]  # noqa: S608  # names are quoted or ours, values are bound
    return "\n".join(parts)


def contacts(person: dict[str, str]) -> list[str]:
    return [person[name] for name in ("lead_id", "full_name", "email", "phone")]


def test_a_person_is_gone_from_every_list_and_from_all_that_was_said_of_them(
    kept: Settings, monday: Batch, tuesday: Batch, person: dict[str, str], trained: LeadModel
) -> None:
    work_on(monday, ROW, kept)
    pd.DataFrame({"propensity": np.zeros(monday.rows)}).to_parquet(monday.folder / "shadow-m.parquet")
    before = {path: pq.read_table(path) for path in kept.data_dir.rglob("*.parquet")}
    receipt = forget_person(Wanted(email=person["email"].upper()), kept)
    left = everything(kept)
    assert not [said for said in (*contacts(person), "Aunt Marker") if said in left]
    assert receipt.lists == {"Monday": 1, "Tuesday": 1}
    assert (receipt.outcomes, receipt.removed.attempts, receipt.removed.reviews, receipt.removed.people) == (1, 1, 1, 1)
    assert not [said for said in contacts(person) if said in "\n".join(receipt.lines)]
    for path, table in before.items():  # of others nothing changed, and no row moved
        after = pq.read_table(path).to_pandas()
        old = table.to_pandas()
        if path.name.startswith("outcomes"):
            assert after["ls_row"].tolist() == [ROW + 1]
            continue
        if path.name.startswith("shadow"):
            assert after.equals(old)
            continue
        changed = ~(after.eq(old) | (after.isna() & old.isna())).all(axis=1)
        assert changed.sum() == 1
        assert old[changed].iloc[0].get("ls_source") == after[changed].iloc[0].get("ls_source")
        assert {name for name in SOURCES if name in old and (old[name] != after[name])[changed].any()} == set()
    (entry,) = [one for one in read_audit(kept) if one.action == "forget a person"]
    assert (entry.object, entry.rows, entry.details["lists"]) == ("a person", 2, 2)
    assert find_person(Wanted(email=person["email"]), kept).is_empty
    again = rescore_batch(monday, trained, settings=kept)
    assert again.rows == monday.rows
    view = open_view(again, lambda _: trained, trained.schema, settings=kept)
    assert view.table.by_row(ROW)["ls_junk"].tolist() == ["unreachable"]


def test_whoever_is_not_to_be_called_stays_so_and_is_otherwise_new(
    kept: Settings, monday: Batch, person: dict[str, str], trained: LeadModel, new_list: Path
) -> None:
    work_on(monday, ROW, kept, "do_not_call")
    receipt = forget_person(Wanted(id=person["lead_id"]), kept)
    assert receipt.removed.still_barred == 1
    assert "keyed hashes" in "\n".join(receipt.lines)
    left = everything(kept)
    assert not [said for said in (*contacts(person), "Aunt Marker", "Anna") if said in left]
    later = pd.read_csv(new_list, dtype="str", keep_default_na=False).iloc[[ROW, 3]].assign(lead_id=["new-1", "new-2"])
    later.to_csv(new_list, index=False)
    batch = save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Later", settings=kept)
    standing = contacts_of(batch, LeadTable(batch.scores_path, Standing()), kept)
    assert standing.row[standing.suppressed_by != ""].tolist() == [0]
    scores = pq.read_table(batch.scores_path).to_pandas().set_index("ls_row")
    assert scores["ls_rule_seen_before"].to_dict() == {0: False, 1: True}


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_typed_phone_is_read_as_each_list_reads_its_own(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    leads = pd.read_csv(new_list, dtype="str", keep_default_na=False).head(40)

    def save(name: str, country: str, first: str) -> None:
        numbers = [first, *(f"{first[:-2]}{n}" for n in range(10, 49))]
        emails = [f"{name}{n}@example.org" for n in range(len(numbers))]
        leads.assign(phone=numbers, email=emails, lead_id=emails, Country=country).to_csv(new_list, index=False)
        save_batch(open_list(new_list, trained.schema, settings=kept), trained, name=name, settings=kept)

    save("Berlin", "Germany", "030 2345 6789")
    found = find_person(Wanted(phone="030 23456789"), kept)
    assert found.lists == {"Berlin": 1}
    assert found.rows == find_person(Wanted(phone="+49 30 2345 6789"), kept).rows
    assert find_person(Wanted(phone="030 2345 6700"), kept).is_empty
    save("Milano", "Italia", "030 2345 6789")
    with pytest.raises(StorageError, match=r"known as one of \+39 and \+49, so it may be several people's"):
        find_person(Wanted(phone="030 23456789"), kept)
    assert find_person(Wanted(phone="+39 030 2345 6789"), kept).lists == {"Milano": 1}
    forget_person(Wanted(phone="+49 30 2345 6789"), kept)
    assert find_person(Wanted(phone="030 23456789"), kept).lists == {"Milano": 1}, "no question any more"


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_shared_phone_is_not_one_person_and_nonsense_finds_nobody(
    kept: Settings, new_list: Path, trained: LeadModel
) -> None:
    leads = pd.read_csv(new_list, dtype="str", keep_default_na=False)
    leads["phone"] = "98765 43210"
    leads.to_csv(new_list, index=False)
    save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Desk", settings=kept)
    with pytest.raises(StorageError, match="not one person"):
        forget_person(Wanted(phone="+91 98765 43210"), kept)
    for wanted in (Wanted(), Wanted(email="nobody"), Wanted(phone="12")):
        with pytest.raises(StorageError):
            find_person(wanted, kept)
    with pytest.raises(StorageError, match="Nothing is kept"):
        forget_person(Wanted(email="asha@elsewhere.example.org"), kept)
    for role in set(PersonRole) - {PersonRole.ADMIN}:
        with acting_as(Person("p", "P", frozenset({role}))), pytest.raises(NotPermittedError):
            forget_person(Wanted(email=leads["email"][0]), kept)


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_what_a_crash_left_is_finished_by_doing_it_again(
    kept: Settings, monday: Batch, person: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, written = forgetting.whole_file, []

    def full_disk(path: Path):
        if path.name == "leads.parquet":
            raise OSError(28, "No space left on device")
        written.append(path)
        return whole(path)

    before = everything(kept)
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "whole_file", full_disk)
        with pytest.raises(StorageError, match="No space left"):
            forget_person(Wanted(email=person["email"]), kept)
    assert written
    assert everything(kept) == before
    forget_person(Wanted(email=person["email"]), kept)
    assert person["email"] not in everything(kept)


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_an_export_after_it_holds_the_row_without_the_person(
    kept: Settings, monday: Batch, person: dict[str, str], trained: LeadModel, tmp_path: Path
) -> None:
    view = open_view(monday, lambda _: trained, trained.schema, settings=kept)
    job = ExportJob(view, ExportOrder("csv"), "list.csv")
    assert job.wait(60)
    assert forget_person(Wanted(phone=person["phone"]), kept).exports == 1
    assert (job.content, "Export it again" in job.error) == (None, True)
    view = open_view(monday, lambda _: trained, trained.schema, settings=kept)
    written = export_leads(view, ExportOrder("csv"), tmp_path / "o.csv")
    assert written < monday.rows
    assert not [said for said in contacts(person) if said in (tmp_path / "o.csv").read_text()]


def test_a_list_that_is_due_is_deleted_and_one_that_is_kept_longer_stays(
    kept: Settings, monday: Batch, tuesday: Batch, person: dict[str, str]
) -> None:
    work_on(monday, ROW, kept)
    late = monday.created_at + timedelta(days=31)
    assert remove_due(kept, moment=late) == []
    settings = kept.model_copy(update={"retention_days": 30})
    save_retention(tuesday.id, 0, based_on=0, author="Ada", settings=settings)
    assert remove_due(settings, moment=monday.created_at + timedelta(days=29)) == []
    assert [batch.name for batch in remove_due(settings, moment=late)] == ["Monday"]
    assert [batch.name for batch in BatchStore(settings).list_batches()] == ["Tuesday"]
    assert not monday.folder.exists()
    assert "Aunt Marker" not in everything(settings)
    assert [one.details for one in read_audit(settings) if one.action == "delete lists"] == [
        {"why": "kept for 30 days"}
    ]
    save_retention(tuesday.id, None, based_on=1, author="Ada", settings=settings)
    assert own_retention(settings).current().value.batches == {}
    with acting_as(Person("s", "Sam", frozenset({PersonRole.SALES}))), pytest.raises(NotPermittedError):
        save_retention(tuesday.id, 1, based_on=2, author="Sam", settings=settings)


def test_the_dashboard_deletes_what_is_due_each_day(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_RETENTION_DAYS", "1")
    monkeypatch.setattr(retention, "now", lambda: batch.created_at + timedelta(days=1))
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        remove_due_daily(wait)
    assert waited == [86_400, 86_400]
    assert BatchStore(load_settings()).list_batches() == []


def test_the_command_says_where_somebody_stands_and_forgets_only_when_it_is_said(
    run: Callable[..., tuple[int, str, str]], batch: Batch, tmp_path: Path
) -> None:
    email = str(pd.read_parquet(batch.leads_path)["email"].iloc[ROW])
    code, out, err = run("forget", "--email", email)
    assert (code, "Monday (1 row)" in out + err, "Nothing was removed" in out + err) == (0, True, True)
    code, out, err = run("forget", "--email", email, "--yes", "--receipt", tmp_path / "receipt.txt")
    assert code == 0
    assert "Monday: 1 lead emptied" in (tmp_path / "receipt.txt").read_text()
    assert email not in out + err
    assert run("forget", "--email", email)[0] == 1
    assert run("forget", "--email", email, "--due")[0] == 2
    assert run("retention", "set", batch.id, "1")[0] == 0
    assert "said for this list" in str(run("retention", "list"))
    assert "Deleted 0 lists" in str(run("forget", "--due"))
