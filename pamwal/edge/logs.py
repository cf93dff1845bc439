"""Logs as JSON lines on standard error, each with the request id it belongs to."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
LESS_OF: Final = {"aiokafka.consumer.subscription_state": logging.WARNING}
"""It says at INFO that a consumer was assigned anew: twice for each lookup of an old receipt."""


class LibrariesSaidOnce(logging.Filter):
    """Lets a library say the same sentence a few times in a while, and then how often it said it meanwhile.

    A Kafka client whose broker is gone says so some hundred times a second, and would fill a disk in a night.
    Our own lines are dictionaries here, and all pass.
    """

    TIMES, WHILE_S, SENTENCES_MAX = 5, 30.0, 500

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        """Logger and sentence, without what is filled in → when its while began, how often it was said."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; `record.created` is the clock."""
        if not isinstance(record.msg, str):
            return True
        key = (record.name, record.msg)
        began_s, times = self._said.get(key, (record.created, 0))
        if record.created - began_s >= self.WHILE_S:
            if times > self.TIMES:
                left = times - self.TIMES
                record.msg, record.args = f"{record.getMessage()} (and {left} times more meanwhile)", ()
            began_s, times = record.created, 0
        if len(self._said) >= self.SENTENCES_MAX and key not in self._said:
            self._said.clear()
        self._said[key] = began_s, times + 1
        return times < self.TIMES


def configure_logging(service: str, level: int = logging.INFO) -> None:
    """Sends our log lines and those of the libraries through one JSON renderer. Call once, in `__main__`."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(_SHARED),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.addFilter(LibrariesSaidOnce())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, at_least in LESS_OF.items():
        logging.getLogger(name).setLevel(at_least)
    structlog.contextvars.bind_contextvars(service=service)
