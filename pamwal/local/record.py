"""The state file of a local broker: who started which, so that no later start guesses or kills blindly."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.processes import ProcessIdentity, identify


@dataclass(frozen=True, slots=True)
class BrokerRecord:
    """What was written down when a broker became ready."""

    pid: int | None
    """The broker's process; None for a container."""
    started: str | None
    container: list[str] | None
    """Engine and container name; None for a process."""
    port: int
    cluster_id: str
    kept: bool
    """Whether it was asked to outlive its starter."""
    starter_pid: int
    starter_started: str
    starter_command: str
    log_file: str

    @property
    def process(self) -> ProcessIdentity | None:
        """The broker's process, alive or not."""
        return (
            ProcessIdentity(self.pid, self.started)
            if self.pid is not None and self.started is not None
            else None
        )

    @property
    def starter(self) -> ProcessIdentity:
        """The process that started the broker, alive or not."""
        return ProcessIdentity(self.starter_pid, self.starter_started)

    def write(self, path: Path) -> None:
        """Write it atomically: a reader sees the old file or the new one."""
        arriving = path.with_name(f"{path.name}.{os.getpid()}")
        arriving.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        arriving.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The record in this file, or None if there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def this_process() -> tuple[ProcessIdentity, str]:
    """This process as a starter: its identity and the command a person would recognise."""
    identity = identify(os.getpid())
    if identity is None:
        raise LocalKafkaError(
            "This process cannot see itself: neither /proc nor ps works here. Install procps."
        )
    return identity, " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]


@contextlib.contextmanager
def only_one(path: Path, within_s: float) -> Iterator[None]:
    """Hold the lock file while a broker is started or stopped.

    The system releases it when a holder dies, so it is never stale. Raises LocalKafkaError after `within_s`.
    """
    deadline = time.monotonic() + within_s
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LocalKafkaError(
                        f"Another process has been starting or stopping the Kafka of {path.parent} for over "
                        f"{within_s:.0f} s. End it, or set PAMWAL_STATE to another folder."
                    ) from None
                time.sleep(0.05)
        yield
