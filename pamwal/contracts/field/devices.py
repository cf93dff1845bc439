"""Devices: a phone or a post's own PC is invited with a one-time code, enrols once, and may be lost."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.instants import Instant, Stamp
from pamwal.contracts.persons import OfficerId, PersonalRef

INVITED_MAX: Final = 1_000
CodeDigest = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="hex SHA-256 of a one-time code; the code is not kept"),
]


class Invitation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device, whose it is to be, and the digest of the code it enrols with."""

    device_id: Identifier
    code_sha256: CodeDigest
    expires_at: Instant
    officer_id: OfficerId | None = None
    """None: a PC of the post itself."""


# --- requests


class InviteDevices(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post invites devices, all or none; a new code for one that did not enrol replaces the old."""

    invitations: Annotated[list[Invitation], Meta(min_length=1, max_length=INVITED_MAX)]


class EnrolDevice(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A device has its code. An edge says it for the device, which has no token yet."""

    device_id: Identifier
    code_sha256: CodeDigest


class RevokeDevices(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Devices are lost: presence and incidents that they report from then on are kept and marked, no more.

    Devices that a lost device invited are revoked with it, and so are those that these invited. If
    `lost_since` is given, devices that had enrolled before it are not. Why may be about a person: the edge
    keeps it apart and sets `text_ref`.
    """

    devices: Annotated[list[Identifier], Meta(min_length=1, max_length=INVITED_MAX)]
    lost_since: Instant | None = None
    """None: reports are marked from the request's `time` on, and every device it invited is revoked."""
    text: Text | None = None
    text_ref: PersonalRef | None = None


# --- facts


class DeviceFactBase(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True):
    """What all facts of a device carry; ids of devices are a post's own."""

    device_id: str
    postid: str
    version: int
    author: str


class DeviceInvited(DeviceFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="device_invited"):
    """Whoever has the code may enrol that device until it expires."""

    code_sha256: str
    expires_at: Stamp
    officer_id: str | None = None


class DeviceEnrolled(DeviceFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="device_enrolled"):
    """The code is used; the device speaks for its officer, or its post."""

    officer_id: str | None = None


class DeviceRevoked(DeviceFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="device_revoked"):
    """The device is lost since then; it enrols no more, and nothing is read with it."""

    lost_since: Stamp
    text_ref: PersonalRef | None = None
    invited_by: str | None = None
    """The lost device that invited it, where it was revoked for that; None: it was named in the request."""


def is_doubtful(lost_since: str, recorded_at: str) -> bool:
    """Whether an edge received a report of a device when the device was lost already.

    When it is said to have happened does not matter: whoever holds the device sets its clock.
    """
    return recorded_at >= lost_since
