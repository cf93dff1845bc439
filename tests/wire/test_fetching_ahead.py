"""The next fetch is under way while what the last one brought is read, where that is much."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition as Place

from pamwal.wire.kafka_ahead import fetch_ahead
from pamwal.wire.kafka_pace import MUCH_BYTES
from pamwal.wire.kafka_reader import KafkaReader
from pamwal.wire.log import Outgoing, TopicPartition
from tests.wire.conftest import Bench
from tests.wire.test_kafka_records import Consumer, batch

DEADLINE_S = 60
MUCH = batch(0, b"m" * MUCH_BYTES)


def request(*partitions: int) -> Any:
    """A fetch of these, each from its beginning on."""
    return SimpleNamespace(topics=[("decisions", [(number, 0, 1 << 20) for number in partitions])])


class Fetcher:
    """What was fetched of some partitions lies there; all others would be asked for next. Two brokers."""

    def __init__(self, **ends: int | None) -> None:
        self._records: dict[Any, Any] = {}
        self._client = SimpleNamespace(
            cluster=SimpleNamespace(leader_for_partition=lambda at: at.partition % 2)
        )
        self.requests: list[Any] = []
        state = {"position": 0, "highwater": 9, "lso": 9, **ends}
        self._assignment = SimpleNamespace(state_value=lambda _: SimpleNamespace(**state))
        fetch_ahead(SimpleNamespace(_fetcher=self))

    def _get_actions_per_node(self, _: Any) -> Any:
        return self.requests, {}, 0.1, False, []

    async def brought(self, *partitions: int, data: bytearray = MUCH) -> None:
        for number in partitions:
            self._records[Place("decisions", number)] = await Consumer(0, data).fetch()

    def asks(self, *requests: tuple[int, Any]) -> list[Any]:
        """Those of these fetches that are sent."""
        self.requests = list(requests)
        sent, *others = self._get_actions_per_node(self._assignment)
        assert others == [{}, 0.1, False, []]
        return [self.requests.index(each) for each in sent]


async def test_a_broker_is_asked_once_as_much_goes_on_as_is_not_read_yet() -> None:
    fetcher = Fetcher()
    await fetcher.brought(1, 3)

    assert fetcher.asks((1, request(5))) == []
    assert fetcher.asks((1, request(5, 7))) == [0]
    assert [found.calculate_backoff() for found in fetcher._records.values()] == [0, 0]


async def test_another_broker_is_asked_as_ever() -> None:
    fetcher = Fetcher()
    await fetcher.brought(1)

    assert fetcher.asks((0, request(2)), (1, request(3))) == [0, 1]
    await fetcher.brought(3, 5)
    assert fetcher.asks((0, request(2)), (1, request(7))) == [0]


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        ({"lso": 0}, []),
        ({"lso": 0, "highwater": None}, []),
        ({"lso": None, "highwater": None}, []),
        ({"lso": -1}, [0]),
    ],
)
async def test_partitions_that_are_read_to_their_end_are_no_reason_to_ask(ends: Any, sent: list[int]) -> None:
    """An uncommitted reader is told no stable end."""
    fetcher = Fetcher(**ends)
    await fetcher.brought(1)

    assert fetcher.asks((1, request(3))) == sent


async def test_what_is_little_is_waited_for_as_ever() -> None:
    fetcher = Fetcher()
    await fetcher.brought(1, data=batch(0, b"little"))

    assert fetcher.asks((1, request(3))) == [0]
    assert all(found.calculate_backoff() == found._backoff for found in fetcher._records.values())


@pytest.mark.kafka
async def test_a_reader_of_two_long_partitions_fetches_one_while_it_reads_the_other(
    kafka_bench: Bench,
) -> None:
    producer = await kafka_bench.log.producer()
    for number in range(40):
        for partition in (0, 1):
            record = Outgoing(b"op", b"%d" % number + b" " * 100_000)
            await producer.send(kafka_bench.topic, record, partition=partition)
    reader = await kafka_bench.log.reader({TopicPartition(kafka_bench.topic, number): 0 for number in (0, 1)})
    assert isinstance(reader, KafkaReader)
    fetcher, found, ahead = reader._consumer._fetcher, {0: list[int](), 1: list[int]()}, False
    async with asyncio.timeout(DEADLINE_S):
        while sum(map(len, found.values())) < 80:
            for at, records in (await reader.read(max_records=1, wait_ms=500)).items():
                found[at.partition] += [int(record.value) for record in records]
            await asyncio.sleep(0)
            ahead = ahead or bool(fetcher._in_flight and fetcher._records)
    await reader.close()
    await producer.close()
    assert ahead
    assert found == {0: list(range(40)), 1: list(range(40))}
