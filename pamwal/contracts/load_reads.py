"""What the scheduler tells of people: their hours, who is free, what became of one deployment."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.envelope import Winner
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import DeploymentRole


class OfficerHours(Struct, frozen=True, kw_only=True):
    """Hours of one officer within the window; duty stood down early counts to its real end."""

    officer_id: str
    unit: str
    satgas: str
    duties: int
    hours: float
    reserved_h: float
    """Kept for him, not ordered; not in `hours`."""


class Spread(Struct, frozen=True, kw_only=True):
    """Hours over officers, those with none included. `deviation_h` is the population's standard deviation."""

    officers: int
    sum_h: float
    min_h: float
    max_h: float
    mean_h: float
    median_h: float
    deviation_h: float


class UnitSpread(Struct, frozen=True, kw_only=True):
    """The spread within one unit."""

    unit: str
    spread: Spread


class HoursView(Struct, frozen=True, kw_only=True):
    """Load, heaviest first. The spread is over all that were asked for, the officers are one page of them;
    `next_after` is what the next page is asked with.
    """

    complete: bool
    """False: duty the caller may not see is in none of these hours."""
    spread: Spread | None
    """None: nobody is on the roster."""
    units: list[UnitSpread]
    """By name."""
    officers: list[OfficerHours]
    next_after: str | None = None


class FreeOfficer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who could be ordered without breaking a rule."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    skills: list[str] = []
    near: str | None = None
    """The place of the duty before or after, whichever is closer in time and no rest away."""
    distance_m: int | None = None
    """Geodesic from there; None: no such duty, or a point is not known."""


class BoundOfficer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who could not, and the first rule that says so."""

    officer_id: str
    rank: str
    unit: str
    code: str
    message: str
    possible: str | None = None


class FreeView(Struct, frozen=True, kw_only=True):
    """Nearest first, then those of whom nothing near is known, by id. Counts are of all asked for."""

    starts_at: str
    ends_at: str
    place: str | None
    free_count: int
    bound_count: int
    free: list[FreeOfficer]
    bound: list[BoundOfficer]
    """By id; only if it was asked why."""


class WhyNot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `Reason` that speaks of this deployment, without the other rows of its request."""

    code: str
    message: str
    row: int | None = None
    winner: Winner | None = None
    possible: str | None = None


class HistoryStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one decision did to the deployment, or would not do (`refused`, `left_out`)."""

    what: str
    knownat: str
    """When it was decided."""
    decision: str
    """The decision's id: topic, partition and the request's offset."""
    version: int | None = None
    """The deployment's, from then on; None: nothing changed."""
    actor: str | None = None
    """Who asked; None: the request cannot be read any more."""
    role: str | None = None
    postid: str | None = None
    channel: str | None = None
    occurred_at: str | None = None
    recordedat: str | None = None
    request_id: str | None = None
    request_type: str | None = None
    cause: str | None = None
    """Why, in the words of who asked; None also where they are about a person, and the reader may not read
    such words or they were erased. Then there is `cause_ref`."""
    cause_ref: PersonalRef | None = None
    officer_id: str | None = None
    place: str | None = None
    duty: DeploymentRole | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    sprin: str | None = None
    overridden: list[str] = []
    override_cause: str | None = None
    acknowledged_by: str | None = None
    successor: str | None = None
    why_not: WhyNot | None = None
    """Of what was refused or left out."""


class HistoryView(Struct, frozen=True, kw_only=True):
    """Every decision that speaks of one deployment, in the order they were taken."""

    deployment_id: str
    steps: list[HistoryStep]
