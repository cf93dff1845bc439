"""Alive, and ready: named checks, each with the reason why not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog
from msgspec import Struct

from pamwal.contracts.errors import ClockError, LogError
from pamwal.edge.clock import Clock, allow_clock, clock_difference_ms
from pamwal.edge.http import Reply
from pamwal.edge.metrics import Metrics
from pamwal.edge.settings import EdgeSettings
from pamwal.edge.spec import Check
from pamwal.wire.log import Log, TopicPartition

LOOK_S = 2.0
LOOK_TIMEOUT_S = 4.0
COMPARE_AGAIN_S = 300.0
_log = structlog.get_logger(__name__)


class CheckResult(Struct, kw_only=True, omit_defaults=True):
    """One line of `/readyz`."""

    ok: bool
    reason: str | None = None


class Readiness(Struct, kw_only=True, omit_defaults=True):
    """The body of `/readyz`: 200 if `ready`, else 503."""

    ready: bool
    checks: dict[str, CheckResult]
    shard: str | None = None
    """Which part of all operations is held here; left out: all of them."""


class Health:
    """Asks every check when it is asked. A check returns its reason not to be ready, or None."""

    def __init__(self, metrics: Metrics, shard: str | None = None) -> None:
        self.shard = shard
        self._checks: dict[str, Check] = {}
        self._metrics = metrics

    def add(self, name: str, check: Check) -> None:
        """One more check; a name is used once."""
        self._checks[name] = check

    def readiness(self) -> Readiness:
        """All checks as they are now."""
        checks: dict[str, CheckResult] = {}
        for name, check in self._checks.items():
            reason = check()
            checks[name] = CheckResult(ok=reason is None, reason=reason)
            self._metrics.ready.labels(name).set(reason is None)
        ready = all(result.ok for result in checks.values())
        return Readiness(ready=ready, checks=checks, shard=self.shard)

    def reply(self) -> Reply:
        """`/readyz`."""
        found = self.readiness()
        return Reply(200 if found.ready else 503, msgspec.json.encode(found))


class LogWatch:
    """Looks every two seconds whether the topics answer; compares the clocks every five minutes."""

    def __init__(self, log: Log, topics: Sequence[str], clock: Clock, settings: EdgeSettings) -> None:
        self.trouble: str | None = "the log was not reached yet"
        self.clock_trouble: str | None = "the clock was not compared with the broker's yet"
        self._log, self._topics, self._clock, self._settings = log, topics, clock, settings
        self.partitions: int | None = None
        """How many partitions the first topic has, once known."""
        self.on_clock: Callable[[str | None], None] = lambda _trouble: None
        """Is told what became of the comparison of clocks."""
        self._compared_s = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Looks no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            before = self.trouble
            self.trouble = await self._look()
            if self.trouble is None and (self.clock_trouble is not None or self._is_old()):
                self.clock_trouble = await self._compare_clocks()
                self._compared_s = time.monotonic()
                self.on_clock(self.clock_trouble)
            if self.trouble != before:
                _log.info("log looked at", trouble=self.trouble, clock=self.clock_trouble)
            await asyncio.sleep(LOOK_S)

    def _is_old(self) -> bool:
        return time.monotonic() - self._compared_s > COMPARE_AGAIN_S

    async def _look(self) -> str | None:
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                if self.partitions is None and self._topics:
                    self.partitions = await self._log.partition_count(self._topics[0])
                for topic in self._topics:
                    await self._log.end_offsets([TopicPartition(topic, 0)])
        except (LogError, TimeoutError) as error:
            return f"the log does not answer: {str(error) or 'no answer in time'}"
        return None

    async def _compare_clocks(self) -> str | None:
        try:
            await allow_clock(self._clock, self._log)
            difference_ms = await clock_difference_ms(self._log, socket.gethostname())
        except ClockError as error:
            return str(error)
        except LogError as error:
            return f"the clock could not be compared with the broker's: {error}"
        if abs(difference_ms) > self._settings.clock_difference_max_ms:
            ahead = "ahead of" if difference_ms > 0 else "behind"
            return f"this system's clock is {abs(difference_ms)} ms {ahead} the broker's; set it"
        return None
