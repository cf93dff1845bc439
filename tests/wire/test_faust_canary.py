"""What we lean on in Faust and aiokafka, each pinned: an upgrade that changes one fails here, in words.

The worker's correctness does not rest on any of this: the fence, the fold and the offsets see to that. But
without it partitions would not change hands, or requests would wait.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import faust
import pytest
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer, Fetcher
from faust.transport.drivers import aiokafka as driver
from kafka.admin import KafkaAdminClient

from pamwal.local.kafka import LocalKafka
from pamwal.wire.faust_transport import (
    FETCH_WAIT_LONG_MS,
    FETCH_WAIT_MS,
    DeciderApp,
    HandingConsumer,
    new_app,
    partitions_in,
)
from pamwal.wire.kafka import KafkaLog
from tests.wire.counting import CountingCore, a_request
from tests.wire.witness import DEADLINE_S, post

CHANGED = "Faust changed what we lean on: "


def test_the_hooks_we_override_and_call_are_where_they_were() -> None:
    for name in ("_drain_messages", "_filter_committable_offsets", "perform_seek", "verify_event_path"):
        assert hasattr(Consumer, name), f"{CHANGED}Consumer.{name} is gone, our override would be dead code"
    fetches = driver.AIOKafkaConsumerThread._fetch_records.__code__.co_names
    assert "fetched_records" in fetches, f"{CHANGED}what the fetcher gives is read otherwise than as ours"
    for name in ("_wait_next_records", "pause_partitions", "resume_partitions", "assignment"):
        assert callable(getattr(Consumer, name, None)), f"{CHANGED}Consumer.{name} is gone"
    assert list(inspect.signature(Consumer._drain_messages).parameters) == ["self", "fetcher"]
    assert list(inspect.signature(Consumer._wait_next_records).parameters) == ["self", "timeout"]
    assert hasattr(driver.AIOKafkaConsumerThread, "call_thread"), (
        f"{CHANGED}no way into the consumer's thread"
    )
    assert driver.ConsumerStoppedError in HandingConsumer.consumer_stopped_errors


def test_the_fetcher_drains_by_our_override() -> None:
    source = inspect.getsource(Fetcher._fetcher.fun)
    assert "consumer._drain_messages(self)" in source, f"{CHANGED}the fetcher no longer drains the consumer"


def test_rebalance_complete_is_awaited_before_flow_resumes() -> None:
    source = inspect.getsource(Recovery._resume_streams)
    order = [source.find(part) for part in ("on_rebalance_complete.send", "perform_seek", "resume_flow")]
    assert order == sorted(order), f"{CHANGED}flow resumes before on_rebalance_complete was awaited: {order}"
    assert -1 not in order, f"{CHANGED}{order}"


def test_faust_makes_its_folders_where_we_make_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image's working directory belongs to nobody who may write there."""
    monkeypatch.chdir(tmp_path)
    app = new_app(Recorder(), "canary", "127.0.0.1:1", "topic")
    app._create_directories()
    assert list(tmp_path.iterdir()) == []
    faust.App._create_directories(app)
    assert list(tmp_path.iterdir()) != []


def test_faust_brings_no_web_server_and_no_producer() -> None:
    app = new_app(Recorder(), "canary", "127.0.0.1:1", "topic")
    boot = app.BootStrategy(app)
    assert list(boot.web_server()) == [], f"{CHANGED}a web server of its own would start"
    assert list(boot.kafka_producer()) == [], f"{CHANGED}a producer of its own would start"
    assert isinstance(app.consumer, HandingConsumer), f"{CHANGED}app.transport does not choose the consumer"
    assert app.conf.consumer_group_instance_id in {"", None}, "static members are not released by leaving"
    app.consumer._thread.thread_loop.close()


class Recorder:
    """A shell that notes what it is given, and when."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.open = asyncio.Event()
        self.wants = {0, 1, 2, 3}
        self.dealt: list[set[int]] = []
        self.revoked = 0
        self.app: DeciderApp | None = None
        self.topic = ""

    async def room(self) -> None:
        await asyncio.sleep(0.01)

    def wanted(self) -> set[int]:
        return self.wants

    def take(self, partition: int, records: list[Any]) -> None:  # noqa: ARG002
        self.taken += [record.offset for record in records]

    async def on_dealt(self, *_: Any, **__: Any) -> None:
        assert self.app is not None
        self.dealt.append(partitions_in(self.app.consumer.assignment(), self.topic))
        await self.open.wait()

    async def on_revoked(self, *_: Any, **__: Any) -> None:
        self.revoked += 1


class Member:
    """One running app with its recorder."""

    def __init__(self, servers: str, core: CountingCore) -> None:
        self.recorder = Recorder()
        self.app = new_app(self.recorder, f"{core.service}-canary", servers, core.requests_topic)
        self.recorder.app, self.recorder.topic = self.app, core.requests_topic
        self.app.on_rebalance_complete.connect(self.recorder.on_dealt, weak=False)
        self.app.on_partitions_revoked.connect(self.recorder.on_revoked, weak=False)
        self._starting = asyncio.create_task(self.app.start())

    async def stop(self) -> None:
        self.recorder.open.set()
        await asyncio.wait([self._starting], timeout=DEADLINE_S)
        await self.app.stop()

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds(self.recorder):
                await asyncio.sleep(0.01)


@pytest.fixture
async def member(kafka: LocalKafka, core: CountingCore) -> AsyncIterator[Member]:
    member = Member(kafka.bootstrap_servers, core)
    yield member
    await member.stop()


@pytest.mark.kafka
async def test_nothing_flows_until_rebalance_complete_returns_and_nothing_is_ever_committed(
    member: Member, kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post(kafka_log, *(a_request(f"r{n}") for n in range(3)), topic=core.requests_topic)
    await member.until(lambda recorder: recorder.dealt == [{0, 1, 2, 3}])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await member.until(lambda recorder: recorder.taken)
    await member.app.consumer.seek_soon(core.requests_topic, 0, 1)
    member.recorder.open.set()
    await member.until(lambda recorder: recorder.taken)
    assert member.recorder.taken == [1, 2], f"{CHANGED}a seek before the flow resumes is overruled"
    await member.app.consumer.commit()
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    group = f"{core.service}-canary"
    try:
        offsets = await asyncio.to_thread(admin.list_group_offsets, [group])
        described = await asyncio.to_thread(admin.describe_groups, [group])
    finally:
        admin.close()
    committed = [one for topics in offsets.values() for one in topics.values() if one.offset >= 0]
    assert not committed, f"{CHANGED}it commits offsets: {committed}"
    assert len(described[group]["members"]) == 1


@pytest.mark.kafka
async def test_a_fetch_for_quiet_partitions_does_not_hold_a_busy_one_up(
    member: Member, kafka_log: KafkaLog, core: CountingCore
) -> None:
    """Faust goes on fetching for partitions it paused; what came of one is left out until it is taken."""
    member.recorder.open.set()
    await member.until(lambda recorder: recorder.dealt)
    fetcher = member.app.consumer._thread._consumer._fetcher
    await member.until(lambda _: fetcher._fetch_max_wait_ms == FETCH_WAIT_LONG_MS)

    await post(kafka_log, a_request("r0"), topic=core.requests_topic)
    await member.until(lambda recorder: recorder.taken)
    member.recorder.wants = {1, 2, 3}
    await member.until(lambda _: member.app.consumer._paused_partitions)
    await post(kafka_log, a_request("r1"), topic=core.requests_topic)
    await member.until(lambda _: fetcher._fetch_max_wait_ms == FETCH_WAIT_MS)

    member.recorder.wants = {0, 1, 2, 3}
    await member.until(lambda recorder: recorder.taken == [0, 1])
    await member.until(lambda _: fetcher._fetch_max_wait_ms == FETCH_WAIT_LONG_MS)


@pytest.mark.kafka
async def test_a_member_that_leaves_gives_its_partitions_to_the_other_at_once(
    member: Member, kafka: LocalKafka, core: CountingCore
) -> None:
    member.recorder.open.set()
    await member.until(lambda recorder: recorder.dealt[-1:] == [{0, 1, 2, 3}])
    other = Member(kafka.bootstrap_servers, core)
    other.recorder.open.set()
    try:
        await other.until(lambda recorder: len((recorder.dealt or [set()])[-1]) == 2)
        await member.until(lambda recorder: len(recorder.dealt[-1]) == 2)
        assert member.recorder.revoked >= 1, f"{CHANGED}revoked partitions are not announced"
        generation = member.app.consumer_generation_id
        clock = asyncio.get_running_loop().time
        left_at = clock()
        await other.app.consumer.leave()
        await member.until(lambda recorder: recorder.dealt[-1] == {0, 1, 2, 3})
        assert clock() - left_at < 4, f"{CHANGED}leaving no longer frees partitions before the session ends"
        assert member.app.consumer_generation_id != generation, f"{CHANGED}generations are not told apart"
    finally:
        await other.stop()
