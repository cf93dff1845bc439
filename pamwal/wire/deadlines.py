"""When which operation has to be looked at next. Pure: whoever asks says what time it is."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

_STALE_KEPT: Final = 64


class Deadlines:
    """At most one deadline an operation, as text that sorts as time does."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}
        self._heap: list[tuple[str, str]] = []

    def put(self, operation_id: str, at: str | None) -> None:
        """From now on this is its deadline, or it has none."""
        if self._at.get(operation_id) == at:
            return
        if at is None:
            del self._at[operation_id]
            return
        self._at[operation_id] = at
        if len(self._heap) > 2 * len(self._at) + _STALE_KEPT:
            # deadlines that were moved stay in the heap until their time: not more of them than live ones
            self._heap = [(instant, name) for name, instant in self._at.items()]
            heapq.heapify(self._heap)
        else:
            heapq.heappush(self._heap, (at, operation_id))

    def come(self, now: str) -> Iterator[str]:
        """The operations whose deadline is `now` or before, soonest first; they have none any more."""
        while self._heap and self._heap[0][0] <= now:
            at, operation_id = heapq.heappop(self._heap)
            if self._at.get(operation_id) == at:
                del self._at[operation_id]
                yield operation_id

    @property
    def kept(self) -> int:
        """How many are in memory, those among them that were moved."""
        return len(self._heap)

    def __len__(self) -> int:
        return len(self._at)
