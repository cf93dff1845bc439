"""The words of scheduling: what an operation is made of, and the rows of requests that speak of many."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, Text
from pamwal.contracts.instants import DAY_PATTERN, Instant
from pamwal.contracts.persons import OfficerId, PersonalRef, PersonalWords
from pamwal.contracts.places import KelurahanCode, PlaceRef, Point

RallyKind = Literal["limited_meeting", "face_to_face", "dialogue", "mass_rally", "debate"]
DeploymentStatus = Literal[
    "reserved", "ordered", "acknowledged", "rejected", "cancelled", "swapped", "stood_down"
]
DeploymentRole = Literal["escort", "guard", "patrol", "traffic", "intel", "field_commander", "reserve"]
BulkMode = Literal["atomic", "best_effort"]
Pair = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{3,32}/[0-9]{1,3}(?!\n)$",
        description="an election in small letters and the pair's number",
        examples=["walikota/3"],
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
RallyStage = Literal["notified", "planned"]
SiteKind = Literal["fixed_post", "polling_station", "logistics", "election_office"]
"""Pos tetap, TPS, gudang logistik, kantor KPU."""
AbsenceKind = Literal["sakit", "izin", "cuti", "dinas_luar"]
"""The words of the roll call."""
Purpose = Literal["regular", "reinforcement", "on_call"]
"""Reinforcement is penebalan; on call means: to be reached, and bound like any other."""
OverridableRule = Literal[
    "cannot_arrive", "insufficient_rest", "over_duty", "officer_unavailable", "order_required"
]
Skill = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{1,31}(?!\n)$",
        description="2 to 32 small letters, digits and underscores",
        examples=["traffic", "negotiation", "intel"],
    ),
]
Recurrence = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=300,
        pattern=r"^FREQ=",
        description="RRULE of RFC 5545, with COUNT or UNTIL",
        examples=["FREQ=WEEKLY;BYDAY=TH;UNTIL=20241121"],
    ),
]
Count = Annotated[int, Meta(ge=0, le=100_000)]
ROWS_MAX = 1000
"""The most rows one request carries; more is `too_large`."""
PROPOSED_MAX = 3000
"""The most rows of one proposal: a big city's day."""


SitRepForm = Literal["situation", "daily", "weekly", "operation"]
"""Of what a report is: the moment; a day (laporan harian); seven days (anev); the operation up to a day."""
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$",
        description="a local time of day, 24 hours",
        examples=["18:00"],
    ),
]


class SitRepTime(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a SitRep is published by itself, on every day of the operation or on one weekday."""

    at: TimeOfDay
    form: SitRepForm = "situation"
    weekday: Annotated[int, Meta(ge=1, le=7, description="1 Monday to 7 Sunday")] | None = None
    days_before: Annotated[int, Meta(ge=0, le=7)] = 0
    """How many days before that day its last counted day lies: 1 at 06:00 tells of yesterday."""


RANKS = (
    "JENDERAL", "KOMJEN", "IRJEN", "BRIGJEN", "KOMBES", "AKBP", "KOMPOL", "AKP", "IPTU", "IPDA",
    "AIPTU", "AIPDA", "BRIPKA", "BRIGPOL", "BRIPTU", "BRIPDA",
    "ABRIP", "ABRIPTU", "ABRIPDA", "BHARAKA", "BHARATU", "BHARADA",
)  # fmt: skip
"""Ranks of the Indonesian police from the highest to the lowest. Source: Kapolri regulation 3 of 2016."""


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
    travel: Literal["refuse", "warn"] = "refuse"
    """What becomes of an order whose officer cannot arrive in time."""
    order_required: bool = True
    """Whether each deployment cites a sprin."""
    sitreps: Annotated[list[SitRepTime], Meta(max_length=48)] = []
    """When SitReps are published without anybody asking, in the operation's zone."""
    rank_order: Annotated[list[Text], Meta(max_length=100)] = []
    """Ranks from the highest to the lowest; empty: `RANKS`. No padal is proposed below his guard."""

    def seniority(self, rank: str) -> int | None:
        """The place of a rank in the order, 0 the highest, whatever its case; None for a rank not in it."""
        order = [each.casefold() for each in self.rank_order or RANKS]
        name = " ".join(rank.split()).casefold()
        return order.index(name) if name in order else None


class ElectionCalendar(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Local days that bind rallies; sites run to the operation's own end."""

    campaign_ends_on: Day | None = None
    """The last day of rallies; None: the day before the quiet period or the vote, or the operation's last."""
    quiet_from: Day | None = None
    quiet_to: Day | None = None
    """Masa tenang, both days within it."""
    voting_on: Day | None = None


Strength = dict[DeploymentRole, Count]
"""Role → how many are needed."""


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


class SiteEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A guarded place with hours and no candidate pair. Without hours it runs as long as the operation."""

    site_id: Identifier
    kind: SiteKind
    name: Text
    kelurahan: KelurahanCode
    point: Point | None = None
    radius_m: Annotated[int, Meta(ge=1, le=10_000)] = 150
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    required: Strength = {}
    expected_version: Version | None = None


class SiteRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names one site."""

    site_id: Identifier
    expected_version: Version | None = None


class Attachment(Struct, frozen=True, kw_only=True):
    """BKO, seen from the host: lent by another operation, for an interval, under a loan it cites."""

    operation_id: Identifier
    loan_id: Identifier
    starts_at: Instant
    ends_at: Instant


class OfficerEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One officer of a roster. A sender gives `person`; the edge keeps it apart and sets `person_ref`."""

    officer_id: OfficerId
    rank: Text
    unit: Text
    satgas: Identifier
    home_post: Identifier
    person: PersonalWords | None = None
    person_ref: PersonalRef | None = None
    skills: Annotated[list[Skill], Meta(max_length=30)] = []
    attachment: Attachment | None = None
    expected_version: Version | None = None

    def __post_init__(self) -> None:
        """Words without a name would take the name away that is there; a dash is none. ValueError."""
        if self.person is not None and not any(map(str.isalnum, self.person.name or "")):
            raise ValueError(f"the words about officer {self.officer_id} lack the name")


class OfficerRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names one officer of the roster."""

    officer_id: OfficerId
    expected_version: Version | None = None


class AbsenceEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An officer cannot be ordered for an interval; half-open."""

    absence_id: Identifier
    officer_id: OfficerId
    kind: AbsenceKind
    starts_at: Instant
    ends_at: Instant
    expected_version: Version | None = None


class LoanEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """BKO, seen from home: an officer is lent to another operation for an interval; half-open."""

    loan_id: Identifier
    officer_id: OfficerId
    to_operation: Identifier
    starts_at: Instant
    ends_at: Instant
    expected_version: Version | None = None


class Override(Struct, frozen=True, kw_only=True):
    """An ops_head sets rules aside for one order, and says why. `double_booked` is not among them."""

    rules: Annotated[list[OverridableRule], Meta(min_length=1, max_length=5)]
    cause: Text


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row: one officer, one place, one half-open interval, one role."""

    deployment_id: Identifier
    officer_id: OfficerId
    place: PlaceRef
    role: DeploymentRole
    starts_at: Instant
    ends_at: Instant
    purpose: Purpose = "regular"
    override: Override | None = None


class DeploymentRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names one deployment, with the version its sender saw if that matters."""

    deployment_id: Identifier
    expected_version: Version | None = None


class Reassignment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Release `release` and make `order` in one decision; the officer of both is the same."""

    release: DeploymentRow
    order: Order


class Swap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another officer takes a deployment over: same place, role and hours under a new id."""

    release: DeploymentRow
    deployment_id: Identifier
    officer_id: OfficerId
    override: Override | None = None


class Release(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Duty of one deployment ends at a moment, which may lie before its planned end."""

    deployment_id: Identifier
    at: Instant
    expected_version: Version | None = None


class SeriesOrder(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One officer, one role, at every rally of a series, for the rally's hours widened on both sides."""

    officer_id: OfficerId
    role: DeploymentRole
    before_min: Annotated[int, Meta(ge=0, le=720)] = 0
    after_min: Annotated[int, Meta(ge=0, le=720)] = 0
    purpose: Purpose = "regular"
    override: Override | None = None
