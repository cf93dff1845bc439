"""Which numbers the sources of a post had used by an earlier moment. Pure.

Of a source whose numbers came in order it is enough to know the last of them: that is looked for from K back.
Only where they came otherwise are the numbers of all of its reports read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

from pamwal.contracts.numbers import Numbers
from services.reporting.picture.arrivals import Arrivals
from services.reporting.picture.heard import SourceHeard
from services.reporting.picture.strands import SourceStrand

LOOKED_BACK: Final = 300
"""So many reports are looked through for the last one of each source."""
NONE: Final = -1
"""Below every number."""
Part = tuple[SourceStrand, int]
"""What a source said in one context but its reports, and the place up to which that was known."""


class NumbersThen:
    """Of one post."""

    def __init__(self, arrivals: Arrivals, post_id: str, known: int, told: int) -> None:
        """`known`: the place in the field's strand, before which it had told so many reports."""
        self._arrivals, self._post_id, self._known = arrivals, post_id, known
        aside = arrivals.field.posts.get(post_id)
        self._aside = {} if aside is None else aside.sources
        self._reports, self._next = arrivals.picture.posts[post_id].told.reports, told
        self._stop = max(0, told - LOOKED_BACK)
        self._last: dict[str | None, int] = {}
        """Source → the number of its last report, of those looked through."""

    def of(self, name: str, whole: SourceHeard, parts: Sequence[Part]) -> SourceHeard | None:
        """Those of one source; None where it had said nothing yet."""
        cut = SourceHeard()
        cut.said = max((last_before(part.said_at, part.said, known, 0) for part, known in parts), default=0)
        highest = self._highest(name, whole, parts)
        if highest is None:
            reported = self._arrivals.reported(self._post_id).sources.get(name)
            told = [(reported, self._known)] if reported is not None else []
            _read(cut, whole, [*parts, *told])
        elif highest >= whole.numbers.highest:
            cut.numbers = whole.numbers
        else:
            cut.numbers = whole.numbers.upto(highest)
        return cut if cut.said or cut.numbers.highest else None

    def _highest(self, name: str, whole: SourceHeard, parts: Sequence[Part]) -> int | None:
        """The highest number by then, if no lower one came after a higher; None where that is not known."""
        aside = self._aside.get(name)
        if whole.told_again or whole.again.highest or not whole.numbers.ascended:
            return None
        if any(part.at and part is not aside for part, _ in parts):
            return None  # it spoke of a plan too, and in which order contexts are folded says nothing
        last = self._last_reported(name) if whole.reported else NONE
        if last is None or aside is None:
            return last
        return max(last, aside.highest(self._known, NONE))

    def _last_reported(self, name: str) -> int | None:
        """The number of its last report; None where none of those looked through is its own."""
        found, reports = self._last, self._reports
        while name not in found and self._next > self._stop:
            self._next -= 1
            request = reports[self._next][1]
            if request.sourceseq is not None:
                found.setdefault(request.source, request.sourceseq)
        last = found.get(name)
        return NONE if last is None and not self._stop else last


def _read(cut: SourceHeard, whole: SourceHeard, parts: Sequence[Part]) -> None:
    """Its numbers, by all that it said."""
    if all(not part.at or part.at[-1] < known for part, known in parts):
        cut.numbers, cut.again = whole.numbers, whole.again
        return
    one = _one_run(whole, parts)
    runs = [one] if one is not None else [run for part, known in parts for run in part.runs(known)]
    cut.numbers = Numbers.of_runs(runs)
    for part, known in parts:
        for number in part.again[: bisect_left(part.again_at, known)]:
            cut.again.add(number)


def _one_run(whole: SourceHeard, parts: Sequence[Part]) -> range | None:
    """Its numbers where they are known to be one run: each came once, in order, and none is missing."""
    if sum(len(part.at) for part, _ in parts) != whole.numbers.count or not all(
        part.ascends for part, _ in parts
    ):
        return None
    told = [(part, count) for part, known in parts if (count := bisect_left(part.at, known))]
    lowest = min((part.last(1) for part, _ in told), default=0)
    run = range(lowest, max((part.last(count) for part, count in told), default=-1) + 1)
    return run if len(run) == sum(count for _, count in told) else None


def last_before(at: array[int], told: Any, known: int, otherwise: Any) -> Any:
    """The last of what was `told` below the place `known`; `at`: the place of each."""
    upto = bisect_left(at, known)
    return told[upto - 1] if upto else otherwise
