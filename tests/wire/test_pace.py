"""A process with time asks Kafka at once; a busy one less often, the busier the less."""

from __future__ import annotations

import asyncio

import pytest

from pamwal.wire.kafka_pace import FREE_SHARE, MOST_S, MUCH_BYTES, WINDOW_S, Busy, Pace, pause_s
from pamwal.wire.log import Outgoing, TopicPartition
from tests.wire.conftest import Bench


class Process:
    """Whose clocks stand where a test puts them."""

    def __init__(self) -> None:
        self.wall_s = self.cpu_s = 0.0
        self.busy = Busy(lambda: self.wall_s, lambda: self.cpu_s)

    def compute(self, share: float, windows: int = 20) -> float:
        """For so long; what is known of it then."""
        for _ in range(windows):
            self.wall_s += WINDOW_S
            self.cpu_s += share * WINDOW_S
            self.busy.share()
        return self.busy.share()


def test_what_is_known_of_a_process_follows_it() -> None:
    process = Process()
    assert process.busy.share() == 0
    assert process.compute(0.6) == pytest.approx(0.6, abs=0.001)
    assert process.compute(0.0, windows=1) == pytest.approx(0.3, abs=0.001)
    process.cpu_s += 100
    assert process.busy.share() == pytest.approx(0.3, abs=0.001), "it is looked at once a window"


def test_the_busier_the_longer_up_to_a_limit() -> None:
    assert pause_s(0.0) == pause_s(FREE_SHARE) == 0
    assert 0 < pause_s(0.4) < pause_s(0.6) < MOST_S
    assert pause_s(1.0) == pause_s(2.0) == MOST_S


async def turns(pace: Pace, count: int) -> float:
    """How long it takes to ask so often."""
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for _ in range(count):
        await pace.turn()
    return clock() - began_s


async def test_a_reader_of_a_busy_process_asks_so_far_apart() -> None:
    process = Process()
    process.compute(1.0)
    pace = Pace(busy=process.busy)
    await pace.turn()
    pace.brought(1)
    assert await turns(pace, 3) >= 3 * MOST_S * 0.9


async def test_who_reads_a_backlog_asks_on_and_so_does_who_has_time() -> None:
    process = Process()
    process.compute(1.0)
    pace = Pace(busy=process.busy)
    await pace.turn()
    pace.brought(MUCH_BYTES)
    assert pace.must_wait_s() == 0
    pace.brought(1)
    assert pace.must_wait_s() > 0
    process.compute(0.1)
    assert pace.must_wait_s() == 0


async def test_who_rests_asks_seldom_though_there_is_time_and_reads_a_backlog_without() -> None:
    process = Process()
    pace = Pace(0.05, process.busy)
    await pace.turn()
    pace.brought(1)
    assert await turns(pace, 3) >= 3 * 0.05 * 0.9
    pace.brought(MUCH_BYTES)
    assert pace.must_wait_s() == 0


@pytest.mark.kafka
async def test_a_reader_that_rests_is_given_all_and_together(kafka_bench: Bench) -> None:
    log, at = kafka_bench.log, TopicPartition(kafka_bench.topic, 0)
    clock, producer = asyncio.get_running_loop().time, await log.producer()
    first = await producer.send(at.topic, Outgoing(b"op", b"begins"), partition=0)
    reader = await log.reader({at: first.offset}, rest_s=0.2)
    assert await reader.read(max_records=10, wait_ms=10_000)
    reads: list[int] = []
    began_s = clock()

    async def read() -> None:
        while sum(reads) < 40:
            found = await reader.read(max_records=100, wait_ms=1_000)
            reads.extend(map(len, found.values()))

    reading = asyncio.create_task(read())
    for number in range(40):
        await producer.send(at.topic, Outgoing(b"op", b"%d" % number), partition=0)
    await asyncio.wait_for(reading, 20)
    took_s = clock() - began_s
    await reader.close()
    await producer.close()
    assert sum(reads) == 40
    assert len(reads) <= took_s / 0.2 + 2
