"""Deployments, each as its facts tell of it in order of their versions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentRole,
    DeploymentStatus,
    DeploymentStoodDown,
    DeploymentSwapped,
    Purpose,
)
from services.reporting.picture.versions import in_order

DeploymentFact = (
    DeploymentReserved
    | DeploymentOrdered
    | DeploymentAcknowledged
    | DeploymentMoved
    | DeploymentCancelled
    | DeploymentSwapped
    | DeploymentRejected
    | DeploymentReinstated
    | DeploymentStoodDown
)


_ms: Final = lru_cache(maxsize=1_000)(to_ms)
"""Many deployments have the same hours."""


class Deployment(Struct, kw_only=True):
    """A deployment as it stands now; hours in milliseconds since 1970, half-open."""

    deployment_id: str
    version: int
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    sprin: str
    postid: str
    purpose: Purpose
    dispatched: bool
    """It was ordered, not only reserved."""
    status: DeploymentStatus
    starts_ms: int = 0
    ends_ms: int = 0
    reporters: tuple[str, ...] = ()
    """The posts that would report this officer."""

    @property
    def live(self) -> bool:
        """It binds its officer and can still be released."""
        return self.status in ("reserved", "ordered", "acknowledged")

    @property
    def counted(self) -> bool:
        """It is an order that stands, or that was carried out: its officer is counted as ordered."""
        return self.status in ("ordered", "acknowledged", "stood_down")

    @property
    def reserved(self) -> bool:
        """Its officer is kept for it, and not dispatched."""
        return self.status == "reserved"


def deployment_of(facts: Mapping[int, DeploymentFact]) -> Deployment | None:
    """The deployment its facts tell of; None while neither order nor reservation has arrived."""
    deployment: Deployment | None = None
    for fact in in_order(facts):
        if isinstance(fact, (DeploymentOrdered, DeploymentReserved)):
            deployment = _told(fact)
        elif deployment is not None:
            _step(deployment, fact)
    if deployment is not None:
        deployment.version = max(facts)
        deployment.starts_ms, deployment.ends_ms = _ms(deployment.starts_at), _ms(deployment.ends_at)
    return deployment


def _told(fact: DeploymentOrdered | DeploymentReserved) -> Deployment:
    """Both facts carry it whole; ordering what was reserved replaces it."""
    ordered = isinstance(fact, DeploymentOrdered)
    return Deployment(
        deployment_id=fact.deployment_id,
        version=fact.version,
        officer_id=fact.officer_id,
        place=fact.place,
        role=fact.role,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        sprin=fact.sprin if isinstance(fact, DeploymentOrdered) else "",
        postid=fact.postid,
        purpose=fact.purpose,
        dispatched=ordered,
        status="ordered" if ordered else "reserved",
    )


def _step(deployment: Deployment, fact: DeploymentFact) -> None:
    if isinstance(fact, DeploymentMoved):
        deployment.starts_at, deployment.ends_at = fact.starts_at, fact.ends_at
    elif isinstance(fact, DeploymentStoodDown):
        deployment.status, deployment.ends_at = "stood_down", fact.ends_at
    elif isinstance(fact, DeploymentReinstated):
        deployment.status = "ordered" if deployment.dispatched else "reserved"
    else:
        deployment.status = _STATUS[type(fact)]


_STATUS: Final[dict[type, DeploymentStatus]] = {
    DeploymentAcknowledged: "acknowledged",
    DeploymentCancelled: "cancelled",
    DeploymentSwapped: "swapped",
    DeploymentRejected: "rejected",
}
