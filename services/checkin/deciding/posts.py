"""Posts: who may speak for which (domain section 6), and their heartbeats."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import NOT_YOURS, Claims
from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    CheckIn,
    CheckOut,
    EnrolDevice,
    Heartbeat,
    HeartbeatHeard,
)
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.persons import officer_key
from pamwal.contracts.rights import is_within, not_allowed
from services.checkin.deciding.devices import not_itself
from services.checkin.deciding.state import CheckinState

OFFICER_STEPS: Final = frozenset({"on_scene", "contained"})
"""What an officer says of an incident himself; to verify, assign, close and reopen is his post's."""
BEAT_MS_MIN: Final = 55_000
"""A post beats once a minute, less what clocks and networks shift; sooner is kept and warned of."""


def not_yours(request: Request[Any], claims: Claims) -> Reason | None:
    """`not_yours` if its claims do not allow this request, or None.

    Judged by the request alone, so that the answer does not depend on the order of arrival. Which officers a
    field commander leads stands in the plan, which the decider does not read: the edge holds him to it.
    """
    reason = not_allowed(request)
    if reason is not None:
        return reason
    data = request.data
    if isinstance(data, EnrolDevice):
        message = not_itself(data, claims)
        possible = "post the code to /checkin/v1/enrol: the edge says it for the device"
    elif isinstance(data, Heartbeat):
        message = _not_these_sources(request, claims)
        possible = "name sources of the token's own post and device"
    else:
        message = _not_this_officers(claims, data) if claims.role == "officer" else None
        possible = f"a token of post {request.postid} or of the head of operations says this"
    return None if message is None else Reason(code=NOT_YOURS, message=message, possible=possible)


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
    own = officer_key(claims.officer)
    if isinstance(data, CheckIn | CheckOut | AckPoll) and officer_key(data.officer_id) != own:
        return f"officer {claims.officer} cannot report the presence of {data.officer_id}"
    if isinstance(data, AdvanceIncident) and data.step not in OFFICER_STEPS:
        return f"an officer says on_scene and contained; {data.step} is the post's to say"
    if isinstance(data, AmendIncident) and data.assignees is not None:
        return "to assign an incident is the post's"
    return None


def _not_these_sources(request: Request[Heartbeat], claims: Claims) -> str | None:
    """A post tells of its own sources; a device's token of that device's."""
    own = f"/posts/{request.postid}" + ("" if claims.device is None else f"/devices/{claims.device}")
    foreign = min((each for each in request.data.highest if not is_within(each, own)), default=None)
    return None if foreign is None else f"the source {foreign} is not of {own}"


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
