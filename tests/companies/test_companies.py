"""Companies of many trades: what leaks is left out or asked about with its price, what is honest is learned from."""

from collections import Counter

import pandas as pd
import pytest

from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.training import leakage
from leadscore_core.training.leakage import LeakFinding, audit_leakage
from leadscore_core.training.train import train_model
from tests.companies.make import Company
from tests.companies.trades import HONEST, LEAKY
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK

SEEDS = 200 if IS_SOAK else 10
TRAINED = HONEST if IS_SOAK else HONEST[:1]
INNOCENT_LEFT_OUT = 1 / 20


def audit(company: Company, seed: int) -> dict[str, LeakFinding]:
    frame = company.make(seed)
    dates = pd.to_datetime(frame[company.created]) if company.created else None
    label = company.outcome(frame)
    return {found.column: found for found in audit_leakage(frame.drop(columns=company.label), label, dates=dates)}


def test_there_are_twelve_of_each_kind_in_five_languages_at_all_base_rates() -> None:
    assert min(len(HONEST), len(LEAKY)) >= 12
    rates = [company.base_rate for company in HONEST]
    assert (min(rates), max(rates)) == (0.009, 0.60)


@pytest.mark.parametrize("company", LEAKY, ids=lambda company: company.name)
def test_every_planted_leak_is_left_out_or_asked_about_with_its_price(company: Company) -> None:
    for seed in range(SEEDS // 10):
        found = audit(company, seed)
        assert company.leaks.keys() <= found.keys(), f"seed {seed}: {company.leaks.keys() - found.keys()}"
        for header in company.leaks:
            finding = found[header]
            assert finding.is_certain or header not in company.shown, f"seed {seed}: {header} was asked about"
            assert finding.auc_with is not None
            assert finding.auc_without is not None
            assert finding.auc_with >= finding.auc_without - 0.05


@pytest.mark.parametrize("companies", [HONEST, LEAKY], ids=["honest", "leaky"])
def test_in_every_seed_leaks_are_found_and_hardly_an_innocent_column_is_left_out(
    companies: tuple[Company, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leakage, "auc_with_and_without", lambda *_, **__: {})  # the price takes most of the time
    columns, left_out, missed = 0, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for company in companies:
        for seed in range(SEEDS):
            found = audit(company, seed)
            columns += len(company.asked)
            left_out.update((company.name, h) for h, f in found.items() if f.is_certain and h not in company.leaks)
            missed.update((company.name, h) for h in company.leaks if h not in found)
    assert sum(left_out.values()) <= INNOCENT_LEFT_OUT * columns, left_out
    assert max(left_out.values(), default=0) <= SEEDS / 10, left_out
    assert not missed


@pytest.mark.parametrize("company", TRAINED, ids=lambda company: company.name)
def test_of_honest_leads_the_default_model_is_as_good_as_one_that_knows_which_columns_leak(company: Company) -> None:
    frame = company.make(0)
    schema = build_schema(propose_schema(frame, company.label), "company")
    left_out = {header for header, finding in audit(company, 0).items() if finding.is_certain}
    innocent = {column.name for column in schema.inputs if left_out & set(column.aliases)}
    asked = {"params": FEW_TREES, "n_repeats": 1}
    default = train_model(frame, schema, excluded=dict.fromkeys(innocent, "evidence"), **asked)
    oracle = train_model(frame, schema, **asked) if innocent else default
    result, best = (model.metadata.metrics["cross_validation"]["auc"] for model in (default, oracle))
    assert result >= best - 0.01
    assert result > 0.5


@pytest.mark.parametrize("company", HONEST, ids=lambda company: company.name)
def test_the_proposal_learns_from_every_honest_column(company: Company) -> None:
    schema = build_schema(propose_schema(company.make(0), company.label), "company")
    assert {alias for column in schema.inputs for alias in column.aliases} >= set(company.asked)
