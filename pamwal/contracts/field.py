"""Field: what the field says happened. Observations are kept, also those that no plan foresaw."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData, Sequence, Source, Text
from pamwal.contracts.instants import Stamp
from pamwal.contracts.persons import OfficerId, PersonalRef, PersonalWords
from pamwal.contracts.places import KelurahanCode, PlaceRef, Point
from pamwal.contracts.scheduling import Pair, Version

Method = Literal["gps", "qr", "manual", "paper", "radio"]
Precision = Literal["exact", "list"]
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

# --- requests


class CheckIn(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """An officer is at a place; the envelope's `time` says since when."""

    officer_id: OfficerId
    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    """`list`: the time is a paper list's, not the officer's."""
    position: Point | None = None


class CheckOut(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """An officer leaves a place."""

    officer_id: OfficerId
    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    position: Point | None = None


class Void(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Take back one observation: a tombstone that always wins over it. `observation` is a fact id.

    A sender must say why, in `cause`. It may be about a person: the edge keeps it apart and sets `cause_ref`.
    """

    observation: Annotated[str, Meta(min_length=3, max_length=80)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None


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


class AdvanceIncident(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an incident's life."""

    incident_id: Identifier
    step: IncidentStep
    assignee: Text | None = None
    """Officer or post, with `assigned`."""
    expected_version: Version | None = None


class Heartbeat(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post is there: the highest number each of its sources gave out, and how many requests wait there."""

    highest: dict[Source, Sequence] = {}
    queue_length: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


# --- facts


class FieldFactBase(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """All facts of the field carry a derived id and the three clocks of the sender and the edge."""

    id: str
    occurred_at: Stamp
    recorded_at: Stamp
    sent_at: Stamp | None = None


class CheckedIn(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="checked_in"):
    """Seen at a place. Planned, wrong place, distance and lateness are the picture's to say."""

    officer_id: str
    place: str
    method: Method
    precision: Precision = "exact"
    position: Point | None = None


class CheckedOut(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="checked_out"):
    """Left a place."""

    officer_id: str
    place: str
    method: Method
    precision: Precision = "exact"
    position: Point | None = None


class Voided(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="voided"):
    """The named observation does not count, whenever it arrives.

    `postid` is the post that made it: ids are a post's own, and a post takes back what it said itself.
    Without it (the head of operations) the observation of any post is meant. `cause` stands in old ones only.
    """

    observation: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None
    author: str
    postid: str | None = None


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


class HeartbeatHeard(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="heartbeat_heard"):
    """A post was there."""

    postid: str
    highest: dict[str, int] = {}
    queue_length: int = 0


FieldFact = (
    CheckedIn
    | CheckedOut
    | Voided
    | IncidentReported
    | IncidentWitnessed
    | IncidentAdvanced
    | IncidentStepHeld
    | HeartbeatHeard
)
