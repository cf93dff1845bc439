"""One process of a service: what it says about settings it cannot use, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from pamwal.contracts.errors import LogUnavailable, SettingsError
from pamwal.contracts.topics import EXERCISE_MARK
from pamwal.edge.app import Clock, EdgeSettings, EdgeSpec
from pamwal.edge.clock import allow_clock
from pamwal.ending import Stop
from pamwal.kafka_settings import bootstrap_servers
from pamwal.service import Process, Service, _decide, main, put_together
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.memory import MemoryLog
from services.checkin.app import CHECKIN
from services.scheduler.app import SCHEDULER
from tests.ports import reserved_port

DEADLINE_S = 60
BARE = Service(name="reporting", port=8103, edge=lambda _: EdgeSpec(service="reporting"))


class Shell:
    """A worker that does what it is told: a real one needs a group."""

    def __init__(self, *, starts_fail: int = 0) -> None:
        self.starts_fail, self.starts, self.stops = starts_fail, 0, 0
        self.broken: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        self.starts += 1
        if self.starts <= self.starts_fail:
            raise LogUnavailable("no Kafka yet")

    async def stop(self) -> None:
        self.stops += 1

    def trouble(self) -> str | None:
        return "halted"

    async def broke(self) -> BaseException:
        return await self.broken


async def allowed() -> None:
    """The clock of a process that runs on the system's."""


def process(tmp_path: Path) -> Process:
    """A process on a log in memory."""
    log = MemoryLog(partitions=1)
    log.create_topics()
    return Process(log, Clock(), EdgeSettings(state=tmp_path), "none")


def test_a_service_without_a_decider_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(BARE, ["--role", "decider"]) == 2
    assert "reporting service has no decider yet" in capsys.readouterr().err


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(SystemExit) as ended:
        main(BARE, ["--role", "boss"])
    assert ended.value.code == 2


def test_without_any_kafka_it_says_how_to_get_one(tmp_path: Path) -> None:
    assert bootstrap_servers(tmp_path, {"PAMWAL_BOOTSTRAP_SERVERS": "broker:9092"}) == "broker:9092"
    with pytest.raises(SettingsError, match="pamwal up"):
        bootstrap_servers(tmp_path, {})


async def test_roles_have_the_parts_they_name(tmp_path: Path) -> None:
    made: list[CollectorRegistry] = []

    def worker(_: Process, registry: CollectorRegistry) -> Shell:
        made.append(registry)
        return Shell()

    service = Service(name="scheduler", port=8101, edge=SCHEDULER.edge, worker=worker)
    stands_on = process(tmp_path)

    edge, nobody = put_together(service, "edge", stands_on)
    assert nobody is None
    assert edge.spec.routes
    bare, alone = put_together(service, "decider", stands_on)
    assert alone is not None
    assert not bare.spec.routes
    both, beside = put_together(service, "all", stands_on)
    assert beside is not None
    assert both.health.readiness().checks["decider"].reason == "halted"
    assert made == [bare.metrics.registry, both.metrics.registry]


async def test_a_decider_that_breaks_ends_the_process() -> None:
    shell, leave, stop = Shell(), asyncio.Event(), Stop()
    shell.broken.set_result(RuntimeError("engine gone"))

    assert await _decide(shell, allowed, leave, stop)

    assert stop.is_set()
    assert shell.stops == 1


async def test_a_decider_whose_kafka_never_came_leaves_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pamwal.service.WORKER_RETRY_S", 0.001)
    shell, leave, stop = Shell(starts_fail=1_000_000), asyncio.Event(), Stop()
    deciding = asyncio.create_task(_decide(shell, allowed, leave, stop))
    async with asyncio.timeout(DEADLINE_S):
        while shell.starts < 3:
            await asyncio.sleep(0)
    leave.set()

    assert await deciding is False
    assert not stop.is_set()


async def test_a_decider_starts_when_kafka_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pamwal.service.WORKER_RETRY_S", 0.001)
    shell, leave, stop = Shell(starts_fail=2), asyncio.Event(), Stop()
    deciding = asyncio.create_task(_decide(shell, allowed, leave, stop))
    async with asyncio.timeout(DEADLINE_S):
        while shell.starts < 3:
            await asyncio.sleep(0)
    leave.set()

    assert await deciding is False
    assert shell.stops == 1


async def test_a_decider_on_a_simulated_clock_waits_for_a_cluster_that_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a decider on a simulated clock, and a cluster that no one marked for exercises
    monkeypatch.setattr("pamwal.service.WORKER_RETRY_S", 0.001)
    log = MemoryLog(partitions=1)
    log.create_topics()
    clock, asked = Clock.parse("2031-01-01T00:00:00Zx1"), 0

    async def asks() -> None:
        nonlocal asked
        asked += 1
        await allow_clock(clock, log)

    shell, leave, stop = Shell(), asyncio.Event(), Stop()
    deciding = asyncio.create_task(_decide(shell, asks, leave, stop))

    # when it has asked often, then it was never started
    async with asyncio.timeout(DEADLINE_S):
        while asked < 5:
            await asyncio.sleep(0.001)
    assert shell.starts == 0

    # and once the cluster is marked, it begins
    log.create_topics([EXERCISE_MARK])
    async with asyncio.timeout(DEADLINE_S):
        while shell.starts < 1:
            await asyncio.sleep(0.001)
    leave.set()
    assert await deciding is False


async def test_the_deciders_of_the_services_know_what_clock_they_run_on(tmp_path: Path) -> None:
    simulated = process(tmp_path)._replace(clock=Clock.parse("2031-01-01T00:00:00Zx1"))
    for service in (SCHEDULER, CHECKIN):
        assert service.worker is not None
        for stands_on in (process(tmp_path), simulated):
            worker = service.worker(stands_on, CollectorRegistry())
            assert isinstance(worker, DeciderWorker)
            assert worker._simulated is stands_on.clock.simulated


async def until_it_listens(http: httpx.AsyncClient) -> None:
    """Returns once somebody answers there."""
    while True:
        try:
            await http.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return


async def test_with_kafka_away_it_is_alive_not_ready_and_ends_when_told(tmp_path: Path) -> None:
    with reserved_port() as port, reserved_port() as nobody:
        told = {
            "PAMWAL_BOOTSTRAP_SERVERS": f"127.0.0.1:{nobody}",
            "PAMWAL_STATE": str(tmp_path),
            "PAMWAL_PORT": str(port),
        }
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.scheduler",
            env={**os.environ, **told},
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with (
                asyncio.timeout(DEADLINE_S),
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
            ):
                await until_it_listens(http)
                ready = await http.get("/readyz")
                alive = await http.get("/healthz")
            assert (ready.status_code, alive.status_code) == (503, 200)
            assert set(ready.json()["checks"]) >= {"log", "clock", "producer", "tail", "reads", "decider"}
            running.send_signal(signal.SIGTERM)
            async with asyncio.timeout(DEADLINE_S):
                assert await running.wait() == 0
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()


@pytest.mark.parametrize("service", ["scheduler", "checkin", "reporting"])
def test_an_edge_starts_without_what_only_deciders_and_workbooks_need(service: str) -> None:
    """Faust and kafka-python take a third of the time in which a service is imported, openpyxl a fifth."""
    late = {"faust", "kafka", "numpy", "openpyxl"}
    code = f"import sys, services.{service}.__main__; print(sorted({late} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
