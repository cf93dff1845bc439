"""Incidents as the situation shows them: what counts, as last amended."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.field import Casualties, IncidentState, Severity


class IncidentRow(Struct, frozen=True, kw_only=True):
    """One incident that counts, as last amended.

    `reports` counts the reports that stand, its duplicates' too; `held` the steps that wait for another.
    """

    incident_id: str
    kind: str
    severity: Severity
    state: IncidentState
    kelurahan: str
    place: str | None
    pairs: list[str]
    occurred_at: str
    """By the earliest report, on a clock corrected as measured."""
    reports: int
    held: int
    assignee: str | None
    """The first of `assignees`."""
    assignees: list[str] = []
    escalated_to: str | None = None
    casualties: Casualties = Casualties()
    attachments: int = 0
    duplicates: list[str] = []
    """Incidents said to be this one; they have no row and count nowhere."""
    to_verify_s: int | None = None
    """From when it happened to its first verification; None while it is not verified."""
    to_contain_s: int | None = None
    said_at: str | None = None
    """What the clock of that report showed, if it was more than 30 s off."""


class Timing(Struct, frozen=True, kw_only=True):
    """How long something took, over as many incidents as were `measured`."""

    measured: int = 0
    median_s: int | None = None
    longest_s: int | None = None


class Incidents(Struct, frozen=True, kw_only=True):
    """Incidents of the operation, duplicates left out; `open` are those neither closed nor unfounded."""

    open: int
    by_state: dict[IncidentState, int]
    by_severity: dict[Severity, int]
    """Of the open ones."""
    rows: list[IncidentRow]
    duplicates: int = 0
    """Said to be the same as another one, and left out of everything here."""
    escalated: int = 0
    """Open and handed up."""
    casualties: Casualties = Casualties()
    """Of all that were not found to be unfounded."""
    to_verify: Timing = Timing()
    to_contain: Timing = Timing()
