"""CRMs: what the importer of each matches a record by, and what it calls the parts of a lead (``docs/crm.md``)."""

import re
from dataclasses import dataclass, field

from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.schema import Role

_GUID = r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?"
_WHOLE = r"\d{1,14}"


@dataclass(frozen=True)
class CrmPreset:
    """What the importer of one CRM takes; the sources are named in ``docs/crm.md``.

    Attributes
    ----------
    title
        The CRM.
    ids
        Headers under which its own exports give the record id -> the header that its importer matches by, and the form
        (a regular expression) that these ids have.
    id_words
        What such an id looks like.
    fields
        Role of a column -> its header. A name without a header of its own is parted into ``first_last``.
    match
        What it can match a record by where the list has no record id; nothing if it cannot.
    most
        Ending of a file that it takes -> most records in it.
    blank
        What an empty cell does to a record that is there.
    """

    title: str
    ids: dict[str, tuple[str, str]]
    id_words: str
    fields: dict[Role, str]
    blank: str
    match: tuple[Role, ...] = (Role.EMAIL,)
    first_last: tuple[str, str] = ("First Name", "Last Name")
    most: dict[str, int] = field(default_factory=dict)

    def id_header(self, header: str) -> str | None:
        """Return under which header the importer takes an id that its own exports call so; None if they do not.

        Examples
        --------
        >>> PRESETS["salesforce"].id_header("lead id"), PRESETS["hubspot"].id_header("Lead Number")
        ('Id', None)
        """
        found = self._known(header)
        return found[0] if found else None

    def id_form(self, header: str, text: str) -> str | None:
        """Return the header under which the importer takes this id, None if it is none of this CRM.

        Parameters
        ----------
        header
            Of the column in the list.
        text
            The id.

        Examples
        --------
        >>> PRESETS["pipedrive"].id_form("Contact", "41"), PRESETS["hubspot"].id_form("Record ID", "L-7")
        ('Person - ID', None)
        """
        known = self._known(header)
        forms = [known] if known else list(dict.fromkeys(self.ids.values()))
        return next((name for name, form in forms if re.fullmatch(form, text)), None)

    def _known(self, header: str) -> tuple[str, str] | None:
        wanted = normalise_header(header)
        return next((found for name, found in self.ids.items() if normalise_header(name) == wanted), None)


_SALESFORCE_ID = ("Id", r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_ZOHO_ID = ("Record Id", r"(?:zcrm_)?\d{15,20}")
PRESETS = {
    "hubspot": CrmPreset(
        "HubSpot",
        ids=dict.fromkeys(
            ("Record ID", "Record ID - Contact", "hs_object_id", "vid", "Contact VID"), ("Record ID", _WHOLE)
        ),
        id_words="a whole number of up to 14 digits",
        fields={Role.EMAIL: "Email", Role.PHONE: "Phone Number", Role.CITY: "City"},
        most={".csv": 1_048_576, ".xlsx": 1_048_576},
        blank="HubSpot does not say what an empty cell does: switch off overwriting for that column when you map it.",
    ),
    "salesforce": CrmPreset(
        "Salesforce",
        ids=dict.fromkeys(
            ("Id", "Lead ID", "LeadId", "Lead ID (18)", "Contact ID", "ContactId", "Salesforce ID", "Record ID"),
            _SALESFORCE_ID,
        ),
        id_words="15 or 18 letters and digits",
        fields={Role.EMAIL: "Email", Role.PHONE: "Phone", Role.CITY: "City"},
        most={".csv": 50_000},
        blank="Data Loader leaves a field as it is where the cell is empty, unless Insert null values is on.",
    ),
    "dynamics": CrmPreset(
        "Dynamics 365",
        ids=dict.fromkeys(("(Do Not Modify) Lead", "Lead", "leadid", "Lead Id"), ("(Do Not Modify) Lead", _GUID))
        | dict.fromkeys(("(Do Not Modify) Contact", "contactid", "Contact Id"), ("(Do Not Modify) Contact", _GUID)),
        id_words="32 letters and digits in five groups, such as 7927b2df-8bba-4d29-b9a2-b6e0beafe620",
        fields={Role.EMAIL: "Email", Role.PHONE: "Mobile Phone", Role.CITY: "City"},
        match=(),
        most={".xlsx": 1_048_575, ".csv": 1_048_575},
        blank="Dynamics 365 may empty the field where the cell is empty: take only columns that are filled.",
    ),
    "zoho": CrmPreset(
        "Zoho CRM",
        ids=dict.fromkeys(("Record Id", "Lead Id", "LEADID", "Contact Id", "CONTACTID", "id"), _ZOHO_ID),
        id_words="15 to 20 digits",
        fields={Role.EMAIL: "Email", Role.PHONE: "Mobile", Role.CITY: "City"},
        most={".csv": 30_000, ".xlsx": 5_000},
        blank="Zoho CRM empties the field where the cell is empty, unless you tell it to leave empty values out.",
    ),
    "pipedrive": CrmPreset(
        "Pipedrive",
        ids={
            "Lead - ID": ("Lead - ID", _GUID),
            "Pipedrive System ID - Lead": ("Lead - ID", _GUID),
            "Person - ID": ("Person - ID", _WHOLE),
            "Pipedrive System ID - Person": ("Person - ID", _WHOLE),
        },
        id_words="a whole number for a person, 32 letters and digits in five groups for a lead",
        fields={Role.NAME: "Person - Name", Role.EMAIL: "Person - Email", Role.PHONE: "Person - Phone"},
        match=(Role.NAME, Role.EMAIL),
        most={".csv": 50_000, ".xlsx": 50_000},
        blank="Pipedrive does not say what an empty cell does: take only columns that are filled.",
    ),
}
