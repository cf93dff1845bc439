"""What was handed over for a partition and is not decided yet, bounded by number and by size."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import attrgetter

from pamwal.wire.log import Record

_value = attrgetter("value")


class Queue:
    """In the order the records came. Once `full`, it stays so until half of the bound is taken out."""

    def __init__(self, records_max: int, bytes_max: int) -> None:
        self.full = False
        self._records_max, self._bytes_max = records_max, bytes_max
        self._records: deque[Record] = deque()
        self._bytes = 0

    def put(self, records: Sequence[Record]) -> None:
        """Takes all of them, whatever the bound: they are in memory already. `full` is for who reads on."""
        self._records.extend(records)
        self._bytes += sum(map(len, map(_value, records)))
        self.full = self.full or len(self._records) > self._records_max or self._bytes > self._bytes_max

    def take(self, records_max: int, bytes_max: int) -> list[Record]:
        """The next records, at most so many; a last one may be over `bytes_max`."""
        batch: list[Record] = []
        size, waiting = 0, self._records
        for _ in range(min(records_max, len(waiting))):
            record = waiting.popleft()
            batch.append(record)
            size += len(record.value)
            if size >= bytes_max:
                break
        self._bytes -= size
        if len(self._records) <= self._records_max // 2 and self._bytes <= self._bytes_max // 2:
            self.full = False
        return batch

    def clear(self) -> None:
        """Nothing of it is wanted any more."""
        self._records.clear()
        self._bytes, self.full = 0, False

    def __len__(self) -> int:
        return len(self._records)
