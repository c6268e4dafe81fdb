"""Names by which things stand in the order in which they were made."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from leadscore_core import days
from leadscore_core.days import key_of_moment


@pytest.mark.parametrize("micro", [0, 1, 15, 16, 999_998])
def test_what_is_made_later_in_a_second_has_a_later_name(micro: int, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 10, 3, 14, 5, tzinfo=UTC)
    clock = [moment + timedelta(microseconds=micro + step) for step in (0, 1)]
    clock += [moment + timedelta(seconds=2)]  # named when its second is over

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return clock.pop(0)

    monkeypatch.setattr(days, "datetime", Clock)
    keys = [key_of_moment(moment) for _ in range(3)]
    assert all(earlier[:21] <= later[:21] for earlier, later in pairwise(keys))
    assert keys[0][:21] < keys[1][:21]


def test_the_clock_itself_gives_names_in_order() -> None:
    keys = [key_of_moment(datetime.now(UTC).replace(microsecond=0))[:21] for _ in range(2_000)]
    assert keys == sorted(keys)
