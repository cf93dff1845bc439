"""Attendance: who was seen where. Every report stands; what repeats or comes early is told as advice only.

The picture clusters witnesses and judges lateness; here the reports of an officer are kept just well enough
to hint at a witness, and compactly: a day of a nation's election is a million of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.field import CheckedIn, CheckedOut, CheckIn, CheckOut
from pamwal.contracts.field.clocks import corrected_ms
from pamwal.contracts.persons import officer_key
from pamwal.contracts.places import Point

IsVoid = Callable[[str, str], bool]
"""(fact id, post) → whether that post's observation was taken back: ids are a post's own."""
MINUTE_MS: Final = 60_000
WITNESS_WINDOW_MS: Final = 10 * MINUTE_MS
"""The operation's policy may differ, but only the scheduler knows it: this is advice (domain section 4)."""
LIST_WINDOW_MS: Final = 12 * 60 * MINUTE_MS
"""A paper list's time joins the officer's only check-in there in the shift; no duty is longer than this."""
EARLY_WINDOW_MS: Final = 24 * 60 * MINUTE_MS
"""How far back a check-out looks for its check-in."""
if TYPE_CHECKING:
    Column = array[int]
else:
    Column = array  # cannot be subscripted before Python 3.12, and snapshots read what fields are


class Said(Struct, frozen=True, gc=False):
    """Who was where, when, and whether that ended something."""

    who: str
    place: str
    at_ms: int
    ends: bool


_newest: list[tuple[CheckedIn | CheckedOut | None, Said]] = [(None, Said("", "", 0, ends=False))]
"""The fact that was read last: it is asked when a report is judged, and again right after when it is kept."""


class Seen(Struct, eq=True):
    """The reports of one officer, oldest first: four columns of one length."""

    at_ms: Column
    what: Column
    """Place number * 2, + 1 for a check-out."""
    fact_ids: list[str]
    said_by: Column
    """Number of the post that said it."""


class Attendance(Struct):
    """All presence of an operation."""

    officers: dict[str, Seen]
    places: dict[str, int]
    """Place → its number, in order of first mention."""
    posts: dict[str, int]
    """Post → its number, in order of first mention."""
    post_names: list[str]
    """The posts by their numbers."""

    def number_of(self, post: str) -> int:
        """The number of a post, which it keeps."""
        found = self.posts.get(post)
        if found is None:
            found = self.posts[post] = len(self.post_names)
            self.post_names.append(post)
        return found


def new_attendance() -> Attendance:
    """Nobody was seen yet."""
    return Attendance(officers={}, places={}, posts={}, post_names=[])


def fact_of(request: Request[CheckIn] | Request[CheckOut], fact_id: str) -> CheckedIn | CheckedOut:
    """The fact of a check-in or check-out: what was said, no more, the position rounded to about 11 m."""
    data = request.data
    make = CheckedIn if isinstance(data, CheckIn) else CheckedOut
    return make(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        officer_id=data.officer_id,
        place=data.place,
        method=data.method,
        precision=data.precision,
        position=rounded(data.position),
    )


def rounded(point: Point | None) -> Point | None:
    """The point as it is kept, also one that no edge has rounded."""
    return None if point is None else point.rounded()


def presence_advice(attendance: Attendance, is_void: IsVoid, fact: CheckedIn | CheckedOut) -> list[Reason]:
    """`witness` if the same was reported close in time; else `early` for a check-out without a check-in."""
    return advice(
        attendance,
        is_void,
        _said(fact),
        window_ms=LIST_WINDOW_MS if fact.precision == "list" else WITNESS_WINDOW_MS,
        early=f"no check-in of {fact.officer_id} at {fact.place} is known before this",
    )


def advice(
    attendance: Attendance, is_void: IsVoid, said: Said, *, window_ms: int, early: str
) -> list[Reason]:
    """`witness` if the same was said within the window; else `early` for an end without a beginning."""
    seen, number = attendance.officers.get(said.who), attendance.places.get(said.place)
    if seen is not None and number is not None:
        first_ms, last_ms = said.at_ms - window_ms, said.at_ms + window_ms
        standing = _Standing(attendance, seen, is_void)
        other = standing.within(number * 2 + said.ends, first_ms, last_ms)
        if other is not None:
            return [Reason(code="witness", message="the same was reported close in time", subject=other)]
        if not said.ends or standing.is_in(number, said.at_ms):
            return []
    return [Reason(code="early", message=early)] if said.ends else []


def remember(attendance: Attendance, fact: CheckedIn | CheckedOut, post: str) -> None:
    """Adds a fact to the officer's reports, in its place by time."""
    keep(attendance, _said(fact), fact.id, post)


def _said(fact: CheckedIn | CheckedOut) -> Said:
    """By when it happened on a corrected clock: what a phone shows is no witness of what another shows."""
    read, said = _newest[0]
    if read is not fact:
        at_ms, _ = corrected_ms(fact.occurred_at, fact.sent_at, fact.recorded_at)
        said = Said(officer_key(fact.officer_id), fact.place, at_ms, isinstance(fact, CheckedOut))
        _newest[0] = fact, said
    return said


def keep(attendance: Attendance, said: Said, fact_id: str, post: str) -> None:
    """Adds one report in its place by time."""
    seen = attendance.officers.get(said.who)
    if seen is None:
        seen = attendance.officers[said.who] = Seen(
            at_ms=array("q"), what=array("I"), fact_ids=[], said_by=array("I")
        )
    number = attendance.places.setdefault(said.place, len(attendance.places))
    index = bisect_right(seen.at_ms, said.at_ms)
    seen.at_ms.insert(index, said.at_ms)
    seen.what.insert(index, number * 2 + said.ends)
    seen.fact_ids.insert(index, fact_id)
    seen.said_by.insert(index, attendance.number_of(post))


def told_by(attendance: Attendance, officer_id: str, fact_id: str) -> set[str]:
    """The posts that reported that officer's presence under this id."""
    seen = attendance.officers.get(officer_key(officer_id))
    if seen is None:
        return set()
    told = zip(seen.fact_ids, seen.said_by, strict=True)
    return {attendance.post_names[number] for each, number in told if each == fact_id}


class _Standing:
    """The reports of one officer that nobody took back."""

    def __init__(self, attendance: Attendance, seen: Seen, is_void: IsVoid) -> None:
        self._names, self._seen, self._is_void = attendance.post_names, seen, is_void

    def within(self, what: int, first_ms: int, last_ms: int) -> str | None:
        """The id of the first report of that kind within the closed interval."""
        seen, kinds = self._seen, self._seen.what
        for index in range(bisect_left(seen.at_ms, first_ms), bisect_right(seen.at_ms, last_ms)):
            if kinds[index] == what and self._stands(index):
                return seen.fact_ids[index]
        return None

    def is_in(self, number: int, at_ms: int) -> bool:
        """True if the last report of the place up to `at_ms`, at most a day back, is a check-in."""
        seen = self._seen
        for index in range(bisect_right(seen.at_ms, at_ms) - 1, -1, -1):
            if seen.at_ms[index] < at_ms - EARLY_WINDOW_MS:
                return False
            if seen.what[index] >> 1 == number and self._stands(index):
                return seen.what[index] & 1 == 0
        return False

    def _stands(self, index: int) -> bool:
        seen = self._seen
        return not self._is_void(seen.fact_ids[index], self._names[seen.said_by[index]])
