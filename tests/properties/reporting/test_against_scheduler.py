"""The picture of a plan equals the scheduler's own state, whatever the order and the senders' clocks."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts import field, scheduling
from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import DecisionData, Request, RequestData
from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import Venue
from services.reporting.picture.plan import Plan
from services.scheduler.core import SchedulerCore
from services.scheduler.state import Schedule
from tests.unit.reporting.telling import (
    BATU_PLAT,
    OPERATION,
    POSTS,
    SCHEDULING,
    TASK_FORCES,
    Teller,
    at,
    at_ms,
)

MINUTE_MS = 60_000
CLAIMS = Claims(role="ops_head", operation=OPERATION, mode="exercise").to_text()
ADMIN = Claims(role="admin", operation="*", mode="exercise").to_text()
OFFICERS, RALLIES = ("x", "y", "z"), ("a", "b")


class Scheduler:
    """The scheduler's own core, and the teller to which its decisions are told."""

    def __init__(self) -> None:
        self.core, self.teller = SchedulerCore(), Teller()
        self.state: Schedule = self.core.new_state(OPERATION)
        self.accepted = 0
        self._asked = 0

    def ask(self, data: RequestData, claims: str = CLAIMS) -> None:
        """One request, decided and told; a refusal changes nothing."""
        self._asked += 1
        request: Request[Any] = Request(
            specversion="1.0",
            id=f"q{self._asked}",
            source="/posts/alak/devices/1",
            type=TYPE_OF[type(data)],
            time=at("06:00"),
            channel="web",
            data=data,
            operationid=OPERATION,
            postid="alak",
            recordedat=at("06:00"),
            actor="chief",
            claims=claims,
        )
        verdict = self.core.decide(self.state, request, at("06:00"))
        told = self.teller.decide(
            verdict.facts, topic=SCHEDULING, outcome=verdict.outcome, request_id=request.id
        )
        if verdict.outcome == "accepted":
            self.accepted += 1
            data_told: DecisionData[Any] = told.data
            self.state = self.core.evolve(self.state, data_told)


def opened() -> Scheduler:
    """An operation with a roster and two rallies."""
    scheduler = Scheduler()
    scheduler.ask(
        scheduling.OpenOperation(
            name="OMP", mode="exercise", zone="Asia/Makassar", region="53.71", starts_on="2024-09-25",
            ends_on="2024-11-23", posts=POSTS, task_forces=TASK_FORCES, pairs=["walikota/1"],
        ),
        ADMIN,
    )  # fmt: skip
    scheduler.ask(
        scheduling.RegisterOfficers(
            officers=[
                scheduling.OfficerEntry(
                    officer_id=each, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="alak"
                )
                for each in OFFICERS
            ]
        )
    )
    for rally_id in RALLIES:
        scheduler.ask(planned(rally_id, at_ms("09:00")))
    assert scheduler.accepted == 4, "the tests' own operation must stand"
    return scheduler


def planned(rally_id: str, starts_ms: int) -> scheduling.PlanRally:
    """A rally of two hours."""
    return scheduling.PlanRally(
        rally_id=rally_id,
        kind="dialogue",
        pairs=["walikota/1"],
        venue=Venue(venue_id=f"v-{rally_id}", name="Balai", kelurahan=BATU_PLAT),
        starts_at=from_ms(starts_ms),
        ends_at=from_ms(starts_ms + 120 * MINUTE_MS),
        required={"guard": 1},
    )


def ordered(draw: st.DrawFn, number: int) -> scheduling.Order:
    """An order of up to an hour to one of the rallies."""
    starts_ms = at_ms("08:00") + draw(st.integers(0, 600)) * MINUTE_MS
    return scheduling.Order(
        deployment_id=f"d{number}", officer_id=draw(st.sampled_from(OFFICERS)),
        place=f"rally/{draw(st.sampled_from(RALLIES))}", role="guard", starts_at=from_ms(starts_ms),
        ends_at=from_ms(starts_ms + draw(st.integers(10, 60)) * MINUTE_MS),
    )  # fmt: skip


def asked(draw: st.DrawFn, number: int) -> RequestData | None:
    """One request of any kind, most of which make sense; None for a report from the field."""
    row = scheduling.DeploymentRow(deployment_id=f"d{draw(st.integers(0, max(number - 1, 0)))}")
    rally_id = draw(st.sampled_from(RALLIES))
    starts_ms = at_ms("09:00") + draw(st.integers(0, 300)) * MINUTE_MS
    match draw(
        st.sampled_from(["order"] * 4 + ["ack", "cancel", "reassign", "move", "notice", "plan", "end", "see"])
    ):
        case "order":
            return scheduling.OrderDeployments(sprin="S/1", orders=[ordered(draw, number)])
        case "ack":
            return scheduling.AcknowledgeDeployments(rows=[row])
        case "cancel":
            return scheduling.CancelDeployments(rows=[row], cause="test")
        case "reassign":
            again = scheduling.Reassignment(release=row, order=ordered(draw, number))
            return scheduling.ReassignDeployments(sprin="S/2", cause="test", rows=[again])
        case "move":
            starts_at, ends_at = from_ms(starts_ms), from_ms(starts_ms + 120 * MINUTE_MS)
            return scheduling.MoveRally(
                rally_id=rally_id, starts_at=starts_at, ends_at=ends_at, release_conflicts=True
            )
        case "notice":
            receipt = scheduling.NoticeReceipt(number="STTP/1", received_at=at("07:00"))
            return scheduling.NoticeRally(rally_id=rally_id, receipt=receipt)
        case "plan":
            return planned(rally_id, starts_ms)
        case other:
            return scheduling.CancelRally(rally_id=rally_id, cause="rain") if other == "end" else None


@st.composite
def campaigns(draw: st.DrawFn) -> Scheduler:
    """Up to 25 requests and reports by clocks up to 10 min off."""
    scheduler = opened()
    for number in range(draw(st.integers(1, 25))):
        request = asked(draw, number)
        if request is None:
            _see(draw, scheduler.teller)
        else:
            scheduler.ask(request)
    return scheduler


def _see(draw: st.DrawFn, teller: Teller) -> None:
    true_ms = at_ms("08:30") + draw(st.integers(0, 300)) * MINUTE_MS
    skew_ms = draw(st.integers(-10 * MINUTE_MS, 10 * MINUTE_MS))
    fact = field.CheckedIn(
        id=f"s{len(teller.told)}/0",
        occurred_at=from_ms(true_ms - skew_ms),
        sent_at=from_ms(true_ms - skew_ms),
        recorded_at=from_ms(true_ms),
        officer_id=draw(st.sampled_from(OFFICERS)),
        place="rally/a",
        method="manual",
    )
    teller.decide([fact], knownat=from_ms(true_ms))


def rallies_of(known: Schedule | Plan) -> dict[str, tuple[Any, ...]]:
    """Everything about a rally that both must agree on."""
    return {
        rally.rally_id: (
            rally.version, rally.kind, rally.pairs, rally.venue, rally.starts_at, rally.ends_at,
            rally.required, rally.receipt, rally.unnoticed,
        )
        for rally in known.rallies.values()
    }  # fmt: skip


def deployments_of(known: Schedule | Plan) -> dict[str, tuple[Any, ...]]:
    """Everything about a deployment that both must agree on."""
    return {
        each.deployment_id: (
            each.version, each.officer_id, each.place, each.role, each.starts_at, each.ends_at, each.sprin,
            each.postid, each.status, each.live,
        )
        for each in known.deployments.values()
    }  # fmt: skip


@given(campaigns(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_picture_of_the_plan_is_the_schedulers_state(scheduler: Scheduler, chance: Any) -> None:
    chance.shuffle(scheduler.teller.told)
    plan, state = scheduler.teller.picture().plan, scheduler.state
    assert rallies_of(plan) == rallies_of(state)
    assert {rally.rally_id for rally in plan.rallies.values() if rally.cancelled} == {
        rally.rally_id for rally in state.rallies.values() if rally.status == "cancelled"
    }
    assert deployments_of(plan) == deployments_of(state)
    assert {officer: len(own) for officer, own in plan.of_officer.items()} == {
        officer: len(bookings) for officer, bookings in state.bookings.items() if bookings
    }
