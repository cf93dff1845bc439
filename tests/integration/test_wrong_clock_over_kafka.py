"""A service whose clock is wrong at its start, or set while it runs or stands still, writes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from pamwal.contracts.codec import decode_decision, decode_request
from pamwal.contracts.instants import to_ms
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.stack.process import Role
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Record, TopicPartition
from tests.chaos.evidence import prove, settled, stored
from tests.chaos.fleet import Fleet, Member, a_fleet, operation_in
from tests.integration.freezing import freeze
from tests.integration.shifted_checkin import SHIFT_FILE
from tests.integration.test_guards import DEADLINE_S, EDGE, answered, arrive, receipt_of
from tests.wire.machine import HOUR_MS, YEAR_MS

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

DECIDER: Final = "decider-1"
SHIFTED: Final = "tests.integration.shifted_checkin"
NEAR_MS: Final = 120_000
"""How far a record may be from its decision here: far longer than any test takes, far less than an hour."""


class Shift:
    """How far the clock of a process is ahead of this machine's."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, ahead_ms: int) -> None:
        """Sets the clock; no reader sees half a number."""
        beside = self._file.with_suffix(".new")
        beside.write_text(str(ahead_ms))
        beside.replace(self._file)

    def launch(self, fleet: Fleet, name: str, role: Role) -> Member:
        """A process of check-in on this clock."""
        settings = {SHIFT_FILE: str(self._file)}
        return fleet.launch(name, "checkin", role, module=SHIFTED, settings=settings)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """A broker for the tests of this module; each uses a partition of its own."""
    async with a_fleet(tmp_path_factory.mktemp("wrong-clock")) as fleet:
        yield fleet


@pytest_asyncio.fixture(loop_scope="module")
async def fleet(broker: Fleet) -> AsyncIterator[Fleet]:
    """Where a test launches what it is about; all of it ends with the test."""
    yield broker
    await broker.end_members()


@pytest_asyncio.fixture(loop_scope="module")
async def log(broker: Fleet) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(broker.bootstrap_servers)
    yield log
    await log.close()


@pytest.fixture
def shift(tmp_path: Path) -> Shift:
    return Shift(tmp_path / "ahead_ms")


async def decisions(log: KafkaLog, partition: int) -> list[Record]:
    return (await stored(log, FIELD_DECISIONS.name)).decisions.get(partition, [])


async def is_dated_right(log: KafkaLog, partition: int) -> None:
    """Every request has one decision; those of a partition are known when the broker took them."""
    await settled(log, FIELD_DECISIONS.name, DEADLINE_S)
    found = await stored(log, FIELD_DECISIONS.name)
    prove(found, await log.cluster_id(), FIELD_DECISIONS.name)
    for record in found.decisions[partition]:
        knownat = decode_decision(record.value).data.knownat
        assert abs(to_ms(knownat) - record.timestamp_ms) < NEAR_MS, knownat


@pytest.mark.parametrize(("partition", "ahead_ms"), [(0, HOUR_MS), (1, 7 * YEAR_MS), (2, -HOUR_MS)])
async def test_a_decider_decides_nothing_by_a_wrong_clock(
    fleet: Fleet, log: KafkaLog, shift: Shift, partition: int, ahead_ms: int
) -> None:
    operation = operation_in(partition)
    # given an edge whose clock is right, and a decider that starts with a wrong one
    fleet.launch(EDGE, "checkin", "edge")
    shift.set(ahead_ms)
    shift.launch(fleet, DECIDER, "decider")
    way = "ahead of" if ahead_ms > 0 else "behind"
    await fleet.until_red(DECIDER, f"{way} the broker's; set it")

    # when a request comes, then it is kept and not decided before the clock is right
    await fleet.ready(EDGE)
    first = await arrive(fleet, operation)
    assert first.status_code == 202
    await fleet.until_red(DECIDER, "nothing is decided until the clock is proven")
    assert await decisions(log, partition) == []
    shift.set(0)
    await fleet.ready(DECIDER)
    assert (await answered(fleet, receipt_of(first), operation)).status_code == 200

    # and when the clock is set while it runs, then the next request waits in the same way
    shift.set(ahead_ms)
    second = await arrive(fleet, operation)
    assert second.status_code == 202
    await fleet.until_red(DECIDER, "nothing is decided until the clock is proven")
    assert len(await decisions(log, partition)) == 1
    shift.set(0)
    assert (await answered(fleet, receipt_of(second), operation)).status_code == 200

    # and so it does when the clock is set while the process is stopped
    member = fleet.members[DECIDER]
    assert member.pid is not None
    await freeze(member.pid)
    shift.set(ahead_ms)
    third = await arrive(fleet, operation)
    assert third.status_code == 202
    member.thaw()
    await fleet.until_red(DECIDER, "clock")
    assert len(await decisions(log, partition)) == 2
    shift.set(0)
    assert (await answered(fleet, receipt_of(third), operation)).status_code == 200
    await is_dated_right(log, partition)


async def test_an_edge_keeps_nothing_by_a_wrong_clock(fleet: Fleet, log: KafkaLog, shift: Shift) -> None:
    # given an edge that is ready
    partition, operation = 3, operation_in(3)
    shift.launch(fleet, EDGE, "edge")
    fleet.launch(DECIDER, "checkin", "decider")
    await fleet.ready(EDGE, DECIDER)

    # when its clock is set an hour ahead, then it keeps nothing, and says so
    shift.set(HOUR_MS)
    await fleet.until_red(EDGE, "system clock was set forward by ")
    at = TopicPartition(FIELD_REQUESTS.name, partition)
    assert (await log.end_offsets([at]))[at] == 0
    answer = await fleet.http.post(
        f"{fleet.members[EDGE].plan.api}/operations/{operation}/check-ins", content=b"{}"
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
    assert (await log.end_offsets([at]))[at] == 0

    # and once it is right it keeps what comes with the right time
    shift.set(0)
    receipt = receipt_of(await arrive(fleet, operation))
    record = await log.fetch(at, receipt.offset)
    assert record is not None
    assert abs(to_ms(decode_request(record.value).recordedat) - record.timestamp_ms) < NEAR_MS
    assert (await answered(fleet, receipt, operation)).status_code == 200
