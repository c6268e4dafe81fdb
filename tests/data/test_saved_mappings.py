from pathlib import Path

import pytest

from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.saved_mappings import MappingStore
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LeadScoreError

HEADERS = ["Campaign", "Kind", "Town"]
CHOICES = {"first_utm_source_c": "Campaign", "first_utm_medium_c": "Kind", "city_mapped": None}


def test_choices_come_back_for_the_same_headers_in_any_order(tmp_path: Path, schema: LeadSchema) -> None:
    store = MappingStore(tmp_path / "data")
    store.remember(suggest_mapping(HEADERS, schema), CHOICES)
    recalled = MappingStore(tmp_path / "data").recall(suggest_mapping(HEADERS[::-1], schema))
    assert recalled.used == {"first_utm_source_c": "Campaign", "first_utm_medium_c": "Kind"}
    assert {m.how for m in recalled.matches if m.header} == {"person"}


def test_other_headers_are_not_touched(tmp_path: Path, schema: LeadSchema) -> None:
    store = MappingStore(tmp_path)
    store.remember(suggest_mapping(HEADERS, schema), CHOICES)
    other = suggest_mapping([*HEADERS, "more"], schema)
    assert store.recall(other) == other


def test_a_damaged_memory_is_forgotten(tmp_path: Path, schema: LeadSchema) -> None:
    store, mapping = MappingStore(tmp_path), suggest_mapping(HEADERS, schema)
    store.remember(mapping, CHOICES)
    (file,) = store.folder.iterdir()
    file.write_text("{")
    assert store.recall(mapping) == mapping


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, schema: LeadSchema) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(LeadScoreError, match="holds for this list only"):
        MappingStore(tmp_path / "data").remember(suggest_mapping(HEADERS, schema), CHOICES)


def test_several_headers_of_one_column_come_back(tmp_path: Path, schema: LeadSchema) -> None:
    store, headers = MappingStore(tmp_path), ["Source", "Medium", "Ring me", "Or here"]
    store.remember(suggest_mapping(headers, schema), {"phone": ("Ring me", "Or here"), "email": None})
    recalled = store.recall(suggest_mapping(headers, schema))
    assert recalled.headers_of(schema, Role.PHONE) == ["Ring me", "Or here"]
    assert recalled.unused_headers == []
