"""This machine: which process runs on which core, and what to say of it all."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

Cores = frozenset[int]
_AT_START: Final = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}
"""What this process was given, before it pinned itself."""


class Pinning(NamedTuple):
    """Which cores the measured process may use, and which everything else: broker, load, this process."""

    measured: Cores
    others: Cores

    @property
    def apart(self) -> bool:
        """Whether the measured process has its core for itself."""
        return not self.measured & self.others

    def describe(self) -> str:
        """One sentence for the output."""
        if not self.apart:
            return "ONE core only: measured process, broker and load share it, so rates are far too low"
        others = ", ".join(map(str, sorted(self.others)))
        core = next(iter(self.measured))
        return f"measured process on core {core}, broker and load generator on core {others}"


def pinning() -> Pinning:
    """One core for the measured process, the rest for all others. RuntimeError where pinning is unknown."""
    if not hasattr(os, "sched_setaffinity"):
        raise RuntimeError("The benchmarks pin processes and read /proc, so they need Linux (WSL2 does).")
    cores = sorted(_AT_START)
    return Pinning(frozenset(cores[:1]), frozenset(cores[1:] or cores))


def all_cores() -> Cores:
    """Every core this process was given."""
    return frozenset(_AT_START)


@contextmanager
def running_on(cores: Cores) -> Iterator[None]:
    """Processes started inside run on these cores only; this thread does too, until the block ends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine_line(kafka: str = "none") -> str:
    """Processor, cores, Python and the clients, in one line; `kafka` is the broker's version, if any."""
    packages = " ".join(
        f"{name} {version(name)}" for name in ("faust-streaming", "aiokafka", "msgspec", "uvicorn")
    )
    return (
        f"{processor()}, {len(_AT_START)} cores, {memory_gb():.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, Kafka {kafka}, {packages}"
    )


def processor() -> str:
    """The processor's own name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_gb() -> float:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def load_line() -> str:
    """How busy the machine is with other things: figures of a busy one are too low."""
    one_min = os.getloadavg()[0]
    busy = ", BUSY: rates will be too low, look at CPU per item and ratios" if one_min > 0.5 else ""
    return f"load average over the last minute before this run: {one_min:.2f}{busy}"
