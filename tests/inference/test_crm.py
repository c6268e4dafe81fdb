"""Files for CRMs: matched by the CRM's own id, nothing else touched, nothing made up."""

from dataclasses import replace

import pandas as pd
import pytest

from leadscore_core.data.schema.schema import Role
from leadscore_core.errors import ExportError
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.crm_columns import (
    ALWAYS,
    GRADE,
    LONGEST,
    MORE,
    NO_ID,
    REASON,
    SCORE,
    CrmChoice,
    CrmColumns,
    find_record_id,
    settle_columns,
)

IDS = {
    "hubspot": ("Record ID", "Record ID", ["151", "30012345678", "9"]),
    "salesforce": ("Lead ID", "Id", ["00Q5e00001AbCda", "00Q5e00001AbCdA", "00Q5e00001AbCdaEAF"]),
    "dynamics": (
        "(Do Not Modify) Lead",
        "(Do Not Modify) Lead",
        [f"7927b2df-8bba-4d29-b9a2-b6e0beafe62{k}" for k in range(3)],
    ),
    "zoho": ("Record Id", "Record Id", ["5725767000000411001", "zcrm_5725767000000411002", "5725767000000411003"]),
    "pipedrive": ("Person - ID", "Person - ID", ["1", "2", "33"]),
}
DETAILS = {Role.NAME: ["Full name"], Role.EMAIL: ["Mail"], Role.PHONE: ["Tel"], Role.CITY: ["Town"]}
OURS = pd.DataFrame(
    {
        "lead_score": [90, 50, 3],
        "grade": ["Hot", "Warm", "Junk"],
        "reason_1": ["(+) Referred by a friend: 71%", '(+) A | <b> \n"c"', "(-) City is blank: 5%"],
        "junk_reason": ["", "", "Low propensity: 3.0%, junk is below 10%"],
        "propensity": [0.9, 0.5, 0.03],
        "model_id": ["m"] * 3,
    }
)


def leads(crm: str, **cells: list[object]) -> pd.DataFrame:
    header, _, ids = IDS[crm]
    own = {
        header: ids,
        "Full name": ["Anne Marie Roy", "Cher", "आशा राव"],
        "Mail": ["a@x.org", "b@x.org", "c@x.org"],
        "Tel": ["+49-30/901 82", "0301", "1"],
        "Town": ["Köln", "Pune", "Delhi"],
        "Lead Source": ["Web"] * 3,
        "Description": ["tall"] * 3,
    }
    return pd.DataFrame(own | cells)


def settle(crm: str, own: pd.DataFrame, *more: str, record_id: str | None = None) -> CrmColumns:
    return settle_columns(CrmChoice(crm, record_id, more), own, DETAILS)


@pytest.mark.parametrize("crm", PRESETS)
def test_a_record_gets_its_id_score_grade_and_reason_and_nothing_else(crm: str) -> None:
    own = leads(crm)
    header, written, ids = IDS[crm]
    made = settle(crm, own).lay_out(own, OURS)
    assert list(made.columns) == [written, SCORE, GRADE, REASON]
    assert made[written].tolist() == ids
    assert made[SCORE].tolist() == [90, 50, 3]
    assert made[GRADE].tolist() == ["Hot", "Warm", "Junk"]
    assert made[REASON].tolist() == ["(+) Referred by a friend: 71%", "(+) A b c", OURS["junk_reason"][2]]
    assert not {"Rating", "Lead Source", "Description"} & set(made.columns)


@pytest.mark.parametrize("crm", PRESETS)
def test_a_number_of_somebody_elses_is_no_record_id(crm: str) -> None:
    header, _, ids = IDS[crm]
    own = leads(crm).rename(columns={header: "Lead Number"})
    assert find_record_id(own, PRESETS[crm]) == NO_ID
    foreign = own.assign(**{"Lead Number": ["L-1", "L-2", "L-3"]})
    with pytest.raises(ExportError, match=r"Lead Number holds 'L-1'.*Choose another column"):
        settle(crm, foreign, record_id="Lead Number")
    assert settle(crm, own, record_id="Lead Number").lay_out(own, OURS).iloc[:, 0].tolist() == ids


def test_without_a_record_id_it_is_matched_by_email_or_refused() -> None:
    own = leads("hubspot").drop(columns="Record ID")
    own = own.assign(Mail=["A@x.org; z@x.org", "noemail@example.com", "a@X.org"])
    for crm in PRESETS:
        if crm == "dynamics":
            with pytest.raises(ExportError, match="would make new records instead of updating. Export the leads from"):
                settle(crm, own)
            continue
        columns = settle(crm, own)
        made = columns.lay_out(own, OURS)
        keys = ["Person - Name", "Person - Email"] if crm == "pipedrive" else ["Email"]
        assert list(made.columns) == [*keys, *ALWAYS]
        left = {"no_key": 1, "repeats": 0 if crm == "pipedrive" else 1}  # another name is another person there
        assert columns.left_out == left
        assert made[keys[-1]].iloc[0] == "A@x.org"
        assert "1 lead without" in columns.left_out_words
    prospects = own.assign(Prospect=IDS["dynamics"][2])
    with pytest.raises(ExportError, match="perhaps Prospect, which has the form of one"):
        settle("dynamics", prospects)
    for role in (Role.EMAIL, Role.NAME):
        details = {key: headers for key, headers in DETAILS.items() if key is not role}
        with pytest.raises(ExportError, match="no record id of Pipedrive"):
            settle_columns(CrmChoice("pipedrive"), own, details)


def test_ids_that_are_missing_ruined_or_given_twice_are_left_out_over_all_parts() -> None:
    own = leads("hubspot", **{"Record ID": ["151", "152", "9.12E+11"]})
    columns = settle("hubspot", own)
    assert columns.lay_out(own, OURS)["Record ID"].tolist() == ["151", "152"]
    again = leads("hubspot", **{"Record ID": ["152", "", "154"]})
    assert columns.lay_out(again, OURS)["Record ID"].tolist() == ["154"]
    assert columns.left_out == {"no_key": 2, "repeats": 1}
    assert columns.afresh().lay_out(again, OURS)["Record ID"].tolist() == ["152", "154"]
    case = leads("salesforce")  # of 15 characters, two that differ in case are two records
    assert len(settle("salesforce", case).lay_out(case, OURS)) == 3


@pytest.mark.parametrize("crm", PRESETS)
def test_placeholders_are_never_written_over_a_record(crm: str) -> None:
    own = leads(crm, Town=["[not provided]", "n/a", " - "], Tel=["Select", "none", "(not set)"])
    columns = settle(crm, own, "Town", "Tel")
    made = columns.lay_out(own, OURS)
    assert columns.blank_words.endswith(f" for 3 leads. {PRESETS[crm].blank}")
    town, phone = (PRESETS[crm].fields.get(role, name) for role, name in ((Role.CITY, "Town"), (Role.PHONE, "Tel")))
    assert made[town].tolist() == made[phone].tolist() == ["", "", ""]


@pytest.mark.parametrize("crm", PRESETS)
def test_what_a_person_adds_stands_under_the_header_that_the_importer_knows(crm: str) -> None:
    own = leads(crm)
    preset = PRESETS[crm]
    made = settle(crm, own, "Full name", "Mail", "Tel", "Lead Source", *MORE).lay_out(own, OURS)
    assert made[preset.fields[Role.EMAIL]].tolist() == own["Mail"].tolist()
    assert made[preset.fields[Role.PHONE]].tolist() == ["+49 30 901 82", "0301", "1"]
    assert made["Lead Source"].tolist() == ["Web"] * 3  # their own text, asked for
    assert made["LeadScore propensity"].tolist() == [0.9, 0.5, 0.03]
    if Role.NAME in preset.fields:
        assert made[preset.fields[Role.NAME]].tolist() == own["Full name"].tolist()
    else:
        first, last = preset.first_last
        assert made[[first, last]].to_numpy().tolist() == [["Anne Marie", "Roy"], ["", "Cher"], ["आशा", "राव"]]
    parts = replace(settle(crm, own, "Full name"), details=DETAILS | {Role.NAME: ["Full name", "Town"]})
    assert "Full name" in parts.lay_out(own, OURS).columns


def test_a_long_reason_fits_a_line_of_text() -> None:
    own = leads("zoho")
    made = settle("zoho", own).lay_out(own, OURS.assign(reason_1="x" * 999, junk_reason=""))
    assert made[REASON].str.len().tolist() == [LONGEST] * 3
    without = settle("zoho", own).lay_out(own, OURS.drop(columns=["reason_1", "junk_reason"]))
    assert REASON not in without  # a model that is gone gives none, and an empty cell might empty the field


def test_what_is_not_there_is_said_with_what_is() -> None:
    own = leads("hubspot")
    with pytest.raises(ExportError, match="no column 'Salary'. It has: Record ID, Full name"):
        settle("hubspot", own, "Salary")
    with pytest.raises(ExportError, match="Salesforce takes .csv, not .xlsx"):
        settle_columns(CrmChoice("salesforce", ending=".xlsx"), own, DETAILS)
    with pytest.raises(ExportError, match="no CRM 'sugar'. Choose one of hubspot"):
        settle_columns(CrmChoice("sugar"), own, DETAILS)
