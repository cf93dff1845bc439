"""Start reading here: one check-in on its way through all three services and back out of the log.

    scheduler ──▶ pamwal.scheduling.requests ──▶ pamwal.scheduling.decisions ──┐
    checkin ────▶ pamwal.field.requests ───────▶ pamwal.field.decisions ───────┼──▶ reporting: situation
                                                                               └──▶ audit

Three processes and a Kafka run for this, as they do at work. Everything they say to each other is in those
four topics, so this test looks there, and nowhere inside a service; what reporting tells others of it stands
in a fifth. It is 07:30 in Kupang.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
import pytest

from pamwal.client.answers import Answer
from pamwal.client.identifiers import new_id
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import ServiceClient
from pamwal.contracts.claims import Role
from pamwal.contracts.codec import TYPE_OF, decode_decision, decode_request
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.field import CheckedIn, CheckIn
from pamwal.contracts.ledger import Ledger
from pamwal.contracts.places import Venue
from pamwal.contracts.reporting import Situation
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import (
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    Post,
    RegisterOfficers,
    TaskForce,
)
from pamwal.contracts.situations import SituationTold
from pamwal.contracts.timeline import Timeline
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, SITUATIONS
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import Issuer
from pamwal.stack.stack import Stack
from pamwal.wire.audit import audit, read_receipts
from pamwal.wire.finding import find_decision
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Receipt, TopicPartition

pytestmark = pytest.mark.kafka

T = TypeVar("T")
TOLD_WITHIN_S = 90
OPERATION = "latihan-satu"
EIGHT, TEN = "2024-10-03T00:00:00.000Z", "2024-10-03T02:00:00.000Z"
"""08:00 and 10:00 in Kupang: on the wire every time is UTC, and its text sorts as the moments do."""


async def test_one_check_in_through_all_three_services(desks: Desks, log: KafkaLog) -> None:
    # An operation is opened. Its id is the key of everything said about it, so all of that has one order.
    opened = await desks.admin.say(
        OpenOperation(
            name="Latihan pengamanan kampanye Kota Kupang",
            mode="exercise",
            zone="Asia/Makassar",
            region="53.71",
            starts_on="2024-09-25",
            ends_on="2024-11-23",
            posts=[Post(post_id="oebobo", name="Posko Oebobo", kecamatan=["53.71.04"])],
            task_forces=[TaskForce(satgas_id="preventif", name="Satgas Preventif")],
        )
    )
    assert opened.meaning == "accepted", opened.detail

    # One officer, one rally, and the order that sends the one to the other.
    officer = OfficerEntry(
        officer_id="KPG-0001",
        rank="BRIPKA",
        unit="Sektor Oebobo",
        satgas="preventif",
        home_post="oebobo",
    )
    rally = PlanRally(
        rally_id="oebobo-1",
        kind="dialogue",
        pairs=["walikota/3"],
        venue=Venue(venue_id="V-1", name="Balai Oebobo", kelurahan="53.71.04.1001"),
        starts_at=EIGHT,
        ends_at=TEN,
        required={"guard": 1},
    )
    order = Order(
        deployment_id="D-1",
        officer_id="KPG-0001",
        place="rally/oebobo-1",
        role="guard",
        starts_at=EIGHT,
        ends_at=TEN,
    )
    registered = await desks.head.say(RegisterOfficers(officers=[officer]))
    planned = await desks.head.say(rally)
    ordered = await desks.head.say(OrderDeployments(sprin="SPRIN/1", orders=[order]))
    assert [answer.meaning for answer in (registered, planned, ordered)] == ["accepted"] * 3

    # The picture knows of the order, and awaits the officer.
    before = (await desks.oebobo.situation(after=ordered)).total
    assert (before.required_total, before.ordered, before.awaited, before.present) == (1, 1, 1, 0)

    # The officer arrives and the post says so. The answer is 201 and names where the log keeps the request.
    key, arrived = new_id(), desks.clock.now()
    arrival = CheckIn(officer_id="KPG-0001", place="rally/oebobo-1", method="manual")
    answer = await desks.oebobo.say(arrival, when=arrived, identifier=key)
    assert (answer.meaning, answer.status, answer.facts) == ("accepted", 201, [f"{key}/0"])
    receipt = Receipt.parse(answer.receipt or "")
    assert receipt.topic == FIELD_REQUESTS.name == "pamwal.field.requests.v1"

    # There it stands, in the requests topic, as it was said, with what the edge added: who spoke, and when.
    kept = await log.fetch(TopicPartition(receipt.topic, receipt.partition), receipt.offset)
    assert kept is not None
    request = decode_request(kept.value)
    assert (kept.key, request.id, request.data) == (OPERATION.encode(), key, arrival)
    assert (request.postid, request.actor) == ("oebobo", "command_post@kupang")
    assert request.time == arrived <= request.recordedat

    # Its decision stands in the decisions topic, in the partition of the same number: one answer, one fact.
    decided = await find_decision(log, receipt)
    assert decided is not None
    assert (decided.topic, decided.partition) == (FIELD_DECISIONS.name, receipt.partition)
    decision = decode_decision(decided.value)
    assert (decision.operationid, decision.data.outcome) == (OPERATION, "accepted")
    asked = decision.data.request
    assert asked is not None
    assert (asked.id, asked.offset, asked.sha256) == (
        key,
        receipt.offset,
        hashlib.sha256(kept.value).hexdigest(),
    )
    [fact] = decision.data.facts
    assert isinstance(fact, CheckedIn)
    assert (fact.id, fact.officer_id, fact.occurred_at) == (f"{key}/0", "KPG-0001", arrived)

    # Reporting folds that fact. Who asks with the receipt sees the officer in the picture, on any replica.
    present = (await desks.oebobo.situation(after=answer)).total
    assert (present.ordered, present.awaited, present.present, present.on_time) == (1, 0, 1, 1)

    # The post is not sure that it got through, and says it again: the same answer, and nobody counts twice.
    again = await desks.oebobo.say(arrival, when=arrived, identifier=key)
    assert (again.status, again.facts) == (answer.status, answer.facts)
    assert again.receipt != answer.receipt
    assert (await desks.oebobo.situation(after=again)).total == present

    # The ledger counts the requests topics themselves, and it balances: what came in is what was decided.
    ledger = (await desks.oebobo.ledger(after=again)).total
    assert (ledger.received, ledger.accepted, ledger.repeat, ledger.pending) == (6, 5, 1, 0)
    assert ledger.balanced

    # The operation's log says who did that, when it happened and when we knew.
    told = (await desks.oebobo.timeline(after=again)).entries
    (came,) = [each for each in told if each.facts[0].type == "checked_in"]
    assert (came.actor, came.asked) == ("command_post@kupang", TYPE_OF[CheckIn])
    assert (came.at, came.known_at >= came.at) == (arrived, True)

    # Dashboards of other agencies read a summary, told by who decides the partition: counts, marked LATIHAN.
    summary = await summary_once(log, lambda told: told.data.officers.present == 1)
    assert (summary.operationid, summary.data.marked) == (OPERATION, "LATIHAN")
    assert (summary.data.officers.ordered, summary.data.officers.on_time) == (1, 1)
    assert summary.data.vector[f"{decided.topic}-{decided.partition}"] > decided.offset

    # And anyone with a consumer can prove it: every request has its one decision, nothing was altered since,
    # and what the posts were told is kept is there.
    proof = await audit(log, receipts=read_receipts(desks.receipts.path))
    assert proof.findings == ()
    assert (proof.requests, proof.decisions - proof.caused, proof.receipts) == (6, 6, 6)


async def summary_once(log: KafkaLog, holds: Callable[[SituationTold], bool]) -> SituationTold:
    """The first summary of which that holds."""
    count = await log.partition_count(SITUATIONS.name)
    reader = await log.reader({TopicPartition(SITUATIONS.name, number): 0 for number in range(count)})
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            while True:
                for records in (await reader.read(max_records=100, wait_ms=100)).values():
                    for record in records:
                        told = msgspec.json.decode(record.value, type=SituationTold)
                        assert record.key == told.operationid.encode()
                        if holds(told):
                            return told
    finally:
        await reader.close()


# -- who speaks --------------------------------------------------------------------------------------------


class Desk:
    """One person in Kupang: a token, and the addresses of the three services."""

    def __init__(self, http: httpx.AsyncClient, stack: Stack, role: Role, token: str, book: ReceiptBook):
        self._clock = Clock.parse(stack.clock)
        self._source = f"/posts/oebobo/devices/{role}"
        self._services = {
            name: ServiceClient(http, stack.plan(name).api, token, receipts=book)
            for name in ("scheduler", "checkin", "reporting")
        }

    async def say(
        self, data: RequestData, *, when: str | None = None, identifier: str | None = None
    ) -> Answer:
        """Says one thing to the service that takes it, and waits for its decision."""
        route = ROUTES[TYPE_OF[type(data)]]
        submission = Submission(
            id=identifier or new_id(),
            source=self._source,
            type=TYPE_OF[type(data)],
            time=when or self._clock.now(),
            channel="app",
            data=data,
        )
        return await self._services[route.service].submit(OPERATION, route.path, submission)

    async def situation(self, after: Answer) -> Situation:
        """The picture, once it knows of the request that was answered so."""
        return await self._read("situation", Situation, after)

    async def ledger(self, after: Answer) -> Ledger:
        """Every request and what became of it, once it knows of this one."""
        return await self._read("ledger", Ledger, after)

    async def timeline(self, after: Answer) -> Timeline:
        """The log of the operation, once it knows of this one."""
        return await self._read("timeline", Timeline, after)

    async def _read(self, what: str, shape: type[T], after: Answer) -> T:
        path = f"/operations/{OPERATION}/{what}"
        return await self._services["reporting"].read(path, shape, at=[after.receipt or ""])


class Desks:
    """The admin, the head of operations, and posko Oebobo."""

    def __init__(self, http: httpx.AsyncClient, stack: Stack, issuer: Issuer, receipts: ReceiptBook) -> None:
        def desk(role: Role, post: str | None = None) -> Desk:
            token = issuer.issue(
                role=role, operation=OPERATION, mode="exercise", subject=f"{role}@kupang", post=post
            )
            return Desk(http, stack, role, token, receipts)

        self.clock, self.receipts = Clock.parse(stack.clock), receipts
        self.admin, self.head = desk("admin"), desk("ops_head")
        self.oebobo = desk("command_post", post="oebobo")


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[ReceiptBook]:
    with ReceiptBook(tmp_path / "receipts.txt") as book:
        yield book


@pytest.fixture
async def desks(stack: Stack, state: Path, receipts: ReceiptBook) -> AsyncIterator[Desks]:
    async with httpx.AsyncClient() as http:
        yield Desks(http, stack, Issuer(state / "issuer"), receipts)


@pytest.fixture
async def log(stack: Stack) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(stack.bootstrap_servers)
    yield log
    await log.close()
