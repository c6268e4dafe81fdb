"""Columns that a person wants read: found by any of their names, added to what is kept, refused in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.config import load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_any_list, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.wanted_columns import is_read, read_also, unread_columns
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema, save_schema
from leadscore_core.errors import SchemaError
from leadscore_core.training.exclusions import default_exclusions, explain_exclusions, save_answers, save_meaning
from leadscore_core.training.training_data import read_training_data
from tests.other_company import make_members


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    days = pd.Series(rng.integers(1, 9, 300)).astype("str")
    last = rng.integers(1, 30, 300).astype("str")
    members = make_members(300).assign(**{"Last Visit": last, "Signed Up": "2025-03-0" + days})
    members.to_csv(tmp_path / "members.csv", index=False)
    return tmp_path / "members.csv"


@pytest.fixture
def leads(places: Path, path: Path) -> LeadList:
    """The members by a kept schema that leaves some of their columns out."""
    found = open_any_list(path, options=ListOptions(label="Status", positive=("Joined",)))
    save_schema(found.schema.without(["last_visit", "newsletter"]), load_settings().data_dir)
    return open_list(path, load_schema("members"))


def test_columns_that_what_is_kept_leaves_out_are_read_and_kept(leads: LeadList) -> None:
    assert {"last_visit", "newsletter"}.isdisjoint(leads.schema.by_name)
    more = read_also(leads, ["Last Visit", "newsletter", "Goal", "lead source"])
    assert more.schema.columns[: len(leads.schema.columns)] == leads.schema.columns
    added = {column.name: column.role for column in more.schema.columns[len(leads.schema.columns) :]}
    assert added == {"last_visit": Role.NUMBER, "newsletter": Role.FLAG}
    data = read_training_data(more)
    written = pd.read_csv(str(leads.paths))["Last Visit"]
    assert data.columns["last_visit"].tolist() == written.tolist()
    save_meaning(more, data, [], ["Last Visit"], load_settings())
    kept = load_schema("members")
    assert kept.columns == more.schema.columns
    assert kept.known_before == ("last_visit",)


def test_an_answer_holds_until_another_is_given(leads: LeadList) -> None:
    data = read_training_data(read_also(leads, []))
    assert default_exclusions(data) == {"remarks"}
    assert default_exclusions(data, include=["Remarks"]) == set()
    spoken_for = leads.schema.model_copy(update={"known_before": ("remarks",)})
    again = replace(data, schema=spoken_for)
    assert default_exclusions(again) == set()
    (audit,) = (one for one in explain_exclusions(again, set())[1] if one.column == "Remarks")
    assert (audit.left_out, audit.is_answered, audit.is_open) == (False, True, False)
    assert default_exclusions(again, exclude=["Remarks"]) == {"remarks"}
    (audit,) = (one for one in explain_exclusions(again, {"remarks"})[1] if one.column == "Remarks")
    assert (audit.left_out, audit.is_open) == (True, False)


def test_answers_of_the_page_are_kept_until_the_column_is_left_out(leads: LeadList) -> None:
    settings = load_settings()
    save_answers(leads.schema, set(), {"remarks"}, settings)
    assert load_schema("members").known_before == ("remarks",)
    save_answers(leads.schema, {"remarks"}, {"goal"}, settings)
    assert load_schema("members").known_before == ("goal",)
    save_answers(load_schema(), set(), {"city_mapped"}, settings)
    assert load_schema().known_before == ()


def test_what_is_not_read_is_listed_with_its_reason(leads: LeadList) -> None:
    why = {column.header: column.why for column in unread_columns(leads)}
    assert why["Country"] == "the same in every row"
    assert "--include" in why["Newsletter"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Gaol", "There is no column 'Gaol' in these leads. Give one of: 'Goal'"),
        ("Country", "the same in every row"),
        ("Mobile", "says who a lead is"),
        ("Status", "the outcome itself"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(leads: LeadList, header: str, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        read_also(leads, [header])


def test_a_shipped_schema_is_not_changed(places: Path, labelled_list: Path, schema: LeadSchema) -> None:
    frame = pd.read_csv(labelled_list, dtype="str", keep_default_na=False).assign(colour="red")
    frame.to_csv(labelled_list, index=False)
    leads = open_list(labelled_list, schema)
    assert not is_read(leads, "colour")
    with pytest.raises(SchemaError, match="--schema new"):
        read_also(leads, ["colour"])
