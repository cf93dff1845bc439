"""The devices of all operations, as an edge needs them: whose each is, whom a code invites, what is lost."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pamwal.contracts.codec import Fact
from pamwal.contracts.device_reads import DeviceShown, DeviceState
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import (
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    FieldFactBase,
    is_doubtful,
)


class Invited(Struct, frozen=True, kw_only=True):
    """Whom a code invites."""

    operation_id: str
    postid: str
    device_id: str
    officer_id: str | None
    invited_at: str
    """When it was decided that this device is invited with this code."""


class _Device(Struct):
    """The latest of each fact, and when the device was last heard since it is known."""

    invited: DeviceInvited | None = None
    enrolled: DeviceEnrolled | None = None
    revoked: DeviceRevoked | None = None
    heard_at: str | None = None


class Devices:
    """Facts may come in any order and more than once."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, str, str]] = {}
        """Digest of a code → when it was first invited with, in which operation, the source of the device."""
        self._known: dict[str, dict[str, _Device]] = {}
        """Operation → source → device."""

    def fold(self, decision: Decision[Fact]) -> None:
        """Takes a decision in."""
        for fact in decision.data.facts:
            if isinstance(fact, DeviceInvited | DeviceEnrolled | DeviceRevoked):
                self._take(decision.operationid, fact, decision.data.knownat)
        source = decision.data.request.source if decision.data.request is not None else None
        own = self._device(decision.operationid, source or "")
        if own is not None:
            own.heard_at = max(own.heard_at or "", decision.data.knownat)

    def invited_by(self, code_sha256: str) -> Invited | None:
        """Whom the code with that digest invites, used or not; None if nobody.

        Digests stand in the log, for every post to see. So a code is that of the device that was first
        invited with it, in whichever operation. In the same one the decider refuses a second one.
        """
        invited_at, operation_id, source = self._codes.get(code_sha256, ("", "", ""))
        device = self._device(operation_id, source)
        if device is None or device.invited is None:
            return None
        return Invited(
            operation_id=operation_id,
            postid=device.invited.postid,
            device_id=device.invited.device_id,
            officer_id=device.invited.officer_id,
            invited_at=invited_at,
        )

    def lost(self, operation_id: str, post: str | None, device: str | None) -> bool:
        """True if that device was revoked."""
        found = self._device(operation_id, f"/posts/{post}/devices/{device}")
        return found is not None and found.revoked is not None

    def doubtful(self, operation_id: str, source: str, fact: FieldFactBase) -> bool:
        """True if the source is of a device that was lost when an edge received this."""
        found = self._device(operation_id, source)
        if found is None or found.revoked is None:
            return False
        return is_doubtful(found.revoked.lost_since, fact.recorded_at)

    def of(self, operation_id: str) -> Iterable[DeviceShown]:
        """The devices of an operation, by post and id."""
        known = self._known.get(operation_id, {})
        return (_shown(source, known[source]) for source in sorted(known))

    def _take(
        self, operation_id: str, fact: DeviceInvited | DeviceEnrolled | DeviceRevoked, knownat: str
    ) -> None:
        source = f"/posts/{fact.postid}/devices/{fact.device_id}"
        device = self._known.setdefault(operation_id, {}).setdefault(source, _Device())
        match fact:
            case DeviceInvited():
                own = (knownat, operation_id, source)
                self._codes[fact.code_sha256] = min(own, self._codes.get(fact.code_sha256, own))
                if device.invited is None or fact.version > device.invited.version:
                    device.invited = fact
            case DeviceEnrolled():
                device.enrolled = fact
            case DeviceRevoked():
                if device.revoked is None or fact.version > device.revoked.version:
                    device.revoked = fact

    def _device(self, operation_id: str, source: str) -> _Device | None:
        """The device that speaks as this source, or as one below its own."""
        known = self._known.get(operation_id)
        return None if known is None else known.get("/".join(source.split("/", 5)[:5]))


def _shown(source: str, device: _Device) -> DeviceShown:
    _, _, post, _, device_id = source.split("/")
    state: DeviceState = "invited" if device.enrolled is None else "enrolled"
    invited = device.invited
    return DeviceShown(
        device_id=device_id,
        post=post,
        source=source,
        state=state if device.revoked is None else "revoked",
        officer_id=None if invited is None else invited.officer_id,
        code_expires_at=invited.expires_at if invited is not None and device.enrolled is None else None,
        enrolled_at=None if device.enrolled is None else device.enrolled.occurred_at,
        heard_at=device.heard_at,
        lost_since=None if device.revoked is None else device.revoked.lost_since,
    )
