"""One service process: started, ready, killed, ended, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import httpx
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.errors import ServiceNotReady
from pamwal.edge.serve import listening_socket
from pamwal.local.guard import Guard
from pamwal.local.processes import identify
from pamwal.private_files import open_private

Role = Literal["all", "edge", "decider"]
LOOK_S = 0.05
STOP_PATIENCE_S = 8.0
"""A service ends within 5 s of SIGTERM; what takes longer is killed."""
LAST_LINES = 12


class ServicePlan(Struct, frozen=True, kw_only=True):
    """What to run: `python -m services.{service} --role {role}` at `host`:`port`.

    Operators are answered at `operators_port` of this machine. A port of 0 stands for a free one, which is
    known once the process was started.
    """

    name: str
    service: str
    role: Role
    port: int = 0
    operators_port: int = 0
    host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        """Where this machine reaches it: `http://127.0.0.1:8102`."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def operators_address(self) -> str:
        """Where this machine is told reasons and metrics: `http://127.0.0.1:9102`."""
        return f"http://127.0.0.1:{self.operators_port}"

    @property
    def api(self) -> str:
        """The root of its routes."""
        return f"{self.address}/{self.service}/v1"


class ServiceProcess:
    """A service as an operating-system process that ends with whoever started it, even after kill -9.

    What it prints is appended to `log_file`.
    """

    def __init__(self, plan: ServicePlan, environment: Mapping[str, str], log_file: Path) -> None:
        self.plan, self.log_file = plan, log_file
        self._environment = {
            **environment,
            "PAMWAL_HOST": plan.host,
            "PYTHONUNBUFFERED": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self.running and self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs or was never started."""
        return None if self._process is None else self._process.poll()

    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", f"services.{self.plan.service}", "--role", self.plan.role]

    def start(self, *, other_ports: bool = False) -> None:
        """Starts it; `until_ready` says when it may be used.

        Its sockets are opened here and inherited, so that no other program takes a port while it starts.
        `other_ports`: a free port is taken where the plan's is in use; else ServiceNotReady.
        """
        self._release()
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with (
            open_private(self.log_file, "ab") as log,
            self._listener(self.plan.host, self.plan.port, other_ports) as clients,
            self._listener("127.0.0.1", self.plan.operators_port, other_ports) as operators,
        ):
            listeners = (clients.fileno(), operators.fileno())
            ports = clients.getsockname()[1], operators.getsockname()[1]
            self.plan = replace(self.plan, port=ports[0], operators_port=ports[1])
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=listeners,
                env={
                    **os.environ,
                    **self._environment,
                    "PAMWAL_PORT": str(ports[0]),
                    "PAMWAL_OPERATORS_PORT": str(ports[1]),
                    "PAMWAL_LISTENERS": ",".join(map(str, listeners)),
                },
                # Ctrl-C in the terminal is the starter's to hear; it ends its services in order.
                start_new_session=True,
            )
        self._guard = Guard()
        if (identity := identify(self._process.pid)) is not None:
            self._guard.watch_process(identity)

    async def until_ready(self, http: httpx.AsyncClient, within_s: float, path: str = "/readyz") -> None:
        """Waits for a 200 of `/readyz` (or of `/healthz`: it is alive).

        ServiceNotReady, with its last lines, if it ends or is not ready in time.
        """
        deadline = time.monotonic() + within_s
        said = "it never answered"
        while self.running and time.monotonic() < deadline:
            try:
                response = await http.get(self.plan.address + path, timeout=2.0)
            except httpx.TransportError:
                pass
            else:
                if response.status_code == 200:
                    return
                said = f"its {path} says {response.text[:300].strip()}"
            await asyncio.sleep(LOOK_S)
        with contextlib.suppress(httpx.HTTPError):
            answer = await http.get(self.plan.operators_address + path, timeout=2.0)
            said = f"its {path} says {answer.text[:300].strip()}"
        raise ServiceNotReady(self.why_not_ready(f"not ready within {within_s:.0f} s: {said}"))

    def _listener(self, host: str, port: int, other: bool) -> socket.socket:
        try:
            return listening_socket(host, port)
        except OSError as error:
            if other:
                return listening_socket(host, 0)
            raise ServiceNotReady(
                f"{self.plan.name} was not started: port {port} of {host} cannot be used: {error}. Stop the"
                " program that has it, or start again, and a free one is taken"
            ) from error

    def kill(self) -> None:
        """kill -9, as a crash would; `start` brings it back."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def ask_to_end(self) -> None:
        """SIGTERM; `ended` waits for it."""
        if self.running and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    async def ended(self, patience_s: float = STOP_PATIENCE_S) -> bool:
        """Waits until it is gone, and kills what outstays the patience. Says whether asking was enough."""
        by_itself = await asyncio.to_thread(self._gone_within, patience_s)
        self.abandon()
        return by_itself

    def abandon(self) -> None:
        """Kills it without waiting for anything: the last resort of whoever cannot await any more."""
        self.kill()
        self._release()

    def _gone_within(self, patience_s: float) -> bool:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
        return not self.running

    def _release(self) -> None:
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None

    def why_not_ready(self, what: str) -> str:
        """A sentence, its exit code if it ended, and the last lines it printed."""
        if self._process is not None and (code := self._process.poll()) is not None:
            what = f"ended with exit code {code}"
        end = last_lines(self.log_file)
        return f"{self.plan.name} at {self.plan.address}: {what}. The last lines of {self.log_file}:\n{end}"


def last_lines(log_file: Path, count: int = LAST_LINES) -> str:
    """The end of a log, indented, for a person who has to find out."""
    try:
        lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join(f"  {line[:300]}" for line in lines) or "  (nothing)"
