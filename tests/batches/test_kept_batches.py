"""Kept lists end to end: keeping, repeats, views, stories, planning, exports."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from leadscore_core.batches import duplicates as earlier
from leadscore_core.batches.crm_export import crm_columns, preview_crm
from leadscore_core.batches.export import ExportJob, ExportOrder, export_bytes, export_leads, leads_to_export
from leadscore_core.batches.lead_profile import describe_lead, waterfall
from leadscore_core.batches.list_news import list_news
from leadscore_core.batches.planning import ALL, CALLS, plan_batch, preview_grades, trade_off, with_junk_cut
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.save import rescore_batch, save_batch
from leadscore_core.batches.view import JUNK, REPEAT, SHORT, WHY, BatchView, file_rows, open_view
from leadscore_core.config import GradeRule, GradeShares, JunkRules, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import ExportError, LeadScoreError
from leadscore_core.inference import duplicates
from leadscore_core.inference.export.crm_columns import ALWAYS, CrmChoice
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.contacts import Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK

QUARANTINE = LeadFilter(section="quarantine")


def keep(frame: pd.DataFrame, folder: Path, model: LeadModel, name: str) -> Batch:
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return save_batch(open_list(path, model.schema), model, name=name)


def look(batch: Batch, model: LeadModel, **rules: object) -> BatchView:
    return open_view(batch, lambda _: model, model.schema, **rules)  # type: ignore[arg-type]


def test_a_kept_list_has_the_scores_of_the_core(view: BatchView, sample: SampleLeads, trained: LeadModel) -> None:
    wanted = score_leads(sample.new, trained, reasons=2)
    found = view.table.page(ALL, Sort("arrival"), 0, 999)
    assert found["ls_propensity"].tolist() == wanted["propensity"].tolist()
    assert found["ls_score"].tolist() == wanted["lead_score"].tolist()
    assert view.junk_words(found).tolist() == wanted["junk_reason"].tolist()
    assert view.present(found, [WHY])[WHY].tolist() == wanted["reason_1"].tolist()


def test_a_second_list_knows_the_first(batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path) -> None:
    again = sample.new.head(30).assign(email=lambda f: f["email"].str.upper(), full_name="Somebody Else")
    again = pd.concat([again, again.tail(1)], ignore_index=True)
    second = look(keep(again, tmp_path, trained, "Tuesday"), trained, junk=JunkRules(contact=("seen_before",)))
    reachable = (again["email"] != "") | (again["phone"] != "")
    assert second.table.rule_counts()["seen_before"] == reachable.sum()
    aside = second.table.page(replace(QUARANTINE, reason="seen_before"), Sort(), 0, 99)
    assert len(aside) == reachable.sum()
    assert second.junk_words(aside).str.contains("as in Monday, which came first and is kept").all()
    assert look(batch, trained).table.rule_counts()["seen_before"] == 0


def test_repeats_within_a_list_say_which_lead_is_kept(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    leads = sample.new[(sample.new["email"] != "") & (sample.new["phone"] != "")].head(20).reset_index(drop=True)
    twin = leads.head(1).assign(phone="", full_name="A N Other")
    kept = look(keep(pd.concat([leads, twin]), tmp_path, trained, "x"), trained, junk=JunkRules(contact=("duplicate",)))
    aside = kept.table.page(replace(QUARANTINE, reason="duplicate"), Sort(), 0, 9)
    assert aside["ls_row"].tolist() == [20]
    result = kept.junk_words(aside).iloc[0]
    assert result == "Duplicate in this list: same e-mail as row 2, which has more contact details and is kept"
    usual = look(kept.batch, trained)  # as LeadScore comes: marked, and called
    called = usual.table.page(CALLS, Sort("arrival"), 0, 99)
    shown = usual.present(called, [SHORT, REPEAT])
    assert shown[REPEAT].tolist() == [""] * (len(called) - 1) + ["Duplicate of row 2"]
    assert shown[SHORT].str.startswith("Duplicate of row 2. ").tolist() == (shown[REPEAT] != "").tolist()
    again = look(keep(leads.head(5), tmp_path, trained, "y"), trained)
    assert set(again.repeat_marks(again.table.page(ALL, Sort("arrival"), 0, 19))) == {"Seen in x"}


def test_the_story_of_a_lead(view: BatchView, trained: LeadModel, sample: SampleLeads) -> None:
    story = describe_lead(view, 12, lambda _: trained)
    assert story.trend == "Not enough history"
    assert story.change is None
    assert all(r.contribution > 0 for r in story.for_it)
    assert all(r.contribution < 0 for r in story.against_it)
    parts = waterfall(story, trained, most=3)
    assert story.base is not None
    assert story.base + parts["points"].sum() == pytest.approx(story.lead["ls_propensity"], abs=1e-6)
    own = dict(zip(story.own["Column"], story.own["Value"], strict=True))
    assert own["full_name"] == sample.new["full_name"].iloc[12]
    with pytest.raises(LeadScoreError, match="no such lead"):
        describe_lead(view, 10_000, lambda _: trained)


def test_a_person_is_known_again_and_the_change_is_split(
    batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    other = train_model(sample.labelled.head(900), params=FEW_TREES, n_repeats=1)
    models = {trained.model_id: trained, other.model_id: other}
    row = int(np.flatnonzero(sample.new["email"] != "")[3])
    lead = sample.new.iloc[[row]].assign(
        lead_id="other", total_leads_droppped=4, email=lambda f: f["email"].str.upper()
    )
    second = open_view(keep(lead, tmp_path, other, "Later"), models.__getitem__, trained.schema)
    story = describe_lead(second, 0, models.__getitem__)
    assert [a.batch_name for a in story.history] == ["Monday", "Later"]
    assert story.history[0].row == row
    assert story.change is not None
    change = story.history[1].propensity - story.history[0].propensity
    assert story.change["points"].sum() == pytest.approx(change, abs=2e-6)
    assert set(story.change["cause"]) == {"model", "data"}
    assert story.change.loc[story.change["cause"] == "data", "column"].tolist() == ["total_leads_droppped"]


def test_a_rescored_batch_tells_its_earlier_score(batch: Batch, trained: LeadModel, sample: SampleLeads) -> None:
    other = train_model(sample.labelled.head(900), params=FEW_TREES, n_repeats=1)
    models = {trained.model_id: trained, other.model_id: other}
    again = open_view(rescore_batch(batch, other), models.__getitem__, trained.schema)
    story = describe_lead(again, 5, models.__getitem__)
    assert [a.model_id for a in story.history] == [trained.model_id, other.model_id]
    assert story.change is not None
    assert story.change["cause"].tolist() == ["model"]
    del models[trained.model_id]

    def gone(model_id: str) -> LeadModel:
        if model_id not in models:
            raise LeadScoreError("gone")
        return models[model_id]

    assert describe_lead(again, 5, gone).change is None


def test_restored_leads_stay_restored_and_no_score_moves(batch: Batch, view: BatchView, trained: LeadModel) -> None:
    aside = view.table.rows_of(QUARANTINE)
    DecisionStore(load_settings()).restore(batch, aside[:2], note="", by="Anna")
    after = look(rescore_batch(batch, trained), trained)
    assert after.table.count(CALLS) == view.table.count(CALLS) + 2
    assert describe_lead(after, int(aside[0]), lambda _: trained).restored is not None
    scores = [v.table.page(ALL, Sort("arrival"), 0, 999)["ls_propensity"].tolist() for v in (view, after)]
    assert scores[0] == scores[1]


def test_an_override_is_shown_as_such(batch: Batch, trained: LeadModel) -> None:
    DecisionStore(load_settings()).set_override(batch, 4, "Hot", days=3, note="", author="Anna")
    view = look(batch, trained)
    lead = view.table.by_row(4)
    assert view.present(lead, [])["Grade"].tolist() == ["Hot (set by Anna)"]
    result = pd.read_csv(
        io.BytesIO(export_bytes(view, ExportOrder("csv", ALL, Sort("arrival")))), keep_default_na=False
    )
    assert result["grade_set_by_hand"].tolist()[4] == "Hot"
    assert result["grade"].tolist()[4] == lead["ls_model_grade"].iloc[0]


def test_plans_equal_sums(view: BatchView) -> None:
    plan = plan_batch(view, 40)
    called = view.table.propensities(CALLS, Sort(), 40)
    assert plan.expected == pytest.approx(called.sum())
    assert plan.expected + plan.missed == pytest.approx(view.batch.scoring.expected)
    assert plan.in_arrival_order == pytest.approx(view.table.propensities(ALL, Sort("arrival"), 40).sum())
    assert plan.low <= plan.expected <= plan.high


def test_previews_count_as_the_table_does(view: BatchView, trained: LeadModel) -> None:
    for rule in (GradeRule(), GradeRule(by="share", shares=GradeShares(hot=0.1, warm=0.2, cold=0.3))):
        preview = preview_grades(view, rule, 100).set_index("grade")
        found = look(view.batch, trained, grades=rule).table.by_grade(ALL)
        assert preview["leads"].to_dict() == {grade: found.get(grade, (0, 0))[0] for grade in preview.index}
        assert preview["expected"].sum() == pytest.approx(view.batch.scoring.expected)
        assert preview["down_to"].iloc[-1] == 1.0
        assert preview["known"].sum() > 0


@pytest.mark.parametrize("by", ["propensity", "share"])
def test_a_cut_puts_aside_what_it_says(view: BatchView, trained: LeadModel, by: str) -> None:
    trade = trade_off(view)
    rule = with_junk_cut(GradeRule(by=by), trade, 0.2)  # type: ignore[arg-type]
    after = look(view.batch, trained, grades=rule, junk=JunkRules(contact=()))
    assert after.table.count(QUARANTINE) == pytest.approx(0.2 * after.table.rows, abs=2)
    seen, own = trade.lost(0.2)
    assert seen is not None
    assert seen.low <= seen.value <= seen.high
    lost = after.table.propensities(QUARANTINE).sum() / after.batch.scoring.expected
    assert own.value == pytest.approx(lost, abs=0.005)


def test_exports_hold_what_is_shown(view: BatchView) -> None:
    chosen, sort = replace(CALLS, grades=("Warm",)), Sort("city_mapped")
    shown = view.table.page(chosen, sort, 0, 999)
    result = pd.read_parquet(io.BytesIO(export_bytes(view, ExportOrder("parquet", chosen, sort))))
    assert result["propensity"].tolist() == shown["ls_propensity"].tolist()
    assert result["full_name"].fillna("").tolist() == shown["ls_name"].fillna("").tolist()
    content = export_bytes(view, ExportOrder("hubspot", chosen, sort))
    assert content.startswith(b"\xef\xbb\xbf")  # Excel takes it for UTF-8
    made = pd.read_csv(io.BytesIO(content), keep_default_na=False)
    assert list(made.columns) == ["Email", *ALWAYS]
    known = shown[shown["ls_email"].notna()]
    assert made["Email"].tolist() == known["ls_email"].tolist()
    assert made["LeadScore score"].tolist() == known["ls_score"].tolist()
    assert set(made["LeadScore grade"]) == {"Warm"}


def test_a_crm_gets_ids_as_text_junk_as_junk_and_a_preview_tells_the_truth(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    leads = sample.new.head(60).assign(**{"Record Id": [f"{5725767000000411000 + k}" for k in range(60)]})
    leads.loc[[3, 7], "Record Id"] = ["", "5725767000000411000"]
    view = look(keep(leads, tmp_path, trained, "zoho"), trained)
    choice = CrmChoice("zoho", more=("city_mapped", "LeadScore model"), ending=".xlsx")
    order = ExportOrder("zoho", ALL, crm=choice)
    path = tmp_path / "out.xlsx"
    assert export_leads(view, order, path) == 58
    sheet = openpyxl.load_workbook(path)["Leads"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["Record Id", *ALWAYS, "LeadScore model", "City"]
    assert all(isinstance(row[0], str) and isinstance(row[1], int) for row in rows[1:])
    grades = view.table.page(ALL, Sort(), 0, 99)["ls_grade"]
    assert "Junk" in [row[2] for row in rows[1:]]
    columns = crm_columns(view, choice)
    preview = preview_crm(view, columns, leads_to_export(view, order))
    assert preview.written == 58
    assert preview.left_out == (
        "Left out: 1 lead without record id, of which Zoho CRM would make new records; 1 lead of a record that is in "
        "the file already."
    )
    blank = sum(row[5] is None for row in rows[1:])
    assert (f"Blank: City for {blank} lead" in preview.blank) == bool(blank)
    assert preview.rows.fillna("").to_numpy().tolist() == [[cell or "" for cell in row] for row in rows[1:4]]
    assert len(grades) == 60
    told: list[str] = []
    export_leads(view, order, path, progress=lambda share, text: told.append(text))
    assert "Wrote 58 of 60 leads. Left out: 1 lead without record id" in told[-1]
    gone = replace(view, model=None)
    assert "LeadScore reason" not in preview_crm(gone, columns, np.arange(5)).rows


def test_call_sheets_are_one_a_caller_with_colours(view: BatchView, tmp_path: Path) -> None:
    path = tmp_path / "calls.xlsx"
    assert export_leads(view, ExportOrder("xlsx", CALLS, most=60, callers=3), path) == 60
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Caller 1", "Caller 2", "Caller 3"]
    names, expected = [], []
    for sheet in book:
        header = [cell.value for cell in sheet[1]]
        assert header[:4] == ["Rank", "Name", "Score", "Grade"]
        assert sheet.freeze_panes == "C2"
        assert sheet.max_row == 21
        assert sheet["D2"].fill.start_color.rgb == "FFC2410C"
        names += [sheet.cell(row, 2).value for row in range(2, 22)]
        expected.append(sum(sheet.cell(row, 3).value for row in range(2, 22)))
    best = view.table.page(CALLS, Sort(), 0, 60)
    assert sorted(map(str, names)) == sorted(best["ls_name"].fillna("None"))
    assert max(expected) - min(expected) <= 100
    aside = tmp_path / "aside.xlsx"
    export_leads(view, ExportOrder("xlsx", QUARANTINE), aside)
    assert JUNK in [cell.value for cell in openpyxl.load_workbook(aside)["Leads"][1]]


def test_nothing_in_an_export_is_a_formula(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    nasty = sample.new.head(6).assign(full_name="=HYPERLINK(1)", city_mapped="<b>पुणे 😀</b>", phone="@SUM(1)")
    nasty["email"] = [f"a{k}@b.org" for k in range(6)]
    view = look(keep(nasty, tmp_path, trained, "=cmd()"), trained)
    for form, crm in (("csv", None), ("pipedrive", CrmChoice("pipedrive", more=("phone",)))):
        text = export_bytes(view, ExportOrder(form, ALL, crm=crm)).decode()
        assert "'=HYPERLINK" in text
        assert '"=HYPERLINK' not in text
        assert '"@SUM' not in text
    path = tmp_path / "x.xlsx"
    path.write_bytes(export_bytes(view, ExportOrder("xlsx", ALL)))
    for cells in openpyxl.load_workbook(path)["Leads"].iter_rows():
        assert all(cell.data_type != "f" for cell in cells)


def test_an_export_in_the_background_tells_how_far_it_is_and_stops(
    view: BatchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadscore_core.batches.export.CHUNK", 20)
    job = ExportJob(view, ExportOrder("csv", ALL), "x.csv")
    assert job.wait(60)
    assert (job.share, job.error) == (1.0, "")
    assert job.content == export_bytes(view, ExportOrder("csv", ALL))
    stopped = ExportJob(view, ExportOrder("csv", ALL), "x.csv")
    stopped.cancel()
    assert stopped.wait(60)
    assert stopped.content is None
    assert "stopped" in stopped.error


def test_an_unknown_format_is_said(view: BatchView, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no format"):
        export_leads(view, ExportOrder("pdf"), tmp_path / "x.pdf")


@pytest.mark.parametrize("case", ["one", "no contacts", "all junk", "300 columns", "names"])
def test_odd_lists_are_kept_and_shown(
    case: str, sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    leads = sample.new.head(40)
    if case == "one":
        leads = leads.head(1)
    elif case == "no contacts":
        leads = leads.drop(columns=["lead_id", "full_name", "email", "phone"])
    elif case == "all junk":
        leads = leads.assign(email="", phone="")
    elif case == "300 columns":
        leads = leads.assign(**{f"extra {k}": "x" for k in range(300)})
    else:
        leads = leads.assign(full_name=["आशा राव 😀", "<script>alert(1)</script>"] * 20)
    view = look(keep(leads, tmp_path, trained, case), trained)
    shown = view.present(view.table.page(ALL, Sort(), 0, 50), view.default_columns(quarantine=False))
    assert len(shown) == len(leads)
    assert list(shown.columns[:1]) == ["Rank"]
    assert len(shown.columns) <= 9
    assert plan_batch(view, 10).leads == (0 if case == "all junk" else min(10, view.table.count(CALLS)))
    preview_grades(view, GradeRule(), 10)
    trade_off(view).lost(0.2)
    assert describe_lead(view, 0, lambda _: trained).reasons
    for form in ("csv", "xlsx"):
        assert export_bytes(view, ExportOrder(form, ALL))
    if case == "no contacts":
        with pytest.raises(ExportError, match="no record id of HubSpot .* and no e-mail"):
            export_bytes(view, ExportOrder("hubspot", ALL))
    else:
        assert export_bytes(view, ExportOrder("hubspot", ALL))
    if case == "300 columns":
        assert "extra 7" in view.present(view.table.page(ALL, Sort(), 0, 5), ["In the list: extra 7"])


def test_a_batch_whose_model_is_gone_is_shown_without_reasons(batch: Batch, trained: LeadModel) -> None:
    def gone(_: str) -> LeadModel:
        raise LeadScoreError("gone")

    view = open_view(batch, gone, trained.schema)
    leads = view.table.page(ALL, Sort(), 0, 5)
    assert view.present(leads, [WHY])[WHY].tolist() == [""] * 5
    assert describe_lead(view, 1, gone).reasons == []
    assert trade_off(view).observed is None
    assert export_bytes(view, ExportOrder("csv", ALL))


def test_a_workbook_and_a_parquet_are_kept_like_the_csv(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    leads = sample.new.head(30)
    leads.to_excel(tmp_path / "a.xlsx", index=False)
    leads.astype({"total_leads_droppped": "int64"}).to_parquet(tmp_path / "a.parquet")
    leads.to_csv(tmp_path / "a.csv", index=False)
    found = []
    for ending in ("xlsx", "parquet", "csv"):
        kept = save_batch(open_list(tmp_path / f"a.{ending}", trained.schema), trained, name=ending)
        found.append(look(kept, trained).table.page(ALL, Sort("arrival"), 0, 99)["ls_propensity"].tolist())
        assert (
            look(rescore_batch(kept, trained), trained)
            .table.page(ALL, Sort("arrival"), 0, 99)["ls_propensity"]
            .tolist()
            == found[-1]
        )
    assert found[0] == found[1] == found[2]
    assert len(BatchStore(load_settings()).list_batches()) == 3


def test_a_lists_own_grade_and_score_stand_beside_ours(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    view = look(keep(sample.new.head(9).assign(Grade="A", Score="77"), tmp_path, trained, "graded"), trained)
    shown = view.present(view.table.page(ALL, Sort(), 0, 9), ["In the list: Grade", "In the list: Score"])
    assert set(shown["In the list: Grade"]) == {"A"}
    assert set(shown["Grade"]) <= {"Hot", "Warm", "Cold", "Junk"}
    path = tmp_path / "x.xlsx"
    path.write_bytes(export_bytes(view, ExportOrder("xlsx", ALL)))
    header = [cell.value for cell in openpyxl.load_workbook(path)["Leads"][1]]
    assert {"Grade", "Score", "In the list: Grade", "In the list: Score"} <= set(header)


def test_long_numbers_keep_every_digit_beside_a_blank(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    numbers = pd.array([9_198_765_432_101_234_567 - k for k in range(8)] + [None], dtype="Int64")
    sample.new.head(9).assign(record=numbers).to_parquet(tmp_path / "a.parquet")
    view = look(save_batch(open_list(tmp_path / "a.parquet", trained.schema), trained, name="a"), trained)
    result = pd.read_csv(io.BytesIO(export_bytes(view, ExportOrder("csv", ALL, Sort("arrival")))), dtype="str")
    assert result["record"].tolist()[:8] == [str(n) for n in numbers[:8]]
    path = tmp_path / "x.xlsx"
    path.write_bytes(export_bytes(view, ExportOrder("xlsx", ALL)))
    cells = {str(cell.value) for row in openpyxl.load_workbook(path)["Leads"].iter_rows() for cell in row}
    assert "<NA>" not in cells


def test_the_best_known_repeat_is_still_seen(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 20 if IS_SOAK else 4  # leads that may share a key; these come once more and more often
    for module in (duplicates, earlier):
        monkeypatch.setattr(module, "SHARED_BY_TOO_MANY", most)
    few = sample.new[(sample.new["email"] != "") & (sample.new["phone"] != "")].head(3)
    for week in range(most + 3):
        batch = keep(few.assign(note=week), tmp_path, trained, f"week {week}")
    assert look(batch, trained).table.rule_counts()["seen_before"] == 3


def test_history_follows_when_leads_came_not_when_they_were_scored(
    batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from leadscore_core.storage.database import engine

    later = batch.created_at + timedelta(days=60)
    with monkeypatch.context() as then:
        then.setattr(engine, "now", lambda: later)
        second = keep(sample.new.assign(total_leads_droppped=4), tmp_path, trained, "March")
    rescore_batch(batch, trained)
    row = int(np.flatnonzero(sample.new["email"] != "")[0])
    story = describe_lead(look(second, trained), row, lambda _: trained)
    assert [a.batch_name for a in story.history] == ["Monday", "March"]
    first = BatchStore(load_settings()).get(batch.id)
    assert [a.batch_name for a in describe_lead(look(first, trained), row, lambda _: trained).history] == ["Monday"] * 2


def test_rows_are_those_that_the_file_shows(
    places: Path, trained: LeadModel, plain_leads: pd.DataFrame, tmp_path: Path
) -> None:
    named = plain_leads.assign(email=[f"lead{i}@example.com" for i in range(4)])
    again = pd.concat([named, named.iloc[[1]]], ignore_index=True)
    lines = again.to_csv(index=False).splitlines()
    path = tmp_path / "titled.csv"
    path.write_text("\n".join(["Leads of the week", "", *lines[:3], lines[0], *lines[3:], "Grand Total,5"]) + "\n")
    batch = save_batch(open_list(path, trained.schema), trained, name="Titled")
    for kept in (batch, rescore_batch(batch, trained)):
        leads = pq.read_table(kept.scores_path).to_pandas().sort_values("ls_row")
        assert file_rows(leads).tolist() == [4, 5, 7, 8, 9]
        assert "as row 5, which came first and is kept" in leads["ls_repeat"].iloc[-1]


def test_a_list_says_who_is_new_and_whose_score_moved(
    batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    settings = load_settings()
    first = look(batch, trained)
    called = first.table.rows_of(CALLS, Sort())[:4].tolist()
    queue = CallQueue(first, settings)
    for row, result in zip(called, ("converted", "interested", "do_not_call", "busy"), strict=True):
        queue.record(row, Result(result), caller="Anna")
    assert list_news(look(batch, trained)).describe("completed") == (
        f"{len(sample.new)} of {len(sample.new)} people are new; 4 were called, 1 completed, 1 is not to be called."
    )
    before = first.table.by_rows(np.arange(first.table.rows))
    old = sample.new.iloc[::-1].assign(total_leads_droppped=lambda f: f["total_leads_droppped"].fillna(0) + 6)
    fresh = sample.labelled.head(30)[[name for name in old.columns if name in sample.labelled]]
    both = pd.concat([old, fresh], ignore_index=True)
    second = look(keep(both, tmp_path, trained, "Tuesday"), trained)
    news = list_news(second)
    has_way = (sample.new["email"].notna() | sample.new["phone"].notna() | sample.new["lead_id"].notna()).sum()
    assert (news.seen, news.new, news.called, news.won) == (has_way, news.leads - has_way, 4, 1)
    page = second.table.page(ALL, Sort("arrival"), 0, 999)
    earlier = before["ls_score"].to_numpy()[::-1]
    known = page.head(len(old))[page.head(len(old))["ls_score_before"].notna()]
    assert known["ls_score_before"].tolist() == earlier[known["ls_row"]].tolist()
    moved = (known["ls_score"] - known["ls_score_before"]).astype(int)
    assert (news.up, news.down) == ((moved >= 5).sum(), (moved <= -5).sum())
    assert news.up + news.down > 0
    up = second.table.page(LeadFilter(section="all", news=("up",)), Sort(), 0, 999)
    assert set(up["ls_row"]) == set(known.loc[moved >= 5, "ls_row"])


def test_ids_of_other_leads_do_not_make_them_seen(
    batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    others = sample.labelled.tail(len(sample.new)).drop(columns="app_complete_flag", errors="ignore")
    others = others.reset_index(drop=True).assign(lead_id=sample.new["lead_id"])
    second = look(keep(others, tmp_path, trained, "Others"), trained)
    assert list_news(second).seen == 0
