"""What we lean on in aiokafka that is no part of its interface."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition as TheirPartition
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.producer.sender import AddPartitionsToTxnHandler
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from pamwal.wire import kafka_producer
from pamwal.wire.kafka_pace import Pace
from pamwal.wire.kafka_records import give_our_records
from pamwal.wire.log import Record


def test_the_wait_between_two_transactions_is_still_the_constant_we_shorten() -> None:
    assert "BACKOFF_OVERRIDE" in AddPartitionsToTxnHandler.handle_response.__code__.co_names


async def test_a_new_producer_shortens_it() -> None:
    kafka_producer.their_sender.BACKOFF_OVERRIDE = 0.02

    producer = kafka_producer.new_producer("127.0.0.1:1", "a-0")
    await kafka_producer.kill(producer)

    assert kafka_producer.their_sender.BACKOFF_OVERRIDE == kafka_producer.NEXT_TRANSACTION_BACKOFF_S


class Position:
    """Where a consumer stands in one partition."""

    def __init__(self, position: int) -> None:
        self.paused, self.position = False, position

    def consumed_to(self, position: int) -> None:
        self.position = position


class Fetching:
    """As aiokafka's fetcher is used by its own loop: what a fetch brought lies in `_records`."""

    def __init__(self) -> None:
        self._records: dict[Any, Any] = {}

    async def _proc_fetch_request(self, *_: Any) -> bool:
        batch = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=-1,
            batch_size=4096,
        )
        for offset, value in enumerate((b"before", b"asked for", None)):
            batch.append(offset, 1_727_900_000_000, b"op", value, [("chain", b"1f")])
        at = TheirPartition("decisions", 3)
        fetched = PartitionRecords(at, MemoryRecords(bytes(batch.build())), [], 1, None, None, True, 1)
        state = Position(1)
        assignment = SimpleNamespace(active=True, state_value=lambda _: state)
        self._records[at] = FetchResult(at, assignment=assignment, partition_records=fetched, backoff=0)
        return True


async def test_a_fetch_is_given_out_as_our_records() -> None:
    fetcher: Any = Fetching()
    give_our_records(SimpleNamespace(_fetcher=fetcher), Pace())

    woken = await fetcher._proc_fetch_request("assignment", 1, "request")

    (fetched,) = fetcher._records.values()
    assert woken
    assert fetched.getall(1) == [
        Record("decisions", 3, 1, b"op", b"asked for", (("chain", b"1f"),), 1_727_900_000_000)
    ]
    assert fetched.getall() == [Record("decisions", 3, 2, b"op", b"", (("chain", b"1f"),), 1_727_900_000_000)]
    assert not fetched.has_more()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (Fetcher._fetch_requests_routine.__code__, "_proc_fetch_request"),
        (PartitionRecords._unpack_records.__code__, "_consumer_record"),
        (PartitionRecords.__init__.__code__, "_records_iterator"),
        (PartitionRecords.__init__.__code__, "_records"),
    ],
)
def test_the_consumer_still_calls_what_makes_our_records(code: Any, name: str) -> None:
    assert name in code.co_names
