"""Calls while a trial runs: callers get each arm's leads in its order and by its share, and nobody who is held out."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from leadscore_core.batches.call_workbooks import week_bytes
from leadscore_core.batches.export import ExportOrder, export_leads, leads_to_export
from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.trial_arms import arms_of
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.batches.week import Caller, WeekOrder, plan_week
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_trials import end_trial, read_batch_trial, start_trial
from leadscore_core.monitoring.shadow import set_shadow
from leadscore_core.monitoring.trial import plan_trial, read_trial
from leadscore_core.outcome import OutcomeWords
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import ContactStore, Result, Said
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.trials import Kind, Trial, TrialPlan, TrialStore
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from leadscore_core.storage.leads.trial_rows import TrialRows
from tests.paths import IS_SOAK

CALLS, ALL = LeadFilter(), LeadFilter(section="all")
NAMES = ("Anna", "Ben", "Cem")
TRIALS = 400 if IS_SOAK else 80
Keep = Callable[[pd.DataFrame, str], Batch]


@pytest.fixture
def keep(tmp_path: Path, places: Path, trained: LeadModel) -> Keep:
    """Keep leads as a list of a name."""

    def made(leads: pd.DataFrame, name: str) -> Batch:
        leads.to_csv(tmp_path / f"{name}.csv", index=False)
        return save_batch(open_list(tmp_path / f"{name}.csv", trained.schema), trained, name=name)

    return made


def begin(kind: Kind, schema: str = "codepro", *, share: float = 0.5, name: str = "spring") -> Trial:
    return start_trial(plan_trial(name, kind, base_rate=0.3, lift=0.1, share=share), schema)


def look(batch: Batch, model: LeadModel) -> BatchView:
    return open_view(batch, lambda _: model, model.schema)


def record(view: BatchView, rows: np.ndarray, results: list[str], caller: str = "Anna") -> None:
    leads = lead_keys(view.batch, view.table, rows)
    said = [Said(lead, caller, Result(result)) for lead, result in zip(leads, results, strict=True)]
    ContactStore(load_settings()).record_all(view.batch.schema_name, view.batch.id, said)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_each_arm_is_called_in_its_order_and_by_its_share_at_any_time(
    keep: Keep, sample: SampleLeads, trained: LeadModel, share: float
) -> None:
    trial = begin("order", share=share)
    view = look(keep(sample.labelled.drop(columns="app_complete_flag").head(600), "List"), trained)
    assert view.trial is not None
    first = arms_of(view.batch, trial, load_settings()).first
    assert first.mean() == pytest.approx(share, abs=0.07)
    ranks = view.table._ranks()
    hot = LeadFilter(grades=("Hot",))
    for chosen in (CALLS, hot, replace(CALLS, score_to=60)):
        order = view.table.rows_of(chosen, Sort())
        assert sorted(order) == sorted(view.table.rows_of(chosen))
        ours, theirs = order[first[order]], order[~first[order]]
        assert (np.diff(ranks[ours]) > 0).all()
        assert (np.diff(theirs) > 0).all()
        both = int(min(len(ours) / share, len(theirs) / (1 - share)))
        upto = np.cumsum(first[order])[:both]
        assert np.abs(upto - share * np.arange(1, both + 1)).max() <= 1
        assert view.table.page(chosen, Sort(), 0, 999)["ls_row"].tolist() == order.tolist()
        assert view.table.rows_of(chosen, Sort("call", descending=True)).tolist() == order[::-1].tolist()
        scores = view.table.page(chosen, Sort(), 0, 999)["ls_propensity"].to_numpy()
        assert view.table.propensities(chosen, Sort(), 40).tolist() == scores[:40].tolist()
    exported = leads_to_export(view, ExportOrder("csv", most=30))
    assert exported.tolist() == view.table.rows_of(CALLS, Sort())[:30].tolist()


def test_what_was_called_otherwise_is_made_up_for(keep: Keep, sample: SampleLeads, trained: LeadModel) -> None:
    trial = begin("order")
    view = look(keep(sample.labelled.drop(columns="app_complete_flag").head(500), "List"), trained)
    first = arms_of(view.batch, trial, load_settings()).first
    order = view.table.rows_of(CALLS, Sort())
    record(view, order[first[order]][:20], ["not_interested"] * 20)  # one arm alone
    after = look(view.batch, trained).table.rows_of(CALLS, Sort())
    assert not first[after[:20]].any()
    assert first[after[20:40]].sum() == 10


def test_call_backs_come_first_and_a_grade_by_hand_moves_a_lead_in_a_trial_too(
    keep: Keep, sample: SampleLeads, trained: LeadModel
) -> None:
    trial, settings = begin("order"), load_settings()
    view = look(keep(sample.new, "List"), trained)
    order = view.table.rows_of(CALLS, Sort()).tolist()
    cold = view.table.rows_of(LeadFilter(grades=("Cold",)), Sort())
    back, again, barred, hot = order[70], order[60], order[0], int(cold[-1])
    past = now() - timedelta(days=2)
    CallQueue(view, settings).record(back, Result("call_back", call_back_at=past, at=past), caller="Anna")
    CallQueue(view, settings).record(again, Result("no_answer", at=past), caller="Anna")
    CallQueue(view, settings).record(barred, Result("do_not_call"), caller="Anna")
    DecisionStore(settings).set_override(view.batch, hot, "Hot", days=3, note="", author="Anna")
    after = look(view.batch, trained).table.rows_of(CALLS, Sort()).tolist()
    assert after[:2] == [back, hot]
    assert after[-1] == again
    assert barred not in after
    first = arms_of(view.batch, trial, settings).first
    for arm in (True, False):  # the arms may take other turns, as some of one were called out of turn
        mine = [row for row in order if first[row] == arm and row not in {back, again, barred, hot}]
        assert [row for row in after if row in mine] == mine


def test_held_out_leads_are_neither_offered_nor_exported_unless_a_person_or_a_call_back_says_so(
    keep: Keep, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    begin("holdout", share=0.7)
    batch = keep(sample.new, "List")
    settings, view = load_settings(), look(batch, trained)
    usual = view.table.standing_as(replace(view.standing, trial=TrialRows()))
    held = np.setdiff1d(usual.rows_of(CALLS), view.table.rows_of(CALLS))
    assert 0.15 < len(held) / len(usual.rows_of(CALLS)) < 0.45
    assert view.table.rows_of(CALLS, Sort()).tolist() == [r for r in usual.rows_of(CALLS, Sort()) if r not in held]
    assert view.table.by_junk()["held_out"][0] == len(held)
    assert view.table.count(CALLS) == view.table.by_junk()[""][0]
    reason = LeadFilter(section="quarantine", reason="held_out")
    assert np.sort(view.table.rows_of(reason)).tolist() == held.tolist()
    assert set(view.junk_words(view.table.page(reason, Sort(), 0, 999))) == {"Held out of the calls by a trial"}
    is_hot = (view.table.by_rows(held)["ls_grade"] == "Hot").to_numpy()
    held = np.concatenate([held[~is_hot], held[is_hot]])
    called, graded, restored, barred = held[:4].tolist()
    past = now() - timedelta(days=2)
    CallQueue(view, settings).record(called, Result("call_back", call_back_at=past, at=past), caller="Anna")
    CallQueue(view, settings).record(barred, Result("do_not_call"), caller="Anna")
    store = DecisionStore(settings)
    store.set_override(batch, graded, "Hot", days=3, note="", author="Anna")
    store.restore(batch, [restored], note="", by="Anna")
    after = look(batch, trained)
    order = after.table.rows_of(CALLS, Sort()).tolist()
    assert order[:2] == [called, graded]
    assert restored in order
    assert set(held[3:].tolist()).isdisjoint(order)
    junk = after.table.by_rows(np.array([called, barred, int(held[4])]))["ls_junk"]
    assert junk.tolist() == ["", "do_not_call", "held_out"]
    assert after.table.page(CALLS, Sort(), 0, 999)["ls_row"].tolist() == order
    week = plan_week(after, WeekOrder((Caller("Anna", 999),), (now().date(),)))
    assert set(held[3:].tolist()).isdisjoint(week.shares[0].rows)
    offered = set()
    while (claim := CallQueue(after, settings).claim(f"caller {len(offered)}")) is not None:
        offered.add(claim.row)
    assert set(held[3:].tolist()).isdisjoint(offered)
    assert called in offered
    name, content = week_bytes(after, week)
    (tmp_path / name).write_bytes(content)
    export_leads(after, ExportOrder("xlsx"), tmp_path / "sheet.xlsx")
    for path in (tmp_path / name, tmp_path / "sheet.xlsx"):
        note = openpyxl.load_workbook(path).worksheets[0]["A1"].comment
        assert note is not None
        assert "The trial spring runs: 30% of the leads" in note.text


def test_ending_a_trial_restores_the_usual_order_also_of_what_waits(
    keep: Keep, sample: SampleLeads, trained: LeadModel
) -> None:
    settings = load_settings()
    before = keep(sample.new.head(120), "Before")
    time.sleep(1.1)  # moments are kept to the second
    trial = begin("order")
    assert look(before, trained).trial is None
    batch = keep(sample.new.tail(120), "List")
    view = look(batch, trained)
    usual = view.table.standing_as(replace(view.standing, trial=TrialRows())).rows_of(CALLS, Sort())
    assert view.table.rows_of(CALLS, Sort()).tolist() != usual.tolist()
    claim = CallQueue(view, settings).claim("Anna")
    assert claim is not None
    end_trial(trial, by="Anna")
    end_trial(trial, by="Anna")
    after = look(batch, trained)
    assert after.trial is None
    others = [row for row in usual.tolist() if row != claim.row]
    assert [row for row in after.table.rows_of(CALLS, Sort()).tolist() if row != claim.row] == others
    offered = [one.row for k in range(9) if (one := CallQueue(after, settings).claim(f"caller {k}")) is not None]
    assert offered == others[:9]
    assert begin("order", name="summer").ended is None
    with pytest.raises(StorageError, match="End it first"):
        begin("holdout", name="autumn")
    with pytest.raises(StorageError, match="a name of its own"):
        begin("order", name="spring")
    assert {one.plan.name: one.ended is None for one in TrialStore(settings).history("codepro")} == {
        "spring": False,
        "summer": True,
    }


def test_a_person_is_in_the_same_arm_on_every_list_whatever_it_says_of_them(
    keep: Keep, sample: SampleLeads, trained: LeadModel
) -> None:
    trial = begin("holdout")
    leads = sample.new
    one = keep(leads, "One")
    without = leads.drop(columns="lead_id").sample(frac=1, random_state=1)
    time.sleep(1.1)  # moments are kept to the second
    other = keep(without, "Other")
    time.sleep(1.1)
    again = keep(pd.concat([leads.head(60), leads.head(60).assign(lead_id="")]), "Twice")
    arms = {batch.name: arms_of(batch, trial, load_settings()) for batch in (again, other, one)}
    assert not arms["One"].again.all()
    keys = look(one, trained).table.keys_of(np.arange(one.rows))
    reached = keys[["ls_email_key", "ls_phone_key"]].notna().any(axis=1).to_numpy()
    assert reached.mean() > 0.8
    same = arms["One"].first[without.index] == arms["Other"].first
    assert same[reached[without.index]].all()
    assert arms["Other"].again[reached[without.index]].all()
    twice = arms["Twice"].first
    assert (twice[:60] == arms["One"].first[:60]).all()
    assert (twice[:60] == twice[60:])[reached[:60]].all()
    stays = arms_of(one, replace(trial, id=trial.id + 1), load_settings())
    assert (stays.first == arms["One"].first).all()


def test_a_challenger_orders_its_arm_and_without_it_the_usual_order_holds(
    keep: Keep, sample: SampleLeads, trained: LeadModel, registry: ModelRegistry
) -> None:
    with pytest.raises(LeadScoreError, match="No challenger runs in the shadow"):
        begin("model")
    registry.publish(replace(trained, metadata=trained.metadata.model_copy(update={"model_id": "challenger"})))
    set_shadow("codepro", "challenger")
    trial = begin("model")
    assert (trial.plan.challenger, trial.plan.champion) == ("challenger", trained.model_id)
    batch = keep(sample.new, "List")

    class Turned:
        def propensity(self, cleaned: pd.DataFrame) -> np.ndarray:
            return 1 - trained.propensity(cleaned)

    def load(model_id: str) -> LeadModel:
        if model_id == "challenger":
            raise StorageError("It is gone.")
        return trained

    lacking = open_view(batch, load, trained.schema)
    assert "not followed on this list" in lacking.trial_note
    usual = lacking.table.rows_of(CALLS, Sort())
    assert (np.diff(lacking.table._ranks()[usual]) > 0).all()
    view = open_view(batch, lambda name: Turned() if name == "challenger" else trained, trained.schema)  # type: ignore[arg-type, return-value]
    first = arms_of(batch, trial, load_settings()).first
    order = view.table.rows_of(CALLS, Sort())
    ranks = view.table._ranks()
    assert (np.diff(ranks[order[~first[order]]]) > 0).all()
    turned = view.table.by_rows(order[first[order]])["ls_propensity"].to_numpy()
    assert (np.diff(turned) >= 0).all()
    assert sorted(order) == sorted(usual)


def test_alike_arms_are_alike_and_a_planted_effect_is_found_by_the_order_that_callers_get(
    keep: Keep, sample: SampleLeads, trained: LeadModel
) -> None:
    """Of many trials each by its own hash: no more false wins than promised, no bias; where ranking works it wins."""
    view = look(keep(sample.labelled.drop(columns="app_complete_flag"), "List"), trained)
    scores = view.table.by_rows(np.arange(view.table.rows))["ls_propensity"].to_numpy()
    rng = np.random.default_rng(0)
    differences: dict[str, list[float]] = {"null": [], "same": [], "planted": []}
    wins = dict.fromkeys(differences, 0)
    days, a_day = 8, 70
    for n in range(TRIALS):
        plan = plan_trial(f"trial {n}", "order", base_rate=0.45, lift=0.15)
        first = rng.random(view.table.rows) < 0.5
        chance = {"null": np.full(len(scores), 0.45), "same": scores, "planted": scores}
        for name, p in chance.items():
            # alike arms of an informative order: both go by the same scores, one of them called a challenger
            kind, challenger = ("model", scores) if name == "same" else ("order", np.empty(0))
            rows = TrialRows(kind, 0.5, first, challenger).sealed()
            table = view.table.standing_as(replace(view.standing, trial=rows))
            called = table.rows_of(CALLS, Sort())[: days * a_day]
            outcome = (rng.random(len(called)) < p[called]).astype("float64")
            by_day = first[called].reshape(days, a_day).sum(axis=1)
            assert np.abs(by_day - a_day / 2).max() <= 1
            seen = first[called]
            looks = [read_trial(plan, seen[:upto], outcome[:upto]) for upto in range(3 * a_day, len(seen) + 1, a_day)]
            wins[name] += any(one.is_won for one in looks)
            assert looks[-1].difference is not None
            differences[name].append(looks[-1].difference)
    assert wins["null"] <= 0.05 * TRIALS
    assert wins["same"] <= 0.05 * TRIALS
    for name in ("null", "same"):
        error = np.std(differences[name]) / np.sqrt(TRIALS)
        assert abs(np.mean(differences[name])) < 3.5 * error, name
    assert np.mean(differences["planted"]) > 0.1
    assert wins["planted"] > 0.8 * TRIALS


@pytest.mark.parametrize("planted", [False, True])
def test_a_trial_through_the_queue_of_several_callers_is_read_as_it_was_called(
    keep: Keep, sample: SampleLeads, trained: LeadModel, planted: bool
) -> None:
    settings = load_settings()
    trial = begin("order")
    batch = keep(sample.labelled.drop(columns="app_complete_flag"), "List")
    first = arms_of(batch, trial, settings).first
    scores = look(batch, trained).table.by_rows(np.arange(batch.rows))["ls_propensity"].to_numpy()
    rng = np.random.default_rng(4)
    by_caller: dict[str, list[bool]] = {name: [] for name in NAMES}
    a_day = 81 if planted else 45
    for _ in range(5):
        view = look(batch, trained)
        queue, today = CallQueue(view, settings), []
        for turn in range(a_day):
            name = NAMES[turn % 3]
            claim = queue.claim(name)
            assert claim is not None
            chance = scores[claim.row] if planted else 0.45
            queue.record(claim.row, Result("converted" if rng.random() < chance else "not_interested"), caller=name)
            by_caller[name].append(bool(first[claim.row]))
            today.append(bool(first[claim.row]))
        assert abs(sum(today) - a_day / 2) <= 1
    for arms in by_caller.values():
        assert np.mean(arms) == pytest.approx(0.5, abs=0.1)
    found = read_batch_trial(trial).result
    assert sum(found.leads) == 5 * a_day
    assert found.difference is not None
    assert found.is_won == planted
    end_trial(trial)
    time.sleep(1.1)  # moments are kept to the second
    view = look(batch, trained)
    later = view.table.rows_of(CALLS, Sort())[:50]
    record(view, later, ["converted"] * 50)
    ended = TrialStore(settings).history("codepro")[0]
    assert read_batch_trial(ended).result == found


def test_who_is_held_out_is_read_from_outcomes_of_all_leads_alone(
    keep: Keep, sample: SampleLeads, trained: LeadModel
) -> None:
    settings = load_settings()
    trial = begin("holdout")
    batch = keep(sample.labelled.drop(columns="app_complete_flag"), "List")
    view = look(batch, trained)
    assert read_batch_trial(trial).silent == 1
    called = view.table.rows_of(CALLS, Sort())
    rng, store = np.random.default_rng(1), OutcomeStore(settings)
    store.add(batch, called, (rng.random(len(called)) < 0.5).astype("int64"), file_name="called.csv")
    found = read_batch_trial(trial).result
    assert found.difference is None
    assert not found.is_won
    first = arms_of(batch, trial, settings).first
    came = rng.random(batch.rows) < np.where(first, 0.5, 0.2)
    store.add(batch, np.arange(batch.rows), came.astype("int64"), file_name="all.csv")
    found = read_batch_trial(trial).result
    assert found.is_won
    assert found.difference == pytest.approx(0.3, abs=0.08)


def test_arms_that_something_else_chose_do_not_compare() -> None:
    plan = TrialPlan("spring", "order", 0.5, 0.3, 0.1, 1_000)
    first = np.arange(900) < 600
    found = read_trial(plan, first, first.astype("float64"))
    assert found.is_lopsided
    assert not found.is_won
    assert "do not compare" in found.sentence(OutcomeWords())


def test_where_no_trial_runs_sql_is_as_it_was(view: BatchView) -> None:
    assert view.trial is None
    assert not {"ls_arm", "b_held"} & set(view.table._view(Sort()).split())
    assert view.table._order(Sort()) == "ls_turn, ls_rank"
