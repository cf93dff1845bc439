"""The whole reporting service on a log in memory, with the other two's cores, and a client over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import msgspec

from pamwal.contracts import codec
from pamwal.contracts.claims import Claims, Mode, Role
from pamwal.contracts.codec import TYPE_OF, Fact
from pamwal.contracts.envelope import Channel, Decision, Request, RequestData
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import (
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    RegisterOfficers,
)
from pamwal.contracts.topics import EXERCISE_MARK, TOPICS
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.edge.key_registry import KeyRegistry
from pamwal.service import Process
from pamwal.wire.core import Core
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.log import Outgoing, Receipt, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.replay import replay
from pamwal.wire.shard import Shard
from pamwal.wire.watching import WatchingDecider
from services.checkin.core import CheckinCore
from services.reporting.app import edge_spec
from services.reporting.core import ReportingCore
from services.reporting.folded import BothFolded
from services.reporting.live import LivePicture
from services.scheduler.core import SchedulerCore
from tests.unit.reporting.telling import OEPURA, OPERATION, POSTS, TASK_FORCES, at, at_ms

DEADLINE_S = 60
ROOT = f"/reporting/v1/operations/{OPERATION}"
CORES: dict[str, Core[Any]] = {"scheduling": SchedulerCore(), "field": CheckinCore()}
"""Context of a request's type → who decides it, by these requests alone."""
REPORTING = ReportingCore()
REQUESTS = {
    **{name: core.requests_topic for name, core in CORES.items()},
    "reporting": REPORTING.requests_topic,
}


async def until(holds: Callable[[], bool]) -> None:
    """Waits, at most the deadline, until something holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.001)


class Written:
    """A log in memory, of one partition if nothing else is said: requests are put into it, and decided when
    a test says so."""

    def __init__(self, mode: Mode = "exercise", partitions: int = 1) -> None:
        """`mode`: of the operation, and of the tokens that speak."""
        self.mode, self.partitions = mode, range(partitions)
        self.log = MemoryLog(partitions=partitions, clock_ms=system_ms)
        self.log.create_topics([*TOPICS, EXERCISE_MARK])
        self.asked = 0

    async def ask(
        self,
        data: RequestData,
        clock: str = "06:00",
        *,
        post: str = "alak",
        channel: Channel = "app",
        operation: str = OPERATION,
        service: str | None = None,
        name: str | None = None,
        claims: Claims | None = None,
    ) -> Receipt:
        """One request, as an edge writes it, of the operation's head if no other claims are given.

        `service`: the service that asks by itself; `name`: the request's id.
        """
        self.asked += 1
        type_name = TYPE_OF[type(data)]
        role: Role = "admin" if isinstance(data, OpenOperation) else "ops_head"
        claims = claims or Claims(
            role=role,
            operation="*" if role == "admin" else operation,
            mode=self.mode,
            post=post,
            service=service,
        )
        request: Request[Any] = Request(
            specversion="1.0",
            id=name or f"q{self.asked}",
            source=f"/posts/{post}/devices/1",
            sourceseq=self.asked,
            type=type_name,
            time=at(clock),
            channel=channel,
            data=data,
            operationid=operation,
            postid=post,
            recordedat=at(clock),
            actor="chief",
            claims=claims.to_text(),
        )
        headers = (("postid", post.encode()), ("channel", channel.encode()))
        topic = REQUESTS[type_name.split(".")[1]]
        return await self.put(topic, Outgoing(operation.encode(), codec.encode(request), headers))

    async def put(self, topic: str, record: Outgoing) -> Receipt:
        """One record as it is."""
        producer = await self.log.producer()
        try:
            return await producer.send(topic, record)
        finally:
            await producer.close()

    async def decide(self, clock: str = "06:00") -> None:
        """Decides whatever waits."""
        for core, number in product(CORES.values(), self.partitions):
            decider = PartitionDecider(core, self.log, number, now=lambda: at(clock), observer=Unobserved())
            next_offset = await decider.take_over()
            requests = TopicPartition(core.requests_topic, number)
            end = (await self.log.end_offsets([requests]))[requests]
            if end > next_offset:
                reader = await self.log.reader({requests: next_offset}, "uncommitted")
                found = await reader.read(max_records=500, wait_ms=10)
                await reader.close()
                await decider.decide(found[requests])
            await decider.drop()

    async def judge(self, clock: str) -> None:
        """Decides what waits, then what reporting was asked, and judges what stands at that time."""
        await self.decide(clock)
        for number in self.partitions:
            await self._judge(clock, number)

    async def _judge(self, clock: str, number: int) -> None:
        decider = WatchingDecider(REPORTING, self.log, number, now=lambda: at(clock), observer=Unobserved())
        next_offset = await decider.take_over()
        requests = TopicPartition(REPORTING.requests_topic, number)
        if (await self.log.end_offsets([requests]))[requests] > next_offset:
            reader = await self.log.reader({requests: next_offset}, "uncommitted")
            found = await reader.read(max_records=500, wait_ms=10)
            await reader.close()
            assert await decider.decide(found[requests]) is None
        decider.gather()
        while decider.waiting:
            assert await decider.judge_causes() is None
            await decider.commit()
        assert not decider.quarantined
        await decider.drop()

    async def decided(self) -> list[Decision[Fact]]:
        """What reporting decided, in the order of each partition."""
        starts = {TopicPartition(REPORTING.decisions_topic, number): 0 for number in self.partitions}
        found: list[Decision[Fact]] = []

        def take(_: TopicPartition, records: Sequence[Record]) -> None:
            found.extend(codec.decode_decision(record.value) for record in records)

        await replay(self.log, starts, take, upto="committed")
        return found

    async def open_with_roster(self, operation: str = OPERATION) -> None:
        """An operation with two officers; not decided yet."""
        await self.ask(
            OpenOperation(
                name="OMP <Turangga>", mode=self.mode, zone="Asia/Makassar", region="53.71",
                starts_on="2024-09-25", ends_on="2024-11-23", posts=POSTS, task_forces=TASK_FORCES,
                pairs=["walikota/1"],
            ),
            operation=operation,
        )  # fmt: skip
        await self.ask(
            RegisterOfficers(
                officers=[
                    OfficerEntry(
                        officer_id=each, rank="BRIPTU", unit="Samapta", satgas="preventif",
                        home_post="maulafa",
                        person_ref=PersonalRef(ref="r", digest="0" * 64) if self.mode == "real" else None,
                    )
                    for each in ("KPG-1", "KPG-2")
                ]
            ),
            operation=operation,
        )  # fmt: skip

    async def plan(self, operation: str = OPERATION) -> None:
        """An operation with two officers, one of them intel, ordered to one rally from 09:00 to 11:00."""
        await self.open_with_roster(operation)
        await self.ask(
            PlanRally(
                rally_id="a", kind="dialogue", pairs=["walikota/1"],
                venue=Venue(venue_id="v-a", name="Balai <Oepura>", kelurahan=OEPURA),
                starts_at=at("09:00"), ends_at=at("11:00"), required={"guard": 1, "intel": 1},
            ),
            operation=operation,
        )  # fmt: skip
        await self.ask(
            OrderDeployments(
                sprin="S/1",
                orders=[
                    Order(
                        deployment_id=f"d-{each}", officer_id=each, place="rally/a",
                        role="intel" if each == "KPG-2" else "guard", starts_at=at("09:00"),
                        ends_at=at("11:00"),
                    )
                    for each in ("KPG-1", "KPG-2")
                ],
            ),
            operation=operation,
        )  # fmt: skip
        await self.decide()

    async def come(self, officer_id: str, clock: str) -> Receipt:
        """A check-in at the rally; not decided yet."""
        return await self.ask(
            CheckIn(officer_id=officer_id, place="rally/a", method="manual"), clock, post="maulafa"
        )

    async def beat(self, post: str, clock: str, operation: str = OPERATION) -> Receipt:
        """A heartbeat; not decided yet."""
        return await self.ask(Heartbeat(), clock, post=post, operation=operation)


class House:
    """One replica of reporting and its client."""

    def __init__(self, written: Written, edge: Edge, client: httpx.AsyncClient, issuer: Issuer) -> None:
        self.written, self.edge, self.client, self.issuer = written, edge, client, issuer

    def bearer(self, role: Role = "command_post", operation: str = OPERATION) -> dict[str, str]:
        """The Authorization header of a role."""
        token = self.issuer.issue(
            role=role, operation=operation, mode="exercise", subject="bripka-a", post="maulafa",
            officer="KPG-1",
        )  # fmt: skip
        return {"authorization": f"Bearer {token}"}

    async def get(self, path: str, role: Role = "command_post", **headers: str) -> httpx.Response:
        """A GET below the operation, or anywhere if the path begins with a slash of its own root."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(ROOT + path, headers={**self.bearer(role), **given})

    async def read(self, path: str, role: Role = "command_post") -> Any:
        """The answer's JSON."""
        answer = await self.get(path, role)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content)

    async def until_folded(self) -> None:
        """Waits until all that was decided is folded here."""
        log, shard = self.written.log, Shard.parse(self.edge.health.shard or "1/1")
        folded = self.edge.folded
        for topic, number in product(REQUESTS.values(), filter(shard.holds, self.written.partitions)):
            at_ = TopicPartition(topic, number)
            last = (await log.end_offsets([at_]))[at_] - 1
            if last >= 0:
                assert await folded.wait_folded(Receipt(at_.topic, number, last), DEADLINE_S * 1000)


@asynccontextmanager
async def a_house(
    folder: Path,
    written: Written,
    clock: str = "09:30",
    shard: Shard | None = None,
    keys: KeyRegistry | None = None,
    **limited: Any,
) -> AsyncIterator[House]:
    """A replica, perhaps of one shard, that is ready and has counted all requests there were.

    At a wall clock in Kupang that stands nearly still. `limited`: what `edge_spec` takes beside them.
    """
    simulated = Clock(start_ms=at_ms(clock), speed=0.001, anchor_ms=system_ms())
    settings = EdgeSettings(state=folder, requests_per_s=1e6, read_wait_ms=200)
    process = Process(written.log, simulated, settings, "", keys=keys)
    edge = build_edge(
        edge_spec(process, shard, **limited),
        written.log,
        simulated,
        Authority.from_settings(settings, simulated),
        settings,
    )
    transport = httpx.ASGITransport(edge.app)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=DEADLINE_S)
        )
        await edge.start()
        stack.push_async_callback(edge.stop)
        await until(lambda: edge.health.readiness().ready)
        assert isinstance(edge.folded, BothFolded)
        live = edge.folded.picture
        assert isinstance(live, LivePicture)
        await until(lambda: live.unread("any") == 0)
        yield House(written, edge, client, Issuer(settings.issuer_path))
