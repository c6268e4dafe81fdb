"""Rates in words: with as many digits as tell them from other rates around."""

from collections.abc import Iterable, Sequence

_TENTHS_BELOW, _HUNDREDTHS_BELOW = 0.1, 0.005
_WHOLE_FROM = 0.02
_MOST_DECIMALS = 4


def rate_decimals(base_rate: float, least: int = 0) -> int:
    """Return how many decimals of a percentage tell rates around this one (0-1) apart, `least` of them in any case.

    Examples
    --------
    >>> [rate_decimals(rate) for rate in (0.5, 0.04, 0.009, 0.0009, 0)]
    [0, 1, 1, 2, 0]
    """
    is_known = base_rate > 0  # of nobody, or of what is not a number, there are no rates around
    needed = 0 if base_rate >= _TENTHS_BELOW or not is_known else 1 if base_rate >= _HUNDREDTHS_BELOW else 2
    return max(least, needed)


def percent(rate: float, base_rate: float, least: int = 0) -> str:
    """Write a rate (0-1) so that it can be told from others around a base rate.

    Examples
    --------
    >>> percent(0.013, 0.009), percent(0.6349, 0.5), percent(0.6349, 0.5, least=1)
    ('1.3%', '63%', '63.5%')
    """
    return f"{rate:.{rate_decimals(base_rate, least)}%}"


def share_percent(share: float) -> str:
    """Write the share (0-1) that a part has of a whole; a small one with the digits that it needs.

    Examples
    --------
    >>> share_percent(0.4), share_percent(0.013), share_percent(0.0004), share_percent(0)
    ('40%', '1.3%', '0.04%', '0%')
    """
    decimals = 0 if share >= _WHOLE_FROM or share == 0 else rate_decimals(5 * share)
    return f"{share:.{decimals}%}"


def share_percents(before: float, now: float) -> tuple[str, str]:
    """Write two shares (0-1) of a whole, with more digits where they would else read the same and differ.

    Examples
    --------
    >>> share_percents(0.4, 0.013), share_percents(0.402, 0.404), share_percents(0.1, 0.1)
    (('40%', '1.3%'), ('40.2%', '40.4%'), ('10%', '10%'))
    """
    texts = share_percent(before), share_percent(now)
    if before != now and texts[0] == texts[1]:
        first, second = distinct_percents([before, now])
        return first, second
    return texts


def distinct_percents(rates: Sequence[float]) -> list[str]:
    """Write rates (0-1) beside each other, all with as many decimals as tell those apart that differ, four at most.

    Examples
    --------
    >>> distinct_percents([0.021, 0.024]), distinct_percents([0.4, 0.6]), distinct_percents([0.02, 0.02])
    (['2.1%', '2.4%'], ['40%', '60%'], ['2%', '2%'])
    """
    for decimals in range(_MOST_DECIMALS + 1):
        texts = [f"{rate:.{decimals}%}" for rate in rates]
        if len(set(texts)) == len(set(rates)):
            break
    return texts


def signed(value: float, decimals: int = 0) -> str:
    """Write a change with its sign; what rounds to nothing is 0, without one.

    Examples
    --------
    >>> signed(13.46, 1), signed(-1_250.2), signed(-0.04, 1), signed(0.0)
    ('+13.5', '-1,250', '0', '0')
    """
    text = f"{value:+,.{decimals}f}"
    return text if text.strip("+-0.,") else "0"


def column_decimals(rates: Iterable[float]) -> int:
    """Return how many decimals a column of rates in percent needs, at least one, by the typical of them.

    Examples
    --------
    >>> column_decimals([40.0, 0.2, 35.0]), column_decimals([0.1, 0.3, 0.0]), column_decimals([])
    (1, 2, 1)
    """
    known = sorted(abs(rate) for rate in rates if rate == rate and rate != 0)
    return rate_decimals(known[len(known) // 2] / 100, 1) if known else 1


def axis_format(rates: Iterable[float]) -> str:
    """Return the format (d3) of an axis of rates (0-1) that reaches to the highest of them.

    Examples
    --------
    >>> axis_format([0.2, 0.7]), axis_format([0.01, 0.03]), axis_format([])
    ('.0%', '.1%', '.0%')
    """
    known = [rate for rate in rates if rate == rate]  # what is not known is not drawn
    return f".{rate_decimals(max(known, default=1.0))}%"


def say_leads(number: int) -> str:
    """Write a number of leads.

    Examples
    --------
    >>> say_leads(1), say_leads(1200)
    ('1 lead', '1,200 leads')
    """
    return f"{number:,} {'lead' if number == 1 else 'leads'}"
