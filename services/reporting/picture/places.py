"""What is secured: rallies and sites, each as its facts tell of it in order of their versions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from pamwal.contracts.instants import to_ms
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    DeploymentRole,
    NoticeReceipt,
    RallyCancelled,
    RallyClosed,
    RallyKind,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    RallyReinstated,
    SiteKind,
    SiteRegistered,
)
from services.reporting.picture.versions import in_order

RallyFact = RallyPlanned | RallyNoticed | RallyMoved | RallyCancelled | RallyReinstated | RallyClosed
RallyStatus = Literal["notified", "planned", "cancelled", "closed"]
RALLY: Final = "rally/"
SITE: Final = "site/"


class Rally(Struct, kw_only=True):
    """A rally as planned now; hours in milliseconds since 1970."""

    rally_id: str
    version: int
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    receipt: NoticeReceipt | None
    status: RallyStatus
    expected: int | None = None
    """How many people its notice or plan expects."""
    starts_ms: int = 0
    ends_ms: int = 0

    @property
    def unnoticed(self) -> bool:
        """No notice receipt is known; a debate is the election commission's own and needs none."""
        return self.receipt is None and self.kind != "debate"

    @property
    def cancelled(self) -> bool:
        """It will not be held."""
        return self.status == "cancelled"

    @property
    def closed(self) -> bool:
        """It is over, whatever its hours."""
        return self.status == "closed"


class Site(Struct, frozen=True, kw_only=True):
    """A guarded place; hours in milliseconds since 1970."""

    site_id: str
    kind: SiteKind
    name: str
    kelurahan: str
    starts_at: str
    ends_at: str
    starts_ms: int
    ends_ms: int
    required: dict[DeploymentRole, int]
    withdrawn: bool
    """Guarded no more."""
    point: Point | None = None
    radius_m: int = 150


def rally_of(facts: Mapping[int, RallyFact]) -> Rally | None:
    """The rally its facts tell of; None while its plan has not arrived."""
    rally: Rally | None = None
    for fact in in_order(facts):
        if isinstance(fact, RallyPlanned):
            rally = _planned(fact)
        elif rally is not None:
            _step(rally, fact)
    if rally is not None:
        rally.version = max(facts)
        rally.starts_ms, rally.ends_ms = to_ms(rally.starts_at), to_ms(rally.ends_at)
    return rally


def site_of(fact: SiteRegistered, withdrawn_version: int) -> Site:
    """The site by its newest entry and the version of its newest withdrawal, 0 if there is none."""
    return Site(
        site_id=fact.site_id,
        kind=fact.kind,
        name=fact.name,
        kelurahan=fact.kelurahan,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        starts_ms=to_ms(fact.starts_at),
        ends_ms=to_ms(fact.ends_at),
        required=fact.required,
        withdrawn=withdrawn_version > fact.version,
        point=fact.point,
        radius_m=fact.radius_m,
    )


def _planned(fact: RallyPlanned) -> Rally:
    """The fact carries the plan whole: it replaces the one before, its receipt too."""
    return Rally(
        rally_id=fact.rally_id,
        version=fact.version,
        kind=fact.kind,
        pairs=fact.pairs,
        venue=fact.venue,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        required=fact.required,
        receipt=fact.receipt,
        status=fact.stage,
        expected=fact.expected_attendance,
    )


def _step(rally: Rally, fact: RallyFact) -> None:
    if isinstance(fact, RallyNoticed):
        rally.receipt = fact.receipt
    elif isinstance(fact, RallyMoved):
        rally.venue, rally.starts_at, rally.ends_at = fact.venue, fact.starts_at, fact.ends_at
    elif isinstance(fact, RallyReinstated):
        rally.status = fact.stage
    else:
        rally.status = _STATUS[type(fact)]


_STATUS: Final[dict[type, RallyStatus]] = {
    RallyCancelled: "cancelled",
    RallyClosed: "closed",
}
