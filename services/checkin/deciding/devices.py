"""Devices: invited by a post, enrolled once with a code, revoked as lost. What is asked can be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import (
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    EnrolDevice,
    Invitation,
    InviteDevices,
    Relieve,
    ReportIncident,
    RevokeDevices,
    is_doubtful,
)
from services.checkin.deciding.state import CheckinState, Device

ADDED_BY_LOST: Final = (CheckIn, CheckOut, Relieve, CheckInSquad, CallRoll, ReportIncident)
"""Presence and incident reports: all that a lost device may add, marked."""


def not_itself(data: EnrolDevice, claims: Claims) -> str | None:
    """Why this token may not enrol that device; or None."""
    if claims.device == data.device_id:
        return None
    return "a device enrols itself, with its code, where an edge takes codes"


def lost_device(state: CheckinState, request: Request[Any], claims: Claims) -> Device | None:
    """The lost device that speaks: the one that the token is of, or the one that the source names."""
    if not state.devices:
        return None
    for key in (f"{claims.post}/{claims.device}", _key_of(request.source)):
        device = state.devices.get(key)
        if device is not None and device.lost_since is not None:
            return device
    return None


def not_added_by_lost(request: Request[Any], claims: Claims, lost: Device | None) -> str | None:
    """Why a lost device may not say this, as a sentence; or None. To enrol is refused by its own rule."""
    if lost is None or isinstance(request.data, (*ADDED_BY_LOST, EnrolDevice)):
        return None
    name = claims.device or _key_of(request.source).partition("/")[2]
    return f"device {name} was revoked: it adds presence and incident reports, and nothing else"


def lost_advice(request: Request[Any], lost: Device | None) -> list[Reason]:
    """`device_lost` for a report of a lost device that came since the loss."""
    if lost is None or lost.lost_since is None or not is_doubtful(lost.lost_since, request.recordedat):
        return []
    sentence = f"this device is lost since {lost.lost_since}: what it says since is doubtful"
    return [Reason(code="device_lost", message=sentence, subject=request.source)]


def invite_devices(state: CheckinState, request: Request[InviteDevices], fact_id: str) -> Verdict[Any]:
    """Invitations stand, all or none.

    Whether an officer is on the roster, and of the post that invites, is checked by the edge
    (`Plans.examine`) and not here. The roster is decided by the scheduler, and this decider reads its own
    requests and decisions only, so that its answers follow from them. A request that went around the edge
    has no seal that fits.
    """
    rows, named = request.data.invitations, set[str]()
    invited_with = _invited_with(state)
    reasons = []
    for number, row in enumerate(rows):
        reason = _not_invited(state.devices.get(f"{request.postid}/{row.device_id}"), row, request, number)
        if row.device_id in named:
            reason = _twice(row.device_id, number)
        named.add(row.device_id)
        others = invited_with.setdefault(row.code_sha256, set())
        others.add(f"{request.postid}/{row.device_id}")
        if reason is None and len(others) > 1:
            reason = _code_taken(row.device_id, number)
        if reason is not None:
            reasons.append(reason)
    if reasons:
        told = f"{len(reasons)} of {len(rows)} cannot be invited, so none is: {reasons[0].message}"
        first = reasons[0]
        return refuse(first.code, told, subject=first.subject, rows=reasons, possible=first.possible)
    return Verdict(
        facts=[
            DeviceInvited(
                id=_numbered(fact_id, number),
                device_id=row.device_id,
                version=_next(state, request, row.device_id),
                code_sha256=row.code_sha256,
                expires_at=row.expires_at,
                officer_id=row.officer_id,
                **_said(request),
            )
            for number, row in enumerate(rows)
        ]
    )


def enrol_device(state: CheckinState, request: Request[EnrolDevice], fact_id: str) -> Verdict[Any]:
    """The device is enrolled if the code is its own, was not used, and still holds."""
    data = request.data
    device = state.devices.get(f"{request.postid}/{data.device_id}")
    refused = _not_enrolled(device, data, request.recordedat)
    if device is None or refused is not None:
        return Verdict(reason=refused)
    fact = DeviceEnrolled(
        id=fact_id,
        device_id=data.device_id,
        version=device.version + 1,
        officer_id=device.officer_id,
        **_said(request),
    )
    return Verdict(facts=[fact])


def revoke_devices(state: CheckinState, request: Request[RevokeDevices], fact_id: str) -> Verdict[Any]:
    """Devices are lost, also such as never enrolled; said again it corrects since when.

    Devices that a lost one invited are revoked in the same decision, each by a fact of its own.
    """
    data, facts, warnings = request.data, [], []
    named = sorted(set(data.devices))
    fallen = _invited_by(state, request.postid, named, data.lost_since)
    for number, (device_id, inviter) in enumerate([*((each, None) for each in named), *fallen]):
        facts.append(
            DeviceRevoked(
                id=_numbered(fact_id, number),
                device_id=device_id,
                version=_next(state, request, device_id),
                lost_since=data.lost_since or request.time,
                text_ref=data.text_ref if inviter is None else None,
                invited_by=inviter,
                **_said(request),
            )
        )
        if f"{request.postid}/{device_id}" not in state.devices:
            told = f"device {device_id} was never invited; what it says is marked all the same"
            warnings.append(Reason(code="early", message=told, subject=device_id))
    return Verdict(facts=facts, warnings=warnings)


def _invited_by(
    state: CheckinState, post: str, lost: list[str], since: str | None
) -> Iterator[tuple[str, str]]:
    """The devices that fall with lost ones and who invited each, level by level, sorted in each.

    With `since`, a device that had enrolled before stays, with all that it invited.
    """
    guests: dict[str, list[str]] = {}
    for key, device in sorted(state.devices.items()):
        owner, _, name = key.partition("/")
        if owner == post and device.invited_by is not None and not _stays(device, since):
            guests.setdefault(device.invited_by, []).append(name)
    level, done = list(lost), set(lost)
    while level:
        found = {name: inviter for inviter in level for name in guests.get(inviter, ()) if name not in done}
        level = sorted(found)
        done.update(level)
        for name in level:
            lost_since = state.devices[f"{post}/{name}"].lost_since
            if lost_since is None or (since is not None and since < lost_since):
                yield name, found[name]


def _stays(device: Device, since: str | None) -> bool:
    if since is None or device.lost_since is not None:
        return False
    return device.enrolled_at is not None and device.enrolled_at < since


def device_told(state: CheckinState, fact: DeviceInvited | DeviceEnrolled | DeviceRevoked, post: str) -> None:
    """Keeps how a device stands."""
    known = state.devices.setdefault(f"{post}/{fact.device_id}", Device())
    known.version = fact.version
    match fact:
        case DeviceInvited():
            known.code_sha256, known.expires_at = fact.code_sha256, fact.expires_at
            known.officer_id = fact.officer_id
        case DeviceEnrolled():
            known.enrolled_at = fact.recorded_at
        case DeviceRevoked():
            known.lost_since = fact.lost_since


def inviter_kept(state: CheckinState, fact: DeviceInvited, post: str, source: str) -> None:
    """Keeps which device of the post invited another, as the source of the request names it."""
    owner, _, inviter = _key_of(source).partition("/")
    state.devices[f"{post}/{fact.device_id}"].invited_by = inviter if owner == post else None


def _not_enrolled(device: Device | None, data: EnrolDevice, recorded_at: str) -> Reason | None:
    to_do = "ask the post for a new code"
    if device is None or device.code_sha256 != data.code_sha256:
        code, told = "code_unknown", "this code invites nobody, or another one replaced it"
    elif device.lost_since is not None:
        code, told = "device_revoked", "this device was revoked"
        to_do = "ask the post to invite it under another id"
    elif device.enrolled_at is not None:
        code, told = "code_used", "this code was used already"
    elif recorded_at >= device.expires_at:
        code, told = "code_expired", f"this code expired at {device.expires_at}"
    else:
        return None
    return Reason(code=code, message=f"{told}: {to_do}", subject=data.device_id, possible=to_do)


def _invited_with(state: CheckinState) -> dict[str, set[str]]:
    """Digest of a code → the devices, as `{post}/{device}`, that it invites, used or not."""
    found: dict[str, set[str]] = {}
    for key, device in state.devices.items():
        if device.code_sha256:
            found.setdefault(device.code_sha256, set()).add(key)
    return found


def _code_taken(device_id: str, number: int) -> Reason:
    told = f"{device_id}: another device is invited with this code"
    possible = "make a new random code for each device"
    return Reason(code="code_taken", message=told, subject=device_id, row=number, possible=possible)


def _twice(device_id: str, number: int) -> Reason:
    told = f"{device_id} is named twice"
    possible = "name each device once"
    return Reason(code="malformed", message=told, subject=device_id, row=number, possible=possible)


def _not_invited(device: Device | None, row: Invitation, request: Request[Any], number: int) -> Reason | None:
    if row.expires_at <= request.recordedat:
        told = f"{row.device_id}: its code would have expired at {row.expires_at}"
        possible = "let the code hold to a later moment"
        return Reason(code="malformed", message=told, subject=row.device_id, row=number, possible=possible)
    if device is None or (device.lost_since is None and device.enrolled_at is None):
        return None
    code = "device_enrolled" if device.lost_since is None else "device_revoked"
    told, possible = (
        f"{row.device_id} is {code.removeprefix('device_')} already",
        "give the new one another id",
    )
    message = f"{told}: {possible}"
    return Reason(code=code, message=message, subject=row.device_id, row=number, possible=possible)


def _key_of(source: str) -> str:
    """`maulafa/3` of `/posts/maulafa/devices/3`; what names no device has no key."""
    parts = source.split("/", 5)
    return f"{parts[2]}/{parts[4]}" if len(parts) > 4 and parts[3] == "devices" else ""


def _next(state: CheckinState, request: Request[Any], device_id: str) -> int:
    known = state.devices.get(f"{request.postid}/{device_id}")
    return 1 if known is None else known.version + 1


def _said(request: Request[Any]) -> dict[str, Any]:
    return {
        "occurred_at": request.time,
        "recorded_at": request.recordedat,
        "sent_at": request.sentat,
        "postid": request.postid,
        "author": request.actor,
    }


def _numbered(first_fact_id: str, number: int) -> str:
    return f"{first_fact_id.rpartition('/')[0]}/{number}"
