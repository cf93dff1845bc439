"""Bare records stand where the same fetch, read as records, says."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from pamwal.wire.kafka_bare import BareRecords
from pamwal.wire.log import Bare, Record, TopicPartition, record_of
from tests.wire.test_kafka_records import MOMENT_MS, Consumer, batch, in_transactions, signed

AT = TopicPartition("decisions", 3)
NONE, GZIP = 0, 1
lengths = st.sampled_from([0, 1, 62, 63, 64, 65, 127, 128, 8_190, 8_191, 8_192, 70_000])
texts = st.none() | lengths.map(bytes)
headers = st.lists(st.tuples(st.just("chain"), st.none() | st.binary(max_size=70)), max_size=3)
said = st.tuples(st.sampled_from([0, 63, 64, 8_192]), st.integers(0, 2**33), texts, texts, headers)


def built(records: list[Any], compression: int = NONE) -> bytearray:
    """A batch: how far each record stands behind the one before, when it was said, key, value, headers."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=compression,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=0,
        base_sequence=0,
        batch_size=1 << 24,
    )
    offset = -1
    for further, later_ms, key, value, headers_of in records:
        offset += 1 + further
        builder.append(offset, MOMENT_MS + later_ms, key, value, headers_of)
    return signed(builder.build(), 5)


async def both(start: int, *batches: bytearray, **how: Any) -> tuple[list[Record], list[Bare]]:
    """The same fetch, read as records and as bare ones."""
    records = (await Consumer(start, *batches, **how).fetch()).getall()
    return records, (await Consumer(start, *batches, kind=BareRecords, **how).fetch()).getall()


def parts(records: list[Record]) -> list[Any]:
    """What there is of a bare one."""
    return [(each.offset, each.key, each.value) for each in records]


@pytest.mark.parametrize("compression", [NONE, GZIP])
@given(records=st.lists(said, min_size=1, max_size=4))
async def test_keys_and_values_of_every_length_stand_where_they_are_found(
    compression: int, records: list[Any]
) -> None:
    first = built(records, compression)
    behind = 5 + int.from_bytes(first[23:27], "big") + 1
    asked, bare = await both(5, first, batch(behind, b"behind"))

    assert parts(asked) == parts([record_of(AT, each) for each in bare])
    assert asked[-1].value == b"behind"


async def test_a_fetch_that_begins_within_a_batch_and_what_was_aborted() -> None:
    asked, bare = await both(1, batch(0, b"before", b"asked for", None))
    assert parts(asked) == parts([record_of(AT, each) for each in bare])
    assert [each[0] for each in bare] == [1, 2]

    for level in ({"aborted": [(7, 0)]}, {"level": READ_UNCOMMITTED}):
        asked, bare = await both(0, *in_transactions(), **level)
        assert parts(asked) == parts([record_of(AT, each) for each in bare])


async def test_what_is_fetched_is_not_copied() -> None:
    consumer = Consumer(0, batch(0, b"a"), batch(1, b"b", b"c"), kind=BareRecords)
    found = await consumer.fetch()

    bare = [*found.getall(2), *found.getall()]

    assert len({id(block) for _, _, block, _, _ in bare}) == 1
    assert (consumer.position, found.has_more()) == (3, False)


@pytest.mark.parametrize("length", [0, 1, 2, 40, 120])
async def test_records_that_do_not_fill_their_batch_are_not_read(length: int) -> None:
    """Its CRC is right, so somebody wrote it so."""
    odd = batch(1, b"b")
    odd[61] = length
    consumer = Consumer(0, batch(0, b"a"), signed(odd, 1), kind=BareRecords)
    found = await consumer.fetch()

    with pytest.raises(CorruptRecordException, match="a batch at 1"):
        found.getall()

    assert [each[0] for each in found.getall()] == [0], "what stands before it is read"
