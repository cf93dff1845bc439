"""What a repeat repeats is looked for in the log, but not for ever and not at any price."""

from __future__ import annotations

import asyncio

from pamwal.contracts.envelope import First, RequestRef
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.answers import Decided, DecidedData
from pamwal.edge.firsts import FirstDecisions
from pamwal.edge.waiting import Decisions
from pamwal.wire.log import Outgoing, Receipt, Record, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from tests.edge.test_waiting import decision

AT = TopicPartition(FIELD_DECISIONS.name, 3)


async def never(_: Receipt) -> Record | None:
    raise AssertionError("nothing is fetched row by row")


def repeat_of(first: int, offset: int) -> tuple[Decided, Receipt]:
    request = RequestRef(offset=offset, sha256="", id="a", postid="posko")
    of = First(offset=first, outcome="accepted")
    data = DecidedData(request=request, knownat="", outcome="repeat", of=of)
    return Decided(id=f"x/3/{offset}", operationid="op-1", data=data), Receipt(FIELD_REQUESTS.name, 3, offset)


async def a_log() -> MemoryLog:
    """Decisions of ten requests, in the log only."""
    log = MemoryLog(partitions=4)
    log.create_topics()
    transactor = await log.fence("tests")
    await transactor.write(*AT, [Outgoing(b"op-1", decision(offset).value) for offset in range(10)])
    return log


async def test_what_the_tail_brought_lately_is_not_looked_for_and_the_rest_is_found_together() -> None:
    decisions = Decisions(FIELD_DECISIONS.name, never)
    decisions.on_records(AT, [decision(20)])
    firsts = FirstDecisions(decisions, await a_log(), asyncio.Semaphore(1))
    own = (Decided(id="x/3/33", operationid="op-1", data=repeat_of(0, 33)[0].data), repeat_of(0, 33)[1])
    own[0].data.outcome, own[0].data.of = "accepted", None
    found = await firsts.of([repeat_of(20, 30), repeat_of(4, 31), repeat_of(9, 32), own, repeat_of(4, 34)])
    places = [each.data.request.offset for each in found if each is not None and each.data.request]
    assert places == [20, 4, 9, 33, 4]
    await firsts.close()


async def test_where_the_log_cannot_be_read_rows_stay_pending() -> None:
    log = await a_log()
    log.faults = Faults(read_failed=1.0)
    firsts = FirstDecisions(Decisions(FIELD_DECISIONS.name, never), log, asyncio.Semaphore(1))
    assert await firsts.of([repeat_of(4, 31)]) == [None]
    await firsts.close()


async def test_a_batch_does_not_wait_for_its_turn_longer_than_it_may_search() -> None:
    turns = asyncio.Semaphore(1)
    await turns.acquire()
    firsts = FirstDecisions(Decisions(FIELD_DECISIONS.name, never), await a_log(), turns, within_s=0.01)
    assert await firsts.of([repeat_of(4, 31)]) == [None]
    turns.release()
    assert await firsts.of([repeat_of(4, 31)]) == [None], "its time is used up"
    await firsts.close()
