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
from pamwal.stack.ports import DEFAULT, Ports
from pamwal.stack.process import ServicePlan, ServiceProcess, last_lines

NOBODY = "127.0.0.1:1"

STARTER = """
import sys
from pathlib import Path
from pamwal.stack.process import ServicePlan, ServiceProcess
plan = ServicePlan(name="reporting", service="reporting", role="edge", port=int(sys.argv[2]))
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
    return ServicePlan(name="reporting", service="reporting", role="edge", port=Ports().free())


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
            await process.until_ready(http, 30)
    process.abandon()


async def test_a_service_that_is_not_ready_in_time_says_what_it_waits_for(process: ServiceProcess) -> None:
    process.start()
    async with httpx.AsyncClient() as http:
        with pytest.raises(ServiceNotReady, match="not ready within 4 s") as error:
            await process.until_ready(http, 4)
    assert "the log" in str(error.value) or "never answered" in str(error.value)
    assert process.running


async def test_a_service_asked_to_end_ends_by_itself_and_starts_again_where_it_was(
    process: ServiceProcess,
) -> None:
    process.start()
    first = process.pid
    assert first is not None
    async with httpx.AsyncClient() as http:
        await process.until_ready(http, 20, "/healthz")
        process.ask_to_end()
        assert await process.ended(10)
        assert identify(first) is None
        process.start()
        await process.until_ready(http, 20, "/healthz")
    assert process.pid not in {None, first}


def test_a_killed_service_is_gone(process: ServiceProcess) -> None:
    process.start()
    pid = process.pid
    assert pid is not None
    process.kill()
    assert (process.running, process.pid, identify(pid)) == (False, None, None)


def test_a_service_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path), str(Ports().free())],
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
    assert service.wait_gone(within_s=20)
    starter.stdin.close()
    starter.stdout.close()


def test_a_port_in_use_is_stepped_around_and_none_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setitem(DEFAULT, "reporting", taken)
        ports = Ports()
        given = [ports.own("reporting"), ports.own("reporting"), ports.free()]
    assert taken not in given
    assert len(set(given)) == 3


def test_the_error_that_is_told_is_one_of_ours_however_deep_it_lies() -> None:
    ours = LogUnavailable("no Kafka")
    group = BaseExceptionGroup("", [ValueError("x"), BaseExceptionGroup("", [ours])])
    assert first_of(group) is ours
    assert str(first_of(BaseExceptionGroup("", [ValueError("x")]))) == "x"


def test_a_log_that_is_not_there_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == "  (nothing)"
