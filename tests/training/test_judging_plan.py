import numpy as np
import pandas as pd

from leadscore_core.training.evaluation.plan import MOST_JUDGED, MOST_MONTHS, plan_judging


def plan(rows: int):
    label = (np.arange(rows) % 10 == 0).astype("int64")
    dates = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows) * 400 * 86_400 // rows, unit="s"))
    return label, plan_judging(label, dates, None, n_splits=5, n_repeats=2, seed=0)


def test_few_leads_are_all_judged_twice_and_on_every_month() -> None:
    label, found = plan(6_000)
    assert len(found.folds) == 10
    assert len(found.months) > MOST_MONTHS
    assert np.array_equal(found.rows, np.arange(6_000))
    assert found.split.startswith("5 stratified folds, drawn 2 times; ")


def test_of_very_many_a_random_part_is_judged_and_said() -> None:
    label, found = plan(250_000)
    assert len(found.rows) == MOST_JUDGED
    assert len(found.folds) == 5
    assert [fold.name for fold in found.months] == sorted(fold.name for fold in found.months)
    assert len(found.months) == MOST_MONTHS
    assert "drawn once, of 200,000 leads at random of 250,000" in found.split
    assert "of the last six" in found.next_split
    assert abs(label[found.rows].mean() - label.mean()) < 0.005
    assert all(not set(fold.train) & set(fold.test) for fold in found.folds)
