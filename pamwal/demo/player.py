"""Five posts as concurrent HTTP clients, each saying its part at its time on the simulated clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from msgspec import Struct

from pamwal.client.answers import Answer
from pamwal.client.service import ServiceClient
from pamwal.contracts.errors import Unanswered
from pamwal.demo.day import POSTS
from pamwal.demo.sayings import Saying, Service
from pamwal.demo.scenario import Scenario

ADMIN: Final = "admin"
PLANNER: Final = "ops_head"
"""Holders of the tokens that open the operation, and that plan it; everybody else is a post."""
OPEN: Final = "/open"
LINES: Final = 12
"""How many things a post says at once; the rest waits in its queue, as in a post's own device."""


class SimulatedClock(Protocol):
    """What playing needs of a clock; `pamwal.edge.clock.Clock` is one."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        ...

    def real_s(self, simulated_ms: float) -> float:
        """How many real seconds pass while this clock moves on by `simulated_ms`."""
        ...


class Heard(Struct, frozen=True, kw_only=True):
    """One saying and what came back; None if nobody answered in time."""

    saying: Saying
    answer: Answer | None

    @property
    def as_expected(self) -> bool:
        """Whether it was decided as the scenario says it must be. A repeat is answered as its first was."""
        if self.answer is None:
            return False
        if self.saying.expected in {"accepted", "repeat"}:
            return self.answer.meaning == "accepted"
        return self.answer.meaning == "refused" and self.answer.code == self.saying.expected

    def sentence(self) -> str:
        """For a person who has to find out."""
        said, answer = self.saying.submission, self.answer
        got = "no answer" if answer is None else f"{answer.status} {answer.code or answer.meaning}"
        detail = f": {answer.detail}" if answer is not None and answer.detail else ""
        what = said.type.removeprefix("pamwal.").removesuffix(".v1")
        return f"{self.saying.post} said {what} {said.id}, expected {self.saying.expected}, got {got}{detail}"


Clients = Mapping[tuple[str, Service], ServiceClient]
"""(whose token, which service) → a client that speaks with it."""


class Player:
    """Says a whole scenario; `heard` grows as answers come."""

    def __init__(self, operation_id: str, clients: Clients, clock: SimulatedClock) -> None:
        self._operation_id, self._clients, self._clock = operation_id, clients, clock
        self._lines = {post.post_id: asyncio.Semaphore(LINES) for post in POSTS}
        self._on_their_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.heard: list[Heard] = []
        self.said = 0

    async def plan(self, day: Scenario) -> None:
        """The plan, wave by wave: an admin opens the operation, the head of operations plans and orders."""
        for wave in day.planning:
            async with asyncio.TaskGroup() as group:
                for saying in wave:
                    holder = ADMIN if saying.path == OPEN else PLANNER
                    group.create_task(self._say(saying, holder))

    async def play(self, sayings: Iterable[Saying]) -> None:
        """The day: every post on its own, each thing at its time, without waiting for the last answer."""
        by_post: dict[str, list[Saying]] = {}
        for saying in sayings:
            by_post.setdefault(saying.post, []).append(saying)
        async with asyncio.TaskGroup() as group:
            for own in by_post.values():
                group.create_task(self._speak(own, group))

    async def _speak(self, own: list[Saying], group: asyncio.TaskGroup) -> None:
        for saying in own:
            await asyncio.sleep(self._clock.real_s(saying.send_ms - self._clock.now_ms()))
            first = self._on_their_way.get((saying.post, saying.submission.id))
            if saying.expected == "key_reused" and first is not None:
                await first
            holder = saying.borrowed_from or saying.post
            self._on_their_way[saying.post, saying.submission.id] = group.create_task(
                self._say(saying, holder)
            )

    async def _say(self, saying: Saying, holder: str) -> None:
        client = self._clients[holder, saying.service]
        async with self._lines[saying.post]:
            self.said += 1
            try:
                answer = await client.submit(self._operation_id, saying.path, saying.submission)
            except Unanswered:
                answer = None
        self.heard.append(Heard(saying=saying, answer=answer))

    @property
    def surprises(self) -> list[Heard]:
        """What was not answered as it must be."""
        return [heard for heard in self.heard if not heard.as_expected]
