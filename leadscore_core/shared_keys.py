"""Shared keys: ids, e-mails and phones of a list that several leads share, which therefore identify nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leadscore_core.config import load_settings
from leadscore_core.data import Finding, Role
from leadscore_core.inference import contact_keys, read_contacts
from leadscore_core.inference.contact import hash_texts
from leadscore_core.inference.identity import comparable_ids, is_ruined, shared_values, unwrap
from leadscore_core.lists import LeadList

_ROLES = {"id": Role.ID, "email": Role.EMAIL, "phone": Role.PHONE}
_SHARED = "shared by different leads, so it identifies nobody; outcomes are not carried over by it"
_RUINED = "a spreadsheet has rounded these ids, so they identify nobody; export the list anew, and open it as text"


def shared_key_findings(leads: LeadList) -> list[Finding]:
    """Name the columns by which leads cannot be known again: several share a value, or a spreadsheet ruined it.

    Leads of one value are one person if they agree in another detail that all of them have.
    """
    contacts = [role for role in (*_ROLES.values(), Role.NAME) if leads.mapping.headers_of(leads.schema, role)]
    if not contacts or contacts == [Role.NAME]:
        return []
    region = load_settings().phone_region
    parts = []
    for chunk in leads.chunks():
        given = read_contacts(chunk, leads.schema, leads.mapping, region)
        part = contact_keys(given).drop(columns="id", errors="ignore").assign(n=np.arange(len(chunk)))
        for name, role in {**{f"{kind}_text": role for kind, role in _ROLES.items()}, "name": Role.NAME}.items():
            if role in given.details:
                part[name] = given.details[role].reset_index(drop=True)
        parts.append(part)
    people = pd.concat(parts, ignore_index=True)
    found = []
    if "id_text" in people:
        people["id"] = hash_texts(comparable_ids(people["id_text"])[0])
        found += _ruined(people["id_text"], leads.mapping.headers_of(leads.schema, Role.ID)[0])
    names = people["name"].str.casefold() if "name" in people else None
    for kind, role in _ROLES.items():
        if kind not in people:
            continue
        others = [people[other] for other in _ROLES if other != kind and other in people]
        nobody = shared_values(people[kind], *others, *([names] if names is not None else []))
        rows = people.index[people[kind].isin(nobody)]
        if len(rows):
            header = leads.mapping.headers_of(leads.schema, role)[0]
            what = "one value is" if len(nobody) == 1 else f"{len(nobody):,} values are each"
            example = str(people[f"{kind}_text"].loc[rows[0]])
            found.append(_finding(header, f"{what} {_SHARED}", rows, example, len(people)))
    return found


def _finding(header: str, reason: str, rows: pd.Index, example: str, n_rows: int) -> Finding:
    return Finding(
        code="shared_key",
        severity="warning",
        column=header,
        reason=reason,
        count=len(rows),
        share=len(rows) / n_rows,
        example=example,
    )


def _ruined(ids: pd.Series, header: str) -> list[Finding]:
    distinct = ids.dropna().drop_duplicates()
    rows = ids.index[ids.isin({text for text in distinct if is_ruined(unwrap(text))})]
    return [_finding(header, _RUINED, rows, str(ids.loc[rows[0]]), len(ids))] if len(rows) else []
