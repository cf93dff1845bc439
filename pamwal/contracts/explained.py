"""What stands behind a number of the situation: whom it counts, and the facts that say so."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.scheduling import Day

Row = Literal["total", "venue", "site", "kelurahan", "kecamatan", "satgas", "pair", "role"]


class FactBehind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact. What the plan decided has neither place nor clock of the field."""

    fact_id: str
    kind: str
    """Its type: `deployment_ordered`, `checked_in` …"""
    about: str
    """The deployment, or the place where somebody was seen."""
    at: str = ""
    """When it happened."""
    recorded_at: str = ""
    """When an edge had it."""
    post_id: str | None = None
    channel: str | None = None
    source: str | None = None


class OfficerBehind(Struct, frozen=True, kw_only=True):
    """One officer whom the number counts."""

    officer_id: str
    states: dict[str, str]
    """Deployment of the day → how it stands."""
    stands_at: str | None
    facts: list[FactBehind]
    """Of the plan in the order of their versions, then of the field by when it happened.

    Who is absent or unknown has none of the field: that is why he is.
    """


class Explained(Struct, frozen=True, kw_only=True):
    """A number of a situation and the officers it counts: count = named below + `unnamed`."""

    operation_id: str
    number: str
    row: Row
    key: str
    """Which row of its kind; empty for the total."""
    zone: str
    """In which the day is, from midnight to midnight."""
    exercise: bool
    day: Day
    at: str
    vector: dict[str, int]
    count: int
    unnamed: int
    """On `intel`: counted, and shown to nobody who may not see where they are."""
    officers: list[OfficerBehind]
    knowledge: Knowledge | None = None
