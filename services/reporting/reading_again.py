"""Parts of the log that a replica reads a second time: for its ledger, or for what a snapshot lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from pamwal.contracts.errors import LogError
from pamwal.contracts.topics import decisions_of
from pamwal.wire.finding import request_offset
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.replay import replay
from services.reporting.picture.decided import decode_decided
from services.reporting.picture.history import DECISIONS
from services.reporting.taking_up import TakingUp
from services.reporting.unfolded import Told

RETRY_S: Final = 1.0
LOOK_S: Final = 0.1
Wanted = Callable[[Record], bool]
_log = structlog.get_logger(__name__)


async def undeclare(log: Log, taken: TakingUp) -> None:
    """Counts the decisions on requests that the log does not show, once all requests there were are read."""
    for at, requests in taken.ledger.answered().items():
        place = TopicPartition(decisions_of(at.topic).name, at.partition)
        first = taken.history.marks(*place).stands_at(requests[0])
        for record in await _read_again(log, {place: first}, _answers(frozenset(requests))):
            taken.ledger.undeclare(place, decode_decided(record.value))


async def mend(log: Log, taken: TakingUp, ends: Mapping[TopicPartition, int]) -> None:
    """Reads the log for operations of which a snapshot is damaged, as long as any may be found.

    `ends`: where the snapshot ended.
    """
    resting = taken.resting
    while resting:
        for key, unfolded in list(resting.damaged.items()):
            places = [TopicPartition(topic, unfolded.partition) for topic in DECISIONS]
            starts = {at: 0 for at in places if at in ends}
            found = await _read_again(log, starts, _own(key, ends))
            resting.mend(key, [Told(_place(each), each.offset, each.value) for each in found])
            _log.info("the log was read for a damaged snapshot", operation=unfolded.name, found=len(found))
        await asyncio.sleep(LOOK_S)


def _answers(requests: frozenset[int]) -> Wanted:
    return lambda record: request_offset(record) in requests


def _own(key: bytes, ends: Mapping[TopicPartition, int]) -> Wanted:
    return lambda each: each.key == key and each.offset < ends[_place(each)]


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


class _Found:
    def __init__(self, wanted: Wanted) -> None:
        self.records: list[Record] = []
        self._wanted = wanted

    def take(self, _: TopicPartition, records: list[Record]) -> None:
        self.records += filter(self._wanted, records)


async def _read_again(log: Log, starts: Mapping[TopicPartition, int], wanted: Wanted) -> list[Record]:
    """Those records from there on that are wanted, each partition's in their order; until the log answers."""
    while True:
        found = _Found(wanted)
        try:
            await replay(log, starts, found.take, upto="committed")
        except LogError as error:
            _log.warning("the log is not read again", why=str(error))
            await asyncio.sleep(RETRY_S)
        else:
            return found.records
