"""What is planned before the day begins: the operation, its roster, its rallies and its orders (S1)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from pamwal.client.identifiers import RANDOM_BITS, uuid7
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.instants import from_ms
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    DeploymentRow,
    NoticeRally,
    NoticeReceipt,
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    RegisterOfficers,
)
from pamwal.demo.day import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    PAIRS,
    POSTS,
    REGION,
    TASK_FORCES,
    ZONE,
    DayOfficer,
    PlannedRally,
)
from pamwal.demo.sayings import Saying, submission
from pamwal.demo.truth import MINUTE_MS, Truth
from pamwal.places import kupang, point_of

NAME: Final = "Latihan pengamanan kampanye Kota Kupang"
HEADQUARTERS: Final = POSTS[3].post_id
"""The post whose desk opens the operation and plans: Oebobo, in the middle of the city."""
UNITS: Final = {post.post_id: post.name.replace("Posko", "Sektor") for post in POSTS}


def planning(truth: Truth, said_ms: int, chance: Random) -> list[list[Saying]]:
    """Waves of sayings; what is in one wave may be said at once, the next waits for it."""

    def say(path: str, data: RequestData, subject: str | None = None) -> Saying:
        return Saying(
            post=HEADQUARTERS,
            service="scheduler",
            path=path,
            send_ms=said_ms,
            submission=submission(
                identifier=uuid7(said_ms, chance.getrandbits(RANDOM_BITS)),
                post=HEADQUARTERS,
                speaker="plan",
                occurred_ms=said_ms,
                data=data,
                subject=subject,
            ),
        )

    return [
        [say("/open", opening())],
        [say("/officers", roster(truth))],
        [say("/rallies", plan(rally), rally.rally_id) for rally in truth.rallies],
        [say("/rallies:notice", notice(rally, said_ms), rally.rally_id) for rally in truth.rallies],
        _for_each_rally(truth, lambda rally, own: say("/deployments", orders(rally, own), rally.rally_id)),
        _for_each_rally(
            truth, lambda rally, own: say("/deployments:acknowledge", acknowledgement(own), rally.rally_id)
        ),
    ]


def _for_each_rally(truth: Truth, say: Callable[[PlannedRally, list[DayOfficer]], Saying]) -> list[Saying]:
    return [
        say(rally, [officer for officer in truth.officers if officer.rally.rally_id == rally.rally_id])
        for rally in truth.rallies
    ]


def opening() -> OpenOperation:
    """An exercise over the whole campaign, with the domain's own policy."""
    return OpenOperation(
        name=NAME,
        mode="exercise",
        zone=ZONE,
        region=REGION,
        starts_on=FIRST_DAY,
        ends_on=LAST_DAY,
        posts=list(POSTS),
        task_forces=list(TASK_FORCES),
        pairs=list(PAIRS),
        kelurahan=[place.code for place in kupang().places],
    )


def roster(truth: Truth) -> RegisterOfficers:
    """All 151, with names that are nobody's."""
    return RegisterOfficers(
        officers=[
            OfficerEntry(
                officer_id=officer.officer_id,
                rank="IPDA" if officer.role == "field_commander" else "BRIPKA",
                unit=UNITS[officer.rally.post],
                satgas=officer.satgas,
                home_post=officer.rally.post,
                person=PersonalWords(name=f"Personel {number:03d}", nrp=f"NRP-{number:04d}"),
            )
            for number, officer in enumerate(truth.officers, start=1)
        ]
    )


def plan(rally: PlannedRally) -> PlanRally:
    """The rally at its venue; its receipt comes with a request of its own."""
    return PlanRally(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=[rally.pair],
        venue=Venue(
            venue_id=f"V-{rally.rally_id}",
            name=rally.venue_name,
            kelurahan=rally.kelurahan,
            point=point_of(rally.kelurahan),
        ),
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=rally.required,
        expected_attendance=rally.expected_attendance,
    )


def notice(rally: PlannedRally, said_ms: int) -> NoticeRally:
    """The campaign's notice receipt, two days old."""
    return NoticeRally(
        rally_id=rally.rally_id,
        receipt=NoticeReceipt(
            number=f"STTP/{rally.rally_id}/{DAY}", received_at=from_ms(said_ms - 48 * 60 * MINUTE_MS)
        ),
    )


def orders(rally: PlannedRally, own: list[DayOfficer]) -> OrderDeployments:
    """One sprin orders everybody the rally needs, for its whole hours, all or nothing."""
    return OrderDeployments(
        sprin=f"SPRIN/{rally.rally_id}/{DAY}",
        orders=[order_of(officer, rally, officer.deployment_id) for officer in own],
    )


def order_of(officer: DayOfficer, rally: PlannedRally, deployment_id: str) -> Order:
    """One officer at one rally for its whole hours."""
    return Order(
        deployment_id=deployment_id,
        officer_id=officer.officer_id,
        place=rally.place,
        role=officer.role,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
    )


def acknowledgement(own: list[DayOfficer]) -> AcknowledgeDeployments:
    """The padal acknowledges for the squad."""
    return AcknowledgeDeployments(
        rows=[DeploymentRow(deployment_id=officer.deployment_id) for officer in own]
    )
