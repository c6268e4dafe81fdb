"""Of several headers that could give one column, the one that its cells speak for; phones and names together."""

import itertools

import pandas as pd
import pytest

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.column_resolution import contested_headers, map_frame, resolve_mapping
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.validation import check_leads

N = 40
FULL = [f"Level{i % 5}" for i in range(N)]
HALF = [f"Level{i % 5}" if i % 2 else "" for i in range(N)]
NEARLY = ["", *FULL[1:]]
BLANK = [""] * N
PHONES = [f"+9198765{i:05d}" for i in range(N)]
EMAILS = [f"p{i}@example.com" for i in range(N)]
FIRST = [("Ada", "Bo", "Cy")[i % 3] for i in range(N)]
LAST = [("Roth", "Li", "Rao")[i % 3] for i in range(N)]
WHOLE = [f"{first} {last}" for first, last in zip(FIRST, LAST, strict=True)]
MEDIUM = {"Medium": FULL}


def frame_of(columns: dict[str, list[str]]) -> pd.DataFrame:
    return pd.DataFrame({header: pd.Series(values, dtype="str") for header, values in columns.items()})


SOURCES: list[tuple[dict[str, list[str]], str, bool]] = [
    ({"Lead Source": BLANK, "Lead Source.1": FULL}, "Lead Source.1", True),
    ({"Lead Source": FULL, "Lead Source.1": BLANK}, "Lead Source", False),
    ({"Source": HALF, "Lead Source": FULL}, "Lead Source", True),
    ({"Source": NEARLY, "Lead Source": FULL}, "Source", True),
    ({"Source": ["-None-"] * N, "Lead Source": FULL}, "Lead Source", True),
    ({"first_utm_source_c": HALF, "Lead Source": FULL}, "first_utm_source_c", True),
    ({"first_utm_source_c": BLANK, "Lead Source": FULL}, "Lead Source", True),
    ({"first_utm_source_c": HALF, "first_utm_source_c.1": FULL}, "first_utm_source_c.1", True),
    ({"Source": FULL}, "Source", False),
]


@pytest.mark.parametrize(("columns", "chosen", "is_said"), SOURCES)
def test_the_filled_one_of_several_is_taken_in_any_order_and_the_choice_is_said(
    schema: LeadSchema, columns: dict[str, list[str]], chosen: str, is_said: bool
) -> None:
    source = schema.one(Role.SOURCE)
    assert source is not None
    for order in itertools.permutations([*columns, *MEDIUM]):
        frame = frame_of(columns | MEDIUM)[list(order)]
        assert map_frame(frame, schema).used[source.name] == chosen
        said = [finding for finding in check_leads(frame, schema) if finding.code == "chosen_column"]
        assert [finding.column for finding in said] == [chosen] * is_said
        rivals = set(columns) - {chosen}
        assert all(rival in said[0].reason and "% of 40 rows" in said[0].reason for rival in rivals if is_said)


CONTACTS: list[tuple[dict[str, list[str]], Role, list[str]]] = [
    ({"Mobile Number": PHONES, "Phone": HALF, "Home Phone": PHONES}, Role.PHONE, ["Mobile Number", "Home Phone"]),
    ({"Phone": PHONES, "Mobile": PHONES, "Do Not Call": FULL}, Role.PHONE, ["Phone", "Mobile"]),
    ({"Phone": PHONES, "Phone.1": PHONES, "Phone Verified": FULL}, Role.PHONE, ["Phone", "Phone.1"]),
    ({"Telefon": PHONES, "Handy": PHONES}, Role.PHONE, ["Handy", "Telefon"]),
    ({"Phone": BLANK, "WhatsApp Number": PHONES}, Role.PHONE, ["WhatsApp Number"]),
    ({"Email": EMAILS, "Work Email": EMAILS, "Owner Email": EMAILS}, Role.EMAIL, ["Email", "Work Email"]),
    ({"E-Mail": BLANK, "Secondary Email": EMAILS, "Email Opt Out": FULL}, Role.EMAIL, ["Secondary Email"]),
    ({"Last Name": LAST, "First Name": FIRST, "Salutation": FULL}, Role.NAME, ["First Name", "Last Name"]),
    ({"Nachname": LAST, "Vorname": FIRST}, Role.NAME, ["Vorname", "Nachname"]),
    ({"Name": LAST, "Vorname": FIRST}, Role.NAME, ["Vorname", "Name"]),
    ({"Nom": LAST, "Prénom": FIRST}, Role.NAME, ["Prénom", "Nom"]),
    ({"Apellidos": LAST, "Nombre": FIRST}, Role.NAME, ["Nombre", "Apellidos"]),
    ({"Full Name": WHOLE, "First Name": FIRST, "Last Name": LAST}, Role.NAME, ["Full Name"]),
    ({"Full Name": BLANK, "First Name": FIRST, "Last Name": LAST}, Role.NAME, ["First Name", "Last Name"]),
    ({"Name": LAST, "First Name": FIRST}, Role.NAME, ["First Name", "Name"]),
    ({"Name": WHOLE, "First Name": FIRST}, Role.NAME, ["Name"]),
    ({"Campaign Name": FULL, "Company Name": FULL, "Owner Name": WHOLE}, Role.NAME, []),
]


@pytest.mark.parametrize(("columns", "role", "headers"), CONTACTS)
def test_every_way_to_reach_a_lead_is_found_and_nobody_else_s(
    schema: LeadSchema, columns: dict[str, list[str]], role: Role, headers: list[str]
) -> None:
    for order in itertools.permutations(columns):
        frame = frame_of(columns | MEDIUM)[[*order, *MEDIUM]]
        assert map_frame(frame, schema).headers_of(schema, role) == headers


def test_what_a_person_chose_is_not_compared_again(schema: LeadSchema) -> None:
    frame = frame_of({"Source": HALF, "Lead Source": FULL} | MEDIUM)
    chosen = map_frame(frame, schema).corrected({"first_utm_source_c": "Source"})
    assert resolve_mapping(chosen, schema, frame).used["first_utm_source_c"] == "Source"
    kept = suggest_mapping(frame.columns, schema).corrected({"first_utm_source_c": "Source"})
    assert resolve_mapping(kept, schema, frame).used["first_utm_source_c"] == "Source"


def test_a_plain_list_asks_for_no_comparison(schema: LeadSchema) -> None:
    headers = ["Lead ID", "Full Name", "Email", "Phone", "Created Date", "City", "Platform", "Medium", "Lead Source"]
    assert contested_headers(suggest_mapping(headers, schema), schema) == []


def test_rows_are_chosen_evenly_from_all_over_a_long_list() -> None:
    parts = [pd.DataFrame({"n": range(begin, begin + 700)}) for begin in range(0, 7_000, 700)]
    some = sample_rows(parts, rows=500)["n"]
    assert 250 <= len(some) <= 500
    assert set(some.diff().dropna()) == {16}
    assert sample_rows(parts[:1], rows=700)["n"].tolist() == list(range(700))


def test_a_kept_schema_of_two_phones_reads_a_file_with_fewer_and_one_with_others() -> None:
    frame = frame_of(
        {"Phone": PHONES * 2, "Mobile": PHONES[::-1] * 2, "Lead Source": FULL * 2, "Won": ["Yes", "No"] * N}
    )
    schema = build_schema(propose_schema(frame, "Won"), "two")
    assert [c.name for c in schema.with_role(Role.PHONE)] == ["phone", "mobile"]
    fewer = suggest_mapping(["Mobile", "Lead Source"], schema)
    assert fewer.headers_of(schema, Role.PHONE) == ["Mobile"]
    others = suggest_mapping(["Phone", "Mobile", "Home Phone", "Lead Source"], schema)
    assert others.headers_of(schema, Role.PHONE) == ["Phone", "Mobile", "Home Phone"]


def test_a_frame_s_outcome_is_read_from_its_whole_column() -> None:
    schema = load_schema()
    assert schema.label is not None
    header = schema.label.human
    values = ["Qualified"] * 5 + ["Unqualified"] * 4 + ["New", ""]
    frame = pd.DataFrame({"Lead Source": "Web", header: values})
    mapping = map_frame(frame, schema)
    label = clean_leads(mapping.apply(frame, schema), schema)[schema.label.name]
    assert label.tolist()[:9] == [1] * 5 + [0] * 4
    assert label[9:].isna().all()
