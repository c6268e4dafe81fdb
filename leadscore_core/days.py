"""Days and moments in words, in one style, "3 Oct 2026", "3 Oct 2026, 14:05", and in names that sort by them."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4


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


def key_of_moment(moment: datetime) -> str:
    """Return a new name for what is made at a moment, by which things stand in the order in which they were made.

    Parameters
    ----------
    moment
        In UTC, to the second; what is made later in the same second gets a later name.

    Examples
    --------
    >>> moment = datetime(2026, 10, 3, 14, 5, tzinfo=UTC)
    >>> keys = [key_of_moment(moment) for _ in range(3)]
    >>> keys[0][:16], len(keys[0]), keys[0] != keys[1]
    ('20261003-140500-', 24, True)
    """
    current = datetime.now(UTC)
    within = current.microsecond if current - moment < timedelta(seconds=1) else 999_999  # its second is over
    return f"{moment:%Y%m%d-%H%M%S}-{within:05x}{uuid4().hex[:3]}"
