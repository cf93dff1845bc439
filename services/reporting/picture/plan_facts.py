"""Facts of scheduling as they were told, in any order and any number of times: what makes a plan. Pure.

Where a fact tells a step, each version of its subject is kept; where it tells its subject whole, the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from pamwal.contracts.scheduling import (
    AbsenceRecorded,
    AbsenceWithdrawn,
    ChildAdmitted,
    ChildDismissed,
    DayClosed,
    DayReopened,
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentStoodDown,
    DeploymentSwapped,
    ImportReverted,
    OfficerLent,
    OfficerRecalled,
    OfficerRegistered,
    OfficerWithdrawn,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    RallyCancelled,
    RallyClosed,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    RallyReinstated,
    SiteRegistered,
    SiteWithdrawn,
)
from services.reporting.picture.charter import OperationFact
from services.reporting.picture.deployments import DeploymentFact
from services.reporting.picture.places import RallyFact
from services.reporting.picture.versions import keep_newest

AbsenceFact = AbsenceRecorded | AbsenceWithdrawn | OfficerLent | OfficerRecalled
DayFact = DayClosed | DayReopened


class PlanFacts:
    """All that was told of one operation's plan."""

    __slots__ = (
        "absences", "days", "deployments", "officers", "officers_withdrawn", "operation", "rallies", "sites",
        "sites_withdrawn",
    )  # fmt: skip

    def __init__(self) -> None:
        self.operation: dict[int, OperationFact] = {}
        self.days: dict[str, DayFact] = {}
        self.sites: dict[str, SiteRegistered] = {}
        self.sites_withdrawn: dict[str, SiteWithdrawn] = {}
        self.officers: dict[str, OfficerRegistered] = {}
        self.officers_withdrawn: dict[str, OfficerWithdrawn] = {}
        self.absences: dict[str, AbsenceFact] = {}
        """By `absence/{id}` and `loan/{id}`."""
        self.rallies: dict[str, dict[int, RallyFact]] = {}
        self.deployments: dict[str, dict[int, DeploymentFact]] = {}

    def without_rallies_and_deployments(self) -> PlanFacts:
        """All the rest."""
        found = PlanFacts()
        for name in self.__slots__:
            if name not in {"rallies", "deployments"}:
                setattr(found, name, getattr(self, name))
        return found

    def take(self, fact: Any) -> None:
        """Takes a fact of one of the types in `TAKEN` up."""
        TAKEN[type(fact)](self, fact)

    def _take_operation(self, fact: OperationFact) -> None:
        self.operation[fact.version] = fact

    def _take_day(self, fact: DayFact) -> None:
        keep_newest(self.days, fact.day, fact)

    def _take_site(self, fact: SiteRegistered) -> None:
        keep_newest(self.sites, fact.site_id, fact)

    def _take_site_withdrawn(self, fact: SiteWithdrawn) -> None:
        keep_newest(self.sites_withdrawn, fact.site_id, fact)

    def _take_officer(self, fact: OfficerRegistered) -> None:
        keep_newest(self.officers, fact.officer_id, fact)

    def _take_officer_withdrawn(self, fact: OfficerWithdrawn) -> None:
        keep_newest(self.officers_withdrawn, fact.officer_id, fact)

    def _take_import_reverted(self, fact: ImportReverted) -> None:
        for officer_id, version in fact.officers.items():
            gone = OfficerWithdrawn(id=fact.id, version=version, officer_id=officer_id, cause=fact.cause)
            keep_newest(self.officers_withdrawn, officer_id, gone)

    def _take_absence(self, fact: AbsenceRecorded | AbsenceWithdrawn) -> None:
        keep_newest(self.absences, f"absence/{fact.absence_id}", fact)

    def _take_loan(self, fact: OfficerLent | OfficerRecalled) -> None:
        keep_newest(self.absences, f"loan/{fact.loan_id}", fact)

    def _take_rally(self, fact: RallyFact) -> None:
        self.rallies.setdefault(fact.rally_id, {})[fact.version] = fact

    def _take_deployment(self, fact: DeploymentFact) -> None:
        known = self.deployments.get(fact.deployment_id)
        if known is None:
            self.deployments[fact.deployment_id] = {fact.version: fact}
        else:
            known[fact.version] = fact


TAKEN: Final[dict[type, Callable[[PlanFacts, Any], None]]] = {
    OperationOpened: PlanFacts._take_operation,
    OperationAmended: PlanFacts._take_operation,
    OperationClosed: PlanFacts._take_operation,
    OperationReopened: PlanFacts._take_operation,
    ChildAdmitted: PlanFacts._take_operation,
    ChildDismissed: PlanFacts._take_operation,
    DayClosed: PlanFacts._take_day,
    DayReopened: PlanFacts._take_day,
    SiteRegistered: PlanFacts._take_site,
    SiteWithdrawn: PlanFacts._take_site_withdrawn,
    OfficerRegistered: PlanFacts._take_officer,
    OfficerWithdrawn: PlanFacts._take_officer_withdrawn,
    ImportReverted: PlanFacts._take_import_reverted,
    AbsenceRecorded: PlanFacts._take_absence,
    AbsenceWithdrawn: PlanFacts._take_absence,
    OfficerLent: PlanFacts._take_loan,
    OfficerRecalled: PlanFacts._take_loan,
    RallyPlanned: PlanFacts._take_rally,
    RallyNoticed: PlanFacts._take_rally,
    RallyMoved: PlanFacts._take_rally,
    RallyCancelled: PlanFacts._take_rally,
    RallyReinstated: PlanFacts._take_rally,
    RallyClosed: PlanFacts._take_rally,
    DeploymentReserved: PlanFacts._take_deployment,
    DeploymentOrdered: PlanFacts._take_deployment,
    DeploymentAcknowledged: PlanFacts._take_deployment,
    DeploymentMoved: PlanFacts._take_deployment,
    DeploymentCancelled: PlanFacts._take_deployment,
    DeploymentSwapped: PlanFacts._take_deployment,
    DeploymentRejected: PlanFacts._take_deployment,
    DeploymentReinstated: PlanFacts._take_deployment,
    DeploymentStoodDown: PlanFacts._take_deployment,
}
"""Fact → what keeps it."""
OF_A_RALLY: Final = frozenset(get_args(RallyFact))
OF_A_DEPLOYMENT: Final = frozenset(get_args(DeploymentFact))
