"""Tells a sink outside of the alerts of real operations: each fact in its order until it was taken.

What was committed is followed in the log, and how far the sink was told stands there, too (`DeliveryNoted`).
Who dies between the two tells it again, under the same key. Two processes with one sink do the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import httpx
import structlog

from pamwal.client.backoff import Backoff
from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.codec import TYPE_OF, decode_decision
from pamwal.contracts.errors import LogError
from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting_deliveries import DeliveryNoted, NoteDelivery
from pamwal.contracts.topics import REPORTING_DECISIONS, REPORTING_REQUESTS
from pamwal.contracts.zones import DAY_MS
from pamwal.edge.app import Caller, Clock
from pamwal.edge.decode import Posted
from pamwal.edge.follow import Follower
from pamwal.edge.intake import Intake
from pamwal.wire.log import Log, Producer, Record, TopicPartition
from services.reporting.webhook_messages import (
    KEY_HEADER,
    MEDIA_TYPE,
    SIGNATURE_HEADER,
    Message,
    Teller,
    signature_of,
)
from services.reporting.webhook_settings import Webhook

ACTOR: Final = "reporting"
LOOK_S: Final = 0.2
AGAIN_S: Final = 5.0
"""So long the log may take to show a note before it is said again."""
NOTED_EVERY: Final = 50
"""So many messages may have to be told again by who takes over."""
ATTEMPT_S: Final = 10.0
AT_ONCE: Final = 8
"""Operations that are told of at the same time."""
RETRIES: Final = Backoff(first_ms=500, most_ms=60_000)
_log = structlog.get_logger(__name__)


class _Waiting(NamedTuple):
    offset: int
    message: Message


class _Operation:
    """What of one operation is still to be told."""

    def __init__(self, operation_id: str) -> None:
        self.teller = Teller(operation_id)
        self.waiting: deque[_Waiting] = deque()
        self.noted = self.told = 0
        """First offset that the log says was not told; that this process did not tell."""
        self.told_at = ""
        """When the last of these was decided: every process asks the same for the same."""
        self.asked_s = float("-inf")
        """When it was last asked for a note, by the loop's clock."""
        self.telling: asyncio.Task[None] | None = None


class Webhooks:
    """Tells in the background, once the log is read to its end."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        mode_of: Callable[[str], Mode | None],
        webhook: Webhook,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        retries: Backoff = RETRIES,
    ) -> None:
        self._log, self._clock, self._mode_of, self._webhook = log, clock, mode_of, webhook
        self._transport, self._retries = transport, retries
        self._intake = Intake(clock, None)
        self._of: dict[str, _Operation] = {}
        self.follower = Follower(log, [REPORTING_DECISIONS.name], self._fold)
        self._running: asyncio.Task[None] | None = None
        self._producer: Producer | None = None
        self._room = asyncio.Semaphore(AT_ONCE)

    @property
    def name(self) -> str:
        """Of the sink."""
        return self._webhook.name

    @property
    def waiting(self) -> int:
        """How many messages were not taken yet."""
        return sum(len(each.waiting) for each in self._of.values())

    async def start(self) -> None:
        """Begins to follow and to tell; returns at once."""
        await self.follower.start()
        self._running = asyncio.get_running_loop().create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Tells no more; what was not taken stays to be told by whoever comes next."""
        tasks = [self._running, *(each.telling for each in self._of.values())]
        for task in tasks:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self.follower.stop()
        await self._drop()

    def _fold(self, at: TopicPartition, records: list[Record]) -> None:  # noqa: ARG002 - offsets are one partition's
        for record in records:
            decision = decode_decision(record.value)
            of = self._of.get(decision.operationid)
            if of is None:
                of = self._of[decision.operationid] = _Operation(decision.operationid)
            for fact in decision.data.facts:
                if isinstance(fact, DeliveryNoted):
                    if fact.sink == self._webhook.name:
                        of.noted = max(of.noted, fact.upto)
                    continue
                message = of.teller.message(fact)
                if message is not None:
                    of.waiting.append(_Waiting(record.offset, message))
            while of.waiting and of.waiting[0].offset < of.noted:
                of.waiting.popleft()

    async def _run(self) -> None:
        async with httpx.AsyncClient(transport=self._transport, timeout=ATTEMPT_S) as http:
            while True:
                await asyncio.sleep(LOOK_S)
                if not self.follower.level_once:
                    continue
                for operation_id, of in list(self._of.items()):
                    if of.waiting and (of.telling is None or of.telling.done()):
                        of.telling = asyncio.create_task(self._tell(http, operation_id, of))
                    elif of.told > of.noted:
                        await self._note(operation_id, of)

    async def _tell(self, http: httpx.AsyncClient, operation_id: str, of: _Operation) -> None:
        """All that waits of one operation, each in its turn."""
        mode = self._mode_of(operation_id)
        if mode == "exercise" or self._clock.simulated:
            of.waiting.clear()  # nothing of an exercise goes out
        if mode != "real":
            return
        async with self._room:
            count = 0
            while of.waiting:
                head = of.waiting[0]
                if of.noted == 0 and self._is_old(head.message):
                    of.waiting.popleft()  # a sink that is new here is not told what is long over
                    continue
                await self._until_taken(http, head.message)
                if of.waiting and of.waiting[0] is head:
                    of.waiting.popleft()
                of.told, of.told_at = head.offset + (not _more_of(of, head)), head.message.at
                count += 1
                if count % NOTED_EVERY == 0:
                    await self._note(operation_id, of)

    def _is_old(self, message: Message) -> bool:
        return to_ms(message.at) < to_ms(self._clock.now()) - DAY_MS

    async def _until_taken(self, http: httpx.AsyncClient, message: Message) -> None:
        """Sends it again and again, ever more slowly, until the sink says 2xx."""
        waits: Iterator[float] = self._retries.waits_ms(random.random)
        while True:
            try:
                answer = await http.post(
                    self._webhook.url, content=message.body, headers=self._headers(message)
                )
            except httpx.HTTPError as error:
                why = repr(error)
            else:
                if answer.is_success:
                    return
                why = f"status {answer.status_code}"
            wait_ms = next(waits)
            _log.warning(
                "a webhook did not take an alert", key=message.key, why=why, again_in_ms=round(wait_ms)
            )
            await asyncio.sleep(wait_ms / 1000)

    def _headers(self, message: Message) -> dict[str, str]:
        return {
            "content-type": MEDIA_TYPE,
            KEY_HEADER: message.key,
            SIGNATURE_HEADER: signature_of(self._webhook.secret, int(time.time()), message.body),
        }

    async def _note(self, operation_id: str, of: _Operation) -> None:
        now_s = asyncio.get_running_loop().time()
        if of.told <= of.noted or now_s - of.asked_s < AGAIN_S:
            return
        of.asked_s = now_s
        data = NoteDelivery(sink=self._webhook.name, upto=of.told)
        posted: Posted[Any] = Posted(
            id=f"told-{self._webhook.name}-{of.told}",
            source=f"/posts/ops/devices/{ACTOR}",
            type=TYPE_OF[NoteDelivery],
            time=of.told_at,
            channel="api",
            data=data,
        )
        prepared = self._intake.prepare(posted, posted.type, operation_id, self._caller(operation_id), None)
        try:
            if self._producer is None:
                self._producer = await self._log.producer()
            await self._producer.send(REPORTING_REQUESTS.name, prepared.record)
        except LogError as error:
            _log.warning("what a webhook took is noted later", why=str(error))
            await self._drop()

    def _caller(self, operation_id: str) -> Caller:
        """The service itself, where the operation's head could speak."""
        claims = Claims(role="ops_head", operation=operation_id, mode="real")
        return Caller(claims, ACTOR, claims.to_text(), 0, ACTOR)

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=False)


def _more_of(of: _Operation, head: _Waiting) -> bool:
    """Whether the same decision has more to be told."""
    return bool(of.waiting) and of.waiting[0].offset == head.offset
