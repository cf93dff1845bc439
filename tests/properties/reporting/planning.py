"""Hypothesis strategies: histories of plans as facts of every kind, each subject's versions dense from 1.

A history follows only what a fact must find: nothing steps before it was told whole. Else anything goes.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from pamwal.contracts import scheduling
from pamwal.contracts.envelope import Decision
from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import Policy, SchedulingFact
from tests.unit.reporting.telling import (
    BATU_PLAT,
    DAY,
    OEPURA,
    POSTS,
    SCHEDULING,
    TASK_FORCES,
    Teller,
    at_ms,
)

MINUTE_MS: Final = 60_000
MORNING_MS: Final = at_ms("08:00")
OFFICERS: Final = ("x", "y", "z")
RALLIES: Final = ("a", "b", "c")
SITES: Final = ("s", "t")
STEPS: Final[dict[type[Any], dict[str, Any]]] = {
    scheduling.DeploymentAcknowledged: {"by": "x"},
    scheduling.DeploymentCancelled: {"cause": "test"},
    scheduling.DeploymentSwapped: {"successor": "d9", "cause": "test"},
    scheduling.DeploymentRejected: {"by": "x", "cause": "test"},
    scheduling.DeploymentReinstated: {"cause": "test"},
    scheduling.DeploymentMoved: {},
    scheduling.DeploymentStoodDown: {},
}
"""Steps of a deployment, with what is always the same of them."""
KINDS: Final = ("operation", "day", "site", "officer", "absence", "loan", "rally", "draft", "import") + (
    "deployment",
) * 8
"""What a fact may be about; deployments have the most to tell."""


class Planner:
    """Tells facts, and knows the last version of each subject."""

    def __init__(self, draw: st.DrawFn, teller: Teller) -> None:
        self._draw, self._teller = draw, teller
        self.facts: list[SchedulingFact] = []
        """In the order they were decided."""
        self._versions: dict[str, int] = {}

    def say(self) -> Decision[Any]:
        """One more fact of any kind."""
        kind = self._draw(st.sampled_from(KINDS))
        return getattr(self, f"_{kind}")()

    def open(self) -> None:
        """The operation, its officers, rallies, sites and one order each: something to change."""
        self._tell("operation", scheduling.OperationOpened, mode="exercise", zone="Asia/Makassar",
                   region="53.71", **self._operation_whole())  # fmt: skip
        for officer_id in OFFICERS[:2]:
            self._register(officer_id)
        for rally_id in RALLIES[:2]:
            self._plan(rally_id)
        self._guard(SITES[0])
        for number, officer_id in enumerate(OFFICERS):
            self._order(f"d{number}", officer_id)

    def _tell(self, subject: str, make: type[Any], **fields: Any) -> Decision[Any]:
        version = self._versions.get(subject, 0) + 1
        self._versions[subject] = version
        fact = make(id=f"{subject}-{version}/0", version=version, **fields)
        self.facts.append(fact)
        return self._teller.decide([fact], topic=SCHEDULING)

    def _known(self, subject: str) -> bool:
        return subject in self._versions

    def _one_of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def _hours(self) -> dict[str, str]:
        starts_ms = MORNING_MS + self._draw(st.integers(0, 300)) * MINUTE_MS
        ends_ms = starts_ms + self._draw(st.integers(10, 180)) * MINUTE_MS
        return {"starts_at": from_ms(starts_ms), "ends_at": from_ms(ends_ms)}

    def _operation_whole(self) -> dict[str, Any]:
        return {
            "name": self._one_of("OMP", "OMP Turangga"),
            "starts_on": "2024-09-25",
            "ends_on": "2024-11-23",
            "posts": self._one_of(POSTS, POSTS[:1]),
            "task_forces": TASK_FORCES,
            "pairs": self._one_of([], ["walikota/1"]),
            "policy": self._one_of(Policy(), Policy(grace_min=0, witness_window_min=30)),
        }

    def _operation(self) -> Decision[Any]:
        make = self._one_of(
            scheduling.OperationAmended, scheduling.OperationClosed, scheduling.OperationReopened,
            scheduling.ChildAdmitted, scheduling.ChildDismissed,
        )  # fmt: skip
        if make is scheduling.OperationAmended:
            return self._tell("operation", make, **self._operation_whole())
        if make is scheduling.ChildAdmitted:
            return self._tell("operation", make, child=self._one_of("kupang", "rote"))
        if make is scheduling.ChildDismissed:
            return self._tell("operation", make, child=self._one_of("kupang", "rote"), cause="test")
        return self._tell("operation", make, cause="test")

    def _day(self) -> Decision[Any]:
        if self._one_of(True, False):
            return self._tell(f"day-{DAY}", scheduling.DayClosed, day=DAY)
        return self._tell(f"day-{DAY}", scheduling.DayReopened, day=DAY, cause="test")

    def _site(self) -> Decision[Any]:
        site_id = self._one_of(*SITES)
        if self._known(f"site-{site_id}") and self._one_of(True, False):
            return self._tell(f"site-{site_id}", scheduling.SiteWithdrawn, site_id=site_id, cause="test")
        return self._guard(site_id)

    def _guard(self, site_id: str) -> Decision[Any]:
        return self._tell(
            f"site-{site_id}", scheduling.SiteRegistered, site_id=site_id, name=site_id,
            kind=self._one_of("logistics", "polling_station"), kelurahan=self._one_of(BATU_PLAT, OEPURA),
            required=self._one_of({}, {"guard": 2, "intel": 1}), **self._hours(),
        )  # fmt: skip

    def _officer(self) -> Decision[Any]:
        officer_id = self._one_of(*OFFICERS)
        if self._known(f"officer-{officer_id}") and self._one_of(True, False):
            return self._tell(
                f"officer-{officer_id}", scheduling.OfficerWithdrawn, officer_id=officer_id, cause="test"
            )
        return self._register(officer_id)

    def _register(self, officer_id: str) -> Decision[Any]:
        return self._tell(
            f"officer-{officer_id}", scheduling.OfficerRegistered, officer_id=officer_id, rank="BRIPTU",
            unit="Samapta", satgas=self._one_of("preventif", "gakkum"),
            home_post=self._one_of("alak", "maulafa"),
        )  # fmt: skip

    def _absence(self) -> Decision[Any]:
        number, officer_id = self._draw(st.integers(0, 2)), self._one_of(*OFFICERS)
        absence = {"absence_id": f"{officer_id}{number}", "officer_id": officer_id}
        subject = f"absence-{officer_id}{number}"
        if self._known(subject) and self._one_of(True, False):
            return self._tell(subject, scheduling.AbsenceWithdrawn, cause="test", **absence)
        return self._tell(subject, scheduling.AbsenceRecorded, kind="izin", **absence, **self._hours())

    def _loan(self) -> Decision[Any]:
        officer_id = self._one_of(*OFFICERS)
        subject, loan = f"loan-{officer_id}", {"loan_id": f"{officer_id}0", "officer_id": officer_id}
        if self._known(subject) and self._one_of(True, False):
            return self._tell(subject, scheduling.OfficerRecalled, cause="test", **loan)
        return self._tell(subject, scheduling.OfficerLent, to_operation="o", **loan, **self._hours())

    def _rally(self) -> Decision[Any]:
        rally_id = self._one_of(*RALLIES)
        if not self._known(f"rally-{rally_id}"):
            return self._plan(rally_id)
        make = self._one_of(
            scheduling.RallyNoticed, scheduling.RallyMoved, scheduling.RallyCancelled,
            scheduling.RallyReinstated, scheduling.RallyClosed, scheduling.RallyPlanned,
        )  # fmt: skip
        if make is scheduling.RallyPlanned:
            return self._plan(rally_id)
        fields: dict[str, Any] = {"cause": "test"}
        if make is scheduling.RallyNoticed:
            receipt = scheduling.NoticeReceipt(number="STTP/1", received_at=from_ms(MORNING_MS))
            fields = {"receipt": receipt}
        elif make is scheduling.RallyMoved:
            fields = {"venue": self._venue(rally_id), **self._hours()}
        elif make is scheduling.RallyClosed:
            fields = {}
        return self._tell(f"rally-{rally_id}", make, rally_id=rally_id, **fields)

    def _plan(self, rally_id: str) -> Decision[Any]:
        return self._tell(
            f"rally-{rally_id}", scheduling.RallyPlanned, rally_id=rally_id, kind="dialogue",
            pairs=["walikota/1"], venue=self._venue(rally_id), required={"guard": 2, "intel": 1},
            stage=self._one_of("notified", "planned"), **self._hours(),
        )  # fmt: skip

    def _venue(self, rally_id: str) -> Venue:
        kelurahan = self._one_of(BATU_PLAT, OEPURA)
        return Venue(venue_id=self._one_of("v", f"v-{rally_id}"), name="Balai", kelurahan=kelurahan)

    def _deployment(self) -> Decision[Any]:
        deployment_id = f"d{self._draw(st.integers(0, 5))}"
        if not self._known(f"deployment-{deployment_id}") or self._draw(st.integers(0, 4)) == 0:
            return self._order(deployment_id, self._one_of(*OFFICERS))
        make = self._one_of(*STEPS)
        fields = dict(STEPS[make])
        if make is scheduling.DeploymentMoved:
            fields |= self._hours()
        elif make is scheduling.DeploymentStoodDown:
            fields["ends_at"] = self._hours()["starts_at"]
        return self._tell(f"deployment-{deployment_id}", make, deployment_id=deployment_id, **fields)

    def _order(self, deployment_id: str, officer_id: str) -> Decision[Any]:
        make = self._one_of(scheduling.DeploymentOrdered, scheduling.DeploymentReserved)
        order = {"sprin": "Sprin/1"} if make is scheduling.DeploymentOrdered else {}
        places = [f"rally/{each}" for each in RALLIES] + [f"site/{each}" for each in SITES]
        return self._tell(
            f"deployment-{deployment_id}", make, deployment_id=deployment_id, officer_id=officer_id,
            place=self._one_of(*places), role=self._one_of("guard", "guard", "intel"),
            purpose=self._one_of("regular", "reinforcement", "on_call"), postid="alak",
            **order, **self._hours(),
        )  # fmt: skip

    def _draft(self) -> Decision[Any]:
        if self._known("draft-p") and self._one_of(True, False):
            return self._tell("draft-p", scheduling.ProposalDiscarded, proposal_id="p")
        hours = self._hours()
        order = scheduling.Order(deployment_id="p1", officer_id="x", place="rally/a", role="guard", **hours)
        return self._tell("draft-p", scheduling.DeploymentsProposed, proposal_id="p", orders=[order])

    def _import(self) -> Decision[Any]:
        return self._tell("import-i", scheduling.ImportReverted, import_id="i", cause="test")
