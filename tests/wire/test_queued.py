"""What waits to be decided is bounded by number and by size: large requests do not fill the memory."""

from __future__ import annotations

import asyncio

from pamwal.contracts import codec
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.owner import PartitionOwner
from pamwal.wire.queued import Queue
from tests.wire.counting import NOW, CountingCore, a_record, a_request
from tests.wire.witness import DEADLINE_S, QUICK, everything, post

SIZE = len(codec.encode(a_request("r0")))
RECORDS = [a_record(n, a_request(f"r{n}")) for n in range(10)]


def test_it_is_full_by_number_until_half_is_taken() -> None:
    queue = Queue(4, 1_000_000)
    queue.put(RECORDS[:4])
    assert not queue.full
    queue.put(RECORDS[4:5])
    assert queue.full
    assert queue.take(2, 1_000_000) == RECORDS[:2]
    assert queue.full
    assert queue.take(1, 1_000_000) == RECORDS[2:3]
    assert (queue.full, len(queue)) == (False, 2)


def test_it_is_full_by_size_until_half_is_taken() -> None:
    queue = Queue(1_000, 4 * SIZE)
    queue.put(RECORDS[:6])
    assert queue.full
    queue.take(3, 1_000_000)
    assert queue.full
    queue.take(1, 1_000_000)
    assert not queue.full
    queue.put(RECORDS)
    queue.clear()
    queue.put(RECORDS[:4])
    assert not queue.full, "what was thrown away counts no more"


def test_a_batch_ends_with_the_record_that_goes_over_its_size() -> None:
    queue = Queue(1_000, 1_000_000)
    queue.put(RECORDS)
    assert queue.take(1_000, 2 * SIZE + 1) == RECORDS[:3]
    assert len(queue) == 7


async def test_an_owner_with_too_many_bytes_takes_no_more_until_they_are_decided() -> None:
    # given an owner that may hold the bytes of four requests
    log, room = MemoryLog(partitions=1), []
    log.create_topics()
    await post(log, *(a_request(f"r{n}") for n in range(10)))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    owner = PartitionOwner(
        decider,
        seek=lambda _: None,
        observer=Unobserved(),
        pace=QUICK,
        on_room=lambda: room.append(True),
        queued_bytes_max=4 * SIZE,
    )
    owner.start()
    await owner.settled.wait()
    assert owner.hungry

    # when it is handed more
    owner.offer(await everything(log, CountingCore.requests_topic))

    # then it asks for no more, and says so when they are decided
    assert not owner.hungry
    async with asyncio.timeout(DEADLINE_S):
        while decider.next_offset != 10:
            await asyncio.sleep(0.001)
    await owner.stop()
    assert room == [True]
    assert len(await everything(log, CountingCore.decisions_topic)) == 10
