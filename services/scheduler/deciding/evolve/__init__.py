"""What holds after a fact: the one place where facts become state, in the log's fold and in a draft alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pamwal.contracts.scheduling import SchedulingFact
from services.scheduler.deciding.evolve import deployments, operations, rallies, roster
from services.scheduler.deciding.state import Schedule

AFTER: Final[dict[type, Callable[[Schedule, Any], None]]] = {
    **operations.AFTER,
    **roster.AFTER,
    **rallies.AFTER,
    **deployments.AFTER,
}
"""Fact → what it does to a schedule."""


def apply(state: Schedule, fact: SchedulingFact) -> None:
    """Changes `state` to what holds after `fact`. KeyError or ValueError if it cannot follow from `state`."""
    AFTER[type(fact)](state, fact)
