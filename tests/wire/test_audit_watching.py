"""The audit of decisions that nobody asked for, and of what decisions say they have seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import CHAIN_HEADER, Cause, Decision
from pamwal.wire.audit import audit
from pamwal.wire.book import genesis, link
from pamwal.wire.copying import copy_of
from pamwal.wire.core import Judged
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.wire.silence import SILENT_S, SilenceCore, at
from tests.wire.test_watching import CORE, FIRST, OWN, SECOND, House, decided, judged
from tests.wire.witness import everything

OTHER = f"{FIRST.decisions_topic}-0"


@pytest.fixture
async def log() -> MemoryLog:
    """r0, cause 1, r1, r2, cause 2, all as it should be."""
    house = House()
    await house.hear("alak")
    decider = house.decider()
    await decider.take_over()
    await house.ask("r0")
    await decided(house, decider)
    house.clock.seconds = SILENT_S
    await judged(decider)
    await house.ask("r1", "r2")
    await decided(house, decider)
    await house.hear("alak")
    successor = house.decider()
    await successor.take_over()
    await judged(successor)
    copied = await copy_of(house.log, CORE.topics)
    assert await findings(copied) == set()
    return copied


async def findings(log: MemoryLog, core: SilenceCore | None = CORE) -> set[str]:
    cores: Any = None if core is None else {CORE.requests_topic: core}
    report = await audit(log, topics=[CORE.requests_topic], redecide=cores or {CORE.requests_topic: CORE})
    return {found.code for found in report.findings}


async def rewrite(log: MemoryLog, number: int, change: Callable[[Decision[Fact]], Decision[Fact]]) -> None:
    """Another decision in place of one, and the chain made anew behind it, as a forger would."""
    place = TopicPartition(CORE.decisions_topic, 0)
    chain = genesis(await log.cluster_id(), CORE.decisions_topic, 0)
    for index, record in enumerate(await everything(log, CORE.decisions_topic)):
        value = record.value
        if index == number:
            value = codec.encode(change(codec.decode_decision(value)))
        chain = link(chain, record.key or b"", value)
        others = (one for one in record.headers if one[0] != CHAIN_HEADER)
        headers = (*others, (CHAIN_HEADER, chain.hex().encode()))
        log.partition(place).replace(record.offset, replace(record, value=value, headers=headers))


def the_cause(**changed: Any) -> Callable[[Decision[Fact]], Decision[Fact]]:
    def change(decision: Decision[Fact]) -> Decision[Fact]:
        cause = decision.data.cause
        assert cause is not None
        return replace(decision, data=replace(decision.data, cause=replace(cause, **changed)))

    return change


def the_data(**changed: Any) -> Callable[[Decision[Fact]], Decision[Fact]]:
    return lambda decision: replace(decision, data=replace(decision.data, **changed))


def the_vector(**moved: int) -> Callable[[Decision[Fact]], Decision[Fact]]:
    """Moves the place of the own topic, or of the first followed one, by so much."""
    places = {"own": OWN, "other": OTHER}

    def change(decision: Decision[Fact]) -> Decision[Fact]:
        cause, seen = decision.data.cause, decision.data.seen
        vector = dict((seen if cause is None else cause.vector) or {})
        for name, by in moved.items():
            vector[places[name]] += by
        if cause is None:
            return the_data(seen=vector)(decision)
        return the_cause(vector=vector)(decision)

    return change


def renamed(decision: Decision[Fact]) -> Decision[Fact]:
    return replace(decision, id=f"{CORE.requests_topic}/0/7")


def other_fact_ids(decision: Decision[Fact]) -> Decision[Fact]:
    facts: list[Any] = [replace(fact, id=f"x/{n}") for n, fact in enumerate(decision.data.facts)]
    return the_data(facts=facts)(decision)


def other_facts(decision: Decision[Fact]) -> Decision[Fact]:
    facts: list[Any] = [replace(fact, day="never") for fact in decision.data.facts]
    return the_data(facts=facts)(decision)


CAUSE = Cause(vector={}, now=at(SILENT_S), n=1, requests=1)


@pytest.mark.parametrize(
    ("number", "change", "codes"),
    [
        (1, the_cause(n=2), {"cause_gap", "wrong_id", "fact_id", "redecided_differently"}),
        (1, the_cause(requests=0), {"cause_elsewhere", "redecided_differently"}),
        (1, the_cause(now=at(60)), {"now_differs", "redecided_differently"}),
        (1, renamed, {"wrong_id", "redecided_differently"}),
        (1, other_fact_ids, {"fact_id", "redecided_differently"}),
        (4, other_facts, {"redecided_differently", "core_failed"}),
        (1, the_vector(own=-9), {"seen_went_back", "seen_elsewhere"}),
        (1, the_vector(own=1), {"seen_elsewhere"}),
        (1, the_vector(other=-1), {"seen_went_back", "redecided_differently"}),
        (1, the_vector(other=1), {"seen_went_back", "redecided_differently"}),
        (4, the_vector(other=90), {"seen_beyond", "redecided_differently"}),
        (2, the_vector(other=-1), {"seen_went_back", "redecided_differently"}),
        (2, the_data(seen=None), {"redecided_differently"}),
        (2, the_data(cause=CAUSE), {"request_or_cause", "requests_undecided"}),
        (1, the_data(cause=None), {"request_or_cause", "cause_gap"}),
    ],
)
async def test_what_is_not_as_it_must_be_is_found(
    log: MemoryLog, number: int, change: Callable[[Decision[Fact]], Decision[Fact]], codes: set[str]
) -> None:
    await rewrite(log, number, change)
    found = await findings(log)
    assert codes <= found, found


async def test_a_followed_decision_that_was_altered_ends_the_second_making(log: MemoryLog) -> None:
    record = (await everything(log, FIRST.decisions_topic))[0]
    place = TopicPartition(FIRST.decisions_topic, 0)
    log.partition(place).replace(record.offset, replace(record, value=record.value.replace(b"alak", b"alok")))
    assert await findings(log) == {"followed_broken"}


async def test_another_rule_is_found_where_it_would_have_said_something_else(log: MemoryLog) -> None:
    class Patient(SilenceCore):
        def judge(self, *_: Any) -> Judged:
            return Judged()

    assert await findings(log, Patient()) == {"redecided_differently"}


async def test_causes_are_counted_apart_from_answers(log: MemoryLog) -> None:
    report = await audit(log, topics=[CORE.requests_topic], redecide={CORE.requests_topic: CORE})
    assert report.outcomes == {"accepted": 3, "caused": 2}
    assert (report.requests, report.decisions, report.caused, report.pending) == (3, 5, 2, 0)
    assert SECOND.decisions_topic != FIRST.decisions_topic
