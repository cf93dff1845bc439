"""One measured process: on a core of its own, seen from outside, and never left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from compileall import compile_dir
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from benchmarks.machine import Cores, running_on
from pamwal.local.guard import Guard
from pamwal.local.processes import identify

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PATIENCE_S: Final = 10.0
ANSWER_WITHIN_S: Final = 240.0


class Usage(NamedTuple):
    """What a process has taken so far: CPU seconds of all its threads, memory now and at its highest."""

    cpu_s: float
    rss_mb: float
    peak_mb: float


def usage_of(pid: int) -> Usage:
    """Reads /proc. FileNotFoundError if there is no such process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kb = {
        name: int(rest.split()[0])
        for name, _, rest in (line.partition(":") for line in status.splitlines())
        if name in ("VmRSS", "VmHWM")
    }
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS_PER_S, kb["VmRSS"] / 1024, kb["VmHWM"] / 1024)


class Program:
    """A command on the given cores. `with` ends it; so does the end of this process.

    What it prints goes to `log_file`, except where it is asked for its answer: one line of JSON.
    """

    def __init__(
        self, cores: Cores, *command: str, log_file: Path, environment: Mapping[str, str] = {}
    ) -> None:
        self._log_file = log_file
        with log_file.open("ab") as log, running_on(cores):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self._guard = Guard()
        if (identity := identify(self._process.pid)) is not None:
            self._guard.watch_process(identity)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def usage(self) -> Usage:
        """What it has taken so far. RuntimeError, with its last lines, if it has ended."""
        self.check()
        return usage_of(self.pid)

    def check(self) -> None:
        """RuntimeError, with its last lines, if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended with exit code {self._process.returncode}:\n{self._last_lines()}")

    def line(self) -> str:
        """Waits for a line it prints before its answer. RuntimeError if it ends without one."""
        if self._process.stdout is None or not (said := self._process.stdout.readline()):
            self._process.wait()
            raise RuntimeError(f"exit code {self._process.returncode}:\n{self._last_lines()}")
        return said.decode()

    def answer(self) -> dict[str, Any]:
        """Waits for its one line of JSON and its end. RuntimeError if it fails or takes too long."""
        try:
            said, _ = self._process.communicate(timeout=ANSWER_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"no answer in {ANSWER_WITHIN_S:.0f} s:\n{self._last_lines()}") from error
        if self._process.returncode != 0:
            raise RuntimeError(f"exit code {self._process.returncode}:\n{self._last_lines()}")
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def ended(self, within_s: float) -> None:
        """Waits for its end. RuntimeError if it fails or takes longer."""
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"not ended in {within_s:.0f} s:\n{self._last_lines()}") from error
        if self._process.returncode != 0:
            raise RuntimeError(f"exit code {self._process.returncode}:\n{self._last_lines()}")

    def signal(self, number: int) -> None:
        """Sends it a signal, and does not wait for what comes of it."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, as a crash would."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Asks it to end, and kills it if that takes too long."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._guard.dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if error is not None:
            print(f"the last lines of what failed:\n{self._last_lines()}", file=sys.stderr)

    def _last_lines(self) -> str:
        lines: Sequence[str] = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join(f"  {line[:300]}" for line in lines)


@cache
def compile_modules() -> None:
    """Has the product's modules compiled, as its image has them, or else each start might compile them."""
    root = Path(__file__).parent.parent
    for name in ("pamwal", "services"):
        compile_dir(root / name, quiet=2)


class Child(Program):
    """`python -m <module> <arguments>`, measured as any program is."""

    def __init__(
        self, cores: Cores, module: str, *arguments: str, log_file: Path, environment: Mapping[str, str] = {}
    ) -> None:
        compile_modules()
        command = (sys.executable, "-m", module, *arguments)
        super().__init__(cores, *command, log_file=log_file, environment=environment)
