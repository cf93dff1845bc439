"""Who sees which deployment, for every view and every sheet. Source: domain sections 5 and 6."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.scheduling import DeploymentRole, Order
from services.scheduler.deciding.state import Deployment, Schedule


class Sight(Struct, frozen=True, kw_only=True):
    """What a caller sees: own deployments; a padal those of places he leads; `intel` only the head."""

    role: Role
    officer_id: str | None
    led: frozenset[str]
    """Places where the caller is field commander."""

    @property
    def whole(self) -> bool:
        """Nothing is hidden."""
        return self.role == "ops_head"

    def sees(self, deployment: Deployment) -> bool:
        """Whether this deployment may be named, placed or counted by itself."""
        if self.whole or self.officer_id == deployment.officer_id:
            return True
        if deployment.role == "intel" or self.role == "officer":
            return False
        return self.role != "field_commander" or deployment.place in self.led

    def counts(self, deployment: Deployment) -> bool:
        """Whether this deployment is part of a number that is shown: `intel` of others only to the head."""
        return self.whole or deployment.role != "intel" or self.officer_id == deployment.officer_id

    def required(self, required: Mapping[DeploymentRole, int]) -> dict[DeploymentRole, int]:
        """The required strength of a place as the caller sees it."""
        return {role: count for role, count in required.items() if self.whole or role != "intel"}

    def orders(self, orders: list[Order]) -> list[Order]:
        """The orders of a draft that the caller sees."""
        return [each for each in orders if self.whole or each.role != "intel"]


def sight_of(schedule: Schedule, claims: Claims) -> Sight:
    """The sight of a token. A post or an admin is no officer, whoever holds it."""
    officer_id = None if claims.officer is None else schedule.written_as(claims.officer)
    led: frozenset[str] = frozenset()
    if claims.role == "field_commander" and officer_id is not None:
        held = (schedule.deployments[each] for _, _, each in schedule.bookings.of(officer_id))
        led = frozenset(each.place for each in held if each.role == "field_commander")
    return Sight(role=claims.role, officer_id=officer_id, led=led)
