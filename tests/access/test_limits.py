"""Turns are taken in the order of coming, a few at once and one of each person; allowances are said when they end."""

import random
import threading
import time
from datetime import timedelta

import pytest

from leadscore_core.access.limits import Allowance, WaitingLine
from leadscore_core.errors import LimitReachedError


def test_an_allowance_ends_says_when_the_next_is_free_and_is_each_persons_own() -> None:
    moment = [1_000.0]
    lists = Allowance("list", "lists", timedelta(hours=1), clock=lambda: moment[0])
    for _ in range(2):
        lists.take("anna", 2)
        moment[0] += 600
    with pytest.raises(LimitReachedError, match=r"^You had 2 lists within an hour, .* the next can be in 40 minutes\."):
        lists.take("anna", 2)
    lists.take("ben", 2)
    moment[0] += 40 * 60
    lists.take("anna", 2)
    with pytest.raises(LimitReachedError, match="in 10 minutes"):
        lists.take("anna", 2)


@pytest.mark.parametrize("seed", range(5))
def test_never_more_at_once_never_two_of_one_person_and_nobody_is_forgotten(seed: int) -> None:
    chance, line, at_once = random.Random(seed), WaitingLine(), 3
    busy: list[str] = []
    worst, doubled, done = [0], [], []
    guard = threading.Lock()

    def act(who: str, leaves: bool) -> None:
        def say(_: int) -> None:
            if leaves:
                raise InterruptedError

        try:
            with line.turn(who, at_once, say):
                with guard:
                    doubled.extend([who] * (who in busy))
                    busy.append(who)
                    worst[0] = max(worst[0], len(busy))
                time.sleep(0.002)
                with guard:
                    busy.remove(who)
        except InterruptedError:
            pass
        done.append(who)

    crowd = [threading.Thread(target=act, args=(f"p{n % 7}", chance.random() < 0.2)) for n in range(40)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(20)
    assert len(done) == 40
    assert doubled == []
    assert worst[0] <= at_once

    def is_free(_: int) -> None:
        pytest.fail("somebody holds a turn that nobody gave back")

    with line.turn("p0", 3, is_free), line.turn("p1", 3, is_free), line.turn("p2", 3, is_free):
        pass


def test_whoever_waits_is_told_how_many_are_before_and_comes_in_order() -> None:
    line, told, order = WaitingLine(), {"b": [], "c": []}, []
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with line.turn("a", 1, lambda _: None):
            held.set()
            may_end.wait(20)

    def wait(who: str) -> None:
        with line.turn(who, 1, told[who].append):
            order.append(who)

    first = threading.Thread(target=hold)
    first.start()
    assert held.wait(20)
    others = []
    for who in ("b", "c"):
        others.append(threading.Thread(target=wait, args=(who,)))
        others[-1].start()
        while not told[who]:
            time.sleep(0.01)
    may_end.set()
    for one in (first, *others):
        one.join(20)
    assert told["b"][0] == 1
    assert told["c"][0] == 2
    assert order == ["b", "c"]
