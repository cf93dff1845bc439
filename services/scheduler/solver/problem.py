"""What is asked of the solver and what it answers. Plain structs, which go to another process as MessagePack.

Instants are milliseconds since 1970 UTC, intervals half-open, speeds km/h, durations as their names say.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.drafts import DraftSpread, Level, Shortage
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole

ROLE_WEIGHTS: dict[DeploymentRole, int] = {
    "field_commander": 8,
    "traffic": 4,
    "intel": 4,
    "escort": 3,
    "guard": 2,
    "patrol": 2,
    "reserve": 1,
}
"""What one lacking officer of a role counts: a place without its padal is the worst."""

ProposalStatus = Literal["empty", "optimal", "within_limits"]
"""`optimal`: gap below a thousandth. `within_limits`: the best found within the limits of work."""


class Bound(Struct, frozen=True, kw_only=True):
    """A fixed booking of an officer: a deployment, an absence, or anything else that binds him."""

    starts_ms: int
    ends_ms: int
    point: Point | None = None
    """Where; None is not judged for travel."""
    duty: bool = True
    """Whether it counts for rest and duty: a deployment does, an absence only takes the hours."""


class SolverOfficer(Struct, frozen=True, kw_only=True):
    """One officer who may be proposed. Who may not is left out."""

    officer_id: str
    unit: str
    roles: frozenset[DeploymentRole]
    """The roles he may take: a skilled role only with the skill."""
    home: Point | None = None
    """Where he comes from when nothing precedes; None costs no way."""
    bound: tuple[Bound, ...] = ()
    rank: int | None = None
    """The place of his rank in the policy's order, 0 the highest; None if the order does not have it."""
    hours_so_far: float = 0.0
    """Hours worked or bound in the time over which load is to be spread, without those proposed."""


class Partly(Struct, frozen=True, kw_only=True):
    """Somebody ordered already for a part of a place's hours."""

    role: DeploymentRole
    starts_ms: int
    ends_ms: int


class SolverPlace(Struct, frozen=True, kw_only=True):
    """A rally or a site for the hours that are to be filled."""

    place: str
    """Its reference: `rally/…` or `site/…`."""
    starts_ms: int
    ends_ms: int
    point: Point | None = None
    required: dict[DeploymentRole, int]
    """All that is needed, with what is ordered already."""
    ordered: dict[DeploymentRole, int] = {}
    """What is ordered already for all of these hours."""
    partly: tuple[Partly, ...] = ()
    """What is ordered already for a part of them."""
    pairs: tuple[str, ...] = ()
    """The candidate pairs it is about, as `election/number`."""


class SolverPolicy(Struct, frozen=True, kw_only=True):
    """The operation's rules that bind a proposal."""

    minimum_rest_h: float = 8.0
    longest_duty_h: float = 12.0
    travel_speed_kmh: float = 25.0


class Problem(Struct, frozen=True, kw_only=True):
    """Who is there, what is needed, and by which rules."""

    officers: tuple[SolverOfficer, ...]
    places: tuple[SolverPlace, ...]
    policy: SolverPolicy = SolverPolicy()
    skilled_roles: frozenset[DeploymentRole] = frozenset({"traffic", "intel", "field_commander"})
    """Roles that ask for the skill of the same name; for the words of a shortage."""
    seed: int = 0
    time_limit_s: float = 50.0
    """How much work may be spent, as the solver counts it: about seconds of one undisturbed core.
    The same problem gets the same answer on a slow machine, only later."""


class ProposedOrder(Struct, frozen=True, kw_only=True):
    """One officer at one place in one role."""

    officer_id: str
    place: str
    role: DeploymentRole
    starts_ms: int
    ends_ms: int


class Proposed(Struct, frozen=True, kw_only=True):
    """A draft. Nobody is bound by it until a person orders it."""

    orders: tuple[ProposedOrder, ...]
    shortages: tuple[Shortage, ...]
    spread: DraftSpread
    levels: tuple[Level, ...]
    """From the most to the least important; `objective` is their weighted sum."""
    objective: float
    bound: float
    """No proposal has an objective below it. 0, that is unknown, for more than a day: then each day is solved
    after the one before."""
    gap: float
    """(objective - bound) / objective, 0 when both are 0."""
    status: ProposalStatus
    wall_s: float
