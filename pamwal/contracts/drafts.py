"""Drafts of deployments: asking for one, and what it is. Nobody is bound by a draft until it is ordered."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, Text
from pamwal.contracts.places import PlaceRef
from pamwal.contracts.scheduling import Day, DeploymentRole, Order


class Shortage(Struct, frozen=True, kw_only=True):
    """Where required strength is not met, by how many, and why nobody else can come."""

    place: str
    role: DeploymentRole
    starts_ms: int
    ends_ms: int
    required: int
    given: int
    """Ordered already and proposed."""
    lacking: int
    why: str


class DraftSpread(Struct, frozen=True, kw_only=True):
    """How evenly the proposal treats officers and candidate pairs."""

    hours_min: float
    hours_max: float
    hours_mean: float
    """Hours so far and proposed, over all officers of the problem."""
    travel_km: float
    """Great circles from home or the place before to each proposed place."""
    pair_shares: dict[str, float]
    """Candidate pair → officer-hours given for each officer-hour required, ordered ones included."""
    unit_changes: int
    """Units beyond the first at each place, summed."""


class Level(Struct, frozen=True, kw_only=True):
    """One level of the objective: its weight and what was reached."""

    name: Literal["shortage", "pairs", "spread", "travel", "units"]
    weight: float
    value: float


class Outranked(Struct, frozen=True, kw_only=True):
    """A field commander of a draft who would lead an officer of a higher rank, for nobody else may lead."""

    place: str
    officer_id: str
    rank: str
    leads: str
    """The officer of the highest rank there."""
    leads_rank: str


class ProposalSummary(Struct, frozen=True, kw_only=True):
    """One draft; once ordered or thrown away it is not open, and holds no orders any more."""

    proposal_id: str
    open: bool
    version: int
    orders: int
    places: int
    officers: int


class ProposalsView(Struct, frozen=True):
    """Drafts by id."""

    proposals: list[ProposalSummary]


class ProposalView(Struct, frozen=True, kw_only=True):
    """One draft with its orders, as they would be judged; `complete` is False if `intel` is left out."""

    proposal_id: str
    open: bool
    version: int
    complete: bool
    orders: list[Order]


class ProposalAsk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Propose deployments for one local day: its planned rallies and its sites, or those named."""

    day: Day
    places: Annotated[list[PlaceRef], Meta(max_length=500)] = []
    """Empty: all of the day."""
    units: Annotated[list[Text], Meta(max_length=100)] = []
    """Of these units only; empty: all."""
    skilled_roles: list[DeploymentRole] = []
    """Roles that only officers with the skill of that name may take."""
    proposal_id: Identifier | None = None
    """Under which the draft is kept; made up if left out."""
    keep: bool = True
    """Keep the draft, so that a person orders it with one call; else only answer."""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    time_limit_s: Annotated[float, Meta(gt=0, le=120)] = 50.0


class ProposalAnswer(Struct, frozen=True, kw_only=True):
    """A draft and how good it is. What lacks is named with the smallest lacking numbers."""

    proposal_id: str
    kept: bool
    complete: bool
    """False: who asks may not see the role intel, so the draft is made without it."""
    orders: list[Order]
    shortages: list[Shortage]
    outranked: list[Outranked]
    """Field commanders below an officer whom they would lead, by the policy's rank order."""
    spread: DraftSpread
    levels: list[Level]
    objective: float
    bound: float
    gap: float
    status: str
    wall_s: float
