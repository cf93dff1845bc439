"""Which operations were opened, and how: all an edge of this service takes from the scheduler's decisions.

An edge needs it so that a token of an exercise never acts in a real operation, nor the other way round. What
the decider decides never depends on it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.codec import decode_decision
from pamwal.contracts.scheduling import OperationOpened
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition

_TELLS: Final = b'"operation_opened"'
"""Only decisions with these bytes can hold such a fact: one in many thousands has to be decoded."""


class Opened(Struct, frozen=True):
    """What an edge knows of an operation."""

    mode: Mode


class Openings:
    """Every operation's opening, as the follower brings the scheduler's decisions."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [SCHEDULING_DECISIONS.name], self._fold)
        self._opened: dict[str, Opened] = {}

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known yet."""
        opened = self._opened.get(operation_id)
        if opened is not None:
            return opened.mode
        if not self.follower.level_once:
            raise not_folded()
        return None

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            if _TELLS not in record.value:
                continue
            decision = decode_decision(record.value)
            for fact in decision.data.facts:
                if isinstance(fact, OperationOpened):
                    self._opened[decision.operationid] = Opened(fact.mode)
