"""Incidents: what happened, and the steps of its life."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.places import KelurahanCode, PlaceRef, Point
from pamwal.contracts.scheduling import Pair, Version

Severity = Literal["minor", "moderate", "severe", "extreme"]
IncidentKind = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z_]{1,39}(?!\n)$",
        description="2 to 40 small letters and underscores",
        examples=["crowd_clash", "traffic_jam"],
    ),
]
IncidentState = Literal[
    "reported", "verified", "unfounded", "assigned", "on_scene", "contained", "closed", "reopened"
]
IncidentStep = Literal["verified", "unfounded", "assigned", "on_scene", "contained", "closed", "reopened"]
Head = Annotated[int, Meta(ge=0, le=1_000_000)]


class Casualties(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many people came to harm: counts only, never who."""

    dead: Head = 0
    injured: Head = 0
    missing: Head = 0


# --- requests


class ReportIncident(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Something happened. Free text is about persons: the edge keeps it apart and sets `text_ref`."""

    incident_id: Identifier
    kind: IncidentKind
    severity: Severity
    kelurahan: KelurahanCode
    place: PlaceRef | None = None
    position: Point | None = None
    pairs: Annotated[list[Pair], Meta(max_length=20)] = []
    text: PersonalWords | None = None
    text_ref: PersonalRef | None = None
    casualties: Casualties | None = None
    """Left out: nobody said anything of it."""


class AdvanceIncident(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an incident's life."""

    incident_id: Identifier
    step: IncidentStep
    assignee: Text | None = None
    """With `assigned`: `officer/{officer_id}`, `post/{post_id}`, or an officer's bare id as of old."""
    expected_version: Version | None = None


# --- facts


class IncidentReported(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_reported"):
    """An incident exists; its version is 1."""

    incident_id: str
    version: int
    kind: str
    severity: Severity
    kelurahan: str
    author: str
    place: str | None = None
    position: Point | None = None
    pairs: list[str] = []
    text_ref: PersonalRef | None = None
    casualties: Casualties | None = None


class IncidentWitnessed(
    FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_witnessed"
):
    """Another report of a known incident; it stands beside the first and changes no state."""

    incident_id: str
    kind: str
    severity: Severity
    kelurahan: str
    author: str
    place: str | None = None
    position: Point | None = None
    pairs: list[str] = []
    text_ref: PersonalRef | None = None
    casualties: Casualties | None = None


class IncidentAdvanced(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_advanced"):
    """One legal step was taken; the highest version says where an incident stands.

    `of` is the id of the earlier fact that told of this step, if it takes its place only now.
    `after` is the version it follows, if that is not the one before: a late step took its place, and the
    versions in between hold no longer. So a history is read backwards from the highest version.
    """

    incident_id: str
    version: int
    state: IncidentState
    author: str
    assignee: str | None = None
    of: str | None = None
    after: int | None = None


class IncidentStepHeld(
    FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_step_held"
):
    """A step came before its predecessor; it is kept and takes its place when that comes."""

    incident_id: str
    step: IncidentStep
    author: str
    assignee: str | None = None
