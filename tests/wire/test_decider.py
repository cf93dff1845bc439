"""The partition decider and its owner: every guard, on the log in memory. Over Kafka: test_worker.py."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pamwal.contracts.errors import CoreFailed, Fenced, Halted, LogError, LogUnavailable
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.gap import Gap
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.owner import PartitionOwner
from pamwal.wire.parking import park
from tests.wire.counting import EVOLVE_RAISES, LATER, NOW, RAISES, REFUSED, CountingCore, a_request
from tests.wire.witness import QUICK, Worker, decisions, everything, outcomes, post, prove

REQUESTS = TopicPartition(CountingCore.requests_topic, 0)
DECISIONS = TopicPartition(CountingCore.decisions_topic, 0)


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(partitions=1)
    log.create_topics()
    return log


def a_decider(log: MemoryLog, core: CountingCore | None = None) -> PartitionDecider[Any]:
    return PartitionDecider(core or CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())


async def requests_of(log: MemoryLog) -> list[Any]:
    return await everything(log, REQUESTS.topic)


async def test_a_partition_is_decided_and_taken_over_where_it_was_left(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(1200)))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(1200)
    await post(log, a_request("r5"), a_request("later"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(1202)
        assert worker.seeks[0] == 1200
    await prove(log, 1202)
    assert (await outcomes(log))[-2:] == ["repeat", "accepted"]


class Batches(Unobserved):
    """Notes how many decisions each transaction took."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def decided(self, partition: int, outcomes: Mapping[str, int], commit_s: float) -> None:  # noqa: ARG002
        self.sizes.append(sum(outcomes.values()))


async def test_while_one_transaction_commits_the_next_gathers_and_500_are_judged_at_once(
    log: MemoryLog,
) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(1200)))
    batches = Batches()
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=batches)
    owner: PartitionOwner[Any] = PartitionOwner(decider, seek=lambda _: None, observer=batches, pace=QUICK)
    owner.start()
    await owner.settled.wait()
    records = await requests_of(log)
    for start in range(0, 1200, 100):
        owner.offer(records[start : start + 100])
    async with asyncio.timeout(60):
        while owner.status().next_offset != 1200:
            await asyncio.sleep(0)
    await owner.stop()
    assert batches.sizes == [500, 500, 200]
    await prove(log, 1200)


async def test_what_was_judged_is_written_before_an_owner_goes(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(700)))
    decider = a_decider(log)
    owner: PartitionOwner[Any] = PartitionOwner(
        decider, seek=lambda _: None, observer=Unobserved(), pace=QUICK
    )
    owner.start()
    await owner.settled.wait()
    owner.offer(await requests_of(log))
    await asyncio.sleep(0)
    await owner.hold()
    assert decider.unwritten == 0
    assert await decider.resume()
    await prove(log, decider.next_offset or 0)
    await owner.stop()


async def test_a_batch_is_one_transaction(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(3)))
    decider = a_decider(log)
    await decider.take_over()
    await decider.decide(await requests_of(log))
    assert (await log.end_offsets([DECISIONS]))[DECISIONS] == 4, "three decisions and one marker"


async def test_records_below_the_next_are_skipped(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    decider = a_decider(log)
    await decider.take_over()
    records = await requests_of(log)
    assert await decider.decide(records[:2]) is None
    assert await decider.decide(records) is None
    assert await decider.decide(records[:3]) == Gap(expected=4, found=0)
    await prove(log, 4)


async def test_a_gap_stops_the_batch_before_it(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    decider = a_decider(log)
    await decider.take_over()
    records = await requests_of(log)
    assert await decider.decide([records[0], *records[2:]]) == Gap(expected=1, found=2)
    assert decider.next_offset == 1


async def test_a_client_that_skips_is_sent_back_and_nothing_is_called_absent(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(300)))
    async with Worker(log, CountingCore(), 0, client=Faults(read_skips=0.3, read_again=0.1)) as worker:
        await worker.until_next(300)
        assert len(worker.seeks) > 1
    await prove(log, 300)
    assert set(await outcomes(log)) == {"accepted"}


async def test_a_range_the_log_does_not_have_is_parked_as_absent(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    foreign = await log.fence("somebody else")
    await foreign.write(REQUESTS.topic, 0, [Outgoing(b"op", b"{")])
    await post(log, a_request("b"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(4)
    assert await outcomes(log) == ["accepted", "undecodable", "absent", "accepted"]
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(4)


async def test_a_direct_fetch_that_finds_the_record_decides_it(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    decider = a_decider(log)
    await decider.take_over()
    await decider.confirm_absent(Gap(expected=0, found=5))
    assert await outcomes(log) == ["accepted"]


@pytest.mark.parametrize("again", [0, 1, 2, 5])
async def test_requests_that_lost_their_tail_halt_the_partition_and_decide_nothing(
    log: MemoryLog, again: int
) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(4)
    log.partition(REQUESTS).lose_tail(2)
    await post(log, *(a_request(f"new{n}") for n in range(again)))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_halted()
        status = worker.owner.status()
    assert status.reason == "log_truncated"
    assert status.message is not None
    assert "pamwal.field.requests.v1-0" in status.message
    assert len(await decisions(log)) == 4


@pytest.mark.parametrize("again", [3, 5])
async def test_a_tail_lost_and_filled_up_under_a_running_decider_halts_it_too(
    log: MemoryLog, again: int
) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    async with Worker(log, CountingCore(), 0, proved_for_ms=0) as worker:
        await worker.until_next(4)
        log.partition(REQUESTS).lose_tail(2)
        await post(log, *(a_request(f"new{n}") for n in range(again)))
        await worker.until_halted()
        assert worker.owner.status().reason == "log_truncated"
    assert len(await decisions(log)) == 4


async def test_a_client_that_was_sent_back_by_a_shorter_log_halts_the_partition(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    decider = a_decider(log)
    await decider.take_over()
    await decider.decide(await requests_of(log))
    log.partition(REQUESTS).lose_tail(2)
    await post(log, a_request("new0"))
    with pytest.raises(Halted) as halted:
        await decider.decide(await requests_of(log))
    assert halted.value.reason == "log_truncated"


async def test_requests_whose_head_is_gone_halt_the_partition(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}") for n in range(4)))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(4)
    log.partition(REQUESTS).lose_head(4)
    with pytest.raises(Halted) as halted:
        await a_decider(log).take_over()
    assert halted.value.reason == "log_truncated"


async def test_a_foreign_decision_halts_the_takeover(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(1)
    (record,) = await everything(log, DECISIONS.topic)
    foreign = await log.fence("foreign")
    await foreign.write(DECISIONS.topic, 0, [Outgoing(b"op", record.value, record.headers)])
    with pytest.raises(Halted) as halted:
        await a_decider(log).take_over()
    assert halted.value.reason == "decisions_broken"


async def test_a_core_that_raises_halts_behind_the_last_good_decision(log: MemoryLog) -> None:
    await post(log, a_request("a"), a_request("b", queue=RAISES), a_request("c"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_halted()
        status = worker.owner.status()
        assert (status.reason, status.next_offset) == ("core_failed", 1)
        assert status.message is not None
        assert "pamwal.field.requests.v1-0-1" in status.message
    assert await outcomes(log) == ["accepted"]


async def test_a_core_that_raises_once_is_asked_again_from_a_fresh_fold(log: MemoryLog) -> None:
    class Moody(CountingCore):
        raised = 0

        def decide(self, state: Any, request: Any, knownat: str) -> Any:
            if request.id == "b" and not self.raised:
                self.raised += 1
                raise RuntimeError("once")
            return super().decide(state, request, knownat)

    await post(log, a_request("a"), a_request("b"), a_request("c"))
    async with Worker(log, Moody(), 0) as worker:
        await worker.until_next(3)
    await prove(log, 3)


async def test_an_evolve_that_raises_writes_nothing_of_that_record(log: MemoryLog) -> None:
    await post(log, a_request("a"), a_request("b", queue=EVOLVE_RAISES))
    decider = a_decider(log)
    await decider.take_over()
    with pytest.raises(CoreFailed, match=r"requests\.v1-0-1"):
        await decider.decide(await requests_of(log))
    assert await outcomes(log) == ["accepted"]


async def test_mended_code_decides_what_halted(log: MemoryLog) -> None:
    await post(log, a_request("a"), a_request("b", queue=RAISES), a_request("c"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_halted()
    async with Worker(log, CountingCore(mended=True), 0) as worker:
        await worker.until_next(3)
    await prove(log, 3)
    assert await outcomes(log) == ["accepted"] * 3


async def test_an_operator_parks_the_record_and_the_halted_owner_goes_on_by_itself(log: MemoryLog) -> None:
    await post(
        log, a_request("a"), a_request("b", queue=RAISES), a_request("c"), a_request("b", queue=RAISES)
    )
    core = CountingCore()
    async with Worker(log, core, 0) as worker:
        await worker.until_halted()
        receipt = await park(log, core, 0, 1, reason="overflow", operator="siti", now=LATER)
        await worker.until_next(4)
        assert worker.owner.status().phase == "deciding"
    await prove(log, 4)
    found = await decisions(log)
    assert await outcomes(log) == ["accepted", "parked_by_operator", "accepted", "repeat"]
    assert receipt.topic == DECISIONS.topic
    reason = found[1].data.reason
    assert reason is not None
    assert reason.message == "overflow (siti)"
    assert found[1].data.knownat == LATER == found[2].data.knownat


async def test_only_the_first_undecided_request_can_be_parked_and_asking_harms_nobody(log: MemoryLog) -> None:
    await post(log, a_request("a"), a_request("b"))
    core = CountingCore()
    async with Worker(log, core, 0) as worker:
        await worker.until_next(2)
        for offset in (0, 1, 3):
            with pytest.raises(LogError, match="first undecided request there is 2"):
                await park(log, core, 0, offset, reason="x", operator="y", now=NOW)
        with pytest.raises(LogError, match=r"no record stands|ends at"):
            async with asyncio.timeout(60):
                await park(log, core, 0, 2, reason="x", operator="y", now=NOW)
        await post(log, a_request("c"))
        await worker.until_next(3)
    await prove(log, 3)


async def test_of_two_owners_only_the_newer_one_writes(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    zombie, owner = a_decider(log), a_decider(log)
    await zombie.take_over()
    await owner.take_over()
    records = await requests_of(log)
    await owner.decide(records)
    with pytest.raises(Fenced):
        await zombie.decide(records)
    await prove(log, 1)


async def test_state_is_kept_over_a_rebalance_that_gave_the_partition_to_nobody_else(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    decider = a_decider(log)
    await decider.take_over()
    await decider.decide(await requests_of(log))
    assert await decider.resume()
    other = a_decider(log)
    await other.take_over()
    assert await decider.resume(), "the other one wrote nothing; should it own the partition, the fence shows"
    await post(log, a_request("b"))
    await other.decide(await requests_of(log))
    assert not await decider.resume()


async def test_hold_and_start_go_on_without_a_fold(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(1)
        held = worker.owner.decider._judge
        await worker.owner.hold()
        await post(log, a_request("b"))
        worker.owner.start()
        await worker.until_next(2)
        assert worker.owner.decider._judge is held
    await prove(log, 2)


async def test_a_commit_that_was_not_answered_is_found_by_the_next_fold(log: MemoryLog) -> None:
    await post(log, *(a_request(f"r{n}", queue=REFUSED if n % 3 == 0 else 0) for n in range(400)))
    log.faults = Faults(commit_unanswered=0.3, commit_lost=0.3, fenced=0.2)
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until_next(400)
    log.faults = Faults()
    await prove(log, 400)


async def test_an_owner_whose_log_is_away_comes_back_with_it(log: MemoryLog) -> None:
    await post(log, a_request("a"))
    log.faults = Faults(read_failed=1.0)
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.until(lambda: worker.owner.status().phase in {"backing_off", "deciding"})
        await worker.owner.settled.wait()
        log.faults = Faults()
        await worker.until_next(1)


async def test_different_partition_counts_halt(log: MemoryLog) -> None:
    other = MemoryLog()
    other.create_topic(REQUESTS.topic, partitions=2)
    other.create_topic(DECISIONS.topic, partitions=3)
    with pytest.raises(Halted) as halted:
        await a_decider(other).take_over()
    assert halted.value.reason == "partition_count"


async def test_a_decider_that_was_dropped_decides_nothing(log: MemoryLog) -> None:
    decider = a_decider(log)
    with pytest.raises(LogUnavailable):
        await decider.decide([])
    owner = PartitionOwner(decider, seek=lambda _: None, observer=Unobserved(), pace=QUICK)
    await owner.stop()
    assert owner.status().phase == "idle"
