"""What is expected is not what was counted: never judged, never taken apart, never by a model of its own leads."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.analytics.charts import show_bubbles, show_flow, show_heatmap, show_rates, show_trend
from leadscore_core.analytics.dimension_names import narrow_to
from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.report_json import report_list, source_report
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Scope,
    SourceView,
    explain_gaps,
    find_far_segments,
    open_sources,
    rate_by,
)
from leadscore_core.analytics.wording import answer, present_rates
from leadscore_core.analytics.wording_segments import describe_segment
from leadscore_core.batches.save import save_batch
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import FigureError, LabelError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.filters import BLANK

SOURCE, CITY, TIER = "first_utm_source_c", "city_mapped", "city_tier"
COUNTED = ("converts best", "over-deliver", "under-deliver", "residual", "composition", "95% interval")


def without_memory(model: LeadModel) -> LeadModel:
    """Return a model of a version that kept no out-of-fold predictions by lead."""
    assert model.out_of_sample is not None
    kept = model.out_of_sample.drop(columns=[c for c in model.out_of_sample if c.startswith("key_")])
    return replace(model, out_of_sample=kept)


@pytest.fixture
def new(batch: Batch, trained: LeadModel) -> SourceView:
    """Leads whose outcome nobody knows, and that the model never saw."""
    return open_sources([batch], trained.schema)


def test_leads_that_the_model_learned_from_are_expected_out_of_fold(
    labelled: Batch, sources: SourceView, sample: SampleLeads, trained: LeadModel
) -> None:
    assert trained.out_of_sample is not None
    folds = trained.out_of_sample.query("split == 'cross_validation'").set_index("row")["propensity"].sort_index()
    kept = pd.read_parquet(labelled.scores_path).set_index("ls_row").sort_index()
    assert kept["ls_learned"].all()
    told_apart = ~sample.labelled["lead_id"].duplicated(keep=False).to_numpy()
    assert kept["ls_unseen"].to_numpy("float64")[told_apart] == pytest.approx(folds.to_numpy()[told_apart])
    in_sample = float(kept["ls_propensity"].sum())
    rates = rate_by(sources, [SOURCE], EVERYBODY, "expected")
    assert rates.totals["k"] == pytest.approx(float(kept["ls_unseen"].sum()))
    assert rates.totals["k"] != pytest.approx(in_sample, rel=1e-6)
    (said,) = sources.cautions(EVERYBODY)
    assert f"learned from {len(sample.labelled):,} of these leads" in said
    assert "out-of-fold" in said


def test_new_leads_are_expected_by_the_model_itself_and_nothing_need_be_said(batch: Batch, new: SourceView) -> None:
    assert rate_by(new, [SOURCE], EVERYBODY, "expected").totals["k"] == pytest.approx(batch.scoring.expected)
    assert new.cautions(EVERYBODY) == []


def test_in_sample_figures_are_not_shown_where_a_model_keeps_no_others(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    path = tmp_path / "both.csv"
    pd.concat([sample.labelled.head(200), sample.new.head(100)]).to_csv(path, index=False)
    model = without_memory(trained)
    view = open_sources([save_batch(open_list(path, model.schema), model, name="Both")], model.schema)
    rates = rate_by(view, [SOURCE], EVERYBODY, "expected")
    assert (rates.totals["leads"], rates.totals["n"]) == (300, 100)
    (said,) = view.cautions(EVERYBODY)
    assert "In-sample figures cannot be shown" in said
    assert "learned from 200 of these leads" in said
    unlabelled = sample.labelled.head(200).drop(columns="app_complete_flag")
    with pytest.raises(LabelError, match="In-sample figures cannot be shown"):
        source_report(unlabelled, model=model)


def test_lists_of_before_say_that_nobody_knows(labelled: Batch, trained: LeadModel) -> None:
    kept = pd.read_parquet(labelled.scores_path)
    kept.drop(columns=["ls_learned", "ls_unseen"]).to_parquet(labelled.scores_path)
    (said,) = open_sources([labelled], trained.schema).cautions(EVERYBODY)
    assert f"learned from {len(kept):,} of these leads is not known" in said


def test_a_model_of_made_up_leads_is_said(sample: SampleLeads, trained: LeadModel) -> None:
    data = trained.metadata.training_data.model_copy(update={"synthetic": True})
    made_up = replace(trained, metadata=trained.metadata.model_copy(update={"training_data": data}))
    report = source_report(sample.new, model=made_up)
    assert "made-up leads" in report["cautions"][0]


def test_nothing_that_is_only_expected_is_judged_or_taken_apart(new: SourceView) -> None:
    rates, scope = rate_by(new, [SOURCE], EVERYBODY, "expected"), Scope(SOURCE, counted="expected")
    said = answer(new, scope, rates)
    assert "expected" in said
    assert set(rates.table["verdict"]) == {"Not judged"}
    shown = present_rates(new, rates)
    assert not {"Verdict", "95% interval", "Rate"} & set(shown.columns)
    assert "Applications expected" in shown
    assert explain_gaps(new, SOURCE, EVERYBODY, "expected").table[["residual", "composition"]].isna().all(axis=None)
    titles = [show(new, scope).title for show in (show_heatmap, show_trend, show_flow)]
    titles += [show(new, scope, rates).title for show in (show_rates, show_bubbles)]
    below, above = find_far_segments(new, EVERYBODY, "expected")
    titles += [describe_segment(row, 250, new.words) for _, row in pd.concat([below, above]).iterrows()]
    for text in [said, *titles]:
        assert "expected" in text.lower()
        assert not any(word in text.lower() for word in COUNTED)


def test_the_report_of_expected_outcomes_says_so_everywhere(new: SourceView, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> list[bytes]:
        raise FigureError("No browser here.")

    monkeypatch.setattr("leadscore_core.analytics.report_html.draw_images", none)
    text = make_report(new, Scope(SOURCE, counted="expected")).decode("utf-8").lower()
    body = text[text.index("<h1>") : text.index("what the numbers mean")]
    assert not any(word in body for word in (*COUNTED, "works already"))


def test_json_of_expected_outcomes_has_no_verdict(sample: SampleLeads, trained: LeadModel, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    sample.new.to_csv(path, index=False)
    report = report_list(open_list(path, trained.schema), model=trained)
    assert report["counted"] == "expected"
    for group in report["by"][0]["groups"]:
        assert {group[key] for key in ("verdict", "composition", "residual", "low", "high", "q")} == {None}


def test_leads_without_a_city_are_a_group_of_their_own(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    leads = sample.labelled.head(600).astype({"app_complete_flag": "int64"})
    leads.loc[leads.index[:240], CITY] = ""
    leads.loc[leads.index[:240], "app_complete_flag"] = 0
    leads.loc[leads.index[240:300], "created_date"] = ""
    path = tmp_path / "blank.csv"
    leads.to_csv(path, index=False)
    batch = save_batch(open_list(path, trained.schema), trained, name="Blank")
    view = open_sources([batch], trained.schema)
    blank = int((leads[CITY].fillna("").str.strip() == "").sum())
    tiers = rate_by(view, [TIER], EVERYBODY, "completed").table.set_index("name")
    assert tiers.at[BLANK, "n"] == blank
    assert tiers["n"].sum() == 600
    assert tiers.at["Tier 3", "rate"] > tiers.at[BLANK, "rate"]
    assert view.table.totals(narrow_to(EVERYBODY, {TIER: None}))["leads"] == blank
    assert view.table.totals(narrow_to(EVERYBODY, {TIER: "3"}))["leads"] == tiers.at["Tier 3", "n"]
    for part in ("ls_month", "ls_week", "ls_weekday", "ls_daypart", "ls_hour"):
        groups = rate_by(view, [part], EVERYBODY, "completed").table.set_index("name")
        assert groups.at[BLANK, "n"] == 60
    model_reads = pd.read_parquet(batch.scores_path)
    assert (model_reads.loc[model_reads[CITY].isna(), TIER] == 3).all(), "what the model reads stays as it was"
