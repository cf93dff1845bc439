"""What an edge of this service takes from the scheduler's decisions: operations opened, officers registered.

An edge needs the mode so that a token of an exercise never acts in a real operation, nor the other way round;
names and units are for its lists. What the decider decides never depends on it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.codec import decode_decision
from pamwal.contracts.scheduling import OfficerRegistered, OperationAmended, OperationOpened
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition

_TELL: Final = (b'"operation_opened"', b'"operation_amended"', b'"officer_registered"')
"""Only decisions with these bytes can hold such a fact: few have to be decoded."""


class Opened(Struct, frozen=True):
    """What an edge knows of an operation."""

    mode: Mode
    name: str


class Openings:
    """Every operation's opening and roster, as the follower brings the scheduler's decisions, in order."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [SCHEDULING_DECISIONS.name], self._fold)
        self._opened: dict[str, Opened] = {}
        self._officers: dict[tuple[str, str], OfficerRegistered] = {}

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known yet."""
        opened = self._opened.get(operation_id)
        if opened is not None:
            return opened.mode
        if not self.follower.level_once:
            raise not_folded()
        return None

    def name_of(self, operation_id: str) -> str:
        """What an operation is called; its id while nobody opened it."""
        opened = self._opened.get(operation_id)
        return opened.name if opened is not None else operation_id

    def officer(self, operation_id: str, officer_id: str) -> OfficerRegistered | None:
        """An officer's newest entry of the roster, also if he was withdrawn since."""
        return self._officers.get((operation_id, officer_id))

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            if not any(name in record.value for name in _TELL):
                continue
            decision = decode_decision(record.value)
            for fact in decision.data.facts:
                match fact:
                    case OperationOpened():
                        self._opened[decision.operationid] = Opened(fact.mode, fact.name)
                    case OperationAmended() if decision.operationid in self._opened:
                        known = self._opened[decision.operationid]
                        self._opened[decision.operationid] = replace(known, name=fact.name)
                    case OfficerRegistered():
                        self._officers[decision.operationid, fact.officer_id] = fact
                    case _:
                        pass
