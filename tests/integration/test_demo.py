"""`pamwal demo kupang` as a person runs it: on a broker of its own, interrupted, and with no Kafka there."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from pamwal.local.kafka import LocalKafka
from pamwal.local.processes import identify
from pamwal.local.record import BrokerRecord
from pamwal.stack.stack import SERVICES, Stack

pytestmark = pytest.mark.kafka

ENDS_WITHIN_S = 400
"""What hangs is killed, and then fails by its exit code."""
PROCESS = re.compile(r"process (\d+) at http")


class Demo:
    """One run of the command, and what it printed line by line."""

    def __init__(self, state: Path, servers: str, *arguments: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pamwal.cli.main", "demo", "kupang", "--seconds", "10", *arguments],
            env={**os.environ, "PAMWAL_STATE": str(state), "PAMWAL_BOOTSTRAP_SERVERS": servers},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._deadline = threading.Timer(ENDS_WITHIN_S, self._process.kill)
        self._deadline.start()

    def until(self, words: str) -> None:
        """Reads on until a line has these words."""
        for line in self._out():
            self.lines.append(line)
            if words in line:
                return
        raise AssertionError(f"it ended without saying {words!r}:\n{self.text}")

    def ended(self) -> int:
        """Reads to the end; the exit code."""
        self.lines += self._out()
        return self._process.wait()

    def holds(self) -> None:
        """Reads to the end; every expected number must hold, and no process that it started be left."""
        assert self.ended() == 0, self.text
        assert re.search(r"every one of the \d+ expected numbers holds", self.text)
        assert "✗" not in re.sub(r"kecamatan +6 +5 +✗", "", self.text)
        assert "kill -9 of checkin-decider" in self.text
        assert len(re.findall(r"kill -9 of reporting", self.text)) == 3
        assert [pid for pid in self.pids if identify(pid)] == []

    def interrupt(self) -> None:
        """What Ctrl-C sends."""
        self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Leaves nothing behind, whatever the test found."""
        self._deadline.cancel()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out().close()

    @property
    def text(self) -> str:
        """All it printed so far."""
        return "".join(self.lines)

    @property
    def operation(self) -> str:
        """The operation that it opened."""
        [operation] = re.findall(r"simulated clock: (\S+)", self.text)
        return str(operation)

    @property
    def pids(self) -> list[int]:
        """The services it named."""
        return [int(pid) for pid in PROCESS.findall(self.text)]

    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.close()


def broker_of(state: Path) -> BrokerRecord:
    """The broker that the demo in this state folder runs."""
    record = BrokerRecord.read(state / "kafka" / "broker.json")
    assert record is not None
    assert record.pid is not None
    return record


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Demo, int]]:
    """A demo on a broker of its own that was interrupted: its state folder, itself, its broker's process."""
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder, "")
    try:
        demo.until("kill -9 of checkin-decider")
        broker = broker_of(folder).pid
        assert broker is not None
        demo.interrupt()
        demo.ended()
        yield folder, demo, broker
    finally:
        demo.close()


def test_interrupted_it_ends_every_process_it_started(interrupted: tuple[Path, Demo, int]) -> None:
    state, demo, broker = interrupted
    assert demo.ended() == 128 + signal.SIGINT, demo.text
    assert len(demo.pids) == 4
    assert [pid for pid in (*demo.pids, broker) if identify(pid)] == []
    assert demo.lines[-1] == f"  interrupted no verdict; what was started ends, the log stays in {state}\n"
    assert "Traceback" not in demo.text


def test_on_the_log_of_an_interrupted_one_every_number_holds_though_broker_and_service_are_killed(
    interrupted: tuple[Path, Demo, int], demos: list[Demo]
) -> None:
    state, first, _ = interrupted
    demo = Demo(state, "", "--exit")
    demos.append(demo)
    demo.until("planned")
    broker = broker_of(state).pid
    assert broker is not None
    os.kill(broker, signal.SIGKILL)
    demo.until("it is started again, and the services wait for it")
    demo.until("Kafka runs again")
    [checkin] = [int(pid) for pid in re.findall(r"^ +checkin process (\d+) at", demo.text, re.MULTILINE)]
    os.kill(checkin, signal.SIGKILL)
    demo.until("checkin ended with exit code -9; started again")
    demo.holds()
    assert demo.operation != first.operation
    receipts = {file.stem: len(file.read_text().splitlines()) for file in (state / "receipts").iterdir()}
    assert receipts.keys() == {first.operation, demo.operation}
    assert receipts[first.operation] > 0
    [audited] = [int(count) for count in re.findall(r"requests in the log +(\d+)", demo.text)]
    assert audited >= sum(receipts.values()), "the audit covers the interrupted run too"


async def test_deciders_of_others_on_its_broker_are_told_of(
    state: Path, own_kafka: LocalKafka, demos: list[Demo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)
    async with Stack(state, (SERVICES[1],), exercise=True):
        demo = Demo(state, own_kafka.bootstrap_servers)
        demos.append(demo)
        await asyncio.to_thread(demo.until, "warning")
        demo.interrupt()
        assert await asyncio.to_thread(demo.ended) == 128 + signal.SIGINT, demo.text
    (told,) = [line for line in demo.lines if "warning" in line]
    assert f"warning the Kafka at {own_kafka.bootstrap_servers} has deciders of checkin that" in told
    assert "PAMWAL_BOOTSTRAP_SERVERS" in told


def test_a_broker_that_is_not_there_is_named(tmp_path: Path, demos: list[Demo]) -> None:
    demo = Demo(tmp_path, "127.0.0.1:1", "--exit")
    demos.append(demo)
    assert demo.ended() == 1
    assert "No Kafka answers at 127.0.0.1:1" in demo.text
    assert "Traceback" not in demo.text
