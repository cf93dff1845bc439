"""What stands behind a number of the situation: whom it counts, and the facts that say so."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.scheduling import Day

Row = Literal["total", "venue", "site", "kelurahan", "kecamatan", "satgas", "pair", "role"]


class FactBehind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact. What the plan decided has no clock of the field, and no `recorded_at`."""

    fact_id: str
    kind: str
    """Its type: `deployment_ordered`, `checked_in` …"""
    about: str
    """The deployment, or the place where somebody was seen."""
    at: str = ""
    """When it happened; of the plan, when it was decided."""
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


class SubjectBehind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rally, incident, post or alert whom the number counts, or a place by what it needs."""

    subject: str
    """`rally/{id}`, `site/{id}`, `incident/{id}`, `post/{id}`, `alert/{id}`."""
    state: str
    """As the situation says it; of what a place needs, how many of which role."""
    facts: list[FactBehind]
    """Of the plan in the order of their versions, then of the field by when it happened; of a post its newest
    heartbeat, its newest report and what closed its day; of an alert what was said of it."""
    evidence: list[str] = []
    """Ids of the facts that an alert follows from, as far as single facts are its reason."""
    count: int = 1
    """What it makes of the number."""


class Explained(Struct, frozen=True, kw_only=True):
    """A number of a situation and what it counts: count = officers + counts of subjects + `unnamed`."""

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
    officers: list[OfficerBehind] = []
    subjects: list[SubjectBehind] = []
    knowledge: Knowledge | None = None
