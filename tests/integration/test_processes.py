"""A service process is ready or says why not, and never outlives its starter. No Kafka is needed here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pamwal.contracts.errors import LogUnavailable, ServiceNotReady
from pamwal.local.processes import identify
from pamwal.stack.first import first_of
from pamwal.stack.ports import DEFAULT
from pamwal.stack.process import ServicePlan, ServiceProcess, last_lines
from pamwal.stack.stack import Part, Stack

NOBODY = "127.0.0.1:1"
READY_S = 60

STARTER = """
import sys
from pathlib import Path
from pamwal.stack.process import ServicePlan, ServiceProcess
plan = ServicePlan(name="reporting", service="reporting", role="edge")
process = ServiceProcess(plan, {"PAMWAL_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, Path(sys.argv[1]) / "a.log")
process.start()
print(process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PAMWAL_BOOTSTRAP_SERVERS": NOBODY, "PAMWAL_STATE": str(tmp_path)}


@pytest.fixture
def plan() -> ServicePlan:
    return ServicePlan(name="reporting", service="reporting", role="edge")


@pytest.fixture
def process(plan: ServicePlan, environment: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    found = ServiceProcess(plan, environment, tmp_path / "logs" / "reporting.log")
    yield found
    found.abandon()


async def test_a_service_that_ends_at_once_says_why(
    plan: ServicePlan, environment: dict[str, str], tmp_path: Path
) -> None:
    process = ServiceProcess(plan, {**environment, "PAMWAL_CLOCK": "soon"}, tmp_path / "reporting.log")
    process.start()
    async with httpx.AsyncClient() as http:
        with pytest.raises(ServiceNotReady, match=r"exit code 2[\s\S]*'soon' is neither"):
            await process.until_ready(http, 60)
    process.abandon()


async def test_a_service_that_is_not_ready_in_time_says_what_it_waits_for(process: ServiceProcess) -> None:
    process.start()
    async with httpx.AsyncClient() as http:
        with pytest.raises(ServiceNotReady, match="not ready within 4 s") as error:
            await process.until_ready(http, 4)
    assert "the log" in str(error.value) or "never answered" in str(error.value)
    assert process.running


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_service_whose_port_another_program_has_is_not_started(taken: int, tmp_path: Path) -> None:
    for port, operators_port in ((taken, 0), (0, taken)):
        plan = ServicePlan(
            name="reporting", service="reporting", role="edge", port=port, operators_port=operators_port
        )
        process = ServiceProcess(plan, {}, tmp_path / "reporting.log")
        with pytest.raises(ServiceNotReady, match=rf"port {taken} of .* cannot be used: .*Stop the"):
            process.start()
        assert not process.running


async def test_its_ports_are_its_own_from_its_start_on(process: ServiceProcess) -> None:
    """Another program that wants one of them, even before the service runs, cannot have it."""
    process.start()
    ports = process.plan.port, process.plan.operators_port
    for port in ports:
        with pytest.raises(OSError, match="in use"), socket.create_server(("127.0.0.1", port)):
            pass
    async with httpx.AsyncClient() as http:
        await process.until_ready(http, READY_S, "/healthz")
        process.kill()
        process.start()
        assert (process.plan.port, process.plan.operators_port) == ports
        await process.until_ready(http, READY_S, "/healthz")


async def test_a_stack_takes_free_ports_where_another_program_has_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch, taken: int, tmp_path: Path
) -> None:
    monkeypatch.setitem(DEFAULT, "reporting", taken)
    monkeypatch.setattr(Stack, "bootstrap_servers", NOBODY)
    stack = Stack(tmp_path)
    names = ("one", "two")
    try:
        for name in names:
            stack.launch(Part(name=name, service="reporting", role="edge"))
        given = [port for name in names for port in (stack.plan(name).port, stack.plan(name).operators_port)]
        assert taken not in given
        assert len(set(given)) == 4
    finally:
        await stack.close()


async def test_a_service_asked_to_end_ends_by_itself_and_starts_again_where_it_was(
    process: ServiceProcess,
) -> None:
    process.start()
    first = process.pid
    assert first is not None
    async with httpx.AsyncClient() as http:
        await process.until_ready(http, 60, "/healthz")
        process.ask_to_end()
        assert await process.ended(10)
        assert identify(first) is None
        process.start()
        await process.until_ready(http, 60, "/healthz")
    assert process.pid not in {None, first}


def test_a_killed_service_is_gone(process: ServiceProcess) -> None:
    process.start()
    pid = process.pid
    assert pid is not None
    process.kill()
    assert (process.running, process.pid, identify(pid)) == (False, None, None)


def test_a_service_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    service = identify(int(starter.stdout.readline()))
    assert service is not None
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    assert service.wait_gone(within_s=60)
    starter.stdin.close()
    starter.stdout.close()


def test_the_error_that_is_told_is_one_of_ours_however_deep_it_lies() -> None:
    ours = LogUnavailable("no Kafka")
    group = BaseExceptionGroup("", [ValueError("x"), BaseExceptionGroup("", [ours])])
    assert first_of(group) is ours
    assert str(first_of(BaseExceptionGroup("", [ValueError("x")]))) == "x"


def test_a_log_that_is_not_there_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == "  (nothing)"
