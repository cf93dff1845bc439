"""Two posts order one officer within a second (S4): exactly one wins by log order, the other is told who.

Each of 1,000 seeds is a run of its own on the log in memory, with the very decider the service runs: answers
get lost and are asked for again, transactions hang or go unanswered, the decider dies and takes over anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from pamwal.contracts.codec import decode_decision, encode
from pamwal.contracts.envelope import DecisionData, Request
from pamwal.contracts.errors import LogError
from pamwal.contracts.scheduling import DeploymentOrdered, RegisterOfficers
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.metrics import Unobserved
from services.scheduler.core import SchedulerCore
from tests.unit.scheduler.asked import (
    ADMIN,
    OPS_HEAD,
    at,
    entry,
    opening,
    order,
    orders,
    plan,
    post_of,
    request,
)

REQUESTS = TopicPartition(SchedulerCore.requests_topic, 0)
DECISIONS = TopicPartition(SchedulerCore.decisions_topic, 0)
FAULTS = Faults(send_lost=0.1, send_unanswered=0.2, commit_lost=0.05, commit_unanswered=0.1, fenced=0.05)
SEEDS = 1000
BEFORE = [
    request("open", opening(), by=ADMIN),
    request("roster", RegisterOfficers(officers=[entry("k-1")]), by=OPS_HEAD),
    request("plan-oebobo", plan("oebobo-1"), by=OPS_HEAD),
    request("plan-lasiana", plan("lasiana-1"), by=OPS_HEAD),
]
ASKED = {
    "oebobo": request(
        "ask-oebobo",
        orders(order("d-oebobo", "k-1", "oebobo-1", "16:00", "18:00")),
        by=post_of("oebobo"),
        post="oebobo",
    ),
    "kelapa-lima": request(
        "ask-lasiana",
        orders(order("d-lasiana", "k-1", "lasiana-1", "17:00", "19:00")),
        by=post_of("kelapa-lima"),
        post="kelapa-lima",
    ),
}


def new_log(seed: int, faults: Faults | None = None) -> MemoryLog:
    """A log of one partition with the contracts' topics."""
    log = MemoryLog(partitions=1, seed=seed, faults=faults)
    log.create_topics()
    return log


async def say(log: MemoryLog, asked: Request[Any]) -> None:
    """Sends until it is acknowledged: what went unanswered is sent again, with its id, perhaps kept twice."""
    record = Outgoing(asked.operationid.encode(), encode(asked))
    while True:
        producer = await log.producer()
        try:
            await producer.send(REQUESTS.topic, record)
        except LogError:
            continue
        finally:
            await producer.close(flush=False)
        return


class Partition:
    """The decider of the one partition; any trouble, and it takes over anew."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._decider = self._new()
        self._owns = False

    def _new(self) -> PartitionDecider[Any]:
        return PartitionDecider(SchedulerCore(), self._log, 0, now=lambda: at("07:00"), observer=Unobserved())

    def die(self) -> None:
        """The process is gone, with whatever it had begun; another one starts."""
        self._decider, self._owns = self._new(), False

    async def decide_all(self, chance: Random) -> None:
        """Decides what there is, in batches of any size."""
        while True:
            try:
                if not self._owns:
                    await self._decider.take_over()
                    self._owns = True
                waiting = (await stored(self._log, REQUESTS))[self._decider.next_offset or 0 :]
                if not waiting:
                    return
                await self._decider.decide(waiting[: chance.randint(1, len(waiting))])
            except LogError:
                self.die()


async def stored(log: MemoryLog, at_: TopicPartition) -> list[Record]:
    """All committed records of a partition."""
    found: list[Record] = []
    reader = await log.reader({at_: 0}, "committed")
    end = (await log.end_offsets([at_], "committed"))[at_]
    while await reader.position(at_) < end:
        found += (await reader.read(max_records=100, wait_ms=0)).get(at_, [])
    await reader.close()
    return found


async def interleave(seed: int) -> MemoryLog:
    """One run: the posts speak, repeat themselves, the decider decides and dies, in an order by chance."""
    chance = Random(seed)
    log = new_log(seed, FAULTS)
    partition = Partition(log)
    for asked in BEFORE:
        await say(log, asked)
    await partition.decide_all(chance)
    steps = [each for post in ASKED for each in [post] * chance.randint(1, 3)]
    steps += ["decide"] * chance.randint(0, 3) + ["die"] * chance.randint(0, 2)
    chance.shuffle(steps)
    for step in steps:
        if step == "decide":
            await partition.decide_all(chance)
        elif step == "die":
            partition.die()
        else:
            await say(log, ASKED[step])
    await partition.decide_all(chance)
    return log


def answers(decisions: list[DecisionData[Any]], asked: Request[Any]) -> Iterator[tuple[str, Any]]:
    """What a post was told each time it asked: outcome and reason, a repeat's being the first's."""
    for decision in decisions:
        if decision.request is not None and decision.request.id == asked.id:
            told = decision.of or decision
            yield told.outcome, told.reason


async def judge(log: MemoryLog) -> str:
    """Holds one run against S4; the post that won."""
    requests = await stored(log, REQUESTS)
    decisions = [decode_decision(each.value).data for each in await stored(log, DECISIONS)]
    assert [each.request.offset for each in decisions if each.request] == list(range(len(requests)))
    told = {post: list(answers(decisions, asked)) for post, asked in ASKED.items()}
    winner = next(post for post in told if told[post][0][0] == "accepted")
    loser = next(post for post in told if post != winner)
    order_in_log = [decision.request.id for decision in decisions if decision.request]
    assert order_in_log.index(ASKED[winner].id) < order_in_log.index(ASKED[loser].id)
    assert all(outcome == "accepted" for outcome, _ in told[winner])
    for outcome, reason in told[loser]:
        assert (outcome, reason.code) == ("refused", "double_booked")
        assert reason == told[loser][0][1], "a repeat of a lost refusal is that refusal"
        assert reason.winner.deployment_id == ASKED[winner].data.orders[0].deployment_id
        assert reason.winner.postid == winner
    held = [fact for each in decisions if each.outcome == "accepted" for fact in each.facts]
    ordered = [fact.deployment_id for fact in held if isinstance(fact, DeploymentOrdered)]
    assert ordered == [ASKED[winner].data.orders[0].deployment_id]
    return winner


async def decided_again(log: MemoryLog, seed: int) -> list[bytes]:
    """The same requests in the same order, decided afresh on a quiet log in other batches."""
    again = new_log(seed)
    for record in await stored(log, REQUESTS):
        again.store(REQUESTS.topic, 0, Outgoing(record.key or b"", record.value, record.headers))
    await Partition(again).decide_all(Random(seed + SEEDS))
    return [record.value for record in await stored(again, DECISIONS)]


@pytest.mark.parametrize("hundred", range(SEEDS // 100))
async def test_exactly_one_post_wins_and_the_other_is_told_who(hundred: int) -> None:
    winners = []
    repeats = 0
    for seed in range(hundred * 100, hundred * 100 + 100):
        log = await interleave(seed)
        winners.append(await judge(log))
        decisions = await stored(log, DECISIONS)
        repeats += len(decisions) - len(BEFORE) - len(ASKED)
        assert [record.value for record in decisions] == await decided_again(log, seed), "the same on replay"
    assert set(winners) == set(ASKED), "a hundred interleavings that one post always wins are none"
    assert repeats > 100
