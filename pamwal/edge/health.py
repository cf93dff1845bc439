"""Alive, and ready: named checks, each with the reason why not.

Reasons name operations and receipts, so that only operators are told them; clients see which checks fail.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Literal

import msgspec
import structlog
from msgspec import Struct

from pamwal.contracts.errors import LogError
from pamwal.edge.http import Reply
from pamwal.edge.metrics import Metrics
from pamwal.edge.spec import Check
from pamwal.wire.ending import EndedForGood
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.staleness import Stale

LOOK_S = 2.0
LOOK_TIMEOUT_S = 4.0
_log = structlog.get_logger(__name__)


class CheckResult(Struct, kw_only=True, omit_defaults=True):
    """One line of `/readyz`."""

    ok: bool
    reason: str | None = None
    """Why it is not ok; only at the operators' port."""


class Readiness(Struct, kw_only=True, omit_defaults=True):
    """The body of `/readyz`: 200 if `ready`, else 503; `/readyz/writes` goes by `writes`."""

    ready: bool
    writes: bool
    """Whether requests are taken: stale reads alone do not keep a process from that."""
    checks: dict[str, CheckResult]
    shard: str | None = None
    """Which part of all operations is held here; left out: all of them."""
    notices: list[str] = []
    """What an operator has to know although the process is ready; only at the operators' port."""


class Liveness(Struct, kw_only=True, omit_defaults=True):
    """The body of `/healthz`: 200 if `alive`, 503 if `ended`."""

    status: Literal["alive", "ended"]
    checks: dict[str, CheckResult] = {}
    """Which parts of the process ended: only a restart begins them again."""
    shard: str | None = None


class Health:
    """Asks every check when it is asked. A check returns its reason not to be ready, or None."""

    def __init__(self, metrics: Metrics, shard: str | None = None) -> None:
        self.shard = shard
        self._checks: dict[str, Check] = {}
        self._notices: list[Check] = []
        self._metrics = metrics

    def add(self, name: str, check: Check) -> None:
        """One more check; a name is used once."""
        self._checks[name] = check

    def add_notice(self, notice: Check) -> None:
        """What `/readyz` says while it is not None, ready or not."""
        self._notices.append(notice)

    def readiness(self) -> Readiness:
        """All checks as they are now."""
        checks: dict[str, CheckResult] = {}
        writes = True
        for name, check in self._checks.items():
            reason = check()
            writes = writes and (reason is None or isinstance(reason, Stale))
            checks[name] = CheckResult(ok=reason is None, reason=None if reason is None else str(reason))
            self._metrics.ready.labels(name).set(reason is None)
        ready = all(result.ok for result in checks.values())
        notices = [text for notice in self._notices if (text := notice()) is not None]
        return Readiness(ready=ready, writes=writes, checks=checks, shard=self.shard, notices=notices)

    def reply(self, *, writes: bool = False, reasons: bool = False) -> Reply:
        """`/readyz`; with `writes`, `/readyz/writes`. `reasons`: for operators."""
        found = self.readiness()
        able = found.writes if writes else found.ready
        if not reasons:
            found = msgspec.structs.replace(found, checks=_without_reasons(found.checks), notices=[])
        return Reply(200 if able else 503, msgspec.json.encode(found))

    def liveness(self) -> Liveness:
        """Whether every part of the process runs that only a restart can begin again."""
        reasons = ((name, check()) for name, check in self._checks.items())
        ended = {
            name: CheckResult(ok=False, reason=str(reason))
            for name, reason in reasons
            if isinstance(reason, EndedForGood)
        }
        return Liveness(status="ended" if ended else "alive", checks=ended, shard=self.shard)

    def alive_reply(self, *, reasons: bool = False) -> Reply:
        """`/healthz`. `reasons`: for operators."""
        found = self.liveness()
        if not reasons:
            found = msgspec.structs.replace(found, checks=_without_reasons(found.checks))
        return Reply(503 if found.checks else 200, msgspec.json.encode(found))


def _without_reasons(checks: dict[str, CheckResult]) -> dict[str, CheckResult]:
    return {name: CheckResult(ok=result.ok) for name, result in checks.items()}


class LogWatch:
    """Looks every two seconds whether the topics answer."""

    def __init__(self, log: Log, topics: Sequence[str]) -> None:
        self.trouble: str | None = "the log was not reached yet"
        self._log, self._topics = log, topics
        self.partitions: int | None = None
        """How many partitions the first topic has, once known."""
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
            if self.trouble != before:
                _log.info("log looked at", trouble=self.trouble)
            await asyncio.sleep(LOOK_S)

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
