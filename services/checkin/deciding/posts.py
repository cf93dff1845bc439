"""Posts: who may speak for which (domain section 6), and their heartbeats."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from pamwal.contracts.claims import Claims, stranger_to
from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    ClosePost,
    ConfirmWatch,
    CountAttendance,
    EndPoll,
    EndRally,
    EnrolDevice,
    EscalateIncident,
    HandOverWatch,
    Heartbeat,
    HeartbeatHeard,
    MergeIncident,
    Relieve,
    ReopenPost,
    StartPoll,
    StartRally,
    UnmergeIncident,
)
from pamwal.contracts.field.clocks import happened_ms
from services.checkin.deciding.devices import INVITING, KEPT_BY, not_itself, not_this_device
from services.checkin.deciding.state import CheckinState

FEEDING_ROLES: Final = frozenset({"officer", "field_commander", "command_post", "ops_head"})
OFFICER_STEPS: Final = frozenset({"on_scene", "contained"})
"""What an officer says of an incident himself; to verify, assign, close and reopen is his post's."""
OF_OTHERS: Final = (Relieve, CheckInSquad, CallRoll, StartRally, EndRally, CountAttendance)
"""What speaks of more than an officer's own presence."""
POSTS_OWN: Final[dict[type, str]] = {
    Heartbeat: "a heartbeat",
    ClosePost: "to close its day",
    ReopenPost: "to open its day again",
    HandOverWatch: "its watch",
    ConfirmWatch: "its watch",
    StartPoll: "a poll",
    EndPoll: "a poll",
}
"""What only a post says, or the head of operations for it → how that is called."""
BEAT_MS_MIN: Final = 55_000
"""A post beats once a minute, less what clocks and networks shift; sooner is kept and warned of."""


def not_yours(request: Request[Any], claims: Claims) -> str | None:
    """Why its claims do not allow this request, as a sentence, or None.

    Judged by the request alone, so that the answer does not depend on the order of arrival. Which officers a
    field commander leads stands in the plan, which this service does not read: any of the operation will do.
    """
    asks = INVITING if isinstance(request.data, KEPT_BY) else FEEDING_ROLES
    if claims.role not in asks:
        return f"the role {claims.role} reports nothing from the field"
    return (
        _not_from_there(request.claims, request.source, request.postid)
        or not_itself(request, claims)
        or _not_this_persons(request, claims)
    )


@lru_cache(maxsize=4_096)
def _not_from_there(text: str, source: str, postid: str) -> str | None:
    """Why these claims, which can be read, do not let that source of that post speak; or None."""
    if not _of_post(source, postid):
        return f"the source {source} is not of post {postid}"
    stranger = stranger_to(text, postid)
    return not_this_device(Claims.from_text(text), source, postid) if stranger is None else stranger.message


def who_may(request: Request[Any]) -> str:
    """Whose token may say what this one may not, as a sentence."""
    post, data = request.postid, request.data
    if isinstance(data, EnrolDevice):
        return "post the code to /checkin/v1/enrol: the edge says it for the device"
    if isinstance(data, KEPT_BY):
        return f"a token of post {post}, of the head of operations or of an admin says this"
    if type(data) in POSTS_OWN:
        return f"a token of post {post} or of the head of operations says this, as /posts/{post}/devices/…"
    return (
        f"a token of post {post} or of the head of operations says this, as /posts/{post}/devices/…;"
        " an officer's says what concerns him, a field commander's what concerns his officers"
    )


def _not_this_persons(request: Request[Any], claims: Claims) -> str | None:
    own = POSTS_OWN.get(type(request.data))
    if own is not None and claims.role in {"officer", "field_commander"}:
        return f"{own} is the post's to say"
    if claims.role == "officer":
        return _not_this_officers(claims, request.data)
    return _not_this_posts(request) if isinstance(request.data, Heartbeat) else None


def hear(request: Request[Heartbeat], fact_id: str) -> HeartbeatHeard:
    """The fact of a heartbeat."""
    return HeartbeatHeard(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        postid=request.postid,
        highest=dict(sorted(request.data.highest.items())),
        queue_length=request.data.queue_length,
    )


def _not_this_officers(claims: Claims, data: object) -> str | None:
    if claims.officer is None:
        return "this token names no officer"
    if isinstance(data, CheckIn | CheckOut | AckPoll) and data.officer_id != claims.officer:
        return f"officer {claims.officer} cannot report the presence of {data.officer_id}"
    if isinstance(data, OF_OTHERS):
        return "this speaks of others: it is the field commander's or the post's to say"
    if isinstance(data, AdvanceIncident) and data.step not in OFFICER_STEPS:
        return f"an officer says on_scene and contained; {data.step} is the post's to say"
    if isinstance(data, EscalateIncident | MergeIncident | UnmergeIncident):
        return "to hand an incident up, or to say that two are one, is the post's"
    if isinstance(data, AmendIncident) and data.assignees is not None:
        return "to assign an incident is the post's"
    return None


def _not_this_posts(request: Request[Heartbeat]) -> str | None:
    foreign = min((s for s in request.data.highest if not _of_post(s, request.postid)), default=None)
    return foreign and f"the source {foreign} is not of post {request.postid}"


def _of_post(source: str, postid: str) -> bool:
    return source == f"/posts/{postid}" or source.startswith(f"/posts/{postid}/")


def heartbeat(state: CheckinState, request: Request[Heartbeat], fact_id: str) -> Verdict[Any]:
    """A heartbeat is kept, also one too many: it may bring the number that shows a gap."""
    fact = hear(request, fact_id)
    own = state.own.get(request.postid)
    if own is None or abs(happened_ms(fact)[0] - own.beat_ms) >= BEAT_MS_MIN:
        return Verdict(facts=[fact])
    sentence = f"{request.postid} beats more than once a minute; once is enough"
    return Verdict(facts=[fact], warnings=[Reason(code="frequent", message=sentence)])


def heard(state: CheckinState, fact: HeartbeatHeard, post: str) -> None:
    """Keeps when the post's latest heartbeat was."""
    own = state.own_of(post)
    own.beat_ms = max(own.beat_ms, happened_ms(fact)[0])
