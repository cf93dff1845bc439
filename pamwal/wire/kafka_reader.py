"""Reading from Kafka without a group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as TheirPartition
from aiokafka.errors import OffsetOutOfRangeError

from pamwal.contracts.errors import LogTruncated, LogUnavailable
from pamwal.wire.ending import at_most
from pamwal.wire.kafka_ahead import fetch_ahead
from pamwal.wire.kafka_errors import our_errors
from pamwal.wire.kafka_pace import Pace
from pamwal.wire.kafka_patience import LOOK_MS, have_patience
from pamwal.wire.kafka_received import put_answers_together_once
from pamwal.wire.kafka_records import BareRecords, OurRecords, give_our_records
from pamwal.wire.kafka_security import KafkaSecurity
from pamwal.wire.log import Bare, Isolation, Record, TopicPartition, refuse_lost_head

if TYPE_CHECKING:
    from pamwal.wire.kafka import KafkaLog

FETCH_WAIT_MS: Final = 30
FETCH_WAIT_LONG_MS: Final = 500
"""Nobody hears of a record later for this; but who closes or seeks may leave a fetch that waits so long."""
REQUEST_TIMEOUT_MS: Final = 5_000
CLOSE_S: Final = 2.0


def new_consumer(bootstrap_servers: str, isolation: Isolation, security: KafkaSecurity) -> Any:
    """An aiokafka consumer without a group. It never chooses a position by itself."""
    put_answers_together_once()
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level=f"read_{isolation}",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=50,
        consumer_timeout_ms=LOOK_MS,
        **security.options(),
    )


async def stop_consumer(consumer: Any) -> None:
    """Ends a consumer without a group, and waits for no answer of a broker.

    TLS is ended by both sides, and a broker reads nothing more of a connection while a fetch of it waits for
    records: each reader would take FETCH_WAIT_LONG_MS to close.
    """
    for connection in consumer._client._conns.values():
        if (writer := connection._writer) is not None:
            writer.close = writer.transport.abort
    await at_most(CLOSE_S, consumer.stop())


def as_record(record: Any) -> Record:
    """One record of aiokafka's as ours; a tombstone has an empty value."""
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value or b"",
        record.headers,
        record.timestamp,
    )


async def fetch_one(consumer: Any, at: TopicPartition, offset: int) -> Record | None:
    """The first record at or behind `offset` and before the end, by a consumer that does nothing else.

    None if there is none; LogTruncated if the end lies before `offset`, or a beginning behind it is a loss.
    """
    place = TheirPartition(*at)
    begins, ends = await asyncio.gather(consumer.beginning_offsets([place]), consumer.end_offsets([place]))
    begin, end = int(begins[place]), int(ends[place])
    if offset > end:
        raise LogTruncated(f"{at.topic}-{at.partition} ends at {end}, before {offset}")
    refuse_lost_head(at, offset, begin)
    if max(begin, offset) >= end:
        return None
    # assigning anew throws away whatever was fetched before
    consumer.assign([place])
    consumer.seek(place, max(begin, offset))
    try:
        while await consumer.position(place) < end:
            found = (await consumer.getmany(timeout_ms=FETCH_WAIT_MS, max_records=1)).get(place)
            if found:
                return as_record(found[0])
        return None
    finally:
        consumer.pause(place)


class KafkaReader:
    """A consumer of its own, standing where it was told."""

    def __init__(
        self,
        log: KafkaLog,
        consumer: Any,
        starts: Mapping[TopicPartition, int],
        rest_s: float = 0.0,
        *,
        bare: bool = False,
    ) -> None:
        self._log = log
        self._consumer = consumer
        give_our_records(consumer, Pace(rest_s), BareRecords if bare else OurRecords)
        self._places = {TheirPartition(*at): at for at in starts}
        fetch_ahead(consumer)
        have_patience(consumer, FETCH_WAIT_LONG_MS, FETCH_WAIT_MS)
        consumer.assign(list(self._places))
        for at, offset in starts.items():
            self.seek(at, offset)

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:
        return await self._read(max_records, wait_ms)

    async def read_bare(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Bare]]:
        return await self._read(max_records, wait_ms)

    async def _read(self, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Any]]:
        fetching = self._consumer._fetcher._fetch_task
        if fetching.done():
            why = "it was cancelled" if fetching.cancelled() else repr(fetching.exception())
            raise LogUnavailable(f"a reader fetches no more ({why}); open another")
        try:
            with our_errors("reading"):
                found = await self._consumer.getmany(timeout_ms=wait_ms, max_records=max_records)
        except Exception as error:
            if isinstance(error.__cause__, OffsetOutOfRangeError):
                await self._find_the_beginning(error.__cause__.args[0])
                return {}
            raise
        return {self._places[at]: records for at, records in found.items()}

    def seek(self, at: TopicPartition, offset: int) -> None:
        self._consumer.seek(TheirPartition(*at), offset)

    async def position(self, at: TopicPartition) -> int:
        with our_errors(f"asking for the position in {at.topic}-{at.partition}"):
            return int(await self._consumer.position(TheirPartition(*at)))

    async def close(self) -> None:
        await stop_consumer(self._consumer)
        self._log.forget(self)

    async def _find_the_beginning(self, outside: dict[Any, int]) -> None:
        """Positions before the beginning go to it if records may be gone there; else LogTruncated."""
        places = {self._places[at]: offset for at, offset in outside.items()}
        begins = await self._log.begin_offsets(list(places))
        for at, offset in places.items():
            if offset >= begins[at]:
                raise LogTruncated(
                    f"{at} ends before {offset}, where it was to be read: its last records are gone. Restore "
                    "the log, and restart this process"
                )
            refuse_lost_head(at, offset, begins[at])
            self.seek(at, begins[at])
