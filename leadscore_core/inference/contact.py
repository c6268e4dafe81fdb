"""Contact quality: which leads cannot be reached, or are not meant to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leadscore_core.data import ColumnMapping, LeadSchema, Role
from leadscore_core.data.text import clean_text, filled_cells

CONTACT_ROLES = (Role.ID, Role.NAME, Role.EMAIL, Role.PHONE)
SINGLE_LEAD_RULES = ("unreachable", "malformed_email", "disposable_email", "impossible_phone", "test_name")
_PLAIN_EMAIL = r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
_SPECIAL_TLD = r"\.(?:test|invalid|local|localhost|onion|arpa)$"
_TEST_WORD = (
    r"test(?:er|ing|\d+)?|abcd?e?|xyz|dummy|fake|asdf?|qwe(?:rty)?|zxcv|none|null|noname|anonymous|unknown|user|admin|"
    r"sample|demo|foo|bar|foobar|nobody|aaa|bbb|xxx|hello|name|firstname|lastname|\d+"
)
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_MASH_LENGTH = 4


@dataclass(frozen=True)
class Contacts:
    """Id, name, e-mail and phone of some leads, of those that the list has.

    Attributes
    ----------
    details
        Clean text, blanks NaN.
    region
        Country (ISO 3166, two letters) of phone numbers without a country code.

    Examples
    --------
    >>> cells = {Role.EMAIL: pd.Series(["A@b.com", "a@b", None]), Role.PHONE: pd.Series(["98765 43210", "12", None])}
    >>> Contacts(cells, "IN").phone.tolist()
    ['+919876543210', nan, nan]
    """

    details: dict[Role, pd.Series]
    region: str

    @cached_property
    def email(self) -> pd.Series:
        """Addresses in the form that all spellings share, NaN where blank or malformed."""
        return _map_unique(self.details[Role.EMAIL], normalise_email)

    @cached_property
    def phone(self) -> pd.Series:
        """Numbers in E.164 form, NaN where blank or impossible."""
        return _map_unique(self.details[Role.PHONE], lambda text: phone_number(text, self.region))


def read_contacts(frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, region: str) -> Contacts:
    """Return what a list says of how to reach its leads."""
    details = {
        role: clean_text(frame[mapping.used[column.name]], schema.marks_of(column))
        for role in CONTACT_ROLES
        for column in schema.with_role(role)[:1]
        if column.name in mapping.used and mapping.used[column.name] in frame.columns
    }
    return Contacts(details, region)


def contact_flags(contacts: Contacts, rules: tuple[str, ...] = SINGLE_LEAD_RULES) -> dict[str, np.ndarray]:
    """Tell for each contact rule which leads it touches; rules whose columns the list lacks are left out.

    Parameters
    ----------
    rules
        Those that are wanted.

    Examples
    --------
    >>> cells = {Role.EMAIL: pd.Series(["a@b.com", "a@b", None]), Role.PHONE: pd.Series(["98765 43210", "12", None])}
    >>> flags = contact_flags(Contacts(cells, "IN"))
    >>> flags["malformed_email"].tolist(), flags["unreachable"].tolist()
    ([False, True, False], [False, False, True])
    """
    email, phone, name = (contacts.details.get(role) for role in (Role.EMAIL, Role.PHONE, Role.NAME))
    flags: dict[str, np.ndarray] = {}
    if "unreachable" in rules and (email is not None or phone is not None):
        flags["unreachable"] = ~np.logical_or.reduce([c.notna().to_numpy() for c in (email, phone) if c is not None])
    if email is not None and "malformed_email" in rules:
        flags["malformed_email"] = email.notna().to_numpy() & contacts.email.isna().to_numpy()
    if email is not None and "disposable_email" in rules:
        flags["disposable_email"] = _each(email, _is_disposable)
    if phone is not None and "impossible_phone" in rules:
        flags["impossible_phone"] = phone.notna().to_numpy() & contacts.phone.isna().to_numpy()
    if name is not None and "test_name" in rules:
        flags["test_name"] = _each(name, is_test_name)
    return flags


def find_unreachable(frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping) -> dict[str, np.ndarray]:
    """Tell as `contact_flags` does which leads have neither e-mail nor phone, and nothing else."""
    ways = [column for role in (Role.EMAIL, Role.PHONE) for column in schema.with_role(role)[:1]]
    ways = [column for column in ways if mapping.used.get(column.name) in frame.columns]
    left = np.arange(len(frame))
    for column in ways:
        left = left[~filled_cells(frame[mapping.used[column.name]].iloc[left], schema.marks_of(column))]
    unreachable = np.zeros(len(frame), dtype=bool)
    unreachable[left] = True
    return {"unreachable": unreachable} if ways else {}


def contact_keys(contacts: Contacts) -> pd.DataFrame:
    """Return hashes by which a lead is known again, whatever the spelling; NA where there is nothing to go by.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``email`` and ``phone`` as Int64, of what the list has.
    """
    normal: dict[str, pd.Series] = {}
    if Role.ID in contacts.details:
        normal["id"] = contacts.details[Role.ID].str.casefold()
    if Role.EMAIL in contacts.details:
        normal["email"] = contacts.email
    if Role.PHONE in contacts.details:
        normal["phone"] = contacts.phone
    keys = {}
    for name, text in normal.items():
        hashes = pd.Series(pd.util.hash_array(text.fillna("").to_numpy(dtype=object)).view("int64"), dtype="Int64")
        keys[name] = hashes.mask(text.isna().to_numpy())
    return pd.DataFrame(keys)


def valid_email(text: str) -> bool:
    """Tell whether an e-mail address is well formed; the domain is not looked up.

    Plain addresses are seen at a glance, the others are left to email-validator.

    Examples
    --------
    >>> valid_email("anne@example.com"), valid_email("anne@@example.com")
    (True, False)
    """
    plain = text.lower()
    if len(plain) <= 64 and re.fullmatch(_PLAIN_EMAIL, plain) and not re.search(_SPECIAL_TLD, plain):
        return True
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def normalise_email(text: str) -> str | None:
    """Return an address in the form that all its spellings share, or None if it is not well formed.

    Lower case, without what follows a plus sign.

    Examples
    --------
    >>> normalise_email("Anne+news@Example.com")
    'anne@example.com'
    """
    if not valid_email(text):
        return None
    local, _, domain = text.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def phone_number(text: str, region: str) -> str | None:
    """Return a phone number in E.164 form, or None if its country has no such numbers.

    Examples
    --------
    >>> phone_number("098765 43210", "IN"), phone_number("+44 12", "IN"), phone_number("9999999999", "IN")
    ('+919876543210', None, None)
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    if not phonenumbers.is_possible_number(number) or len(set(national)) == 1:
        return None
    return f"+{number.country_code}{national}"


def is_test_name(text: str) -> bool:
    """Tell whether a name is a test entry or keys struck at random; names in other scripts than Latin never are.

    Examples
    --------
    >>> [is_test_name(name) for name in ("Test", "asdfgh", "xxxxx", "Anne Roy", "Nguyen Ng", "आशा")]
    [True, True, True, False, False, False]
    """
    words = re.findall(r"[a-z0-9]+", text.casefold())
    if not words or not text.isascii():
        return False
    return all(re.fullmatch(_TEST_WORD, word) or _is_mashed(word) for word in words)


def _is_mashed(word: str) -> bool:
    if len(word) < _MASH_LENGTH:
        return False
    if len(set(word)) == 1:
        return True
    along = sum(
        any(pair in row or pair[::-1] in row for row in _KEY_ROWS)
        for pair in map("".join, zip(word, word[1:], strict=False))
    )
    return along >= _MASH_LENGTH - 1 and along >= 0.8 * (len(word) - 1)


def _is_disposable(address: str) -> bool:
    from disposable_email_domains import blocklist

    parts = address.casefold().rpartition("@")[2].split(".")
    return any(".".join(parts[start:]) in blocklist for start in range(len(parts) - 1))


def _each(cells: pd.Series, test: Callable[[str], bool]) -> np.ndarray:
    """Apply a test to each distinct text; blanks give False."""
    places, unique = pd.factorize(cells)
    found = np.array([bool(test(text)) for text in unique.tolist()] + [False])
    return found[places]


def _map_unique(cells: pd.Series, function: Callable[[str], str | None]) -> pd.Series:
    """Map each distinct text; blanks stay NaN."""
    places, unique = pd.factorize(cells)
    values = np.array([*(function(text) for text in unique.tolist()), None], dtype=object)
    return pd.Series(values[places], dtype="str")
