"""Devices that were revoked, for an edge that reads nothing else of the field.

A decider that reads its own requests and decisions only, as the scheduler's, hears of no revocation. So its
edges refuse every request of a lost device, and those of any device while they may not know that it is lost.
"""

from __future__ import annotations

from typing import Final

from pamwal.contracts.claims import Claims, Mode, modes_of
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import DeviceRevoked
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition

_MARK: Final = b'"device_revoked"'
"""In the bytes of each decision that revokes one, and of few others: only these are decoded."""

REST_S: Final = 0.1
"""A device may act so long after it was revoked: all that the field decides is read to hear of that."""


class LostDevices:
    """What to ask before a device is let in; a revoked one never comes back."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [FIELD_DECISIONS.name], self._fold, rest_s=REST_S)
        self._lost: set[tuple[str, Mode, str, str]] = set()
        """(operation, mode of who revoked it, post, device)."""

    def lost(self, claims: Claims) -> bool:
        """Whether the device these claims are of was revoked.

        HttpProblem 503 while that is not known here, also where what is known is too old.
        """
        if not self.follower.level_once:
            raise not_folded()
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(
                503,
                "not_folded",
                f"whether device {claims.device} was revoked is not known here now: {trouble}; send it again "
                "with the same id",
                headers=(("retry-after", "5"),),
            )
        return (claims.operation, claims.mode, claims.post, claims.device) in self._lost

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        marked = (record for record in records if _MARK in record.value)
        for _record, decision in self.follower.decisions(marked):
            asked = decision.data.request
            for fact in decision.data.facts:
                if isinstance(fact, DeviceRevoked):
                    for mode in modes_of(asked.mode if asked is not None else None):
                        self._lost.add((decision.operationid, mode, fact.postid, fact.device_id))
