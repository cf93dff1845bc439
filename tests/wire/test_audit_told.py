"""The audit, what clients were told, and words that were changed with all their chain: nothing passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.wire.audit import Told, audit
from pamwal.wire.book import genesis, link
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.gap import Gap
from pamwal.wire.log import Receipt, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.parking import park
from tests.wire.counting import NOW, RAISES, REFUSED, CountingCore, a_request
from tests.wire.test_audit import DECISIONS, REQUESTS, audited, decide_all, found
from tests.wire.witness import decisions, everything, outcomes, post


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


def retold(log: MemoryLog, offset: int, change: Callable[[Record], Record]) -> None:
    """What somebody with the broker's disk can do: other words in one decision, and all chains anew."""
    partition = log.partition(TopicPartition(DECISIONS, 0))
    chain = genesis("memory", DECISIONS, 0)
    for at, record in list(partition.slots_from(0, "committed")):
        if record is None:
            continue
        asked = codec.decode_decision(record.value).data.request
        assert asked is not None
        told = change(record) if asked.offset == offset else record
        assert (told == record) is (asked.offset != offset)
        chain = link(chain, told.key or b"", told.value)
        headers = (*(each for each in told.headers if each[0] != "chain"), ("chain", chain.hex().encode()))
        partition.replace(at, replace(told, headers=headers))


async def a_decided_log() -> MemoryLog:
    log = a_log()
    requests = [a_request(f"r{n}") for n in range(3)]
    await post(log, *requests, a_request("no", queue=REFUSED))
    await decide_all(log, CountingCore())
    assert (await audited(log)).findings == ()
    return log


@pytest.mark.parametrize(
    ("offset", "before", "after", "said"),
    [
        (2, b'"operationid":"op"', b'"operationid":"other"', "operation 'other', the request 'op'"),
        (3, b'"id":"no"', b'"id":"zz"', "id 'zz', the request 'no'"),
        (3, b"/devices/1", b"/devices/7", "source '/posts/posko/devices/7'"),
        (1, b'"channel":"app"', b'"channel":"api"', "channel 'api', the request 'app'"),
        (3, b'"source":"', b'"sourceseq":7,"source":"', "sourceseq 7, the request None"),
    ],
)
async def test_a_decision_that_names_another_request_is_found_though_all_chains(
    offset: int, before: bytes, after: bytes, said: str
) -> None:
    log = await a_decided_log()

    def change(record: Record) -> Record:
        key = b"other" if b"other" in after else record.key
        return replace(record, key=key, value=record.value.replace(before, after))

    retold(log, offset, change)

    plain = await audit(log, topics=[REQUESTS])
    assert "chain_broken" not in {finding.code for finding in plain.findings}
    assert said in " ".join(found.message for found in plain.findings if found.code == "request_differs")
    assert "redecided_differently" in {finding.code for finding in (await audited(log)).findings}


async def test_a_request_whose_key_was_changed_is_found() -> None:
    log = await a_decided_log()
    partition = log.partition(TopicPartition(REQUESTS, 0))
    _, record = next(iter(partition.slots_from(2, "committed")))
    assert record is not None
    partition.replace(2, replace(record, key=b"other"))
    report = await audit(log, topics=[REQUESTS])
    assert [finding.code for finding in report.findings] == ["request_differs"]
    assert "the request's key is b'other'" in report.findings[0].message


async def test_what_the_code_of_another_version_decided_alike_is_no_finding() -> None:
    log = await a_decided_log()
    later = CountingCore()
    later.version = "counting/2"
    assert (await audit(log, topics=[REQUESTS], redecide={REQUESTS: later})).findings == ()


async def test_a_request_and_its_retry_may_both_be_parked() -> None:
    # given a request that stops its partition, sent twice before anybody helped
    log = a_log()
    await post(
        log, a_request("bad", queue=RAISES), a_request("bad", queue=RAISES), a_request("bad", queue=RAISES)
    )

    # when an operator parks both, and the decider goes on
    for offset in (0, 1):
        await park(log, CountingCore(), 0, offset, reason="raises", operator="siti", now=NOW)
    await decide_all(log, CountingCore())

    # then the second is no second first answer, and the third is answered as the first
    assert await outcomes(log) == ["parked_by_operator", "parked_by_operator", "repeat"]
    first, second, third = (decision.data for decision in await decisions(log))
    assert (first.digest is None, second.digest) == (False, None)
    assert third.of is not None
    assert third.of.offset == 0
    assert (await audited(log)).findings == ()
