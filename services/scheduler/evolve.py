"""What holds after a fact: the one place where facts become state, in the log's fold and in a draft alike."""

from __future__ import annotations

from typing import assert_never

import msgspec

from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentSwapped,
    OfficerRegistered,
    OperationOpened,
    RallyCancelled,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    SchedulingFact,
)
from pamwal.contracts.zones import midnight
from services.scheduler.bookings import book, release
from services.scheduler.state import Deployment, Officer, Operation, Rally, Schedule


def apply(state: Schedule, fact: SchedulingFact) -> None:
    """Changes `state` to what holds after `fact`. KeyError or ValueError if it cannot follow from `state`."""
    match fact:
        case OperationOpened():
            state.operation = operation_after(fact)
        case OfficerRegistered():
            state.officers[fact.officer_id] = officer_after(fact)
        case RallyPlanned():
            state.rallies[fact.rally_id] = planned(fact)
        case RallyNoticed() | RallyMoved() | RallyCancelled():
            state.rallies[fact.rally_id] = rally_after(state.rallies[fact.rally_id], fact)
        case DeploymentOrdered():
            _put(state, ordered(fact))
        case _:
            known = state.deployments[fact.deployment_id]
            if known.live:
                _take(state, known)
            _put(state, deployment_after(known, fact))


def operation_after(fact: OperationOpened) -> Operation:
    """The operation as opened."""
    return Operation(
        name=fact.name,
        mode=fact.mode,
        zone=fact.zone,
        region=fact.region,
        begins_at=midnight(fact.starts_on, fact.zone),
        ends_before=midnight(fact.ends_on, fact.zone, days_later=1),
        posts={post.post_id: post for post in fact.posts},
        task_forces=frozenset(each.satgas_id for each in fact.task_forces),
        pairs=frozenset(fact.pairs),
        policy=fact.policy,
        parent=fact.parent,
        version=fact.version,
    )


def officer_after(fact: OfficerRegistered) -> Officer:
    """The roster's entry; a fact carries it whole."""
    return Officer(
        officer_id=fact.officer_id,
        rank=fact.rank,
        unit=fact.unit,
        satgas=fact.satgas,
        home_post=fact.home_post,
        person_ref=fact.person_ref,
        version=fact.version,
    )


def planned(fact: RallyPlanned) -> Rally:
    """The rally as planned; a fact carries the plan whole."""
    return Rally(
        rally_id=fact.rally_id,
        kind=fact.kind,
        pairs=fact.pairs,
        venue=fact.venue,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        required=fact.required,
        expected_attendance=fact.expected_attendance,
        receipt=fact.receipt,
        status="planned",
        version=fact.version,
    )


def rally_after(rally: Rally, fact: RallyNoticed | RallyMoved | RallyCancelled) -> Rally:
    """The rally after one step of its life."""
    match fact:
        case RallyNoticed():
            return msgspec.structs.replace(rally, receipt=fact.receipt, version=fact.version)
        case RallyMoved():
            return msgspec.structs.replace(
                rally, venue=fact.venue, starts_at=fact.starts_at, ends_at=fact.ends_at, version=fact.version
            )
        case RallyCancelled():
            return msgspec.structs.replace(rally, status="cancelled", version=fact.version)
        case _:
            assert_never(fact)


def ordered(fact: DeploymentOrdered) -> Deployment:
    """The deployment as ordered."""
    return Deployment(
        deployment_id=fact.deployment_id,
        officer_id=fact.officer_id,
        place=fact.place,
        role=fact.role,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        sprin=fact.sprin,
        postid=fact.postid,
        status="ordered",
        version=fact.version,
    )


def deployment_after(
    deployment: Deployment,
    fact: DeploymentAcknowledged | DeploymentMoved | DeploymentCancelled | DeploymentSwapped,
) -> Deployment:
    """The deployment after one step of its life. A move keeps an acknowledgement: the order is the same."""
    match fact:
        case DeploymentAcknowledged():
            return msgspec.structs.replace(deployment, status="acknowledged", version=fact.version)
        case DeploymentMoved():
            return msgspec.structs.replace(
                deployment, starts_at=fact.starts_at, ends_at=fact.ends_at, version=fact.version
            )
        case DeploymentCancelled():
            return msgspec.structs.replace(deployment, status="cancelled", version=fact.version)
        case DeploymentSwapped():
            return msgspec.structs.replace(deployment, status="swapped", version=fact.version)
        case _:
            assert_never(fact)


def _put(state: Schedule, deployment: Deployment) -> None:
    state.deployments[deployment.deployment_id] = deployment
    if deployment.live:
        book(state.bookings.setdefault(deployment.officer_id, []), deployment.booking)
        state.at_place.setdefault(deployment.place, {})[deployment.deployment_id] = None


def _take(state: Schedule, deployment: Deployment) -> None:
    release(state.bookings[deployment.officer_id], deployment.booking)
    del state.at_place[deployment.place][deployment.deployment_id]
