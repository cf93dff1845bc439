"""What a replica does behind its answers. What an error ends shows, and is not begun again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Final

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pamwal.wire.ending import EndedForGood

Work = Callable[[], Coroutine[Any, Any, None]]
LABELS: Final = ("work",)
_log = structlog.get_logger(__name__)


class Works(Collector):
    """Each runs until it is done or everything stops.

    An error ends it for good, for nobody knows what it left half done: this process has to be started anew.
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._begun: list[str] = []
        self._broken: dict[str, str] = {}

    def begin(self, name: str, work: Work) -> None:
        """Begins one, by a name that a reader of `/readyz` understands."""
        self._begun.append(name)
        task = asyncio.get_running_loop().create_task(work(), name=name)
        self._running[name] = task
        task.add_done_callback(partial(self._ended, name))

    async def stop(self) -> None:
        """Ends all of them."""
        while self._running:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    def trouble(self) -> str | None:
        """Which of them ended by what error, or None: a check of `/readyz`."""
        broken = (
            EndedForGood(f"{name} ended: {why}; start this process anew")
            for name, why in self._broken.items()
        )
        return next(broken, None)

    def collect(self) -> Iterable[Metric]:
        """Whether each that was begun is running or done, 1, or ended by an error, 0."""
        family = GaugeMetricFamily(
            "pamwal_replica_works", "1 unless an error ended it: what a replica does by and by", labels=LABELS
        )
        for name in self._begun:
            family.add_metric([name], name not in self._broken)
        return (family,)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        del self._running[name]
        error = None if task.cancelled() else task.exception()
        if error is not None:  # whatever it was, the others go on
            self._broken[name] = repr(error)
            _log.error("a replica's work ended", work=name, exc_info=error)
