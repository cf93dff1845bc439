"""Accountability polls of a day: whom each asks, by plan and by who was there, and who has answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

from pamwal.contracts.field import PollAcked, PollStarted
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import from_ms
from pamwal.contracts.posts_shown import OperationPolls, PolledOfficer, PolledState, PollRow, Polls
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import DAY_MS, local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.own_affairs import PollTold
from services.reporting.picture.presences import Presence
from services.reporting.views.stands import OfficerDay, Window, officer_days
from services.reporting.views.unnamed import on_intel_since
from services.reporting.views.window import window_of, zone_of

_COUNTS: Final = ("running", "asked", "acked", "late", "pending", "missed", "excused")


_SPARED: Final = frozenset({"excused", "relieved"})
"""How who did not answer stands, if he is not missed for that."""


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
        zone=zone_of(picture),
    )


def polls_of(picture: OperationPicture, window: Window, sight: Sight, *, officers: bool = False) -> Polls:
    """The polls that began or ran on the window's day, by its moment; their officers only if asked for."""
    if not picture.affairs.polls:
        return _NONE
    found = []
    for poll_id, poll in picture.affairs.polls.items():
        begun = poll.beginning()
        if begun is None or begun[0] >= window.before_ms or begun[0] > window.now_ms:
            continue
        asks = _Asks(picture, poll, *begun, window)
        if begun[0] >= window.first_ms or asks.due_ms > window.first_ms:
            found.append(_row(poll_id, asks, sight if officers else None))
    found.sort(key=lambda row: (row.starts_at, row.poll_id), reverse=True)
    counts = {name: sum(getattr(row, name) for row in found) for name in _COUNTS}
    return Polls(**counts, rows=[] if sight == "counts" else found)


_NONE: Final = Polls()


class _Asks:
    """One poll at the window's moment: when it is over, and who stands how on the day on which it began."""

    def __init__(
        self, picture: OperationPicture, poll: PollTold, began_ms: int, fact: PollStarted, window: Window
    ) -> None:
        self.picture, self.began_ms, self.fact, self.now_ms = picture, began_ms, fact, window.now_ms
        self._poll = poll
        self.due_ms = poll.due_ms(began_ms, fact, window.now_ms)
        self.running = window.now_ms < self.due_ms
        first_ms = began_ms - (began_ms - window.first_ms) % DAY_MS
        self.day = Window(
            first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=min(self.due_ms, window.now_ms)
        )

    @cached_property
    def acked(self) -> dict[str, _Acked]:
        """Officer → the first word that he is accounted for."""
        return _acked(self.picture, self._poll, self.now_ms)

    @cached_property
    def asked(self) -> set[str]:
        """Whom it asks."""
        return _asked(self.picture, self.fact, self.began_ms, self.now_ms)

    @cached_property
    def days(self) -> dict[str, OfficerDay]:
        """Officer → his day, of those it asks."""
        return {day.officer_id: day for day in officer_days(self.picture, self.day, self.asked)}

    @cached_property
    def spared(self) -> dict[str, PolledState]:
        """Who did not answer, and need not: excused, or relieved before it was over."""
        found = ((each, self._spared(each)) for each in self.asked - self.acked.keys())
        return {officer_id: state for officer_id, state in found if state is not None}

    def intel(self, officer_id: str) -> bool:
        """Nothing of such an officer may be named (domain section 5)."""
        if officer_id in on_intel_since(self.picture):
            return True
        day = self.days.get(officer_id)
        stays = self.picture.attendance(officer_id, self.now_ms).presences
        comes_for = (each.deployment for each in stays)
        return (day is not None and day.intel) or any(each and each.role == "intel" for each in comes_for)

    def _spared(self, officer_id: str) -> PolledState | None:
        day, at_ms = self.days.get(officer_id), self.began_ms
        stands = day.stands if day is not None else []
        due = [each for each in stands if each.deployment.starts_ms <= at_ms < each.deployment.ends_ms]
        states = {each.state for each in due or stands}
        if states and states <= _SPARED:
            return "relieved" if "relieved" in states else "excused"
        away = not stands and (
            self.picture.plan.away(officer_id, at_ms, self.due_ms)
            or self.picture.rolls.excuse(officer_id, self.day.first_ms, self.day.before_ms, self.day.now_ms)
        )
        return "excused" if away else None


def _row(poll_id: str, asks: _Asks, sight: Sight | None) -> PollRow:
    """One poll; with a `sight` also its officers."""
    fact, asked, acked, spared = asks.fact, asks.asked, asks.acked, asks.spared
    answered = [acked[each] for each in asked if each in acked]
    silent = len(asked) - len(answered) - len(spared)
    officers = []
    if sight is not None and sight != "counts":
        shown = (each for each in sorted(asked) if sight == "full" or not asks.intel(each))
        officers = [_officer(each, asks) for each in shown]
    return PollRow(
        poll_id=poll_id,
        post_id=fact.postid,
        place=fact.place,
        post=fact.post,
        starts_at=from_ms(asks.began_ms),
        due_at=from_ms(asks.due_ms),
        running=asks.running,
        asked=len(asked),
        acked=len(answered),
        late=sum(each.at_ms > asks.due_ms for each in answered),
        pending=silent if asks.running else 0,
        missed=0 if asks.running else silent,
        unasked=len(acked.keys() - asked),
        officers=officers,
        excused=len(spared),
    )


def _officer(officer_id: str, asks: _Asks) -> PolledOfficer:
    acked = asks.acked.get(officer_id)
    if acked is None:
        silent: PolledState = "pending" if asks.running else "missed"
        return PolledOfficer(officer_id=officer_id, state=asks.spared.get(officer_id, silent))
    return PolledOfficer(
        officer_id=officer_id,
        state="acked",
        acked_at=from_ms(acked.at_ms),
        late=acked.at_ms > asks.due_ms,
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
        officer_id = picture.ids.written(fact.officer_id)
        known = found.get(officer_id)
        if known is None or told[:3] < known[:3]:
            found[officer_id] = told
    return found


def _asked(picture: OperationPicture, fact: PollStarted, began_ms: int, now_ms: int) -> set[str]:
    """Whom the poll asks: those it names; else who was ordered there, or seen there, when it began.

    Of a post: whose duty it would report, or whom it reported itself.
    """
    if fact.officers is not None:
        return set(map(picture.ids.written, fact.officers))
    ordered = picture.plan.deployments_within(began_ms, began_ms + 1)
    asked = {
        officer_id
        for officer_id, own in ordered.items()
        if any(each.place == fact.place or fact.post in each.reporters for each in own)
    }
    for officer_id in picture.reports.keys() - asked:
        stay = _stay(picture, officer_id, began_ms, now_ms)
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
