"""A broker that ends under running services is started again, and what keeps it from starting is said."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import pytest

from pamwal.local import launch, readiness
from pamwal.local.kafka import LocalKafka
from pamwal.stack.broker import keep_running
from pamwal.stack.stack import Stack
from tests.ports import reserved_port

pytestmark = pytest.mark.kafka
DEADLINE_S = 60


class Counted(LocalKafka):
    """Counts how often it was told to start."""

    starts = 0

    def start(self) -> Self:
        self.starts += 1
        return super().start()


@asynccontextmanager
async def beside(watching: Callable[[], asyncio.Task[None]]) -> AsyncIterator[asyncio.Task[None]]:
    task = watching()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(met: Callable[[], bool], watching: asyncio.Task[None]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not met():
            assert not watching.done()
            await asyncio.sleep(0.05)


@pytest.fixture(autouse=True)
def port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While the broker is down no other test's takes its port, as it might the one that all may choose."""
    with reserved_port() as port:
        monkeypatch.setattr(launch, "DEFAULT_PORT", port)
        yield


def kill(kafka: LocalKafka) -> None:
    assert kafka.pid is not None
    os.kill(kafka.pid, signal.SIGKILL)


async def test_a_killed_broker_comes_back_where_it_was(state: Path) -> None:
    said: list[str] = []
    stack = Stack(state, ())
    try:
        await stack.start_kafka()
        address, killed = stack.bootstrap_servers, stack.kafka.pid
        async with beside(lambda: asyncio.create_task(stack.watch(said.append))) as watching:
            kill(stack.kafka)
            await until(lambda: len(said) == 2, watching)
        assert "Kafka ended with exit code -9" in said[0]
        assert said[1] == f"Kafka runs again at {address}"
        assert stack.kafka.pid not in {None, killed}
        assert readiness.ask(address) is not None
    finally:
        await stack.close()
    assert readiness.ask(address, 0.5) is None


async def test_what_keeps_a_broker_from_starting_is_said_once_and_it_starts_when_that_is_gone(
    state: Path,
) -> None:
    said: list[str] = []
    with Counted(state) as kafka:
        settings = state / "kafka" / "server.properties"
        settings.unlink()
        settings.symlink_to("/dev/full")

        def watching() -> asyncio.Task[None]:
            return asyncio.create_task(keep_running(kafka, said.append, look_every_s=0.05, again_s=0.05))

        async with beside(watching) as task:
            kill(kafka)
            await until(lambda: len(said) == 2, task)
            await until(lambda: kafka.starts > 4, task)
            assert len(said) == 2
            settings.unlink()
            await until(lambda: len(said) == 3, task)
    assert "the disk is full; free some space there" in said[1]
    assert "runs again" in said[2]
