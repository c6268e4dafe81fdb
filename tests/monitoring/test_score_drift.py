"""Drift at any base rate: leads of the same kind raise no alarm, whatever their dates; others do."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadscore_core.config import MonitorRules
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.drift import SCORES, DriftReport, check_drift
from leadscore_core.training.train import train_model

LISTS = 10


def requests_of(base: float) -> Callable[..., pd.DataFrame]:
    """Return what makes requests for solar panels, of log-odds around a base, that came from a day on."""

    def make(rows: int, seed: int, start: str, days: int, recommended: float = 0.1) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        others = np.array([0.1, 0.35, 0.3, 0.15]) * (1 - recommended) / 0.9
        origin = rng.choice(["Empfehlung", "Messe", "Webseite", "Anzeige", "Flyer"], rows, p=[recommended, *others])
        roof, house = np.round(rng.gamma(4, 20, rows), 1), rng.choice(["Haus", "Wohnung", "Gewerbe"], rows)
        margin = base + 1.6 * (origin == "Empfehlung") - 0.8 * (origin == "Flyer") + 0.012 * (roof - 80)
        came = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.random(rows)) * days, unit="D")
        signed = rng.random(rows) < 1 / (1 + np.exp(-margin - 0.7 * (house == "Haus")))
        return pd.DataFrame(
            {
                "Nummer": [f"A{seed}{number:06d}" for number in range(rows)],
                "Datum": came.strftime("%d.%m.%Y %H:%M"),
                "Herkunft": origin,
                "Dach": [f"{area:.1f}" for area in roof],
                "Gebäude": house,
                "Vertrag": np.where(signed, "ja", "nein"),
            }
        )

    return make


def check(model: LeadModel, leads: pd.DataFrame) -> DriftReport:
    leads = leads.drop(columns="Vertrag")
    cleaned = model.clean(map_frame(leads, model.schema).apply(leads, model.schema))[0]
    return check_drift(model, cleaned, model.propensity(cleaned))


@pytest.mark.parametrize("base", [-4.9, -2.8, -1.2], ids=["1%", "10%", "30%"])
def test_scores_of_leads_of_the_same_kind_do_not_drift(base: float) -> None:
    make = requests_of(base)
    known = make(3_000, 1, "2025-10-01", 300)
    schema = propose_schema(known, "Vertrag").build("solar")
    model = train_model(known, schema, params={"n_estimators": 40}, algorithm="lightgbm", n_repeats=1)
    own = check(model, known)
    assert own.scores is not None
    assert own.scores.psi <= own.scores.usual_psi
    assert not own.outside
    later = [check(model, make(1_500, 50 + seed, "2026-08-01", 45)) for seed in range(LISTS)]
    assert np.mean([one.is_outside for one in later]) <= 0.1
    assert np.mean([one.scores is not None and one.scores.p < 0.01 for one in later]) <= 0.1
    other = check(model, make(1_500, 99, "2026-08-01", 45, recommended=0.7))
    assert SCORES in other.outside
    moved = check(model, make(1_500, 98, "2026-08-01", 45, recommended=0.5))
    named = {one.name for one in moved.mattering(MonitorRules().effect)}
    assert "Herkunft" in {one.human for one in moved.found}
    assert named == {one.name for one in moved.found if one.human == "Herkunft"} <= set(moved.outside)
    assert model.reference is not None
    old = replace(model, reference=model.reference.model_copy(update={"version": 1}))
    assert SCORES not in check(old, make(1_500, 99, "2026-08-01", 45, recommended=0.7)).outside
