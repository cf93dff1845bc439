"""The devices of all operations, as an edge needs them: whose code it is, and which are lost since when."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import DeviceInvited, DeviceRevoked


class Invited(Struct, frozen=True, kw_only=True):
    """Whom a code invites."""

    operation_id: str
    postid: str
    device_id: str
    officer_id: str | None


class Devices:
    """Facts may come in any order and more than once."""

    def __init__(self) -> None:
        self._invited: dict[str, Invited] = {}
        self._lost: dict[tuple[str, str], DeviceRevoked] = {}

    def fold(self, decision: Decision[Fact]) -> None:
        """Takes a decision in."""
        for fact in decision.data.facts:
            if isinstance(fact, DeviceInvited):
                self._invited[fact.code_sha256] = Invited(
                    operation_id=decision.operationid,
                    postid=fact.postid,
                    device_id=fact.device_id,
                    officer_id=fact.officer_id,
                )
            elif isinstance(fact, DeviceRevoked):
                key = (decision.operationid, f"/posts/{fact.postid}/devices/{fact.device_id}")
                known = self._lost.get(key)
                if known is None or fact.version > known.version:
                    self._lost[key] = fact

    def invited_by(self, code_sha256: str) -> Invited | None:
        """Whom the code with that digest invites, used or not; None if nobody."""
        return self._invited.get(code_sha256)

    def lost(self, operation_id: str, post: str | None, device: str | None) -> bool:
        """True if that device was revoked."""
        return (operation_id, f"/posts/{post}/devices/{device}") in self._lost

    def lost_at(self, operation_id: str, source: str, at: str) -> bool:
        """True if the source is a device that was lost by then."""
        fact = self._lost.get((operation_id, source))
        return fact is not None and at >= fact.lost_since
