"""When snapshots are made: a running service looks now and then, and starts a process that makes them.

That process is the service's own program in the role `snapshots`; whoever wants them at another time runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from pamwal.contracts.errors import LogError
from pamwal.snapshots.folder import alone
from pamwal.snapshots.keeper import Keeper
from pamwal.snapshots.settings import SnapshotSettings
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.log import Log
from pamwal.wire.metrics import Metric

SNAPSHOT_AGE: Final = Metric(
    "pamwal_snapshot_age_seconds", "gauge", "How long ago a snapshot was written here last", ("service",)
)
SNAPSHOT_BEHIND: Final = Metric(
    "pamwal_snapshot_behind_records", "gauge", "The most records behind a newest snapshot", ("service",)
)
METRICS: Final = (SNAPSHOT_AGE, SNAPSHOT_BEHIND)
NOT_KEPT: Final = (
    "no snapshot can be kept in %s: %s. The service goes on; its next start reads more of the log. Free some "
    "space there, or name another folder with PAMWAL_SNAPSHOTS"
)
NICENESS: Final = 19
"""Whoever serves comes first."""
_log = logging.getLogger(__name__)


async def keep_once(keepers: Sequence[Keeper], log: Log, settings: SnapshotSettings) -> int:
    """Makes what is due, unless another process does; how many it made. LogError, OSError."""
    with alone(settings.folder) as mine:
        if not mine:
            _log.info("another process makes snapshots in %s", settings.folder)
            return 0
        return sum([await each.keep(log, settings.behind) for each in keepers])


class SnapshotWatch:
    """Looks whether snapshots are due, while a service runs, and has them made."""

    def __init__(
        self,
        of: tuple[str, str],
        keepers: Sequence[Keeper],
        log: Log,
        settings: SnapshotSettings,
        registry: CollectorRegistry,
    ) -> None:
        """`of`: the service's name, and the role in which it runs."""
        service, _ = self._of = of
        self._keepers = keepers
        self._log, self._settings = log, settings
        self._age, self._behind = (
            Gauge(each.name, each.help, each.labels, registry=registry).labels(service) for each in METRICS
        )
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="snapshots")

    async def stop(self) -> None:
        """Looks no longer; what is being made is given up, and the snapshots there are stay."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._settings.every_s)
            try:
                if await self.look():
                    await self._make()
            except (LogError, OSError) as error:
                _log.warning("no snapshots now: %r", error)
            except Exception:  # the service goes on without
                _log.exception("no snapshots now: a mistake of ours")

    async def look(self) -> bool:
        """Whether any is due; tells the metrics. LogError, OSError."""
        stands = [stand for each in self._keepers for stand in await each.stands(self._log)]
        written_at = max((each.written_at for each in stands), default=0.0)
        self._behind.set(max((each.behind for each in stands), default=0))
        if written_at:
            self._age.set(max(0.0, time.time() - written_at))
        return any(each.is_due(self._settings.behind) for each in stands)

    async def _make(self) -> None:
        service, role = self._of
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{service}", "--role", "snapshots", "--of", role
        )
        code = await self._process.wait()
        self._process = None
        if code:
            _log.warning("making snapshots ended with %d", code)


def make_snapshots(
    keepers: Sequence[Keeper],
    bootstrap_servers: str,
    settings: SnapshotSettings,
    security: KafkaSecurity = PLAINTEXT,
) -> int:
    """All that are due, in this process, which gives way to all others; its exit code."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)

    async def make() -> int:
        log = KafkaLog(bootstrap_servers, security)
        try:
            return await keep_once(keepers, log, settings)
        finally:
            await log.close()

    try:
        made = asyncio.run(make())
    except LogError as error:
        _log.warning("snapshots not made: %s", error)
        return 1
    except OSError as error:
        _log.warning(NOT_KEPT, settings.folder, error.strerror)
        return 1
    _log.info("%d snapshots made", made)
    return 0
