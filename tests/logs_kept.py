"""Logging as it was before a test: a service that a test starts in this process sets it up for good."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from pamwal.edge.logs import LESS_OF


@contextmanager
def logs_as_before() -> Iterator[None]:
    """Afterwards no handler is left that writes to what pytest closes behind the test: every library that
    speaks later would be told of the closed file, with a traceback each."""
    root, told = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    quiet = {name: logging.getLogger(name).level for name in LESS_OF}
    try:
        yield
    finally:
        for handler in [each for each in root.handlers if each not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)
        for name, own in quiet.items():
            logging.getLogger(name).setLevel(own)
        if structlog.get_config() != told:
            structlog.configure(**told)
            structlog.contextvars.clear_contextvars()
