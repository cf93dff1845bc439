"""A service process is ready or says why not, and never outlives its starter. No Kafka is needed here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
port = int(sys.argv[2])
plan = ServicePlan(name="reporting", service="reporting", role="edge", port=port, operators_port=0)
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
    ports = Ports()
    return ServicePlan(
        name="reporting", service="reporting", role="edge", port=ports.free(), operators_port=ports.free()
    )


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


class Sleeper(ServiceProcess):
    """A process that never gets to its port: whoever else has that answers."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", "import signal; signal.pause()"]


class Ready(BaseHTTPRequestHandler):
    """Another program's `/readyz`, which is green."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("pamwal-instance", "another")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def another(plan: ServicePlan) -> Iterator[None]:
    """Somebody took the port after it was given."""
    with ThreadingHTTPServer((plan.host, plan.port), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.usefixtures("another")
async def test_another_process_that_took_the_port_is_not_taken_for_it(process: ServiceProcess) -> None:
    process.start()
    async with httpx.AsyncClient() as http:
        with pytest.raises(ServiceNotReady, match=r"exit code 2: another process has port \d+\. Start again"):
            await process.until_ready(http, 30)


@pytest.mark.usefixtures("another")
async def test_another_process_that_answers_for_a_slow_one_is_told_of(
    plan: ServicePlan, tmp_path: Path
) -> None:
    slow = Sleeper(plan, {}, tmp_path / "slow.log")
    slow.start()
    try:
        async with httpx.AsyncClient() as http:
            with pytest.raises(ServiceNotReady, match="within 1 s: another process answers at port"):
                await slow.until_ready(http, 1)
    finally:
        slow.abandon()


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
