"""A post's own part of a day: closed, opened again, and what comes after it was closed.

A closing names what the post's own reports leave open, by what is known when it is decided; it binds nobody.
A report of a closed day that an edge had later is kept and marked `after_closing`.
"""

from __future__ import annotations

from bisect import insort
from typing import Any, Final

from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    ClosePost,
    ConfirmWatch,
    EndPoll,
    HandOverWatch,
    Heartbeat,
    PostClosed,
    PostReopened,
    ReopenPost,
    StartPoll,
)
from pamwal.contracts.field.clocks import corrected_ms, happened_ms
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import DAY_MS, HOUR_MS, OFFSET_H, midnight
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.open_items import open_items, still_open
from services.checkin.deciding.own_affairs import Closing, closed_by
from services.checkin.deciding.state import CheckinState

OF_ITSELF: Final = (Heartbeat, ClosePost, ReopenPost, HandOverWatch, ConfirmWatch, StartPoll, EndPoll)
"""What a post says of itself is no report of its day."""


def close_post(state: CheckinState, request: Request[ClosePost], fact_id: str) -> Verdict[Any]:
    """A post has told its part of a day; the fact names what is still open."""
    said = request.data
    fact = PostClosed(
        id=fact_id,
        postid=request.postid,
        day=said.day,
        zone=said.zone,
        author=request.actor,
        open=open_items(state, request.postid, said, _at_ms(request)),
        **clocks_of(request),
    )
    own = state.own.get(request.postid)
    standing = closed_by(own.closings.get(said.day, ())) if own is not None else None
    warnings = [still_open(fact.open)] if fact.open.total else []
    if standing is not None:
        told = f"{said.day} was already closed"
        warnings.append(Reason(code="witness", message=told, subject=standing.fact_id))
    return Verdict(facts=[fact], warnings=warnings)


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
