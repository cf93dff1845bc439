"""Incidents beside their steps: what is amended, attached, handed up, and told to be the same incident."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.field.incidents import Casualties, IncidentKind, Severity
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.places import KelurahanCode, PlaceRef, Point
from pamwal.contracts.scheduling import Pair, Version

Assignee = Annotated[
    str,
    Meta(
        pattern=r"^(officer|post)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}(?!\n)$",
        description="who is to see to it: officer/{officer_id} or post/{post_id}",
    ),
]
EscalationTarget = Annotated[
    str,
    Meta(
        pattern=r"^(post|operation|agency)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}(?!\n)$",
        description="who is above it: post/{post_id}, operation/{operation_id} or agency/{name}",
    ),
]
MediaType = Literal[
    "image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf", "video/mp4", "video/3gpp",
    "audio/ogg", "audio/mp4", "audio/mpeg",
]  # fmt: skip
Sha256 = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="lower-case hex SHA-256 of the bytes")
]


class Location(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an incident is; amended as a whole, so that a place can be taken away again."""

    kelurahan: KelurahanCode
    place: PlaceRef | None = None
    position: Point | None = None


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file by reference, as the upload answered it; the bytes are in a store, never in the log."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=1_073_741_824, description="bytes")]
    media_type: MediaType


# --- requests


class _Said(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Of one incident. Free text is about persons: the edge keeps it apart and sets `text_ref`."""

    incident_id: Identifier
    text: PersonalWords | None = None
    text_ref: PersonalRef | None = None
    expected_version: Version | None = None


class AmendIncident(_Said, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of an incident is other than was said; what is not given stays.

    Of each field the latest word counts, by when it was said. A void takes one back.
    """

    kind: IncidentKind | None = None
    severity: Severity | None = None
    location: Location | None = None
    casualties: Casualties | None = None
    pairs: Annotated[list[Pair], Meta(max_length=20)] | None = None
    assignees: Annotated[list[Assignee], Meta(max_length=50)] | None = None


class EscalateIncident(_Said, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody above takes it in hand, or is to. A void takes it back."""

    to: EscalationTarget


class MergeIncident(_Said, frozen=True, kw_only=True, omit_defaults=True):
    """It is the same as another one: from then on only that one counts. Both keep their histories."""

    duplicate_of: Identifier


class UnmergeIncident(_Said, frozen=True, kw_only=True, omit_defaults=True):
    """It is an incident of its own after all."""


class AttachToIncident(_Said, frozen=True, kw_only=True, omit_defaults=True):
    """A photo, a recording or a document belongs to it. A void takes it away."""

    attachment: StoredFile


# --- facts


class IncidentDetailBase(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True):
    """Something said of an incident beside its steps.

    It has the incident's next version; none if the incident was not reported yet. Versions say only how much
    was known: what counts is the latest word by when it was said.
    """

    incident_id: str
    author: str
    version: int | None = None
    text_ref: PersonalRef | None = None


class IncidentAmended(
    IncidentDetailBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_amended"
):
    """Somebody said it otherwise; None stays as it was."""

    kind: str | None = None
    severity: Severity | None = None
    location: Location | None = None
    casualties: Casualties | None = None
    pairs: list[str] | None = None
    assignees: list[str] | None = None


class IncidentEscalated(
    IncidentDetailBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_escalated"
):
    """It was handed up."""

    to: str


class IncidentMerged(
    IncidentDetailBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_merged"
):
    """Somebody said it is the same as another one."""

    duplicate_of: str


class IncidentUnmerged(
    IncidentDetailBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_unmerged"
):
    """Somebody said it is one of its own."""


class IncidentAttached(
    IncidentDetailBase, frozen=True, kw_only=True, omit_defaults=True, tag="incident_attached"
):
    """A file belongs to it."""

    attachment: StoredFile


IncidentDetail = IncidentAmended | IncidentEscalated | IncidentMerged | IncidentUnmerged | IncidentAttached
