"""Tells a sink outside of the alerts of real operations: each fact in its order until it was taken.

A fact that the sink refuses as such is set aside, so that what comes after it is told; the log says so.
What was committed is followed in the log, and how far the sink was told stands there, too (`DeliveryNoted`).
Who dies between the two tells it again, under the same key. Two processes with one sink do the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import httpx
import structlog

from pamwal.client.backoff import Backoff
from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.codec import TYPE_OF, decode_decision
from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.errors import LogError
from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting_alerts import AlertRaised
from pamwal.contracts.reporting_deliveries import NoteDelivery
from pamwal.contracts.topics import REPORTING_DECISIONS, REPORTING_REQUESTS
from pamwal.contracts.zones import DAY_MS
from pamwal.edge.app import Caller, Clock
from pamwal.edge.decode import Posted
from pamwal.edge.follow import Follower
from pamwal.edge.intake import Intake
from pamwal.wire.log import Log, Producer, Record, TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.views.about import About
from services.reporting.webhook_messages import (
    KEY_HEADER,
    MEDIA_TYPE,
    SIGNATURE_HEADER,
    Message,
    signature_of,
)
from services.reporting.webhook_metrics import SinkCounts
from services.reporting.webhook_queue import ToTell, Waiting
from services.reporting.webhook_settings import Webhook

ACTOR: Final = "reporting"
LOOK_S: Final = 0.2
AGAIN_S: Final = 5.0
"""So long the log may take to show a note before it is said again."""
NOTED_EVERY: Final = 50
"""So many messages may have to be told again by who takes over."""
ATTEMPT_S: Final = 10.0
REFUSALS: Final = 8
"""After so many 4xx to one alert, a minute or so, it is set aside where the refusal is its own."""
OF_THE_BODY: Final = frozenset({400, 409, 413, 415, 422})
"""They speak of what was sent. Others speak of the address or the secret, unless another alert is taken."""
LATER: Final = frozenset({408, 425, 429})
"""They ask for it again later."""
AT_ONCE: Final = 8
"""Operations that are told of at the same time."""
RETRIES: Final = Backoff(first_ms=500, most_ms=60_000)
_log = structlog.get_logger(__name__)


class _Tried(NamedTuple):
    """What one try came to."""

    status: int | None
    """None: no answer."""
    why: str

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """The sink answered and would not take it; nothing says that it might later."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in LATER


class Webhooks:
    """Tells in the background, once the log is read to its end."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        mode_of: Callable[[str], Mode | None],
        webhook: Webhook,
        about: Callable[[str, AlertRaised], About],
        *,
        shard: Shard = WHOLE,
        transport: httpx.AsyncBaseTransport | None = None,
        retries: Backoff = RETRIES,
    ) -> None:
        """`about`: what an operation's alert is about, by the plan as it is known here now.

        `shard`: whose alerts are told; those of others their own replicas tell.
        """
        self._log, self._clock, self._mode_of, self._webhook = log, clock, mode_of, webhook
        self._about = about
        self._transport, self._retries = transport, retries
        self._intake = Intake(clock, None)
        self._of: dict[str, ToTell] = {}
        self._sent = self._failed = self._refused = 0
        self.follower = Follower(
            log, [REPORTING_DECISIONS.name], self._fold, only=lambda at: shard.holds(at.partition)
        )
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

    def counts(self) -> SinkCounts:
        """What Prometheus is told of this sink."""
        heads = [of.waiting[0] for of in self._of.values() if of.waiting and self._is_real(of)]
        now_ms = to_ms(self._clock.now())
        return SinkCounts(
            sink=self._webhook.name,
            sent=self._sent,
            failed=self._failed,
            refused=self._refused,
            waiting=sum(len(of.waiting) for of in self._of.values() if self._is_real(of)),
            oldest_s=max((max(0, now_ms - to_ms(each.message.at)) / 1000 for each in heads), default=0.0),
        )

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
                of = self._of[decision.operationid] = ToTell(decision.operationid)
            for fact in decision.data.facts:
                of.take(fact, record.offset, self._webhook.name)

    def _is_real(self, of: ToTell) -> bool:
        return self._mode_of(of.operation_id) == "real"

    async def _run(self) -> None:
        async with httpx.AsyncClient(transport=self._transport, timeout=ATTEMPT_S) as http:
            while True:
                await asyncio.sleep(LOOK_S)
                if not self.follower.level_once:
                    continue
                for of in list(self._of.values()):
                    if of.waiting and (of.telling is None or of.telling.done()):
                        of.telling = asyncio.create_task(self._tell(http, of))
                    elif of.told > of.noted:
                        await self._note(of)

    async def _tell(self, http: httpx.AsyncClient, of: ToTell) -> None:
        """All that waits of one operation, each in its turn."""
        mode = self._mode_of(of.operation_id)
        if mode == "exercise" or self._clock.simulated:
            of.waiting.clear()  # nothing of an exercise goes out
        if mode != "real":
            return
        async with self._room:
            count = 0
            while of.waiting:
                if of.noted == 0 and self._is_old(of.waiting[0].message):
                    of.waiting.popleft()  # a sink that is new here is not told what is long over
                    continue
                await self._until_done(http, of, of.waiting[0])
                count += 1
                if count % NOTED_EVERY == 0:
                    await self._note(of)

    def _is_old(self, message: Message) -> bool:
        return to_ms(message.at) < to_ms(self._clock.now()) - DAY_MS

    async def _until_done(self, http: httpx.AsyncClient, of: ToTell, head: Waiting) -> None:
        """Sends it again and again, ever more slowly, until the sink says 2xx or it is set aside."""
        waits: Iterator[float] = self._retries.waits_ms(random.random)
        refusals = 0
        while head in of.waiting:
            tried = await self._send(http, of, head)
            if tried.taken:
                return
            refusals += tried.refused
            if refusals >= REFUSALS and tried.refused and await self._is_its_own(http, of, tried, refusals):
                self._set_aside(of, head, tried)
                return
            wait_ms = next(waits)
            _log.warning(
                "a webhook did not take an alert", key=head.message.key(of.operation_id), why=tried.why,
                again_in_ms=round(wait_ms),
            )  # fmt: skip
            await asyncio.sleep(wait_ms / 1000)

    async def _is_its_own(self, http: httpx.AsyncClient, of: ToTell, tried: _Tried, refusals: int) -> bool:
        """Whether the refusal is about this alert: by its status, or as the sink takes another one.

        A sink with a wrong secret or address refuses all: nothing may be set aside for that.
        """
        if tried.status in OF_THE_BODY:
            return True
        others = len(of.waiting) - 1
        return (
            others > 0 and (await self._send(http, of, of.waiting[1 + (refusals - REFUSALS) % others])).taken
        )

    def _set_aside(self, of: ToTell, one: Waiting, tried: _Tried) -> None:
        self._refused += 1
        of.done(one, refused=tried.status)
        _log.error(
            "a webhook will not take an alert: it is set aside and not sent again",
            sink=self._webhook.name, key=one.message.key(of.operation_id), why=tried.why, tries=REFUSALS,
        )  # fmt: skip

    async def _send(self, http: httpx.AsyncClient, of: ToTell, one: Waiting) -> _Tried:
        """One try; what is taken waits no more."""
        about = self._about(of.operation_id, one.message.raised)
        body = one.message.body(of.operation_id, about)
        headers = {
            "content-type": MEDIA_TYPE,
            KEY_HEADER: one.message.key(of.operation_id),
            SIGNATURE_HEADER: signature_of(self._webhook.secret, int(time.time()), body),
        }
        try:
            answer = await http.post(self._webhook.url, content=body, headers=headers)
            tried = _Tried(answer.status_code, f"status {answer.status_code}")
        except httpx.HTTPError as error:
            tried = _Tried(None, repr(error))
        if tried.taken:
            self._sent += 1
            of.done(one)
        else:
            self._failed += 1
        return tried

    async def _note(self, of: ToTell) -> None:
        now_s = asyncio.get_running_loop().time()
        if of.told <= of.noted or now_s - of.asked_s < AGAIN_S:
            return
        of.asked_s = now_s
        data = NoteDelivery(sink=self._webhook.name, upto=of.told, refused=of.refused)
        also = f"-{len(data.refused)}" if data.refused else ""
        posted: Posted[Any] = Posted(
            id=f"told-{self._webhook.name}-{of.told}{also}",
            source=f"/posts/{OFFICE}/devices/{ACTOR}",
            type=TYPE_OF[NoteDelivery],
            time=of.told_at,
            channel="api",
            data=data,
        )
        caller = self._caller(of.operation_id)
        prepared = self._intake.prepare(posted, posted.type, of.operation_id, caller, None)
        try:
            if self._producer is None:
                self._producer = await self._log.producer()
            await self._producer.send(REPORTING_REQUESTS.name, prepared.record)
        except LogError as error:
            _log.warning("what a webhook took is noted later", why=str(error))
            await self._drop()

    def _caller(self, operation_id: str) -> Caller:
        """The service itself."""
        claims = Claims(role="ops_head", operation=operation_id, mode="real", service=ACTOR)
        return Caller(claims, ACTOR, claims.to_text(), 0, ACTOR)

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=False)
