"""Processes of the services that a benchmark starts, with snapshots and without, and when they are of use."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from benchmarks.machine import Pinning
from benchmarks.measured import Child
from pamwal.contracts.topics import PARTITIONS_DEFAULT
from pamwal.local.readiness import free_port
from pamwal.wire.metrics import LAG

WITHIN_S: Final = 240.0
READY_WITHIN_S: Final = 200.0
LOOK_S: Final = 0.02
SHARED_LOOK_S: Final = 0.5


class Started(NamedTuple):
    """A running process of a service, and where it answers clients and operators."""

    child: Child
    address: str
    operators_address: str


class Bench(NamedTuple):
    """Where it takes place."""

    bootstrap_servers: str
    folder: Path
    pins: Pinning

    def environment(self, *, snapshots: bool) -> dict[str, str]:
        """What a process is told. It makes no snapshot while it runs."""
        return {
            "PAMWAL_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "PAMWAL_STATE": str(self.folder),
            "PAMWAL_SNAPSHOTS": str(self.folder / "snapshots") if snapshots else "off",
            "PAMWAL_SNAPSHOT_EVERY_S": "1000000",
            "PAMWAL_SNAPSHOT_BEHIND": "1",
        }

    @contextmanager
    def started(self, name: str, module: str, role: str, *, snapshots: bool) -> Iterator[Started]:
        """One process of a service on the measured core."""
        port, operators_port = free_port(), free_port()
        environment = {**self.environment(snapshots=snapshots), "PAMWAL_PORT": str(port)}
        environment["PAMWAL_OPERATORS_PORT"] = str(operators_port)
        arguments = (module, "--role", role)
        log_file = self.folder / f"{name}.log"
        with Child(self.pins.measured, *arguments, log_file=log_file, environment=environment) as child:
            yield Started(child, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{operators_port}")

    def decider(self, name: str, *, snapshots: bool) -> AbstractContextManager[Started]:
        """One decider of checkin."""
        return self.started(name, "services.checkin", "decider", snapshots=snapshots)

    def replica(self, name: str, *, snapshots: bool) -> AbstractContextManager[Started]:
        """One replica of reporting."""
        return self.started(name, "services.reporting", "edge", snapshots=snapshots)

    def make_snapshots(self, module: str, of: str) -> float:
        """Makes all that are due of what a process of that role folds; the seconds it took."""
        began, arguments = time.perf_counter(), (module, "--role", "snapshots", "--of", of)
        log_file, environment = self.folder / "snapshots.log", self.environment(snapshots=True)
        with Child(self.pins.measured, *arguments, log_file=log_file, environment=environment) as child:
            child.ended(WITHIN_S)
        return time.perf_counter() - began

    @property
    def snapshots_mb(self) -> float:
        """What they take on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*.snapshot")) / 1e6


async def until_ready(process: Started) -> None:
    """Until its /readyz is 200."""
    await until_answered(process, "/readyz", {})


async def until_answered(process: Started, path: str, headers: Mapping[str, str]) -> None:
    """Until a GET is answered with 200."""
    async with httpx.AsyncClient() as http, asyncio.timeout(READY_WITHIN_S):
        while True:
            process.child.check()
            try:
                address = f"{process.address}{path}"
                if (await http.get(address, headers=headers, timeout=5.0)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(LOOK_S)


async def told(process: Started, metric: str) -> dict[int, float]:
    """What a process tells by a metric: partition → value."""
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"{process.operators_address}/metrics", timeout=READY_WITHIN_S)).text
    lines = re.findall(rf'^{metric}{{.*?partition="(\d+)".*}} (\S+)$', text, re.MULTILINE)
    return {int(partition): float(value) for partition, value in lines}


async def until_shared(deciders: Sequence[Started]) -> list[list[int]]:
    """The partitions of each of two, once they have shared all of them out."""
    half = PARTITIONS_DEFAULT // 2
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            owned = [sorted(await told(each, LAG.name)) for each in deciders]
            if [*map(len, owned)] == [half, half] and not {*owned[0]} & {*owned[1]}:
                return owned
            await asyncio.sleep(SHARED_LOOK_S)
