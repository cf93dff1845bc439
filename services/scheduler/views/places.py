"""Rallies and sites alike: where it is, when, who is needed, and the half-open window a question looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.contracts.plan_reads import PlaceStatus
from pamwal.contracts.scheduling import DeploymentRole, RallyKind, SiteKind
from pamwal.contracts.zones import midnight
from services.scheduler.deciding.state import RALLY, SITE, Deployment, Rally, Schedule, Site
from services.scheduler.views.sight import Sight

"""Of a rally: `noticed` is notified with a receipt (domain section 3). A site is planned or withdrawn."""
DISPATCHED = frozenset({"ordered", "acknowledged", "stood_down"})
"""A deployment of one of these is, or was, on duty; what is reserved never shows as dispatched."""


class Window(Struct, frozen=True):
    """A half-open interval; an open side is the beginning or the end of time."""

    starts_at: str = ""
    ends_at: str = "~"

    def meets(self, starts_at: str, ends_at: str) -> bool:
        """Whether it shares a moment with `[starts_at, ends_at)`."""
        return starts_at < self.ends_at and ends_at > self.starts_at

    def clip(self, starts_at: str, ends_at: str) -> tuple[str, str]:
        """The part of `[starts_at, ends_at)` that lies in it; the two must meet."""
        return max(starts_at, self.starts_at), min(ends_at, self.ends_at)


ALWAYS = Window()


def window_of(day: str | None, zone: str) -> Window:
    """A local day from midnight to midnight; no day means always."""
    return ALWAYS if day is None else Window(midnight(day, zone), midnight(day, zone, days_later=1))


class Place(Struct, frozen=True, kw_only=True):
    """What a rally and a site have in common."""

    ref: str
    name: str
    kelurahan: str
    point: Point | None
    starts_at: str
    ends_at: str
    required: Mapping[DeploymentRole, int]
    kind: RallyKind | SiteKind
    status: PlaceStatus
    pairs: list[str] = []
    venue_id: str | None = None
    unnoticed: bool = False
    sttp: str | None = None
    """The number of the notice receipt."""

    @property
    def standing(self) -> bool:
        """It will be held or guarded, or is just now."""
        return self.status in {"notified", "noticed", "planned"}

    @property
    def key(self) -> str:
        """What places are in order of, and pages continue after: start and reference."""
        return f"{self.starts_at},{self.ref}"


def rally_status(rally: Rally) -> PlaceStatus:
    """`noticed` between notified and planned: the receipt is there."""
    return "noticed" if rally.status == "notified" and rally.receipt is not None else rally.status


def place_of_rally(rally: Rally) -> Place:
    """A rally as a place."""
    return Place(
        ref=RALLY + rally.rally_id,
        name=rally.venue.name,
        kelurahan=rally.venue.kelurahan,
        point=rally.venue.point,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=rally.required,
        kind=rally.kind,
        status=rally_status(rally),
        pairs=rally.pairs,
        venue_id=rally.venue.venue_id,
        unnoticed=rally.unnoticed,
        sttp=rally.receipt.number if rally.receipt else None,
    )


def place_of_site(site: Site) -> Place:
    """A site as a place."""
    return Place(
        ref=SITE + site.site_id,
        name=site.name,
        kelurahan=site.kelurahan,
        point=site.point,
        starts_at=site.starts_at,
        ends_at=site.ends_at,
        required=site.required,
        kind=site.kind,
        status="withdrawn" if site.withdrawn else "planned",
    )


def place_of(schedule: Schedule, ref: str) -> Place | None:
    """The place a reference names, None if none is known by it."""
    rally = schedule.rally_at(ref)
    if rally is not None:
        return place_of_rally(rally)
    site = schedule.site_at(ref)
    return place_of_site(site) if site else None


def places_in(schedule: Schedule, window: Window) -> list[Place]:
    """Rallies and sites whose hours meet the window, by start and reference; cancelled ones too."""
    found = [place_of_rally(each) for each in schedule.rallies.values()]
    found += [place_of_site(each) for each in schedule.sites.values()]
    return sorted(
        (each for each in found if window.meets(each.starts_at, each.ends_at)), key=lambda each: each.key
    )


def dispatched_in(schedule: Schedule, window: Window) -> Iterator[Deployment]:
    """Deployments that are or were on duty within the window, whoever may see them."""
    for each in schedule.deployments.values():
        if each.status in DISPATCHED and window.meets(each.starts_at, each.ends_at):
            yield each


def by_place(deployments: Iterable[Deployment]) -> dict[str, list[Deployment]]:
    """Place → its deployments by start and id."""
    found: dict[str, list[Deployment]] = {}
    for each in deployments:
        found.setdefault(each.place, []).append(each)
    for deployed in found.values():
        deployed.sort(key=lambda each: each.booking)
    return found


def padal_of(schedule: Schedule, ref: str) -> list[str]:
    """Officers who are or are to be field commander of a place, by start; nobody merely reserved."""
    return [
        each.officer_id
        for each in schedule.live_at(ref)
        if each.role == "field_commander" and each.status in DISPATCHED
    ]


def tally(schedule: Schedule, sight: Sight, ref: str, window: Window = ALWAYS) -> tuple[int, int]:
    """(ordered, reserved): live deployments of a place within the window that the caller may count."""
    ordered = reserved = 0
    for deployment_id in schedule.at_place.ids(ref):
        each = schedule.deployments[deployment_id]
        if window.meets(each.starts_at, each.ends_at) and sight.counts(each):
            ordered += each.status != "reserved"
            reserved += each.status == "reserved"
    return ordered, reserved
