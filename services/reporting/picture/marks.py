"""What was known when: where each partition of decisions stood at a moment. Pure.

A fold of the order in which decisions stand in the log, and of nothing else they say.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

from pamwal.contracts.instants import to_ms


class Mark(NamedTuple):
    """A place between two decisions of a partition: what lies before it was known."""

    offset: int
    """Behind the last decision before it."""
    requests: int
    """How many requests of the partition were decided before it."""


class Marks:
    """One partition of decisions: a step each time its clock or the distance to its requests changes.

    A decision that nobody asked for is a step of its own.
    Decisions are noted in the order of the log, each once. `knownat` never goes back in a partition and each
    request is decided once, so that a moment, an offset and a number of requests all name one place.
    """

    __slots__ = ("_known_ms", "_offsets", "_requests", "decided", "distance", "knownat")

    def __init__(self) -> None:
        self._known_ms, self._offsets, self._requests = array("q"), array("q"), array("q")
        self.decided = 0
        """How many requests were. All that changes with a decision of the last step's time and distance."""
        self.knownat = ""
        self.distance: int | None = None
        """From a request's offset to its decision's; None behind a decision that nobody asked for."""

    def note(self, offset: int, request: int | None, knownat: str) -> None:
        """Takes the next decision up: its offset, its request's, and when it was made."""
        number = self.decided if request is None else request
        if request is None or knownat != self.knownat or offset - number != self.distance:
            self._known_ms.append(to_ms(knownat) if knownat != self.knownat else self._known_ms[-1])
            self._offsets.append(offset)
            self._requests.append(number)
            self.knownat, self.distance = knownat, None if request is None else offset - number
        self.decided = number if request is None else number + 1

    def packed(self) -> list[bytes | int | str | None]:
        """All of it, for a snapshot."""
        columns = (self._known_ms, self._offsets, self._requests)
        return [*(each.tobytes() for each in columns), self.decided, self.knownat, self.distance]

    @classmethod
    def unpacked(cls, found: list[Any]) -> Marks:
        """What was `packed`."""
        marks = cls()
        for column, kept in zip((marks._known_ms, marks._offsets, marks._requests), found[:3], strict=True):
            column.frombytes(kept)
        marks.decided, marks.knownat, marks.distance = found[3:]
        return marks

    @property
    def end(self) -> Mark:
        """Behind all that was noted."""
        return self._before(len(self._offsets))

    @property
    def newest_ms(self) -> int:
        """When the newest decision was made; 0 before the first."""
        return self._known_ms[-1] if self._known_ms else 0

    def at_moment(self, known_ms: int) -> Mark:
        """The place behind everything that was decided by then."""
        return self._before(bisect_right(self._known_ms, known_ms))

    def at_offset(self, offset: int) -> Mark:
        """The place behind the last decision below that offset, which may lie behind all that was noted."""
        step = bisect_left(self._offsets, offset) - 1
        if step < 0:
            return Mark(0, 0)
        end = self._before(step + 1)
        past = offset - self._offsets[step]
        return Mark(self._offsets[step] + past, self._requests[step] + past) if offset < end.offset else end

    def decided_ms(self, request: int) -> int:
        """When a request was decided; it must have been noted."""
        return self._known_ms[bisect_right(self._requests, request) - 1]

    def stood_ms(self, offset: int) -> int:
        """When the decision of that offset was made; it must have been noted."""
        return self._known_ms[bisect_right(self._offsets, offset) - 1]

    def stands_at(self, request: int) -> int:
        """The offset of the decision of a request; it must have been noted."""
        step = bisect_right(self._requests, request) - 1
        return self._offsets[step] + request - self._requests[step]

    def _before(self, step: int) -> Mark:
        """Behind the last decision of the step before."""
        if step == 0:
            return Mark(0, 0)
        requests = self._requests[step] if step < len(self._requests) else self.decided
        decided = max(1, requests - self._requests[step - 1])
        return Mark(self._offsets[step - 1] + decided, requests)
