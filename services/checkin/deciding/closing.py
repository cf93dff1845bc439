"""A post's own part of a day: closed, opened again, and what comes after it was closed.

A closing names what the post's own reports leave open, by what is known when it is decided; it binds nobody.
A report of a closed day that an edge had later is kept and marked `after_closing`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Final

from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    ClosePost,
    ConfirmWatch,
    EndPoll,
    HandOverWatch,
    Heartbeat,
    OpenItems,
    PostClosed,
    PostReopened,
    ReopenPost,
    StartPoll,
)
from pamwal.contracts.field.clocks import corrected_ms, happened_ms
from pamwal.contracts.field.closing import OPEN_LISTED_MAX
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import DAY_MS, HOUR_MS, OFFSET_H, midnight
from services.checkin.deciding.attendance import LIST_WINDOW_MS
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.own_affairs import Closing, closed_by
from services.checkin.deciding.state import CheckinState

OF_ITSELF: Final = (Heartbeat, ClosePost, ReopenPost, HandOverWatch, ConfirmWatch, StartPoll, EndPoll)
"""What a post says of itself is no report of its day."""
OVER: Final = frozenset({"closed", "unfounded"})


def close_post(state: CheckinState, request: Request[ClosePost], fact_id: str) -> Verdict[Any]:
    """A post has told its part of a day; the fact names what is still open."""
    said = request.data
    fact = PostClosed(
        id=fact_id,
        postid=request.postid,
        day=said.day,
        zone=said.zone,
        author=request.actor,
        open=_open_items(state, request.postid, said, _at_ms(request)),
        **clocks_of(request),
    )
    own = state.own.get(request.postid)
    standing = closed_by(own.closings.get(said.day, ())) if own is not None else None
    if standing is None:
        return Verdict(facts=[fact])
    advice = Reason(code="witness", message=f"{said.day} was already closed", subject=standing.fact_id)
    return Verdict(facts=[fact], warnings=[advice])


def reopen_post(state: CheckinState, request: Request[ReopenPost], fact_id: str) -> Verdict[Any]:
    """A post has more to tell of a day."""
    said = request.data
    fact = PostReopened(
        id=fact_id,
        postid=request.postid,
        day=said.day,
        zone=said.zone,
        author=request.actor,
        **clocks_of(request),
    )
    own = state.own.get(request.postid)
    if own is not None and closed_by(own.closings.get(said.day, ())) is not None:
        return Verdict(facts=[fact])
    advice = Reason(code="early", message=f"that {request.postid} closed {said.day} is not known")
    return Verdict(facts=[fact], warnings=[advice])


def closing_seen(state: CheckinState, fact: PostClosed | PostReopened, post: str) -> None:
    """Keeps a closing or reopening in its place by time."""
    at_ms, _ = happened_ms(fact)
    told = Closing(at_ms, fact.id, isinstance(fact, PostClosed), to_ms(fact.recorded_at), fact.zone)
    own = state.own_of(post)
    number = day_number(to_ms(midnight(fact.day, fact.zone)), fact.zone)
    own.day_numbers.setdefault(fact.zone, {})[number] = fact.day
    insort(own.closings.setdefault(fact.day, []), told)
    state.steps.add(fact.id)


def closing_advice(state: CheckinState, request: Request[Any]) -> list[Reason]:
    """`after_closing` for a report of a day that its post had closed when an edge had it."""
    own = state.own.get(request.postid)
    if own is None or not own.closings or isinstance(request.data, OF_ITSELF):
        return []
    at_ms, recorded_ms = _at_ms(request), to_ms(request.recordedat)
    for zone in sorted(own.day_numbers):
        day = own.day_numbers[zone].get(day_number(at_ms, zone))
        closed = closed_by(own.closings[day]) if day is not None else None
        if closed is not None and closed.zone == zone and recorded_ms > closed.recorded_ms:
            sentence = f"{request.postid} had closed {day}; this is kept, and shown as come after it"
            return [Reason(code="after_closing", message=sentence, subject=closed.fact_id)]
    return []


def day_number(at_ms: int, zone: str) -> int:
    """The number since 1970 of the local day in which a moment lies."""
    return (at_ms + OFFSET_H[zone] * HOUR_MS) // DAY_MS


def _at_ms(request: Request[Any]) -> int:
    return corrected_ms(request.time, request.sentat, request.recordedat)[0]


def _open_items(state: CheckinState, post: str, said: ClosePost, now_ms: int) -> OpenItems:
    first_ms = to_ms(midnight(said.day, said.zone))
    officers = _standing(state, post, first_ms - LIST_WINDOW_MS, first_ms + DAY_MS)
    incidents = sorted(
        incident_id
        for incident_id, incident in state.incidents.items()
        if incident.history and incident.state not in OVER and _concerns(state, post, incident_id)
    )
    own = state.own.get(post)
    watches = sorted(name for name, watch in own.watches.items() if watch.waits) if own else []
    polls = sorted(name for name, poll in state.polls.items() if poll.runs(post, now_ms))
    return OpenItems(
        officers=officers[:OPEN_LISTED_MAX],
        incidents=incidents[:OPEN_LISTED_MAX],
        watches=watches[:OPEN_LISTED_MAX],
        polls=polls[:OPEN_LISTED_MAX],
        total=len(officers) + len(incidents) + len(watches) + len(polls),
    )


def _standing(state: CheckinState, post: str, first_ms: int, before_ms: int) -> list[str]:
    """Officers whom the post checked in within [first, before) and nobody saw going, by id."""
    own = state.own.get(post)
    named = own.officers if own is not None else ()
    return sorted(each for each in named if _is_in_by(state, post, each, first_ms, before_ms))


def _is_in_by(state: CheckinState, post: str, officer_id: str, first_ms: int, before_ms: int) -> bool:
    """True if the officer's last stay in that time is not over and one of its check-ins is the post's."""
    seen = state.attendance.officers[officer_id]
    left: set[int] = set()
    place: int | None = None
    for index in range(bisect_left(seen.at_ms, before_ms) - 1, -1, -1):
        if seen.at_ms[index] < first_ms:
            return False
        fact_id, number = seen.fact_ids[index], seen.what[index] >> 1
        said_by = {each for each in state.posts_of(fact_id) if not state.is_void(fact_id, each)}
        if not said_by:
            continue
        if seen.what[index] & 1:
            if place == number:
                return False
            left.add(number)
            continue
        if number in left or place not in {None, number}:
            return False
        place = number
        if post in said_by:
            return True
    return False


def _concerns(state: CheckinState, post: str, incident_id: str) -> bool:
    """True if the post reported the incident, and did not take that back, or is assigned to it.

    One that is said to be the same as another is left to that one.
    """
    incident, merged = state.incidents[incident_id], state.merges.get(incident_id)
    if merged is not None and merged.into:
        return False
    reported = incident.history[0].step_id
    if post in state.posts_of(reported) and not state.is_void(reported, post):
        return True
    taken = {line.step_id for line in incident.history}
    assigned = [step.assignee for step in incident.steps if step.assignee and step.id in taken]
    return bool(assigned) and assigned[-1] == post
