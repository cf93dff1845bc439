"""Thousands of records at once: reads are behind for a while, and an edge goes on taking requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts.topics import PERSONAL
from pamwal.edge.clock import system_ms
from pamwal.wire import staleness
from pamwal.wire.log import Isolation, Outgoing, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.memory_clients import MemoryReader
from tests.edge.guard_core import GuardCore
from tests.edge.house import House, a_house, check_in, until
from tests.edge.test_personal import a_report

ROWS = 3_000
LINES = {"content_type": "application/x-ndjson", "accept": "application/x-ndjson"}


class BehindReader(MemoryReader):
    """Hands nothing over while its topic is held."""

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:
        assert isinstance(self._log, HeldLog)
        if any(at.topic in self._log.held for at in self._positions):
            await asyncio.sleep(0.005)
            return {}
        return await super().read(max_records=max_records, wait_ms=wait_ms)


class HeldLog(MemoryLog):
    """A log whose readers of some topics are behind as long as the test wants."""

    def __init__(self) -> None:
        super().__init__(partitions=1, clock_ms=system_ms)
        self.create_topics()
        self.held: set[str] = set()

    async def reader(
        self, starts: Mapping[TopicPartition, int], isolation: Isolation = "committed", **_: Any
    ) -> MemoryReader:
        return BehindReader(self, starts, isolation)


async def ready(house: House) -> tuple[int, int]:
    """The status of `/readyz`, and of `/readyz/writes`."""
    found = [await house.get(path) for path in ("/readyz", "/readyz/writes")]
    return found[0].status_code, found[1].status_code


async def test_an_edge_whose_decisions_are_behind_stays_ready_and_takes_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a queue of thousands that is decided faster than this edge reads
    log = HeldLog()
    async with a_house(tmp_path, log=log, rows_per_s=1e6, decision_wait_ms=50) as house:
        tail = house.edge.tail
        assert tail is not None
        log.held.add(GuardCore.decisions_topic)
        body = b"".join(msgspec.json.encode(check_in(f"r{n}")) + b"\n" for n in range(ROWS))
        answer = await house.post(body, path="/batch", **LINES)
        rows = [msgspec.json.decode(line) for line in answer.content.splitlines()]
        assert [row["status"] for row in rows] == [202] * ROWS
        await until(lambda: not tail.caught_up)

        # then it is ready, and takes what comes without waiting for its decision
        assert await ready(house) == (200, 200)
        assert (await house.post(check_in("new"))).status_code == 202

        # when its reads get older than they may be, it says so of them, and still takes requests
        monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.0)
        assert await ready(house) == (503, 200)
        assert (await house.post(check_in("newer"))).status_code == 202

        # and it is ready again once it has read all of it
        monkeypatch.undo()
        log.held.clear()
        await house.until_decided(ROWS + 2)
        await until(lambda: tail.caught_up)
        assert await ready(house) == (200, 200)


async def test_an_incident_with_text_is_taken_while_a_roster_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a roster of thousands of names that this edge has not read yet
    log = HeldLog()
    async with a_house(tmp_path, log=log) as house:
        assert house.edge.erased is not None
        tail = house.edge.erased.follower._tail
        log.held.add(PERSONAL.name)
        for number in range(ROWS):
            log.store(PERSONAL.name, 0, Outgoing(b"other/%d" % number, b"a name"))
        await until(lambda: not tail.caught_up)

        # then incidents with text are answered
        assert (await house.post(a_report("a"), path="/incidents")).status_code == 201
        assert await ready(house) == (200, 200)

        # and only while what was erased is not known for too long they are not
        monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.0)
        late = await house.post(a_report("b", incident_id="i-2"), path="/incidents")
        assert (late.status_code, late.json()["code"]) == (503, "not_folded")
        monkeypatch.undo()
        log.held.clear()
        await until(lambda: tail.caught_up)
        assert (await house.post(a_report("b", incident_id="i-2"), path="/incidents")).status_code == 201
