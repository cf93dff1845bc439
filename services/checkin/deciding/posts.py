"""Posts: who may speak for which (domain section 6), and their heartbeats."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import Claims, read_claims, stranger_to
from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.field import (
    AdvanceIncident,
    AmendIncident,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    CountAttendance,
    EndRally,
    EscalateIncident,
    Heartbeat,
    HeartbeatHeard,
    MergeIncident,
    Relieve,
    StartRally,
    UnmergeIncident,
)
from services.checkin.deciding.devices import INVITING, KEPT_BY, not_this_device
from services.checkin.deciding.state import CheckinState

FEEDING_ROLES: Final = frozenset({"officer", "field_commander", "command_post", "ops_head"})
OFFICER_STEPS: Final = frozenset({"on_scene", "contained"})
"""What an officer says of an incident himself; to verify, assign, close and reopen is his post's."""
OF_OTHERS: Final = (Relieve, CheckInSquad, CallRoll, StartRally, EndRally, CountAttendance)
"""What speaks of more than an officer's own presence."""


def not_yours(request: Request[Any]) -> str | None:
    """Why the claims do not allow this request, as a sentence, or None.

    Judged by the request alone, so that the answer does not depend on the order of arrival. Which officers a
    field commander leads stands in the plan, which this service does not read: any of the operation will do.
    """
    claims = read_claims(request.claims)
    if claims is None:
        return "these claims cannot be read"
    asks = INVITING if isinstance(request.data, KEPT_BY) else FEEDING_ROLES
    if claims.role not in asks:
        return f"the role {claims.role} reports nothing from the field"
    if not _of_post(request.source, request.postid):
        return f"the source {request.source} is not of post {request.postid}"
    stranger = stranger_to(request.claims, request.postid)
    if stranger is not None:
        return stranger.message
    if (foreign := not_this_device(request, claims)) is not None:
        return foreign
    if claims.role == "officer":
        return _not_this_officers(claims, request.data)
    if isinstance(request.data, Heartbeat):
        return _not_this_posts(claims, request)
    return None


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
    if isinstance(data, CheckIn | CheckOut) and data.officer_id != claims.officer:
        return f"officer {claims.officer} cannot report the presence of {data.officer_id}"
    if isinstance(data, OF_OTHERS):
        return "this speaks of others: it is the field commander's or the post's to say"
    if isinstance(data, AdvanceIncident) and data.step not in OFFICER_STEPS:
        return f"an officer says on_scene and contained; {data.step} is the post's to say"
    if isinstance(data, EscalateIncident | MergeIncident | UnmergeIncident):
        return "to hand an incident up, or to say that two are one, is the post's"
    if isinstance(data, AmendIncident) and data.assignees is not None:
        return "to assign an incident is the post's"
    if isinstance(data, Heartbeat):
        return "a heartbeat is the post's to send"
    return None


def _not_this_posts(claims: Claims, request: Request[Heartbeat]) -> str | None:
    if claims.role == "field_commander":
        return "a heartbeat is the post's to send"
    foreign = min((s for s in request.data.highest if not _of_post(s, request.postid)), default=None)
    return foreign and f"the source {foreign} is not of post {request.postid}"


def _of_post(source: str, postid: str) -> bool:
    return source == f"/posts/{postid}" or source.startswith(f"/posts/{postid}/")


def heartbeat(state: CheckinState, request: Request[Heartbeat], fact_id: str) -> Verdict[Any]:  # noqa: ARG001
    """A heartbeat is kept."""
    return Verdict(facts=[hear(request, fact_id)])


def heard(state: CheckinState, fact: HeartbeatHeard, post: str) -> None:
    """Nothing here depends on it; the picture counts heartbeats."""
