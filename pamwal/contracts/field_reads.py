"""What checkin tells of a place's attendance and of a post's log, also as the data of two FEMA forms.

ICS 211 is the incident check-in list, ICS 214 the activity log (FEMA, ICS Forms Booklet, v3). Moments are
Instants; days are local.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pamwal.contracts.envelope import Outcome
from pamwal.contracts.field import Method


class AttendanceRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stay of one officer at the place. What is not known, or not for the reader, is left out."""

    officer_id: str
    name: str | None = None
    nrp: str | None = None
    rank: str | None = None
    unit: str | None = None
    time_in: str | None = None
    time_out: str | None = None
    method: Method | None = None
    """How he was checked in; where nobody did that, how he was checked out."""
    witnesses: int = 0
    """Further reports of the same."""
    remarks: list[str] = []


class AttendanceSheet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who was at a place on a day, by when he came; what was taken back is left out."""

    operation_id: str
    operation_name: str
    place: str
    day: str
    zone: str
    rows: list[AttendanceRow]
    said_by: str | None = None
    """The only post whose words these are; None: of all posts."""
    cut: bool = False
    """There is more than one sheet holds."""
    exercise: bool = False
    at: str | None = None
    """The moment it tells of, and by what was known; None: now."""
    known: str | None = None


class Ics211Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the check-in list."""

    resource: str
    """The name, else the officer's id."""
    identifier: str
    home_unit: str
    checked_in_at: str | None
    checked_out_at: str | None
    method: str
    remarks: str


class Ics211(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of an incident check-in list (ICS 211)."""

    form: str
    incident_name: str
    check_in_location: str
    date: str
    zone: str
    entries: list[Ics211Entry]
    at: str | None = None
    """The moment it tells of, and by what was known; None: now."""
    known: str | None = None


class LogLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request of a post and what became of it."""

    offset: int
    """Of the request in its log."""
    id: str
    type: str
    at: str
    """When it happened, by the sender; of what cannot be read, when it was decided."""
    known_at: str
    outcome: Outcome
    recorded_at: str | None = None
    actor: str | None = None
    channel: str | None = None
    source: str | None = None
    sourceseq: int | None = None
    reason: str | None = None
    """Code of a refusal; of a repeat, of the first answer."""
    warnings: list[str] = []
    facts: list[str] = []
    """Their ids."""
    said: Any = None
    """The request's data; free text is kept elsewhere."""


class PostLog(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every request of a post on a day, in the order of the log; a page."""

    operation_id: str
    operation_name: str
    post: str
    day: str
    zone: str
    lines: list[LogLine]
    next_after: int | None = None
    """Ask again with `after` of this."""
    exercise: bool = False
    at: str | None = None
    """The moment it tells of, and by what was known; None: now."""
    known: str | None = None


class Ics214Activity(Struct, frozen=True, kw_only=True):
    """One notable activity."""

    at: str
    activity: str


class Ics214(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of an activity log (ICS 214)."""

    form: str
    incident_name: str
    operational_period_from: str
    operational_period_to: str
    name: str
    """The post."""
    resources_assigned: list[str]
    """Who spoke for it."""
    activities: list[Ics214Activity]
    next_after: int | None = None
    at: str | None = None
    """The moment it tells of, and by what was known; None: now."""
    known: str | None = None
