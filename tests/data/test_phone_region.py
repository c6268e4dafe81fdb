"""Of which country numbers without a country code are: the list says, or it is a question."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.batches.save import rescore_batch, save_batch
from leadscore_core.config import Settings
from leadscore_core.data.cleaning.country_evidence import CountryEvidence, find_country
from leadscore_core.data.cleaning.phone_region import find_phone_region
from leadscore_core.data.dataset.open import choose_conventions, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.phone_findings import phone_findings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import MappingError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing

GERMAN = [f"+49 151 234567{n}" for n in range(10, 30)] + [f"0151 2345 67{n}" for n in range(10, 20)]
NOWHERE_AT_HOME = [f"0151 2345 67{n}" for n in range(10, 40)]


@pytest.mark.parametrize(
    ("numbers", "region"),
    [
        (GERMAN, "DE"),
        ([number.replace("+49 ", "0049") for number in GERMAN], "DE"),
        ([f"+49 151 234567{n}" for n in range(10, 15)] + ["0151 23456789"], None),  # too few to say so
        ([f"98765 432{n}" for n in range(10, 40)] + [f"+1 212 555 10{n}" for n in range(10, 40)], None),
        ([f"+91 98765 432{n}" for n in range(10, 40)] + ["98765 43210"], None),  # as is usual
        ([f"+44 20 7946 00{n}" for n in range(10, 20)] + [f"+1 212 555 10{n}" for n in range(10, 20)], None),
        (["n/a", "", "12"], None),
    ],
)
def test_the_country_is_that_of_most_numbers_with_a_code(numbers: list[str], region: str | None) -> None:
    found = find_phone_region([pd.Series(numbers)], "IN")
    assert found.region == region
    assert not found.others


def test_numbers_that_are_nowhere_at_home_are_a_question() -> None:
    found = find_phone_region([pd.Series(NOWHERE_AT_HOME)], "IN")
    assert found.region is None
    assert "DE" in found.others


@pytest.mark.parametrize(
    ("header", "cells", "region"),
    [
        ("Country", ["Germany", "Deutschland", "DE", "Alemania", ""], "DE"),
        ("Land", ["Österreich"] * 5, "AT"),
        ("Ülke", ["Türkiye", "TR", "Turkey", "Türkei", None], "TR"),
        ("Deal currency", ["CHF", "chf", "CHF", "SFr.", "CHF"], "CH"),
        ("Currency", ["EUR"] * 5, None),  # of many countries
        ("Country", ["Germany", "France", "Spain", "Italy", "DE"], None),
        ("Country", ["Germany", "DE", "", "", ""], None),  # too few
        ("Source", ["Germany"] * 5, None),
    ],
)
def test_columns_of_countries_and_currencies_name_one(header: str, cells: list[str | None], region: str | None) -> None:
    found = find_country(pd.DataFrame({header: cells}))
    assert (None if found is None else found.region) == region
    assert found is None or f"cells of {header!r} say {region}" in found.words


def test_two_columns_that_name_two_countries_name_none() -> None:
    assert find_country(pd.DataFrame({"Country": ["DE"] * 5, "Birth country": ["AT"] * 5})) is None
    both = find_country(pd.DataFrame({"Currency": ["USD"] * 5, "Country": ["Germany"] * 5}))
    assert both == CountryEvidence("DE", "5 of 5 cells of 'Country' say DE"), "a country counts before a currency"


def test_a_named_country_answers_what_numbers_leave_open_and_no_more() -> None:
    german = CountryEvidence("DE", "30 of 30 cells of 'Country' say DE")
    found = find_phone_region([pd.Series(NOWHERE_AT_HOME)], "IN", german)
    assert (found.region, found.others, found.evidence) == ("DE", (), german.words)
    assert find_phone_region([pd.Series(["0151 23456789"])], "IN", german).region == "DE", "of one number too"
    indian = pd.Series([f"98765 432{n}" for n in range(10, 40)])
    american = CountryEvidence("US", "said")
    assert find_phone_region([indian], "IN", american).region is None, "these are no numbers of the United States"
    british = find_phone_region([pd.Series(GERMAN)], "IN", CountryEvidence("GB", "said"))
    assert british.region == "DE", "numbers with a code count before"


def leads_with(numbers: list[str], sample: SampleLeads, folder: Path) -> Path:
    path = folder / f"leads-{len(numbers)}-{hash(tuple(numbers))}.csv"
    sample.new.head(len(numbers)).assign(phone=numbers).to_csv(path, index=False)
    return path


def keys_and_scores(path: Path) -> pd.DataFrame:
    return LeadTable(path, Standing()).query(
        f"SELECT ls_phone_key, ls_propensity FROM read_parquet('{path}') ORDER BY ls_row"
    )


def test_a_list_is_read_by_its_own_country_and_keeps_it(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    leads = open_list(leads_with(GERMAN, sample, tmp_path), trained.schema, settings=kept)
    assert leads.mapping.phone_region == "DE"
    (finding,) = phone_findings(leads.mapping, trained.schema, len(GERMAN))
    assert "those of DE: 20 of 20 numbers with one begin +49" in finding.reason
    batch = save_batch(leads, trained, name="German", settings=kept)
    again = rescore_batch(batch, trained, by="Anna", settings=kept)
    found = keys_and_scores(again.scores_path)
    assert found["ls_phone_key"].iloc[20:].tolist() == found["ls_phone_key"].iloc[:10].tolist()
    as_indian = replace(leads, mapping=leads.mapping.model_copy(update={"phone_region": "IN"}))
    other = save_batch(as_indian, trained, name="Indian", settings=kept)
    assert keys_and_scores(other.scores_path)["ls_propensity"].equals(found["ls_propensity"])


def test_a_list_that_names_its_country_asks_nothing(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    path = leads_with(NOWHERE_AT_HOME, sample, tmp_path)
    pd.read_csv(path, dtype="str").assign(Country="Germany").to_csv(path, index=False)
    leads = open_list(path, trained.schema, settings=kept)
    assert (leads.mapping.phone_region, leads.mapping.region_choices) == ("DE", ())
    (finding,) = phone_findings(leads.mapping, trained.schema, len(NOWHERE_AT_HOME))
    assert "those of DE: 30 of 30 cells of 'Country' say DE; if that is wrong" in finding.reason


def test_a_person_says_the_country_and_is_believed(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    path = leads_with(NOWHERE_AT_HOME, sample, tmp_path)
    leads = open_list(path, trained.schema, settings=kept)
    assert leads.mapping.phone_region is None
    assert leads.mapping.region_choices[0] == kept.phone_region
    chosen = choose_conventions(leads, region="AT", settings=kept)
    assert (chosen.mapping.phone_region, chosen.mapping.region_choices) == ("AT", ())
    assert open_list(path, trained.schema, settings=kept).mapping.phone_region == "AT"  # remembered
    said = open_list(path, trained.schema, options=ListOptions(phone_region="DE"), settings=kept)
    assert said.mapping.phone_region == "DE"
    without = tmp_path / "without.csv"
    sample.new.head(5).drop(columns=["phone"]).to_csv(without, index=False)
    with pytest.raises(MappingError, match="no column with phones"):
        open_list(without, trained.schema, options=ListOptions(phone_region="DE"), settings=kept)
