"""Which column is the outcome: ranked right on lists like those of sixteen kinds of companies, and asked about."""

from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.data.schema.inference import Proposal, propose_schema
from leadscore_core.data.schema.outcome_candidates import MOST_OFFERED
from tests.data.other_lists import LISTS, insurance_response, make_list, marketing_campaign, x_education
from tests.paths import IS_SOAK

SEEDS = range(20) if IS_SOAK else range(1)


@pytest.fixture(scope="module")
def proposals() -> dict[tuple[str, int], tuple[str, Proposal]]:
    return {
        (kind.__name__, seed): (label, propose_schema(make_list(kind, seed=seed)))
        for kind, label in LISTS.items()
        for seed in SEEDS
    }


def test_the_outcome_is_among_the_three_offered_in_all_and_first_in_nearly_all(
    proposals: dict[tuple[str, int], tuple[str, Proposal]],
) -> None:
    offered = {kind: (label, [c.header for c in p.candidates[:MOST_OFFERED]]) for kind, (label, p) in proposals.items()}
    assert not {kind: found for kind, found in offered.items() if found[0] not in found[1]}
    not_first = {kind: found for kind, found in offered.items() if found[1][0] != found[0]}
    assert len(not_first) <= len(offered) / 18, not_first


def test_what_is_taken_without_a_question_is_right(proposals: dict[tuple[str, int], tuple[str, Proposal]]) -> None:
    taken = {kind: (label, p.label) for kind, (label, p) in proposals.items() if p.label is not None}
    assert not {kind: found for kind, found in taken.items() if found[0] != found[1]}
    assert len(taken) >= len(proposals) / 2


def test_the_choices_begin_with_the_likeliest() -> None:
    proposal = propose_schema(make_list(marketing_campaign))
    assert proposal.choices[0] == "Response"
    assert len(proposal.choices) == len(set(proposal.choices))


def test_a_column_that_another_repeats_leaves_its_points_to_what_can_be_foretold() -> None:
    leads = make_list(insurance_response).drop(columns="Response")
    leads["Extra"] = leads["Vehicle_Damage"].map({"Yes": "1", "No": "0"})
    ranked = [c.header for c in propose_schema(leads).candidates]
    assert "Response" not in ranked


def test_train_and_check_ask_which_of_three_with_their_counts(run, tmp_path: Path) -> None:
    leads = make_list(x_education).rename(columns={"Converted": "Ending"})
    path = tmp_path / "courses.csv"
    leads.to_csv(path, index=False)
    for command in ("train", "check"):
        code, said, err = run(command, path)
        assert (code, said) == (2, ""), err
        assert f"'Ending' ('0' {(leads['Ending'] == '0').sum()}, '1' {(leads['Ending'] == '1').sum()})" in err
        assert "Name the outcome, for instance: --label '" in err
        assert err.count("; '") <= MOST_OFFERED - 1


def test_a_list_without_any_candidate_is_not_asked_about() -> None:
    frame = pd.DataFrame({"Name": [f"P {n}" for n in range(60)], "Amount": [str(n * 7.5) for n in range(60)]})
    assert propose_schema(frame).candidates == ()
