"""Phone region: of which country the phone numbers of a list are that are written without a country code."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leadscore_core.data.cleaning.country_evidence import CountryEvidence
from leadscore_core.data.cleaning.spreadsheet_text import unwrap
from leadscore_core.data.cleaning.text import as_text

LEAST_WITH_CODE, MOSTLY = 10, 0.8
_FITS, _MISFITS = 0.95, 0.5
_SAMPLE, _FEW = 300, 60
_WITH_CODE = r"^(?:\+|00)([1-9]\d{5,})$"
_LOCAL = r"0?[1-9]\d{5,13}"
_SEPARATORS = r"[\s().\-/]"


@dataclass(frozen=True)
class PhoneRegion:
    """Of which country a list's numbers without a country code are taken to be, and by what evidence.

    Attributes
    ----------
    region
        ISO 3166, two letters; None where the list says nothing, so that the setting holds.
    code
        Its country calling code.
    with_code, of_code
        Numbers with a country code, and those of them with this one.
    local
        Numbers without.
    others
        Regions that fit as well, where it is a question.
    said_by
        What else than the numbers says it, in words.
    """

    region: str | None = None
    code: int = 0
    with_code: int = 0
    of_code: int = 0
    local: int = 0
    others: tuple[str, ...] = ()
    said_by: str = ""

    @property
    def evidence(self) -> str:
        """The evidence in words."""
        if self.said_by:
            return self.said_by
        if self.of_code:
            return f"{self.of_code:,} of {self.with_code:,} numbers with one begin +{self.code}"
        return f"of {self.local:,} numbers without one nearly all are possible there"


def find_phone_region(columns: Sequence[pd.Series], usual: str, country: CountryEvidence | None = None) -> PhoneRegion:
    """Decide of which country numbers without a country code are, from all numbers of a list.

    It is that of most numbers with a code; where few have one, the one that the list's columns name if as many numbers
    are valid there as where they usually are; else the only one where nearly all numbers are valid. A list of which
    most numbers are valid where they usually are says nothing.

    Parameters
    ----------
    columns
        Cells with phone numbers.
    usual
        Where such numbers are, if the list says nothing: ISO 3166, two letters.
    country
        What columns of countries or currencies say (see `find_country`).

    Examples
    --------
    >>> german = pd.Series([f"+49 151 234567{n}" for n in range(10, 25)] + ["0151 23456789", "030 12345678"])
    >>> found = find_phone_region([german], "IN")
    >>> found.region, found.evidence
    ('DE', '15 of 15 numbers with one begin +49')
    >>> find_phone_region([pd.Series(["98765 43210", "+44 20 7946 0018"])], "IN").region is None
    True
    >>> find_phone_region([pd.Series([f"98765431{n}.0" for n in range(10, 40)])], "IN").region is None
    True
    """
    cells = pd.concat([as_text(column) for column in columns], ignore_index=True).dropna()
    bare = cells.map(unwrap).astype("str").str.replace(_SEPARATORS, "", regex=True)
    with_code = bare.str.extract(_WITH_CODE, expand=False).dropna()
    local = bare[bare.str.fullmatch(_LOCAL) & ~bare.str.startswith("00")]
    some = local.iloc[:: max(1, len(local) // _SAMPLE)].tolist()
    counts = Counter(filter(None, with_code.str[:3].map(_calling_code)))
    code, of_code = counts.most_common(1)[0] if counts else (0, 0)
    at_home = _valid(some, usual) if some else 0.0
    if of_code >= LEAST_WITH_CODE and of_code >= MOSTLY * len(with_code):
        region = _main_region(code)
        if region == _main_region(_code_of(usual)) or (some and _valid(some, region) < at_home):
            return PhoneRegion(with_code=len(with_code), local=len(local))
        return PhoneRegion(region, code, len(with_code), of_code, len(local))
    if country is not None and some and _is_of(some, country.region, usual, at_home):
        code = _code_of(country.region)
        return PhoneRegion(country.region, code, len(with_code), counts[code], len(local), said_by=country.words)
    if at_home >= _MISFITS or len(some) < LEAST_WITH_CODE:
        return PhoneRegion(with_code=len(with_code), local=len(local))
    fitting = _regions_of(some[:_FEW])
    likeliest = [name for name in fitting if _code_of(name) in counts] or fitting
    if len(likeliest) == 1:
        return PhoneRegion(likeliest[0], _code_of(likeliest[0]), len(with_code), 0, len(local))
    return PhoneRegion(with_code=len(with_code), local=len(local), others=tuple(likeliest))


def _is_of(numbers: Sequence[str], region: str, usual: str, at_home: float) -> bool:
    """Tell whether numbers may be those of another country than the usual: valid there, and as many as at home."""
    return _code_of(region) != _code_of(usual) and _valid(numbers, region) >= max(_MISFITS, at_home)


def _calling_code(digits: str) -> int | None:
    import phonenumbers

    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((int(digits[:n]) for n in (1, 2, 3) if int(digits[:n]) in known), None)


def _main_region(code: int) -> str:
    import phonenumbers

    return str(phonenumbers.region_code_for_country_code(code))


def _code_of(region: str) -> int:
    import phonenumbers

    return int(phonenumbers.country_code_for_region(region))


def _valid(numbers: Sequence[str], region: str) -> float:
    """Return the share (0-1) of numbers that are valid in a country."""
    import phonenumbers

    valid = 0
    for number in numbers:
        try:
            valid += phonenumbers.is_valid_number_for_region(phonenumbers.parse(number, region), region)
        except phonenumbers.NumberParseException:
            continue
    return valid / len(numbers)


def country_of(region: str) -> str | None:
    """Return a country's calling code as it is written, or None where there is no such country.

    Examples
    --------
    >>> country_of("de"), country_of("Germany")
    ('+49', None)
    """
    import phonenumbers

    code = phonenumbers.country_code_for_region(region.upper())
    return f"+{code}" if code else None


def regions() -> list[str]:
    """Return all countries, two letters each, by the alphabet."""
    import phonenumbers

    return sorted(phonenumbers.SUPPORTED_REGIONS)


def _regions_of(numbers: Sequence[str]) -> list[str]:
    """Return the countries where nearly all of some numbers are valid, the best first; one for each calling code."""
    import phonenumbers

    regions = [_main_region(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)]
    few = numbers[:LEAST_WITH_CODE]  # most countries are out by a few
    near = [region for region in regions if region != "001" and _valid(few, region) >= _FITS - 0.1]
    shares = {region: _valid(numbers, region) for region in near}
    return sorted((region for region, share in shares.items() if share >= _FITS), key=lambda one: -shares[one])
