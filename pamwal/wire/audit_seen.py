"""What decisions say they have seen, held to the decisions before them and to where the log ends."""

from __future__ import annotations

from collections.abc import Iterator

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData
from pamwal.contracts.errors import LogError
from pamwal.wire.log import Log, Record, TopicPartition


class SeenAudit:
    """One partition's vectors in the order of its decisions, and its causes, numbered 1, 2, 3 …"""

    def __init__(self, at: TopicPartition) -> None:
        self.causes = 0
        self._at = at
        self._vector: dict[str, int] = {}
        self._last: int | None = None

    def take(self, record: Record, data: DecisionData[Fact], decided: int) -> Iterator[tuple[str, str]]:
        """Code and sentence of everything that is not as it must be in the next decision.

        `decided`: how many requests were decided before.
        """
        cause = data.cause
        if cause is not None:
            if cause.n != self.causes + 1:
                yield "cause_gap", f"it is the cause number {cause.n}, after {self.causes}"
            self.causes = cause.n
            if cause.requests != decided:
                yield "cause_elsewhere", f"it says it stands behind {cause.requests} requests, not {decided}"
            if cause.now != data.knownat:
                yield "now_differs", f"judged at {cause.now}, known at {data.knownat}"
        vector = data.seen if cause is None else cause.vector
        if vector is not None:
            for place in sorted({*self._vector, *vector}):
                if vector.get(place, 0) < self._vector.get(place, 0):
                    yield "seen_went_back", f"{place} up to {vector.get(place)}, after {self._vector[place]}"
            own = vector.get(str(self._at), 0)
            if not (-1 if self._last is None else self._last) < own <= record.offset:
                yield "seen_elsewhere", f"it says it stands at {own}, behind the one at {self._last}"
            self._vector = vector
        self._last = record.offset

    async def beyond(self, log: Log) -> Iterator[tuple[str, str]]:
        """The places whose log ends before what was seen of them, with a sentence each."""
        found: list[tuple[str, str]] = []
        for place, offset in sorted(self._vector.items()):
            topic, _, number = place.rpartition("-")
            try:
                at = TopicPartition(topic, int(number))
                end = (await log.end_offsets([at]))[at]
            except (ValueError, LogError) as error:
                found.append((place, f"it was seen up to {offset}: {error}"))
                continue
            if end < offset:
                found.append((place, f"it was seen up to {offset} and ends at {end}"))
        return iter(found)
