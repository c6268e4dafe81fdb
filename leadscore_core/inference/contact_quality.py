"""Contact quality: which leads cannot be reached, or are not meant to be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.spreadsheet_text import unwrap
from leadscore_core.data.cleaning.text import clean_text, filled_cells
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.inference.contact_cells import split_contacts
from leadscore_core.inference.identity import is_placeholder, is_ruined
from leadscore_core.inference.junk_names import is_test_name
from leadscore_core.inference.plain_contacts import plain_emails, plain_numbers, plain_phones
from leadscore_core.storage.contact_key import keyed_hashes

CONTACT_ROLES = (Role.ID, Role.NAME, Role.EMAIL, Role.PHONE)
SINGLE_LEAD_RULES = (
    "unreachable", "malformed_email_no_phone", "malformed_email", "disposable_email", "impossible_phone", "test_name",
)  # fmt: skip
UNCALLABLE = frozenset({"unreachable", "malformed_email_no_phone", "impossible_phone"})
_PLAIN_EMAIL = r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
_SPECIAL_TLD = r"\.(?:test|invalid|local|localhost|onion|arpa)$"
_MASKED = r"[*•xX#]{3,}"


@dataclass(frozen=True)
class Contacts:
    """Id, name, e-mails and phones of some leads, of those that the list has.

    Attributes
    ----------
    details
        Clean text, blanks NaN; of several e-mails or phones those of the first column.
    region
        Country (ISO 3166, two letters) of phone numbers without a country code.
    more
        The e-mails or phones of further columns, and after these the second ones of cells that hold two.

    Examples
    --------
    >>> cells = {Role.EMAIL: pd.Series(["A@b.com", "a@b", None]), Role.PHONE: pd.Series(["98765 43210", "12", None])}
    >>> Contacts(cells, "IN").phones[0].tolist()
    ['+919876543210', nan, nan]
    """

    details: dict[Role, pd.Series]
    region: str
    more: dict[Role, tuple[pd.Series, ...]] = field(default_factory=dict)

    def columns(self, role: Role) -> list[pd.Series]:
        """Return the cells of every column of a role, in order."""
        return [self.details[role], *self.more.get(role, ())] if role in self.details else []

    @cached_property
    def emails(self) -> list[pd.Series]:
        """Addresses of each column in the form that all spellings share, NaN where blank or malformed."""
        return [_read_emails(cells) for cells in self.columns(Role.EMAIL)]

    @cached_property
    def phones(self) -> list[pd.Series]:
        """Numbers of each column in E.164 form, NaN where blank or impossible."""
        return [_read_phones(cells, self.region) for cells in self.columns(Role.PHONE)]

    @property
    def email(self) -> pd.Series:
        """The first address of each lead that works, in its common form."""
        return _first(self.emails)

    @cached_property
    def shown(self) -> dict[Role, pd.Series]:
        """Details for people: of several e-mails or phones the first that works, else the first that is given."""
        shown = dict(self.details)
        for role, usable in ((Role.EMAIL, self.emails), (Role.PHONE, self.phones)) if self.more else ():
            columns = self.columns(role)
            working = [cells.where(known.notna()) for cells, known in zip(columns, usable, strict=True)]
            if columns:
                shown[role] = _first([*working, *columns])
        return shown


def _read_emails(cells: pd.Series) -> pd.Series:
    """Return addresses in their common form, NaN where blank or malformed: plain ones at once, each other by itself."""
    cells = cells.reset_index(drop=True)
    is_plain = plain_emails(cells)
    plain = cells.where(is_plain).str.lower().str.replace(r"^([^+@]+)\+[^@]*@", r"\1@", regex=True)
    return plain.where(is_plain, _map_unique(cells.mask(is_plain), normalise_email))


def _read_phones(cells: pd.Series, region: str) -> pd.Series:
    """Return numbers in E.164 form, NaN where blank or impossible: plain ones at once, each other text by itself."""
    plain = plain_numbers(cells, region)
    others = cells.reset_index(drop=True).where(plain.isna())
    return plain.where(plain.notna(), _map_unique(others, lambda text: phone_number(text, region)))


def _first(columns: list[pd.Series]) -> pd.Series:
    """Return the first of several columns that is filled, row by row."""
    first = columns[0]
    for other in columns[1:]:
        first = first.where(first.notna(), other)
    return first


def read_contacts(frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, region: str) -> Contacts:
    """Return what a list says of how to reach its leads; parts of a name are joined, two numbers in a cell parted.

    Parameters
    ----------
    region
        Country of phone numbers without a country code, where the mapping names none.
    """
    details: dict[Role, pd.Series] = {}
    more: dict[Role, tuple[pd.Series, ...]] = {}
    for role in CONTACT_ROLES:
        headers = [header for header in mapping.headers_of(schema, role) if header in frame.columns]
        if not headers:
            continue
        marks = schema.marks_of(schema.with_role(role)[0])
        first, *others = (clean_text(frame[header], marks) for header in headers)
        if role is Role.NAME and others:
            first, others = join_names([first, *others]), []
        if role in {Role.EMAIL, Role.PHONE}:
            read = [split_contacts(cells, role) for cells in (first, *others)]
            first, *others = (cells for cells, _ in read)
            second = [cells for _, cells in read if cells is not None]
            others += [_first(second)] if second else []
        details[role] = first
        if others and role in {Role.EMAIL, Role.PHONE}:
            more[role] = tuple(others)
    return Contacts(details, mapping.phone_region or region, more)


def join_names(parts: list[pd.Series]) -> pd.Series:
    """Join the parts of names, first before last; a part that stands in the others already is not repeated.

    Examples
    --------
    >>> join_names([pd.Series(["Anne", None, "Bo"]), pd.Series(["Roy", "Lee", "Bo Ek"])]).tolist()
    ['Anne Roy', 'Lee', 'Bo Ek']
    """
    texts = [part.fillna("").astype("str").tolist() for part in parts]
    joined = []
    for cells in zip(*texts, strict=True):
        cells_so_far: list[str] = []
        for cell in cells:
            if cell and not any(cell.casefold() in have.casefold() for have in cells_so_far):
                cells_so_far = [have for have in cells_so_far if have.casefold() not in cell.casefold()] + [cell]
        joined.append(" ".join(cells_so_far) or None)
    return pd.Series(joined, index=parts[0].index, dtype="str")


def contact_flags(contacts: Contacts, rules: tuple[str, ...] = SINGLE_LEAD_RULES) -> dict[str, np.ndarray]:
    """Tell for each contact rule which leads it touches; rules whose columns the list lacks are left out.

    Of several e-mails or phones, one that works is enough. A phone of which digits are masked is not known to be
    impossible.

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
    emails, phones = contacts.columns(Role.EMAIL), contacts.columns(Role.PHONE)
    name = contacts.details.get(Role.NAME)
    flags: dict[str, np.ndarray] = {}
    if "unreachable" in rules and (emails or phones):
        flags["unreachable"] = ~_any_filled([*emails, *phones])
    if emails and {"malformed_email_no_phone", "malformed_email"} & set(rules):
        malformed = _any_filled(emails) & ~_any_filled(contacts.emails)
        alone = malformed & ~_any_filled(phones) if phones else malformed
        both = {"malformed_email_no_phone": alone, "malformed_email": malformed}
        flags |= {rule: found for rule, found in both.items() if rule in rules}
    if emails and "disposable_email" in rules:
        disposable = [_each(cells, _is_disposable) for cells in emails]
        lasting = [known.notna().to_numpy() & ~gone for known, gone in zip(contacts.emails, disposable, strict=True)]
        flags["disposable_email"] = np.logical_or.reduce(disposable) & ~np.logical_or.reduce(lasting)
    if phones and "impossible_phone" in rules:
        hidden = np.logical_or.reduce([cells.str.contains(_MASKED, na=False).to_numpy(dtype=bool) for cells in phones])
        flags["impossible_phone"] = _any_filled(phones) & ~_any_filled(contacts.phones) & ~hidden
    if name is not None and "test_name" in rules:
        flags["test_name"] = _each(name, is_test_name)
    return flags


def _any_filled(columns: list[pd.Series]) -> np.ndarray:
    filled: np.ndarray = np.logical_or.reduce([cells.notna().to_numpy() for cells in columns])
    return filled


def find_uncallable(
    frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, region: str, rules: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Tell as `contact_flags` does which leads some rules of `UNCALLABLE` touch, and look at doubtful ones alone.

    A plain phone, or where there is none a plain e-mail, is seen at a glance: a list of a million leads has few others.

    Parameters
    ----------
    frame
        Leads as read.
    region, rules
        See `Contacts` and `contact_flags`.
    """
    phones, emails = (
        [header for header in mapping.headers_of(schema, role) if header in frame.columns]
        for role in (Role.PHONE, Role.EMAIL)
    )
    sure = np.zeros(len(frame), dtype=bool)
    for header in phones:
        sure |= plain_phones(frame[header], mapping.phone_region or region)
    if emails:
        marks = schema.marks_of(schema.with_role(Role.PHONE)[0]) if phones else ()
        has_phone = [filled_cells(frame[header], marks) for header in phones]
        plain = np.logical_or.reduce([plain_emails(frame[header]) for header in emails])
        sure |= plain & ~np.logical_or.reduce(has_phone) if phones else plain
    doubtful = np.flatnonzero(~sure)
    some = read_contacts(frame.iloc[doubtful].reset_index(drop=True), schema, mapping, region)
    flags = {}
    for rule, found in contact_flags(some, rules).items():
        flags[rule] = np.zeros(len(frame), dtype=bool)
        flags[rule][doubtful] = found
    return flags


def key_names(schema: LeadSchema, mapping: ColumnMapping) -> list[str]:
    """Return the columns of `contact_keys` that parts of a list may have: one beyond its headers, for second ones."""
    names = ["id"] if mapping.headers_of(schema, Role.ID) else []
    for name, role in (("email", Role.EMAIL), ("phone", Role.PHONE)):
        headers = len(mapping.headers_of(schema, role))
        names += [name if place == 1 else f"{name}_{place}" for place in range(1, headers + 2 if headers else 1)]
    return names


def contact_keys(contacts: Contacts, key: str = "") -> pd.DataFrame:
    """Return hashes by which a lead is known again, whatever the spelling; NA where there is nothing to go by.

    Parameters
    ----------
    key
        That of the installation (see `contact_key`), for hashes that are kept or compared with kept ones; without it
        they compare leads of one list in passing.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``email`` and ``phone`` as Int64, of what the list has; further columns' as ``email_2``, ``phone_2``..
    """
    normal: dict[str, pd.Series] = {}
    if Role.ID in contacts.details:
        normal["id"] = contacts.details[Role.ID].str.casefold()
    addresses = [cells.mask(_each(cells, is_placeholder)) for cells in contacts.emails]
    for name, columns in (("email", addresses), ("phone", contacts.phones)):
        normal |= {name if place == 1 else f"{name}_{place}": cells for place, cells in enumerate(columns, 1)}
    hashes = {name: hash_texts(text) for name, text in normal.items()}
    if key:
        hashes = {name: _under(key, column) for name, column in hashes.items()}
    return pd.DataFrame(hashes)


def _under(key: str, hashes: pd.Series) -> pd.Series:
    made = pd.Series(keyed_hashes(hashes.fillna(0).to_numpy("int64"), key), index=hashes.index, dtype="Int64")
    return made.mask(hashes.isna().to_numpy())


@dataclass(frozen=True)
class BarredPeople:
    """Who is not to be called: kind (email or phone) and hash -> reason, and the key of the hashes."""

    reasons: Mapping[tuple[str, int], str] = field(default_factory=dict)
    key: str = field(default="", repr=False)


def barred_leads(contacts: Contacts, barred: BarredPeople) -> dict[str, np.ndarray]:
    """Tell which leads have an e-mail or phone of somebody who is not to be called, by the reason."""
    keys = contact_keys(contacts, barred.key)
    found: dict[str, np.ndarray] = {}
    for name in keys.columns:
        kind = str(name).partition("_")[0]
        for reason in sorted(set(barred.reasons.values())):
            wanted = [hashed for (of, hashed), why in barred.reasons.items() if of == kind and why == reason]
            has = keys[name].isin(wanted).fillna(False).to_numpy(dtype=bool)
            found[reason] = found.get(reason, np.zeros(len(keys), dtype=bool)) | has
    return found


def hash_texts(text: pd.Series) -> pd.Series:
    """Return a hash of each text as Int64, NA where there is none."""
    hashes = pd.Series(pd.util.hash_array(text.fillna("").to_numpy(dtype=object)).view("int64"), dtype="Int64")
    return hashes.mask(text.isna().to_numpy())


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

    bare = unwrap(text)
    if is_ruined(bare):
        return None
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    if not phonenumbers.is_possible_number(number) or len(set(national)) == 1:
        return None
    return f"+{number.country_code}{national}"


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
