"""The picture of a plan equals the scheduler's own state, whatever the order and the senders' clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts import field, scheduling
from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import DecisionData, Request, RequestData
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Venue
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.evolve import apply
from services.scheduler.deciding.state import Schedule
from tests.properties.reporting.agreement import assert_agreed
from tests.properties.reporting.planning import MINUTE_MS, Planner
from tests.unit.reporting.telling import (
    BATU_PLAT,
    DAY,
    OEPURA,
    OPERATION,
    POSTS,
    SCHEDULING,
    TASK_FORCES,
    Teller,
    at,
    at_ms,
)

CLAIMS = Claims(role="ops_head", operation=OPERATION, mode="exercise").to_text()
ADMIN = Claims(role="admin", operation="*", mode="exercise").to_text()
OFFICERS, RALLIES = ("x", "y", "z"), ("a", "b")
PLACES = ("rally/a", "rally/b", "site/s")
RECEIPT = scheduling.NoticeReceipt(number="STTP/1", received_at=at("07:00"))


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
    """An operation with a roster, two rallies and a site."""
    scheduler = Scheduler()
    scheduler.ask(
        scheduling.OpenOperation(
            name="OMP", mode="exercise", zone="Asia/Makassar", region="53.71", starts_on="2024-09-25",
            ends_on="2024-11-23", posts=POSTS, task_forces=TASK_FORCES, pairs=["walikota/1"],
        ),
        ADMIN,
    )  # fmt: skip
    scheduler.ask(scheduling.RegisterOfficers(officers=[entry(each) for each in OFFICERS]))
    for rally_id in RALLIES:
        scheduler.ask(planned(rally_id, at_ms("09:00")))
    scheduler.ask(scheduling.RegisterSites(sites=[guarded("s")]), ADMIN)
    assert scheduler.accepted == 5, "the tests' own operation must stand"
    return scheduler


def entry(officer_id: str) -> scheduling.OfficerEntry:
    """One officer of the roster."""
    return scheduling.OfficerEntry(
        officer_id=officer_id, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="alak"
    )


def guarded(site_id: str) -> scheduling.SiteEntry:
    """A site that is guarded as long as the operation runs."""
    return scheduling.SiteEntry(
        site_id=site_id, kind="logistics", name="Gudang", kelurahan=OEPURA, required={"guard": 1}
    )


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
    """An order of up to an hour to one of the rallies or the site."""
    starts_ms = at_ms("08:00") + draw(st.integers(0, 600)) * MINUTE_MS
    return scheduling.Order(
        deployment_id=f"d{number}", officer_id=draw(st.sampled_from(OFFICERS)),
        place=draw(st.sampled_from(PLACES)), role="guard", starts_at=from_ms(starts_ms),
        ends_at=from_ms(starts_ms + draw(st.integers(10, 60)) * MINUTE_MS),
        purpose=draw(st.sampled_from(["regular", "reinforcement", "on_call"])),
    )  # fmt: skip


def of_deployments(draw: st.DrawFn, number: int, state: Schedule) -> RequestData:
    """One request about deployments, most of which make sense."""
    row = scheduling.DeploymentRow(deployment_id=draw(st.sampled_from(sorted(state.deployments) or ["d0"])))
    known = state.deployments.get(row.deployment_id)
    ends_ms = to_ms(known.ends_at) if known else at_ms("10:00")
    ask: dict[str, Callable[[], RequestData]] = {
        "order": lambda: scheduling.OrderDeployments(sprin="S/1", orders=[ordered(draw, number)]),
        "reserve": lambda: scheduling.ReserveDeployments(orders=[ordered(draw, number)]),
        "order_reserved": lambda: scheduling.OrderReserved(sprin="S/1", rows=[row]),
        "ack": lambda: scheduling.AcknowledgeDeployments(rows=[row]),
        "cancel": lambda: scheduling.CancelDeployments(rows=[row], cause="test"),
        "reject": lambda: scheduling.RejectDeployments(rows=[row], cause="test"),
        "reinstate": lambda: scheduling.ReinstateDeployments(rows=[row], cause="test"),
        "stand_down": lambda: scheduling.StandDownDeployments(
            rows=[
                scheduling.Release(
                    deployment_id=row.deployment_id,
                    at=from_ms(ends_ms - draw(st.integers(0, 30)) * MINUTE_MS),
                )
            ]
        ),
        "reassign": lambda: scheduling.ReassignDeployments(
            sprin="S/2", cause="test",
            rows=[scheduling.Reassignment(release=row, order=ordered(draw, number))],
        ),
        "swap": lambda: scheduling.SwapDeployments(
            sprin="S/3", cause="test",
            rows=[
                scheduling.Swap(
                    release=row, deployment_id=f"d{number}", officer_id=draw(st.sampled_from(OFFICERS))
                )
            ],
        ),
    }  # fmt: skip
    return ask[draw(st.sampled_from(["order", "reserve", *ask]))]()


def of_the_plan(draw: st.DrawFn, number: int) -> RequestData:
    """One request about what is secured, who is there, or the operation."""
    rally_id, officer_id = draw(st.sampled_from(RALLIES)), draw(st.sampled_from(OFFICERS))
    starts_ms = at_ms("09:00") + draw(st.integers(0, 300)) * MINUTE_MS
    hours = {"starts_at": from_ms(starts_ms), "ends_at": from_ms(starts_ms + 120 * MINUTE_MS)}
    ask: dict[str, Callable[[], tuple[type[Any], dict[str, Any]]]] = {
        "move": lambda: (scheduling.MoveRally, {"rally_id": rally_id, "release_conflicts": True, **hours}),
        "notice": lambda: (scheduling.NoticeRally, {"rally_id": rally_id, "receipt": RECEIPT}),
        "plan": lambda: (scheduling.PlanRallies, {"rallies": [planned(rally_id, starts_ms)]}),
        "cancel": lambda: (scheduling.CancelRally, {"rally_id": rally_id, "cause": "rain"}),
        "close": lambda: (scheduling.CloseRally, {"rally_id": rally_id}),
        "reinstate": lambda: (scheduling.ReinstateRally, {"rally_id": rally_id, "cause": "sun"}),
        "site": lambda: (scheduling.RegisterSites, {"sites": [guarded(draw(st.sampled_from(["s", "t"])))]}),
        "no_site": lambda: (
            scheduling.WithdrawSites, {"rows": [scheduling.SiteRow(site_id="s")], "cause": "test"}
        ),
        "absence": lambda: (
            scheduling.RecordAbsences,
            {
                "absences": [
                    scheduling.AbsenceEntry(
                        absence_id=f"a{number}", officer_id=officer_id, kind="izin", **hours
                    )
                ]
            },
        ),
        "no_absence": lambda: (
            scheduling.WithdrawAbsences,
            {"absence_ids": [f"a{draw(st.integers(0, number))}"], "cause": "test"},
        ),
        "lend": lambda: (
            scheduling.LendOfficers,
            {
                "loans": [
                    scheduling.LoanEntry(
                        loan_id=f"l{officer_id}", officer_id=officer_id, to_operation="o", **hours
                    )
                ]
            },
        ),
        "recall": lambda: (
            scheduling.RecallOfficers, {"loan_ids": [f"l{officer_id}"], "cause": "test"}
        ),
        "register": lambda: (scheduling.RegisterOfficers, {"officers": [entry(officer_id)]}),
        "withdraw": lambda: (
            scheduling.WithdrawOfficers,
            {
                "rows": [scheduling.OfficerRow(officer_id=officer_id)], "cause": "test",
                "cancel_deployments": draw(st.booleans()),
            },
        ),
        "amend": lambda: (
            scheduling.AmendOperation, {"policy": scheduling.Policy(grace_min=number)}
        ),
        "day": lambda: (scheduling.CloseDay, {"day": DAY}),
        "no_day": lambda: (scheduling.ReopenDay, {"day": DAY, "cause": "test"}),
    }  # fmt: skip
    make, fields = ask[draw(st.sampled_from(sorted(ask)))]()
    request: RequestData = make(**fields)
    return request


@st.composite
def campaigns(draw: st.DrawFn) -> Scheduler:
    """Up to 35 requests of any kind, most of which make sense, and reports by clocks up to 10 min off."""
    scheduler = opened()
    for number in range(draw(st.integers(5, 35))):
        match draw(st.sampled_from(["deployment"] * 4 + ["plan"] * 2 + ["see"])):
            case "deployment":
                scheduler.ask(of_deployments(draw, number, scheduler.state))
            case "plan":
                scheduler.ask(of_the_plan(draw, number))
            case _:
                _see(draw, scheduler.teller)
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


@given(campaigns(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_picture_of_the_plan_is_the_schedulers_state(scheduler: Scheduler, chance: Any) -> None:
    chance.shuffle(scheduler.teller.told)
    assert_agreed(scheduler.teller.picture(), scheduler.state)


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_both_read_any_history_of_facts_alike(data: st.DataObject, chance: Any) -> None:
    """Also histories that the scheduler would not decide today: what stands in the log is read for ever."""
    teller, state = Teller(), Schedule(operation_id=OPERATION)
    planner = Planner(data.draw, teller)
    planner.open()
    for _ in range(data.draw(st.integers(5, 45))):
        planner.say()
    for fact in planner.facts:
        apply(state, fact)
    chance.shuffle(teller.told)
    assert_agreed(teller.picture(), state)
