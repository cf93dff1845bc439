"""A queue that comes home again after a restart, and one whose sender does not stay to hear of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from pamwal.edge.clock import system_ms
from pamwal.edge.rows import CHUNK_ROWS
from pamwal.wire.log import Isolation, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.edge.guard_core import TAKEN
from tests.edge.house import DEADLINE_S, ROOT, House, a_house, check_in, until

LINES = {"content_type": "application/x-ndjson", "accept": "application/x-ndjson"}


class CountedLog(MemoryLog):
    """A log in memory that counts single fetches."""

    fetches = 0

    async def fetch(
        self, at: TopicPartition, offset: int, isolation: Isolation = "uncommitted", *, urgent: bool = False
    ) -> Record | None:
        self.fetches += 1
        return await super().fetch(at, offset, isolation, urgent=urgent)


class Sender:
    """One open POST of lines over the ASGI app; what it says and when it leaves is the test's to say."""

    def __init__(self, house: House) -> None:
        self._parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.status, self.body, self.ended = 0, b"", False
        scope = {
            "type": "http", "method": "POST", "path": f"{ROOT}/batch", "query_string": b"",
            "headers": [
                (b"content-type", b"application/x-ndjson"), (b"accept", b"application/x-ndjson"),
                (b"authorization", house.bearer()["authorization"].encode()),
            ],
        }  # fmt: skip
        self.task = asyncio.create_task(house.edge.app(scope, self._parts.get, self._send))

    def say(self, *rows: dict[str, Any], more: bool = False) -> None:
        self.say_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), more=more)

    def say_bytes(self, body: bytes, *, more: bool) -> None:
        self._parts.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        self._parts.put_nowait({"type": "http.disconnect"})

    async def over(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.task

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.body.splitlines()]

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        self.ended = message["type"] == "http.response.body" and not message.get("more_body", False)


def queue(count: int) -> list[dict[str, Any]]:
    return [check_in(f"r{n}", officer=TAKEN if n % 50 == 0 else "NTT-0001") for n in range(count)]


async def test_a_queue_said_again_after_a_restart_is_answered_as_before_and_found_together(
    tmp_path: Path,
) -> None:
    log = CountedLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    body = b"".join(msgspec.json.encode(row) + b"\n" for row in queue(1_200))
    async with a_house(tmp_path, log=log, rows_per_s=1e6) as house:
        first = await house.post(body, path="/batch", **LINES)
    async with a_house(tmp_path, log=log, rows_per_s=1e6) as house:
        before = log.fetches
        again = await house.post(body, path="/batch", **LINES)
    rows = [[msgspec.json.decode(line) for line in each.content.splitlines()] for each in (first, again)]
    assert {row["status"] for row in rows[0]} == {201, 409}
    for row in rows[0] + rows[1]:
        row.pop("receipt")
    assert rows[1] == rows[0]
    assert log.fetches - before < 120, "none a row; the decider makes a few of its own"


async def test_answers_go_out_while_rows_still_come(house: House) -> None:
    sender = Sender(house)
    sender.say(*queue(CHUNK_ROWS), more=True)
    await until(lambda: len(sender.rows) == CHUNK_ROWS)
    assert (sender.status, sender.ended) == (200, False)
    sender.say(check_in("last"))
    await sender.over()
    assert [row["row"] for row in sender.rows] == list(range(CHUNK_ROWS + 1))
    assert sender.ended


async def test_a_batch_whose_sender_left_is_worked_on_until_its_rows_are_kept_and_no_further(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=3_600_000) as house:
        assert house.edge.decisions is not None
        sender = Sender(house)
        sender.say(*queue(3))
        await until(lambda: house.edge.decisions is not None and house.edge.decisions.waiting == 3)
        sender.leave()
        await sender.over()
        assert len(await house.requests()) == 3
        assert house.edge.decisions.waiting == 0
        assert sender.body == b""


async def test_a_sender_that_leaves_in_the_middle_is_not_waited_for(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=3_600_000) as house:
        sender = Sender(house)
        sender.say(*queue(CHUNK_ROWS + 5), more=True)
        sender.leave()
        await sender.over()
        assert len(await house.requests()) == CHUNK_ROWS + 5, "every whole line that came is kept"
        assert house.edge.decisions is not None
        assert house.edge.decisions.waiting == 0


async def test_what_happened_before_a_token_was_issued_comes_home_with_it_and_of_its_own_post_only(
    house: House,
) -> None:
    reports = [check_in("own", time="2024-10-03T01:15:00.000Z"), check_in("theirs", post="alak")]
    body = b"".join(msgspec.json.encode(row) + b"\n" for row in reports)
    later = house.bearer(subject="the next watch")
    first = (await house.post(body, path="/batch", content_type="application/x-ndjson", **later)).json()
    assert [row["status"] for row in first] == [201, 409]
    assert first[1]["reason"]["code"] == "not_yours"
    own = house.bearer(post="alak")
    again = (await house.post(body, path="/batch", content_type="application/x-ndjson", **own)).json()
    assert [row["status"] for row in again] == [409, 201], "no refusal not_yours is a first answer"
    kept = [msgspec.json.decode(record.value) for record in await house.requests()]
    assert kept[0]["time"] == "2024-10-03T01:15:00.000Z"
