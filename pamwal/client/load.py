"""What the scheduler's reads answer about people: their hours, who is free, what became of one deployment."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.envelope import Winner
from pamwal.contracts.scheduling import DeploymentRole


class OfficerHours(Struct, frozen=True, kw_only=True):
    """Hours of one officer; what is only reserved for him is not in `hours`."""

    officer_id: str
    unit: str
    satgas: str
    duties: int
    hours: float
    reserved_h: float


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
    """Load, heaviest first; not `complete`: duty the caller may not see is in none of these hours."""

    complete: bool
    spread: Spread | None
    units: list[UnitSpread]
    officers: list[OfficerHours]
    next_after: str | None = None


class FreeOfficer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who could be ordered without breaking a rule; `distance_m` is from the duty `near`."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    skills: list[str] = []
    near: str | None = None
    distance_m: int | None = None


class BoundOfficer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who could not, and the first rule that says so."""

    officer_id: str
    rank: str
    unit: str
    code: str
    message: str
    possible: str | None = None


class FreeView(Struct, frozen=True, kw_only=True):
    """Nearest first; counts are of all asked for."""

    starts_at: str
    ends_at: str
    place: str | None
    free_count: int
    bound_count: int
    free: list[FreeOfficer]
    bound: list[BoundOfficer]


class WhyNot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why something was refused or left out."""

    code: str
    message: str
    row: int | None = None
    winner: Winner | None = None
    possible: str | None = None


class HistoryStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one decision did to the deployment, or would not do (`refused`, `left_out`)."""

    what: str
    knownat: str
    decision: str
    version: int | None = None
    actor: str | None = None
    role: str | None = None
    postid: str | None = None
    channel: str | None = None
    occurred_at: str | None = None
    recordedat: str | None = None
    request_id: str | None = None
    request_type: str | None = None
    cause: str | None = None
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


class HistoryView(Struct, frozen=True, kw_only=True):
    """Every decision that speaks of one deployment, in the order they were taken."""

    deployment_id: str
    steps: list[HistoryStep]
