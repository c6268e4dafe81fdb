"""Days and moments in words, in one style: "3 Oct 2026", "3 Oct 2026, 14:05"."""

from datetime import date, datetime


def say_day(day: date) -> str:
    """Return a day as people read it.

    Examples
    --------
    >>> say_day(date(2026, 10, 3))
    '3 Oct 2026'
    """
    return f"{day.day} {day:%b %Y}"


def say_moment(moment: datetime) -> str:
    """Return a day and the time of it.

    Examples
    --------
    >>> say_moment(datetime(2026, 10, 3, 14, 5))
    '3 Oct 2026, 14:05'
    """
    return f"{say_day(moment)}, {moment:%H:%M}"
