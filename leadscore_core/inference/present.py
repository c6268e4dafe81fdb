"""Presenting: values as people write them."""


def city_name(text: str) -> str:
    """Write a city as people do; short names are abbreviations.

    Examples
    --------
    >>> city_name("new delhi"), city_name("ncr")
    ('New Delhi', 'NCR')
    """
    return text.upper() if len(text) <= 3 else text.title()


def rate_decimals(base_rate: float) -> int:
    """Return how many decimals of a percentage tell rates around this one (0-1) apart.

    Examples
    --------
    >>> [rate_decimals(rate) for rate in (0.5, 0.04, 0.009, 0.0009)]
    [0, 1, 1, 2]
    """
    return 0 if base_rate >= 0.1 else 1 if base_rate >= 0.005 else 2
