from pathlib import Path

import pytest

from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import SchemaError


def test_the_codepro_lead_is_declared_in_full(schema: LeadSchema) -> None:
    assert len(schema.with_role(Role.INTERACTION)) == 37
    assert {column.group for column in schema.with_role(Role.INTERACTION)} == set(schema.groups)
    assert schema.city_tiers["mumbai"] == 1
    assert all(column.human for column in schema.columns)
    for role in (Role.TIMESTAMP, Role.CITY, Role.PLATFORM, Role.MEDIUM, Role.SOURCE, Role.COUNT, Role.FLAG, Role.LABEL):
        assert schema.one(role) is not None


def test_contacts_and_label_are_no_inputs(schema: LeadSchema) -> None:
    roles = {column.role for column in schema.inputs}
    assert roles.isdisjoint({Role.NAME, Role.EMAIL, Role.PHONE, Role.ID, Role.LABEL})


def test_the_facts_are_those_of_the_real_leads(schema: LeadSchema, real_leads: Path) -> None:
    tiers = dict(line.split(",") for line in (real_leads / "city_tiers.csv").read_text().splitlines()[1:])
    assert schema.city_tiers == {city: int(tier) for city, tier in tiers.items()}
    groups = dict(line.split(",") for line in (real_leads / "interaction_groups.csv").read_text().splitlines()[1:])
    assert {c.name: c.group for c in schema.with_role(Role.INTERACTION)} == groups


FAULTS = {
    "name = 'x'\n": ["title", "version", "columns"],
    "name='x'\ntitle='X'\nversion=1\n[[columns]]\nname='a'\nrole='colour'\nhuman='A'\n": ["columns.0.role"],
    "name='x'\ntitle='X'\nversion=1\n" + "[[columns]]\nname='a'\nrole='source'\nhuman='A'\n" * 2: ["'a' stands twice"],
    "name='x'\ntitle='X'\nversion=1\n[[columns]]\nname='a'\nrole='interaction'\nhuman='A'\ngroup='g'\n": ["group 'g'"],
    "name='x'\ntitle='X'\nversion=1\n[[columns]]\nname='a'\nrole='email'\nhuman='A'\n": ["no column that a model"],
    "name = \n": ["not a usable schema"],
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_faulty_schema_is_refused_with_every_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SchemaError) as caught:
        load_schema(path)
    assert "mine.toml" in str(caught.value)
    assert all(part in str(caught.value) for part in FAULTS[text])
