"""Processes by identity, not by number: a pid is reused, a pid with its start time is not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process that was seen alive: its pid and the moment it started, in the system's own notation."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return started_at(self.pid) == self.started

    def command_line(self) -> str:
        """Its command line, empty if it is gone."""
        return command_line(self.pid) if self.alive() else ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone is no error."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait_gone(self, within_s: float) -> bool:
        """Whether it was gone within the time."""
        deadline = time.monotonic() + within_s
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def end(self, patience_s: float) -> bool:
        """Ask it to end, and kill it when it has not after `patience_s`. Says whether asking was enough."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a frozen process would never see the request
        if self.wait_gone(patience_s):
            return True
        self.send(signal.SIGKILL)
        self.wait_gone(10.0)
        return False


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of the process that has this pid now, or None."""
    started = started_at(pid)
    return ProcessIdentity(pid, started) if started is not None else None


def started_at(pid: int) -> str | None:
    """When the process with this pid started, or None if there is none or it is a zombie."""
    if _PROC.joinpath("self", "stat").exists():
        try:
            # The second field is the program's name in brackets and may itself hold brackets and spaces.
            fields = _PROC.joinpath(str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in {"Z", "X"} else fields[19]
    said = _ps("-o", "stat=", "-o", "lstart=", "-p", str(pid)).strip()
    state, _, started = said.partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def command_line(pid: int) -> str:
    """The command line of the process with this pid, arguments parted by spaces; empty if it is gone."""
    if _PROC.joinpath("self", "stat").exists():
        try:
            return (
                _PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            return ""
    return _ps("-ww", "-o", "command=", "-p", str(pid)).strip()


def running_with(argument: str) -> list[ProcessIdentity]:
    """Every process whose command line holds `argument` as a whole word."""
    if _PROC.joinpath("self", "stat").exists():
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    else:
        pids = [int(word) for word in _ps("-A", "-o", "pid=").split()]
    found = [identify(pid) for pid in pids if f" {argument} " in f" {command_line(pid)} "]
    return [identity for identity in found if identity is not None and identity.pid != os.getpid()]


def _ps(*arguments: str) -> str:
    done = subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False, timeout=10)
    return done.stdout
