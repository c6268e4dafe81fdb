"""Short reasons: what sets a lead apart from those around it."""

import numpy as np
import pandas as pd

from leadscore_core.batches.planning import CALLS
from leadscore_core.batches.view import SHORT, BatchView
from leadscore_core.inference.short_reasons import AGAINST, Typical, ranks_to_learn_from, short_reasons
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.lead_table import Sort


def learned(view: BatchView, model: LeadModel) -> Typical:
    leads = view.table.by_rank(ranks_to_learn_from(view.table.rows).tolist())
    parts = model.contributions(view.cleaned(leads))
    return Typical.learn(parts, leads["ls_propensity"].to_numpy(), leads["ls_rank"].to_numpy(), view.table.rows)


def test_neighbours_are_told_apart_without_statistics(view: BatchView) -> None:
    shown = view.short_reasons(view.table.page(CALLS, Sort(), 0, 50))
    assert (shown != "").all()
    assert shown.nunique() >= 5
    assert shown.value_counts().iloc[0] <= 30
    assert not shown.str.contains(r"%|n =|\(\+\)|such leads").any()


def test_the_best_are_named_for_what_lifts_them_and_the_last_for_what_does_not(view: BatchView) -> None:
    best, last = (view.short_reasons(view.table.by_rank([rank])).iloc[0] for rank in (1, view.table.rows))
    assert not best.startswith(AGAINST)
    assert last.startswith(AGAINST)


def test_a_reason_does_not_depend_on_which_other_leads_are_shown(view: BatchView) -> None:
    together = view.short_reasons(view.table.by_rank([1, 2, 3, 200]))
    assert together.iloc[2] == view.short_reasons(view.table.by_rank([3])).iloc[0]


def test_what_stands_in_a_column_beside_is_not_said_again(view: BatchView, trained: LeadModel) -> None:
    leads = view.table.page(CALLS, Sort(), 0, 50)
    table = view.present(leads, ["First source", "City", SHORT])
    assert not table[SHORT].str.removeprefix(AGAINST).str.startswith(("City:", "First source:")).any()


def test_a_list_whose_leads_are_all_alike_has_no_reason(view: BatchView, trained: LeadModel) -> None:
    leads = view.table.by_rank([1] * 1)
    cleaned = view.cleaned(leads)
    parts = trained.contributions(cleaned)
    typical = Typical.learn(parts, np.array([0.5]), np.array([1]), 1)
    assert short_reasons(cleaned, parts, np.array([0.5]), trained, typical).tolist() == [""]
    assert short_reasons(cleaned.head(0), parts.head(0), np.empty(0), trained, typical).empty
    pd.testing.assert_series_equal(typical.overall, parts.drop(columns="base_value").iloc[0], check_names=False)
