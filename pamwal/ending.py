"""How a process of a service ends once all its parts have: soon, whatever it holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from typing import Final, NoReturn

import structlog

LEAST_S: Final = 0.2
ENDS_WITHIN_S: Final = 4.6
"""From the signal to the end, for all parts together: whoever asked kills a process that takes 5 s."""
_log = structlog.get_logger(__name__)


class Stop(asyncio.Event):
    """Set when the process is to end; from then on its parts share the time that is left."""

    _by_s: float | None = None

    def set(self) -> None:
        """The process ends, for the first reason that is given."""
        if not self.is_set():
            self._by_s = asyncio.get_running_loop().time() + ENDS_WITHIN_S
        super().set()

    def left_s(self, reserve_s: float = 0.0) -> float:
        """How long something may take so that `reserve_s` are left."""
        now_s = asyncio.get_running_loop().time()
        by_s = now_s + ENDS_WITHIN_S if self._by_s is None else self._by_s
        return max(0.0, by_s - now_s - reserve_s)


def stop_on_signals() -> Stop:
    """Set by the first SIGTERM or SIGINT; the second does what it always does."""
    stop, loop = Stop(), asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        _log.info("told to end", signal=number.name)
        stop.set()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told, each)
    return stop


def end_for_sure(code: int, within_s: float) -> None:
    """A client's thread may hang in a call that Kafka does not answer, and Python would wait for it."""
    ending = threading.Timer(max(within_s, LEAST_S), os._exit, [code])
    ending.daemon = True
    ending.start()


def leave(code: int) -> NoReturn:
    """Ends this process with that exit code, and what it said is said.

    Without Python's own end, which frees what was folded object by object: of a million facts ten seconds and
    more, in which no other thread runs, so that nothing could end it.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
