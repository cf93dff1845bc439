"""The pure cores of the services that decide, found by name: who only sends needs none of them."""

from __future__ import annotations

import importlib
from typing import Any, Final

from pamwal.contracts.errors import SettingsError
from pamwal.contracts.topics import FIELD_REQUESTS, REPORTING_REQUESTS, SCHEDULING_REQUESTS
from pamwal.wire.core import Core, WatchingCore

DECIDING: Final = {
    SCHEDULING_REQUESTS.name: "scheduler",
    FIELD_REQUESTS.name: "checkin",
    REPORTING_REQUESTS.name: "reporting",
}
"""Requests topic → the service that decides it."""


def core_of(requests_topic: str) -> Core[Any] | WatchingCore[Any, Any]:
    """The core that decides a topic: `services.checkin.core.CheckinCore`. SettingsError if nothing does."""
    service = DECIDING.get(requests_topic)
    if service is None:
        raise SettingsError(f"no service decides {requests_topic}; there are {', '.join(DECIDING)}")
    module = importlib.import_module(f"services.{service}.core")
    core: Core[Any] | WatchingCore[Any, Any] = getattr(module, f"{service.capitalize()}Core")()
    return core
