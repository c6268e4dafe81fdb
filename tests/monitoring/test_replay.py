"""The replay: on leads whose relation to the outcome turns around, no period of the collapse is called healthy."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import monitor_replay
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import make_sample
from leadscore_core.training.training_data import make_training_data
from tests.paths import IS_SOAK

ROWS, MONTHS = (6_000, 7) if IS_SOAK else (1_600, 4)


@pytest.fixture(scope="module")
def found() -> dict:
    leads = make_sample(rows=ROWS, seed=3).labelled
    months = pd.to_datetime(leads["created_date"]).dt.to_period("M").astype("str")
    names = sorted(set(months))[:MONTHS]
    leads = leads[months.isin(names)].reset_index(drop=True)
    turned = months[months.isin(names)].isin(names[MONTHS // 2 + 1 :]).to_numpy()
    leads["app_complete_flag"] = np.where(turned, 1 - leads["app_complete_flag"], leads["app_complete_flag"])
    schema = load_schema()
    data = make_training_data(leads, schema, map_frame(leads, schema))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(monitor_replay, "FEWEST_MONTHS", MONTHS)
        return monitor_replay.replay(data.known, {"n_estimators": 20, "learning_rate": 0.15}, 0.5, 2)


def test_the_collapse_is_not_called_healthy(found: dict) -> None:
    collapsed = [row for row in found["periods"] if row["auc"] < 0.6]
    assert collapsed
    assert {row["verdict"] for row in collapsed} <= {"do not trust", "blind"}
    assert any(row["verdict"] == "healthy" for row in found["periods"] if row["auc"] > 0.75)


def test_each_period_has_what_was_agreed(found: dict) -> None:
    assert {"periods", "covered", "false_alarms"} <= set(found)
    for row in found["periods"]:
        assert {"period", "auc", "estimate", "low", "high", "verdict"} <= set(row)
        assert (row["low"] is None) == (row["high"] is None) == (row["estimate"] is None)
    assert found["periods"][0]["estimate"] is None
