"""When posts were heard and which numbers came, place by place, so that it can be told how it was then. Pure.

In one context of one operation; places ascend. Of reports, which the picture keeps, it is made from them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from operator import attrgetter, lt
from typing import Final

from pamwal.contracts.field import HeartbeatHeard
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.heard import PostHeard

_OFFSET: Final = attrgetter("offset")
_NUMBER: Final = attrgetter("sourceseq")


class SourceStrand:
    """What one source of a post numbered in one context, and what heartbeats said of it; each by place."""

    __slots__ = ("again", "again_at", "ascends", "at", "first", "first_at", "following", "said", "said_at")

    def __init__(self) -> None:
        self.at = array("q")
        """The place of each number."""
        self.first_at, self.first = array("q"), array("q")
        """Where in `at` a run begins, and its first number; the next is one more, until the next run."""
        self.following = 0
        self.ascends = True
        """Each number was higher than those before."""
        self.again_at, self.again = array("q"), array("q")
        """Numbers of a device that began to count anew."""
        self.said_at, self.said = array("q"), array("q")
        """Each time a heartbeat named a higher number."""

    def number(self, at: int, number: int) -> None:
        """The next request had that number."""
        if number != self.following:
            self.ascends = self.ascends and number > self.following
            self.first_at.append(len(self.at))
            self.first.append(number)
        self.following = number + 1
        self.at.append(at)

    def last(self, count: int) -> int:
        """The number of the last of the first `count`, of which there is one."""
        run = bisect_left(self.first_at, count) - 1
        return self.first[run] + count - 1 - self.first_at[run]

    def highest(self, known: int, otherwise: int) -> int:
        """The highest number below the place `known`; `otherwise` where there is none."""
        count = bisect_left(self.at, known)
        if count and self.ascends:
            return self.last(count)
        return max((run[-1] for run in self.runs(known)), default=otherwise)

    def runs(self, known: int) -> Iterator[range]:
        """The numbers below the place `known`."""
        if not self.at:  # only heartbeats named it
            return
        upto = bisect_left(self.at, known)
        ends = [*self.first_at[1:], len(self.at)]
        for begins, first, end in zip(self.first_at, self.first, ends, strict=True):
            if begins >= upto:
                return
            yield range(first, first + min(end, upto) - begins)


class PostStrand:
    """What was heard of one post in one context."""

    __slots__ = ("beats", "beats_at", "first_at", "heard", "heard_at", "sources")

    def __init__(self, first_at: int) -> None:
        self.first_at = first_at
        self.heard_at, self.heard = array("q"), list[str]()
        """Each time it was heard later than before."""
        self.beats_at, self.beats = array("q"), list[HeartbeatHeard]()
        """Each heartbeat that was the newest when it came."""
        self.sources: dict[str, SourceStrand] = {}

    def hear(self, at: int, heard_at: str) -> None:
        """An edge had something of it."""
        if heard_at and (not self.heard or heard_at > self.heard[-1]):
            self.heard_at.append(at)
            self.heard.append(heard_at)


class SourceReports(SourceStrand):
    """The same of its reports, made from what the picture keeps: each number for itself."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        super().__init__()
        self._numbers = array("q")

    def add(self, requests: Sequence[AnyAsked]) -> None:
        """Those that it sent next, each with a number."""
        before = self.following - 1 if self._numbers else -1
        self.at.extend(map(_OFFSET, requests))
        self._numbers.extend(map(_NUMBER, requests))
        self.following = self._numbers[-1] + 1
        added = islice(self._numbers, len(self._numbers) - len(requests), None)
        self.ascends = self.ascends and all(map(lt, chain((before,), self._numbers[-len(requests) :]), added))

    def last(self, count: int) -> int:
        """The number of the last of the first `count`, of which there is one."""
        return self._numbers[count - 1]

    def runs(self, known: int) -> Iterator[range]:
        """The numbers below the place `known`."""
        return (range(each, each + 1) for each in self._numbers[: bisect_left(self.at, known)])


class Reported:
    """What a post's sources numbered of its reports, which the picture keeps: made from them and kept."""

    __slots__ = ("_read", "sources")

    def __init__(self) -> None:
        self._read = 0
        """Of so many reports."""
        self.sources: dict[str, SourceReports] = {}

    def up_to_date(self, heard: PostHeard) -> Reported:
        """Of all its reports until now."""
        reports, start = heard.told.reports, self._read
        self._read = len(reports)
        sent: dict[str | None, list[AnyAsked]] = defaultdict(list)
        for _, request in islice(reports, start, None):
            sent[request.source].append(request)
        for name, requests in sent.items():
            numbered = [each for each in requests if each.sourceseq is not None]
            if name is not None and name in heard.sources and numbered:
                source = self.sources.get(name)
                if source is None:
                    source = self.sources[name] = SourceReports()
                source.add(numbered)
        return self
