"""Posts that keep speaking while things break, and remember what they were told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec
from msgspec import Struct

from pamwal.client.answers import Answer
from pamwal.client.backoff import Backoff
from pamwal.client.identifiers import new_id
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import AT, Patience, ServiceClient
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.field import CheckIn
from pamwal.contracts.instants import from_ms
from pamwal.contracts.routes import ROUTES
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import Receipt

PATIENCE: Final = Patience(deadline_s=90, attempt_s=10, backoff=Backoff(first_ms=50, most_ms=400))
REPEAT_EVERY, REUSE_EVERY = 5, 11
FINISH_S = 100
POST: Final = "posko"


class Said(Struct, frozen=True):
    """One request, and every answer it got: a repeat may have gone to another edge."""

    operation_id: str
    submission: Submission[Any]
    answers: list[Answer]
    reused: bool = False
    """Its id had been used for another body."""


def check_in(number: int, *, identifier: str | None = None, place: str = "rally/r-1") -> Submission[CheckIn]:
    """An officer of that number arrives."""
    return submission(
        CheckIn(officer_id=f"KPG-{number:05d}", place=place, method="radio"), identifier=identifier
    )


def submission(
    data: RequestData, *, identifier: str | None = None, post: str = POST, time: str | None = None
) -> Submission[Any]:
    """What a device of a post says now."""
    return Submission(
        id=identifier or new_id(),
        source=f"/posts/{post}/devices/1",
        type=TYPE_OF[type(data)],
        time=time or from_ms(system_ms()),
        channel="api",
        data=data,
    )


def path_of(submission: Submission[Any]) -> str:
    """The route below the operation."""
    return ROUTES[submission.type].path


class Desk:
    """The desk of one operation: says one thing after the other, each until it is decided."""

    def __init__(self, operation_id: str, edges: Sequence[ServiceClient], every_ms: float) -> None:
        self.operation_id = operation_id
        self.said: list[Said] = []
        self._edges = edges
        self._every_ms = every_ms

    async def speak(self, stop: asyncio.Event) -> None:
        """Until `stop`; what was begun is said to its end."""
        edges = itertools.cycle(self._edges)
        for number in itertools.count():
            if stop.is_set():
                return
            loop = asyncio.get_running_loop()
            next_s = loop.time() + self._every_ms / 1000
            await self._say(number, edges)
            waiting = asyncio.ensure_future(stop.wait())
            await asyncio.wait([waiting], timeout=max(0.0, next_s - loop.time()))
            waiting.cancel()

    async def _say(self, number: int, edges: Iterator[ServiceClient]) -> None:
        arrival = check_in(number)
        said = Said(self.operation_id, arrival, [await self._ask(next(edges), arrival)])
        self.said.append(said)
        if number % REPEAT_EVERY == 0:
            said.answers.append(await self._ask(next(edges), arrival))
        if number % REUSE_EVERY == 0:
            other = check_in(number, identifier=arrival.id, place="rally/elsewhere")
            self.said.append(
                Said(self.operation_id, other, [await self._ask(next(edges), other)], reused=True)
            )

    async def _ask(self, edge: ServiceClient, submission: Submission[Any]) -> Answer:
        return await edge.submit(self.operation_id, path_of(submission), submission)


class Pulse:
    """`async with` it: each operation says something every few milliseconds and waits for no decision.

    So in every partition a request stands shortly behind any moment, also while nobody decides.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        edge: str,
        issuer: Issuer,
        operations: Sequence[str],
        *,
        every_ms: float,
    ) -> None:
        self.receipts: list[Receipt] = []
        self._http, self._edge, self._every_ms = http, edge, every_ms
        self._operations = {operation: desk_token(issuer, operation) for operation in operations}
        self._stop = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        assert self._beating is not None
        await asyncio.wait_for(self._beating, FINISH_S)

    async def _beat(self) -> None:
        for number in itertools.count():
            if self._stop.is_set():
                return
            pause = asyncio.ensure_future(asyncio.wait_for(self._stop.wait(), self._every_ms / 1000))
            answers = await asyncio.gather(*(self._say(number, *each) for each in self._operations.items()))
            self.receipts += answers
            await asyncio.wait([pause])
            pause.exception()

    async def _say(self, number: int, operation_id: str, token: str) -> Receipt:
        said = check_in(number)
        answer = await self._http.post(
            f"{self._edge}/operations/{operation_id}{path_of(said)}",
            content=encode(said),
            headers={"authorization": f"Bearer {token}", "prefer": "respond-async"},
            timeout=60,
        )
        assert answer.status_code == 202, answer.text
        return Receipt.parse(answer.headers[AT])


class Load:
    """`async with` it: desks of many operations speak meanwhile; behind it everything said is decided.

    Each desk waits for its answer before it says the next thing, so what is on its way is bounded.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        edges: Sequence[str],
        issuer: Issuer,
        operations: Sequence[str],
        receipts: ReceiptBook,
        *,
        every_ms: float,
    ) -> None:
        self.desks = [
            Desk(
                operation,
                [ServiceClient(http, url, token, receipts=receipts, patience=PATIENCE) for url in edges],
                every_ms,
            )
            for operation in operations
            for token in [desk_token(issuer, operation)]
        ]
        self._stop = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None

    @property
    def said(self) -> list[Said]:
        """All of it, so far."""
        return [said for desk in self.desks for said in desk.said]

    async def __aenter__(self) -> Self:
        self._speaking = asyncio.create_task(self._speak())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        assert self._speaking is not None
        if error is not None:
            self._speaking.cancel()
            await asyncio.wait([self._speaking])
            return
        await asyncio.wait_for(self._speaking, FINISH_S)

    def fail_early(self) -> None:
        """Raises what ended a desk before it was told to stop."""
        if self._speaking is not None and self._speaking.done():
            self._speaking.result()

    async def _speak(self) -> None:
        async with asyncio.TaskGroup() as group:
            for desk in self.desks:
                group.create_task(desk.speak(self._stop))


def desk_token(issuer: Issuer, operation_id: str) -> str:
    """What a command post's device holds."""
    return issuer.issue(
        role="command_post", operation=operation_id, mode="real", subject=f"desk@{operation_id}", post=POST
    )


def surprises(said: Sequence[Said]) -> list[str]:
    """What was not answered as it must be, and answers to the same that differ."""
    found = []
    for each in said:
        wanted = ("refused", "key_reused") if each.reused else ("accepted", None)
        told = {(answer.meaning, answer.code) for answer in each.answers}
        facts = {tuple(answer.facts) for answer in each.answers}
        if told != {wanted} or len(facts) != 1:
            answers = msgspec.json.encode(each.answers).decode()
            found.append(f"{each.operation_id} {each.submission.id}: {answers}")
    return found
