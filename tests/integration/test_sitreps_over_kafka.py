"""S3 of the domain in SitReps, over a real Kafka: number 3 of a dark post, number 4 when it came home.

The three cores decide in this process, so that the day takes seconds; what they write is what services write.
A fresh process then verifies from a copied log.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from pamwal.contracts import codec
from pamwal.contracts.claims import Claims, Mode, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Request, RequestData, Submission
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.contracts.instants import from_ms
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.sitreps import Change, PublishSitRep, SignSitRep, SitRep, SitRepPublished
from pamwal.contracts.topics import decisions_of
from pamwal.demo.day import POSTS, DayOfficer, local_ms
from pamwal.demo.planning import planning
from pamwal.edge.issuer import Issuer
from pamwal.local.kafka import LocalKafka
from pamwal.wire.core import Core
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from pamwal.wire.metrics import Unobserved
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay
from pamwal.wire.topics_admin import apply_topics
from pamwal.wire.watching import WatchingDecider
from services.checkin.core import CheckinCore
from services.reporting.core import ReportingCore
from services.scheduler.core import SchedulerCore
from services.scheduler.requests import set_apart
from tests.integration.test_offline_post import HEARD_BEFORE, MAULAFA, day_of_s3

pytestmark = pytest.mark.kafka

OPERATION = "latihan-s3"
HEAD = "ops"
CORES: dict[str, Core[Any]] = {"scheduling": SchedulerCore(), "field": CheckinCore()}


class Day:
    """One operation on a log, told at wall clocks of 3 October and decided when a test says so."""

    def __init__(self, log: Log, partition: int, operation: str = OPERATION, mode: Mode = "exercise") -> None:
        self.log, self.partition, self.operation, self.mode = log, partition, operation, mode
        self._asked = 0

    async def ask(self, clock: str, *said: tuple[RequestData, str, str]) -> None:
        """Requests as an edge had them at that clock: what, of which post, and when it happened."""
        producer = await self.log.producer()
        waiting = [await producer.post(*self._outgoing(clock, *each)) for each in said]
        await asyncio.gather(*waiting)
        await producer.close()

    async def plan(self, waves: Sequence[Sequence[Any]]) -> None:
        """A plan in its waves, each decided before the next."""
        for wave in waves:
            sayings: list[Submission[Any]] = [each.submission for each in wave]
            await self.ask("12:00", *((_nameless(each.data), HEAD, "12:00") for each in sayings))
            await self.decide("12:00")

    async def decide(self, clock: str) -> None:
        """Decides whatever waits, reporting's last, by what the others have decided."""
        for core in CORES.values():
            await self._decide(self._decider(core, clock), core.requests_topic)
        reporting = WatchingDecider(ReportingCore(), self.log, self.partition, **_at(clock))
        await self._decide(reporting, ReportingCore.requests_topic)

    async def sitreps(self) -> list[tuple[SitRepPublished, SitRep]]:
        """All that were published, in order."""
        facts: list[Any] = []

        def take(_: TopicPartition, records: Sequence[Record]) -> None:
            for record in records:
                decided = codec.decode_decision(record.value).data
                assert decided.reason is None, decided.reason
                facts.extend(decided.facts)

        await replay(self.log, {TopicPartition(ReportingCore.decisions_topic, self.partition): 0}, take)
        found = [fact for fact in facts if isinstance(fact, SitRepPublished)]
        return [(fact, msgspec.json.decode(fact.document, type=SitRep)) for fact in found]

    async def publish(self, clock: str, **asked: Any) -> SitRep:
        """The next SitRep, asked for and decided at that clock."""
        await self.ask(clock, (PublishSitRep(**asked), HEAD, clock))
        await self.decide(clock)
        return (await self.sitreps())[-1][1]

    def _decider(self, core: Core[Any], clock: str) -> PartitionDecider[Any]:
        return PartitionDecider(core, self.log, self.partition, **_at(clock))

    async def _decide(self, decider: PartitionDecider[Any], topic: str) -> None:
        requests = TopicPartition(topic, self.partition)
        next_offset = await decider.take_over()
        end = (await self.log.end_offsets([requests]))[requests]
        reader = await self.log.reader({requests: next_offset}, "uncommitted")
        async with asyncio.timeout(60):
            while await reader.position(requests) < end:
                found = await reader.read(max_records=500, wait_ms=100)
                if found:
                    assert await decider.decide(found[requests]) is None
        await reader.close()
        await decider.drop()
        await self._marked(decisions_of(topic).name)

    async def _marked(self, topic: str) -> None:
        """Waits for the marker of the last transaction, which a broker writes after it said yes."""
        at = TopicPartition(topic, self.partition)
        async with asyncio.timeout(60):
            while (await self.log.end_offsets([at], "committed")) != (await self.log.end_offsets([at])):
                await asyncio.sleep(0.01)

    def _outgoing(self, clock: str, data: RequestData, post: str, happened: str) -> tuple[str, Outgoing]:
        self._asked += 1
        name = TYPE_OF[type(data)]
        role: Role = "admin" if name.endswith("open_operation.v1") else "ops_head"
        bound = "*" if role == "admin" else self.operation
        request: Request[Any] = Request(
            specversion="1.0", id=f"q{self._asked}", source=f"/posts/{post}/devices/desk", type=name,
            time=_instant(happened), channel="app", data=data, operationid=self.operation, postid=post,
            recordedat=_instant(clock), actor="chief",
            claims=Claims(role=role, operation=bound, mode=self.mode).to_text(),
        )  # fmt: skip
        topic = f"pamwal.{name.split('.')[1]}.requests.v1"
        return topic, Outgoing(self.operation.encode(), codec.encode(request))


def _instant(clock: str) -> str:
    return from_ms(local_ms(clock))


def _at(clock: str) -> dict[str, Any]:
    return {"now": lambda: _instant(clock), "observer": Unobserved()}


def _nameless(data: Any) -> Any:
    return set_apart(data, lambda _: PersonalRef(ref="r", digest="0" * 64))


def check_in(officer: DayOfficer, happened: str) -> tuple[RequestData, str, str]:
    said = CheckIn(officer_id=officer.officer_id, place=officer.rally.place, method="manual")
    return said, officer.rally.post, happened


def beats(clock: str, *posts: str) -> list[tuple[RequestData, str, str]]:
    return [(Heartbeat(), post, clock) for post in posts]


@pytest.fixture
async def log(own_kafka: LocalKafka) -> AsyncIterator[Log]:
    apply_topics(own_kafka.bootstrap_servers, 3, exercise=True)
    log = KafkaLog(own_kafka.bootstrap_servers)
    yield log
    await log.close()


async def test_number_3_tells_of_a_dark_post_and_number_4_of_the_23_it_brought_home(
    log: Log, own_kafka: LocalKafka, tmp_path: Path
) -> None:
    day = Day(log, partition_of(OPERATION.encode(), 3))
    truth = day_of_s3()
    await day.plan(planning(truth, local_ms("12:00"), Random(3)))
    of_post = {
        post.post_id: [each for each in truth.officers if each.rally.post == post.post_id] for post in POSTS
    }
    others = [post for post in of_post if post != MAULAFA]
    dark = of_post[MAULAFA][HEARD_BEFORE:]
    here = [
        officer
        for post, own in of_post.items()
        for officer in (own[:HEARD_BEFORE] if post == MAULAFA else own[1:] if post == "oebobo" else own)
    ]
    await day.ask("12:50", *(check_in(officer, "12:50") for officer in here))
    await day.ask("13:05", *beats("13:05", *of_post))
    first = await day.publish("13:06")
    assert (first.number, first.kind, first.strength.present, first.completeness.heard) == (
        1,
        "initial",
        127,
        5,
    )
    assert (await day.publish("13:40")).number == 2

    await day.ask("14:03", *beats("14:03", *others))
    third = await day.publish("14:05")
    total = third.strength
    assert (third.number, third.at) == (3, _instant("14:05"))
    assert (total.present, total.unknown, total.absent, total.ordered) == (127, 23, 1, 151)
    knew = third.completeness
    assert (knew.heard, knew.total, knew.silent) == (4, 5, [MAULAFA])

    await day.ask("14:40", *(check_in(officer, "13:12") for officer in dark))
    await day.ask("14:41", *beats("14:41", *of_post))
    fourth = await day.publish("14:42")
    assert (fourth.number, fourth.strength.present, fourth.strength.absent) == (4, 150, 1)
    assert Change(of="present", before=127, now=150) in fourth.changes
    assert Change(of="present", before=31, now=54, kecamatan="53.71.02") in fourth.changes
    assert Change(of="unknown", before=23, now=0) in fourth.changes
    asof = await day.publish("14:43", at=_instant("14:05"))
    assert (asof.number, asof.strength.present, asof.strength.absent) == (5, 150, 1)

    (fact, unchanged) = (await day.sitreps())[2]
    assert unchanged == third, "a SitRep is never edited"
    issuer = Issuer(tmp_path / "issuer")
    jws = issuer.seal(fact.document.encode())
    signing = SignSitRep(number=3, sha256=fact.sha256, kid=issuer.kid, jws=jws)
    await day.ask("14:44", (signing, HEAD, "14:44"))
    await day.decide("14:44")
    await _verifies_on_another_machine(own_kafka, tmp_path, issuer)


async def _verifies_on_another_machine(own_kafka: LocalKafka, folder: Path, issuer: Issuer) -> None:
    """A copy of the log and the public key are all that a fresh process is given."""
    copy, keys = str(folder / "s3.log"), folder / "keys.json"
    keys.write_bytes(msgspec.json.encode(issuer.jwks()))
    await _pamwal("verify", "3", "--copy-to", copy, PAMWAL_BOOTSTRAP_SERVERS=own_kafka.bootstrap_servers)
    said = await _pamwal("verify", "3", "--log", copy, "--keys", str(keys))
    for name in ("signature", "chain", "refold"):
        assert f"{name}: holds" in said


async def _pamwal(*arguments: str, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PAMWAL_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pamwal.quiet", "pamwal.cli.main", *arguments, "--operation", OPERATION,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**plain, **environment},
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said
