"""The reporting decider and its webhook while its processes are killed and frozen: nothing missed or doubled.

Two processes of reporting decide, judge and tell a sink. Officers of real operations are missed, seen, and
not seen after all, turn by turn: each turn raises or retracts the alert of each of them, by the facts alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from pamwal.contracts import codec
from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.field import CheckIn, Void
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Venue
from pamwal.contracts.reporting_alerts import AlertRaised, AlertRetracted, AlertRevised
from pamwal.contracts.scheduling import (
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    Policy,
    Post,
    RegisterOfficers,
    TaskForce,
)
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.process import ServicePlan
from pamwal.wire.audit import audit
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.metrics import Unobserved
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import Tail
from pamwal.wire.topics_admin import apply_topics
from services.checkin.core import CheckinCore
from services.reporting.core import ReportingCore
from services.scheduler.core import SchedulerCore
from tests.chaos.fleet import Member, until
from tests.ports import reserved_port

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

PARTITIONS: Final = 3
OPERATIONS: Final = tuple(f"nyata-{number}" for number in range(6))
OFFICERS: Final = ("k-1", "k-2", "k-3")
HIDDEN: Final = "k-9"
"""On intel: no sink outside is told of him."""
DEADLINE_S: Final = 60.0
CORE: Final = ReportingCore()
CORES: Final[dict[str, Core[Any]]] = {"scheduling": SchedulerCore(), "field": CheckinCore()}
NOW: Final = datetime.now(UTC)


def stamp(minutes: float = 0.0) -> str:
    """An Instant so many minutes from when the test began."""
    moment = NOW + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Sink(ThreadingHTTPServer):
    """Takes each key once, as the sink's side of the contract is; remembers what it took, in its order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.taken: dict[str, bytes] = {}
        self.told_again = 0
        self.otherwise: list[str] = []
        """Keys that came again with another fact."""
        self._taking = threading.Lock()

    def take(self, key: str, body: bytes) -> None:
        with self._taking:
            known = self.taken.setdefault(key, body)
            if known is not body:
                self.told_again += 1
            if _fact(known) != _fact(body):
                self.otherwise.append(key)


class _Taker(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.take(self.headers["idempotency-key"], body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _fact(body: bytes) -> tuple[str, int]:
    told = msgspec.json.decode(body)
    return told["id"], told["data"]["version"]


class Town:
    """The operations, what is said in them, and what reporting says of that."""

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.said: dict[str, dict[str, list[AlertRaised | AlertRevised | AlertRetracted]]] = defaultdict(dict)
        """Operation → alert → its facts, in the order of the log."""
        self.keys: dict[str, list[str]] = defaultdict(list)
        """Operation → keys of what a sink is to be told, in order."""
        self.causes: dict[int, list[int]] = defaultdict(list)
        self._hidden: set[str] = set()
        self._asked = 0
        self._last: dict[tuple[str, str], str] = {}

    def note(self, at: TopicPartition, records: list[Record]) -> None:
        """A tail's: all that reporting says."""
        for record in records:
            decision = codec.decode_decision(record.value)
            if decision.data.cause is not None:
                self.causes[at.partition].append(decision.data.cause.n)
            for fact in decision.data.facts:
                if isinstance(fact, AlertRaised | AlertRevised | AlertRetracted):
                    self._note(decision.operationid, fact)

    def _note(self, operation: str, fact: AlertRaised | AlertRevised | AlertRetracted) -> None:
        self.said[operation].setdefault(fact.alert_id, []).append(fact)
        if isinstance(fact, AlertRaised) and fact.intel:
            self._hidden.add(fact.alert_id)
        if fact.alert_id not in self._hidden:
            self.keys[operation].append(f"{operation}/{fact.id}")

    async def plan(self) -> None:
        """A rally in each operation that began an hour ago, and nobody was seen."""
        for operation in OPERATIONS:
            await self._ask(operation, *_plan(), minutes=-240)
        await self._decide(stamp(-240))

    async def turn(self, number: int) -> None:
        """Everybody is seen, or every other turn not seen after all."""
        for operation in OPERATIONS:
            for officer in (*OFFICERS, HIDDEN):
                said: RequestData
                if number % 2 == 0:
                    said = CheckIn(officer_id=officer, place="rally/a", method="manual")
                else:
                    said = Void(observation=self._last[operation, officer], cause="another one")
                await self._ask(operation, said, minutes=-30)
                self._last[operation, officer] = f"q{self._asked}/0"
        await self._decide(stamp())

    async def until_said(self, facts: int) -> None:
        """Until each officer's alert has so many facts that raise or retract it."""

        def short() -> list[str]:
            return [each for each in OPERATIONS if self._turns(each) != [facts] * (len(OFFICERS) + 1)]

        async def is_said() -> bool:
            return not short()

        await until(
            is_said, DEADLINE_S, lambda: f"{[(each, self._turns(each)) for each in short()]}, not {facts}"
        )

    def _turns(self, operation: str) -> list[int]:
        own = self.said[operation]
        return [
            sum(not isinstance(fact, AlertRevised) for fact in facts)
            for alert_id, facts in sorted(own.items())
            if alert_id.startswith("no_show")
        ]

    async def _ask(self, operation: str, *said: RequestData, minutes: float) -> None:
        producer = await self.log.producer()
        for data in said:
            self._asked += 1
            name = TYPE_OF[type(data)]
            role: Role = "admin" if isinstance(data, OpenOperation) else "ops_head"
            claims = Claims(role=role, operation="*" if role == "admin" else operation, mode="real")
            request: Request[Any] = Request(
                specversion="1.0", id=f"q{self._asked}", source="/posts/alak/devices/1", type=name,
                time=stamp(minutes), channel="app", data=data, operationid=operation, postid="alak",
                recordedat=stamp(minutes), actor="chief", claims=claims.to_text(),
            )  # fmt: skip
            record = Outgoing(operation.encode(), codec.encode(request))
            await producer.send(CORES[name.split(".")[1]].requests_topic, record)
        await producer.close()

    async def _decide(self, knownat: str) -> None:
        for core in CORES.values():
            for number in range(PARTITIONS):
                decider = PartitionDecider(core, self.log, number, now=lambda: knownat, observer=Unobserved())
                requests = TopicPartition(core.requests_topic, number)
                next_offset = await decider.take_over()
                end = (await self.log.end_offsets([requests]))[requests]
                reader = await self.log.reader({requests: next_offset}, "uncommitted")
                async with asyncio.timeout(DEADLINE_S):
                    while await reader.position(requests) < end:
                        for records in (await reader.read(max_records=500, wait_ms=100)).values():
                            assert await decider.decide(records) is None
                await reader.close()
                await decider.drop()


def _plan() -> Iterator[RequestData]:
    today = NOW + timedelta(hours=8)
    yield OpenOperation(
        name="Operasi", mode="real", zone="Asia/Makassar", region="53.71",
        starts_on=f"{today - timedelta(days=3):%Y-%m-%d}", ends_on=f"{today + timedelta(days=30):%Y-%m-%d}",
        posts=[Post(post_id="alak", name="Posko Alak", kecamatan=["53.71.01"])],
        task_forces=[TaskForce(satgas_id="preventif", name="Satgas Preventif")], pairs=["walikota/1"],
        policy=Policy(acknowledgement="none"),
    )  # fmt: skip
    person = PersonalRef(ref="r", digest="0" * 64)
    everybody = (*OFFICERS, HIDDEN)
    yield RegisterOfficers(
        officers=[
            OfficerEntry(
                officer_id=each, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="alak",
                person_ref=person,
            )
            for each in everybody
        ]
    )  # fmt: skip
    hours: Any = {"starts_at": stamp(-60), "ends_at": stamp(120)}
    venue = Venue(venue_id="v", name="Balai Batu Plat", kelurahan="53.71.01.1009")
    yield PlanRally(rally_id="a", kind="dialogue", pairs=["walikota/1"], venue=venue, required={}, **hours)
    yield OrderDeployments(
        sprin="S/1",
        orders=[
            Order(
                deployment_id=f"d-{each}", officer_id=each, place="rally/a",
                role="intel" if each == HIDDEN else "guard", **hours,
            )
            for each in everybody
        ],
    )  # fmt: skip


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    with reserved_port() as port:
        async with running_kafka(tmp_path / "kafka", port=port) as broker:
            await asyncio.to_thread(apply_topics, broker.bootstrap_servers, PARTITIONS)
            yield broker


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        serving = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield sink
        sink.shutdown()
        serving.join()


@pytest.fixture
async def town(broker: LocalKafka) -> AsyncIterator[Town]:
    log = KafkaLog(broker.bootstrap_servers)
    town = Town(log)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(log.close)
        tail = Tail(log, [CORE.decisions_topic], town.note, start="begin")
        await tail.start()
        ends.push_async_callback(tail.stop)
        yield town
        assert tail.failed is None, repr(tail.failed)


def members(broker: LocalKafka, sink: Sink, folder: Path) -> list[Member]:
    """Two processes of reporting, each with decider, edge and webhook; none runs yet."""
    secret = folder / "secret"
    secret.write_bytes(b"0123456789abcdef")
    environment = {
        "PAMWAL_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAMWAL_STATE": str(folder),
        "PAMWAL_SNAPSHOTS": "off",
        "PAMWAL_WEBHOOK_URL": f"http://127.0.0.1:{sink.server_port}/alerts",
        "PAMWAL_WEBHOOK_SECRET_FILE": str(secret),
    }
    plans = [ServicePlan(name=name, service="reporting", role="all") for name in ("one", "two")]
    return [Member(plan, environment, folder / f"{plan.name}.log") for plan in plans]


async def test_alerts_are_raised_and_retracted_once_an_episode_and_told_once(
    broker: LocalKafka, sink: Sink, town: Town, tmp_path: Path
) -> None:
    assert {partition_of(name.encode(), PARTITIONS) for name in OPERATIONS} == set(range(PARTITIONS))
    one, two = members(broker, sink, tmp_path)
    await town.plan()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            for member in (one, two):
                member.start()
            for member in (one, two):
                await member.until_ready(http, DEADLINE_S)
            await town.until_said(1)
            await town.turn(0)
            one.kill()
            await town.until_said(2)
            await town.turn(1)
            one.start()
            await one.until_ready(http, DEADLINE_S)
            two.freeze()
            await town.turn(2)
            await town.until_said(4)
            two.thaw()
            await town.turn(3)
            await town.until_said(5)
            two.kill()
            await _until_told(sink, town)
    finally:
        for member in (one, two):
            member.abandon()
    _prove(sink, town)
    every: list[Core[Any] | WatchingCore[Any, Any]] = [*CORES.values(), CORE]
    cores = {core.requests_topic: core for core in every}
    report = await audit(town.log, topics=list(cores), redecide=cores)
    assert (report.findings, report.redecided) == ((), True), "judged again at each cause it is the same"
    assert report.outcomes["caused"] == sum(map(len, town.causes.values()))


async def _until_told(sink: Sink, town: Town) -> None:
    def wanted() -> set[str]:
        return {key for keys in town.keys.values() for key in keys}

    async def is_told() -> bool:
        return wanted() <= sink.taken.keys()

    await until(is_told, DEADLINE_S, lambda: f"not told: {sorted(wanted() - sink.taken.keys())}")


def _prove(sink: Sink, town: Town) -> None:
    for own in town.said.values():
        for facts in own.values():
            assert [fact.version for fact in facts] == list(range(1, len(facts) + 1))
            words = [type(fact) for fact in facts if not isinstance(fact, AlertRevised)]
            assert (
                words == [AlertRaised, AlertRetracted, AlertRaised, AlertRetracted, AlertRaised][: len(words)]
            )
    assert {number: list(range(1, len(found) + 1)) for number, found in town.causes.items()} == town.causes
    assert sink.otherwise == []
    told = {key: [*own] for key, own in groupby(sorted(sink.taken, key=_operation), _operation)}
    order = {key: position for position, key in enumerate(sink.taken)}
    for operation in OPERATIONS:
        assert sorted(told[operation], key=order.__getitem__) == town.keys[operation], "all, once, in order"


def _operation(key: str) -> str:
    return key.partition("/")[0]
