"""Stops a broker when whoever started it is gone, however it went: return, exception, SIGTERM or kill -9.

The guard is a process of its own that reads a pipe. Only the starter holds the other end, and the system
closes that when the starter ends. A signal handler could not do this: nothing is handled after kill -9.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pamwal.local.processes import ProcessIdentity

PATIENCE_S = 10.0


class Guard:
    """The starter's end of the pipe."""

    def __init__(self) -> None:
        # By path and isolated: it must start fast, and in whatever folder or environment the starter is.
        root = str(Path(__file__).resolve().parents[2])
        program = f"import sys; sys.path.insert(0, {root!r}); from pamwal.local.guard import watch; watch()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A session of its own, so that Ctrl-C in the terminal reaches the starter and not the guard.
            start_new_session=True,
        )

    def watch_process(self, identity: ProcessIdentity) -> None:
        """Stop this process when the starter is gone."""
        self._tell({"pid": identity.pid, "started": identity.started})

    def watch_command(self, stop: list[str]) -> None:
        """Run this command when the starter is gone."""
        self._tell({"stop": stop})

    def dismiss(self) -> None:
        """What it watched has ended; so may the guard."""
        self._tell({"dismissed": True})
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(PATIENCE_S)

    def _tell(self, line: dict[str, object]) -> None:
        if self._process.stdin is None or self._process.stdin.closed:
            return
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # somebody killed the guard; the state file still finds an orphan
            return


def watch() -> None:
    """The guard's whole life: read until the pipe closes, then stop what was named last."""
    last: dict[str, object] = {}
    for line in sys.stdin:
        last = json.loads(line)
    if "pid" in last:
        ProcessIdentity(int(str(last["pid"])), str(last["started"])).end(PATIENCE_S)
    elif isinstance(stop := last.get("stop"), list):
        subprocess.run([str(word) for word in stop], check=False, capture_output=True, timeout=60)
