"""The clerk signs and publishes SitReps of all partitions that work, whatever becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.contracts.codec import DECISION_TYPE, Fact
from pamwal.contracts.envelope import OFFICE, Decision, DecisionData, Reason, RequestRef
from pamwal.contracts.errors import PartitionStuck
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.edge.app import EdgeSettings
from pamwal.edge.key_registry import KeyRegistry
from pamwal.wire.log import TopicPartition
from pamwal.wire.partitioning import partition_of
from services.reporting import clerk
from services.reporting.own_requests import OwnRequests
from services.reporting.sitreps import Due, SitReps, due_name
from tests.unit.reporting.house import REPORTING, House, Written, a_house, until
from tests.unit.reporting.telling import at
from tests.unit.reporting.test_webhooks import a_clock

OPERATIONS = sorted((f"op-{number}" for number in range(8)), key=lambda each: partition_of(each.encode(), 2))
"""Those of partition 0 first: there are some of both."""
DECISIONS = TopicPartition(REPORTING.decisions_topic, 0)
REQUESTS = [TopicPartition(REPORTING.requests_topic, number) for number in range(2)]


async def unsigned() -> Written:
    """A SitRep of each operation."""
    written = Written(partitions=2)
    for operation in OPERATIONS:
        await written.plan(operation)
        await written.ask(PublishSitRep(), "09:20", post="ops", operation=operation)
    await written.judge("09:22")
    return written


def notices(house: House) -> str:
    """What operators are told while the process is ready."""
    readiness = house.edge.health.readiness()
    assert readiness.ready
    return "; ".join(readiness.notices)


@pytest.mark.parametrize("broken", ["fetch", "send"])
async def test_a_partition_that_does_not_answer_stops_its_own_sitreps_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    # given a SitRep of each operation, and a partition of which nothing is fetched, or that takes nothing
    monkeypatch.setattr(clerk, "AGAIN_S", 0.01)
    written = await unsigned()
    mine = sum(partition_of(each.encode(), 2) == 0 for each in OPERATIONS)
    assert 0 < mine < len(OPERATIONS)
    first, second = (written.log.partition(at_) for at_ in REQUESTS)
    ends = first.end, second.end
    registry = KeyRegistry(written.log, EdgeSettings(state=tmp_path))
    async with a_house(tmp_path, written, keys=registry) as house:
        if broken == "fetch":
            written.log.unfetched.add(DECISIONS)
        else:
            written.log.stuck.add(REQUESTS[0])

        # when the clerk signs, then it signs all others, and the process says which it cannot sign
        await registry.agree()
        await until(lambda: second.end >= ends[1] + len(OPERATIONS) - mine)
        await until(lambda: f"sitrep-1-{house.issuer.kid} of {OPERATIONS[0]}" in notices(house))
        assert first.end == ends[0]

        # and once the partition answers, it signs those, too
        written.log.unfetched.clear()
        written.log.stuck.clear()
        await until(lambda: first.end >= ends[0] + mine)
        await until(lambda: "SitReps" not in notices(house))


async def test_own_requests_keep_their_producer_when_one_partition_is_stuck() -> None:
    # given requests to two partitions, one of which is stuck
    written = Written(partitions=2)
    own = OwnRequests(written.log, a_clock())
    await own.send(OPERATIONS[-1], "exercise", "a", PublishSitRep(), time=at("09:22"))
    producer = own._producer
    written.log.stuck.add(REQUESTS[0])

    # when one for it fails, then the next goes out by the same producer
    with pytest.raises(PartitionStuck):
        await own.send(OPERATIONS[0], "exercise", "b", PublishSitRep(), time=at("09:22"))
    await own.send(OPERATIONS[-1], "exercise", "c", PublishSitRep(), time=at("09:22"))
    assert own._producer is producer
    assert written.log.partition(REQUESTS[1]).end == 2
    await own.close()


@pytest.mark.parametrize(("code", "due"), [("not_seen", 1), ("not_yet", 0)])
def test_what_was_parked_because_its_operation_has_no_picture_is_still_due(code: str, due: int) -> None:
    sitreps = SitReps(Written().log)
    sitreps.due[OPERATIONS[0], "daily", at("20:00")] = Due(None, 0)
    asked = RequestRef(offset=0, sha256="0" * 64, id=due_name("daily", at("20:00")), postid=OFFICE)
    data: DecisionData[Fact] = DecisionData(
        request=asked, knownat=at("20:01"), decider_version="1", outcome="parked",
        reason=Reason(code=code, message="no"),
    )  # fmt: skip
    sitreps._asked(
        Decision(
            specversion="1.0", id="d", source="/d", type=DECISION_TYPE, time=at("20:01"),
            operationid=OPERATIONS[0], data=data,
        )
    )  # fmt: skip
    assert len(sitreps.due) == due
