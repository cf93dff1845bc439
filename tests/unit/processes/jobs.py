"""What the tests have child processes do."""

from __future__ import annotations

import os
import signal
import sys


def echo(given: bytes, *arguments: str) -> bytes:
    """What it was given, with its arguments."""
    return given + " ".join(arguments).encode()


def chatter(given: bytes) -> bytes:
    """Writes to standard output beside what it returns, as compiled libraries do."""
    os.write(1, b"presolving ...")
    return given


def never_end(_given: bytes, *_arguments: str) -> bytes:
    """Waits for a signal that nobody sends."""
    while True:
        signal.pause()


def compute(_given: bytes) -> bytes:
    """Needs CPU time without end."""
    while True:
        pass


def fill_memory(_given: bytes) -> bytes:
    """Needs memory without end, in pieces that Python itself frees again where one cannot be had."""
    held = []
    while True:
        held.append(bytearray(1024 * 1024))


def write(_given: bytes, count: str) -> bytes:
    """Makes so many bytes."""
    return b"x" * int(count)


def complain(_given: bytes) -> bytes:
    """Ends with an exception."""
    raise ValueError("this cannot be done")


def be_killed(_given: bytes, *_arguments: str) -> bytes:
    """Ends by a signal."""
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    return b""
