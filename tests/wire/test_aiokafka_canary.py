"""What we lean on in aiokafka that is no part of its interface."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.sender import AddPartitionsToTxnHandler, Sender
from aiokafka.protocol.produce import ProduceRequest_v3
from aiokafka.protocol.types import Array, Schema

from pamwal.wire import kafka_producer, kafka_sent


def test_the_wait_between_two_transactions_is_still_the_constant_we_shorten() -> None:
    assert "BACKOFF_OVERRIDE" in AddPartitionsToTxnHandler.handle_response.__code__.co_names


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (Sender._sender_routine.__code__, "_muted_partitions"),
        (Sender._send_produce_req.__code__, "_muted_partitions"),
        (Sender._send_produce_req.__code__, "remove"),
        (MessageAccumulator.drain_by_nodes.__code__, "_waiter_future"),
        (MessageAccumulator._append_batch.__code__, "_batch_ttl"),
        (MessageAccumulator._pop_batch.__code__, "retry_count"),
    ],
)
def test_the_producer_still_sends_by_what_keeps_a_stuck_partition_apart(code: Any, name: str) -> None:
    assert name in code.co_names


async def test_a_new_producer_shortens_it() -> None:
    kafka_producer.their_sender.BACKOFF_OVERRIDE = 0.02

    producer = kafka_producer.new_producer("127.0.0.1:1", "a-0")
    await kafka_producer.kill(producer)

    assert kafka_producer.their_sender.BACKOFF_OVERRIDE == kafka_producer.NEXT_TRANSACTION_BACKOFF_S


@pytest.mark.parametrize("batches", [[], [("t", []), ("u", [(3, bytearray(b"abc")), (4, None)])], None])
def test_a_request_put_together_once_is_as_it_was(batches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"transactional_id": None, "required_acks": -1, "timeout": 5_000, "topics": batches}
    request = ProduceRequest_v3(**said)
    monkeypatch.setattr(Schema, "encode", kafka_sent.THEIRS[0])
    monkeypatch.setattr(Array, "encode", kafka_sent.THEIRS[1])
    theirs = request.encode()

    kafka_sent.put_requests_together_once()

    assert Schema.encode is not kafka_sent.THEIRS[0]
    assert request.encode() == theirs


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
