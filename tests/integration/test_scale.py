"""Scale by adding processes: deciders share the partitions, and hand them over when one of them goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio
from msgspec import Struct

from pamwal.contracts.codec import encode
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PARTITIONS_DEFAULT
from pamwal.wire.faust_transport import SESSION_TIMEOUT_S
from pamwal.wire.finding import find_decision
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Receipt, TopicPartition
from tests.chaos.evidence import Recovery, Watch, prove, settled, stored
from tests.chaos.fleet import Fleet, Member, a_fleet, operations_everywhere, until
from tests.chaos.load import Pulse, check_in, desk_token

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

DECIDERS = ("decider-1", "decider-2", "decider-3")
EDGE = "edge"
OPERATIONS = operations_everywhere(1)
HAND_OVER_S = 2.0
DEADLINE_S = 90.0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """One edge and three deciders of check-in."""
    async with a_fleet(tmp_path_factory.mktemp("scale")) as fleet:
        fleet.launch(EDGE, "checkin", "edge")
        for name in DECIDERS:
            fleet.launch(name, "checkin", "decider")
        yield fleet


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def log(fleet: Fleet) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(fleet.bootstrap_servers)
    yield log
    await log.close()


class HandOver(Struct, frozen=True):
    """How long after a decider went each partition decided what was asked behind that moment.

    `usual` is the same with nobody going, just before: how busy this machine is.
    """

    usual: Recovery
    found: Recovery

    @property
    def slack_s(self) -> float:
        """What a promise may be exceeded by: rebalance, fence and fold are round trips, too."""
        return 1.5 + 2 * self.usual.last_s

    def __str__(self) -> str:
        return f"{self.found} (usually {self.usual}; slack {self.slack_s:.1f} s)"


async def handed_over(
    fleet: Fleet, log: KafkaLog, goes: Callable[[Member], Awaitable[None]], name: str
) -> HandOver:
    """One decider goes while every partition is asked several times a second."""
    await fleet.ready(EDGE)
    shares = await fleet.until_shared(*DECIDERS)
    assert set(shares.values()) == {PARTITIONS_DEFAULT // len(DECIDERS)}
    api = fleet.members[EDGE].plan.api
    async with (
        Watch(log, FIELD_DECISIONS.name) as watch,
        Pulse(fleet.http, api, fleet.issuer, OPERATIONS, every_ms=150),
    ):
        await watch.recovered(time.monotonic(), await watch.ends(), DEADLINE_S)
        ends, at_s = await watch.ends(), time.monotonic()
        usual = await watch.recovered(at_s, ends, DEADLINE_S)
        ends, at_s = await watch.ends(), time.monotonic()
        await goes(fleet.members[name])
        found = await watch.recovered(at_s, ends, DEADLINE_S)
        others = [other for other in DECIDERS if other != name]
        shares = await fleet.until_shared(*others)
        assert set(shares.values()) == {PARTITIONS_DEFAULT // len(others)}
    fleet.members[name].start()
    await settled(log, FIELD_DECISIONS.name, DEADLINE_S)
    prove(await stored(log, FIELD_DECISIONS.name), await log.cluster_id(), FIELD_DECISIONS.name)
    return HandOver(usual, found)


async def test_a_killed_deciders_partitions_move_within_a_session_timeout(
    fleet: Fleet, log: KafkaLog
) -> None:
    async def is_killed(victim: Member) -> None:
        await asyncio.to_thread(victim.kill)

    found = await handed_over(fleet, log, is_killed, DECIDERS[0])
    print(f"kill -9: {found}")
    assert found.found.last_s <= SESSION_TIMEOUT_S + found.slack_s, str(found)


async def test_a_decider_told_to_end_hands_its_partitions_over_at_once(fleet: Fleet, log: KafkaLog) -> None:
    took_s = 0.0

    async def is_told(leaver: Member) -> None:
        nonlocal took_s
        took_s = await leaver.leave()

    found = await handed_over(fleet, log, is_told, DECIDERS[1])
    print(f"SIGTERM: {found}; it ended in {took_s:.1f} s")
    assert found.found.last_s <= HAND_OVER_S + found.slack_s, str(found)


async def test_an_edge_told_to_end_answers_what_it_has_taken(fleet: Fleet, log: KafkaLog) -> None:
    """Nobody decides meanwhile, so all of them still wait when it is told."""
    await fleet.ready(EDGE)
    await fleet.until_shared(*DECIDERS)
    places = [TopicPartition(FIELD_REQUESTS.name, number) for number in range(PARTITIONS_DEFAULT)]
    before = sum((await log.end_offsets(places)).values())
    for name in DECIDERS:
        fleet.members[name].freeze()
    try:
        asked = asyncio.gather(*(ask(fleet, EDGE, number) for number in range(len(OPERATIONS))))

        async def is_kept() -> bool:
            return sum((await log.end_offsets(places)).values()) >= before + len(OPERATIONS)

        await until(is_kept, DEADLINE_S, lambda: "the requests never reached the log")
        took_s = await fleet.members[EDGE].leave()
        answers = await asyncio.wait_for(asked, DEADLINE_S)
    finally:
        for name in DECIDERS:
            fleet.members[name].thaw()
    print(f"SIGTERM of an edge with {len(answers)} requests in flight: ended in {took_s:.1f} s")
    assert {answer.status_code for answer in answers} == {202}
    await settled(log, FIELD_DECISIONS.name, DEADLINE_S)
    for answer in answers:
        assert await find_decision(log, Receipt.parse(answer.headers["pamwal-at"])) is not None


@pytest.mark.parametrize("service", ["scheduler", "checkin", "reporting"])
async def test_each_service_ends_in_time_and_in_order(fleet: Fleet, service: str) -> None:
    member = fleet.launch(f"{service}-alone", service, "all")  # type: ignore[arg-type]
    await fleet.ready(member.plan.name)
    took_s = await member.leave()
    print(f"SIGTERM of {service}: ended in {took_s:.1f} s")
    assert '"event": "ended"' in member.said()
    assert "Traceback" not in member.said()


async def ask(fleet: Fleet, edge: str, number: int) -> httpx.Response:
    """One check-in, waited for."""
    operation = OPERATIONS[number]
    return await fleet.http.post(
        f"{fleet.members[edge].plan.api}/operations/{operation}/check-ins",
        content=encode(check_in(number)),
        headers={"authorization": f"Bearer {desk_token(fleet.issuer, operation)}"},
        timeout=60,
    )
