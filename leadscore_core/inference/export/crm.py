"""Presets: headers that the import wizards of CRMs take as they are."""

from dataclasses import dataclass

import pandas as pd

NOT_PROVIDED = "[not provided]"


@dataclass(frozen=True)
class CrmPreset:
    """What one CRM calls the parts of a lead.

    Attributes
    ----------
    title
        The CRM.
    headers
        Our part -> its header. Parts: ``first_name``, ``last_name``, ``company``, ``topic``, ``email``, ``phone``,
        ``city``, ``source``, ``rating``, ``score``, ``note``, ``id``.
    needed
        Parts that it refuses to be without; a blank becomes "[not provided]".
    ratings
        The grades that it knows, best first; any other becomes the last of them.
    """

    title: str
    headers: dict[str, str]
    needed: tuple[str, ...] = ()
    ratings: tuple[str, ...] = ("Hot", "Warm", "Cold")


PRESETS = {
    "hubspot": CrmPreset(
        "HubSpot",
        {
            "first_name": "First name",
            "last_name": "Last name",
            "email": "Email",
            "phone": "Phone number",
            "city": "City",
            "source": "Original lead source",
            "rating": "LeadScore grade",
            "score": "LeadScore score",
            "note": "Message",
            "id": "LeadScore lead",
        },
        ratings=("Hot", "Warm", "Cold", "Junk"),
    ),
    "salesforce": CrmPreset(
        "Salesforce",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "company": "Company",
            "email": "Email",
            "phone": "Phone",
            "city": "City",
            "source": "Lead Source",
            "rating": "Rating",
            "note": "Description",
        },
        needed=("last_name", "company"),
    ),
    "dynamics": CrmPreset(
        "Dynamics 365",
        {
            "topic": "Topic",
            "first_name": "First Name",
            "last_name": "Last Name",
            "company": "Company Name",
            "email": "Email",
            "phone": "Mobile Phone",
            "city": "City",
            "rating": "Rating",
            "note": "Description",
        },
        needed=("topic", "last_name"),
    ),
    "zoho": CrmPreset(
        "Zoho CRM",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "company": "Company",
            "email": "Email",
            "phone": "Mobile",
            "city": "City",
            "source": "Lead Source",
            "rating": "Rating",
            "note": "Description",
        },
        needed=("last_name", "company"),
    ),
}


def to_crm(parts: pd.DataFrame, preset: CrmPreset) -> pd.DataFrame:
    """Return leads under a CRM's own headers.

    Parameters
    ----------
    parts
        ``name``, ``email``, ``phone``, ``city``, ``source``, ``id`` (text, blank where the list has none), ``grade``,
        ``score`` (0-100) and ``note`` (the reasons).

    Examples
    --------
    >>> lead = {"name": "Anne Marie Roy", "email": "a@b.com", "phone": "", "city": "Pune", "source": "Web", "id": "7"}
    >>> result = to_crm(pd.DataFrame([lead | {"grade": "Junk", "score": 4, "note": "n"}]), PRESETS["salesforce"])
    >>> result[["First Name", "Last Name", "Company", "Rating"]].iloc[0].tolist()
    ['Anne Marie', 'Roy', '[not provided]', 'Cold']
    """
    words = parts["name"].fillna("").str.strip().str.rsplit(n=1)
    known = {
        "first_name": words.map(lambda w: w[0] if len(w) > 1 else ""),
        "last_name": words.map(lambda w: w[-1] if w else ""),
        "company": pd.Series("", index=parts.index, dtype="str"),
        "topic": "Lead scored " + parts["score"].astype("str") + ": " + parts["grade"].astype("str"),
        "rating": parts["grade"].where(parts["grade"].isin(preset.ratings), preset.ratings[-1]),
    } | {name: parts[name] for name in ("email", "phone", "city", "source", "id", "score", "note")}
    columns = {}
    for part, header in preset.headers.items():
        cells = known[part].fillna("")
        columns[header] = cells.where(cells != "", NOT_PROVIDED) if part in preset.needed else cells
    return pd.DataFrame(columns, index=parts.index)
