"""What is proposed for somebody else's columns, and the schema that comes of it."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.inference import Proposal, build_schema, headers_found, name_schema, propose_schema
from leadscore_core.data.schema.schema import CONTACT_ROLES, LeadSchema, Role
from leadscore_core.data.schema.schema_files import list_schemas, load_schema, save_schema, write_schema
from leadscore_core.errors import SchemaError
from tests.other_company import make_members


@pytest.fixture(scope="module")
def members() -> pd.DataFrame:
    return make_members()


@pytest.fixture(scope="module")
def proposal(members: pd.DataFrame) -> Proposal:
    return propose_schema(members, "Status")


def test_each_column_gets_its_role_and_marks(proposal: Proposal) -> None:
    roles = {column.header: column.role for column in proposal.columns}
    assert roles == {
        "Ref": Role.ID,
        "Member Name": Role.NAME,
        "E-mail": Role.EMAIL,
        "Mobile": Role.PHONE,
        "Enquiry Date": Role.TIMESTAMP,
        "Lead Source": Role.SOURCE,
        "Goal": Role.CATEGORY,
        "MinutesOnSite": Role.NUMBER,
        "Newsletter": Role.FLAG,
        "Country": None,
        "Status": Role.LABEL,
        "Remarks": Role.CATEGORY,
    }
    marks = {column.header: column.missing_marks for column in proposal.columns}
    assert marks["Goal"] == ("select",)
    assert marks["Lead Source"] == ()
    assert next(c.human for c in proposal.columns if c.header == "MinutesOnSite") == "Minutes on site"


def test_who_a_person_is_never_becomes_an_input(proposal: Proposal) -> None:
    schema = build_schema(proposal, "members")
    assert not {"Ref", "Member Name", "E-mail", "Mobile"} & {c.aliases[0] for c in schema.inputs}


def test_of_two_words_that_say_nothing_none_is_taken() -> None:
    frame = pd.DataFrame({"Source": ["a", "b", "c"] * 20, "Result": ["alpha", "beta", "beta"] * 20})
    proposal = propose_schema(frame, "Result")
    assert proposal.positive == ()
    with pytest.raises(SchemaError, match="no value of 'Result' means that a lead converted"):
        build_schema(proposal, "any")


@pytest.mark.parametrize(
    ("values", "yes"),
    [
        (["Won", "Lost", "Lost"], "won"),
        (["Yes", "No", "Yes"], "yes"),
        (["1", "0", "0"], "1"),
        (["TRUE", "FALSE", "TRUE"], "true"),
        (["member", "not a member", "member"], "member"),
    ],
)
def test_which_value_means_yes(values: list[str], yes: str) -> None:
    frame = pd.DataFrame({"Source": ["a", "b", "c"] * 20, "Result": values * 20})
    assert propose_schema(frame, "Result").positive == (yes,)


def test_an_outcome_of_several_words_keeps_open_leads_out(members: pd.DataFrame) -> None:
    frame = members.assign(Status=["Open", *members["Status"].iloc[1:]])
    schema = build_schema(propose_schema(frame, "Status"), "members")
    assert schema.label is not None
    assert (schema.label.positive, schema.label.negative, schema.label.open) == (("joined",), ("lost",), ("open",))
    cleaned = clean_leads(suggest_mapping(frame.columns, schema).apply(frame, schema), schema)["status"]
    assert cleaned.isna().tolist()[:2] == [True, False]
    assert cleaned.sum() == (frame["Status"] == "Joined").sum()


def test_the_schema_reads_the_file_it_was_proposed_for(members: pd.DataFrame, proposal: Proposal) -> None:
    schema = build_schema(proposal, "members")
    mapping = suggest_mapping(members.columns, schema)
    assert set(mapping.used) == {column.name for column in schema.columns}
    cleaned = clean_leads(mapping.apply(members, schema), schema)
    assert cleaned["goal"].isna().sum() == (members["Goal"] == "Select").sum()
    assert cleaned["minutesonsite"].isna().sum() == (members["MinutesOnSite"] == "").sum()
    assert cleaned["status"].tolist() == (members["Status"] == "Joined").astype(float).tolist()
    assert "city_tier" not in cleaned


def test_a_kept_schema_is_found_again_by_its_name(proposal: Proposal, places: Path) -> None:
    schema = build_schema(proposal, "members")
    path = save_schema(schema)
    assert path == places / "schemas" / "members.toml"
    assert load_schema("members") == load_schema(path) == schema
    assert list_schemas() == ["codepro", "members"]
    with pytest.raises(SchemaError, match="ships with LeadScore"):
        save_schema(schema.model_copy(update={"name": "codepro"}))


def test_what_cannot_be_written_leaves_the_kept_one(proposal: Proposal, places: Path) -> None:
    schema = build_schema(proposal, "members")
    path = save_schema(schema)
    folder = path.parent
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    with pytest.raises(SchemaError, match="could not be kept"):
        save_schema(schema)
    assert (folder.with_name("aside") / "members.toml").read_text() == write_schema(schema)


def test_every_fault_is_told_at_once(proposal: Proposal) -> None:
    twice = tuple(replace(c, role=Role.CITY) if c.header in {"Goal", "Lead Source"} else c for c in proposal.columns)
    without = tuple(replace(c, role=None) if c.role is Role.LABEL else c for c in twice)
    with pytest.raises(SchemaError) as result:
        build_schema(replace(proposal, columns=without), "My Leads")
    assert all(part in str(result.value) for part in ("'My Leads'", "no column is the outcome", "'Goal'", "the city"))


def test_an_outcome_that_is_not_there_is_named(members: pd.DataFrame) -> None:
    with pytest.raises(SchemaError, match="no column 'Won'"):
        propose_schema(members, "Won")


def test_headers_tell_which_schema_fits(members: pd.DataFrame, proposal: Proposal, schema: LeadSchema) -> None:
    own = build_schema(proposal, "members")
    assert headers_found(own, list(members.columns)) == 1.0
    assert headers_found(schema, list(members.columns)) < 0.5


@given(
    st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True),
    st.lists(st.text(max_size=8), min_size=4, max_size=30),
)
def test_any_table_gets_a_proposal_and_its_schema_can_be_written(headers: list[str], cells: list[str]) -> None:
    frame = pd.DataFrame(dict.fromkeys(headers, cells) | {"Joined?": (["y", "n"] * len(cells))[: len(cells)]})
    proposal = propose_schema(frame, "Joined?")
    assert [column.header for column in proposal.columns] == [str(h) for h in frame.columns]
    read = [column for column in proposal.columns if column.role not in {None, Role.LABEL, *CONTACT_ROLES}]
    if not read or not proposal.positive:
        with pytest.raises(SchemaError, match="learn from|means that a lead converted"):
            build_schema(proposal, name_schema("any"))
        return
    schema = build_schema(proposal, name_schema("any"))
    assert LeadSchema.model_validate(tomllib.loads(write_schema(schema))) == schema
    clean_leads(suggest_mapping(frame.columns, schema).apply(frame, schema), schema)
