"""After facts about deployments and proposals; the index of who is bound when follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentsProposed,
    DeploymentStatus,
    DeploymentStoodDown,
    DeploymentSwapped,
    ProposalDiscarded,
)
from services.scheduler.deciding.state import Deployment, Import, Proposal, Schedule

STATUS: Final[dict[type, DeploymentStatus]] = {
    DeploymentAcknowledged: "acknowledged",
    DeploymentSwapped: "swapped",
    DeploymentRejected: "rejected",
}
"""Fact → the status it gives, where it changes nothing else."""


def ordered(fact: DeploymentOrdered | DeploymentReserved) -> Deployment:
    """The deployment as ordered or reserved; a fact carries it whole."""
    return Deployment(
        deployment_id=fact.deployment_id,
        officer_id=fact.officer_id,
        place=fact.place,
        role=fact.role,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        sprin=fact.sprin if isinstance(fact, DeploymentOrdered) else "",
        postid=fact.postid,
        status="ordered" if isinstance(fact, DeploymentOrdered) else "reserved",
        version=fact.version,
        purpose=fact.purpose,
        overridden=tuple(fact.overridden),
        dispatched=isinstance(fact, DeploymentOrdered),
    )


def _ordered(state: Schedule, fact: DeploymentOrdered | DeploymentReserved) -> None:
    _set(state, ordered(fact))
    if isinstance(fact, DeploymentOrdered) and fact.import_id is not None:
        made = state.imports.setdefault(fact.import_id, Import())
        made.deployments[fact.deployment_id] = fact.version


def _moved(state: Schedule, fact: DeploymentMoved) -> None:
    """A move keeps an acknowledgement: the order is the same."""
    known = state.deployments[fact.deployment_id]
    _set(state, replace(known, starts_at=fact.starts_at, ends_at=fact.ends_at, version=fact.version))


def _stood_down(state: Schedule, fact: DeploymentStoodDown) -> None:
    known = state.deployments[fact.deployment_id]
    _set(state, replace(known, status="stood_down", ends_at=fact.ends_at, version=fact.version))


def _reinstated(state: Schedule, fact: DeploymentReinstated) -> None:
    known = state.deployments[fact.deployment_id]
    status: DeploymentStatus = "ordered" if known.dispatched else "reserved"
    _set(
        state,
        replace(known, status=status, overridden=tuple(fact.overridden), undone=False, version=fact.version),
    )


def _cancelled(state: Schedule, fact: DeploymentCancelled) -> None:
    known = state.deployments[fact.deployment_id]
    undone = fact.import_id is not None
    _set(state, replace(known, status="cancelled", undone=undone, version=fact.version))


def _stepped(state: Schedule, fact: Any) -> None:
    known = state.deployments[fact.deployment_id]
    _set(state, replace(known, status=STATUS[type(fact)], version=fact.version))


def _set(state: Schedule, deployment: Deployment) -> None:
    known = state.deployments.get(deployment.deployment_id)
    if known is not None and known.binding:
        state.bookings.release(known.officer_id, known.booking)
    if known is not None and known.live:
        state.at_place.remove(known.place, known.deployment_id)
    state.deployments[deployment.deployment_id] = deployment
    if deployment.binding:
        state.bookings.book(deployment.officer_id, deployment.booking)
    if deployment.live:
        state.at_place.add(deployment.place, deployment.deployment_id)


def _proposed(state: Schedule, fact: DeploymentsProposed) -> None:
    state.proposals[fact.proposal_id] = Proposal(
        proposal_id=fact.proposal_id, orders=fact.orders, version=fact.version, open=True, postid=fact.postid
    )


def _discarded(state: Schedule, fact: ProposalDiscarded) -> None:
    known = state.proposals[fact.proposal_id]
    state.proposals[fact.proposal_id] = replace(known, orders=[], version=fact.version, open=False)


AFTER: Final[dict[type, Callable[[Schedule, Any], None]]] = {
    DeploymentOrdered: _ordered,
    DeploymentReserved: _ordered,
    DeploymentMoved: _moved,
    DeploymentStoodDown: _stood_down,
    DeploymentReinstated: _reinstated,
    DeploymentCancelled: _cancelled,
    **dict.fromkeys(STATUS, _stepped),
    DeploymentsProposed: _proposed,
    ProposalDiscarded: _discarded,
}
