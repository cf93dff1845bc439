"""One operation that cannot be judged: it is set apart and named, and the others of its partition go on."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData
from pamwal.contracts.errors import CoreFailed, NotSeen
from pamwal.contracts.topics import MIB
from pamwal.local.kafka import LocalKafka
from pamwal.wire.audit import audit
from pamwal.wire.book import Strand
from pamwal.wire.core import Judged
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import TopicPartition
from pamwal.wire.metrics import Unobserved
from pamwal.wire.quarantine import RETRY_HEARD_MS, RETRY_IDLE_MS
from pamwal.wire.watched import Resting, Watched
from pamwal.wire.watching import WatchingDecider
from tests.wire.conftest import create_topic
from tests.wire.counting import a_request
from tests.wire.silence import ENDLESS, OVERDUE, RAISES, SILENT_S, Heard, SilenceCore, Silences
from tests.wire.test_watching import CORE, FIRST, Clock, House, judged
from tests.wire.witness import DEADLINE_S, Worker, everything, post

RETRY_HEARD_S, RETRY_IDLE_S = RETRY_HEARD_MS / 1000, RETRY_IDLE_MS / 1000
WORDY = "post-wordy"
"""A post whose silence takes more bytes than a record may have."""


class FaultyCore(SilenceCore):
    """Goes wrong on some posts until it is mended."""

    mended = False

    def judge(self, picture: Heard, state: Silences, now: str, cause_id: str) -> Judged:
        if self.mended:
            posts = {post: heard for post, heard in picture.posts.items() if post != RAISES}
            return super().judge(Heard(posts, picture.seen), state, now, cause_id)
        judged = super().judge(picture, state, now, cause_id)
        if WORDY not in picture.posts:
            return judged
        return Judged([replace(fact, author="x" * 2_000_000) for fact in judged.facts], judged.again_at)  # type: ignore[type-var]


class Gauge(Unobserved):
    """How many operations were in quarantine last, and how many were judged."""

    apart = made = 0

    def quarantined(self, partition: int, operations: int) -> None:  # noqa: ARG002  the protocol has it
        self.apart = operations

    def judged(self, partition: int) -> None:  # noqa: ARG002  the protocol has it
        self.made += 1


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.log.close()


def decider_of(
    house: House, core: SilenceCore, observer: Gauge | None = None
) -> WatchingDecider[Silences, Heard]:
    return WatchingDecider(core, house.log, 0, now=house.clock, observer=observer or Gauge())


async def judged_apart(decider: WatchingDecider[Any, Any]) -> dict[str, str]:
    """Judges all that waits, as an owner does; which operations are in quarantine then, and why."""
    decider.gather()
    while decider.waiting:
        assert await decider.judge_causes() is None
        await decider.commit()
    return decider.quarantined


async def written_of(house: House, operation_id: str) -> int:
    return sum(each.operationid == operation_id for each in await house.decisions())


async def clean(house: House, core: SilenceCore = CORE) -> None:
    """An audit, which makes every decision again, finds nothing."""
    report = await audit(house.log, topics=[core.requests_topic], redecide={core.requests_topic: core})
    assert report.findings == ()


@pytest.mark.parametrize(
    ("name", "words", "written"),
    [
        (RAISES, "cannot judge", 0),
        (ENDLESS, "judged again at once", 1),
        (OVERDUE, "ahead", 0),
        (WORDY, "PostClosed takes 2000", 0),
    ],
)
async def test_one_that_cannot_be_judged_is_named_and_the_others_go_on(
    house: House, name: str, words: str, written: int, caplog: pytest.LogCaptureFixture
) -> None:
    core = FaultyCore()
    await house.hear("alak", operation="fine")
    await house.hear(name, operation="bad")
    house.clock.seconds = SILENT_S
    async with Worker(house.log, core, 0, now=house.clock) as worker:
        await worker.until(lambda: bool(worker.owner.status().quarantined))
        await house.hear("alak", operation="fine")
        house.clock.seconds = 2 * SILENT_S
        await house.ask("r0")
        await worker.until_next(1)
        async with asyncio.timeout(60):
            while await written_of(house, "fine") < 2:
                await asyncio.sleep(0.01)
        status = worker.owner.status()
    assert status.phase == "deciding"
    assert not status.well
    assert "operation bad is not judged since 2024-10-03T01:15:05.000Z" in status.sentence()
    assert words in status.sentence()
    assert list(status.quarantined) == ["bad"]
    (told, *_) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "operation bad cannot be judged" in told.getMessage()
    assert words in str(told.exc_info)
    assert await written_of(house, "bad") == written
    if name != WORDY:
        await clean(house, core)


async def test_it_is_judged_again_when_something_of_it_is_decided_but_not_at_once(house: House) -> None:
    core, seen = FaultyCore(), Gauge()
    await house.hear(RAISES, "alak", operation="bad")
    house.clock.seconds = SILENT_S
    decider = decider_of(house, core, seen)
    await decider.take_over()
    assert list(await judged_apart(decider)) == ["bad"]
    assert (seen.apart, seen.made) == (1, 1)
    assert not decider.gather(), "nothing is heard of it"
    following = asyncio.create_task(decider.follow())
    await house.hear("alak", operation="bad")
    while not await decider.is_level(1):
        await asyncio.sleep(0)
    assert not decider.gather(), "it failed a moment ago"
    house.clock.seconds += RETRY_HEARD_S
    assert list(await judged_apart(decider)) == ["bad"]
    assert seen.made == 2
    assert not decider.gather()
    core.mended = True
    house.clock.seconds += RETRY_IDLE_S - 0.001
    assert not decider.gather()
    house.clock.seconds += 0.001
    assert await judged_apart(decider) == {}, "tried again though nothing is heard"
    assert (seen.apart, seen.made) == (0, 3)
    assert ("raised", "alak") in {word[:2] for word in await house.said()}
    following.cancel()


async def test_one_that_never_settles_is_not_judged_again_without_news(house: House) -> None:
    await house.hear(ENDLESS, operation="bad")
    house.clock.seconds = SILENT_S
    decider = decider_of(house, CORE)
    await decider.take_over()
    assert list(await judged_apart(decider)) == ["bad"]
    house.clock.seconds += 10 * RETRY_IDLE_S
    assert not decider.gather(), "each try would state something"
    await clean(house)


async def test_after_a_restart_each_is_judged_once(house: House) -> None:
    await house.hear(RAISES, operation="bad")
    house.clock.seconds = SILENT_S
    for _ in range(2):
        seen = Gauge()
        decider = decider_of(house, CORE, seen)
        await decider.take_over()
        assert list(await judged_apart(decider)) == ["bad"]
        assert seen.made == 1
        await decider.drop()
    core = FaultyCore()
    core.mended = True
    decider = decider_of(house, core)
    await decider.take_over()
    await judged(decider)


class Stubborn(SilenceCore):
    """Cannot take in what it states of one operation."""

    def evolve(self, state: Silences, decision: DecisionData[Fact]) -> Silences:
        if any(getattr(fact, "postid", "") == "post-stubborn" for fact in decision.facts):
            raise RuntimeError("this core cannot evolve that")
        return super().evolve(state, decision)


async def test_one_whose_own_facts_cannot_be_evolved_costs_one_takeover(house: House) -> None:
    core = Stubborn()
    await house.hear("post-stubborn", operation="bad")
    await house.hear("alak", operation="fine")
    house.clock.seconds = SILENT_S
    async with Worker(house.log, core, 0, now=house.clock) as worker:
        async with asyncio.timeout(60):
            while not await written_of(house, "fine"):
                await asyncio.sleep(0.01)
        await house.hear("post-stubborn", operation="bad")
        house.clock.seconds = 10 * RETRY_IDLE_S
        await house.ask("r0")
        await worker.until_next(1)
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        status = worker.owner.status()
    assert list(status.quarantined) == ["bad"]
    assert "cannot evolve" in status.sentence()
    assert await written_of(house, "bad") == 0
    await clean(house, core)
    successor = decider_of(house, core)
    await successor.take_over()
    successor.gather()
    failed = await successor.judge_causes()
    assert isinstance(failed, CoreFailed), "a process that starts tries it again"


class Blind(SilenceCore):
    """Cannot see what was decided of one operation."""

    def see(self, picture: Heard, decision: DecisionData[Fact]) -> None:
        if "bad" in picture.seen:
            raise RuntimeError("what is this?")
        super().see(picture, decision)


class BlindToAll(SilenceCore):
    """Cannot see anything."""

    def see(self, *_: Any) -> None:
        raise RuntimeError("what is this?")


async def test_one_of_which_a_decision_cannot_be_seen_is_set_apart_too(house: House) -> None:
    core = Blind()
    await house.hear("alak", operation="bad")
    await house.hear("alak", operation="fine")
    house.clock.seconds = SILENT_S
    async with Worker(house.log, core, 0, now=house.clock) as worker:
        await worker.until(lambda: bool(worker.owner.status().quarantined))
        async with asyncio.timeout(60):
            while not await written_of(house, "fine"):
                await asyncio.sleep(0.01)
        status = worker.owner.status()
        assert "what is this?" in status.sentence()
        assert f"{FIRST.decisions_topic}-0-0" in status.sentence(), "which decision it is"
    assert await written_of(house, "bad") == 0


async def test_a_request_about_what_cannot_be_seen_is_parked_and_may_be_sent_again(house: House) -> None:
    # given an operation of which a decision cannot be seen
    await house.hear("alak", operation="bad")
    await house.hear("alak", operation="fine")
    about_bad = a_request("r0", operation="bad")
    for request in (about_bad, a_request("r1", operation="fine"), about_bad):
        await post(house.log, request, topic=CORE.requests_topic)

    # when something is asked of it, then that is parked, also the second time, and the others go on
    async with Worker(house.log, Blind(), 0, now=house.clock) as worker:
        await worker.until_next(3)
        assert worker.owner.status().phase == "deciding"
    found = [each.data for each in await house.decisions() if each.data.request is not None]
    assert [each.outcome for each in found] == ["parked", "accepted", "parked"]
    reason = found[0].reason
    assert reason is not None
    assert (reason.code, reason.message.partition(" of this")[0]) == (
        "not_seen",
        f"{FIRST.decisions_topic}-0-0",
    )
    assert found[0].seen, "an audit sees as much"
    assert all(each.digest is None for each in found if each.outcome == "parked"), "the id is free"
    await clean(house, Blind())

    # and once the code is repaired the same request is decided, and an audit has nothing to say
    await post(house.log, about_bad, topic=CORE.requests_topic)
    async with Worker(house.log, CORE, 0, now=house.clock) as worker:
        await worker.until_next(4)
    last = [each.data for each in await house.decisions() if each.data.request is not None][-1]
    assert (last.outcome, last.request is not None and last.request.id) == ("accepted", "r0")
    await clean(house)


def test_what_a_snapshot_has_of_an_operation_may_not_be_seen_either() -> None:
    core, place = BlindToAll(), TopicPartition(CORE.follows[0], 0)
    watched = Watched(core, [Strand("cluster", *place, 1)], lambda _key, _count: 0)
    decision: DecisionData[Fact] = DecisionData(
        request=None, knownat="", decider_version="1", outcome="accepted"
    )
    watched.resting["bad"] = Resting(lambda: [decision], [])
    for _ in range(2):
        with pytest.raises(NotSeen, match="what is this"):
            watched.of("bad")
    assert (list(watched.unseen), watched.pictures) == (["bad"], {})


POSTS = 2_000
"""So many that what is to be said of them at one look takes more than one decision may."""


@pytest.fixture
async def crowd(house: House) -> House:
    """Many posts of one operation fall silent at the same moment."""
    await house.hear(*(f"post-{number:04d}" for number in range(POSTS)))
    house.clock.seconds = SILENT_S
    return house


async def test_more_than_one_decision_takes_is_said_in_several(crowd: House) -> None:
    decider = decider_of(crowd, CORE)
    await decider.take_over()
    await judged(decider)
    found = await crowd.decisions()
    sizes = [len(each.data.facts) for each in found]
    assert len(sizes) > 1
    assert [each.data.cause.n for each in found if each.data.cause] == list(range(1, len(found) + 1))
    records = await everything(crowd.log, CORE.decisions_topic)
    assert max(len(record.value) for record in records) < MIB / 3, "the topic takes a whole one"
    said = await crowd.said()
    assert [word[1] for word in said] == [f"post-{number:04d}" for number in range(POSTS)], "once each"
    assert not decider.gather(), "there is no more to say"
    await clean(crowd)


async def test_a_new_owner_says_what_is_left(crowd: House) -> None:
    first = decider_of(crowd, CORE)
    await first.take_over()
    first.gather()
    assert await first.judge_causes() is None
    await first.commit()
    said = len(await crowd.said())
    successor = decider_of(crowd, CORE)
    await successor.take_over()
    await judged(successor)
    assert len(await crowd.said()) == POSTS > said > 0
    await clean(crowd)


async def test_a_decision_of_before_that_has_all_facts_is_audited_clean(crowd: House) -> None:
    decider = decider_of(crowd, CORE)
    await decider.take_over()
    judge = decider._watches(decider._held())
    judge.caused_bytes_max = judge.bytes_max
    await judged(decider)
    (whole,) = await crowd.decisions()
    assert len(whole.data.facts) == POSTS
    await clean(crowd)


@pytest.mark.kafka
async def test_a_worker_is_red_and_names_the_operation_until_it_is_judged(
    kafka: LocalKafka, kafka_log: KafkaLog
) -> None:
    core, clock = FaultyCore(f"q{uuid.uuid4().hex[:10]}"), Clock()
    for topic in core.topics:
        await asyncio.to_thread(create_topic, kafka.bootstrap_servers, topic)
    heard_by, asked = core.followed[0], a_request("h0", post=RAISES, operation="bad")
    await post(kafka_log, asked, topic=heard_by.requests_topic)
    async with Worker(kafka_log, heard_by, 0) as owner:
        await owner.until_next(1)
    clock.seconds = SILENT_S
    worker: DeciderWorker[Silences] = DeciderWorker(core, kafka.bootstrap_servers, kafka_log, clock)
    await worker.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while "operation bad is not judged" not in (worker.trouble() or ""):
                await asyncio.sleep(0.01)
            assert not worker.status().ready
            core.mended = True
            clock.seconds += RETRY_IDLE_S
            while worker.trouble() is not None:
                await asyncio.sleep(0.01)
        assert worker.status().ready
    finally:
        await worker.stop()
