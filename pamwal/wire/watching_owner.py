"""Who owns a partition of a watching service: between batches of requests it judges what has to be judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import floor
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.decider import PROVED_FOR_MS, PartitionDecider
from pamwal.wire.judge import SealsAsked
from pamwal.wire.log import Log
from pamwal.wire.metrics import Observer
from pamwal.wire.owner import PartitionOwner
from pamwal.wire.status import PartitionStatus
from pamwal.wire.turns import Turns
from pamwal.wire.watching import WatchingDecider

LEVEL_WITHIN_S: Final = 1.0
"""So long what is decided elsewhere may take to be seen here; else nothing is judged until it is."""
LEVEL_FOR_S: Final = 2.0
"""So long afterwards it may be judged by; who was frozen meanwhile has to look again."""
BESIDE_TAKEOVERS_AFTER_S: Final = 5.0
"""So long after its takeover an owner judges nothing before its requests of then, and those of the other
partitions taken over with it, are decided."""
FOLD_RESTS_MAX_S: Final = 0.5
"""Behind operations that had to be folded first, what was asked has as long for itself, but no longer."""
_HAIR: Final = 1e-6
S = TypeVar("S")
P = TypeVar("P")
JUDGE_EVERY_S: Final = 0.15
"""What is heard within this time is judged together; a deadline is noticed as late as this."""
JUDGE_RESTS: Final = 3
JUDGE_RESTS_MAX_S: Final = 1.0
"""Behind a judging nothing is judged for so many times its length, but no longer: the more there is to judge,
the more of it is judged together."""


class WatchingOwner(PartitionOwner[S], Generic[S, P]):
    """A `PartitionOwner` of a `WatchingDecider`."""

    def __init__(self, decider: WatchingDecider[S, P], *, turns: Turns | None = None, **more: Any) -> None:
        """`turns`: of all owners of this process; `more` as a `PartitionOwner` takes it."""
        super().__init__(decider, **more)
        self._watching, self._turns = decider, turns or Turns()
        self._took_over_at = 0.0
        self._asked_upto = 0
        """So many requests there were when it took over: they are decided before anything is judged."""
        self._level_at: float | None = None
        """Since when what was gathered may be judged, by the loop's clock; None: nothing is to be."""
        self._judged_for_s = 0.0
        """So long it judged since it last looked whether there is anything to be judged."""
        self._beside: tuple[asyncio.Task[None], ...] = ()

    def status(self) -> PartitionStatus:
        """The partition as it stands, with the operations that are not judged."""
        return replace(super().status(), quarantined=self._watching.quarantined)

    async def _take_over(self) -> None:
        self._turns.take_over(self)
        try:
            await super()._take_over()
            self._asked_upto = await self._watching.asked()
        except BaseException:
            self._turns.caught_up(self)
            raise
        self._took_over_at = asyncio.get_running_loop().time()

    async def _drain(self) -> None:
        self._level_at = None
        self._beside = (asyncio.create_task(self._watching.follow()), asyncio.create_task(self._tick()))
        for task in self._beside:
            task.add_done_callback(lambda _: self._wake.set())
        try:
            await super()._drain()
        finally:
            self._turns.caught_up(self)
            beside, self._beside = self._beside, ()
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            _ = [task.cancelled() or task.exception() for task in beside]

    async def _tick(self) -> None:
        """The clock may be a simulated one, so deadlines are looked at, not slept for.

        All owners of a process look at the same moments: then the log is asked once for all where it ends.
        """
        clock = asyncio.get_running_loop().time
        while True:
            looked_at = clock()
            if self._watching.gather() and await self._watching.is_level(LEVEL_WITHIN_S):
                self._level_at = looked_at
                self._wake.set()
            rest_s, self._judged_for_s = JUDGE_RESTS * self._judged_for_s, 0.0
            await asyncio.sleep(next_look(clock(), rest_s) - clock())

    async def _work(self) -> None:
        for task in self._beside:
            if task.done():
                await task
        if (self._watching.next_offset or 0) >= self._asked_upto:
            self._turns.caught_up(self)
        if await self._judge() and not self._queue and not self._watching.unwritten:
            return  # there is more to be judged, and nothing else to do
        await super()._work()

    async def _judge(self) -> bool:
        """Judges some of what waits, if that may be; whether there is more. Raises what the core did."""
        level_at, began_s = self._level_at, asyncio.get_running_loop().time()
        doubted = self._watching.clock.trouble is not None
        if level_at is None or began_s - level_at > LEVEL_FOR_S or doubted:
            self._level_at = None
            return False
        waited_enough = began_s - self._took_over_at > BESIDE_TAKEOVERS_AFTER_S
        if not self._turns.may_judge(self._wake, beside_takeovers=waited_enough):
            return False
        self._level_at, at_rest = None, self._watching.at_rest
        with self._turns.judging():
            trouble = await self._watching.judge_causes()
        took_s = asyncio.get_running_loop().time() - began_s
        self._judged_for_s += took_s
        if self._watching.at_rest < at_rest:
            self._turns.rest(min(took_s, FOLD_RESTS_MAX_S))
        if trouble is not None:
            await self._settle()
            await self._watching.commit()
            raise trouble
        if self._watching.waiting and self._level_at is None:
            self._level_at = level_at
        return self._watching.waiting


def next_look(now_s: float, rest_s: float) -> float:
    """When to look next: at the same moments in all owners, and not before so long a rest is over."""
    rested_s = now_s + min(rest_s, JUDGE_RESTS_MAX_S)
    # what has come is over, be it by a hair: else a clock that only sleeping moves would stand still
    return (floor(rested_s / JUDGE_EVERY_S + _HAIR) + 1) * JUDGE_EVERY_S


def new_owner(
    core: Core[S] | WatchingCore[S, Any],
    log: Log,
    partition: int,
    *,
    now: Callable[[], str],
    observer: Observer,
    proved_for_ms: int = PROVED_FOR_MS,
    simulated: bool = False,
    snapshots: CoreSnapshots | None = None,
    turns: Turns | None = None,
    proof: ClockProof | None = None,
    seals: SealsAsked | None = None,
    **more: Any,
) -> PartitionOwner[S]:
    """The owner of a partition, by what its core is; `more` as a `PartitionOwner` takes it.

    `seals`: says at each takeover what requests have to be sealed by.
    """
    kept, turns = snapshots or CoreSnapshots(), turns or Turns()
    if isinstance(core, WatchingCore):
        watching = WatchingOwner(
            WatchingDecider(
                core, log, partition, now=now, observer=observer,
                proved_for_ms=proved_for_ms, simulated=simulated,
                snapshots=kept.own, seen_snapshots=kept.seen, turn=turns.deciding, proof=proof,
            ),
            observer=observer, turns=turns,
            **more,
        )  # fmt: skip
        watching.decider.seals = seals
        return watching
    decider = PartitionDecider(
        core, log, partition, now=now, observer=observer,
        proved_for_ms=proved_for_ms, simulated=simulated, snapshots=kept.own, turn=turns.deciding,
        proof=proof,
    )  # fmt: skip
    decider.seals = seals
    return PartitionOwner(decider, observer=observer, **more)
