"""Options of phones: of which country numbers are that are written without a country code."""

from typing import Annotated

import typer

from leadscore_core.errors import LeadScoreError

PhoneRegion = Annotated[
    str | None,
    typer.Option(
        "--phone-region",
        help="Country of phone numbers without a country code, such as DE; found from the list if not given.",
    ),
]


def known_region(region: str | None) -> str | None:
    """Return a country that was said, in capitals.

    Raises
    ------
    LeadScoreError
        If there is no such country.
    """
    if region is None:
        return None
    from leadscore_core.data.cleaning.phone_region import country_of

    if country_of(region) is None:
        raise LeadScoreError(f"--phone-region {region!r} is no country. Give two letters, such as DE, IN or US.")
    return region.upper()
