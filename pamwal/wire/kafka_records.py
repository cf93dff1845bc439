"""aiokafka's consumer, made to give our records: built once each, not as its own and then anew.

Its consumer makes an object of eleven fields of each record, which takes about as long as all the rest of
reading. What it does about transactions, control records and positions stays its own; only what is made is
ours. `tests/wire/test_aiokafka_canary.py` pins what this leans on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.consumer.fetcher import FetchResult, PartitionRecords

from pamwal.wire.kafka_pace import Pace
from pamwal.wire.log import Record

_new: Final = tuple.__new__


class OurRecords(PartitionRecords):  # type: ignore[misc]  # aiokafka is not typed
    """What one fetch brought of one partition, as ours."""

    def __iter__(self) -> Iterator[Record]:
        """Without a call of Python for each record, which is all its own `__next__` adds."""
        found: Iterator[Record] = self._records_iterator
        return found

    def _consumer_record(self, tp: Any, record: Any) -> Record:
        fields = (
            tp[0],
            tp[1],
            record.offset,
            record.key,
            record.value or b"",
            tuple(record.headers),
            record.timestamp,
        )
        return _new(Record, fields)


def give_our_records(consumer: Any, pace: Pace) -> None:
    """From now on `getmany` of this started consumer gives `Record`s, and its fetches keep a pace.

    Call it before anything is assigned.
    """
    fetcher = consumer._fetcher
    theirs = fetcher._proc_fetch_request

    async def fetch(*arguments: Any) -> bool:
        try:
            await pace.turn()
        except asyncio.CancelledError:  # as theirs does: it is closed, or is to read something else
            return False
        woken: bool = await theirs(*arguments)
        size_bytes = 0
        for found in fetcher._records.values():
            if type(found) is FetchResult and found._partition_records is not None:
                found._partition_records.__class__ = OurRecords
                size_bytes += found._partition_records._records.size_in_bytes()
        pace.brought(size_bytes)
        return woken

    fetcher._proc_fetch_request = fetch
