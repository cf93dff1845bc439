"""What an edge folds for its reads: a receipt of another service has nothing to wait for here."""

from __future__ import annotations

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, SCHEDULING_REQUESTS
from pamwal.edge.follow import Follower
from pamwal.wire.log import Receipt
from pamwal.wire.memory import MemoryLog
from tests.edge.house import until


async def test_a_receipt_of_another_service_is_folded_and_one_of_its_own_is_waited_for() -> None:
    # given reads that follow what checkin decides
    log = MemoryLog(partitions=1)
    log.create_topics()
    follower = Follower(log, [FIELD_DECISIONS.name], lambda *_: None)
    await follower.start()
    await until(lambda: follower.level_once)
    try:
        # when somebody reads who has just written to the scheduler, then he is not turned away for ever
        assert await follower.wait_folded(Receipt(SCHEDULING_REQUESTS.name, 0, 0), 5)
        assert await follower.wait_folded(Receipt("no.such.topic", 0, 0), 5)
        # and what is asked of here is awaited, if there is such a place
        assert not await follower.wait_folded(Receipt(FIELD_REQUESTS.name, 0, 0), 5)
        assert not await follower.wait_folded(Receipt(FIELD_REQUESTS.name, 7, 0), 5)
    finally:
        await follower.stop()
