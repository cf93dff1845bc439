"""What operations said of their parents and children, and when, read from the decisions of scheduling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pamwal.contracts.claims import Mode
from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.errors import ContractError
from pamwal.contracts.instants import to_ms
from pamwal.contracts.parents import counts_child
from pamwal.contracts.scheduling import ChildAdmitted, ChildDismissed, OperationAmended, OperationOpened
from pamwal.contracts.sitreps import SitRep
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.wire.audit_stream import Stream
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.partitioning import partition_of

APART_MS: Final = 5 * 60_000
"""Two partitions have no common order. So long before or after a SitRep was decided a child may name its
parent: its publisher read that a while before, by a replica that was behind, and clocks differ."""
_NAMED: Final = (b'"operation_', b'"child_')
"""One of these is in the bytes of every decision that tells such a fact, and of few others."""


class Place(NamedTuple):
    """What an operation says of those above and below it, from one decision on."""

    offset: int
    knownat: str
    mode: Mode
    parent: str | None
    asks_parent: bool
    children: Mapping[str, bool]


class FamilyLog:
    """Reads each partition once, when it is first asked of an operation in it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._places: dict[TopicPartition, dict[str, list[Place]]] = {}

    async def trouble(self, parent: SitRep, child: str) -> str | None:
        """Why a parent's SitRep must not cite this child; None if it counts it. LogError."""
        at, places = await self._of(parent.operation_id)
        known = [each for each in places if each.offset < parent.vector.get(str(at), 0)]
        admitted = known[-1].children.get(child) if known else None
        _, places = await self._of(child)
        naming = [each for each in _about(places, parent.known_at) if each.parent == parent.operation_id]
        if not naming:
            return f"it does not name {parent.operation_id} its parent"
        if naming[0].mode != parent.mode:
            return f"its mode is {naming[0].mode}, that of {parent.operation_id} is {parent.mode}"
        if any(counts_child(admitted, asks_parent=each.asks_parent) for each in naming):
            return None
        return f"{parent.operation_id} has {'not admitted' if admitted is None else 'dismissed'} it"

    async def _of(self, operation_id: str) -> tuple[TopicPartition, list[Place]]:
        topic = SCHEDULING_DECISIONS.name
        partitions = await self._log.partition_count(topic)
        at = TopicPartition(topic, partition_of(operation_id.encode(), partitions))
        if at not in self._places:
            self._places[at] = await self._read(at)
        return at, self._places[at].get(operation_id, [])

    async def _read(self, at: TopicPartition) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        stream = await Stream.open(self._log, at, "committed")
        try:
            async for record in stream:
                if not any(each in record.value for each in _NAMED):
                    continue
                try:
                    decision = decode_decision(record.value)
                except ContractError:
                    continue
                places = found.setdefault(decision.operationid, [])
                for fact in decision.data.facts:
                    place = _after(places[-1] if places else None, fact, record.offset, decision.data.knownat)
                    places += [] if place is None else [place]
        finally:
            await stream.close()
        return found


def _after(last: Place | None, fact: Fact, offset: int, knownat: str) -> Place | None:
    """What holds after a fact; None if that says nothing of parents and children."""
    if isinstance(fact, OperationOpened):
        return Place(offset, knownat, fact.mode, fact.parent, fact.asks_parent, {})
    if last is None:
        return None
    last = last._replace(offset=offset, knownat=knownat)
    if isinstance(fact, OperationAmended):
        return last._replace(parent=fact.parent, asks_parent=fact.asks_parent)
    if isinstance(fact, ChildAdmitted | ChildDismissed):
        return last._replace(children={**last.children, fact.child: isinstance(fact, ChildAdmitted)})
    return None


def _about(places: list[Place], moment: str) -> list[Place]:
    """What held at some time near a moment."""
    at_ms = to_ms(moment)
    known = [each for each in places if to_ms(each.knownat) <= at_ms + APART_MS]
    before = sum(to_ms(each.knownat) <= at_ms - APART_MS for each in known)
    return known[max(before - 1, 0) :]
