"""Operations of which the log was read and nothing is folded: that is done when somebody looks, or later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Final

import structlog

from pamwal.contracts.errors import Halted, SnapshotIgnored
from pamwal.wire.log import Bare, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import collector_asleep
from services.reporting.picture import Pictures
from services.reporting.picture.decided import decode_decided
from services.reporting.picture.history import DECISIONS, History
from services.reporting.unfolded import Block, Told, Unfolded
from services.reporting.where import not_folded

AT_ONCE: Final = 500
"""So many decisions are folded before whatever else waits comes again."""
AT_A_LOOK: Final = 10_000
"""So many are folded while everybody else waits: a tenth of a second or so. An operation of more is folded in
slices, and who looks at it asks again."""
LOOK_S: Final = 0.1
Failed = Callable[[TopicPartition, int, BaseException], None]
_log = structlog.get_logger(__name__)


class RestingOperations:
    """Puts operations to rest, and folds them. Until `show` the pictures know of none of them."""

    def __init__(self, pictures: Pictures, history: History, failed: Failed) -> None:
        """`failed` is told of what was raised by the decision at an offset of a partition."""
        self._pictures, self._history, self._failed = pictures, history, failed
        self._resting: dict[bytes, Unfolded] = {}
        """By the key of their decisions."""
        self._shown = False
        self._asked: dict[bytes, None] = {}
        """Those that are too large to be folded while who looked at them waits."""
        self._is_asked = asyncio.Event()
        self.damaged: dict[bytes, Unfolded] = {}
        """Those of which a snapshot's part is of no use. Nobody can look at them before `mend`."""

    def __len__(self) -> int:
        """How many rest."""
        return len(self._resting)

    def names(self) -> list[str]:
        """Which."""
        return [unfolded.name for unfolded in self._resting.values()]

    def __contains__(self, name: str) -> bool:
        """Whether that operation does."""
        return self.holds(name.encode())

    def holds(self, key: bytes | None) -> bool:
        """Whether the operation of that key does."""
        return (key or b"") in self._resting

    def keep(self, operations: Mapping[str, bytes], partitions: int) -> None:
        """What a snapshot has of operations, as frames of what arrived: each is read when it is folded."""
        for name in operations:
            key = name.encode()
            self._of(key).keep(partition_of(key, partitions), partial(operations.__getitem__, name))

    def add(self, at: TopicPartition, records: Sequence[Bare]) -> Block:
        """The next decisions of one partition, by their keys; returns them as they rest."""
        block, adds = Block(records), dict[bytes | None, Callable[[int], None]]()
        for number, (_, key, _) in enumerate(records):
            add = adds.get(key)
            if add is None:
                unfolded = self._resting.get(key or b"") or self._of(key or b"")
                add = adds[key] = unfolded.values(at).begin(block)
            add(number)
        return block

    def show(self) -> None:
        """From now on whoever looks at one has it folded."""
        self._shown = True
        for unfolded in self._resting.values():
            self._lay(unfolded)

    async def wake(self) -> None:
        """Folds all of them, with at most half of the time; what is asked for comes first."""
        with collector_asleep():
            while self._resting:
                began_s = time.perf_counter()
                waiting = (each for key, each in self._resting.items() if key not in self.damaged)
                next_one = min(waiting, key=attrgetter("partition"), default=None)  # they share blocks
                if next_one is not None:
                    self._fold_some(next_one)
                await asyncio.sleep(LOOK_S if next_one is None else time.perf_counter() - began_s)

    async def fold_asked(self) -> None:
        """Folds what somebody has to ask for again, slice by slice; others come between."""
        while True:
            await self._is_asked.wait()
            self._is_asked.clear()
            with collector_asleep():
                while self._asked:
                    key = next(iter(self._asked))
                    if key in self._resting and key not in self.damaged:
                        self._fold_some(self._resting[key])
                    else:
                        del self._asked[key]
                    await asyncio.sleep(0)

    async def wake_within(self, within_s: float, names: Iterable[str]) -> None:
        """Folds these, as far as the time is enough; somebody waits."""
        until_s = time.perf_counter() + within_s
        for key in [name.encode() for name in names]:
            while key in self._resting and key not in self.damaged and time.perf_counter() < until_s:
                self._fold_some(self._resting[key])
                await asyncio.sleep(0)

    def mend(self, key: bytes, told: Sequence[Told]) -> None:
        """What the log has of a damaged one, up to where the snapshot ended."""
        self.damaged.pop(key).mend(told)

    def _fold_some(self, unfolded: Unfolded) -> None:
        """As much of one as may hold everything else up."""
        if self._is_usable(unfolded):
            self._take(unfolded)
            if self._fold(unfolded, AT_ONCE):
                self._put(unfolded)

    def _finish(self, unfolded: Unfolded) -> None:
        """Folds all that is left of one: somebody looks at it.

        HttpProblem 503 where it is damaged, and where so much is left that others should not wait for it.
        """
        if unfolded.key in self.damaged or not self._is_usable(unfolded):
            raise not_folded(
                f"a snapshot's part of {unfolded.name} is damaged: the log is read again; ask again"
            )
        left = unfolded.left()
        if left > AT_A_LOOK:
            self._asked[unfolded.key] = None
            self._is_asked.set()
            raise not_folded(
                f"{unfolded.name} is being folded: {unfolded.taken:,} of about {unfolded.taken + left:,} "
                "decisions so far; ask again",
                taken=unfolded.taken,
                about=unfolded.taken + left,
            )
        self._take(unfolded)
        self._fold(unfolded, None)

    def _is_usable(self, unfolded: Unfolded) -> bool:
        try:
            unfolded.open()
        except SnapshotIgnored as error:
            _log.warning("a part of a snapshot is ignored", operation=unfolded.name, why=str(error))
            self.damaged[unfolded.key] = unfolded
            return False
        return True

    def _fold(self, unfolded: Unfolded, most: int | None) -> bool:
        """Folds so many decisions, or all; whether any may be left."""
        try:
            some = unfolded.take(most)
        except Exception as error:  # its digest fits, so it was written so
            for topic in DECISIONS:
                self._failed(TopicPartition(topic, unfolded.partition), 0, error)
            return False
        for told in some:
            try:
                self._fold_one(told, unfolded.name)
            except Exception as error:  # bad code or a foreign record stops its partition, loudly
                self._failed(told.at, told.offset, error)
                return False
        return len(some) == most

    def _fold_one(self, told: Told, name: str) -> None:
        """Takes one decision up as if it had just been read."""
        found = told.decision
        decision = decode_decided(found) if isinstance(found, bytes) else found
        if decision.operationid != name:
            raise Halted("wrong_key", f"a decision of {decision.operationid!r} has the key of {name!r}")
        if decision.data.unknown:
            self._pictures.unknown.leave_out(name, decision.data.unknown, f"{told.at}-{told.offset}")
        request = decision.data.request
        self._pictures.folds[None if request is None else request.mode](decision)
        self._history.partition(told.at).arrive(told.offset, decision)

    def _of(self, key: bytes) -> Unfolded:
        found = Unfolded(key)
        self._put(found)
        return found

    def _put(self, unfolded: Unfolded) -> None:
        self._resting[unfolded.key] = unfolded
        if self._shown:
            self._lay(unfolded)

    def _lay(self, unfolded: Unfolded) -> None:
        for picture in self._pictures.of.values():
            picture.operations.resting[unfolded.name] = partial(self._finish, unfolded)

    def _take(self, unfolded: Unfolded) -> None:
        del self._resting[unfolded.key]
        for picture in self._pictures.of.values():
            picture.operations.resting.pop(unfolded.name, None)
