"""Country evidence: which country a list's own columns of countries or currencies say that its leads are of."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pandas as pd

from leadscore_core.data.cleaning.numbers import CURRENCIES
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.schema.header_words import words_of

_COUNTRY = {"country", "countries", "land", "pais", "pays", "paese", "kraj", "nation", "страна", "ulke", "国家", "国"}
_CURRENCY = {"currency", "ccy", "wahrung", "devise", "moneda", "divisa", "moeda", "valuta", "waluta", "валюта"}
_LEAST, _MOSTLY = 3, 0.8


@dataclass(frozen=True)
class CountryEvidence:
    """A country (ISO 3166, two letters), and what says it, in words."""

    region: str
    words: str


def country_headers(headers: Iterable[str]) -> list[str]:
    """Return the headers that name a country or a currency, countries first.

    Examples
    --------
    >>> country_headers(["Deal currency", "Phone", "Country", "Pays d'origine"])
    ['Country', "Pays d'origine", 'Deal currency']
    """
    every = list(headers)
    return [header for words in (_COUNTRY, _CURRENCY) for header in every if words & {*words_of(header)}]


def find_country(rows: pd.DataFrame) -> CountryEvidence | None:
    """Return the country that a list's columns name for nearly all leads; None where they name several, or none.

    A country's column counts before a currency's. A currency names the country whose it is; the euro names none.

    Parameters
    ----------
    rows
        As read.

    Examples
    --------
    >>> find_country(pd.DataFrame({"Country": ["Germany", "Deutschland", "DE", None]}))
    CountryEvidence(region='DE', words="3 of 3 cells of 'Country' say DE")
    >>> find_country(pd.DataFrame({"Country": ["Germany", "France", "Spain"]})) is None
    True
    >>> find_country(pd.DataFrame({"Currency": ["INR", "₹", "INR"]})).region
    'IN'
    """
    for words, regions in ((_COUNTRY, _names_of_countries()), (_CURRENCY, _countries_of_currencies())):
        found = [
            evidence
            for header in map(str, rows.columns)
            if words & {*words_of(header)} and (evidence := _named(rows[header], header, regions)) is not None
        ]
        if found:
            return found[0] if len({one.region for one in found}) == 1 else None
    return None


def _named(cells: pd.Series, header: str, regions: Mapping[str, str]) -> CountryEvidence | None:
    texts = as_text(cells).dropna().str.strip().str.casefold()
    texts = texts[texts != ""]
    counts = Counter[str]()
    for text, n in texts.value_counts().items():
        if str(text) in regions:
            counts[regions[str(text)]] += int(n)
    region, n = counts.most_common(1)[0] if counts else ("", 0)
    if n < _LEAST or n < _MOSTLY * len(texts):
        return None
    return CountryEvidence(region, f"{n:,} of {len(texts):,} cells of {header!r} say {region}")


@cache
def _names_of_countries() -> dict[str, str]:
    """Return names of countries in many languages, and their codes of two letters, in small letters -> the code."""
    from phonenumbers import SUPPORTED_REGIONS

    known = _locale_data()
    names: dict[str, set[str]] = {}
    for region in sorted(SUPPORTED_REGIONS):
        for name in known.get(region, {}).values():
            if not name.startswith("*"):  # another language's name holds
                names.setdefault(name.casefold(), set()).add(region)
    plain = {name: next(iter(regions)) for name, regions in names.items() if len(regions) == 1}
    short = {"uk": "GB", "england": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US", "uae": "AE"}
    return plain | short | {region.casefold(): region for region in SUPPORTED_REGIONS}


def _locale_data() -> dict[str, dict[str, str]]:
    """Return codes of countries -> language -> the country's name, without what lies beside them.

    The package around them loads the places of all numbers of the world, which takes 100 MB of memory.
    """
    import phonenumbers

    path = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    loader = SourceFileLoader("phonenumbers.geodata.locale", str(path))
    module = ModuleType(loader.name)
    module.__package__ = "phonenumbers.geodata"
    loader.exec_module(module)
    return dict(module.LOCALE_DATA)


@cache
def _countries_of_currencies() -> dict[str, str]:
    """Return codes and signs of currencies in small letters -> the country, which is in the first letters of a code."""
    from phonenumbers import SUPPORTED_REGIONS

    return {text: code[:2] for text, code in CURRENCIES.items() if code[:2] in SUPPORTED_REGIONS and code != "ANG"}
