"""How a process of a service ends once all its parts have: soon, whatever it holds."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from typing import Final, NoReturn

LEAST_S: Final = 0.2


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
