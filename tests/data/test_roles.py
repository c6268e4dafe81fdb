"""Which role a column of somebody else's leads is given: by its name and all its values, never by its place."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore_core.data.schema.header_words import contact_role, name_part
from leadscore_core.data.schema.roles import ProposedColumn, infer_roles
from leadscore_core.data.schema.schema import Role

N = 240
INDEX = range(N)
DAYS = pd.date_range("2026-01-05 09:10", periods=N, freq="7h")
ISO = DAYS.strftime("%Y-%m-%d %H:%M:%S").tolist()
LATER = (DAYS + pd.Timedelta(days=9)).strftime("%Y-%m-%d %H:%M:%S").tolist()
EPOCH_MS = [str(int(day.timestamp() * 1000)) for day in DAYS]
RECORD_IDS = [str(10_000_000_000 + 17_389 * i % 99_991) for i in INDEX]
REVENUE = [str(40_118 + 7_919 * i) for i in INDEX]
PHONES = [f"+9198765{i:05d}" for i in INDEX]
EMAILS = [f"lead{i}@example.com" for i in INDEX]
TEAM = [f"{name}@example.com" for name in ("asha", "ben", "chris")] * (N // 3)
AD_IDS = [f"12021000111222333{i % 4}" for i in INDEX]
SALESFORCE = [f"00Q5g00000{chr(65 + i // 26 % 26)}{chr(97 + i % 26)}{i % 10}XyEAK" for i in INDEX]
UUIDS = [f"7927b2df-8bba-4d29-b9a2-{i:012x}" for i in INDEX]
WHENCE = ["a fair", "the web", "a friend"] * (N // 3)
SOURCES = (
    "Origine",
    "Origine du lead",
    "Fuente del contacto",
    "Źródło leada",
    "Kaynak",
    "Herkomst",
    "Källa",
    "Источник",
)
NOTES = [f"asked about item {i}, wants to be called back" for i in INDEX]

ONE_COLUMN: list[tuple[str, list[str], Role | None, str]] = [
    ("Record ID", RECORD_IDS, Role.ID, "all 240 different"),
    ("Lead No", [f"B-{i:05d}" for i in INDEX], Role.ID, "all 240 different; 7 letters and digits"),
    ("Lead Id", SALESFORCE, Role.ID, "18 letters and digits"),
    ("Key", UUIDS, Role.ID, "36 letters and digits"),
    ("Row", [str(i + 1) for i in INDEX], Role.ID, "runs from 1 to 240"),
    ("Annual revenue", REVENUE, Role.NUMBER, "measured numbers from 40,118"),
    ("Deal Amount", [f"{v}.50" for v in REVENUE], Role.NUMBER, "measured numbers"),
    ("No. of Employees", [str(i % 60) for i in INDEX], Role.NUMBER, "60 different"),
    ("NumWebVisits", [str(i % 9) for i in INDEX], Role.NUMBER, "from 0 to 8"),
    ("Income", [str(22_000 + 113 * i) for i in INDEX], Role.NUMBER, "from 22,000"),
    *((header, WHENCE, Role.SOURCE, "its name says source") for header in SOURCES),
    ("Pays d'origine", WHENCE, Role.CATEGORY, "3 different"),
    ("Country of Source", WHENCE, Role.CATEGORY, "3 different"),
    ("Fuente de ingresos", WHENCE, Role.CATEGORY, "3 different"),
    ("Campaign", AD_IDS, Role.CATEGORY, "18 digits, 4 different"),
    ("Ad Set ID", AD_IDS, Role.CATEGORY, "4 different"),
    ("Product_ID", [str(i % 13) for i in INDEX], Role.CATEGORY, "13 different"),
    ("Phone Number", PHONES, Role.PHONE, "100% are written as phone numbers, 240 different"),
    ("Mobile", [f"626XXXX{i:03d}" for i in INDEX], Role.PHONE, "phone numbers"),
    ("Kontakt", PHONES, Role.PHONE, "written as phone numbers"),
    ("Handynummer", [f"0151 23{i:05d}" for i in INDEX], Role.PHONE, "phone numbers"),
    ("Téléphone", [f"06 12 34 {i // 100:02d} {i % 100:02d}" for i in INDEX], Role.PHONE, "phone numbers"),
    ("WhatsApp", [f"{v}.0" for v in RECORD_IDS], Role.PHONE, "phone numbers"),
    ("Email", EMAILS, Role.EMAIL, "100% are e-mail addresses, 240 different"),
    ("Correo electrónico", EMAILS, Role.EMAIL, "e-mail addresses"),
    ("Anything", EMAILS, Role.EMAIL, "e-mail addresses"),
    ("Owner Email", TEAM, None, "somebody else than the lead: 3 for 240 leads"),
    ("Sales Rep Email", TEAM, None, "somebody else"),
    ("Handled", TEAM, None, "3 addresses for 240 leads"),
    ("Account Owner Phone", PHONES, None, "somebody else"),
    ("Company Phone", PHONES, None, "somebody else"),
    ("First Name", ["Ada", "Bo", "Cy"] * (N // 3), Role.NAME, "its name says so"),
    ("Nachname", ["Müller", "Roth", "Weiß"] * (N // 3), Role.NAME, "its name says so"),
    ("Campaign Name", ["Spring", "Autumn", "Fair"] * (N // 3), Role.CATEGORY, "3 different"),
    ("Created Date", ISO, Role.TIMESTAMP, "100% are dates"),
    ("createdate", EPOCH_MS, Role.TIMESTAMP, "100% are dates"),
    ("Erstellt am", ISO, Role.TIMESTAMP, "100% are dates"),
    ("Last Modified Date", LATER, None, "later than when the lead came"),
    ("Close Date", LATER, None, "later than when the lead came"),
    ("Date de naissance", ISO, None, "later than when the lead came"),
    ("Region", ["EU", "NA", "APAC", "LATAM"] * (N // 4), Role.CATEGORY, "4 different values"),
    ("Country", ["DE", "NA", "FR", "ZA"] * (N // 4), Role.CATEGORY, "4 different values"),
    ("Quelle", ["Messe", "Web", "Empfehlung"] * (N // 3), Role.SOURCE, "its name says source"),
    ("Ville", ["Paris", "Lyon", "Nice"] * (N // 3), Role.CITY, "its name says city"),
    ("Last Activity", ["Email Activity", "Visit", "Call"] * (N // 3), Role.CATEGORY, "3 different values"),
    ("Company", [f"Firma {i} GmbH" for i in INDEX], None, "free text"),
    ("Notes", NOTES, Role.FREE_TEXT, "free text: 240 different in 240 leads"),
    ("Order", [f"A{i}-{i * 7 % 31} B{i}" for i in INDEX], None, "free text"),
    ("Your message", [f"price {i}" for i in INDEX], Role.FREE_TEXT, "free text"),
    ("Company description", [f"we make part {i} for cars" for i in INDEX], None, "free text"),
    ("Postal Code", [f"{10_000 + i}" for i in INDEX], None, "tells who a person is"),
    ("Zip", [f"{10_000 + i % 40}" for i in INDEX], Role.CATEGORY, "codes, not amounts: 40 different"),
    ("PLZ", [f"0{1_000 + i % 40}" for i in INDEX], Role.CATEGORY, "codes, not amounts: 40 different"),
    ("Region_Code", [f"{i % 53}.0" for i in INDEX], Role.CATEGORY, "codes, not amounts: 53 different"),
    ("Policy_Sales_Channel", [str(i % 60) for i in INDEX], Role.CATEGORY, "codes, not amounts"),
    ("Year_Birth", [str(1_940 + i % 60) for i in INDEX], Role.NUMBER, "years from 1940 to 1999"),
    ("Geburtsjahr", [str(1_940 + i % 60) for i in INDEX], Role.NUMBER, "years from 1940 to 1999"),
    ("Years at address", [str(i % 30) for i in INDEX], Role.NUMBER, "measured numbers from 0 to 29"),
    ("Passport", ["0", "1"] * (N // 2), Role.FLAG, "yes or no"),
    ("Email Address", [f"j{'*' * (3 + i % 4)}{i}" for i in INDEX], Role.EMAIL, "e-mail addresses"),
    ("E-Mail", [f"aXXXXX{i}@example.com" for i in INDEX], Role.EMAIL, "e-mail addresses"),
    ("Cell", [f"98******{i % 90:02d}" for i in INDEX], Role.PHONE, "phone numbers"),
    (
        "Interests",
        ["run; yoga", "yoga", "swim;run; yoga", "run", "swim ; box", "box"] * (N // 6),
        Role.CATEGORY,
        "several values in a cell, with ';' between: 4 different",
    ),
    (
        "Birthplace",
        ["Pune, India", "Lyon, France", "Goa, India", "Nice, France"] * (N // 4),
        Role.CATEGORY,
        "4 different values",
    ),
    ("Newsletter", ["0", "1"] * (N // 2), Role.FLAG, "yes or no: 0 and 1"),
    ("Blank", [""] * N, None, "blank in every row"),
]


def one(header: str, values: list[str]) -> ProposedColumn:
    return infer_roles(pd.DataFrame({header: pd.Series(values, dtype="str")}), [header])[0]


@pytest.mark.parametrize(("header", "values", "role", "why"), ONE_COLUMN, ids=[case[0] for case in ONE_COLUMN])
def test_a_column_has_the_role_that_its_name_and_values_say(
    header: str, values: list[str], role: Role | None, why: str
) -> None:
    found = one(header, values)
    assert found.role is role
    assert why in found.why


@pytest.mark.parametrize(
    ("header", "values", "is_blank"),
    [
        ("Region", ["EU", "NA", "APAC"], False),
        ("Sales territory", ["US", "NA", "DE"], False),
        ("Grade", ["A", "NA", "B"], True),
        ("Answer", ["YES", "NA", "NO"], True),
        ("Region", ["North", "NA", "South"], True),
        ("Region", ["EU", "n/a", "APAC"], True),
    ],
)
def test_na_is_a_region_where_the_others_are_regions(header: str, values: list[str], is_blank: bool) -> None:
    found = one(header, values * 80)
    assert bool({"na", "n/a"} & set(found.missing_marks)) is is_blank


CREATED_BESIDE: list[tuple[dict[str, list[str]], str]] = [
    ({"Last Modified Date": LATER, "Created Date": ISO}, "Created Date"),
    ({"Datum": LATER, "Eingangsdatum": ISO}, "Eingangsdatum"),
    ({"Date B": ISO, "Date A": LATER}, "Date B"),  # the earlier of two that name nothing
    ({"Create Date": [""] * (N - 9) + ISO[:9], "Enquiry date": ISO}, "Enquiry date"),
    ({"SystemModstamp": LATER, "LastActivityDate": LATER, "CreatedDate": ISO}, "CreatedDate"),
]


def test_another_date_says_which_column_says_when_a_lead_came() -> None:
    found = {
        c.header: c
        for c in infer_roles(pd.DataFrame({"Datum": LATER, "Eingangsdatum": ISO}), ["Datum", "Eingangsdatum"])
    }
    assert found["Datum"].why == "100% are dates; Eingangsdatum says when a lead came"


@pytest.mark.parametrize(("columns", "created"), CREATED_BESIDE)
def test_of_several_dates_the_one_when_a_lead_came_is_taken(columns: dict[str, list[str]], created: str) -> None:
    frame = pd.DataFrame(columns)
    for headers in (list(columns), list(columns)[::-1]):
        stamps = [c.header for c in infer_roles(frame, headers) if c.role is Role.TIMESTAMP]
        assert stamps == [created]


def test_of_several_ids_the_lead_s_own_is_taken_and_the_others_say_which() -> None:
    frame = pd.DataFrame(
        {"Company ID": RECORD_IDS, "External ID": [""] * 200 + UUIDS[:40], "Record ID": RECORD_IDS[::-1]}
    )
    found = {column.header: column for column in infer_roles(frame, list(frame.columns))}
    assert [h for h, column in found.items() if column.role is Role.ID] == ["Record ID"]
    assert found["External ID"].why.startswith("all 40 different; 36 letters and digits")
    assert found["Company ID"].why == one("Company ID", RECORD_IDS).why


CODED: dict[str, list[str]] = {
    "records": RECORD_IDS,
    "refs": [f"B-{i:05d}" for i in INDEX],
    "salesforce": SALESFORCE,
    "uuids": UUIDS,
    "rows": [str(i + 1) for i in INDEX],
    "amounts": REVENUE,
    "ads": AD_IDS,
    "branches": [f"BR{i % 7}" for i in INDEX],
    "households": [f"HH-{i // 3:04d}" for i in INDEX],
    "half blank": [""] * 120 + UUIDS[:120],
}
NAMED = ("Lead No", "Record ID", "Policy ID", "Account Ref", "Household", "Key", "Reference", "Code", "Customer Number")


@settings(max_examples=10)
@given(
    held=st.lists(st.sampled_from(list(CODED)), min_size=2, max_size=4),
    names=st.permutations(NAMED),
)
def test_no_identifier_hides_another_column(held: list[str], names: list[str]) -> None:
    """Beside others, each column is what it is alone; of several ids one is the lead's, and each says its own why."""
    columns = {name: CODED[kind] for name, kind in zip(names, held, strict=False)}
    found = infer_roles(pd.DataFrame({name: pd.Series(own, dtype="str") for name, own in columns.items()}), [*columns])
    alone = {name: one(name, own) for name, own in columns.items()}
    for column in found:
        own = alone[column.header]
        assert column.why == own.why
        assert column.role is own.role or (own.role is Role.ID and column.role is None)
    assert sum(column.role is Role.ID for column in found) == any(own.role is Role.ID for own in alone.values())


def test_a_second_city_is_a_category() -> None:
    frame = pd.DataFrame({"Mailing City": ["Pune", "Goa"] * 120, "Billing City": ["Lyon", "Nice", ""] * 80})
    roles = {column.header: column.role for column in infer_roles(frame, list(frame.columns))}
    assert sorted(map(str, roles.values())) == ["category", "city"]


def test_an_id_hides_no_amount_and_no_second_list_of_codes() -> None:
    amounts = [str(12 + 7_919 * i % 999_983) for i in INDEX]
    frame = pd.DataFrame({"Lead No": RECORD_IDS, "Annual Revenue": amounts, "Deal Amount": REVENUE, "Team": AD_IDS})
    roles = {column.header: column.role for column in infer_roles(frame, list(frame.columns))}
    assert list(roles.values()) == [Role.ID, Role.NUMBER, Role.NUMBER, Role.CATEGORY]


def test_several_phones_and_mails_are_all_kept() -> None:
    frame = pd.DataFrame({"Phone": PHONES, "Mobile": PHONES[::-1], "Email": EMAILS, "Work Email": EMAILS[::-1]})
    roles = [column.role for column in infer_roles(frame, list(frame.columns))]
    assert roles == [Role.PHONE, Role.PHONE, Role.EMAIL, Role.EMAIL]


MIXED = pd.DataFrame({header: pd.Series(values, dtype="str") for header, values, _, _ in ONE_COLUMN})


@pytest.fixture(scope="module")
def expected() -> dict[str, Role | None]:
    return {column.header: column.role for column in infer_roles(MIXED, list(MIXED.columns))}


@settings(max_examples=5)
@given(order=st.permutations(list(MIXED.columns)), seed=st.integers(0, 99))
def test_neither_the_order_of_columns_nor_of_rows_nor_more_columns_change_a_role(
    expected: dict[str, Role | None], order: list[str], seed: int
) -> None:
    rows = np.random.default_rng(seed).permutation(N)
    noise = pd.DataFrame({"Shoe size": [str(36 + i % 9) for i in INDEX], "Colour": ["red", "blue"] * (N // 2)})
    frame = pd.concat([MIXED[order].iloc[rows].reset_index(drop=True), noise], axis=1)
    found = {column.header: column.role for column in infer_roles(frame, list(frame.columns))}
    assert {header: found[header] for header in expected} == expected
    assert (found["Shoe size"], found["Colour"]) == (Role.NUMBER, Role.CATEGORY)


_NUMBERS = [f"98{10_000_000 + 7_919 * i:08d}" for i in range(60)]
_LEADS_OWN = (
    "Parent Phone", "Guardian Mobile", "Alternate Number", "Father's Mobile No.", "Secondary Contact", "Mob No",
    "WhatsApp Number", "Home Phone", "Office Tel", "Alt. No.", "Parent's Contact Number", "Phone (Mother)", "Contact 2",
    "Téléphone du père", "Teléfono de la madre", "Registered Mobile", "Emergency Contact Number", "FatherMobile",
)  # fmt: skip
_NOT_THE_LEADS = (
    "Owner Phone", "Agent Mobile", "Branch Phone", "Company Phone", "Counsellor Number", "School Phone",
    "Phone Verified", "Store Telephone", "Helpline Number",
    "Head Office Phone", "Franchise Contact No", "Created By Phone",
)  # fmt: skip


@pytest.mark.parametrize("written", ["{}", "+91 {}"])
@pytest.mark.parametrize("header", _LEADS_OWN)
def test_phones_of_the_lead_and_its_family_are_read(header: str, written: str) -> None:
    frame = pd.DataFrame({"Phone": _NUMBERS[::-1], header: [written.format(n) for n in _NUMBERS]})
    assert [column.role for column in infer_roles(frame, ["Phone", header])] == [Role.PHONE, Role.PHONE]


@pytest.mark.parametrize("header", _NOT_THE_LEADS)
def test_phones_of_others_are_not_the_leads(header: str) -> None:
    frame = pd.DataFrame({"Phone": _NUMBERS[::-1], header: [f"+91 {n}" for n in _NUMBERS]})
    assert infer_roles(frame, ["Phone", header])[1].role is not Role.PHONE


def test_further_contacts_that_hold_names_or_short_numbers_are_no_phones() -> None:
    names, numbers = [f"Asha {i}" for i in range(60)], [str(10_000 + i) for i in range(60)]
    frame = pd.DataFrame({"Secondary Contact": names, "Alternate Number": numbers})
    assert Role.PHONE not in [column.role for column in infer_roles(frame, list(frame.columns))]


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("mailto:{}@x.in", Role.EMAIL),
        ("<{}@x.in>", Role.EMAIL),
        ("Asha <{}@x.in>", Role.EMAIL),
        ("{}@x.in; b@y.in", Role.EMAIL),
        ("tel:+91-{}", Role.PHONE),
        ("{} x123", Role.PHONE),
        ("{} ext. 4", Role.PHONE),
        ("{} / 9876543210", Role.PHONE),
        ("Mob: {}", Role.PHONE),
    ],
)
def test_contacts_are_known_whatever_stands_around_them(written: str, role: Role) -> None:
    header = "Email" if role is Role.EMAIL else "Phone"
    frame = pd.DataFrame({header: [written.format(n) for n in _NUMBERS]})
    assert infer_roles(frame, [header])[0].role is role


@pytest.mark.parametrize(
    "header",
    [
        "Imię i nazwisko",
        "Nome completo",
        "Nombre y apellidos",
        "Vor- und Nachname",
        "Prénom et nom",
        "ФИО",
        "नाम",
        "姓名",
    ]
    + ["氏名", "이름", "Ad Soyad", "Nome e cognome", "Jméno a příjmení", "الاسم الكامل", "Voornaam en achternaam"],
)
def test_a_whole_name_in_any_common_language_is_a_name(header: str) -> None:
    assert name_part(header) == 0
    assert contact_role(header) is Role.NAME


@pytest.mark.parametrize("header", ["Ad Name", "First Last", "Nome da campanha", "कंपनी का नाम", "Nom du produit"])
def test_what_is_named_otherwise_is_none(header: str) -> None:
    assert name_part(header) is None
