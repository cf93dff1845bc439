"""Reporting: the situation readers are told. Counts are integers, times UTC Instants; zeros are written out.

Its requests and decisions (alerts, SitReps) are not part of the contracts yet.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from pamwal.contracts.alerts_shown import Alerts
from pamwal.contracts.claims import Mode
from pamwal.contracts.incidents_shown import Incidents
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.ledger import LedgerLine
from pamwal.contracts.posts_shown import Polls, Posts
from pamwal.contracts.rolled_up import OperationRow, RolledUp
from pamwal.contracts.scheduling import Day, RallyKind, SiteKind
from pamwal.contracts.strength import Strength as Strength  # noqa: PLC0414 - a part of the situation

Sight = Literal["counts", "guarded", "full"]
"""How much a reader may see (domain section 5).

`counts`: numbers only. `guarded`: also what they are made of, but nothing that names or places an `intel`
deployment. `full`: everything.
"""
RallyState = Literal["planned", "active", "ended", "cancelled"]


class VenueRow(Struct, frozen=True, kw_only=True):
    """One venue of the day; or a place that only the field named (then `kelurahan` is None)."""

    venue_id: str
    name: str
    kelurahan: str | None
    kecamatan: str | None
    strength: Strength


class SiteRow(Struct, frozen=True, kw_only=True):
    """One site that is guarded on the day, or that somebody is ordered to or stands at."""

    site_id: str
    kind: SiteKind
    name: str
    kelurahan: str
    kecamatan: str
    starts_at: str
    ends_at: str
    strength: Strength


class AreaRow(Struct, frozen=True, kw_only=True):
    """One kelurahan or kecamatan by its code: who stands in any venue or at any site there."""

    code: str
    name: str
    venues: int
    strength: Strength
    sites: int = 0
    """Guarded on the day."""


class SatgasRow(Struct, frozen=True, kw_only=True):
    """One task force: its officers, wherever they are. An empty id stands for officers no roster knows."""

    satgas_id: str
    name: str
    strength: Strength


class PairRow(Struct, frozen=True, kw_only=True):
    """One candidate pair: who secures its rallies. A rally that names several counts for each of them."""

    pair: str
    strength: Strength


class RoleRow(Struct, frozen=True, kw_only=True):
    """One role: who is ordered to it, and who stands for it. An empty role: who stands without an order.

    Who may not see where `intel` is deployed has no row of it, nor are its officers in any other.
    """

    role: str
    strength: Strength


class RallyRow(Struct, frozen=True, kw_only=True):
    """One rally of the day. `unnoticed`: no notice receipt (STTP) is known; a debate needs none."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue_id: str
    starts_at: str
    ends_at: str
    state: RallyState
    unnoticed: bool
    started_at: str | None = None
    """When the field saw it begin; None where only the planned hours speak."""
    ended_at: str | None = None
    expected: int | None = None
    """People its plan expects."""
    attendance: int | None = None
    """The last head count."""
    attendance_at: str | None = None
    attendance_most: int | None = None
    """The highest head count."""


class Rallies(Struct, frozen=True, kw_only=True):
    """Rallies of the day by state; active and ended by the field, else by the hours, or once it is closed."""

    planned: int
    active: int
    ended: int
    cancelled: int
    unnoticed: int
    """Not cancelled and without a receipt."""
    rows: list[RallyRow]
    expected: int = 0
    """People expected at all that are not cancelled."""
    attendance: int = 0
    """The highest head count of each of these, together."""


class Situation(Struct, frozen=True, kw_only=True):
    """The picture of one operation on one day, at one moment, from all facts up to `vector`."""

    operation_id: str
    name: str
    mode: Mode
    zone: str
    """IANA zone in which `day` runs from midnight to midnight."""
    day: Day
    at: str
    known_at: str
    """When the newest decision in the picture was made; empty before the first."""
    vector: dict[str, int]
    """`<decisions topic>-<partition>` → offset behind the last folded record."""
    sight: Sight
    total: Strength
    """Distinct officers of the whole operation: present includes late and wrong place."""
    venues: list[VenueRow]
    kelurahan: list[AreaRow]
    kecamatan: list[AreaRow]
    satgas: list[SatgasRow]
    rallies: Rallies
    incidents: Incidents
    posts: Posts
    polls: Polls = Polls()
    """Accountability polls (PAR) that began on this day."""
    alerts: Alerts = Alerts()
    """What stands at `at`, of any day."""
    sites: list[SiteRow] = []
    opened: bool = True
    """False: something was reported in an operation that nobody has opened; then `mode` says nothing."""
    closed: bool = False
    """The operation is closed: nothing more is planned in it."""
    day_closed: bool = False
    """Nothing more is planned that begins on this day."""
    pairs: list[PairRow] = []
    """By candidate pair and by role: on a live board they are left out."""
    roles: list[RoleRow] = []
    knowledge: Knowledge | None = None
    """What was known; None on a live board, which knows what its vector says."""
    children: list[OperationRow] = []
    """The operations that name this one their parent and that it counts, each with all below it; the
    worst first."""
    rolled_up: RolledUp | None = None
    """This operation and all that it counts below it; None where there is none, and nothing is missing."""


class Rows(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows of a situation by section."""

    venues: list[VenueRow] | None = None
    sites: list[SiteRow] | None = None
    kelurahan: list[AreaRow] | None = None
    kecamatan: list[AreaRow] | None = None
    satgas: list[SatgasRow] | None = None
    children: list[OperationRow] | None = None


class BoardState(Struct, frozen=True, kw_only=True):
    """What a stream begins with, its `snapshot`; each `delta` after it is a `SituationChange`."""

    situation: Situation
    ledger: LedgerLine


class SituationChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What differs from the situation sent before.

    In `rows`, rows replace those of the same key; a section in `replaced` is sent whole, because its keys or
    their order changed. Sections are `venues`, `sites`, `kelurahan`, `kecamatan`, `satgas`, `children`.
    """

    day: Day
    at: str
    known_at: str
    vector: dict[str, int]
    name: str | None = None
    mode: Mode | None = None
    zone: str | None = None
    opened: bool | None = None
    closed: bool | None = None
    day_closed: bool | None = None
    total: Strength | None = None
    rows: Rows | None = None
    replaced: Rows | None = None
    rallies: Rallies | None = None
    incidents: Incidents | None = None
    posts: Posts | None = None
    polls: Polls | None = None
    alerts: Alerts | None = None
    rolled_up: RolledUp | UnsetType | None = UNSET
    """Null: nothing is below it any more."""
    ledger: LedgerLine | None = None


class Digest(Struct, frozen=True, kw_only=True):
    """What replicas compare: SHA-256 over the canonical situation of an operation at one vector and moment.

    `at` is `known_at` unless asked for, so that two replicas at one vector agree without sharing a clock.
    """

    operation_id: str
    at: str
    vector: dict[str, int]
    sha256: str
