"""The clock: the system's or a simulated one, where it may run, and how far it is off."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pamwal.contracts.errors import ClockError
from pamwal.contracts.topics import EXERCISE_MARK, TOPICS
from pamwal.edge.clock import Clock, allow_clock, system_ms
from pamwal.wire.memory import MemoryLog
from tests.edge.house import a_house, check_in, until


class Hands:
    """A system clock that is set by hand."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def test_the_system_clock_is_fixed_width_utc() -> None:
    assert Clock.parse("system", Hands(1_727_918_100_007)).now() == "2024-10-03T01:15:00.007Z"
    assert not Clock().simulated


def test_a_simulated_clock_runs_from_its_start_at_its_speed() -> None:
    hands = Hands(1_800_000_000_000)
    clock = Clock.parse("2024-10-03T05:00:00Zx240", hands)
    assert clock.now() == "2024-10-03T05:00:00.000Z"
    hands.ms += 15_000
    assert clock.now() == "2024-10-03T06:00:00.000Z"
    assert clock.real_s(3_600_000) == 15.0


def test_processes_with_one_anchor_agree() -> None:
    hands = Hands(1_800_000_000_000)
    first = Clock.parse("2024-10-03T13:00:00+08:00x240", hands)
    hands.ms += 1_234
    second = Clock.parse(first.text(), hands)
    assert second.now() == first.now()
    assert first.text() == "2024-10-03T05:00:00.000Zx240@1800000000000"


def test_a_simulated_clock_that_is_over_goes_on_at_normal_speed() -> None:
    hands = Hands(1_800_000_000_000)
    clock = Clock.parse("2024-10-03T05:00:00Zx240..2024-10-03T06:00:00Z", hands)
    assert clock.real_s(3_600_000 + 1_000) == 16.0
    hands.ms += 15_000
    assert clock.now() == "2024-10-03T06:00:00.000Z"
    hands.ms += 1_000
    assert (clock.now(), clock.real_s(60_000)) == ("2024-10-03T06:00:01.000Z", 60.0)
    assert Clock.parse(clock.text(), hands).now() == clock.now()
    assert clock.text() == "2024-10-03T05:00:00.000Zx240@1800000000000..2024-10-03T06:00:00.000Z"


def test_a_clock_that_is_over_never_jumps() -> None:
    hands = Hands(1_800_000_000_000)
    clock = Clock.parse("2024-10-03T05:00:00Zx869.7..2024-10-03T05:00:10Z", hands)
    shown = []
    for _ in range(30):
        shown.append(clock.now_ms())
        hands.ms += 1
    steps = [after - before for before, after in itertools.pairwise(shown)]
    assert all(0 <= step <= 870 for step in steps)
    assert steps[-1] == 1


@pytest.mark.parametrize(
    "text",
    [
        "2024-10-03T05:00:00Zx240..soon",
        "2024-10-03T05:00:00Zx240..2024-10-03T05:00:00Z",
        "yesterday",
        "2024-10-03T05:00:00Z",
        "2024-10-03T05:00:00x2",
        "2024-10-03T05:00:00Zx0",
        "2024-02-31T00:00:00Zx2",
    ],
)
def test_what_is_no_clock_is_said_so(text: str) -> None:
    with pytest.raises(ClockError, match="PAMWAL_CLOCK"):
        Clock.parse(text)


async def test_a_simulated_clock_needs_a_marked_cluster() -> None:
    log = MemoryLog()
    log.create_topics(TOPICS)
    clock = Clock.parse("2024-10-03T05:00:00Zx240")
    with pytest.raises(ClockError, match=EXERCISE_MARK.name):
        await allow_clock(clock, log)
    await allow_clock(Clock(), log)
    log.create_topics([EXERCISE_MARK])
    await allow_clock(clock, log)


async def test_an_edge_on_a_simulated_clock_takes_nothing_where_that_is_not_allowed(tmp_path: Path) -> None:
    clock = Clock.parse("2024-10-03T05:00:00Zx240")
    async with a_house(tmp_path, clock=clock, ready=False) as house:
        await until(lambda: EXERCISE_MARK.name in (house.edge.clock.proof.trouble() or ""))
        answer = await house.post(check_in("a"))
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_refused")
        assert await house.requests() == []


async def test_an_exercise_runs_on_its_clock_and_its_claims_say_so(tmp_path: Path) -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics([*TOPICS, EXERCISE_MARK])
    async with a_house(tmp_path, log=log, clock=Clock.parse("2024-10-03T05:00:00Zx240")) as house:
        assert (await house.post(check_in("a"))).status_code == 201
        (record,) = await house.requests()
        assert b'"recordedat":"2024-10-03T' in record.value
        assert b"clock=simulated" in record.value
