"""The default exports of seven CRMs are recognised by their own headers."""

import csv

import pandas as pd
import pytest

from leadscore_core.data.schema.column_mapping import check_required
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.crm_headers import crm_role
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import SCHEMA_DIR
from leadscore_core.errors import MappingError

N = 120
EPOCH = pd.date_range("2026-02-02", periods=N, freq="11h")
VALUES: dict[str, list[str]] = {
    "id": [str(10_000_000_000 + 7_919 * i) for i in range(N)],
    "guid": [f"{i:08x}-8bba-4d29-b9a2-7927b2df0000" for i in range(N)],
    "sf": [f"00Q5g00000{i:05d}EAK" for i in range(N)],
    "first": [("Ada", "Bo", "Cy", "Di")[i % 4] for i in range(N)],
    "last": [f"{('Roth', 'Li', 'Rao')[i % 3]}{chr(97 + i % 26)}" for i in range(N)],
    "email": [f"lead{i}@example.com" for i in range(N)],
    "phone": [f"+4930{i:07d}" for i in range(N)],
    "mobile": [f"+49151{i:07d}" for i in range(N)],
    "created": EPOCH.strftime("%Y-%m-%d %H:%M:%S").tolist(),
    "later": (EPOCH + pd.Timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S").tolist(),
    "city": [("Berlin", "Pune", "Lyon")[i % 3] for i in range(N)],
    "source": [("Web", "Fair", "Partner", "Ads")[i % 4] for i in range(N)],
    "medium": [("cpc", "organic")[i % 2] for i in range(N)],
    "owner": [("Asha Rao", "Ben Lee")[i % 2] for i in range(N)],
    "team": [("asha@example.com", "ben@example.com")[i % 2] for i in range(N)],
    "status": [("Open", "Contacted", "Qualified")[i % 3] for i in range(N)],
}
# header and what it holds; `*` marks the columns that must be found
EXPORTS: dict[str, str] = {
    "HubSpot": "Record ID=id*|First Name=first*|Last Name=last*|Email=email*|Phone Number=phone*|Mobile Phone Number="
    "mobile*|Contact owner=owner|Last Activity Date=later|Lead Status=status|Create Date=created*|City=city*|"
    "Original Traffic Source=source*",
    "HubSpot API": "hs_object_id=id*|firstname=first*|lastname=last*|email=email*|phone=phone*|mobilephone=mobile*|"
    "lastmodifieddate=later|createdate=created*|city=city*|hs_analytics_source=source*",
    "Salesforce": "Last Modified Date=later|Lead ID=sf*|First Name=first*|Last Name=last*|Email=email*|Phone=phone*|"
    "Mobile=mobile*|Lead Owner=owner|Create Date=created*|City=city*|Lead Source=source*|Lead Status=status",
    "Salesforce API": "LastModifiedDate=later|Id=sf*|FirstName=first*|LastName=last*|Email=email*|MobilePhone=mobile*|"
    "Phone=phone*|OwnerId=owner|SystemModstamp=later|CreatedDate=created*|City=city*|LeadSource=source*|Status=status",
    "Dynamics 365": "(Do Not Modify) Lead=guid*|(Do Not Modify) Modified On=later|First Name=first*|Last Name=last*|"
    "Email=email*|Business Phone=phone*|Mobile Phone=mobile*|Status Reason=status|Created On=created*|City=city*|"
    "Lead Source=source*|Owner=owner",
    "Zoho": "Record Id=id*|Lead Owner=owner|First Name=first*|Last Name=last*|Email=email*|Phone=phone*|Mobile=mobile*|"
    "Modified Time=later|Created Time=created*|City=city*|Lead Source=source*|Lead Status=status",
    "Pipedrive": "Lead - ID=guid*|Lead - Owner=owner|Person - First name=first*|Person - Last name=last*|"
    "Person - Email - Work=email*|Person - Phone - Work=phone*|Person - Phone - Mobile=mobile*|"
    "Lead - Update time=later|Lead - Lead created=created*|Person - City=city*|"
    "Lead - Source channel=source*|Lead - Source origin=medium",
    "Freshsales": "Id=id*|First name=first*|Last name=last*|Emails=email*|Work=phone*|Mobile=mobile*|Sales owner=owner|"
    "Updated at=later|Created at=created*|City=city*|Source=source*|Medium=medium*|Lifecycle stage=status",
    "LeadSquared": "ProspectID=guid*|FirstName=first*|LastName=last*|EmailAddress=email*|Phone=phone*|Mobile=mobile*|"
    "OwnerIdEmailAddress=team|ModifiedOn=later|CreatedOn=created*|mx_City=city*|Source=source*|SourceMedium=medium*|"
    "ProspectStage=status",
}
ORDER = (Role.ID, Role.NAME, Role.EMAIL, Role.PHONE, Role.TIMESTAMP, Role.CITY, Role.SOURCE, Role.MEDIUM)


def export_of(text: str) -> tuple[pd.DataFrame, list[str]]:
    columns = [part.rpartition("=")[::2] for part in text.split("|")]
    frame = pd.DataFrame({header: pd.Series(VALUES[kind.strip("*")], dtype="str") for header, kind in columns})
    return frame, [header for header, kind in columns if kind.endswith("*")]


@pytest.mark.parametrize("crm", EXPORTS)
def test_the_shipped_schema_reads_a_default_export(schema: LeadSchema, crm: str) -> None:
    frame, wanted = export_of(EXPORTS[crm])
    for headers in (list(frame.columns), list(frame.columns)[::-1]):
        mapping = map_frame(frame[headers], schema)
        found = [header for role in ORDER for header in mapping.headers_of(schema, role)]
        assert sorted(found) == sorted(wanted)
        assert mapping.headers_of(schema, Role.NAME) == [h for h in wanted if "name" in h.casefold()]
    if mapping.headers_of(schema, Role.MEDIUM):
        check_required(mapping, schema)
    else:
        with pytest.raises(MappingError, match="First medium"):
            check_required(mapping, schema)


@pytest.mark.parametrize("crm", EXPORTS)
def test_a_default_export_is_proposed_with_the_same_meaning(schema: LeadSchema, crm: str) -> None:
    frame, wanted = export_of(EXPORTS[crm])
    frame = frame.assign(Won=["Yes", "No"] * (N // 2))
    roles = {column.header: column.role for column in propose_schema(frame, "Won").columns}
    by_hand = map_frame(frame, schema)
    meant = {h: role for role in ORDER for h in by_hand.headers_of(schema, role)}
    assert {header: roles[header] for header in wanted} == meant
    not_theirs = [h for h in frame.columns if crm_role(h) == "ignored"]
    assert not {roles[header] for header in not_theirs} & {Role.ID, Role.NAME, Role.EMAIL, Role.PHONE, Role.TIMESTAMP}


def test_each_header_of_the_table_has_its_source_and_one_meaning() -> None:
    with (SCHEMA_DIR / "crm_headers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["crm"] for row in rows} == {
        "HubSpot", "Salesforce", "Dynamics 365", "Zoho", "Pipedrive", "Freshsales", "LeadSquared",
    }  # fmt: skip
    assert all(row["source"].startswith("https://") for row in rows)
    assert all(crm_role(row["header"]) == row["role"] for row in rows)
