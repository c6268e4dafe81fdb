"""What each role is given by the core: contacts, pseudonyms, one lead at a time, or groups of enough leads alone."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import acting_as
from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.sources import Scope, explain_gaps, find_far_segments, open_sources, rate_by
from leadscore_core.analytics.trends import flow_leads, trend_groups
from leadscore_core.batches.lead_profile import describe_lead
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.config import load_settings
from leadscore_core.errors import NotPermittedError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import Result
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import CONTACTS, LeadTable, Sort
from leadscore_core.storage.leads.pseudonyms import KEY_FILE, PSEUDONYM
from leadscore_core.storage.leads.standing import Standing
from tests.access.people import EACH, person_of

SCIENCE, MARKETING, CALLER = (EACH[role] for role in (PersonRole.DATA_SCIENCE, PersonRole.MARKETING, PersonRole.CALLER))
ALL = LeadFilter(section="all")


def opened(batch: Batch, model: LeadModel) -> BatchView:
    return open_view(batch, lambda _: model, model.schema)


def contacts_of(batch: Batch) -> set[str]:
    whole = LeadTable(batch.scores_path, Standing())
    found = whole.page(ALL, Sort(), 0, whole.rows)
    return {str(cell) for column in CONTACTS if column in found for cell in found[column].dropna()}


def test_data_science_sees_leads_under_pseudonyms(batch: Batch, trained: LeadModel, places: Path) -> None:
    contacts = contacts_of(batch)
    with acting_as(SCIENCE):
        view = opened(batch, trained)
        leads = view.table.page(ALL, Sort(), 0, 250)
        shown = view.present(leads, view.list_columns(quarantine=False))
        profile = describe_lead(view, int(leads["ls_row"].iloc[0]), lambda _: trained)
        sampled = view.table.sample(ALL, 50)
    assert set(CONTACTS).isdisjoint(leads.columns)
    assert leads[PSEUDONYM].nunique() > 200
    assert list(shown.columns)[1] == "Pseudonym"
    told = {str(cell) for frame in (leads, shown, profile.own, sampled) for cell in frame.to_numpy().ravel()}
    assert told.isdisjoint(contacts)
    assert (places / KEY_FILE).stat().st_mode & 0o077 == 0
    with acting_as(SCIENCE):
        assert opened(batch, trained).table.page(ALL, Sort(), 0, 250)[PSEUDONYM].equals(leads[PSEUDONYM])
    (places / KEY_FILE).unlink()
    with acting_as(SCIENCE):  # another key, other pseudonyms: nobody can make them from the contacts alone
        assert not opened(batch, trained).table.page(ALL, Sort(), 0, 250)[PSEUDONYM].isin(leads[PSEUDONYM]).any()


def test_data_science_can_neither_search_sort_nor_choose_what_says_who_somebody_is(
    batch: Batch, trained: LeadModel
) -> None:
    with acting_as(SCIENCE):
        view = opened(batch, trained)
        assert not {"ls_name", "ls_phone", "ls_email", "ls_id"} & set(view.choices().values())
        assert not any(name.startswith("In the list") for name in view.choices())
        with pytest.raises(NotPermittedError):
            view.table.count(replace(ALL, text="asha"))
        with pytest.raises(StorageError):
            view.table.page(ALL, Sort("ls_name"), 0, 5)
        with pytest.raises(NotPermittedError):
            view.present(view.table.page(ALL, Sort(), 0, 5), ["In the list: Phone"])
        with pytest.raises(NotPermittedError):
            view.table.with_contacts()


def test_a_caller_sees_the_lead_that_they_have_and_no_other(batch: Batch, trained: LeadModel) -> None:
    settings = load_settings()
    with acting_as(CALLER):
        view = opened(batch, trained)
        queue = CallQueue(view, settings)
        with pytest.raises(NotPermittedError):
            view.present(view.table.page(ALL, Sort(), 0, 5), [])
        assert set(CONTACTS).isdisjoint(view.table.page(ALL, Sort(), 0, 5).columns)
        assert PSEUDONYM not in view.table.page(ALL, Sort(), 0, 5)
        claim = queue.claim("caller")
        assert claim is not None
        lead = describe_lead(view, claim.row, lambda _: trained).lead
        assert lead["ls_name"]
        other = next(row for row in view.table.rows_of(LeadFilter()).tolist() if row != claim.row)
        with pytest.raises(NotPermittedError, match="Only sales, data science and admin may see the leads"):
            describe_lead(view, other, lambda _: trained)
        with pytest.raises(NotPermittedError, match="not yours now"):
            queue.record(other, Result("interested"), caller="caller")
        with pytest.raises(NotPermittedError, match="calls as caller alone"):
            queue.claim("Anna")
        assert not queue.claims.claim_lead(batch, other, "caller")
        attempt = queue.record(claim.row, Result("no_answer"), caller="caller")
        with pytest.raises(NotPermittedError):
            describe_lead(view, claim.row, lambda _: trained)  # it is called, and theirs no longer
        assert queue.contacts.undo(attempt, by="caller")
        assert queue.claims.claim_lead(batch, claim.row, "caller")
        again = queue.record(claim.row, Result("no_answer"), caller="caller")
    with acting_as(person_of(PersonRole.CALLER, name="Zoe")), pytest.raises(NotPermittedError):
        queue.contacts.undo(again, by="Zoe")


def test_marketing_sees_no_small_group(labelled: Batch, trained: LeadModel) -> None:
    with acting_as(MARKETING):
        view = open_sources([labelled], trained.schema)
        for by in [d for d in view.dimensions if not d.startswith("ls_")]:
            rates = rate_by(view, [by], ALL, "completed")
            assert rates.table["leads"].min() >= 10, by
            assert rates.table["leads"].sum() == rates.totals["leads"], by
        crossed = rate_by(view, [view.default, "ls_month"], ALL, "completed").table
        assert crossed["leads"].min() >= 10
        city = next(d for d in view.dimensions if "city" in d and "tier" not in d)
        names = rate_by(view, [city], ALL, "completed").table["name"].tolist()
        assert any(name.startswith("other, fewer than 10") for name in names)
        with pytest.raises(NotPermittedError):
            opened(labelled, trained)
    everybody = open_sources([labelled], trained.schema)
    assert rate_by(everybody, [city], ALL, "completed").table["leads"].min() < 10


def test_marketing_cannot_narrow_down_to_few_leads(labelled: Batch, trained: LeadModel) -> None:
    whole = open_sources([labelled], trained.schema)
    city = next(d for d in whole.dimensions if "city" in d and "tier" not in d)
    counts = whole.table.groups([city], ALL, most=None)
    rare = str(counts.loc[counts["leads"] < 10, city].dropna().iloc[-1])
    with acting_as(MARKETING):
        view = open_sources([labelled], trained.schema)
        assert rare not in view.table.values(city, ALL, 10_000)
        few = replace(ALL, values={city: (rare,)})
        for count in (
            lambda: view.table.totals(few),
            lambda: rate_by(view, [view.default], few, "completed"),
            lambda: find_far_segments(view, few, "completed"),
        ):
            with pytest.raises(StorageError, match="Fewer than 10 leads fit"):
                count()
        with pytest.raises(NotPermittedError):
            view.table.totals(replace(ALL, text="asha"))
        with pytest.raises(StorageError):
            view.table.groups(["ls_email"], ALL)


def test_every_section_of_sources_works_for_marketing(labelled: Batch, trained: LeadModel) -> None:
    contacts = contacts_of(labelled)
    with acting_as(MARKETING):
        view = open_sources([labelled], trained.schema)
        scope = Scope(view.default)
        assert len(explain_gaps(view, scope.by, ALL, "completed").table) > 1
        assert trend_groups(view, scope.by, ALL, "completed") is not None
        assert flow_leads(view, scope.by, ALL, "completed")["leads"].sum() > 0
        report = make_report(view, scope).decode("utf-8")
    assert not [contact for contact in contacts if len(contact) > 5 and contact in report]


def test_who_has_no_role_sees_nothing(batch: Batch, trained: LeadModel) -> None:
    with acting_as(person_of()):
        with pytest.raises(NotPermittedError, match="Ben has no role here"):
            opened(batch, trained)
        with pytest.raises(NotPermittedError):
            open_sources([batch], trained.schema)
    assert pd.notna(LeadTable(batch.scores_path, Standing()).page(ALL, Sort(), 0, 1)["ls_name"].iloc[0])
