"""What posts say of themselves and ask: days closed, watches handed over, polls. Sets of facts. Pure.

Which of them hold at a moment is found when somebody looks, by when each happened; so no order changes it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from itertools import islice
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from pamwal.contracts.field import (
    FieldFactBase,
    HeartbeatHeard,
    PersonErased,
    PollAcked,
    PollEnded,
    PollStarted,
    PostClosed,
    PostReopened,
    SourceReset,
    WatchAnswered,
    WatchHandedOver,
)
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.behind import ascending
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.plan import MINUTE_MS

Affair = PostClosed | PostReopened | WatchHandedOver | WatchAnswered | PollStarted | PollAcked | PollEnded
AFFAIRS: Final = (
    PostClosed,
    PostReopened,
    WatchHandedOver,
    WatchAnswered,
    PollStarted,
    PollAcked,
    PollEnded,
)
OF_ITSELF: Final = frozenset({HeartbeatHeard, SourceReset, PersonErased, *AFFAIRS} - {PollAcked})
"""What a post says of itself is no report of its day."""
_FACT: Final = itemgetter(0)
F = TypeVar("F", bound=FieldFactBase)
Told = dict[tuple[str, str], tuple[F, AnyAsked]]
"""(post, fact id) → the fact, and the request that told it."""


class Span(NamedTuple):
    """A half-open local day, milliseconds since 1970."""

    first_ms: int
    before_ms: int


class ReportsTold:
    """The first fact of each report of a post, by the request's offset: few bytes, and each once."""

    __slots__ = ("_behind", "_last", "_late", "reports")

    def __init__(self) -> None:
        self.reports: list[tuple[FieldFactBase, AnyAsked]] = []
        """Each with the request that told it."""
        self._last = -1
        """The highest offset."""
        self._behind: array[int] | None = array("q")
        """The places of those before which the post was heard later; None where nobody can say."""
        self._late: tuple[tuple[int, ...], list[int]] | None = None
        """What was last asked, and when each report that it means happened: asked again with every look."""

    def before(self, offset: int) -> int:
        """How many stand before an offset."""
        return len(self.reports) if offset > self._last else bisect_left(self.reports, offset, key=_offset)

    def add(self, told: tuple[FieldFactBase, AnyAsked]) -> None:
        """Takes a report up; the same again changes nothing."""
        offset = told[1].offset
        if offset > self._last:
            self._last = offset
            self.reports.append(told)
            return
        self._behind = None
        index = self.before(offset)
        if _offset(self.reports[index]) != offset:
            self.reports.insert(index, told)

    def fall_behind(self) -> None:
        """An edge had the next one that is added before something else that the post said."""
        if self._behind is not None:
            self._behind.append(len(self.reports))

    def heard_by(self, count: int) -> str:
        """When an edge had the latest of the first `count`; what else the post had said by then aside.

        Where that was later, it may be the time of an earlier one. Empty if there is none.
        """
        behind, reports = self._behind, self.reports
        if behind is None:
            return max((fact.recorded_at for fact, _ in islice(reports, count)), default="")
        upto = ascending(behind, count)
        return reports[upto - 1][0].recorded_at if upto else ""

    def newest(self, upto: int | None = None) -> tuple[FieldFactBase, AnyAsked] | None:
        """What an edge had last of the first `upto`, and the request that told it; None where there is none.

        Without `upto`, of all; as below.
        """
        told = enumerate(islice(self.reports, upto))
        found = max(told, key=lambda each: (each[1][0].recorded_at, each[0]), default=None)
        return None if found is None else found[1]

    def count_after(self, day: Span, recorded_ms: int, now_ms: int, upto: int | None = None) -> int:
        """How many tell of that day up to `now_ms` and were had by an edge after `recorded_ms`."""
        count = len(self.reports) if upto is None else upto
        asked = (count, day.first_ms, day.before_ms, recorded_ms)
        if self._late is None or self._late[0] != asked:
            told = map(_FACT, islice(self.reports, count))
            late = (happened_ms(fact)[0] for fact in told if to_ms(fact.recorded_at) > recorded_ms)
            self._late = asked, sorted(each for each in late if day.first_ms <= each < day.before_ms)
        return bisect_right(self._late[1], now_ms)


def _offset(told: tuple[FieldFactBase, AnyAsked]) -> int:
    return told[1].offset


class WatchState(NamedTuple):
    """Who holds the watch of a post. Moments in milliseconds since 1970."""

    holder: str | None = None
    since_ms: int | None = None
    to: str | None = None
    """Who is asked to take it and has not answered."""
    asked_ms: int | None = None


_NOBODY_WATCHES: Final = WatchState()


class PollTold:
    """One poll: everything said under its id."""

    def __init__(self) -> None:
        self.started: Told[PollStarted] = {}
        self.acked: Told[PollAcked] = {}
        self.ended: Told[PollEnded] = {}

    def beginning(self) -> tuple[int, PollStarted] | None:
        """When it began and as what, by the first word of it; None while nobody said so."""
        return _first(self.started)

    def due_ms(self, began_ms: int, fact: PollStarted, now_ms: int) -> int:
        """When it is over: at the end of its window, or where its post ended it by `now_ms`."""
        ends = (happened_ms(end)[0] for end, _ in self.ended.values() if end.postid == fact.postid)
        said = [at_ms for at_ms in ends if began_ms <= at_ms <= now_ms]
        return min([began_ms + fact.window_min * MINUTE_MS, *said])


class OwnAffairs:
    """Of all posts of one operation."""

    def __init__(self) -> None:
        self.closings: dict[tuple[str, str], Told[PostClosed | PostReopened]] = {}
        """(post, local day) → what was said of it."""
        self.handed: dict[str, Told[WatchHandedOver]] = {}
        """Post → its handovers."""
        self.answers: dict[tuple[str, str], Told[WatchAnswered]] = {}
        """(post, watch) → the answers."""
        self.polls: dict[str, PollTold] = {}

    def take(self, fact: Affair, request: AnyAsked) -> None:
        """Takes a fact up; the same again changes nothing."""
        post = request.postid or ""
        key = post, fact.id
        match fact:
            case PostClosed() | PostReopened():
                self.closings.setdefault((post, fact.day), {})[key] = (fact, request)
            case WatchHandedOver():
                self.handed.setdefault(post, {})[key] = (fact, request)
            case WatchAnswered():
                self.answers.setdefault((post, fact.watch_id), {})[key] = (fact, request)
            case PollStarted():
                self._poll(fact.poll_id).started[key] = (fact, request)
            case PollAcked():
                self._poll(fact.poll_id).acked[key] = (fact, request)
            case PollEnded():
                self._poll(fact.poll_id).ended[key] = (fact, request)

    def closed(self, post: str, day: str, now_ms: int) -> tuple[int, PostClosed] | None:
        """The first closing of the day since it was last opened again, by `now_ms`; None if it is open."""
        standing: tuple[int, PostClosed] | None = None
        told = self.closings.get((post, day))
        for at_ms, _, fact in _by_time(told, now_ms) if told else ():
            if isinstance(fact, PostReopened):
                standing = None
            elif standing is None:
                standing = at_ms, fact
        return standing

    def watch(self, post: str, now_ms: int) -> WatchState:
        """Who holds the watch at `now_ms`: who confirmed last, else who first asked another to take it.

        What was asked before the handover that was confirmed last waits no more.
        """
        told = self.handed.get(post)
        if not told:
            return _NOBODY_WATCHES
        first: dict[str, tuple[int, WatchHandedOver]] = {}
        for at_ms, _, fact in _by_time(told, now_ms):
            first.setdefault(fact.watch_id, (at_ms, fact))
        asked = list(first.values())
        taken: list[tuple[int, int]] = []
        waiting: list[int] = []
        for number, (at_ms, fact) in enumerate(asked):
            answered = self._answer(post, fact, now_ms)
            if answered is None:
                waiting.append(number)
            elif answered[1].answer == "taken":
                taken.append((max(at_ms, answered[0]), number))
        since_ms, last = max(taken, default=(None, -1))
        waits = waiting[-1] if waiting and waiting[-1] > last else None
        asked_ms, to = (None, None) if waits is None else (asked[waits][0], asked[waits][1].to)
        giver = asked[0][1].from_ if asked else None
        return WatchState(giver if last < 0 else asked[last][1].to, since_ms, to, asked_ms)

    def _answer(self, post: str, fact: WatchHandedOver, now_ms: int) -> tuple[int, WatchAnswered] | None:
        """The last answer of who was asked himself."""
        told = self.answers.get((post, fact.watch_id), {})
        own = [
            (at_ms, answer)
            for at_ms, _, answer in _by_time(told, now_ms)
            if fact.to in {answer.author, answer.officer_id}
        ]
        return own[-1] if own else None

    def _poll(self, poll_id: str) -> PollTold:
        found = self.polls.get(poll_id)
        if found is None:
            found = self.polls[poll_id] = PollTold()
        return found


def _by_time(told: Mapping[tuple[str, str], tuple[F, AnyAsked]], now_ms: int) -> Iterable[tuple[int, str, F]]:
    found = ((happened_ms(fact)[0], post, fact) for (post, _), (fact, _) in told.items())
    return sorted(
        (each for each in found if each[0] <= now_ms), key=lambda each: (each[0], each[2].id, each[1])
    )


def _first(told: Mapping[tuple[str, str], tuple[F, AnyAsked]]) -> tuple[int, F] | None:
    found = ((happened_ms(fact)[0], fact.id, post, fact) for (post, _), (fact, _) in told.items())
    first = min(found, key=lambda each: each[:3], default=None)
    return None if first is None else (first[0], first[3])
