"""S3 of the domain in alerts, over a real Kafka: 23 officers of a dark post are missed, and taken back.

Every look is made by a new owner, who has folded and fenced anew. Whatever stands at the end was said once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from pamwal.contracts import codec
from pamwal.contracts.reporting_alerts import AlertFact, AlertRaised, AlertRetracted
from pamwal.demo.day import POSTS, local_ms
from pamwal.demo.planning import planning
from pamwal.wire.audit import audit
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay
from pamwal.wire.watching import WatchingDecider
from services.reporting.core import ReportingCore
from tests.integration.test_offline_post import HEARD_BEFORE, MAULAFA, day_of_s3
from tests.integration.test_sitreps_over_kafka import OPERATION, Day, _at, _instant, beats, check_in
from tests.integration.test_sitreps_over_kafka import log as log  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.kafka

CORE = ReportingCore()


class Watch(Day):
    """A day that is also judged."""

    async def judge(self, clock: str) -> list[AlertFact]:
        """What is said of alerts at that clock, by an owner who has just taken over."""
        await self.decide(clock)
        decider = WatchingDecider(CORE, self.log, self.partition, **_at(clock))
        before = len(await self.said())
        await decider.take_over()
        decider.gather()
        async with asyncio.timeout(60):
            while decider.waiting:
                assert await decider.judge_causes() is None
                await decider.commit()
        assert not decider.quarantined
        await decider.drop()
        await self._marked(CORE.decisions_topic)
        return (await self.said())[before:]

    async def said(self) -> list[AlertFact]:
        """All facts about alerts, in order."""
        found: list[AlertFact] = []

        def take(_: TopicPartition, records: Sequence[Record]) -> None:
            for record in records:
                facts = codec.decode_decision(record.value).data.facts
                found.extend(fact for fact in facts if isinstance(fact, AlertFact))

        await replay(self.log, {TopicPartition(CORE.decisions_topic, self.partition): 0}, take)
        return found


def missed(facts: Sequence[AlertFact], word: type[AlertFact]) -> list[AlertFact]:
    """What was said of officers who did not come."""
    return [fact for fact in facts if isinstance(fact, word) and fact.alert_id.startswith("no_show")]


async def test_the_23_of_a_dark_post_are_missed_unconfirmed_and_taken_back_when_it_comes_home(
    log: Log,
) -> None:
    day = Watch(log, partition_of(OPERATION.encode(), 3))
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
    assert missed(await day.judge("13:30"), AlertRaised) == []

    await day.ask("13:45", *beats("13:45", *others))
    raised = [fact for fact in await day.judge("13:46") if isinstance(fact, AlertRaised)]
    [silent] = [fact for fact in raised if fact.kind == "silent_post"]
    absences = [fact for fact in raised if fact.kind == "no_show"]
    assert silent.subject == f"post/{MAULAFA}"
    unconfirmed = [fact for fact in absences if fact.unconfirmed]
    assert (len(unconfirmed), len(absences)) == (23, 24)
    assert {fact.under for fact in unconfirmed} == {silent.alert_id}
    assert {fact.officers[0] for fact in unconfirmed} == {officer.officer_id for officer in dark}

    await day.ask("14:03", *beats("14:03", *others))
    assert missed(await day.judge("14:05"), AlertRaised) == []

    await day.ask("14:40", *(check_in(officer, "13:12") for officer in dark))
    await day.ask("14:41", *beats("14:41", *of_post))
    home = await day.judge("14:42")
    taken_back = [fact for fact in missed(home, AlertRetracted) if isinstance(fact, AlertRetracted)]
    assert {fact.alert_id for fact in taken_back} == {fact.alert_id for fact in unconfirmed}
    assert Counter(fact.reason for fact in taken_back) == {"seen": 23}
    assert any(isinstance(fact, AlertRetracted) and fact.alert_id == silent.alert_id for fact in home)

    assert await day.judge("14:50") == []
    assert len(missed(await day.said(), AlertRaised)) == 24, "none is raised again"
    report = await audit(log, topics=[CORE.requests_topic], redecide={CORE.requests_topic: CORE})
    assert (report.findings, report.redecided, report.caused) == ((), True, 2)
    assert _instant("14:50") > silent.at
