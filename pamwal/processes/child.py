"""The child process of `LimitedProcesses`: limits itself, calls one function, and ends.

    python child.py MEMORY_BYTES CPU_S MODULE:FUNCTION [ARGUMENT ...]

Reads 8 bytes (the length, big-endian) and so many bytes of input from stdin, calls
`FUNCTION(input, *arguments) -> bytes` and writes what it returns to stdout; what the function itself writes
to stdout goes to stderr. Stdin stays open while the parent lives and waits: at its end the child ends, too,
whatever it is doing.

Imports the standard library only, so that the limits hold before the module is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The folder that holds the packages."""
LENGTH_BYTES: Final = 8
OUT_OF_MEMORY: Final = 71
"""Exit code of a child that would have needed more memory than it may have."""


def main(memory_bytes: int, cpu_s: int, function: str, arguments: list[str]) -> None:
    """Runs the function within the limits."""
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    length = int.from_bytes(sys.stdin.buffer.read(LENGTH_BYTES), "big")
    given = sys.stdin.buffer.read(length)
    if len(given) < length:
        os._exit(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stdout = os.dup(1)
    os.dup2(2, 1)
    sys.path.append(str(ROOT))
    try:
        module, _, name = function.partition(":")
        answer = getattr(importlib.import_module(module), name)(given, *arguments)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    with os.fdopen(stdout, "wb") as file:
        file.write(answer)
    os._exit(0)


def _limit(what: int, soft: int, hard: int) -> None:
    """macOS refuses a limit of the address space; there the limits of time have to do."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (soft, hard))


def _end_with_parent() -> None:
    """Nothing more is sent: a read returns once the parent closed its end, or died."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
