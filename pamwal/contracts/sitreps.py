"""Situation reports (SitRep): asked for, published, signed, and what stands in one.

A SitRep is published once and never edited; the next one of its form and day supersedes it. Its document is
JSON in the canonical form of RFC 8785, so that whoever makes it again from the log makes the same bytes. It
names no person: an officer's id where an override needs it, nobody on intel. What somebody wrote as a place's
name or as an override's cause stands as it was written.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.family_counts import SitRepRolledUp
from pamwal.contracts.field import Casualties, IncidentState, Severity
from pamwal.contracts.instants import Instant, Stamp
from pamwal.contracts.reporting import RallyRow, Strength
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import Day, SiteKind, SitRepForm

SitRepKind = Literal["initial", "update", "final"]
FORMAT: Final = "pamwal.sitrep.v1"
SIGNATURES_MAX = 16
"""Of one SitRep."""
OTHERS_SIGNATURES_MAX = 8
"""Of these, signatures of others than the reporting service itself: they leave room for its own."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="hex SHA-256")]
Number = Annotated[int, Meta(ge=1, le=1_000_000, description="1, 2, 3 … in an operation, without a gap")]
Jws = Annotated[
    str,
    Meta(
        max_length=1_000,
        pattern=r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+(?!\n)$",
        description="a JWS in compact form whose payload, the document, is detached (RFC 7515, 7797)",
    ),
]
KeyId = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?!\n)$", description="the signing key's id in the key set")
]
Place = Annotated[
    str, Meta(pattern=r"^[a-z0-9.]{1,80}-[0-9]{1,5}(?!\n)$", description="<decisions topic>-<partition>")
]
Offset = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]

# --- requests


class SitRepCited(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest SitRep of one child: both number and digest, or neither, where it had none."""

    operation_id: Identifier
    number: Number | None = None
    sha256: Sha256 | None = None
    rolled_up: SitRepRolledUp | None = None
    """What it counts, of the child and of all below it; only beside a number."""


class PublishSitRep(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Publish the next SitRep of an operation: the picture as it is known when this is decided."""

    kind: SitRepKind | None = None
    """If left out an update, or the initial one where none of this form and day stands."""
    form: SitRepForm = "situation"
    at: Instant | None = None
    """The moment it looks at; when it is decided if left out, and never later."""
    day: Day | None = None
    """The last local day it counts; that of `at` if left out."""
    knowing: Annotated[dict[Place, Offset], Meta(max_length=16)] = {}
    """What it has to know at least, as a board's `vector` says it: nothing less than its publisher saw."""
    children: Annotated[list[SitRepCited], Meta(max_length=1_000)] | None = None
    """Of an operation that has children: what it cites of each, as `GET …/children/sitreps` says it."""


class SignSitRep(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Add a signature over a published document. Whether it is good, whoever has the keys finds out."""

    number: Number
    sha256: Sha256
    kid: KeyId
    jws: Jws


# --- facts


class SitRepPublished(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="sitrep_published"
):
    """A SitRep stands. `sha256` is of the UTF-8 bytes of `document`, a `SitRep` in canonical form."""

    id: str
    number: int
    kind: SitRepKind
    form: SitRepForm
    at: Stamp
    day: str
    sha256: str
    document: str


class SitRepSigned(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="sitrep_signed"
):
    """Somebody signed the document of a SitRep with the key `kid`."""

    id: str
    number: int
    sha256: str
    kid: str
    jws: str


class SitRepDue(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="sitrep_due"):
    """The operation's policy wants a SitRep of this moment; an edge of reporting asks for it then."""

    id: str
    form: SitRepForm
    at: Stamp
    day: str | None = None
    """The last local day it counts, where that is not the day of `at`."""


SitRepFact = SitRepPublished | SitRepSigned | SitRepDue

# --- the document


class Superseded(Struct, frozen=True, kw_only=True):
    """The SitRep of the same form and last day before this one."""

    number: int
    sha256: str


class Completeness(Struct, frozen=True, kw_only=True):
    """How much the picture knew: `heard` of `total` listed posts within `silent_post_min`."""

    heard: int
    total: int
    silent_post_min: int
    silent: list[str]
    """The others, by id."""
    missing: int
    """Numbers that devices gave their reports and that never came."""
    closed: int
    open: list[str]
    """Listed posts that have not told all of the day."""


class AreaStrength(Struct, frozen=True, kw_only=True):
    """One kelurahan or kecamatan by its code. Intel is in no row of places."""

    code: str
    venues: int
    sites: int
    strength: Strength


class PlaceStrength(Struct, frozen=True, kw_only=True):
    """One venue, or one site by its kind."""

    place_id: str
    name: str
    kelurahan: str | None
    site: SiteKind | None
    strength: Strength


class SatgasStrength(Struct, frozen=True, kw_only=True):
    """One task force."""

    satgas_id: str
    name: str
    strength: Strength


class SitRepRallies(Struct, frozen=True, kw_only=True):
    """Rallies of the day."""

    planned: int
    active: int
    ended: int
    cancelled: int
    unnoticed: int
    expected: int
    attendance: int
    rows: list[RallyRow]


class SitRepIncident(Struct, frozen=True, kw_only=True):
    """One incident that counts; who is assigned to it is left out."""

    incident_id: str
    kind: str
    severity: Severity
    state: IncidentState
    kelurahan: str
    pairs: list[str]
    occurred_at: str
    casualties: Casualties


class SitRepIncidents(Struct, frozen=True, kw_only=True):
    """Incidents of the operation; in `rows` those that are open, or happened on the days of the report."""

    open: int
    by_state: dict[IncidentState, int]
    casualties: Casualties
    rows: list[SitRepIncident]


class OverrideListed(Struct, frozen=True, kw_only=True):
    """Rules that a head of operations set aside for an order that stands and is no intel's, and why."""

    deployment_id: str
    officer_id: str
    place: str
    rules: list[str]
    cause: str


class DayCounts(Struct, frozen=True, kw_only=True):
    """One local day of a report over several, as it stood at its end, or at the report's moment."""

    day: str
    ordered: int
    on_time: int
    late: int
    excused: int
    absent: int
    unknown: int
    rallies: int
    """Held or to be held."""
    cancelled: int
    incidents: int
    """Happened on it."""


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number that is another than in the SitRep before: of the whole operation, of one kecamatan, or of all
    below too."""

    of: str
    before: int
    now: int
    kecamatan: str | None = None
    rolled_up: bool = False
    """Of the operation and all below it, by what is cited."""


class SitRep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A SitRep's document. Moments are Instants; codes stand for places; counts are of `at`, on `day`."""

    format: Literal["pamwal.sitrep.v1"]
    operation_id: str
    name: str
    mode: Mode
    """`exercise`: LATIHAN, on whatever is made of it."""
    zone: str
    number: int
    kind: SitRepKind
    form: SitRepForm
    first_day: str
    day: str
    at: str
    known_at: str
    """When it was decided: it holds all that was known then."""
    picture_version: str
    """By which rules facts were counted."""
    vector: dict[str, int]
    """Decisions topic and partition → first offset it does not know."""
    heads: dict[str, str]
    """The same places → chain head behind the last decision it knows, hex."""
    supersedes: Superseded | None
    completeness: Completeness
    strength: Strength
    """Distinct officers of the whole operation, those on intel too."""
    kecamatan: list[AreaStrength]
    places: list[PlaceStrength]
    satgas: list[SatgasStrength]
    rallies: SitRepRallies
    incidents: SitRepIncidents
    alerts: dict[AlertKind, int]
    """Kind → how many of them stand, those that a silent post explains too."""
    overrides: list[OverrideListed]
    days: list[DayCounts]
    """Of a report over several days, one each."""
    changes: list[Change]
    """Since the newest SitRep of this form; empty in the first of it."""
    changes_since: int | None = None
    """The number of that one; a final of yesterday is not superseded, and changes are counted since it."""
    children: list[SitRepCited] | None = None
    """The latest SitRep of each child, as its publisher cited it; no count of this but `rolled_up` holds
    their numbers."""
    rolled_up: SitRepRolledUp | None = None
    """This operation and all below it: its own counts and those that are cited, added up."""
