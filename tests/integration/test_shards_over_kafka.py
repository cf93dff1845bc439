"""Two replicas of reporting share the partitions of one broker: together they answer, each for its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from pamwal.contracts.field import CheckIn
from tests.chaos.fleet import Fleet, a_fleet, operation_in, until
from tests.integration.campaign import HEAD, OFFICER, POST_OEBOBO, Speaker
from tests.unit.scheduler.asked import order, orders

pytestmark = pytest.mark.kafka

SHARDS: Final = {"1/2": operation_in(4), "2/2": operation_in(7)}
"""Shard → an operation that lives there: of twelve partitions the first has the even ones."""
WHOLE: Final = "1/1"
SEEN_AT: Final = "2024-10-03T01:05:00.000Z"
"""Five minutes after what is said here happened."""
QUICK: Final = {"PAMWAL_SNAPSHOT_EVERY_S": "1", "PAMWAL_SNAPSHOT_BEHIND": "1"}
KEPT_WITHIN_S: Final = 90


def named(shard: str) -> str:
    """The name of its replica, and of its log file."""
    return f"shard-{shard.replace('/', '-of-')}"


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with a_fleet(tmp_path / "state") as fleet:
        fleet.launch("scheduler", "scheduler", "all")
        fleet.launch("checkin", "checkin", "all")
        for shard in SHARDS:
            fleet.launch(named(shard), "reporting", "edge", settings={"PAMWAL_SHARD": shard, **QUICK})
        fleet.launch(named(WHOLE), "reporting", "edge", settings={"PAMWAL_SNAPSHOTS": "off"})
        await fleet.ready(*fleet.members)
        yield fleet


async def get(fleet: Fleet, name: str, operation: str, path: str, **headers: str) -> httpx.Response:
    speaker = Speaker(fleet.http, fleet.issuer, {})
    address = f"{fleet.members[named(name)].plan.api}/operations/{operation}{path}"
    given = {each.replace("_", "-"): value for each, value in headers.items()}
    return await fleet.http.get(address, headers={**speaker.bearer(operation, HEAD), **given}, timeout=30)


async def present(fleet: Fleet, name: str, operation: str, receipt: str) -> int:
    answer = await get(fleet, name, operation, f"/situation?at={SEEN_AT}", pamwal_at=receipt)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return int(found["total"]["present"])


async def test_each_shard_answers_for_its_operations_and_names_who_has_the_others(fleet: Fleet) -> None:
    apis = {service: fleet.members[service].plan.api for service in ("scheduler", "checkin")}
    speaker = Speaker(fleet.http, fleet.issuer, apis)
    came: dict[str, str] = {}
    for operation in SHARDS.values():
        await speaker.open_campaign(operation)
        await speaker.must(operation, orders(order("d-1", OFFICER, "oebobo-1")))
        said = CheckIn(officer_id=OFFICER, place="rally/oebobo-1", method="manual")
        answer = await speaker.say(operation, said, by=POST_OEBOBO)
        assert answer.status_code == 201, answer.text
        came[operation] = answer.headers["pamwal-at"]

    # Each tells what was just said there, and the same as a replica of everything.
    for shard, operation in SHARDS.items():
        assert await present(fleet, shard, operation, came[operation]) == 1
        assert await present(fleet, WHOLE, operation, came[operation]) == 1
        digests = [await get(fleet, name, operation, "/digest") for name in (shard, WHOLE)]
        assert digests[0].json()["sha256"] == digests[1].json()["sha256"]

    # What the other has is answered 421, and by whom it would be told.
    for shard, operation in SHARDS.items():
        (other,) = set(SHARDS) - {shard}
        for path in ("/situation", "/ledger", "/timeline", "/stream"):
            answer = await get(fleet, other, operation, path)
            assert (answer.status_code, answer.json()["code"]) == (421, "misdirected"), path
            assert answer.headers["pamwal-shard"] == shard
        for path in ("/healthz", "/readyz"):
            told = await fleet.http.get(f"{fleet.members[named(shard)].plan.address}{path}")
            assert told.json()["shard"] == shard

    # Killed, it goes on from a snapshot of its own share.
    def kept() -> list[Path]:
        return list((fleet.state / "snapshots").rglob("replica-2-of-2/*.snapshot"))

    async def is_kept() -> bool:
        return bool(kept())

    shard, operation = "2/2", SHARDS["2/2"]
    await until(is_kept, KEPT_WITHIN_S, lambda: f"{list((fleet.state / 'snapshots').rglob('*'))}")
    before = await get(fleet, shard, operation, "/digest")
    fleet.members[named(shard)].kill()
    fleet.members[named(shard)].start()
    await fleet.ready(named(shard))
    assert (await get(fleet, shard, operation, "/digest")).json() == before.json()
    assert f"goes on from {max(kept()).parent}" in fleet.members[named(shard)].said()
