"""A decider that watches: what it sees, what it says without being asked, and what stops it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import Halted, LogUnavailable, TopicMismatch
from pamwal.contracts.field import HeartbeatHeard
from pamwal.wire.audit import AuditReport, audit
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.metrics import Observer, Unobserved
from pamwal.wire.parking import park
from pamwal.wire.partitioning import partition_of
from pamwal.wire.watching import JUDGED_AT_ONCE, WatchingDecider
from tests.wire.counting import CountingCore, a_request
from tests.wire.silence import (
    SILENT_S,
    Heard,
    SilenceCore,
    Silences,
    at,
    later,
    said,
)
from tests.wire.witness import DEADLINE_S, Worker, everything, post

CORE = SilenceCore()
OWN = f"{CORE.decisions_topic}-0"
FIRST, SECOND = CORE.followed


class Clock:
    """Tells the time it is set to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return at(self.seconds)


class Judgements(Unobserved):
    """Counts how often the core was asked, what came of it, and how far behind it saw itself."""

    made = stand = 0
    lag: int | None = None

    def judged(self, partition: int) -> None:  # noqa: ARG002  the protocol has it
        self.made += 1

    def caused(self, partition: int, decisions: int) -> None:  # noqa: ARG002  the protocol has it
        self.stand += decisions

    def watch_lag(self, partition: int, records: int) -> None:  # noqa: ARG002  the protocol has it
        self.lag = records


class House:
    """A log with its clock, and everybody who decides in its partition 0."""

    def __init__(self, partitions: int = 1) -> None:
        self.log = MemoryLog(partitions=partitions)
        for topic in CORE.topics:
            self.log.create_topic(topic, partitions, max_bytes=8 * 1024 * 1024)
        self.clock = Clock()
        self._names = 0

    async def hear(
        self, *posts: str, core: CountingCore = FIRST, operation: str = "op", seconds: float | None = None
    ) -> str:
        """A heartbeat of each post, said now (or then) and decided; returns when."""
        stamp = self.clock() if seconds is None else at(seconds)
        for name in posts:
            self._names += 1
            request = a_request(f"h{self._names}", post=name, operation=operation, time=stamp)
            await post(self.log, request, topic=core.requests_topic)
        async with Worker(self.log, core, 0) as worker:
            asked = TopicPartition(core.requests_topic, 0)
            await worker.until_next((await self.log.end_offsets([asked]))[asked])
        return stamp

    async def ask(self, *names: str) -> None:
        """A request to the watching service itself."""
        for name in names:
            await post(self.log, a_request(name), topic=CORE.requests_topic)

    def decider(
        self, *, simulated: bool = False, observer: Observer | None = None
    ) -> WatchingDecider[Silences, Heard]:
        return WatchingDecider(
            CORE, self.log, 0, now=self.clock, observer=observer or Unobserved(), simulated=simulated
        )

    async def decisions(self) -> list[Decision[Fact]]:
        found = await everything(self.log, CORE.decisions_topic)
        return [codec.decode_decision(record.value) for record in found]

    async def said(self) -> list[tuple[str, str, str]]:
        return [word for decision in await self.decisions() for word in said(decision.data.facts)]

    async def audited(self) -> AuditReport:
        return await audit(self.log, topics=[CORE.requests_topic], redecide={CORE.requests_topic: CORE})


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.log.close()


async def judged(decider: WatchingDecider[Any, Any]) -> None:
    """Judges all that has to be, as an owner does, and commits."""
    decider.gather()
    while decider.waiting:
        trouble = await decider.judge_causes()
        await decider.commit()
        if trouble is not None:
            raise trouble
    assert not decider.quarantined


async def test_what_would_stand_elsewhere_than_it_says_is_not_written(house: House) -> None:
    """As where a broker was lost between its answer to a commit and the marker that takes an offset."""
    await house.hear("alak", "maulafa")
    decider = house.decider()
    await decider.take_over()
    house.clock.seconds = SILENT_S
    decider._place += 1
    with pytest.raises(LogUnavailable, match="the log went on at 0, not at 1: nothing of this is committed"):
        await judged(decider)
    await decider.take_over()
    assert await house.decisions() == []
    await judged(decider)
    assert {word for word, *_ in await house.said()} == {"raised"}
    assert (await house.audited()).findings == ()
    await decider.drop()


async def decided(house: House, decider: WatchingDecider[Any, Any]) -> None:
    assert await decider.decide(await everything(house.log, CORE.requests_topic)) is None


async def test_a_silence_is_raised_when_it_is_due_and_retracted_when_the_post_is_heard(house: House) -> None:
    heard = await house.hear("alak")
    decider = house.decider()
    await decider.take_over()
    following = asyncio.create_task(decider.follow())
    await judged(decider)
    assert await house.decisions() == []

    house.clock.seconds = SILENT_S - 0.001
    assert not decider.gather()
    house.clock.seconds = SILENT_S
    await judged(decider)
    house.clock.seconds = 60
    await judged(decider)
    assert await house.said() == [("raised", "alak", heard)]

    again = await house.hear("alak")
    async with asyncio.timeout(60):
        while not decider.gather():
            await asyncio.sleep(0)
    house.clock.seconds = 60 + SILENT_S
    await judged(decider)
    following.cancel()
    raised, both = await house.decisions()
    assert said(both.data.facts) == [("retracted", "alak", heard), ("raised", "alak", again)]
    assert (raised.id, both.id) == (f"{CORE.requests_topic}/0/c1", f"{CORE.requests_topic}/0/c2")
    assert raised.data.cause is not None
    assert raised.data.cause.now == raised.data.knownat == at(SILENT_S)
    assert [fact.id for fact in both.data.facts] == ["c0~2/0", "c0~2/1"]
    assert (raised.data.partitions, both.data.partitions) == (1, None)
    assert (await house.audited()).findings == ()


async def test_an_answer_says_exactly_what_was_seen(house: House) -> None:
    await house.hear("alak", "alak")
    await house.hear("oeba", core=SECOND)
    decider = house.decider()
    await decider.take_over()
    await house.ask("r0", "r1")
    await decided(house, decider)
    house.clock.seconds = SILENT_S
    await judged(decider)
    await house.hear("alak")
    await house.ask("r2")
    await decided(house, decider)

    records = await everything(house.log, CORE.decisions_topic)
    heads, before = {}, -1
    cluster = await house.log.cluster_id()
    for topic in CORE.follows:
        chain = hashlib.sha256(f"{cluster}/{topic}/0".encode()).digest()
        stored = (await everything(house.log, topic))[:2]
        for record in stored:
            chain = hashlib.sha256(chain + (record.key or b"") + record.value).digest()
        heads[f"{topic}-0"] = (stored[-1].offset + 1, int(chain.hex()[:8], 16))
    own = hashlib.sha256(f"{cluster}/{CORE.decisions_topic}/0".encode()).digest()
    for record in records:
        data = codec.decode_decision(record.value).data
        vector = data.seen if data.cause is None else data.cause.vector
        assert vector is not None
        assert {place: vector[place] for place in heads} == {one: heads[one][0] for one in heads}
        assert before < vector[OWN] <= record.offset, "everything before it, and not itself"
        for fact in data.facts:
            if isinstance(fact, HeartbeatHeard):
                assert fact.highest["accepted"] == 3
                assert fact.highest[f"head {OWN}"] == int(own.hex()[:8], 16)
                assert all(fact.highest[f"head {one}"] == head for one, (_, head) in heads.items())
        own = hashlib.sha256(own + (record.key or b"") + record.value).digest()
        before = record.offset
    assert [codec.decode_decision(one.value).data.cause is None for one in records] == [
        True,
        True,
        False,
        True,
    ]
    assert (await house.audited()).findings == ()


async def test_what_is_judged_while_a_transaction_is_written_stands_where_it_says(house: House) -> None:
    await house.hear(*(f"post{number}" for number in range(3)))
    decider = house.decider()
    await decider.take_over()
    house.clock.seconds = SILENT_S
    await house.ask("r0", "r1", "r2", "r3")
    records = await everything(house.log, CORE.requests_topic)
    assert await decider.judge(records[:2]) is None
    writing = asyncio.create_task(decider.commit())
    await asyncio.sleep(0)
    decider.gather()
    assert await decider.judge_causes() is None
    assert await decider.judge(records[2:]) is None
    await writing
    await decider.commit()
    assert [one.data.cause is None for one in await house.decisions()] == [True, True, False, True, True]
    assert (await house.audited()).findings == ()


async def test_a_new_owner_judges_everything_once_though_nothing_is_heard(house: House) -> None:
    heard = await house.hear("alak")
    decider = house.decider()
    await decider.take_over()
    await judged(decider)
    house.clock.seconds = 60
    successor = house.decider()
    await successor.take_over()
    assert await house.said() == []
    await judged(successor)
    await judged(successor)
    assert await house.said() == [("raised", "alak", heard)]


async def test_what_is_decided_of_an_operation_has_it_judged_again(house: House) -> None:
    counting = Judgements()
    decider = house.decider(observer=counting)
    await decider.take_over()
    assert not decider.gather()
    await house.ask("r0")
    await decided(house, decider)
    await judged(decider)
    assert counting.made == 1
    assert not decider.gather(), "nothing was said, and nothing is heard since"


async def test_what_is_judged_what_stands_and_how_far_behind_it_is_are_counted(house: House) -> None:
    await house.hear("alak")
    house.clock.seconds = SILENT_S
    counting = Judgements()
    decider = house.decider(observer=counting)
    await decider.take_over()
    decider.gather()
    assert await decider.judge_causes() is None
    assert (counting.made, counting.stand) == (1, 0), "nothing stands before it is committed"
    await decider.commit()
    assert (counting.made, counting.stand) == (1, 1)
    following = asyncio.create_task(decider.follow())
    await house.hear("oeba")
    async with asyncio.timeout(DEADLINE_S):
        while counting.lag != 0:
            await asyncio.sleep(0.001)
    following.cancel()


async def test_the_time_of_causes_never_goes_back(house: House) -> None:
    await house.hear("alak", "oeba", seconds=0)
    house.clock.seconds = 100
    decider = house.decider()
    await decider.take_over()
    await house.ask("r0")
    await decided(house, decider)
    house.clock.seconds = SILENT_S
    successor = house.decider()
    await successor.take_over()
    await judged(successor)
    answered, caused = await house.decisions()
    assert answered.data.knownat == at(100)
    assert caused.data.cause is not None
    assert caused.data.cause.now == caused.data.knownat == at(100)
    assert (await house.audited()).findings == ()


async def test_a_simulated_clock_judges_exercises_only(house: House) -> None:
    await house.hear("alak", operation="real-1")
    drill = await house.hear("oeba", operation="drill-1")
    house.clock.seconds = 60
    decider = house.decider(simulated=True)
    await decider.take_over()
    await judged(decider)
    assert await house.said() == [("raised", "oeba", drill)]
    successor = house.decider()
    await successor.take_over()
    await judged(successor)
    assert [post for _, post, _ in await house.said()] == ["oeba", "alak"]


async def test_many_operations_are_judged_in_turns_and_one_decision_each(house: House) -> None:
    count = JUDGED_AT_ONCE + 3
    for number in range(count):
        await house.hear("alak", operation=f"op{number}")
    house.clock.seconds = SILENT_S
    decider = house.decider()
    await decider.take_over()
    decider.gather()
    assert await decider.judge_causes() is None
    assert 0 < decider.unwritten <= JUDGED_AT_ONCE
    assert decider.waiting, "what was asked comes in between"
    await judged(decider)
    found = await house.decisions()
    assert [one.data.cause.n for one in found if one.data.cause] == list(range(1, count + 1))
    assert {one.operationid for one in found} == {f"op{number}" for number in range(count)}
    assert (await house.audited()).findings == ()


async def test_what_is_parked_because_it_lives_elsewhere_makes_no_picture() -> None:
    house = House(partitions=2)
    at_home, stranger = "op4", "op0"
    assert [partition_of(name.encode(), 2) for name in (at_home, stranger)] == [0, 1]
    await house.hear("alak", operation=at_home)
    await house.hear("alak", operation=stranger)
    counting = Judgements()
    decider = house.decider(observer=counting)
    await decider.take_over()
    await judged(decider)
    assert counting.made == 1
    stored = await everything(house.log, FIRST.decisions_topic)
    parked = codec.decode_decision(stored[-1].value)
    assert (parked.operationid, parked.data.outcome) == (stranger, "parked")


async def test_an_operator_parks_what_stops_a_partition_with_causes_in_it(house: House) -> None:
    await house.hear("alak")
    house.clock.seconds = SILENT_S
    decider = house.decider()
    await decider.take_over()
    await judged(decider)
    await house.ask("r0")
    await park(house.log, CORE, 0, 0, reason="tests", operator="siti", now=house.clock())
    await decider.take_over()
    assert decider.next_offset == 1
    assert (await house.audited()).findings == ()


async def test_a_followed_topic_that_lost_what_was_seen_halts_the_partition(house: House) -> None:
    await house.hear("alak", "oeba")
    house.clock.seconds = SILENT_S
    decider = house.decider()
    await decider.take_over()
    await judged(decider)
    house.log.partition(TopicPartition(FIRST.decisions_topic, 0)).lose_tail(2)
    async with Worker(house.log, CORE, 0, now=house.clock) as worker:
        await worker.until_halted()
        status = worker.owner.status()
    assert status.reason == "log_truncated"
    assert FIRST.decisions_topic in status.sentence()
    report = await house.audited()
    assert "seen_beyond" in {found.code for found in report.findings}


async def test_a_followed_topic_that_is_lost_while_it_is_followed_halts_the_partition(house: House) -> None:
    await house.hear("alak")
    house.clock.seconds = SILENT_S
    async with Worker(house.log, CORE, 0, now=house.clock) as worker:
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        async with asyncio.timeout(60):
            while not await house.decisions():
                await asyncio.sleep(0.01)
        house.log.partition(TopicPartition(FIRST.decisions_topic, 0)).lose_tail(2)
        await house.hear("alak", core=SECOND)
        await worker.until_halted()
        assert worker.owner.status().reason == "log_truncated"


async def test_a_followed_topic_of_another_partition_count_halts_the_partition(house: House) -> None:
    house.log.grow(SECOND.decisions_topic, 2)
    with pytest.raises(TopicMismatch, match=SECOND.decisions_topic):
        await house.decider().take_over()
    async with Worker(house.log, CORE, 0, now=house.clock) as worker:
        await worker.until_halted()
        assert worker.owner.status().reason == "partition_count"


async def test_a_followed_topic_that_does_not_hold_together_halts_the_partition(house: House) -> None:
    await house.hear("alak", "oeba")
    place = TopicPartition(FIRST.decisions_topic, 0)
    first = (await everything(house.log, FIRST.decisions_topic))[0]
    house.log.partition(place).replace(
        first.offset, replace(first, value=first.value.replace(b"alak", b"alok"))
    )
    with pytest.raises(Halted, match="does not chain"):
        await house.decider().take_over()
    async with Worker(house.log, CORE, 0, now=house.clock) as worker:
        await worker.until_halted()
        assert worker.owner.status().reason == "decisions_broken"


async def test_a_client_that_leaves_followed_records_out_or_repeats_them_is_corrected(house: House) -> None:
    await house.hear(*(f"post{number}" for number in range(60)))
    other = House()
    decider = other.decider()
    await decider.take_over()
    following = asyncio.create_task(decider.follow())
    other.log.faults = Faults(read_skips=0.3, read_again=0.3, read_failed=0.1)
    async with asyncio.timeout(DEADLINE_S):
        *most, last = await everything(house.log, FIRST.decisions_topic)
        for record in most:
            other.log.store(record.topic, 0, Outgoing(record.key or b"", record.value, record.headers))
            for _ in range(3):
                await asyncio.sleep(0)
        other.log.faults = Faults()  # what is left out shows when another follows
        end = other.log.store(last.topic, 0, Outgoing(last.key or b"", last.value, last.headers)).offset
        while decider.seen[f"{last.topic}-0"] <= end:
            assert not following.done(), "it would stop the partition"
            await asyncio.sleep(0.001)
    following.cancel()


async def test_who_is_cut_off_judges_nothing_by_what_was_seen_before(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.hear("alak")
    heard = await house.hear("alak", seconds=4)
    first, second = await everything(house.log, FIRST.decisions_topic)
    cut = House()
    cut.log.store(first.topic, 0, Outgoing(first.key or b"", first.value, first.headers))
    async with Worker(cut.log, CORE, 0, now=cut.clock) as worker:
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        cut.log.faults = Faults(read_failed=1.0)
        cut.log.store(SECOND.requests_topic, 0, Outgoing(b"op", b"wakes who reads"))
        await worker.until(lambda: "goes on following" in caplog.text)
        cut.log.store(second.topic, 0, Outgoing(second.key or b"", second.value, second.headers))
        cut.clock.seconds = SILENT_S
        asked = cut.clock.asked
        await worker.until(lambda: cut.clock.asked > asked + 5)
        cut.log.faults = Faults()
        cut.clock.seconds = 4 + SILENT_S
        async with asyncio.timeout(DEADLINE_S):
            while not await cut.said():
                await asyncio.sleep(0.01)
    assert await cut.said() == [("raised", "alak", heard)]


def test_times_of_the_tests_sort_as_text() -> None:
    assert at(0) < at(0.001) < at(9.5) < at(10) == later(at(4), 6)
