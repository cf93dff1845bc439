"""How record lists get out of Faust: a transport whose consumer hands them over whole.

Faust's own path makes an event of every record and carries it through channels and streams: 70 µs each. This
one takes 4. What we lean on in Faust is pinned by tests/wire/test_faust_canary.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

import faust
from faust.app.base import BootStrategy
from faust.auth import SASLCredentials, SSLCredentials
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from pamwal.wire.kafka_patience import LOOK_MS, have_patience
from pamwal.wire.kafka_records import give_our_records
from pamwal.wire.kafka_security import MECHANISM, PLAINTEXT, KafkaSecurity
from pamwal.wire.log import Record

SESSION_TIMEOUT_S = 6.0
HEARTBEAT_S = 0.4
"""Members learn of a rebalance by their next heartbeat, so this bounds how fast partitions change hands."""
POLL_RECORDS = 2_000
FETCH_WAIT_LONG_MS, FETCH_WAIT_MS = 200, 50
"""Faust lets a fetch wait 1.5 s at the broker. One that asks for the quiet partitions only, because a
busy one had its queue full, holds that one up for as long: 5,400 decisions/s there, 23,700 with 50 ms.
One for all partitions may wait longer, but as it is left behind in a rebalance it holds the next one up."""
_POLL_LONG_S, _POLL_S = 0.2, 0.05
"""A partition that could take no records when a poll began waits for its end: then it is short."""


class Shell(Protocol):
    """What the consumer asks of the worker it reads for."""

    async def room(self) -> None:
        """Returns when a partition begins to take records."""
        ...

    def wanted(self) -> set[int]:
        """The partitions that can take records now."""
        ...

    def take(self, partition: int, records: list[Record]) -> None:
        """Takes over what was read, in order."""
        ...


class _Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._consumer_timeout = LOOK_MS / 1000  # no setting of Faust's says so
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        have_patience(self._consumer, FETCH_WAIT_LONG_MS, FETCH_WAIT_MS)
        give_our_records(self._consumer)


class HandingConsumer(driver.Consumer):  # type: ignore[misc]
    """Reads like Faust's consumer, hands over lists, and never commits: decisions say where to go on."""

    left = False
    """Set on the way out, when it stops before the app does."""

    @property
    def shell(self) -> Shell:
        """The worker."""
        return self.app.shell  # type: ignore[no-any-return]

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow, timeout=_POLL_S)
                    continue
                wanted = self.shell.wanted()
                if not wanted:
                    await self.wait_first(self.shell.room(), timeout=_POLL_S)
                    continue
                all_asked = self._ask_for(wanted)
                records, _ = await self._wait_next_records(timeout=_POLL_LONG_S if all_asked else _POLL_S)
                # Also after a rebalance: the consumer may already stand behind these, where an owner had it
                # seek. Kept back they would be missing until the next record shows the gap. Whoever does not
                # own the partition, or stands elsewhere, passes over them.
                for place, found in (records or {}).items():
                    self.shell.take(place.partition, found)
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not (self.left or self.app.should_stop):
                raise

    def _ask_for(self, wanted: set[int]) -> bool:
        """Pauses and resumes accordingly; whether that is every partition there is."""
        assigned = set(self.assignment())
        unwanted = {place for place in assigned if place.partition not in wanted}
        self.resume_partitions(assigned - unwanted)
        self.pause_partitions(unwanted)
        return not unwanted

    def _filter_committable_offsets(self, tps: Iterable[Any]) -> dict[Any, int]:  # noqa: ARG002
        return {}

    async def perform_seek(self) -> None:
        """Faust would go to committed offsets; the owners seek to the next undecided request."""

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust would complain that no stream sees events."""

    def failure(self) -> str | None:
        """Why the consumer reads no further by itself; None while its tasks run.

        aiokafka raises such an error from `getmany`, which Faust does not call. Nobody else would hear of it.
        """
        consumer = self._thread._consumer
        if consumer is None or consumer._closed or consumer._coordinator is None:
            return None  # it starts, or was stopped
        coordinator = consumer._coordinator
        if coordinator._pending_exception is not None:
            return repr(coordinator._pending_exception)
        for task in (coordinator._coordination_task, consumer._fetcher.error_future):
            if task.done():
                return f"{task.get_coro().__name__} ended: {None if task.cancelled() else task.exception()!r}"
        return None

    def seek_soon(self, topic: str, partition: int, offset: int) -> asyncio.Task[Any]:
        """Seeks in the consumer's own thread."""
        place = driver._TopicPartition(topic, partition)
        seeking = self._thread.call_thread(self._seek_in_thread, place, offset)
        return asyncio.get_running_loop().create_task(seeking)

    async def leave(self) -> None:
        """Leaves the group at once, so that others need not wait for the end of the session."""
        self.left = True
        await self._thread.call_thread(self._stop_in_thread)

    async def _seek_in_thread(self, place: Any, offset: int) -> None:
        consumer = self._thread._consumer
        if consumer is not None and place in consumer.assignment():
            consumer.seek(place, offset)

    async def _stop_in_thread(self) -> None:
        consumer = self._thread._consumer
        if consumer is not None:
            await consumer.stop()


class HandingTransport(driver.Transport):  # type: ignore[misc]
    """Faust's transport on aiokafka, with our consumer."""

    Consumer = HandingConsumer


class _Boot(BootStrategy):  # type: ignore[misc]
    enable_kafka_producer = False
    enable_web = False


class DeciderApp(faust.App):  # type: ignore[misc]
    """The part of Faust we use: consumer group, rebalance, lifecycle."""

    BootStrategy = _Boot
    shell: Shell
    assignments = 0
    """How often the group has dealt here. Its own generation numbers come again when a broker forgot it."""

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.assignments += 1
        await super()._on_partitions_assigned(assigned, generation_id)

    def _create_directories(self) -> None:
        """Makes none: Faust would want folders for tables, below a working directory we may not write to."""


def new_app(
    shell: Shell, group: str, bootstrap_servers: str, topic: str, security: KafkaSecurity = PLAINTEXT
) -> DeciderApp:
    """A Faust app that reads one topic in a group and hands the records to `shell`; not started yet."""
    app = DeciderApp(
        group,
        broker="kafka://" + ";".join(bootstrap_servers.split(",")),
        broker_credentials=_credentials(security),
        autodiscover=False,
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        topic_partitions=1,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_request_timeout=10.0,
        broker_max_poll_records=POLL_RECORDS,
        stream_wait_empty=True,
    )
    app.shell = shell
    app.transport = HandingTransport(app.conf.broker_consumer, app)
    app.topics.add(app.topic(topic, key_type=bytes, value_type=bytes))
    return app


def _credentials(security: KafkaSecurity) -> Any:
    """Return the credentials that Faust takes for a secured Kafka; None for plaintext."""
    if security.protocol == "SASL_SSL":
        return SASLCredentials(
            username=security.user,
            password=security.password,
            ssl_context=security.tls,
            mechanism=MECHANISM,
        )
    return SSLCredentials(security.tls) if security.protocol == "SSL" else None


def partitions_in(places: Iterable[TP], topic: str) -> set[int]:
    """The partitions of one topic among Faust's topic-partitions."""
    return {place.partition for place in places if place.topic == topic}
