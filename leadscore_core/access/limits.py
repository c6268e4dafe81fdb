"""Limits: how much one person may ask of a server that others share, and whose turn it is."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from leadscore_core.errors import LimitReachedError

_LOOK_AGAIN_SECONDS = 0.5


class Allowance:
    """How often somebody may do something within a time, counted since the server was started.

    Parameters
    ----------
    one, many
        What is done, for instance "list" and "lists".
    within
        The time.
    clock
        Seconds that only go forward.

    Examples
    --------
    >>> lists = Allowance("list", "lists", timedelta(hours=1))
    >>> for _ in range(3):
    ...     lists.take("anna@example.com", 2)
    Traceback (most recent call last):
    leadscore_core.errors.LimitReachedError: You had 2 lists within an hour, as many as one person may have here. ...
    """

    def __init__(self, one: str, many: str, within: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self.one, self.many, self.within, self._clock = one, many, within, clock
        self._taken: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def take(self, who: str, most: int) -> None:
        """Count one more for somebody.

        Raises
        ------
        LimitReachedError
            If it would be more than `most`: how many they had, and in how many minutes the next is free.
        """
        with self._lock:
            moment, span = self._clock(), self.within.total_seconds()
            taken = self._taken.setdefault(who, deque())
            while taken and taken[0] <= moment - span:
                taken.popleft()
            if len(taken) >= most:
                minutes = max(1, round((taken[0] + span - moment) / 60))
                within = "an hour" if span == 3_600 else "a day"
                wait = f"{minutes} minute{'s' if minutes > 1 else ''}"
                raise LimitReachedError(
                    f"You had {most:,} {self.one if most == 1 else self.many} within {within}, as many as one person "
                    f"may have here. Nothing was started; the next can be in {wait}. Whoever looks after this "
                    "LeadScore can set more."
                )
            taken.append(moment)


class WaitingLine:
    """Lets a few do what is heavy at the same time, in the order in which they came, one of each person at a time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[object, str]] = []
        self._busy: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, who: str, at_once: int, say: Callable[[int], object]) -> Iterator[None]:
        """Wait for one's turn, and hold it within the block.

        Parameters
        ----------
        at_once
            How many may go on at the same time.
        say
            Gets how many are before one, twice a second for as long as one waits. What it raises leaves the line.
        """
        place = object()
        with self._changed:
            self._waiting.append((place, who))
        try:
            while True:
                with self._changed:
                    before = self._before(place, at_once)
                    if before is None:
                        break
                    self._changed.wait(_LOOK_AGAIN_SECONDS)
                say(before)
        except BaseException:
            with self._changed:
                self._waiting = [other for other in self._waiting if other[0] is not place]
                self._changed.notify_all()
            raise
        try:
            yield
        finally:
            with self._changed:
                self._busy[who] -= 1
                self._busy += Counter()  # who does nothing any more is forgotten
                self._changed.notify_all()

    def _before(self, place: object, at_once: int) -> int | None:
        """Take the turn and return None, or return how many are before this place."""
        free, first = at_once - self._busy.total(), 0
        taken = set(self._busy)
        for at, (other, who) in enumerate(self._waiting):
            may_go = who not in taken and first < free
            if other is place:
                if may_go:
                    del self._waiting[at]
                    self._busy[who] += 1
                    return None
                return self._busy.total() + at
            if may_go:
                first += 1
                taken.add(who)
        raise AssertionError("a place in the line was lost")  # only its owner takes it out
