"""Owner: the colleague whose lead it is in the CRM."""

import re
from collections.abc import Sequence

import pandas as pd

from leadscore_core.data.cleaning.text import ALWAYS_BLANK, as_text
from leadscore_core.data.schema.roles import plain_header

_OWNER = re.compile(
    r"^(?:(?:lead|contact|record|deal|account|opportunity)s? )?"
    r"(?:owner|assigned to|assignee|sales ?(?:person|rep|agent)|"
    r"counsell?or|caller|agent|bearbeiter(?:in)?|betreuer(?:in)?|berater(?:in)?|ansprechpartner(?:in)?|zustandig|verantwortlich(?:er)?|besitzer|inhaber|proprietaire|"
    r"responsable|propietario|asignado a|comercial|vendedor|proprietario|responsavel|eigenaar|opiekun|właściciel|"
    r"ответственный|владелец|менеджер|sahibi|負責人|负责人|担当者)(?: (?:name|full name|alias))?$"
)


def owner_column(headers: Sequence[str]) -> str:
    """Return the header that names the owner of each lead in the CRM, or an empty text.

    Examples
    --------
    >>> owner_column(["Lead ID", "Lead Owner", "Phone"]), owner_column(["Owner's phone"])
    ('Lead Owner', '')
    """
    return next((header for header in headers if _OWNER.match(plain_header(header))), "")


def read_owners(cells: pd.Series) -> pd.Series:
    """Return the owners as one would choose among them: without blanks around, missing where nobody is named.

    Examples
    --------
    >>> read_owners(pd.Series([" Anna  Roy ", "", "n/a", None])).tolist()
    ['Anna Roy', nan, nan, nan]
    """
    names = as_text(cells).str.split().str.join(" ")
    return names.mask(names.str.casefold().isin({"", *ALWAYS_BLANK}))
