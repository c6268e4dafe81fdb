"""A CRM's columns: what a record is matched by, what is written into it, and which leads have no record."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.spreadsheet_text import unwrap
from leadscore_core.data.cleaning.text import ALWAYS_BLANK, MAYBE_BLANK, as_text, filled_cells
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import ExportError
from leadscore_core.inference.contact_cells import split_contacts
from leadscore_core.inference.contact_quality import normalise_email
from leadscore_core.inference.export.crm import PRESETS, CrmPreset
from leadscore_core.inference.grades import JUNK_WORDS
from leadscore_core.inference.identity import is_placeholder, is_ruined
from leadscore_core.percent import say_leads

SCORE, GRADE, REASON = "LeadScore score", "LeadScore grade", "LeadScore reason"
NOT_TO_BE_CALLED = "Not to be called"
_BARRED = tuple(JUNK_WORDS[reason] for reason in ("do_not_call", "customer", "held_out"))
ALWAYS = {SCORE: "lead_score", GRADE: "grade", REASON: "reason_1"}
MORE = {
    "LeadScore propensity": "propensity",
    "LeadScore second reason": "reason_2",
    "LeadScore third reason": "reason_3",
    "LeadScore put aside because": "junk_reason",
    "LeadScore model": "model_id",
}
NO_ID = ""
LONGEST = 255  # of a line of text in Salesforce and Zoho CRM
_PLACEHOLDERS = ("", "[not provided]", "not-provided", *sorted(ALWAYS_BLANK | MAYBE_BLANK))
_TELLING = 15  # a shorter number may be anything
_SURE = 0.5  # the header is the CRM's own; what is ruined in it is left out and counted
_NO_LETTERS = r'[\s|<>"]+'  # Zoho CRM takes no bar, angle bracket or double quote


@dataclass(frozen=True)
class CrmChoice:
    """What a person chose for a CRM.

    Attributes
    ----------
    crm
        One of `PRESETS`.
    record_id
        Header of the list's column that holds the CRM's record id; `NO_ID` for none, None to have it found.
    more
        Further columns: headers of the list, or names of `MORE`.
    ending
        Of the file: one of those in ``CrmPreset.most``.
    """

    crm: str
    record_id: str | None = None
    more: tuple[str, ...] = ()
    ending: str = ".csv"


@dataclass
class CrmColumns:
    """Columns of a CRM's file, settled for one list, and what was left out on the way.

    Attributes
    ----------
    choice, preset
        What was chosen, and for which CRM.
    record_id, id_header
        Header of the list that holds the record id, `NO_ID` if none does, and the header under which it is written.
    details
        Role -> the list's headers of it.
    left_out
        Leads that are not written: ``no_key`` (nothing to match them by), ``repeats`` (of a record that is written).
    blanks
        Header of a column that was asked for -> leads that are written and of which it is blank.
    """

    choice: CrmChoice
    preset: CrmPreset
    record_id: str
    id_header: str
    details: Mapping[Role, list[str]]
    left_out: Counter[str] = field(default_factory=Counter)
    blanks: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    @property
    def keys(self) -> list[str]:
        """Headers of the list by which records are matched."""
        if self.record_id:
            return [self.record_id]
        return [header for role in self.preset.match for header in self.details[role]]

    @property
    def reads(self) -> list[str]:
        """Headers of the list that are read."""
        return list(dict.fromkeys([*self.keys, *(header for header in self.choice.more if header not in MORE)]))

    @property
    def key_headers(self) -> list[str]:
        """Headers under which the record id, or what records are matched by, is written."""
        return [self.id_header] if self.record_id else [self.preset.fields[role] for role in self.preset.match]

    @property
    def reasons(self) -> int:
        """How many reasons a lead are written."""
        ours = [MORE.get(name, "") for name in self.choice.more]
        return 3 if "reason_3" in ours else 2 if "reason_2" in ours else 1

    @property
    def matched_by(self) -> str:
        """What records are matched by, in words."""
        if self.record_id:
            return f"the record id in {self.record_id}"
        return "name and e-mail" if Role.NAME in self.preset.match else "e-mail"

    @property
    def left_out_words(self) -> str:
        """Which leads were not written, and why; empty if all were."""
        said = []
        if number := self.left_out["no_key"]:
            what = "record id" if self.record_id else self.matched_by
            said.append(f"{say_leads(number)} without {what}, of which {self.preset.title} would make new records")
        if number := self.left_out["repeats"]:
            said.append(f"{say_leads(number)} of a record that is in the file already")
        return f"Left out: {'; '.join(said)}." if said else ""

    def afresh(self) -> "CrmColumns":
        """Return the same columns with no lead seen yet."""
        return replace(self, left_out=Counter(), blanks=Counter(), _seen=set())

    @property
    def blank_words(self) -> str:
        """Of how many leads a column is blank that was asked for, and what that does; empty if of none."""
        blanks = ", ".join(f"{name} for {say_leads(number)}" for name, number in self.blanks.items() if number)
        return f"Blank: {blanks}. {self.preset.blank}" if blanks else ""

    def lay_out(self, own: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
        """Return leads under the CRM's headers, without those that no record is found by.

        Parameters
        ----------
        own
            The list's own columns, at least `reads`.
        ours
            Same rows: ``lead_score``, ``grade``, ``reason_1`` and what else of `MORE` is asked for. Where there is a
            ``junk_reason``, that is the reason. What is not there is not written.

        Returns
        -------
        pandas.DataFrame
            What the record is matched by, then `ALWAYS`, then what was asked for. A blank cell stands where the list
            has none, or a placeholder; nothing is made up.
        """
        keys = self._key_columns(own)
        given = pd.Series(True, index=own.index)
        for cells in keys.values():
            given &= cells != ""
        joined = pd.Series("", index=own.index, dtype="str")
        for cells in keys.values():
            joined = joined + "\n" + cells.str.casefold() if self.record_id == NO_ID else joined + cells
        first = self._first_of_each(joined, given)
        self.left_out["no_key"] += int((~given).sum())
        self.left_out["repeats"] += int((given & ~first).sum())
        columns = {**keys, **self._ours(ours)}
        for name in self.choice.more:
            for header, cells in ({} if name in MORE else self._of_list(own, name)).items():
                columns.setdefault(header, cells)
        laid = pd.DataFrame(columns, index=own.index)[(given & first).to_numpy()]
        asked = [name for name in laid.columns if name not in keys and name not in ALWAYS]
        self.blanks.update({name: int((laid[name] == "").sum()) for name in asked})
        return laid

    def _key_columns(self, own: pd.DataFrame) -> dict[str, pd.Series]:
        if self.record_id:
            ids = _each(own[self.record_id], lambda text: text if self._is_id(text) else "")
            return {self.id_header: ids}
        columns = {}
        for role in self.preset.match:
            cells = self._name(own) if role is Role.NAME else self._email(own)
            columns[self.preset.fields[role]] = cells
        return columns

    def _is_id(self, text: str) -> bool:
        return self.preset.id_form(self.record_id, text) == self.id_header and not is_ruined(text)

    def _name(self, own: pd.DataFrame) -> pd.Series:
        joined = pd.Series("", index=own.index, dtype="str")
        for header in self.details[Role.NAME]:
            joined = (joined + " " + _written(own[header])).str.strip()
        return joined

    def _email(self, own: pd.DataFrame) -> pd.Series:
        first = pd.Series("", index=own.index, dtype="str")
        for header in self.details[Role.EMAIL]:
            written = _written(own[header])
            one, _ = split_contacts(written.where(written != ""), Role.EMAIL)
            first = first.where(first != "", _each(one, _usable_email))
        return first

    def _first_of_each(self, joined: pd.Series, given: pd.Series) -> pd.Series:
        first = np.zeros(len(joined), dtype=bool)
        for place, (key, is_given) in enumerate(zip(joined.tolist(), given.tolist(), strict=True)):
            if is_given and key not in self._seen:
                self._seen.add(key)
                first[place] = True
        return pd.Series(first, index=joined.index)

    def _ours(self, ours: pd.DataFrame) -> dict[str, pd.Series]:
        wanted = ALWAYS | {name: MORE[name] for name in self.choice.more if name in MORE}
        columns = {}
        for header, name in wanted.items():
            if name not in ours:
                continue
            cells = ours[name]
            if name == "reason_1" and "junk_reason" in ours:
                cells = cells.where(ours["junk_reason"] == "", ours["junk_reason"])
            if name == "grade" and "junk_reason" in ours:
                cells = cells.astype("str").mask(ours["junk_reason"].isin(_BARRED).to_numpy(), NOT_TO_BE_CALLED)
            if not pd.api.types.is_numeric_dtype(cells):
                cells = cells.astype("str").fillna("").str.replace(_NO_LETTERS, " ", regex=True).str.strip().map(_short)
            columns[header] = cells
        return columns

    def _of_list(self, own: pd.DataFrame, header: str) -> dict[str, pd.Series]:
        cells = _written(own[header])
        role = next((role for role, headers in self.details.items() if headers[:1] == [header]), None)
        if role is None or (role is Role.NAME and len(self.details[role]) > 1):  # parts of a name have own headers
            return {header: cells}
        if role is Role.NAME and role not in self.preset.fields:
            words = cells.str.rsplit(n=1)
            first, last = self.preset.first_last
            return {
                first: words.map(lambda parts: parts[0] if len(parts) > 1 else ""),
                last: words.map(lambda parts: parts[-1] if parts else ""),
            }
        return {self.preset.fields.get(role, header): cells.map(_plain_phone) if role is Role.PHONE else cells}


def contact_headers(mapping: ColumnMapping, schema: LeadSchema) -> dict[Role, list[str]]:
    """Return a list's headers of name, e-mail, phone and city, of those that it has."""
    roles = (Role.NAME, Role.EMAIL, Role.PHONE, Role.CITY)
    return {role: headers for role in roles if (headers := mapping.headers_of(schema, role))}


def find_record_id(own: pd.DataFrame, preset: CrmPreset) -> str:
    """Return the header of the list's column that holds a CRM's record ids, `NO_ID` if none surely does.

    Its header is one that the CRM's own exports use, and most of its cells have the form of these ids.

    Examples
    --------
    >>> own = pd.DataFrame({"Record ID": ["151", "152"], "Lead Number": ["1", "2"]})
    >>> find_record_id(own, PRESETS["hubspot"]), find_record_id(own, PRESETS["salesforce"])
    ('Record ID', '')
    """
    for header in map(str, own.columns):
        wanted = preset.id_header(header)
        if wanted is not None and _id_share(own[header], header, preset)[0] >= _SURE:
            return header
    return NO_ID


def settle_columns(choice: CrmChoice, own: pd.DataFrame, details: Mapping[Role, list[str]]) -> CrmColumns:
    """Settle what a CRM's file of one list holds.

    Parameters
    ----------
    choice
        What a person chose.
    own
        Some leads of the list, at least one if it has any, under its own headers.
    details
        See `contact_headers`.

    Raises
    ------
    ExportError
        If the CRM could match its records by nothing in this list, or a column is not there; with what would do.
    """
    if choice.crm not in PRESETS:
        raise ExportError(f"There is no CRM {choice.crm!r}. Choose one of {', '.join(PRESETS)}.")
    preset = PRESETS[choice.crm]
    if choice.ending not in preset.most:
        raise ExportError(f"{preset.title} takes {' or '.join(preset.most)}, not {choice.ending}. Choose one of these.")
    headers = [str(header) for header in own.columns]
    wanted = [choice.record_id] if choice.record_id else []
    unknown = [name for name in [*wanted, *choice.more] if name not in headers and name not in MORE]
    if unknown:
        raise ExportError(
            f"The list has no column {unknown[0]!r}. It has: {', '.join(headers[:20])}; ours are {', '.join(MORE)}."
        )
    record_id = find_record_id(own, preset) if choice.record_id is None else choice.record_id
    if record_id:
        share, header = _id_share(own[record_id], record_id, preset)
        if share < 0.5:
            example = next((text for text in as_text(own[record_id]).dropna().tolist() if text.strip()), "")
            ruined = "; a spreadsheet has taken digits from it" if is_ruined(unwrap(example)) else ""
            otherwise = ", or none to match by e-mail (--crm-id none)" if preset.match else ""
            raise ExportError(
                f"{record_id} holds {example[:40]!r}{ruined}, and a record id of {preset.title} is {preset.id_words}. "
                f"Choose another column for the record id (--crm-id HEADER){otherwise}."
            )
        return CrmColumns(choice, preset, record_id, header, details)
    missing = [role for role in preset.match if role not in details]
    if missing or not preset.match:
        otherwise = (
            f" and no {' and no '.join(role.value if role is not Role.EMAIL else 'e-mail' for role in missing)}"
            if missing
            else ""
        )
        raise ExportError(
            f"The list has no record id of {preset.title} ({preset.id_words}){otherwise}, so {preset.title} would make "
            f"new records instead of updating. Export the leads from {preset.title} with their record id, score that "
            f"list, or choose the column that holds the record id (--crm-id HEADER){_alike(own, preset)}."
        )
    return CrmColumns(choice, preset, NO_ID, "", details)


def _alike(own: pd.DataFrame, preset: CrmPreset) -> str:
    """Say which columns might hold record ids: each cell another one, of a form that few other things have."""
    found = [
        str(header)
        for header in own.columns
        if len(own) and own[header].is_unique and _id_share(own[header], str(header), preset)[0] == 1
    ]
    likely = [header for header in found if as_text(own[header]).str.len().min() >= _TELLING]
    return f", perhaps {' or '.join(likely[:3])}, which has the form of one" if likely else ""


def _id_share(cells: pd.Series, header: str, preset: CrmPreset) -> tuple[float, str]:
    """Return the share (0-1) of filled cells that have the form of a record id, and the header for the most of them."""
    texts = [unwrap(text) for text in _written(cells).tolist() if text]
    found = Counter(preset.id_form(header, text) for text in texts if not is_ruined(text))
    found.pop(None, None)
    if not found:
        return 0.0, ""
    name, number = found.most_common(1)[0]
    return number / len(texts), str(name)


def _written(cells: pd.Series) -> pd.Series:
    """Return cells as they are written, without blanks at the ends; what stands for nothing is blank."""
    text = as_text(cells)
    return text.where(filled_cells(text, _PLACEHOLDERS), "").fillna("").str.strip()


def _each(cells: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """Map each filled cell, as it was before a spreadsheet took it; blanks stay blank."""
    return _written(cells).map(lambda text: function(unwrap(text)) if text else "").astype("str")


def _usable_email(text: str) -> str:
    return text if normalise_email(text) is not None and not is_placeholder(text) else ""


def _plain_phone(text: str) -> str:
    """Return a number without the signs for which a spreadsheet would take it for a sum."""
    return "".join(" " if sign in "-./" else sign for sign in text) if text.startswith("+") else text


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
