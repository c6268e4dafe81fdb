import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.schema.column_mapping import check_required, detect_conventions, fingerprint
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import MappingError


def found(schema: LeadSchema, *headers: str) -> dict[str, tuple[str | None, str]]:
    return {m.column: (m.header, m.how) for m in suggest_mapping(headers, schema).matches if m.header is not None}


@pytest.mark.parametrize(
    ("header", "column", "how"),
    [
        ("first_utm_source_c", "first_utm_source_c", "exact"),
        ("First UTM Source C", "first_utm_source_c", "normalised"),
        ("Lead Source", "first_utm_source_c", "alias"),
        ("UTM-Medium", "first_utm_medium_c", "alias"),
        ("first_utm_sorce_c", "first_utm_source_c", "fuzzy"),
        ("Created On", "created_date", "alias"),
        ("E-Mail", "email", "normalised"),
        ("whatsapp chat click", "whatsapp_chat_click", "normalised"),
    ],
)
def test_headers_are_recognised(schema: LeadSchema, header: str, column: str, how: str) -> None:
    assert found(schema, header) == {column: (header, how)}


def test_confidence_falls_from_exact_to_fuzzy(schema: LeadSchema) -> None:
    headers = ["first_utm_source_c", "First Utm Medium C", "Town", "total_leads_dropped_"]
    confidences = {m.how: m.confidence for m in suggest_mapping(headers, schema).matches if m.header}
    assert confidences["exact"] == 1.0
    assert 1.0 > confidences["normalised"] > confidences["alias"]
    assert all(confidence >= 0.85 for confidence in confidences.values())


@pytest.mark.parametrize("header", ["Notes", "", "id2", "xyz", "Owner", "42"])
def test_what_is_unlike_anything_is_left_alone(schema: LeadSchema, header: str) -> None:
    assert found(schema, header) == {}


def test_every_column_of_the_schema_maps_to_itself(schema: LeadSchema) -> None:
    mapping = suggest_mapping([column.name for column in schema.columns], schema)
    assert mapping.used == {column.name: column.name for column in schema.columns}


@given(data=st.data())
def test_a_header_serves_one_column_and_order_does_not_matter(schema: LeadSchema, data: st.DataObject) -> None:
    pool = [
        "Source",
        "Lead Source",
        "Medium",
        "city",
        "City ",
        "email",
        "E mail",
        "created",
        "Creted date",
        "Notes",
        "",
    ]
    headers = data.draw(st.lists(st.sampled_from(pool), unique=True))
    mapping = suggest_mapping(headers, schema)
    used = list(mapping.used.values())
    assert len(used) == len(set(used))
    assert set(used) <= set(headers)
    reversed_mapping = suggest_mapping(headers[::-1], schema)
    assert set(reversed_mapping.used) == set(mapping.used)
    assert fingerprint(headers) == fingerprint(headers[::-1])


def test_a_person_overrules_and_takes_a_header_from_another_column(schema: LeadSchema) -> None:
    mapping = suggest_mapping(["Source", "Medium", "Channel 2"], schema)
    corrected = mapping.corrected({"first_utm_medium_c": "Source"})
    assert corrected.used["first_utm_medium_c"] == "Source"
    assert "first_utm_source_c" not in corrected.used
    assert mapping.used["first_utm_source_c"] == "Source"
    dropped = mapping.corrected({"first_utm_source_c": None})
    assert dropped.unused_headers == ["Source", "Channel 2"]


def test_a_missing_required_column_is_named_with_the_nearest_headers(schema: LeadSchema) -> None:
    mapping = suggest_mapping(["Lead Source", "Mediun type", "City"], schema)
    with pytest.raises(MappingError, match=r"First medium \(first_utm_medium_c\); nearest headers: 'Mediun type'"):
        check_required(mapping, schema)
    with pytest.raises(MappingError) as both:
        check_required(suggest_mapping(["a", "b"], schema), schema)
    assert "First medium" in str(both.value)
    assert "First source" in str(both.value)


def test_dates_and_decimals_follow_the_evidence_of_the_file(schema: LeadSchema) -> None:
    frame = pd.DataFrame({"created": ["01/02/2022", "01/25/2022"], "leads dropped": ["1,0", "2,0"], "n": ["1", "2"]})
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    assert mapping.date_order == "mdy"
    assert mapping.ambiguous_dates == 0
    applied = mapping.apply(frame, schema)
    stamp, count = schema.one(Role.TIMESTAMP), schema.one(Role.COUNT)
    assert stamp is not None
    assert count is not None
    assert applied[stamp.name].str[:10].tolist() == ["2022-01-02", "2022-01-25"]
    assert applied[count.name].tolist() == ["1.0", "2.0"]
    assert "n" not in applied


def test_dates_that_can_be_read_both_ways_are_counted(schema: LeadSchema) -> None:
    frame = pd.DataFrame({"created": ["01/02/2022", "03/04/2022", "05/05/2022"]})
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    assert (mapping.date_order, mapping.ambiguous_dates) == ("dmy", 2)
