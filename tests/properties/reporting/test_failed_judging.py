"""A judging that fails, wherever it does, changes nothing that the next one states."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from types import FrameType
from typing import Any

import pytest

from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Said, Watcher

OFFICERS = ("KPG-1", "KPG-2", "KPG-3", "KPG-4")
FAILS_AT = "09:15:30"


class BadLuck(Exception):
    """What a judging fails with here."""


class Calls:
    """Counts the Python calls under `services`, and fails at one of them."""

    def __init__(self, fails_at: int) -> None:
        self.fails_at, self.made = fails_at, 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or "/services/" not in code.co_filename or code.co_flags & CO_GENERATOR:
            return  # a generator is also called to be closed, and then nobody hears of what it raises
        self.made += 1
        if self.made == self.fails_at:
            raise BadLuck(code.co_qualname)


@contextmanager
def counted(fails_at: int = 0) -> Iterator[Calls]:
    calls = Calls(fails_at)
    before = sys.getprofile()
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def at_work() -> Watcher:
    """Four officers are due at 09:00; one was judged to be there, and another came since."""
    teller = Teller()
    teller.open()
    teller.register(*OFFICERS, home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": 4})
    for each in OFFICERS:
        teller.order(each, "a", "09:00", "11:00")
    teller.beat("maulafa", "09:00")
    teller.come("KPG-1", "a", "09:05", post="maulafa")
    watcher = Watcher(teller)
    watcher.judge("09:12")
    teller.come("KPG-2", "a", "09:06", recorded="09:13", post="maulafa")
    watcher.see()
    return watcher


def look(watcher: Watcher) -> None:
    watcher.core.judge(watcher.picture, watcher.state, at(FAILS_AT), "c0~9")


def judged(watcher: Watcher) -> list[tuple[str, list[Said]]]:
    return [(clock, watcher.judge(clock)) for clock in (FAILS_AT, "09:20", "09:31", "11:20")]


def test_wherever_a_judging_fails_the_next_states_what_a_first_one_would() -> None:
    expected = judged(at_work())
    assert len([said for _, each in expected for said in each]) > 5
    watcher = at_work()
    with counted() as calls:
        look(watcher)
    for number in range(1, calls.made + 1):
        watcher = at_work()
        with counted(fails_at=number), pytest.raises(BadLuck):
            look(watcher)
        assert judged(watcher) == expected, f"failed at call {number} of {calls.made}"
