"""Processes of their own that start a local Kafka, so that a test can kill them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pamwal.local.processes import ProcessIdentity, identify

_PROGRAM = """
import json, sys
from pathlib import Path
from pamwal.local.kafka import LocalKafka
broker = LocalKafka(Path(sys.argv[1]), keep_warm=sys.argv[2] == "warm")
try:
    broker.start()
    said = {"pid": broker.pid, "bootstrap": broker.bootstrap_servers, "here": broker.started_here}
except Exception as error:
    said = {"error": str(error)}
print(json.dumps(said), flush=True)
sys.stdin.read()
broker.release()
"""


@contextlib.contextmanager
def starter(state: Path, *, warm: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A process that starts a broker, says which, and holds it until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(state), "warm" if warm else "cold"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.communicate(timeout=60)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def said_by(process: subprocess.Popen[str]) -> dict[str, object]:
    """What a starter said about its broker; waits until it has one."""
    assert process.stdout is not None
    said: dict[str, object] = json.loads(process.stdout.readline())
    return said


def broker_of(said: dict[str, object]) -> ProcessIdentity:
    """The broker a starter named, as a process that runs."""
    assert isinstance(said.get("pid"), int), said
    found = identify(int(str(said["pid"])))
    assert found is not None
    return found
