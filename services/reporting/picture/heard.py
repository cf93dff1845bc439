"""What posts were heard to say: when last, by which devices, under which numbers. Pure."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping

from pamwal.contracts.field import FieldFactBase, HeartbeatHeard, SourceReset
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.ledger import Gap
from pamwal.contracts.numbers import SOURCES_MAX, Numbers
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.own_affairs import ReportsTold

BeatAt = tuple[int, str, str]
Resets = Mapping[str, SourceReset]
"""Source → the newest reset of it."""


class SourceHeard:
    """The numbers one source of a post gave its requests."""

    __slots__ = ("again", "numbers", "reported", "said", "told_again")

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.reported = self.told_again = False
        """A report had one of them; a report had one that came before."""
        self.again = Numbers()
        """Those that more than one request had: of a device that began to count anew."""
        self.said = 0

    def lost(self, reset: int) -> list[Gap]:
        """What is missing of its numbers above `reset`, up to which none is."""
        gaps = (Gap(first=max(gap.first, reset + 1), last=gap.last) for gap in self.numbers.lost(self.said))
        return [gap for gap in gaps if gap.first <= gap.last]


class PostHeard:
    """What one post was heard to say."""

    __slots__ = ("_beat", "_names", "crowded", "heartbeat", "last_heard", "sources", "told", "told_then")

    def __init__(self) -> None:
        self.last_heard = ""
        """When an edge last had something from it, by the facts of the field: only they say when that was."""
        self.heartbeat: HeartbeatHeard | None = None
        self._beat: tuple[HeartbeatHeard | None, BeatAt] = None, (0, "", "")
        """The heartbeat that was looked at last, and by when it was true."""
        self.sources: dict[str, SourceHeard] = {}
        self._names: list[str] = []
        self.crowded = False
        """It named more sources than are kept."""
        self.told = ReportsTold()
        self.told_then: int | None = None
        """How many of these, the first by offset, an earlier picture knows of; None: all."""

    def hear(self, request: AnyAsked, heard_at: str, *, anew: bool, report: bool) -> None:
        """Notes what it said under which number; `heard_at` is empty where nobody says when that was."""
        if heard_at > self.last_heard:  # noqa: PLR1730 - max() takes three times as long, once a decision
            self.last_heard = heard_at
        number, name = request.sourceseq, request.source
        if number is not None and name is not None:
            source = self.sources.get(name) or self.source(name)
            new = source.numbers.add(number)
            if report:
                source.reported = True
                source.told_again = source.told_again or not new
            if anew:
                source.again.add(number)

    def tell(self, told: tuple[FieldFactBase, AnyAsked]) -> None:
        """Keeps the report of a request that was just heard."""
        if told[0].recorded_at < self.last_heard:
            self.told.fall_behind()
        self.told.add(told)

    def beat(self, fact: HeartbeatHeard) -> None:
        """Takes a heartbeat up: the newest is by when it was true, which is not how a queue is sent."""
        newest, at = self.heartbeat, _beat_at(fact)
        if newest is not None and self._beat[0] is not newest:
            self._beat = newest, _beat_at(newest)
        if newest is None or at > self._beat[1]:
            self.heartbeat = fact
            self._beat = fact, at
        for name, number in fact.highest.items():
            source = self.source(name)
            source.said = max(source.said, number)

    def source(self, name: str) -> SourceHeard:
        """What is kept of one of its sources, to be added to.

        Of more than `SOURCES_MAX` the first by name are kept. So no order changes which: whatever is among
        them at the end was so from when it was first named.
        """
        found = self.sources.get(name)
        if found is not None:
            return found
        if len(self._names) == SOURCES_MAX:
            self.crowded = True
            if name > self._names[-1]:
                return SourceHeard()
            del self.sources[self._names.pop()]
        insort(self._names, name)
        found = self.sources[name] = SourceHeard()
        return found

    def has_more_to_tell(self, resets: Resets) -> bool:
        """By its last heartbeat reports wait there, and numbers it gave out have not come since."""
        beat = self.heartbeat
        if beat is None or not beat.queue_length:
            return False
        known = ((name, self.sources.get(name)) for name in beat.highest)
        return any(source is not None and source.lost(reset_to(resets, name)) for name, source in known)


def reset_to(resets: Resets, source: str) -> int:
    """Up to which number of a source none is missing; 0 if it was not reset."""
    found = resets.get(source)
    return 0 if found is None else found.up_to


def _beat_at(fact: HeartbeatHeard) -> BeatAt:
    return happened_ms(fact)[0], fact.recorded_at, fact.id
