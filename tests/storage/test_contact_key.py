"""The key of contacts: kept by its owner alone, and what was kept without it is known again under it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from leadscore_core.batches.known_people import contacts_of, lead_keys
from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import StorageError
from leadscore_core.inference.contact_quality import hash_texts
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage import contact_key as keys
from leadscore_core.storage.contact_key import KEY_FILE, contact_key, key_fault
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.engine import close_databases, open_database
from leadscore_core.storage.database.tables import PersonKeyRow
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing
from leadscore_core.upkeep.health import find_faults


def kept_hashes(batch: Batch, settings: Settings) -> set[int]:
    table = pq.read_table(batch.scores_path)
    found = {v for name in table.column_names if name.endswith("_key") for v in table[name].to_pylist() if v}
    with open_database(settings).session() as session:
        return found | set(session.execute(select(PersonKeyRow.key).where(PersonKeyRow.kind != "row")).scalars())


def test_a_phone_number_cannot_be_found_by_trying_all_of_them(batch: Batch) -> None:
    settings = load_settings()
    (lead,) = lead_keys(batch, LeadTable(batch.scores_path, Standing()), [0])
    ContactStore(settings).record(batch.schema_name, batch.id, lead, Result("no_answer"), caller="Anna")
    listed = pd.read_parquet(batch.leads_path)
    numbers = [header for header in listed if listed[header].astype("str").str.contains(r"^\+?[\d\s-]{10,}$").any()]
    guesses = pd.Series([f"+91{cell[-10:]}" for header in numbers for cell in listed[header].astype("str")])
    kept = kept_hashes(batch, settings)
    assert len(kept) > len(listed)
    assert set(hash_texts(guesses).tolist()).isdisjoint(kept)
    assert stat.S_IMODE((settings.data_dir / KEY_FILE).stat().st_mode) == 0o600


def test_what_was_kept_without_a_key_is_known_again_under_it(
    kept: Settings, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:  # as it was before there were keys
        before.setattr("leadscore_core.batches.save.contact_key", lambda _: "")
        first = save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)
        (lead,) = lead_keys(first, LeadTable(first.scores_path, Standing()), [3])
        ContactStore(kept).record(first.schema_name, first.id, lead, Result("do_not_call"), caller="Anna")
    assert not (kept.data_dir / KEY_FILE).exists()
    unkeyed = kept_hashes(first, kept)
    with monkeypatch.context() as killed:  # between the database and the files
        killed.setattr(keys, "_rekey_scores", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(StorageError):
            contact_key(kept)
    contact_key(kept)
    assert unkeyed.isdisjoint(kept_hashes(first, kept))
    again = pd.read_csv(new_list, dtype="str", keep_default_na=False).iloc[::-1]
    again.to_csv(new_list, index=False)
    second = save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Tuesday", settings=kept)
    for batch, row in ((first, 3), (second, len(again) - 4)):
        contacts = contacts_of(batch, LeadTable(batch.scores_path, Standing()), kept)
        assert contacts.row[contacts.suppressed_by != ""].tolist() == [row]


def test_a_lost_key_is_said_and_nothing_is_hashed_by_another(batch: Batch) -> None:
    settings = load_settings()
    before = kept_hashes(batch, settings)
    os.unlink(settings.data_dir / KEY_FILE)
    with pytest.raises(StorageError, match="Restore it from a backup"):
        contact_key(settings)
    assert kept_hashes(batch, settings) == before


def replaced_key(settings: Settings) -> None:
    path = settings.data_dir / KEY_FILE
    path.write_text("another-key-0123", encoding="ascii")


def test_a_database_beside_another_key_is_said_and_nothing_is_kept_by_it(
    batch: Batch, new_list: Path, trained: LeadModel, run: Callable[..., tuple[int, str, str]]
) -> None:
    settings = load_settings()
    before = kept_hashes(batch, settings)
    replaced_key(settings)
    with pytest.raises(StorageError, match="known by another key than that in"):
        save_batch(open_list(new_list, trained.schema, settings=settings), trained, name="Tuesday", settings=settings)
    assert kept_hashes(batch, settings) == before
    assert [fault for fault in find_faults(settings) if "known by another key" in fault]
    (settings.data_dir / KEY_FILE).unlink()
    assert [fault for fault in find_faults(settings) if "contact.key is missing" in fault]


def test_a_new_database_beside_a_key_says_by_which_it_is_known(
    kept: Settings, new_list: Path, trained: LeadModel
) -> None:
    key = contact_key(kept)
    close_databases()
    if kept.database_url is None:  # moved away, as is advised where it is damaged and there is no backup
        for path in kept.data_dir.glob("leadscore.db*"):
            path.unlink()
    assert contact_key(kept) == key
    save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)
    assert key_fault(kept) == ""
    replaced_key(kept)
    assert "known by another key" in key_fault(kept)


def test_a_database_older_than_keys_that_is_put_beside_one_is_brought_under_it(
    places: Path, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    with monkeypatch.context() as before:  # as it was before there were keys and an audit
        before.setattr("leadscore_core.batches.save.contact_key", lambda _: "")
        before.setattr("leadscore_core.storage.database.batches.append_audit", lambda *_: None)
        leads = open_list(new_list, trained.schema, settings=settings)
        first = save_batch(leads, trained, name="Monday", settings=settings)
        (lead,) = lead_keys(first, LeadTable(first.scores_path, Standing()), [3])
        ContactStore(settings).record(first.schema_name, first.id, lead, Result("do_not_call"), caller="Anna")
    unkeyed = kept_hashes(first, settings)
    replaced_key(settings)
    again = pd.read_csv(new_list, dtype="str", keep_default_na=False).iloc[::-1]
    again.to_csv(new_list, index=False)
    leads = open_list(new_list, trained.schema, settings=settings)
    second = save_batch(leads, trained, name="Tuesday", settings=settings)
    assert unkeyed.isdisjoint(kept_hashes(first, settings))
    for batch, row in ((first, 3), (second, len(again) - 4)):
        contacts = contacts_of(batch, LeadTable(batch.scores_path, Standing()), settings)
        assert contacts.row[contacts.suppressed_by != ""].tolist() == [row]
    assert key_fault(settings) == ""
