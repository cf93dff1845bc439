"""Two posts order one officer within a second (S4), over real Kafka: two edges, two deciders.

Each interleaving is an operation of its own. The posts ask at the same moment, each through another edge,
once or several times; a decider is killed on the way. Always exactly one order stands, and the other post is
told which. The thousand interleavings of chance are in tests/simulation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from pamwal.contracts.codec import decode_decision
from pamwal.contracts.scheduling import DeploymentOrdered, OrderDeployments
from pamwal.contracts.topics import PARTITIONS_DEFAULT, SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from pamwal.wire.audit import audit
from pamwal.wire.kafka import KafkaLog
from services.scheduler.core import SchedulerCore
from tests.chaos.evidence import prove, settled, stored
from tests.chaos.fleet import Fleet, a_fleet, operations_everywhere
from tests.integration.campaign import (
    KELAPA_LIMA,
    OEBOBO,
    OFFICER,
    POST_KELAPA_LIMA,
    POST_OEBOBO,
    Holder,
    Speaker,
)
from tests.unit.scheduler.asked import order, orders

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

INTERLEAVINGS: Final = 12
EDGES: Final = ("edge-1", "edge-2")
DECIDERS: Final = ("decider-1", "decider-2")
DEADLINE_S = 90.0
ASKED: Final[dict[str, tuple[Holder, OrderDeployments]]] = {
    OEBOBO: (POST_OEBOBO, orders(order("d-oebobo", OFFICER, "oebobo-1", "16:00", "18:00"))),
    KELAPA_LIMA: (POST_KELAPA_LIMA, orders(order("d-lasiana", OFFICER, "lasiana-1", "17:00", "19:00"))),
}
DEPLOYMENT_OF: Final = {OEBOBO: "d-oebobo", KELAPA_LIMA: "d-lasiana"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """Two edges and two deciders of the scheduler, six partitions each."""
    async with a_fleet(tmp_path_factory.mktemp("two-posts")) as fleet:
        for name in EDGES:
            fleet.launch(name, "scheduler", "edge")
        for name in DECIDERS:
            fleet.launch(name, "scheduler", "decider")
        await fleet.ready(*EDGES)
        await fleet.until_shared(*DECIDERS)
        yield fleet


def speaker_at(fleet: Fleet, edge: str) -> Speaker:
    """Speaks through that edge."""
    return Speaker(fleet.http, fleet.issuer, {"scheduler": fleet.members[edge].plan.api})


async def ask(fleet: Fleet, operation: str, post: str, edge: str) -> httpx.Response:
    """A post asks through an edge, always with the same id."""
    by, asked = ASKED[post]
    return await speaker_at(fleet, edge).say(operation, asked, by=by, identifier=f"ask-{post}")


def hold(operation: str, told: dict[str, list[httpx.Response]]) -> str:
    """Exactly one post won, the other is told who, and each is told the same every time; the winner."""
    statuses = {post: {answer.status_code for answer in answers} for post, answers in told.items()}
    assert sorted(map(sorted, statuses.values())) == [[201], [409]], f"{operation}: {statuses}"
    winner = next(post for post, each in statuses.items() if each == {201})
    (loser,) = set(told) - {winner}
    for post, answers in told.items():
        assert len({answer.content for answer in answers}) == 1, f"{operation}: {post} was told two things"
    problem: dict[str, Any] = told[loser][0].json()
    assert problem["code"] == "double_booked"
    named = problem["reason"]["winner"]
    assert (named["postid"], named["deployment_id"]) == (winner, DEPLOYMENT_OF[winner])
    return winner


async def test_exactly_one_order_stands_and_the_other_post_is_told_which(fleet: Fleet) -> None:
    chance = Random(4)
    campaigns = operations_everywhere(1, prefix="latihan")[:INTERLEAVINGS]
    assert len(campaigns) == INTERLEAVINGS <= PARTITIONS_DEFAULT
    await asyncio.gather(*(speaker_at(fleet, EDGES[0]).open_campaign(each) for each in campaigns))
    winners: list[str] = []
    for number, operation in enumerate(campaigns):
        asking = [(post, edge) for post, edge in zip(ASKED, EDGES, strict=True)]
        asking += [(post, chance.choice(EDGES)) for post in ASKED for _ in range(chance.randint(0, 2))]
        chance.shuffle(asking)
        if number == INTERLEAVINGS // 2:
            await asyncio.to_thread(fleet.members[DECIDERS[0]].kill)
            fleet.members[DECIDERS[0]].start()
        told: dict[str, list[httpx.Response]] = {post: [] for post in ASKED}
        if number < len(ASKED):
            # no race, so that each of them has won at least once
            first = list(ASKED)[number]
            told[first].append(await ask(fleet, operation, first, EDGES[number]))
        answers = await asyncio.gather(*(ask(fleet, operation, post, edge) for post, edge in asking))
        for (post, _), answer in zip(asking, answers, strict=True):
            told[post].append(answer)
        for post, edge in zip(ASKED, reversed(EDGES), strict=True):
            told[post].append(await ask(fleet, operation, post, edge))
        winners.append(hold(operation, told))
    print(f"winners: {winners}")
    assert winners[: len(ASKED)] == list(ASKED)
    await the_log_says_the_same(fleet, dict(zip(campaigns, winners, strict=True)))


async def the_log_says_the_same(fleet: Fleet, winners: dict[str, str]) -> None:
    """One deployment holds in each operation, and deciding all of it again changes nothing."""
    log = KafkaLog(fleet.bootstrap_servers)
    await settled(log, SCHEDULING_DECISIONS.name, DEADLINE_S)
    found = await stored(log, SCHEDULING_DECISIONS.name)
    prove(found, await log.cluster_id(), SCHEDULING_DECISIONS.name)
    held: dict[str, list[str]] = {}
    for record in (each for records in found.decisions.values() for each in records):
        decision = decode_decision(record.value)
        if decision.data.outcome == "accepted":
            ordered = [fact for fact in decision.data.facts if isinstance(fact, DeploymentOrdered)]
            held.setdefault(decision.operationid, []).extend(fact.deployment_id for fact in ordered)
    assert held == {operation: [DEPLOYMENT_OF[winner]] for operation, winner in winners.items()}
    topic = SCHEDULING_REQUESTS.name
    report = await audit(log, topics=[topic], redecide={topic: SchedulerCore()})
    assert (report.findings, report.pending) == ((), 0)
    await log.close()
