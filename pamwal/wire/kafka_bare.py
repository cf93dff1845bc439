"""Where records stand in the bytes that a fetch brought: of each its key is copied, and nothing else.

Who looks at a part of each value of a whole log would have every value and header copied, and let go of them:
that takes longer than all else.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from struct import Struct
from typing import Any, Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch

from pamwal.wire.kafka_records import OurRecords
from pamwal.wire.log import Bare

_HEAD: Final = Struct(">q13xH")
"""Of a batch: base offset, attributes."""
_COMPRESSED: Final = 0x7
_RECORDS: Final = 61
"""Where records begin in a batch."""
_MORE: Final = 0x80
"""In a byte of a number: another one follows."""


class BareRecords(OurRecords):
    """What one fetch brought of one partition, as bare ones of ours."""

    offset_of: Callable[[Any], int] = itemgetter(0)

    def records_of(self, data: bytes, begin: int, end: int) -> list[Bare]:
        """CorruptRecordException where they do not fill their batch."""
        base, attributes = _HEAD.unpack_from(data, begin)
        if attributes & _COMPRESSED:
            return [
                (each.offset, each.key, value := each.value or b"", 0, len(value))
                for each in DefaultRecordBatch(memoryview(data)[begin:end])
            ]
        try:
            return _bare(data, begin + _RECORDS, end, base)
        except (IndexError, ValueError) as error:
            raise CorruptRecordException(f"{self._tp} has a batch at {base} that ends elsewhere") from error


def _bare(data: bytes, at: int, end: int, base: int) -> list[Bare]:
    """The records that stand there, offsets counted from `base`. IndexError or ValueError if they do not fit.

    Of numbers the lengths that nearly all have are read at once: a call takes as long as half a record.
    """
    found: list[Bare] = []
    add = found.append
    while at < end:
        low, high = data[at], data[at + 1]
        if low >= _MORE > high:
            size, at = (low - _MORE + (high << 7)) >> 1, at + 2
        else:
            size, at = _number(data, at)
        behind, at = at + size, at + 1  # past its attributes
        while data[at] >= _MORE:
            at += 1
        low, high = data[at + 1], data[at + 2]  # past its timestamp
        if low < _MORE > high:
            further, size, at = low >> 1, (high >> 1) ^ -(high & 1), at + 3
        else:
            further, at = _number(data, at + 1)
            size, at = _number(data, at)
        key = None
        if size >= 0:
            key, at = data[at : at + size], at + size
        low, high = data[at], data[at + 1]
        if low >= _MORE > high:
            size, at = (low - _MORE + (high << 7)) >> 1, at + 2
        else:
            size, at = _number(data, at)
        ends = at + size if size > 0 else at
        if ends > behind:
            raise ValueError(f"a value ends at {ends}, its record at {behind}")
        add((base + further, key, data, at, ends))
        at = behind
    if at != end:
        raise ValueError(f"the records end at {at}, the batch at {end}")
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The number that stands there, seven bits a byte and its sign last, and where it ends."""
    found = shift = 0
    while True:
        byte, at = data[at], at + 1
        found |= (byte & ~_MORE) << shift
        if byte < _MORE:
            return (found >> 1) ^ -(found & 1), at
        shift += 7
