"""What is asked in these tests, and a plan that answers: given / when / then over the scheduler's core."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.claims import BOUND_TO_OFFICER, Claims, Mode, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import DecisionData, Reason, Request, RequestData, Verdict
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.rights import own_source
from pamwal.contracts.scheduling import (
    AbsenceEntry,
    AcknowledgeDeployments,
    BulkMode,
    CancelDeployments,
    CancelRally,
    DeploymentRole,
    DeploymentRow,
    LoanEntry,
    MoveRally,
    NoticeRally,
    NoticeReceipt,
    OfficerEntry,
    OfficerRow,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    Policy,
    Post,
    RallyKind,
    ReassignDeployments,
    Reassignment,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    SiteEntry,
    TaskForce,
    WithdrawOfficers,
)
from pamwal.places import point_of
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.state import Schedule

OPERATION = "omp-kupang-2024"
OEBOBO, LASIANA, SIKUMANA = "53.71.04.1001", "53.71.03.1011", "53.71.02.1008"
KELURAHAN = {"oebobo-1": OEBOBO, "lasiana-1": LASIANA, "sikumana-1": SIKUMANA}


def at(clock: str, day: int = 3) -> str:
    """`18:05` WITA on a day of October 2024, as an instant."""
    hour, minute = int(clock[:2]), int(clock[3:])
    utc = day * 1440 + hour * 60 + minute - 8 * 60
    return f"2024-10-{utc // 1440:02d}T{utc % 1440 // 60:02d}:{utc % 60:02d}:00.000Z"


def said(clock: str, day: int = 3) -> str:
    """The same moment as a sentence tells it."""
    return f"2024-10-{day:02d} {clock} WITA"


def claims(
    role: Role = "ops_head", *, post: str | None = None, officer: str | None = None, **more: Any
) -> Claims:
    """What a token of the exercise allows; that of an officer is of post oebobo if it names none."""
    mode: Mode = more.pop("mode", "exercise")
    post = "oebobo" if post is None and role in BOUND_TO_OFFICER else post
    return Claims(role=role, operation=OPERATION, mode=mode, post=post, officer=officer, **more)


ADMIN, OPS_HEAD = claims("admin"), claims()


def post_of(post: str) -> Claims:
    """The token of a command post."""
    return claims("command_post", post=post)


def request(identity: str, data: RequestData, *, by: Claims = OPS_HEAD, post: str = "oebobo") -> Request[Any]:
    """One request as it stands in the log."""
    return Request(
        specversion="1.0",
        id=identity,
        source=own_source(by) or f"/posts/{post}/devices/1",
        type=TYPE_OF[type(data)],
        time=at("07:00"),
        recordedat=at("07:00"),
        channel="web",
        operationid=OPERATION,
        postid=post,
        actor="operator-7",
        claims=by.to_text(),
        data=data,
    )


def opening(**more: Any) -> OpenOperation:
    """Five posts, two satgas, five pairs, 25 September to 23 November 2024; a way too short only warns."""
    named = {"oebobo": "04", "kelapa-lima": "03", "maulafa": "02", "alak": "01", "kota-lama": "06"}
    plain = OpenOperation(
        name="Latihan Kupang",
        mode="exercise",
        zone="Asia/Makassar",
        region="53.71",
        starts_on="2024-09-25",
        ends_on="2024-11-23",
        posts=[Post(post_id=each, name=each, kecamatan=[f"53.71.{code}"]) for each, code in named.items()],
        task_forces=[TaskForce(satgas_id=each, name=each) for each in ("preventif", "gakkum")],
        pairs=[f"walikota/{number}" for number in range(1, 6)],
        policy=Policy(travel="warn"),
    )
    return msgspec.structs.replace(plain, **more)


def entry(officer_id: str, **more: Any) -> OfficerEntry:
    """One officer of Oebobo."""
    plain = OfficerEntry(
        officer_id=officer_id, rank="BRIPKA", unit="Sektor Oebobo", satgas="preventif", home_post="oebobo"
    )
    return msgspec.structs.replace(plain, **more)


def venue(kelurahan: str, *, point: Point | None = None, name: str = "Lapangan") -> Venue:
    """A venue in the middle of its kelurahan."""
    return Venue(
        venue_id=f"v-{kelurahan}", name=name, kelurahan=kelurahan, point=point or point_of(kelurahan)
    )


def plan(rally_id: str, starts: str = "16:00", ends: str = "20:00", **more: Any) -> PlanRally:
    """A limited meeting on 3 October, with the venue its name tells."""
    kind: RallyKind = more.pop("kind", "limited_meeting")
    plain = PlanRally(
        rally_id=rally_id,
        kind=kind,
        pairs=["walikota/3"],
        venue=venue(KELURAHAN.get(rally_id, OEBOBO)),
        starts_at=at(starts),
        ends_at=at(ends),
        required={"guard": 4},
    )
    return msgspec.structs.replace(plain, **more)


def receipt(number: str = "STTP/1/X/2024") -> NoticeReceipt:
    """A notice receipt of the day before."""
    return NoticeReceipt(number=number, received_at=at("09:00", 2))


def notice(rally_id: str, number: str = "STTP/1/X/2024", **more: Any) -> NoticeRally:
    """The notice of a rally."""
    return NoticeRally(rally_id=rally_id, receipt=receipt(number), **more)


def move(rally_id: str, starts: str, ends: str, **more: Any) -> MoveRally:
    """A rally moved within 3 October."""
    return MoveRally(rally_id=rally_id, starts_at=at(starts), ends_at=at(ends), **more)


def cancel_rally(rally_id: str, **more: Any) -> CancelRally:
    """A rally called off."""
    return CancelRally(rally_id=rally_id, cause="field under water", **more)


def order(
    deployment_id: str,
    officer_id: str = "k-1",
    rally_id: str = "oebobo-1",
    starts: str = "16:00",
    ends: str = "18:00",
    role: DeploymentRole = "guard",
) -> Order:
    """One officer at one rally on 3 October."""
    return Order(
        deployment_id=deployment_id,
        officer_id=officer_id,
        place=f"rally/{rally_id}",
        role=role,
        starts_at=at(starts),
        ends_at=at(ends),
    )


def orders(*rows: Order, mode: BulkMode = "atomic") -> OrderDeployments:
    """Orders under one sprin."""
    return OrderDeployments(sprin="SPRIN/12/X/2024", orders=list(rows), mode=mode)


def acknowledge(*ids: str, mode: BulkMode = "atomic", expected: int | None = None) -> AcknowledgeDeployments:
    """Orders acknowledged."""
    return AcknowledgeDeployments(rows=rows(*ids, expected=expected), mode=mode)


def cancel(*ids: str, mode: BulkMode = "atomic", expected: int | None = None) -> CancelDeployments:
    """Orders taken back."""
    return CancelDeployments(rows=rows(*ids, expected=expected), cause="ill", mode=mode)


def reassign(*pairs: tuple[str, Order], mode: BulkMode = "atomic") -> ReassignDeployments:
    """Orders exchanged for others."""
    return ReassignDeployments(
        sprin="SPRIN/13/X/2024",
        cause="needed elsewhere",
        rows=[Reassignment(release=DeploymentRow(deployment_id=old), order=new) for old, new in pairs],
        mode=mode,
    )


def rows(*ids: str, expected: int | None = None) -> list[DeploymentRow]:
    """Deployments by their ids."""
    return [DeploymentRow(deployment_id=each, expected_version=expected) for each in ids]


def decision_of(verdict: Verdict[Any]) -> DecisionData[Any]:
    """A verdict as it would stand in the log."""
    return DecisionData(
        request=None,
        knownat=at("07:00"),
        decider_version="test",
        outcome=verdict.outcome,
        facts=verdict.facts,
        warnings=verdict.warnings,
        reason=verdict.reason,
    )


class Plan:
    """An operation that is asked one thing after the other, each under an id of its own."""

    def __init__(self) -> None:
        self.core = SchedulerCore()
        self.state: Schedule = self.core.new_state(OPERATION)
        self.asked = 0
        self.facts: list[Any] = []
        """All that was decided so far, in order."""

    def ask(self, data: RequestData, *, by: Claims = OPS_HEAD, post: str = "oebobo") -> Verdict[Any]:
        """The verdict; its facts hold from now on."""
        self.asked += 1
        verdict = self.core.decide(self.state, request(f"q{self.asked}", data, by=by, post=post), at("07:00"))
        self.state = self.core.evolve(self.state, decision_of(verdict))
        self.facts += verdict.facts
        return verdict

    def must(self, data: RequestData, *, by: Claims = OPS_HEAD, post: str = "oebobo") -> Verdict[Any]:
        """`ask`, and it has to be accepted."""
        verdict = self.ask(data, by=by, post=post)
        assert verdict.reason is None, verdict.reason
        return verdict

    def refused(self, data: RequestData, *, by: Claims = OPS_HEAD, post: str = "oebobo") -> Reason:
        """`ask`, and it has to be refused: the reason."""
        verdict = self.ask(data, by=by, post=post)
        assert verdict.reason is not None, verdict.facts
        assert not verdict.facts
        return verdict.reason


def opened(**more: Any) -> Plan:
    """Given an open operation."""
    plan_ = Plan()
    plan_.must(opening(**more), by=ADMIN)
    return plan_


def planned() -> Plan:
    """Given three officers and rallies at Oebobo, Lasiana and Sikumana from 16:00 to 20:00."""
    plan_ = opened()
    plan_.must(RegisterOfficers(officers=[entry(f"k-{number}") for number in (1, 2, 3)]))
    for rally_id in KELURAHAN:
        plan_.must(plan(rally_id))
    return plan_


def codes(verdict: Verdict[Any]) -> list[tuple[str, str | None]]:
    """What a verdict warns of: code and subject."""
    return [(each.code, each.subject) for each in verdict.warnings]


def kinds(verdict: Verdict[Any]) -> list[str]:
    """The names of its facts, in order."""
    return [type(fact).__name__ for fact in verdict.facts]


def site(site_id: str = "kpu", **more: Any) -> SiteEntry:
    """The election office in Oebobo, as long as the operation."""
    plain = SiteEntry(site_id=site_id, kind="election_office", name="KPU", kelurahan=OEBOBO)
    return msgspec.structs.replace(plain, **more)


def sites(*entries: SiteEntry, **more: Any) -> RegisterSites:
    """Sites registered."""
    return RegisterSites(sites=list(entries), **more)


def roster(*ids: str, **more: Any) -> RegisterOfficers:
    """Officers of Oebobo registered."""
    return RegisterOfficers(officers=[entry(each) for each in ids], **more)


def absence(absence_id: str = "a1", officer_id: str = "k-1", **more: Any) -> AbsenceEntry:
    """An officer who is ill on 3 October from 17:00 to 19:00."""
    plain = AbsenceEntry(
        absence_id=absence_id, officer_id=officer_id, kind="sakit", starts_at=at("17:00"), ends_at=at("19:00")
    )
    return msgspec.structs.replace(plain, **more)


def absences(*entries: AbsenceEntry, **more: Any) -> RecordAbsences:
    """Absences recorded."""
    return RecordAbsences(absences=list(entries), **more)


def loan(loan_id: str = "l1", officer_id: str = "k-1", **more: Any) -> LoanEntry:
    """An officer lent to another operation on 3 October from 17:00 to 19:00."""
    plain = LoanEntry(
        loan_id=loan_id,
        officer_id=officer_id,
        to_operation="omp-kabupaten",
        starts_at=at("17:00"),
        ends_at=at("19:00"),
    )
    return msgspec.structs.replace(plain, **more)


def ordered_to(
    deployment_id: str, place: str, starts: str = "16:00", ends: str = "18:00", officer_id: str = "k-1"
) -> OrderDeployments:
    """One officer ordered to a place on 3 October."""
    plain = order(deployment_id, officer_id, starts=starts, ends=ends)
    return orders(msgspec.structs.replace(plain, place=place))


def withdraw(*ids: str, **more: Any) -> WithdrawOfficers:
    """Officers taken off the roster."""
    rows_ = [OfficerRow(officer_id=each) for each in ids]
    return WithdrawOfficers(rows=rows_, cause="moved away", **more)
