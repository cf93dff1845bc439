"""Logs as JSON lines on standard error, each with the request id it belongs to."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_LESS_OF = {"aiokafka.consumer.subscription_state": logging.WARNING}
"""It says at INFO that a consumer was assigned anew: twice for each lookup of an old receipt."""


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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, at_least in _LESS_OF.items():
        logging.getLogger(name).setLevel(at_least)
    structlog.contextvars.bind_contextvars(service=service)
