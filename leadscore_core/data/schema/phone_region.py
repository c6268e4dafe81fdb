"""Phone region of a mapping: of which country a list's phone numbers without a country code are."""

from dataclasses import dataclass

import pandas as pd

from leadscore_core.data.cleaning.country_evidence import find_country
from leadscore_core.data.cleaning.phone_region import PhoneRegion, find_phone_region
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import MappingError


@dataclass(frozen=True)
class RegionReading:
    """As whose numbers those without a country code are read.

    Attributes
    ----------
    region
        ISO 3166, two letters; None where it is a question.
    note
        The evidence, in words.
    choices
        Countries that fit, the usual one first; empty where it is no question.
    """

    region: str | None
    note: str
    choices: tuple[str, ...] = ()


def read_as(mapping: ColumnMapping) -> RegionReading:
    """Return as whose numbers a list's are read that have no country code."""
    return RegionReading(mapping.phone_region, mapping.region_note, mapping.region_choices)


def settle_region(
    mapping: ColumnMapping, schema: LeadSchema, rows: pd.DataFrame, usual: str, remembered: str | None = None
) -> ColumnMapping:
    """Return a mapping with the country of phone numbers without a country code, as a list's rows show it.

    Parameters
    ----------
    rows
        As read; of their columns those with phones count, and those that name a country or a currency.
    usual
        Of which country they are where the list says nothing: ISO 3166, two letters.
    remembered
        What a person said before of files with the same headers; it counts only where this list leaves it open.
    """
    columns = [rows[header] for header in mapping.headers_of(schema, Role.PHONE) if header in rows]
    found = find_phone_region(columns, usual, find_country(rows)) if columns else PhoneRegion()
    said = mapping.said_region or (remembered if found.region is None else None)
    note = ""
    if said and found.local:
        note = f"as was said; {found.local:,} numbers have none"
    elif found.region and found.local:
        note = found.evidence
    elif found.others:
        note = f"though few of the {found.local:,} without one are possible there"
    return mapping.model_copy(
        update={
            "said_region": said,
            "phone_region": said or found.region,
            "region_note": note,
            "region_choices": () if said else tuple(dict.fromkeys([usual, *found.others])) if found.others else (),
        }
    )


def say_region(mapping: ColumnMapping, schema: LeadSchema, region: str | None) -> ColumnMapping:
    """Return a mapping with what a person says of the country of numbers without a country code.

    Raises
    ------
    MappingError
        If the list has no phone.
    """
    if region is None:
        return mapping
    if not mapping.headers_of(schema, Role.PHONE):
        raise MappingError(f"The list has no column with phones, so {region} says nothing of it. Leave it out.")
    return mapping.model_copy(update={"said_region": region})
