"""Places that are held or guarded too weakly: too few ordered beforehand, too few there when it runs. Pure.

Roles other than `intel` are judged together, role by role; `intel` apart, as an alert only for who may place
it. Who stands at a place without an order for it fills any role there but `intel`; who is on no roster, none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.contracts.zones import DAY_MS
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.places import RALLY, SITE, Rally, Site
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.views.rallies import state_of

UNCOVERED_BEFORE_MS: Final = 120 * MINUTE_MS
"""So long before its hours enough must be ordered: time to order others and for them to arrive. Ours."""
INTEL: Final = "/intel"


class Kept(Struct, frozen=True, kw_only=True):
    """A place with hours and required strength, or the part of it that is `intel`'s."""

    subject: str
    place: str
    starts_ms: int
    ends_ms: int
    required: dict[DeploymentRole, int]
    intel: bool
    fact_id: str


class _Short(NamedTuple):
    required: int
    there: int
    missing: int


def find_uncovered(look: Look) -> Iterable[Found]:
    """Places for whose next hour fewer are ordered than needed."""
    for kept in _kept(look):
        if look.now_ms >= kept.ends_ms or not look.from_then(kept.starts_ms - UNCOVERED_BEFORE_MS):
            continue
        look.from_then(kept.ends_ms)
        at_ms = max(look.now_ms, kept.starts_ms)
        for hours in look.duties.hours_at.get(kept.place, ()):  # a shift's end or beginning may open a gap
            _ = look.from_then(hours[0]), look.from_then(hours[1])
        short = _short(kept, look.duties.ordered_at(kept.place, at_ms), spare=0)
        if short.missing:
            counts = {"required": short.required, "ordered": short.there, "missing": short.missing}
            yield _found("uncovered", kept, kept.starts_ms - UNCOVERED_BEFORE_MS, counts)


def find_understrength(look: Look, silent: dict[str, str]) -> Iterable[Found]:
    """Places that are held or guarded now, the grace over, with fewer there than needed."""
    for kept in _kept(look):
        since_ms = kept.starts_ms + look.grace_ms
        if look.now_ms >= kept.ends_ms or not look.from_then(since_ms + 1) or _ended(look, kept):
            continue
        there = look.sums.at(kept.place)
        short = _short(kept, there.present, spare=0 if kept.intel else there.without_order)
        if not short.missing:
            continue
        unknown = [duty for duty in there.unknown.values() if (duty.role == "intel") == kept.intel]
        unconfirmed = short.missing <= len({duty.officer_id for duty in unknown})
        counts = {"required": short.required, "present": short.there, "missing": short.missing}
        found = _found("understrength", kept, since_ms, {**counts, "unknown": len(unknown)})
        yield found if not unconfirmed else look.unconfirmed(found, unknown, silent)


def end(look: Look, stand: AlertStand) -> Ended:
    """Why the place is not called too weak any more."""
    kept = next((each for each in _kept(look) if each.subject == stand.raised.subject), None)
    if kept is None:
        return Ended(reason="released", evidence=_told_of(look, stand.raised.place or ""))
    before_ms = -UNCOVERED_BEFORE_MS if stand.kind == "uncovered" else look.grace_ms
    if from_ms(kept.starts_ms + before_ms) != stand.raised.episode:
        return Ended(reason="changed", evidence=[kept.fact_id])
    over = look.now_ms >= kept.ends_ms or (stand.kind == "understrength" and _ended(look, kept))
    return Ended(reason="over" if over else "filled")


def _kept(look: Look) -> Iterable[Kept]:
    """What is held or guarded yesterday, today or tomorrow and needs anybody; by id."""
    within = look.day.first_ms - DAY_MS, look.day.before_ms + DAY_MS
    for rally in look.plan.rallies_within(*within):
        if not rally.cancelled and not rally.closed:
            yield from _parts(look, f"{RALLY}{rally.rally_id}", rally)
    for site in look.plan.sites_within(*within):
        yield from _parts(look, f"{SITE}{site.site_id}", site)


def _parts(look: Look, place: str, of: Rally | Site) -> Iterable[Kept]:
    (fact_id,) = _told_of(look, place)
    for intel in (False, True):
        required = {role: n for role, n in of.required.items() if n and (role == "intel") == intel}
        if required:
            yield Kept(
                subject=f"{place}{INTEL}" if intel else place,
                place=place,
                starts_ms=of.starts_ms,
                ends_ms=of.ends_ms,
                required=required,
                intel=intel,
                fact_id=fact_id,
            )


def _told_of(look: Look, place: str) -> list[str]:
    """The last fact of the place's plan."""
    facts = look.picture.planned
    if place.startswith(RALLY):
        told = facts.rallies.get(place.removeprefix(RALLY), {})
        return [told[max(told)].id] if told else []
    site = facts.sites.get(place.removeprefix(SITE))
    return [] if site is None else [site.id]


def _ended(look: Look, kept: Kept) -> bool:
    rally = look.plan.rally_at(kept.place)
    return (
        rally is not None and state_of(rally, look.picture.course(rally, look.now_ms), look.now_ms) == "ended"
    )


def _short(kept: Kept, there: Mapping[DeploymentRole, Collection[str]], spare: int) -> _Short:
    own = {role: len(there.get(role, ())) for role in kept.required}
    lacking = sum(max(0, need - own[role]) for role, need in kept.required.items())
    enough = sum(min(need, own[role]) for role, need in kept.required.items())
    filled = min(spare, lacking)
    return _Short(sum(kept.required.values()), enough + filled, lacking - filled)


def _found(kind: AlertKind, kept: Kept, since_ms: int, counts: dict[str, int]) -> Found:
    return Found(
        kind=kind,
        subject=kept.subject,
        episode=from_ms(since_ms),
        since_ms=since_ms,
        evidence=[kept.fact_id],
        place=kept.place,
        intel=kept.intel,
        counts=counts,
    )
