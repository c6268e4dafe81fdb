"""Kept lists: what is measured of them once outcomes are in, by whom they were called; what is kept and posted."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from leadscore_core.batches.view import BatchView
from leadscore_core.config import MonitorRules, load_settings
from leadscore_core.errors import ConflictError, LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import MONTH, read_batch_leads
from leadscore_core.monitoring.batch_trials import end_trial, start_trial
from leadscore_core.monitoring.check import MonitorReport, check_batch
from leadscore_core.monitoring.performance import measure_by, measure_performance
from leadscore_core.monitoring.records import read_timeline, sample_of, save_report, save_sample, take_sample_back
from leadscore_core.monitoring.retrain_rule import RetrainCase, make_case
from leadscore_core.monitoring.sample import evaluate_sample, plan_sample
from leadscore_core.monitoring.shadow import compare_shadow, score_in_shadow, set_shadow, shadow_of
from leadscore_core.monitoring.shifts import find_shifts
from leadscore_core.monitoring.trial import plan_trial
from leadscore_core.monitoring.verdict import DO_NOT_TRUST, Verdict
from leadscore_core.monitoring.webhook import KEY, SIGNATURE, deliver, is_signed, post_later
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.monitor_events import VERDICT, MonitorEventStore
from leadscore_core.storage.database.outbox import Outbox
from leadscore_core.storage.database.outcomes import OutcomeStore
from tests.batches.test_called import bring_back, call, let_junk_through


def as_foretold(batch: Batch, model: LeadModel, *, turned: bool = False) -> np.ndarray:
    """Return outcomes drawn by what the model foretells, or by the opposite."""
    scores = read_batch_leads(batch, model.schema, 0.5, load_settings()).scores
    return np.random.default_rng(0).random(batch.rows) < (1 - scores if turned else scores)


def test_a_list_without_outcomes_and_later_with_them(batch: Batch, trained: LeadModel) -> None:
    before = check_batch(batch, trained)
    assert "No outcome has come back yet" in before.performance.not_applicable
    json.dumps(before.as_json(), default=float)
    bring_back(batch, as_foretold(batch, trained))
    after = check_batch(batch, trained)
    assert after.performance.known == batch.rows
    assert after.performance.auc is not None
    assert after.performance.figures is not None
    assert after.performance.found_low <= after.performance.found <= after.performance.found_high
    assert after.performance.figures["auc"].target == pytest.approx(0.821)
    assert after.performance.figures["precision"].promised is not None
    assert not after.shifts
    bring_back(batch, as_foretold(batch, trained, turned=True))
    assert check_batch(batch, trained).verdict.state == DO_NOT_TRUST


def test_called_and_uncalled_are_never_mixed(batch: Batch, view: BatchView, trained: LeadModel) -> None:
    converted = np.zeros(batch.rows, dtype=bool)
    called = np.arange(0, batch.rows, 2)
    converted[called[::3]] = True
    converted[1] = True
    call(view, called)
    bring_back(batch, converted)
    done = check_batch(batch, trained).performance
    assert (done.known, done.by_itself) == (len(called), 1)
    assert done.uncalled == batch.rows - len(called) - 1
    assert done.among


def test_what_junk_turned_into_is_said_by_the_design_of_its_sample(
    batch: Batch, view: BatchView, trained: LeadModel
) -> None:
    let_junk_through(50)
    low = view.table.standing_as(view.standing).learning_sample()["ls_row"].to_numpy()
    draws = view.table.query(f"SELECT ls_row, ls_draw FROM {view.table.file_sql}").set_index("ls_row")["ls_draw"]
    drawn = low[(draws.loc[low] < 0.5).to_numpy()]
    others = np.setdiff1d(np.arange(batch.rows), low)
    call(view, np.concatenate([others, drawn]))
    DecisionStore(load_settings()).restore(batch, drawn[:1].tolist(), note="", by="Anna")
    converted = np.zeros(batch.rows, dtype=bool)
    converted[[*others[::2], *drawn[:2]]] = True
    bring_back(batch, converted)
    report = check_batch(batch, trained)
    by_sample, by_hand = report.junk
    aside, asked = len(low) - 1, len(drawn) - 1  # whom a person took back stands for itself
    assert f"Of {aside} leads put aside as junk, {asked} were drawn and called, and 1 completed" in by_sample
    assert "Of 1 lead that people took back from quarantine, 1 with an outcome, 1 completed" in by_hand
    assert report.performance.found == pytest.approx(len(others[::2]) + 1 + aside / asked)


def test_figures_by_month_and_the_source_that_turned_is_named_first(batch: Batch, trained: LeadModel) -> None:
    leads = read_batch_leads(batch, trained.schema, 0.5, load_settings()).leads
    rng = np.random.default_rng(3)
    many = replace(
        leads, calls=replace(leads.calls, came=(rng.random(batch.rows) < leads.propensity).astype("float64"))
    )
    months = measure_by(many, MONTH)
    assert sum(one.leads for one in months) == batch.rows
    assert [one.group for one in months] == sorted(one.group for one in months)
    source = "first_utm_source_c"
    levels = [one.name for one in trained.schema.inputs if one.name in many.groups]
    assert not find_shifts(many, levels)
    level = many.groups[source].value_counts().index[0]
    halved = (many.groups[source] == level).to_numpy() & (rng.random(batch.rows) < 0.6)
    turned = replace(many, calls=replace(many.calls, came=np.where(halved, 0.0, many.calls.came)))
    first = find_shifts(turned, levels)[0]
    assert (first.column, first.level) == (source, level)
    assert first.found < first.expected
    assert measure_performance(turned.take(np.zeros(batch.rows, dtype=bool))).not_applicable == "There are no leads."


def test_one_outcome_only_is_a_stated_result(batch: Batch, trained: LeadModel) -> None:
    bring_back(batch, np.zeros(batch.rows, dtype=bool))
    report = check_batch(batch, trained)
    assert report.performance.auc is None
    assert report.performance.figures is not None
    assert report.performance.figures["auc"].value is None
    assert report.performance.figures["slope"].value is None
    level = report.performance.figures["level"]
    assert level.high is not None
    assert (level.value, level.low) == (0, 0)
    assert level.high == pytest.approx(3.69 / report.performance.expected, rel=0.01), "as chance may have it"
    assert report.performance.found == 0
    json.dumps(report.as_json(), default=float)


def test_a_sample_is_kept_marked_and_evaluated(batch: Batch, trained: LeadModel) -> None:
    kept = read_batch_leads(batch, trained.schema, 0.5, load_settings())
    plan = plan_sample(kept.scores)
    assert sample_of(batch) is None
    save_sample(plan, batch, kept.leads.calls, by="Anna")
    drawn = sample_of(batch)
    assert drawn is not None
    assert drawn["rows"] == plan.rows.tolist()
    outcome = as_foretold(batch, trained)[drawn["rows"]].astype("float64")
    figure, weight = evaluate_sample(
        kept.scores[drawn["rows"]], np.array(drawn["strata"]), np.array(drawn["sizes"]), outcome
    )
    assert figure.value is not None
    assert weight.sum() == pytest.approx(batch.rows)


def test_a_draw_is_taken_back_while_nobody_of_it_was_called(batch: Batch, trained: LeadModel) -> None:
    kept = read_batch_leads(batch, trained.schema, 0.5, load_settings())
    with pytest.raises(ConflictError, match="No leads are drawn"):
        take_sample_back(batch, kept.leads.calls)
    save_sample(plan_sample(kept.scores), batch, kept.leads.calls)
    take_sample_back(batch, kept.leads.calls, by="Anna")
    assert sample_of(batch) is None
    with pytest.raises(ConflictError, match="No leads are drawn"):
        take_sample_back(batch, kept.leads.calls)
    back = next(one for one in read_timeline(batch.schema_name) if "taken back" in one.title)
    assert back.detail == f"of {batch.name}"
    again = plan_sample(kept.scores, seed=1)
    save_sample(again, batch, kept.leads.calls)
    drawn = sample_of(batch)
    assert drawn is not None
    assert drawn["rows"] == again.rows.tolist()
    bring_back(batch, as_foretold(batch, trained))
    calls = read_batch_leads(batch, trained.schema, 0.5, load_settings()).leads.calls
    with pytest.raises(ConflictError, match="can no longer be taken back"):
        take_sample_back(batch, calls)
    assert sample_of(batch) is not None
    save_sample(again, batch, calls)
    take_sample_back(batch, calls)
    assert sample_of(batch) is None, "what was known when it was drawn is no call since"


class Receiver:
    """A server that refuses the first messages and keeps the others."""

    def __init__(self, refuses: int) -> None:
        self.refuses, self.taken, self.keys = refuses, [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.keys.append(self.headers[KEY])
                refused = len(receiver.keys) <= receiver.refuses
                if not refused:
                    receiver.taken.append((body, self.headers[SIGNATURE]))
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(refuses=2)
    yield made
    made.server.shutdown()
    made.server.server_close()


def turned(report: MonitorReport, *, is_certain: bool = True) -> MonitorReport:
    return replace(report, verdict=Verdict(DO_NOT_TRUST, ("AUC 0.300.",), is_certain=is_certain))


def test_a_certain_change_is_posted_signed_and_tried_again(
    batch: Batch, trained: LeadModel, receiver: Receiver
) -> None:
    rules = MonitorRules(webhook_url=receiver.url, webhook_secret="s3cret")
    settings = load_settings().model_copy(update={"monitor": rules})
    report = check_batch(batch, trained)
    assert not save_report(turned(report, is_certain=False), batch, settings=settings) or not Outbox(settings).waiting()
    steady = replace(report, verdict=Verdict("healthy", ("All well.",)))
    save_report(steady, batch, settings=settings)
    assert not save_report(steady, batch, settings=settings)
    assert save_report(turned(report), batch, settings=settings)
    assert len(Outbox(settings).waiting()) == 1
    moment = now()
    assert deliver(settings, moment=moment) == (0, 1)
    assert deliver(settings, moment=moment) == (0, 0)
    assert deliver(settings, moment=moment + timedelta(minutes=1)) == (0, 1)
    assert "503" in Outbox(settings).waiting()[0].problem
    assert deliver(settings, moment=moment + timedelta(minutes=5)) == (1, 0)
    assert deliver(settings, moment=moment + timedelta(days=1)) == (0, 0)
    assert len(set(receiver.keys)) == 1
    ((body, signature),) = receiver.taken
    assert is_signed(body, signature, "s3cret", int(time.time()))
    assert not is_signed(body + " ", signature, "s3cret", int(time.time()))
    assert not is_signed(body, signature, "other", int(time.time()))
    said = json.loads(body)
    assert (said["state"], said["before"], said["list"]) == (DO_NOT_TRUST, "healthy", batch.name)
    assert "leads" not in said


def test_a_webhook_that_cannot_be_used_is_said(places) -> None:
    settings = load_settings()
    assert post_later({}, settings) is None
    for rules, why in (
        (MonitorRules(webhook_url="file:///etc/passwd", webhook_secret="x"), "no web address"),
        (MonitorRules(webhook_url="https://example.org"), "webhook_secret"),
    ):
        with pytest.raises(LeadScoreError, match=why):
            post_later({}, settings.model_copy(update={"monitor": rules}))


def test_a_verdict_is_kept_though_it_cannot_be_posted(batch: Batch, trained: LeadModel) -> None:
    rules = MonitorRules(webhook_url="https://hooks.test/a")
    settings = load_settings().model_copy(update={"monitor": rules})
    assert save_report(turned(check_batch(batch, trained)), batch, settings=settings)
    (kept, *_) = MonitorEventStore(settings).history(batch.schema_name, VERDICT, batch_id=batch.id)
    assert kept.data["state"] == DO_NOT_TRUST
    assert not Outbox(settings).waiting()


def test_nobody_at_home_is_tried_twelve_times(places) -> None:
    rules = MonitorRules(webhook_url="http://127.0.0.1:1/", webhook_secret="x")
    settings = load_settings().model_copy(update={"monitor": rules})
    post_later({"event": "test"}, settings)
    moment = now()
    tries = [deliver(settings, moment=moment + timedelta(days=day)) for day in range(14)]
    assert tries == [(0, 1)] * 12 + [(0, 0)] * 2
    assert Outbox(settings).waiting()[0].tries == 12


def test_a_challenger_in_the_shadow_is_compared_on_the_same_leads(
    batch: Batch, trained: LeadModel, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    registry.promote(trained.model_id)
    noisy = replace(trained, metadata=trained.metadata.model_copy(update={"model_id": "challenger"}))
    registry.publish(noisy)
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    schema = batch.schema_name
    with pytest.raises(LeadScoreError, match="is the champion"):
        set_shadow(schema, trained.model_id)
    with pytest.raises(LeadScoreError, match="No model runs in the shadow"):
        compare_shadow(schema)
    assert score_in_shadow(schema) == 0
    set_shadow(schema, "challenger", by="Anna")
    assert shadow_of(schema) == "challenger"
    assert (score_in_shadow(schema), score_in_shadow(schema)) == (1, 0)
    assert "40 leads of either outcome" in compare_shadow(schema).sentence
    bring_back(batch, as_foretold(batch, trained))
    found = compare_shadow(schema)
    assert found.comparison is not None
    assert (found.leads, found.lists, found.is_to_promote) == (batch.rows, 1, False)
    assert found.sentence.startswith("No difference for certain yet")
    json.dumps(found.as_json(), default=float)
    set_shadow(schema, None)
    assert shadow_of(schema) is None


@pytest.mark.parametrize("has_learned", [True, False])
def test_a_challenger_that_came_later_is_said_to_have_learned_or_not_to_have_been_there(
    has_learned: bool, request: pytest.FixtureRequest, trained: LeadModel, registry: ModelRegistry
) -> None:
    batch = request.getfixturevalue("labelled" if has_learned else "batch")
    bring_back(batch, as_foretold(batch, trained))
    made = batch.created_at + timedelta(days=3)
    later = trained.metadata.model_copy(update={"model_id": "later", "created_at": made})
    registry.publish(replace(trained, metadata=later))
    set_shadow(batch.schema_name, "later")
    score_in_shadow(batch.schema_name)
    found = compare_shadow(batch.schema_name)
    assert found.comparison is None
    assert not found.is_to_promote
    what = f"it has learned from {batch.rows:,} of these" if has_learned else "it was not there when these came"
    assert f"after the {batch.rows:,} leads of 1 list were kept: {what}" in found.sentence
    assert "40 leads" not in found.sentence
    assert "from now on" in found.sentence


def test_a_retrain_is_proposed_with_its_data_and_not_without_any(batch: Batch, trained: LeadModel) -> None:
    verdict = Verdict(DO_NOT_TRUST, ("AUC 0.3.",), is_certain=True)
    empty = make_case(batch.schema_name, verdict)
    assert not empty.is_proposed
    assert "Bring outcomes first" in empty.against
    bring_back(batch, as_foretold(batch, trained, turned=True))
    case = make_case(batch.schema_name, verdict, outside=("Medium",))
    assert case.is_proposed
    assert case.lists == ((batch.name, batch.rows),)
    assert any("Medium" in reason for reason in case.reasons)


def test_all_stands_on_one_time_axis(batch: Batch, trained: LeadModel) -> None:
    trial = start_trial(plan_trial("spring", "order", base_rate=0.4, lift=0.1), batch.schema_name, by="Anna")
    bring_back(batch, as_foretold(batch, trained))
    save_report(check_batch(batch, trained), batch)
    end_trial(trial)
    titles = {(one.kind, one.title) for one in read_timeline(batch.schema_name)}
    assert {("trial", "spring started"), ("trial_end", "spring ended")} <= titles
    assert {"batch", "outcomes", "verdict", "model"} <= {kind for kind, _ in titles}
    moments = [one.at for one in read_timeline(batch.schema_name)]
    assert moments == sorted(moments, reverse=True)


def test_the_same_outcomes_twice_change_nothing_that_is_measured(batch: Batch, trained: LeadModel) -> None:
    outcomes = as_foretold(batch, trained)
    bring_back(batch, outcomes)
    first = check_batch(batch, trained).performance
    bring_back(batch, outcomes)
    assert check_batch(batch, trained).performance == first
    assert OutcomeStore(load_settings()).known(batch) == {row: int(y) for row, y in enumerate(outcomes)}


def test_lists_that_are_not_named_are_counted() -> None:
    lists = (("May", 1), ("April", 20), ("March", 3_000), ("February", 7), ("January", 5))
    said = [RetrainCase((), lists[:n], 0, 0).named_lists for n in (0, 1, 2, 4, 5)]
    assert said == [
        "",
        "May (1 outcome)",
        "May (1 outcome) and April (20 outcomes)",
        "May (1 outcome), April (20 outcomes), March (3,000 outcomes) and 1 more list (7 outcomes)",
        "May (1 outcome), April (20 outcomes), March (3,000 outcomes) and 2 more lists (12 outcomes)",
    ]
