"""The audit, what clients were told, and words that were changed with all their chain: nothing passes."""

from __future__ import annotations

from pamwal.wire.audit import Told
from pamwal.wire.decider import Gap, PartitionDecider
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from tests.wire.counting import NOW, CountingCore, a_request
from tests.wire.test_audit import REQUESTS, audited, decide_all, found
from tests.wire.witness import everything, post


def a_log() -> MemoryLog:
    log = MemoryLog(partitions=1)
    log.create_topics()
    return log


async def test_two_clients_that_were_told_of_one_place_cannot_both_be_right() -> None:
    """A broker that lost its tail gives an offset out again: who was told of it first is in no log."""
    log = a_log()
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    await decide_all(log, CountingCore())
    at = Receipt(REQUESTS, 0, 3)
    for told in ([Told(at, "ghost"), Told(at, "r3")], [Told(at, "r3"), Told(at, "ghost")]):
        report = await audited(log, receipts=told)
        assert found(report) == {("receipt_differs", str(at))}
        assert "'ghost'" in report.findings[0].message


async def test_a_receipt_where_no_record_stands_is_lost() -> None:
    # given a request topic with a hole, decided as absent
    log = a_log()
    await post(log, a_request("r0"))
    log.partition(TopicPartition(REQUESTS, 0)).fill_to(2)
    await post(log, a_request("r2"))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    records = await everything(log, REQUESTS)
    gap = await decider.decide(records)
    assert isinstance(gap, Gap)
    await decider.confirm_absent(gap)
    await decider.decide(records)
    await decider.drop()

    # when clients come with receipts of all three
    report = await audited(log, receipts=[Told(Receipt(REQUESTS, 0, n), f"r{n}") for n in range(3)])

    # then the one in the hole is lost; without a receipt nobody was promised anything
    assert report.outcomes == {"accepted": 2, "parked": 1}
    assert found(report) == {("receipt_lost", f"{REQUESTS}-0-1")}
    assert (await audited(log)).findings == ()
