"""Shared keys: ids, e-mails and phones of a list that several leads share, which therefore identify nobody."""

import numpy as np
import pandas as pd

from leadscore_core.config import load_settings
from leadscore_core.data.cleaning.spreadsheet_text import unwrap
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.findings import Finding
from leadscore_core.data.schema.schema import Role
from leadscore_core.inference.contact_quality import contact_keys, hash_texts, read_contacts
from leadscore_core.inference.duplicates import key_columns
from leadscore_core.inference.identity import comparable_ids, is_ruined, shared_values

_ROLES = {"id": Role.ID, "email": Role.EMAIL, "phone": Role.PHONE}
_SHARED = "shared by different leads, so it identifies nobody; outcomes are not carried over by it"
_RUINED = "a spreadsheet has rounded these ids, so they identify nobody; export the list anew, and open it as text"


class SharedKeys:
    """The columns by which leads of a list cannot be known again, found as its rows are read.

    Leads of one value are one person if they agree in another detail that all of them have.
    """

    def __init__(self, leads: LeadList) -> None:
        self._leads = leads
        given = {role for role in (*_ROLES.values(), Role.NAME) if leads.mapping.headers_of(leads.schema, role)}
        self._is_wanted = bool(given - {Role.NAME})
        self._region = load_settings().phone_region
        self._parts: list[pd.DataFrame] = []

    def add(self, rows: pd.DataFrame) -> None:
        """Take the keys of some rows, under the list's own headers."""
        if not self._is_wanted:
            return
        given = read_contacts(rows, self._leads.schema, self._leads.mapping, self._region)
        part = contact_keys(given).drop(columns="id", errors="ignore").assign(n=np.arange(len(rows)))
        for name, role in {**{f"{kind}_text": role for kind, role in _ROLES.items()}, "name": Role.NAME}.items():
            if role in given.details:
                part[name] = given.details[role].reset_index(drop=True)
        self._parts.append(part)

    def findings(self) -> list[Finding]:
        """Name the columns of which several leads share a value, or that a spreadsheet ruined."""
        if not self._parts:
            return []
        people = pd.concat(self._parts, ignore_index=True)
        mapping, schema = self._leads.mapping, self._leads.schema
        found = []
        if "id_text" in people:
            people["id"] = hash_texts(comparable_ids(people["id_text"])[0])
            found += _ruined(people["id_text"], mapping.headers_of(schema, Role.ID)[0])
        names = people["name"].str.casefold() if "name" in people else None
        keys = [(kind, role, name) for kind, role in _ROLES.items() for name in key_columns(people, kind)]
        for kind, role, name in keys:
            others = [people[other] for other in _ROLES if other != kind and other in people]
            nobody = shared_values(people[name], *others, *([names] if names is not None else []))
            rows = people.index[people[name].isin(nobody)]
            if len(rows):
                what = "one value is" if len(nobody) == 1 else f"{len(nobody):,} values are each"
                place = int(name.removeprefix(kind).removeprefix("_") or 1) - 1
                headers = mapping.headers_of(schema, role)
                header = headers[min(place, len(headers) - 1)]
                found.append(_finding(header, f"{what} {_SHARED}", rows, len(people)))
        return found


def _finding(header: str, reason: str, rows: pd.Index, n_rows: int) -> Finding:
    """Return a finding of contacts, of which no cell is shown."""
    return Finding(
        code="shared_key",
        severity="warning",
        column=header,
        reason=reason,
        count=len(rows),
        share=len(rows) / n_rows,
    )


def _ruined(ids: pd.Series, header: str) -> list[Finding]:
    distinct = ids.dropna().drop_duplicates()
    rows = ids.index[ids.isin({text for text in distinct if is_ruined(unwrap(text))})]
    return [_finding(header, _RUINED, rows, len(ids))] if len(rows) else []
