"""A decider whose system clock is off, is set, or stands still: it decides nothing that such a clock says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import ClockUnproven
from pamwal.wire.audit import audit
from pamwal.wire.clock_proof import VALID_MS
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.gap import Gap
from pamwal.wire.guards import CLOCK_AHEAD
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.watching import WatchingDecider
from tests.wire.counting import Count, CountingCore, a_request
from tests.wire.machine import BROKER, HOUR_MS, YEAR_MS, Machine
from tests.wire.silence import SILENT_S, Heard, SilenceCore, Silences, later, said
from tests.wire.witness import DEADLINE_S, Worker, everything, post

CORE = SilenceCore()
REQUESTS = TopicPartition(CountingCore.requests_topic, 0)
WRONG = [HOUR_MS, 7 * YEAR_MS, -HOUR_MS]


def a_log(*topics: str, partitions: int = 1) -> MemoryLog:
    log = MemoryLog(partitions=partitions)
    log.create_topics()
    for topic in topics:
        log.create_topic(topic, partitions, max_bytes=8 * 1024 * 1024)
    return log


def counting(log: MemoryLog, machine: Machine) -> PartitionDecider[Count]:
    return PartitionDecider(
        CountingCore(), log, 0, now=machine.now, observer=Unobserved(), proof=machine.proof
    )


def watching(log: MemoryLog, machine: Machine) -> WatchingDecider[Silences, Heard]:
    return WatchingDecider(CORE, log, 0, now=machine.now, observer=Unobserved(), proof=machine.proof)


async def decisions(log: MemoryLog, topic: str = CountingCore.decisions_topic) -> list[Decision[Fact]]:
    return [codec.decode_decision(record.value) for record in await everything(log, topic)]


async def turns_of_the_loop() -> None:
    """Enough of them for whatever waits for nothing else to be done."""
    for _ in range(200):
        await asyncio.sleep(0)


async def heard(log: MemoryLog, core: CountingCore, *names: str, time: str = BROKER) -> None:
    """Heartbeats of these posts, decided."""
    await post(log, *(a_request(name, post=name, time=time) for name in names), topic=core.requests_topic)
    async with Worker(log, core, 0) as worker:
        await worker.until_next(len(await everything(log, core.requests_topic)))


@pytest.mark.parametrize("ahead_ms", WRONG)
async def test_at_start_nothing_is_decided_before_the_clock_is_right(ahead_ms: int) -> None:
    # given a machine whose clock is off, and a request
    log, machine = a_log(), Machine(ahead_ms)
    machine.probe()
    await post(log, a_request("a"))

    # when it takes the partition over
    async with Worker(log, CountingCore(), 0, now=machine.now, proof=machine.proof) as worker:
        await turns_of_the_loop()
        assert (worker.owner.status().phase, await decisions(log)) == ("folding", [])

        # then it decides once the clock is set right, at the right time
        machine.set(-ahead_ms)
        machine.probe()
        await worker.until_next(1)
    (decision,) = await decisions(log)
    assert BROKER <= decision.data.knownat <= later(BROKER, 1)


@pytest.mark.parametrize("by_ms", WRONG)
async def test_a_clock_that_is_set_while_it_runs_decides_nothing_until_it_is_right(by_ms: int) -> None:
    # given a decider that decides
    log, machine = a_log(), Machine()
    machine.probe()
    async with Worker(log, CountingCore(), 0, now=machine.now, proof=machine.proof) as worker:
        await post(log, a_request("a"))
        await worker.until_next(1)

        # when its clock is set, then it decides no more, and keeps what it has taken
        machine.set(by_ms)
        await post(log, a_request("b"))
        await worker.until(lambda: machine.proof.trouble() is not None)
        await turns_of_the_loop()
        assert len(await decisions(log)) == 1
        machine.probe()
        await turns_of_the_loop()
        assert len(await decisions(log)) == 1

        # and goes on where it stood once the clock is right
        machine.set(-by_ms)
        machine.probe()
        await worker.until_next(2)
    assert [each.data.knownat <= later(BROKER, 1) for each in await decisions(log)] == [True, True]
    assert (await audit(log, topics=[REQUESTS.topic])).findings == ()


@pytest.mark.parametrize("by_ms", WRONG)
async def test_what_was_judged_is_not_committed_if_the_clock_was_set_since(by_ms: int) -> None:
    log, machine = a_log(), Machine()
    machine.probe()
    decider = counting(log, machine)
    await decider.take_over()
    await post(log, a_request("a"))
    await decider.judge(await everything(log, REQUESTS.topic))
    machine.set(by_ms)
    with pytest.raises(ClockUnproven, match="set"):
        await decider.commit()
    assert await decisions(log) == []


async def test_who_was_frozen_between_judging_and_committing_judges_again() -> None:
    # given an owner that has judged, and is frozen before it commits
    log, machine = a_log(), Machine()
    machine.probe()

    class Freezing(CountingCore):
        """Stops the process in the middle of its first decision."""

        frozen = False

        def decide(self, *asked: Any) -> Any:
            if not Freezing.frozen:
                Freezing.frozen = True
                machine.go_on(HOUR_MS)
            return super().decide(*asked)

    async with Worker(log, Freezing(), 0, now=machine.now, proof=machine.proof) as worker:
        await post(log, a_request("a"))
        await worker.until(lambda: "last compared" in (machine.proof.trouble() or ""))
        await turns_of_the_loop()
        assert await decisions(log) == []

        # when a probe has proven its clock again, then it is judged again, as of now
        machine.probe()
        await worker.until_next(1)
    (decision,) = await decisions(log)
    assert decision.data.knownat >= later(BROKER, 3_600)


async def test_a_short_stop_costs_nothing() -> None:
    """A decision that is known a little earlier than it is written is right."""
    log, machine = a_log(), Machine()
    machine.probe()
    decider = counting(log, machine)
    await decider.take_over()
    await post(log, a_request("a"))
    await decider.judge(await everything(log, REQUESTS.topic))
    machine.go_on(VALID_MS)
    await decider.commit()
    assert [each.data.knownat < later(BROKER, 1) for each in await decisions(log)] == [True]


async def test_what_is_absent_is_parked_by_a_proven_clock_too() -> None:
    # given a requests topic with an offset that holds no record, and a clock that was set
    log, machine = a_log(), Machine()
    await (await log.fence("somebody else")).write(REQUESTS.topic, 0, [Outgoing(b"op", b"{")])
    await post(log, a_request("a"))
    machine.probe()
    decider = counting(log, machine)
    await decider.take_over()
    await decider.decide((await everything(log, REQUESTS.topic))[:1])
    machine.set(HOUR_MS)

    # when it is found to be absent
    parking = asyncio.create_task(decider.confirm_absent(Gap(expected=1, found=2)))
    await turns_of_the_loop()

    # then that is decided only once the clock is right
    assert len(await decisions(log)) == 1
    machine.set(-HOUR_MS)
    machine.probe()
    await parking
    assert (await decisions(log))[1].data.knownat <= later(BROKER, 1)


@pytest.mark.parametrize(
    ("ahead_ms", "told"), [(HOUR_MS, "by 1:00:00."), (7 * YEAR_MS, "by 2555 days, 0:00:00.")]
)
async def test_a_log_with_a_decision_of_the_future_halts_its_partition_and_no_other(
    ahead_ms: int, told: str
) -> None:
    # given a partition in which an earlier version decided well, then twice by a wrong clock; and another one
    log = a_log(partitions=2)
    future = later(BROKER, ahead_ms / 1000)
    for name, now in (("a", BROKER), ("b", future), ("c", BROKER)):
        await post(log, a_request(name))
        async with Worker(log, CountingCore(), 0, now=lambda now=now: now) as worker:
            await worker.until_next(len(await everything(log, REQUESTS.topic)))
    before = await everything(log, CountingCore.decisions_topic)
    first = next(each.offset for each in before if future.encode() in each.value)
    await post(log, a_request("d"))
    await post(log, a_request("e"), partition=1)

    # when both are taken over where the clock is right
    machine = Machine()
    machine.probe(took_ms=0)
    async with (
        Worker(log, CountingCore(), 0, now=machine.now, proof=machine.proof) as halted,
        Worker(log, CountingCore(), 1, now=machine.now, proof=machine.proof) as other,
    ):
        # then the first one halts, says since where, how far and what to do, and nothing is written there
        await halted.until_halted()
        status = halted.owner.status()
        assert status.reason == CLOCK_AHEAD
        assert f"from offset {first} on" in status.sentence()
        assert f"the last one, of {future}, {told}" in status.sentence()
        assert "goes on by itself at that time" in status.sentence()
        assert await everything(log, CountingCore.decisions_topic) == before
        await other.until_next(1)

        # and goes on when that time has come
        machine.go_on(ahead_ms)
        machine.probe()
        await halted.until_next(4)
    assert [each.data.knownat >= future for each in await decisions(log)][1:] == [True, True, True]


async def test_on_a_simulated_clock_what_was_decided_in_the_future_halts_nobody() -> None:
    """An exercise may be held again, from its beginning, on the log of the one before."""
    log, machine = a_log(), Machine()
    machine.probe()
    await post(log, a_request("a"))
    future = later(BROKER, 3_600)
    async with Worker(log, CountingCore(), 0, now=lambda: future) as worker:
        await worker.until_next(1)
    await post(log, a_request("b"))
    async with Worker(log, CountingCore(), 0, now=machine.now, proof=machine.proof, simulated=True) as worker:
        await worker.until_next(2)
    assert (await decisions(log))[1].data.knownat == future


async def test_a_decision_two_seconds_ahead_halts_nobody() -> None:
    """Another host's clock may be so far ahead and be proven."""
    log, machine = a_log(), Machine(-1_000)
    await post(log, a_request("a"))
    async with Worker(log, CountingCore(), 0, now=lambda: later(BROKER, 1.9)) as worker:
        await worker.until_next(1)
    machine.probe()
    decider = counting(log, machine)
    await decider.take_over()
    await post(log, a_request("b"))
    await decider.decide(await everything(log, REQUESTS.topic))
    assert [each.data.knownat for each in await decisions(log)] == [later(BROKER, 1.9)] * 2


async def test_behind_a_state_from_the_future_nothing_is_written() -> None:
    """Whoever keeps a partition over a rebalance folds nothing again; the broker's clock may be set back."""
    log, machine = a_log(), Machine()
    machine.probe()
    decider = counting(log, machine)
    await decider.take_over()
    decider._held().book.knownat = later(BROKER, 3_600)
    await post(log, a_request("a"))
    with pytest.raises(ClockUnproven, match="in the future by the broker's clock"):
        await decider.decide(await everything(log, REQUESTS.topic))
    assert await decisions(log) == []


@pytest.mark.parametrize("ahead_ms", [HOUR_MS, 7 * YEAR_MS])
async def test_a_clock_ahead_says_nothing_that_nobody_asked_for(ahead_ms: int) -> None:
    # given a post that was heard just now, and a watching decider whose clock is set ahead
    log, machine = a_log(*CORE.topics), Machine()
    machine.probe()
    await heard(log, CORE.followed[0], "alak")
    async with Worker(log, CORE, 0, now=machine.now, proof=machine.proof) as worker:
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        machine.set(ahead_ms)
        await worker.until(lambda: machine.proof.trouble() is not None)

        # when it looks a few times, then it says of nobody that he is silent
        await looks(worker)
        assert await decisions(log, CORE.decisions_topic) == []

        # and when the clock is right again and the time has come, that is said once
        machine.set(-ahead_ms)
        machine.probe()
        await looks(worker)
        assert await decisions(log, CORE.decisions_topic) == []
        machine.go_on(SILENT_S * 1_000)
        async with asyncio.timeout(DEADLINE_S):
            while not await decisions(log, CORE.decisions_topic):
                await asyncio.sleep(0.01)
    (decision,) = await decisions(log, CORE.decisions_topic)
    assert said(decision.data.facts) == [("raised", "alak", BROKER)]
    assert decision.data.cause is not None
    assert later(BROKER, SILENT_S) <= decision.data.cause.now <= later(BROKER, SILENT_S + 1)


async def looks(worker: Worker, times: int = 3) -> None:
    """Until the owner has looked so often whether anything has to be judged."""
    decider: Any = worker.owner.decider
    seen, gather = 0, decider.gather

    def counted() -> bool:
        nonlocal seen
        seen += 1
        return bool(gather())

    decider.gather = counted
    try:
        await worker.until(lambda: seen >= times)
    finally:
        decider.gather = gather


async def test_a_judging_that_waits_for_its_turn_is_dropped_when_the_clock_is_set() -> None:
    log, machine = a_log(*CORE.topics), Machine()
    machine.probe()
    await heard(log, CORE.followed[0], "alak")
    decider = watching(log, machine)
    await decider.take_over()
    machine.go_on(SILENT_S * 1_000)
    assert decider.gather()
    machine.set(HOUR_MS)
    with pytest.raises(ClockUnproven):
        await decider.judge_causes()
    assert not decider.gather()
    assert decider.to_tell(0.0) == []
    machine.set(-HOUR_MS)
    machine.probe()
    assert decider.gather()
    await decider.judge_causes()
    await decider.commit()
    assert len(await decisions(log, CORE.decisions_topic)) == 1
