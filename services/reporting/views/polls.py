"""Accountability polls of a day: whom each asks, by plan and by who was there, and who has answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pamwal.contracts.field import PollAcked, PollStarted
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import from_ms
from pamwal.contracts.posts_shown import OperationPolls, PolledOfficer, PollRow, Polls
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.own_affairs import PollTold
from services.reporting.picture.presences import Presence
from services.reporting.views.stands import Window, officer_day
from services.reporting.views.window import window_of, zone_of

_COUNTS: Final = ("running", "asked", "acked", "late", "pending", "missed")


class _Acked(NamedTuple):
    at_ms: int
    fact_id: str
    post: str
    fact: PollAcked
    request: AnyAsked


def operation_polls(
    picture: OperationPicture,
    now: str,
    *,
    sight: Sight,
    day: str | None = None,
    vector: Mapping[str, int] | None = None,
) -> OperationPolls:
    """The polls of the local `day` (default: that of the Instant `now`), as far as the reader may see.

    ValueError if `day` is none.
    """
    window = window_of(picture, now, day)
    return OperationPolls(
        operation_id=picture.operation_id,
        day=day or local_day(now, zone_of(picture)),
        at=now,
        vector=dict(vector or {}),
        polls=polls_of(picture, window, sight, officers=True),
    )


def polls_of(picture: OperationPicture, window: Window, sight: Sight, *, officers: bool = False) -> Polls:
    """The polls that began on the window's day, by its moment; their officers only if asked for."""
    found = []
    for poll_id, poll in picture.affairs.polls.items():
        begun = poll.beginning()
        if begun is None or not window.first_ms <= begun[0] < window.before_ms or begun[0] > window.now_ms:
            continue
        found.append(_row(picture, poll_id, poll, *begun, window, sight if officers else None))
    found.sort(key=lambda row: (row.starts_at, row.poll_id), reverse=True)
    counts = {name: sum(getattr(row, name) for row in found) for name in _COUNTS}
    return Polls(**counts, rows=[] if sight == "counts" else found)


def _row(
    picture: OperationPicture,
    poll_id: str,
    poll: PollTold,
    began_ms: int,
    fact: PollStarted,
    window: Window,
    sight: Sight | None,
) -> PollRow:
    """One poll; with a `sight` also its officers."""
    due_ms = poll.due_ms(began_ms, fact, window.now_ms)
    running = window.now_ms < due_ms
    asked = _asked(picture, fact, began_ms, window)
    acked = _acked(picture, poll, window.now_ms)
    answered = [acked[each] for each in asked if each in acked]
    silent = len(asked) - len(answered)
    officers = []
    if sight is not None and sight != "counts":
        shown = (each for each in sorted(asked) if sight == "full" or not _intel(picture, window, each))
        officers = [_officer(each, acked.get(each), due_ms, running=running) for each in shown]
    return PollRow(
        poll_id=poll_id,
        post_id=fact.postid,
        place=fact.place,
        post=fact.post,
        starts_at=from_ms(began_ms),
        due_at=from_ms(due_ms),
        running=running,
        asked=len(asked),
        acked=len(answered),
        late=sum(each.at_ms > due_ms for each in answered),
        pending=silent if running else 0,
        missed=0 if running else silent,
        unasked=len(acked.keys() - asked),
        officers=officers,
    )


def _officer(officer_id: str, acked: _Acked | None, due_ms: int, *, running: bool) -> PolledOfficer:
    if acked is None:
        return PolledOfficer(officer_id=officer_id, state="pending" if running else "missed")
    return PolledOfficer(
        officer_id=officer_id,
        state="acked",
        acked_at=from_ms(acked.at_ms),
        late=acked.at_ms > due_ms,
        said_as=acked.fact.said_as,
        channel=acked.request.channel,
        post_id=acked.post,
    )


def _acked(picture: OperationPicture, poll: PollTold, now_ms: int) -> dict[str, _Acked]:
    """Officer → the first word that he is accounted for, by `now_ms`, that nobody took back."""
    found: dict[str, _Acked] = {}
    for (post, fact_id), (fact, request) in poll.acked.items():
        at_ms, _ = happened_ms(fact)
        if at_ms > now_ms or picture.voided(post, fact_id):
            continue
        told = _Acked(at_ms, fact_id, post, fact, request)
        known = found.get(fact.officer_id)
        if known is None or told[:3] < known[:3]:
            found[fact.officer_id] = told
    return found


def _asked(picture: OperationPicture, fact: PollStarted, began_ms: int, window: Window) -> set[str]:
    """Whom the poll asks: those it names; else who was ordered there, or seen there, when it began.

    Of a post: whose duty it would report, or whom it reported itself.
    """
    if fact.officers is not None:
        return set(fact.officers)
    ordered = picture.plan.deployments_within(began_ms, began_ms + 1)
    asked = {
        officer_id
        for officer_id, own in ordered.items()
        if any(each.place == fact.place or fact.post in each.reporters for each in own)
    }
    for officer_id in picture.reports.keys() - asked:
        stay = _stay(picture, officer_id, began_ms, window.now_ms)
        if stay is not None and (stay.place == fact.place or _told_by(stay, fact.post)):
            asked.add(officer_id)
    return asked


def _stay(picture: OperationPicture, officer_id: str, at_ms: int, now_ms: int) -> Presence | None:
    """Where he was at a moment, by all that is known now."""
    for stay in reversed(picture.attendance(officer_id, now_ms).presences):
        if stay.began_ms <= at_ms:
            return stay if stay.ended_ms is None or at_ms < stay.ended_ms else None
    return None


def _told_by(stay: Presence, post: str | None) -> bool:
    return post is not None and any(each.request.postid == post for each in stay.reports)


def _intel(picture: OperationPicture, window: Window, officer_id: str) -> bool:
    """Nothing of such an officer may be named (domain section 5)."""
    found = officer_day(picture, window, officer_id)
    comes_for = (each.deployment for each in picture.attendance(officer_id, window.now_ms).presences)
    return (found is not None and found.intel) or any(each and each.role == "intel" for each in comes_for)
