"""Bare records are what the same fetch, read as records, gives."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from pamwal.wire.kafka_records import BareRecords
from pamwal.wire.log import Bare, Record, TopicPartition, record_of
from tests.wire.test_kafka_records import MOMENT_MS, Consumer, batch, in_transactions, signed

AT = TopicPartition("decisions", 3)
NONE, GZIP = 0, 1
texts = st.none() | st.sampled_from([0, 1, 64, 8_192, 70_000]).map(bytes)
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
async def test_offsets_keys_and_values_are_those_of_the_records(compression: int, records: list[Any]) -> None:
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
