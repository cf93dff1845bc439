"""Where the log keeps what was said at a place, and what a post said: times and offsets only. Pure.

A fold of the field's decisions. The log itself has the rest, for who asks.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from msgspec import Struct, field

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import CheckedIn, CheckedOut, FieldFactBase
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import to_ms


class _Entries(Struct):
    """Three columns of one length, in order of arrival: when, decision's offset, request's offset."""

    at_ms: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    requests: array[int] = field(default_factory=lambda: array("q"))

    def add(self, at_ms: int, offset: int, request: int) -> None:
        """Adds an entry, once a decision."""
        if self.offsets and self.offsets[-1] == offset:
            return
        self.at_ms.append(at_ms)
        self.offsets.append(offset)
        self.requests.append(request)


class Place(NamedTuple):
    """Where the log keeps one request and its decision."""

    offset: int
    request: int


class Logbook:
    """Of all operations."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], _Entries] = {}
        self._posts: dict[tuple[str, str], _Entries] = {}

    def fold(self, decision: Decision[Fact], offset: int) -> None:
        """Takes a decision in, whatever its outcome; `offset` is where the decisions topic keeps it."""
        asked = decision.data.request
        if asked is None:
            return
        operation_id, facts = decision.operationid, decision.data.facts
        for fact in facts:
            if isinstance(fact, CheckedIn | CheckedOut):
                entries = self._places.setdefault((operation_id, fact.place), _Entries())
                entries.add(happened_ms(fact)[0], offset, asked.offset)
        if asked.postid is not None:
            own = [fact for fact in facts if isinstance(fact, FieldFactBase)]
            at_ms = happened_ms(own[0])[0] if own else to_ms(decision.data.knownat)
            entries = self._posts.setdefault((operation_id, asked.postid), _Entries())
            entries.add(at_ms, offset, asked.offset)

    def at_place(self, operation_id: str, place: str, first_ms: int, end_ms: int) -> list[Place]:
        """What tells of presence there in the half-open interval, in the order of the log."""
        return _within(self._places.get((operation_id, place)), first_ms, end_ms)

    def of_post(self, operation_id: str, post: str, first_ms: int, end_ms: int) -> list[Place]:
        """Every request of the post in the half-open interval, in the order of the log."""
        return _within(self._posts.get((operation_id, post)), first_ms, end_ms)


def _within(entries: _Entries | None, first_ms: int, end_ms: int) -> list[Place]:
    if entries is None:
        return []
    columns = zip(entries.at_ms, entries.offsets, entries.requests, strict=True)
    return [Place(offset, request) for at_ms, offset, request in columns if first_ms <= at_ms < end_ms]
