import re

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.reasons import explain_leads, reasons_in_words, value_phrases
from leadscore_core.model.lead_model import LeadModel

SENTENCE = re.compile(
    r"\((\+|-)\) .+: (such leads( \(5 or more\))? complete \d+% of the time \(n = [\d,]+; all leads \d+%\)"
    r"(, but with the rest of this lead it (raises|lowers) the score)?"
    r"|\d+ of \d+ such leads completed, too few to be sure \(all leads \d+%\)"
    r"|not seen in training \(all leads \d+%\))"
)


def test_contributions_have_one_column_an_input_and_sum_to_the_margin(trained: LeadModel, sample: SampleLeads) -> None:
    explained = explain_leads(sample.new, trained)
    inputs = trained.features.transform(trained.clean(sample.new)[0])
    assert np.allclose(explained.sum(axis=1), trained.classifier.raw_margin(inputs), atol=1e-9)
    assert set(explained.columns) == {
        "created_date",
        "city_mapped",
        "first_platform_c",
        "first_utm_medium_c",
        "first_utm_source_c",
        "total_leads_droppped",
        "referred_lead",
        *(f"{group}_interaction" for group in trained.schema.groups),
        "base_value",
    }
    assert explained["base_value"].nunique() == 1


def test_reasons_are_the_largest_contributions_with_their_direction(trained: LeadModel, sample: SampleLeads) -> None:
    cleaned, _ = trained.clean(sample.new)
    contributions = trained.contributions(cleaned)
    words = reasons_in_words(cleaned, contributions, trained, 3)
    parts = contributions.drop(columns="base_value")
    largest = parts.to_numpy()[np.arange(len(parts)), parts.abs().to_numpy().argmax(axis=1)]
    assert (words["reason_1"].str.startswith("(+)") == (largest > 0)).all()
    assert all(SENTENCE.fullmatch(text) for text in words.to_numpy().ravel())


def test_the_numbers_in_a_reason_are_those_of_training(trained: LeadModel, sample: SampleLeads) -> None:
    frame = sample.new.assign(referred_lead=1)
    cleaned, _ = trained.clean(frame)
    words = reasons_in_words(cleaned, trained.contributions(cleaned), trained, 1)["reason_1"]
    referred = sample.labelled["referred_lead"] == 1
    rate = sample.labelled.loc[referred, "app_complete_flag"].mean()
    base = sample.labelled["app_complete_flag"].mean()
    wanted = f"such leads complete {rate:.0%} of the time (n = {referred.sum()}; all leads {base:.0%})"
    assert words.eq(f"(+) Referred by a friend: {wanted}").mean() > 0.5


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"city_mapped": ""}, "City is blank: such leads complete"),
        ({"city_mapped": "atlantis"}, "City Atlantis: not seen in training"),
        ({"total_leads_droppped": 7}, "Left contact details 7 times: "),
        ({"created_date": "2030-02-01"}, "Created in February 2030: not seen in training"),
        ({"syllabus": 2}, "Syllabus interactions twice: "),
        ({"referred_lead": 0}, "Not referred by a friend: such leads complete"),
    ],
)
def test_values_read_as_a_person_would_say_them(
    trained: LeadModel, sample: SampleLeads, change: dict[str, object], expected: str
) -> None:
    cleaned, _ = trained.clean(sample.new.head(1).assign(**change))
    pushed = trained.contributions(cleaned)
    pushed[pushed.columns.drop("base_value")] = 0.0
    column = "syllabus_interaction" if "syllabus" in change else next(iter(change))
    pushed[column] = 1.0
    words = reasons_in_words(cleaned, pushed, trained, 2)
    assert words["reason_1"].iloc[0].startswith(f"(+) {expected}")
    assert words["reason_2"].iloc[0] == ""


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("Budget {INR} {value}", "Budget {INR} Pune"),
        ("{value.__class__.__mro__}", "{value.__class__.__mro__}"),
        ("{0}{value!r}{", "{0}{value!r}{"),
    ],
)
def test_a_phrase_of_somebody_elses_model_is_filled_in_and_never_formatted(
    trained: LeadModel, monkeypatch: pytest.MonkeyPatch, phrase: str, said: str
) -> None:
    column = trained.features.column("city_mapped")
    assert column is not None
    theirs = column.model_copy(update={"phrase": phrase})
    monkeypatch.setattr(type(trained.features), "column", lambda *_: theirs)
    assert value_phrases(pd.Series(["pune"]), "city_mapped", trained).tolist() == [said]


def test_a_reason_against_the_observed_rate_explains_itself(trained: LeadModel, sample: SampleLeads) -> None:
    cleaned, _ = trained.clean(sample.new.head(1).assign(referred_lead=1))
    pushed = trained.contributions(cleaned) * 0
    pushed["referred_lead"] = -1.0
    words = reasons_in_words(cleaned, pushed, trained, 1)["reason_1"].iloc[0]
    assert words.endswith("but with the rest of this lead it lowers the score")


def test_no_contact_stands_in_a_reason(trained: LeadModel, sample: SampleLeads) -> None:
    cleaned, _ = trained.clean(sample.new)
    words = " ".join(reasons_in_words(cleaned, trained.contributions(cleaned), trained, 5).to_numpy().ravel())
    contacts = pd.concat([sample.new[c] for c in ("full_name", "email", "phone")])
    assert not any(contact in words for contact in contacts.unique() if len(contact) > 4)
