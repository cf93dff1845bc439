"""What other agencies' dashboards read: the latest summary of each operation, counts only.

It names no officer, no place and no role: nothing is in it that a `viewer` may not see. It is derived;
nothing is ever decided by it, and whoever has the decisions can make it again.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from pamwal.contracts.envelope import Identifier, Mode
from pamwal.contracts.field import IncidentState, Severity
from pamwal.contracts.instants import Stamp
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import Day

SITUATION_TYPE: Final = "pamwal.situation.v1"
LATIHAN: Final = "LATIHAN"


class OfficersCounted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Distinct officers of the operation; each count as `Strength` of the situation has it.

    `unregistered` is left out where it is 0.
    """

    required: int
    ordered: int
    present: int
    at_place: int
    wrong_place: int
    unplanned: int
    on_time: int
    late: int
    awaited: int
    excused: int
    absent: int
    unknown: int
    relieved: int
    left: int
    reserved: int
    unregistered: int = 0


class RalliesCounted(Struct, frozen=True, kw_only=True):
    """Rallies of the day by state, people expected, and the highest head counts together."""

    planned: int
    active: int
    ended: int
    cancelled: int
    unnoticed: int
    expected: int
    attendance: int


class IncidentsCounted(Struct, frozen=True, kw_only=True):
    """Incidents of the operation; `by_severity` of the open ones."""

    open: int
    by_state: dict[IncidentState, int]
    by_severity: dict[Severity, int]


class PostsCounted(Struct, frozen=True, kw_only=True):
    """Completeness: `heard` of `total` listed posts were heard of late, `closed` have told their day."""

    heard: int
    total: int
    closed: int
    missing: int
    """Numbers that devices gave out and that have not arrived."""


class SituationSummary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operation at one moment, from all facts up to `vector`."""

    name: str
    mode: Mode
    zone: str
    day: Day
    known_at: Stamp
    """When the newest decision in it was made."""
    vector: dict[str, int]
    """`<decisions topic>-<partition>` → first offset that is not in it. Of two records about one operation
    the one that is behind in any place is the older, in whatever order they stand."""
    officers: OfficersCounted
    rallies: RalliesCounted
    incidents: IncidentsCounted
    posts: PostsCounted
    alerts: dict[AlertKind, int]
    """Those that stand."""
    closed: bool
    """Nothing more is planned in the operation."""
    day_closed: bool
    parent: Identifier | None = None
    """The operation that it names, which need not have admitted it: its numbers belong to that one only if
    that one's situation has it among `children`."""
    marked: Literal["LATIHAN"] | None = None
    """To be shown with it wherever it is shown: it is an exercise, and belongs to no total of real ones."""


class SituationTold(Struct, frozen=True, kw_only=True):
    """A summary as it stands in `pamwal.situations.v1`: a CloudEvent, compacted by its operation."""

    specversion: Literal["1.0"]
    id: str
    """`<operation>/<time>`."""
    source: str
    type: Literal["pamwal.situation.v1"]
    time: Stamp
    """The moment it shows."""
    operationid: Identifier
    data: SituationSummary
    datacontenttype: Literal["application/json"] = "application/json"
