"""Devices as checkin tells who keeps them: whose each is, how it stands, and since when it is lost."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.zones import Zone

DeviceState = Literal["invited", "enrolled", "revoked"]


class DeviceShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device of a post. Moments are Instants; what did not happen is left out."""

    device_id: str
    post: str
    source: str
    """What it names itself in all it says."""
    state: DeviceState
    officer_id: str | None = None
    """None: a PC of the post itself."""
    code_expires_at: str | None = None
    """Until when the code of one that was invited holds."""
    enrolled_at: str | None = None
    heard_at: str | None = None
    """When the latest of what it said was decided."""
    lost_since: str | None = None


class DeviceList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Devices by post and id. `next_after`, if there are more, goes on from here."""

    devices: list[DeviceShown]
    next_after: str | None = None
    zone: Zone
    """The operation's own, to show its times in."""
