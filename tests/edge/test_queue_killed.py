"""A post is killed with SIGKILL between every two steps of its queue: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from pamwal.client.queue import ReportQueue
from pamwal.contracts.envelope import Decision
from pamwal.edge.issuer import Issuer
from pamwal.edge.settings import EdgeSettings
from pamwal.wire.memory import MemoryLog
from tests.edge.guard_core import GuardCore
from tests.edge.mortal_post import SPEAKERS
from tests.edge.test_serve import Served, served
from tests.wire.witness import Worker, everything

KILLED, ENDED = -9, 0
AT_ONCE = 6
STEPS_MIN = 40
"""So many steps a run has at least; fewer would mean that they are not seen any more."""
LINE_WITHIN_S = 90


class Post:
    """Asks processes of `mortal_post` for lives, each process for one after the other."""

    def __init__(self, processes: list[asyncio.subprocess.Process], folder: Path, log: MemoryLog) -> None:
        self.folder, self.log = folder, log
        self._idle: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
        for process in processes:
            self._idle.put_nowait(process)

    async def live(self, name: str, job: str, *, deadly: int = 0, kill_us: int = 0) -> tuple[int, int]:
        """How that life ended and how many steps it made."""
        process = await self._idle.get()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name} {job} {deadly} {kill_us}\n".encode())
        line = await asyncio.wait_for(process.stdout.readline(), LINE_WITHIN_S)
        self._idle.put_nowait(process)
        code, steps = map(int, line.split())
        return code, steps

    async def prove(self, name: str) -> None:
        """Everything that was promised is decided once, numbered without a gap, and answered in the queue."""
        requests = [
            msgspec.json.decode(each.value)
            for each in await everything(self.log, GuardCore.requests_topic)
            if each.key == name.encode()
        ]
        decisions = [
            msgspec.json.decode(each.value, type=Decision[Any])
            for each in await everything(self.log, GuardCore.decisions_topic)
            if each.key == name.encode()
        ]
        facts = Counter(fact["id"] for each in decisions for fact in each.data.facts)
        promised = (self.folder / f"{name}.noted").read_text().split()
        assert {f"{each}/0" for each in promised} <= facts.keys(), "lost"
        assert set(facts.values()) <= {1}, "doubled"
        for source in SPEAKERS:
            numbers = {(each["id"], each["sourceseq"]) for each in requests if each["source"] == source}
            assert sorted(number for _, number in numbers) == list(range(1, len(numbers) + 1)), "a gap"
        with ReportQueue(self.folder / f"{name}.queue") as queue:
            found = queue.of()
            assert queue.empty
        assert {(each.id, each.answer and each.answer.meaning) for each in found} == {
            (fact.removesuffix("/0"), "accepted") for fact in facts
        }
        receipts = [line.split() for line in (self.folder / f"{name}.receipts").read_text().splitlines()]
        offsets = {f"{GuardCore.requests_topic}-0-{offset}": each["id"] for offset, each in self._numbered}
        assert all(offsets[receipt] == identifier for receipt, identifier in receipts)

    async def refresh(self) -> None:
        """Looks at the whole log once for all proofs."""
        records = await everything(self.log, GuardCore.requests_topic)
        self._numbered = [(each.offset, msgspec.json.decode(each.value)) for each in records]


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with served(tmp_path) as edge, Worker(edge.log, GuardCore(), 0):
        command = ["-m", "tests.edge.mortal_post", str(tmp_path), f"{edge.url}/guard/v1", _token(edge)]
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, *command, **pipes) for _ in range(AT_ONCE)
        ]
        try:
            yield Post(processes, tmp_path, edge.log)
        finally:
            for process in processes:
                process.kill()
                await process.wait()


def _token(edge: Served) -> str:
    return Issuer(EdgeSettings(state=edge.folder).issuer_path).issue(
        role="admin", operation="*", mode="exercise", subject="a"
    )


async def test_killed_before_any_step_nothing_is_lost_or_doubled(post: Post) -> None:
    code, steps = await post.live("whole", "add+send")
    assert (code, steps >= STEPS_MIN) == (ENDED, True)

    async def killed_at(deadly: int) -> None:
        assert (await post.live(f"op-{deadly}", "add+send", deadly=deadly))[0] == KILLED
        assert (await post.live(f"op-{deadly}", "go-on"))[0] == ENDED

    await asyncio.gather(*map(killed_at, range(1, steps + 1)))
    await post.refresh()
    for name in ["whole", *(f"op-{deadly}" for deadly in range(1, steps + 1))]:
        await post.prove(name)


async def test_killed_again_and_again_at_any_moment_nothing_is_lost_or_doubled(post: Post) -> None:
    async def lives(seed: int) -> None:
        chance = Random(seed)
        await post.live(f"op-{seed}", "add+send", kill_us=chance.randint(1, 150_000))
        for _ in range(chance.randint(0, 4)):
            await post.live(f"op-{seed}", "go-on", kill_us=chance.randint(1, 80_000))
        assert (await post.live(f"op-{seed}", "go-on"))[0] == ENDED

    await asyncio.gather(*map(lives, range(24)))
    await post.refresh()
    for seed in range(24):
        await post.prove(f"op-{seed}")
