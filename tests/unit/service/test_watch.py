"""What ends by itself is started again, and what keeps ending stops everything with a sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pamwal.contracts.errors import ServiceNotReady
from pamwal.stack import stack as stacks
from pamwal.stack.process import ServicePlan, ServiceProcess
from pamwal.stack.stack import Stack

DEADLINE_S = 60


class Sleeper(ServiceProcess):
    """A process that does nothing, for ever or not at all."""

    lasts = True
    starts = 0

    def command(self) -> list[str]:
        return ["sleep", "60"] if self.lasts else ["false"]

    def start(self, *, other_ports: bool = False) -> None:
        self.starts += 1
        super().start(other_ports=other_ports)


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sleeper:
    monkeypatch.setattr(stacks, "WATCH_EVERY_S", 0.01)
    plan = ServicePlan(name="checkin", service="checkin", role="all")
    return Sleeper(plan, {}, tmp_path / "checkin.log")


@pytest.fixture
def stack(tmp_path: Path, sleeper: Sleeper) -> Stack:
    stack = Stack(tmp_path)
    stack._processes["checkin"] = sleeper
    return stack


async def test_a_killed_service_is_started_again_and_said_so(stack: Stack, sleeper: Sleeper) -> None:
    said: list[str] = []
    sleeper.start()
    watching = asyncio.create_task(stack.watch(said.append))
    try:
        first = sleeper.pid
        sleeper.kill()
        async with asyncio.timeout(DEADLINE_S):
            while not said or not sleeper.running:
                await asyncio.sleep(0.01)
        assert sleeper.pid not in {None, first}
        assert "checkin ended with exit code -9; started again" in said[0]
    finally:
        watching.cancel()
        await asyncio.wait([watching])  # else it might start once more what is abandoned here
        sleeper.abandon()


async def test_a_service_that_keeps_ending_stops_all(stack: Stack, sleeper: Sleeper) -> None:
    sleeper.lasts = False
    sleeper.start()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(ServiceNotReady, match="4 times within a minute, so all is stopped"):
            await stack.watch()
    assert sleeper.starts == 4
    sleeper.abandon()
