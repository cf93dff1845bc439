"""Incidents as checkin tells its readers: in a list, and one with all that was said of it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.field import (
    Casualties,
    IncidentAdvanced,
    IncidentAttached,
    IncidentDetail,
    IncidentReported,
    IncidentState,
    IncidentStepHeld,
    IncidentWitnessed,
    Location,
    Severity,
)
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point
from pamwal.contracts.zones import Zone

CLOSED: Final = frozenset({"closed", "unfounded"})


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an incident's history, as somebody said it."""

    fact_id: str
    state: IncidentState
    occurred_at: str
    recorded_at: str
    author: str
    postid: str
    version: int | None = None
    """None for a step that waits, or that another one took the place of."""
    assignee: str | None = None
    happened_at: str | None = None
    """When it happened, if `occurred_at` is of a clock that was more than 30 s off."""


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a report of an incident said; the earliest counts, further ones are witnesses."""

    fact_id: str
    kind: str
    severity: Severity
    kelurahan: str
    occurred_at: str
    recorded_at: str
    author: str
    postid: str
    place: str | None = None
    position: Point | None = None
    pairs: list[str] = []
    text_ref: PersonalRef | None = None
    casualties: Casualties | None = None
    happened_at: str | None = None
    """When it happened, if `occurred_at` is of a clock that was more than 30 s off."""


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was said, in its own words; `fact` says who and when.

    `holds` is False for what was taken back, and for a step that is not taken.
    """

    fact: IncidentReported | IncidentWitnessed | IncidentAdvanced | IncidentStepHeld | IncidentDetail
    postid: str
    channel: str
    holds: bool


class IncidentSummary(Struct, frozen=True, kw_only=True):
    """An incident in a list, as last amended."""

    incident_id: str
    state: IncidentState
    version: int
    kind: str
    severity: Severity
    kelurahan: str
    occurred_at: str
    """By the earliest report, on a clock corrected as measured."""
    place: str | None = None
    pairs: list[str] = []
    casualties: Casualties | None = None
    assignees: list[str] = []
    escalated_to: str | None = None
    attachments: int = 0
    duplicate_of: str | None = None
    """The incident that counts in its place."""
    said_at: str | None = None
    """What the clock of that report showed, if it was more than 30 s off."""

    @property
    def open(self) -> bool:
        """Neither closed nor unfounded."""
        return self.state not in CLOSED


class OwnHistory(Struct, frozen=True, kw_only=True):
    """Everything that was said of one incident, and what holds of it."""

    incident_id: str
    state: IncidentState
    version: int
    """What `expected_version` has to name."""
    report: Report
    history: list[Line]
    """From the report on, each legal after the one before."""
    waiting: list[Line]
    """Steps that are kept and not taken: a predecessor is missing, or somebody had said the same."""
    witnesses: list[Report]
    kind: str
    severity: Severity
    location: Location
    pairs: list[str]
    casualties: Casualties | None
    assignees: list[str]
    escalated_to: str | None
    attached: list[IncidentAttached]
    timeline: list[Said]
    """All of it by when it was said."""


class IncidentHistory(OwnHistory, frozen=True, kw_only=True):
    """An incident with everything that was said of it, and its duplicates with their own histories."""

    duplicate_of: str | None = None
    duplicates: list[OwnHistory] = []
    zone: Zone
    """The operation's own, to show its times in."""


class Incidents(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Incidents of an operation, latest first; a page."""

    incidents: list[IncidentSummary]
    next_after: str | None = None
    """Ask again with `after` of this; what happened meanwhile stands before it."""
    zone: Zone
    """The operation's own, to show its times in."""


class Kind(Struct, frozen=True):
    """A kind of incident and what it is called."""

    kind: str
    name: str


class Kinds(Struct, frozen=True):
    """The kinds an incident can be of, in the order they are offered."""

    kinds: list[Kind]
