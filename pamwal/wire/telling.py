"""Tells the latest summary of each operation whose partition this process owns (decision 18).

Telling is not deciding: what is told is derived, may be lost and is told again, and trouble with it stops
nothing else. It takes at most a fifth of the process's time, so under load each operation is told less often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple

from pamwal.contracts.envelope import CONTENT_TYPE, CONTENT_TYPE_HEADER
from pamwal.contracts.errors import ClockUnproven, LogError, LogUnavailable, PartitionStuck
from pamwal.wire.core import Said
from pamwal.wire.log import Log, Outgoing, Producer, Receipt
from pamwal.wire.to_tell import TELL_EVERY_S
from pamwal.wire.watching import WatchingDecider

TELL_FOR_S: Final = TELL_EVERY_S / 5
AWAY_S: Final = 2.0
"""Whoever was frozen so long looks first what was decided elsewhere meanwhile."""
ACKNOWLEDGED_WITHIN_S: Final = 10.0
_HEADERS: Final = ((CONTENT_TYPE_HEADER, CONTENT_TYPE.encode()),)
_log = logging.getLogger(__name__)


class _Sent(NamedTuple):
    decider: WatchingDecider[Any, Any]
    operation_id: str
    said: Said
    kept: Awaitable[Receipt]


class Teller:
    """Runs beside the deciders of one process, with one producer for all of them."""

    def __init__(
        self, topic: str, log: Log, deciders: Callable[[], Iterable[WatchingDecider[Any, Any]]]
    ) -> None:
        """`deciders`: those that decide now."""
        self._topic, self._log, self._deciders = topic, log, deciders
        self._producer: Producer | None = None
        self._looked_s: float | None = None

    async def run(self) -> None:
        """Returns never."""
        try:
            while True:
                try:
                    await self.tell()
                except (LogError, TimeoutError) as error:
                    _log.warning("%s is not told, and will be again: %r", self._topic, error)
                    await self._drop(flush=False)
                await asyncio.sleep(TELL_EVERY_S)
        finally:
            await self._drop(flush=False)

    async def tell(self) -> int:
        """Tells what there is to tell, as far as the time for it goes; how many the log has taken.

        LogError, TimeoutError: what was sent counts as not told.
        """
        clock = asyncio.get_running_loop().time
        away = self._looked_s is None or clock() - self._looked_s > AWAY_S
        self._looked_s = clock()
        sent: list[_Sent] = []
        enough_at = clock() + TELL_FOR_S
        try:
            for decider in self._deciders():
                due = decider.to_tell(clock())
                if due and away and not await decider.is_level(AWAY_S):
                    continue
                for operation_id in due:
                    if clock() > enough_at:
                        break
                    await self._look(decider, operation_id, sent)
                    await asyncio.sleep(0)
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                receipts = await asyncio.gather(*(_receipt(each.kept) for each in sent))
        except BaseException:
            for each in sent:
                each.decider.told(each.operation_id, None, clock())
            raise
        for each, receipt in zip(sent, receipts, strict=True):
            each.decider.told(each.operation_id, None if receipt is None else each.said, clock())
        return len(receipts) - receipts.count(None)

    async def _look(self, decider: WatchingDecider[Any, Any], operation_id: str, sent: list[_Sent]) -> None:
        try:
            said = decider.say(operation_id, asyncio.get_running_loop().time())
        except (LogUnavailable, ClockUnproven):
            return  # it was given up meanwhile, or its clock is in doubt
        except Exception:  # bad code keeps one operation from being told, and stops nothing
            _log.exception("%s cannot be told in %s", operation_id, self._topic)
            return
        if said is None:
            return
        if self._producer is None:
            self._producer = await self._log.producer()
        record = Outgoing(operation_id.encode(), said.value, _HEADERS)
        try:
            kept = await self._producer.post(self._topic, record, partition=decider.partition)
        except PartitionStuck:
            decider.told(operation_id, None, asyncio.get_running_loop().time())
            return  # the producer goes on with the other partitions
        sent.append(_Sent(decider, operation_id, said, kept))

    async def _drop(self, *, flush: bool) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=flush)


async def _receipt(kept: Awaitable[Receipt]) -> Receipt | None:
    """None if the record's partition is stuck: those of the others are kept all the same."""
    try:
        return await kept
    except PartitionStuck:
        return None
