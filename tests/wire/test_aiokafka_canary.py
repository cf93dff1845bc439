"""What we lean on in aiokafka that is no part of its interface."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.producer.sender import AddPartitionsToTxnHandler

from pamwal.wire import kafka_producer


def test_the_wait_between_two_transactions_is_still_the_constant_we_shorten() -> None:
    assert "BACKOFF_OVERRIDE" in AddPartitionsToTxnHandler.handle_response.__code__.co_names


async def test_a_new_producer_shortens_it() -> None:
    kafka_producer.their_sender.BACKOFF_OVERRIDE = 0.02

    producer = kafka_producer.new_producer("127.0.0.1:1", "a-0")
    await kafka_producer.kill(producer)

    assert kafka_producer.their_sender.BACKOFF_OVERRIDE == kafka_producer.NEXT_TRANSACTION_BACKOFF_S


def test_a_connection_is_still_read_by_what_we_put_there() -> None:
    """By `readexactly` alone, of the reader that its protocol was made with."""
    connect, read = AIOKafkaConnection.connect.__code__, AIOKafkaConnection._read.__code__
    assert {"StreamReader", "AIOKafkaProtocol"} <= set(connect.co_names)
    assert [name for name in read.co_names if name.startswith("read")] == ["readexactly"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (Fetcher._get_actions_per_node.__code__, "calculate_backoff"),
        (FetchResult.calculate_backoff.__code__, "_backoff"),
        (Fetcher._proc_fetch_request.__code__, "highwater"),
        (Fetcher._proc_fetch_request.__code__, "lso"),
    ],
)
def test_the_consumer_still_waits_by_what_we_set_where_it_fetches_ahead(code: Any, name: str) -> None:
    assert name in code.co_names


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (Fetcher._fetch_requests_routine.__code__, "_proc_fetch_request"),
        (Fetcher._proc_fetch_request.__code__, "MemoryRecords"),
        (Fetcher._proc_fetch_request.__code__, "FetchResult"),
        (Fetcher.fetched_records.__code__, "FetchResult"),
        (Fetcher.fetched_records.__code__, "getall"),
        (PartitionRecords.__init__.__code__, "_records"),
        (FetchResult._update_position.__code__, "next_fetch_offset"),
    ],
)
def test_the_consumer_still_calls_what_makes_our_records(code: Any, name: str) -> None:
    assert name in code.co_names
