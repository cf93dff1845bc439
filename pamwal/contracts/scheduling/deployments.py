"""Deployments: who is ordered where, and what becomes of the order. Requests, then facts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.instants import Instant, Stamp
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import PlaceRef
from pamwal.contracts.scheduling.fact import SchedulingFactBase
from pamwal.contracts.scheduling.terms import (
    PROPOSED_MAX,
    ROWS_MAX,
    BulkMode,
    DeploymentRole,
    DeploymentRow,
    Order,
    OverridableRule,
    Override,
    Purpose,
    Reassignment,
    Release,
    SeriesOrder,
    Swap,
)


class OrderDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Order one or many deployments under one sprin."""

    sprin: Text | None = None
    """None is refused where the policy requires an order, unless a row overrides that."""
    orders: Annotated[list[Order], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"
    import_id: Identifier | None = None
    """Of an import, so that all it ordered can be reverted at once; what stands just so is unchanged."""


class ReserveDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Keep officers for places and hours; nobody is dispatched before the order."""

    orders: Annotated[list[Order], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class OrderReserved(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Order what is reserved, under one sprin."""

    sprin: Text
    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class OrderSeries(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Order officers to every planned rally of a series; ids are `{prefix}.{rally's day}.{officer}`.

    A rally whose id is not `{series_id}.{day}` has ten characters of its id's digest in place of the day.
    What was ordered by the same prefix before, and is live, stays as it is.
    """

    sprin: Text | None = None
    series_id: Identifier
    prefix: Annotated[Identifier, Meta(max_length=16)]
    rows: Annotated[list[SeriesOrder], Meta(min_length=1, max_length=200)]
    mode: BulkMode = "atomic"


class AcknowledgeDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Acknowledge orders (by the officer, the padal, or a post on their behalf)."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class CancelDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Cancel orders, with the cause."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text
    mode: BulkMode = "atomic"


class ReassignDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Reassign one officer or a whole unit: each release and its new order stand or fall together."""

    sprin: Text
    cause: Text
    rows: Annotated[list[Reassignment], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class ReassignUnit(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Reassign every officer of a unit who has a live deployment at one place, in one decision, all or none.

    New ids are `{prefix}.{officer}`; roles and purposes are kept. From a site, what meets the new hours or
    begins on their day is released, and what the unit has there on other days stays.
    """

    sprin: Text
    cause: Text
    unit: Text
    from_place: PlaceRef
    to_place: PlaceRef
    starts_at: Instant
    ends_at: Instant
    prefix: Annotated[Identifier, Meta(max_length=30)]


class SwapDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Let other officers take deployments over. All are released before any is ordered; all or none."""

    sprin: Text
    cause: Text
    rows: Annotated[list[Swap], Meta(min_length=1, max_length=ROWS_MAX)]


class RejectDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Whoever is ordered cannot take it. A sender says why, in `cause`; the edge sets `cause_ref`."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None
    mode: BulkMode = "atomic"


class ReinstateDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Let cancelled, rejected or swapped orders stand again; every rule is asked again."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text
    override: Override | None = None
    mode: BulkMode = "atomic"


class StandDownDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """End duty, at the planned end or before."""

    rows: Annotated[list[Release], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class ProposeDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Keep a draft that a person may order with one call; nobody is bound by it."""

    proposal_id: Identifier
    orders: Annotated[list[Order], Meta(min_length=1, max_length=PROPOSED_MAX)]


class OrderProposal(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Order a draft; every rule is asked again, for the plan may have changed since."""

    proposal_id: Identifier
    sprin: Text | None = None
    mode: BulkMode = "atomic"


class DiscardProposal(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Throw a draft away."""

    proposal_id: Identifier


# --- facts


class DeploymentReserved(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_reserved"
):
    """An officer is kept for a place and hours, and not dispatched yet."""

    deployment_id: str
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: Stamp
    ends_at: Stamp
    postid: str
    purpose: Purpose = "regular"
    overridden: list[OverridableRule] = []
    cause: str | None = None


class DeploymentOrdered(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_ordered"
):
    """One officer is ordered to one place for one half-open interval."""

    deployment_id: str
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: Stamp
    ends_at: Stamp
    sprin: str
    """Empty: none is cited."""
    postid: str
    """The post that ordered; named to whoever loses against this deployment."""
    purpose: Purpose = "regular"
    overridden: list[OverridableRule] = []
    """The rules that were broken and set aside."""
    cause: str | None = None
    """Why they were set aside."""
    import_id: str | None = None
    """The import that said so, if it was one."""


class DeploymentAcknowledged(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_acknowledged"
):
    """The order is known to whom it binds."""

    deployment_id: str
    by: str


class DeploymentMoved(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_moved"
):
    """The interval follows its rally."""

    deployment_id: str
    starts_at: Stamp
    ends_at: Stamp


class DeploymentCancelled(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_cancelled"
):
    """The order no longer stands."""

    deployment_id: str
    cause: str
    import_id: str | None = None
    """The import whose reverting cancelled it: importing it again orders it anew."""


class DeploymentSwapped(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_swapped"
):
    """Released in favour of `successor`, in the same decision."""

    deployment_id: str
    successor: str
    cause: str


class DeploymentRejected(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_rejected"
):
    """Whoever it binds cannot take it; the officer is free. `cause` stands in old ones only."""

    deployment_id: str
    by: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None


class DeploymentReinstated(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_reinstated"
):
    """A cancelled, rejected or swapped order stands again, after every rule was asked again."""

    deployment_id: str
    cause: str
    overridden: list[OverridableRule] = []
    """The rules that were broken and set aside."""
    override_cause: str | None = None
    """Why they were set aside."""


class DeploymentStoodDown(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_stood_down"
):
    """Duty is over. The hours up to `ends_at` still count for rest and duty."""

    deployment_id: str
    ends_at: Stamp


class DeploymentsProposed(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployments_proposed"
):
    """A draft: nobody is bound by it until a person orders it."""

    proposal_id: str
    orders: list[Order]
    postid: str | None = None
    """The command post that keeps it; None: the head of operations, and before `scheduler-6` anybody."""


class ProposalDiscarded(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="proposal_discarded"
):
    """The draft was ordered (`ordered`) or thrown away."""

    proposal_id: str
    ordered: bool = False
