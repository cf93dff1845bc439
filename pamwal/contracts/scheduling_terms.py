"""The words of scheduling: what an operation is made of, and the rows of requests that speak of many."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, Text
from pamwal.contracts.instants import DAY_PATTERN, Instant
from pamwal.contracts.persons import OfficerId, PersonalRef, PersonalWords
from pamwal.contracts.places import PlaceRef

RallyKind = Literal["limited_meeting", "face_to_face", "dialogue", "mass_rally", "debate"]
DeploymentRole = Literal["escort", "guard", "patrol", "traffic", "intel", "field_commander", "reserve"]
BulkMode = Literal["atomic", "best_effort"]
Pair = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{3,32}/[0-9]{1,3}(?!\n)$", description="(election, number)", examples=["walikota/3"]
    ),
]
Day = Annotated[str, Meta(pattern=DAY_PATTERN, description="a local day, YYYY-MM-DD")]
Region = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{2}(\.[0-9]{2}){0,2}(?!\n)$",
        description="Kemendagri code of a province, a district or a kecamatan",
        examples=["53.71"],
    ),
]
Version = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
ROWS_MAX = 1000
"""The most rows one request carries; more is `too_large`."""


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation's rules, with units. Defaults: domain section 3."""

    grace_min: Annotated[int, Meta(ge=0, le=240)] = 15
    minimum_rest_h: Annotated[float, Meta(ge=0, le=48)] = 8
    longest_duty_h: Annotated[float, Meta(gt=0, le=48)] = 12
    travel_speed_kmh: Annotated[float, Meta(gt=0, le=200)] = 25
    geofence_radius_m: Annotated[int, Meta(ge=1, le=10_000)] = 150
    silent_post_min: Annotated[int, Meta(ge=1, le=1440)] = 15
    witness_window_min: Annotated[int, Meta(ge=1, le=240)] = 10
    acknowledgement: Literal["each", "padal", "none"] = "padal"


class Post(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command post (posko): a place that feeds and reads the system."""

    post_id: Identifier
    name: Text
    kecamatan: list[Text] = []
    """Codes of the kecamatan it answers for."""


class TaskForce(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A satgas."""

    satgas_id: Identifier
    name: Text


class NoticeReceipt(Struct, frozen=True, kw_only=True):
    """STTP: the campaign's notice receipt."""

    number: Text
    received_at: Instant


class OfficerEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One officer of a roster. A sender gives `person`; the edge keeps it apart and sets `person_ref`."""

    officer_id: OfficerId
    rank: Text
    unit: Text
    satgas: Identifier
    home_post: Identifier
    person: PersonalWords | None = None
    person_ref: PersonalRef | None = None


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row: one officer, one place, one half-open interval, one role."""

    deployment_id: Identifier
    officer_id: OfficerId
    place: PlaceRef
    role: DeploymentRole
    starts_at: Instant
    ends_at: Instant


class DeploymentRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names one deployment, with the version its sender saw if that matters."""

    deployment_id: Identifier
    expected_version: Version | None = None


class Reassignment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Release `release` and make `order` in one decision; the officer of both is the same."""

    release: DeploymentRow
    order: Order
