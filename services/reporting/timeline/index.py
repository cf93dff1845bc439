"""What happened in one operation, by when it happened; made when somebody looks, grown when he looks again.

Nothing is kept for it while the log is folded: the facts themselves are in the picture and what is kept
beside it, with the offsets of their requests. Who asked and why stands in the log only. Pure.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from pamwal.contracts.field import FieldFactBase, HeartbeatHeard
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.arrivals import Arrivals, Strand
from services.reporting.picture.as_of import Known
from services.reporting.picture.decided import REPORTS, AnyAsked

_ELSEWHERE: Final[frozenset[type]] = frozenset({HeartbeatHeard, *REPORTS})
"""Reports are taken from the picture; heartbeats, which are on the board, would hide all else here."""


class Key(NamedTuple):
    """The place of an entry: when it happened, and where it stands in which context's strand."""

    at_ms: int
    context: int
    """As in `Known`: 0 scheduling, 1 the field, 2 reporting itself."""
    place: int


class Entry(NamedTuple):
    """What one decision made true."""

    key: Key
    known_ms: int
    asked: AnyAsked | None
    """None: nobody asked for it."""
    facts: tuple[Any, ...]


class Timeline:
    """Of one operation and mode."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self.entries: list[Entry] = []
        """Oldest first."""
        self._taken = [0, 0, 0]
        """How much of what each context keeps is in."""
        self._reports_before = 0
        """Every report of a request below this is in."""

    def grow(self, decided_ms: Callable[[int], int]) -> None:
        """Takes up what arrived since; `decided_ms` says when a request of the field was decided."""
        plan, reporting = self._arrivals.plan, self._arrivals.reporting
        found = [*self._of(0, plan), *self._of(2, reporting), *self._of_the_field(decided_ms)]
        if found:
            self.entries += found
            self.entries.sort(key=_key)

    def back_from(self, after: Key | None, known: Known, at_ms: int) -> Iterator[Entry]:
        """Newest first what is older than `after`, was known at `known` and had happened at `at_ms`."""
        end = len(self.entries)
        if after is not None:
            end = bisect_left(self.entries, after, key=_key)
        for place in range(min(end, bisect_right(self.entries, at_ms, key=_at_ms)) - 1, -1, -1):
            entry = self.entries[place]
            if entry.key.place < known[entry.key.context]:
                yield entry

    def _of(self, context: int, strand: Strand) -> Iterator[Entry]:
        """What is kept whole: plans, alerts, SitReps."""
        for index in range(self._taken[context], len(strand.kept)):
            data = strand.kept[index]
            known_ms = to_ms(data.knownat)
            at_ms = to_ms(getattr(data.facts[0], "at", data.knownat))
            yield Entry(
                Key(min(at_ms, known_ms), context, strand.kept_at[index]),
                known_ms,
                data.request,
                tuple(data.facts),
            )
        self._taken[context] = len(strand.kept)

    def _of_the_field(self, decided_ms: Callable[[int], int]) -> Iterator[Entry]:
        """One entry a request: what is kept beside the picture, and the reports that the picture keeps."""
        facts: dict[int, list[Any]] = {}
        asked: dict[int, AnyAsked] = {}
        kept = self._arrivals.field.kept
        for data in kept[self._taken[1] :]:
            request = data.request
            told = [each for each in data.facts if type(each) not in _ELSEWHERE]
            if request is not None and told:
                facts.setdefault(request.offset, []).extend(told)
                asked[request.offset] = request
        self._taken[1] = len(kept)
        for own in self._arrivals.picture.reports.values():
            for fact, request in reversed(own.values()):
                if request.offset < self._reports_before:
                    break
                facts.setdefault(request.offset, []).append(fact)
                asked[request.offset] = request
        self._reports_before = self._arrivals.field.end
        for offset, all_told in facts.items():
            if len(all_told) > 1:
                all_told.sort(key=_fact_id)
            at_ms, _ = happened_ms(all_told[0])
            yield Entry(Key(at_ms, 1, offset), decided_ms(offset), asked[offset], tuple(all_told))


def _key(entry: Entry) -> Key:
    return entry.key


def _at_ms(entry: Entry) -> int:
    return entry.key.at_ms


def _fact_id(fact: FieldFactBase) -> tuple[str, int]:
    """By the number behind the request's id: `r/2` before `r/10`."""
    name, _, number = fact.id.rpartition("/")
    return name, int(number) if number.isdigit() else 0
