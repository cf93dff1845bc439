"""What became known of a situation since it was last seen."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.reporting import SituationChange


class Since(Struct, frozen=True, kw_only=True):
    """Where a change begins."""

    at: str
    vector: dict[str, int]


class Changes(Struct, frozen=True, kw_only=True):
    """What leads from the situation as it was known then to that of the answer's moment."""

    operation_id: str
    since: Since
    change: SituationChange
    """Only what differs; where nothing does, the moment and vector alone."""
    knowledge: Knowledge
