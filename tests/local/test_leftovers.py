"""Nothing a dead process left behind stops the next start, and nothing innocent is stopped."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pamwal.local.java import brokers_of
from pamwal.local.kafka import running_kafka
from pamwal.local.kept import kept_broker, record_file, stop_kept
from pamwal.local.processes import identify
from pamwal.local.record import BrokerRecord
from tests.local.starters import broker_of, said_by, starter

pytestmark = pytest.mark.kafka


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with Kafka."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_broker_ends_with_its_starter(state: Path, how: signal.Signals) -> None:
    with starter(state) as process:
        broker = broker_of(said_by(process))
        process.send_signal(how)
        process.wait(60)
        assert broker.wait_gone(20), "the guard did not stop it"
    assert not stop_kept(state)


def test_an_orphan_is_stopped_by_the_next_start(state: Path) -> None:
    # Given that the starter and its guard are both killed
    with starter(state) as process:
        orphan = broker_of(said_by(process))
        for guard in guards_of(process.pid):
            guard.send(signal.SIGKILL)
        process.kill()
        process.wait(60)
    assert orphan.alive()

    with running_kafka(state) as broker:
        assert not orphan.alive()
        assert broker.pid != orphan.pid


def test_an_orphan_nobody_wrote_down_is_found_by_its_mark(state: Path) -> None:
    with running_kafka(state, keep_warm=True) as kept:
        pid = kept.pid
    record_file(state / "kafka").unlink()
    assert [orphan.pid for orphan in brokers_of(state / "kafka" / "data")] == [pid]

    assert stop_kept(state)
    assert brokers_of(state / "kafka" / "data") == []


def test_stale_files_stop_nobody_and_no_start(state: Path, bystander: subprocess.Popen[bytes]) -> None:
    with running_kafka(state):
        record = BrokerRecord.read(record_file(state / "kafka"))
    assert record is not None
    # Given a state file whose pid another program has now, and the lock of a broker that crashed
    innocent = identify(bystander.pid)
    assert innocent is not None
    replace(record, kept=True, pid=innocent.pid, started=innocent.started).write(record_file(state / "kafka"))
    (state / "kafka" / "data" / ".lock").touch()
    assert kept_broker(state) is None

    with running_kafka(state) as broker:
        assert broker.pid != bystander.pid
    assert bystander.poll() is None

    # And given one that was torn while it was written
    record_file(state / "kafka").write_text('{"pid": 12')
    assert kept_broker(state) is None
    assert not stop_kept(state)


def guards_of(pid: int) -> list[object]:
    """The guards that a process started."""
    children = subprocess.run(
        ["ps", "-A", "-o", "pid=", "-o", "ppid="], capture_output=True, text=True, check=True
    )
    pids = [
        int(child) for child, parent in map(str.split, children.stdout.splitlines()) if int(parent) == pid
    ]
    found = [identity for identity in map(identify, pids) if identity is not None]
    return [identity for identity in found if "pamwal.local.guard" in identity.command_line()]
