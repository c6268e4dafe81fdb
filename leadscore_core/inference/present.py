"""Presenting: values as people write them."""


def city_name(text: str) -> str:
    """Write a city as people do; short names are abbreviations.

    Examples
    --------
    >>> city_name("new delhi"), city_name("ncr")
    ('New Delhi', 'NCR')
    """
    return text.upper() if len(text) <= 3 else text.title()
