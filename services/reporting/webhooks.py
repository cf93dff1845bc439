"""Delivers the alerts of real operations to a webhook: the facts of each operation in the order of the log.

What was committed is followed in the log, and how far it was delivered is noted there too (`DeliveryNoted`).
A process that dies between delivering and noting delivers again, under the same key; so do two processes with
one sink. While the sink is down one attempt at a time probes it for all operations. A message that the sink
refuses while it takes others is set aside, so that what comes after it is delivered (decision 23).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

import httpx
import structlog

from pamwal.client.backoff import Backoff
from pamwal.contracts.claims import DELIVERY_ID, Mode
from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import LogError
from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting_alerts import AlertRaised
from pamwal.contracts.reporting_deliveries import NoteDelivery
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.contracts.zones import DAY_MS
from pamwal.edge.app import Clock
from pamwal.edge.follow import Follower
from pamwal.edge.intake import Seal, without_seal
from pamwal.edge.key_registry import KeyRegistry
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.own_requests import OwnRequests
from services.reporting.views.about import About
from services.reporting.webhook_circuit import SinkCircuit
from services.reporting.webhook_messages import (
    KEY_HEADER,
    MEDIA_TYPE,
    SIGNATURE_HEADER,
    signature_of,
)
from services.reporting.webhook_metrics import SinkCounts
from services.reporting.webhook_queue import REFUSALS, ToTell, Waiting
from services.reporting.webhook_settings import Webhook
from services.reporting.works import Works

LOOK_S: Final = 0.2
NOTE_AGAIN_S: Final = 5.0
NOTE_AGAIN_MAX_S: Final = 320.0
"""So long the log may take to show a note before it is requested again: twice as long each time, to this."""
MESSAGES_PER_TURN: Final = 50
"""So many messages of an operation are sent in a row before other operations have their turn."""
ATTEMPT_S: Final = 10.0
"""So long the sink has to connect, take a message and answer with a status."""
OF_THE_BODY: Final = frozenset({400, 409, 413, 415, 422})
"""Statuses that are about what was sent, whatever becomes of other messages."""
LATER: Final = frozenset({408, 425, 429})
"""Statuses that ask for the same message again later: it is never set aside for them."""
SINK_RETRIES: Final = Backoff(first_ms=500, most_ms=15_000)
"""How long an attempt waits for a sink that was down at the last one."""
MESSAGE_RETRIES: Final = Backoff(first_ms=500, most_ms=60_000)
"""How long a message waits that was refused while the sink takes others."""
_log = structlog.get_logger(__name__)


class _Attempt(NamedTuple):
    status: int
    """0: no answer."""
    why: str

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


class Webhooks:
    """Delivers to one sink in the background, once the log is read to its end."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        mode_of: Callable[[str], Mode | None],
        webhook: Webhook,
        about: Callable[[str, AlertRaised], About],
        *,
        shard: Shard = WHOLE,
        seal: Seal = without_seal,
        keys: KeyRegistry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sink_retries: Backoff = SINK_RETRIES,
        message_retries: Backoff = MESSAGE_RETRIES,
    ) -> None:
        """`about`: what an operation's alert is about, by the plan as it is known here now.

        `shard`: whose alerts are delivered; those of others their own replicas deliver.
        `keys`: those of the log; nothing is noted there before they are known to be this process's.
        """
        self._clock, self._mode_of, self._webhook, self._about = clock, mode_of, webhook, about
        self._transport, self._message_retries = transport, message_retries
        self._requests = OwnRequests(log, clock, seal, keys)
        self._of: dict[str, ToTell] = {}
        self._sending: set[str] = set()
        """Operations of which a message is under way."""
        self._freed = asyncio.Event()
        """Set when one more attempt may have room."""
        self._circuit = SinkCircuit(sink_retries, random.random)
        self._not_noted: dict[str, Reason] = {}
        """Operation → why the log does not note how far the sink was told."""
        self._sent = self._failed = self._refused = self._dropped = 0
        self.follower = Follower(
            log, [REPORTING_DECISIONS.name], self._fold, only=lambda at: shard.holds(at.partition)
        )
        self._works = Works()

    @property
    def name(self) -> str:
        """Name of the sink."""
        return self._webhook.name

    @property
    def waiting(self) -> int:
        """How many messages were not taken yet."""
        return sum(len(each.waiting) for each in self._of.values())

    @property
    def caught_up(self) -> bool:
        """Whether all that stood in the log at the start was read."""
        return self.follower.level_once

    def trouble(self) -> str | None:
        """Why nothing or old things are delivered, or None: a check of `/readyz`."""
        return self._works.trouble() or self.follower.trouble()

    def notice(self) -> str | None:
        """Of which operations deliveries cannot be noted, and why, in a sentence; None if there are none."""
        if not self._not_noted:
            return None
        operation_id, why = next(iter(self._not_noted.items()))
        return (
            f"webhook {self.name}: deliveries of {len(self._not_noted)} operations are not noted in the log, "
            f"among them {operation_id} ({why.code}: {why.message}). A process that starts delivers again"
        )

    def counts(self) -> SinkCounts:
        """What the metrics say of this sink."""
        heads = [of.waiting[0] for of in self._of.values() if of.waiting and self._is_real(of)]
        now_ms = to_ms(self._clock.now())
        return SinkCounts(
            sink=self._webhook.name,
            sent=self._sent,
            failed=self._failed,
            refused=self._refused,
            dropped=self._dropped,
            waiting=sum(len(of.waiting) for of in self._of.values() if self._is_real(of)),
            oldest_s=max((max(0, now_ms - to_ms(each.message.at)) / 1000 for each in heads), default=0.0),
        )

    async def start(self) -> None:
        """Begins to follow and to deliver; returns at once."""
        await self.follower.start()
        self._works.begin(f"delivering to webhook {self.name}", self._run)
        self._works.begin(f"noting what webhook {self.name} took", self._note_all)

    async def stop(self) -> None:
        """Delivers no more; what was not taken is left to the next process."""
        await self._works.stop()
        await self.follower.stop()
        await self._requests.close()

    def _fold(self, at: TopicPartition, records: list[Record]) -> None:  # noqa: ARG002 - offsets are one partition's
        for record, decision in self.follower.decisions(records):
            of = self._of.get(decision.operationid)
            if of is None:
                of = self._of[decision.operationid] = ToTell(decision.operationid)
            of.answered(decision.data)
            for fact in decision.data.facts:
                of.take(fact, record.offset, self._webhook.name)

    def _is_real(self, of: ToTell) -> bool:
        return self._mode_of(of.operation_id) == "real"

    async def _run(self) -> None:
        async with (
            httpx.AsyncClient(transport=self._transport, timeout=ATTEMPT_S) as http,
            asyncio.TaskGroup() as group,
        ):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._freed.wait()
                self._freed.clear()
                if self.caught_up and self._clock.proof.trouble() is None:
                    self._begin(http, group)

    def _begin(self, http: httpx.AsyncClient, group: asyncio.TaskGroup) -> None:
        """Begins as many deliveries as there is room for, of operations that waited longest first."""
        now_s = asyncio.get_running_loop().time()
        room = self._circuit.room(len(self._sending), now_s)
        if room == 0:
            return
        ready = [
            of
            for of in self._of.values()
            if of.waiting and of.operation_id not in self._sending
            if self._may_send(of) and of.next(now_s) is not None
        ]
        ready.sort(key=lambda of: of.tried_s)
        for of in ready[:room]:
            self._sending.add(of.operation_id)
            group.create_task(self._deliver(http, of))

    def _may_send(self, of: ToTell) -> bool:
        """Whether a message of this operation is to be sent: none of an exercise ever is."""
        mode = self._mode_of(of.operation_id)
        if mode == "exercise" or self._clock.simulated:
            of.waiting.clear()
        elif mode == "real" and of.noted == 0:
            self._drop_old(of)
        return mode == "real" and bool(of.waiting)

    def _drop_old(self, of: ToTell) -> None:
        """A sink that never took anything of an operation is not sent alerts of more than a day ago."""
        dropped, last = 0, ""
        oldest_ms = to_ms(self._clock.now()) - DAY_MS
        while of.waiting and to_ms(of.waiting[0].message.at) < oldest_ms:
            last = of.waiting[0].message.at
            of.done(of.waiting[0])
            dropped += 1
        if dropped:
            self._dropped += dropped
            _log.warning(
                "alerts of more than a day ago are not sent to a webhook that took none of the operation",
                sink=self.name, operation=of.operation_id, dropped=dropped, last_at=last,
            )  # fmt: skip

    async def _deliver(self, http: httpx.AsyncClient, of: ToTell) -> None:
        """Sends messages of one operation, each when the last was taken, until one is not."""
        loop = asyncio.get_running_loop()
        try:
            for _ in range(MESSAGES_PER_TURN):
                one = of.next(loop.time())
                if one is None:
                    break
                of.tried_s = loop.time()
                attempt = await self._send(http, of, one)
                if not attempt.taken:
                    self._fail(of, one, attempt)
                    break
                self._sent += 1
                of.done(one)
                self._circuit.succeeded()
        finally:
            self._sending.discard(of.operation_id)
            self._freed.set()

    async def _send(self, http: httpx.AsyncClient, of: ToTell, one: Waiting) -> _Attempt:
        """One attempt. The answer is its status: its body, which may be large or never end, is not read."""
        about = self._about(of.operation_id, one.message.raised)
        body = one.message.body(of.operation_id, about)
        headers = {
            "content-type": MEDIA_TYPE,
            KEY_HEADER: one.message.key(of.operation_id),
            SIGNATURE_HEADER: signature_of(self._webhook.secret, int(time.time()), body),
        }
        try:
            async with (
                asyncio.timeout(ATTEMPT_S),
                http.stream("POST", self._webhook.url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
                if status == 204:
                    await answer.aread()  # there is no body: the connection can be used again
        except TimeoutError:
            return _Attempt(0, f"no status within {ATTEMPT_S:g} s")
        except httpx.HTTPError as error:
            return _Attempt(0, repr(error))
        return _Attempt(status, f"status {status}")

    def _fail(self, of: ToTell, one: Waiting, attempt: _Attempt) -> None:
        """Decides when the message is sent again, or that it is not.

        A failure is the message's own by its status, or if the sink took others since the message failed
        before. A sink at a wrong address or with a wrong secret refuses all: nothing is set aside for that.
        """
        now_s = asyncio.get_running_loop().time()
        others_taken = one.taken_then is not None and self._sent > one.taken_then
        its_own = attempt.status in OF_THE_BODY or (others_taken and attempt.status not in LATER)
        self._failed += 1
        of.tries += 1
        one.failures += 1
        one.taken_then = self._sent
        if attempt.status in OF_THE_BODY:
            self._circuit.succeeded()  # the sink works: it read what was sent
        elif not its_own:
            self._circuit.failed(now_s)
        key = one.message.key(of.operation_id)
        if its_own and one.failures >= REFUSALS:
            self._refused += 1
            of.done(one, refused=attempt.status)
            _log.error(
                "a webhook does not take an alert: it is set aside and not sent again",
                sink=self.name, key=key, why=attempt.why, tries=one.failures,
            )  # fmt: skip
            return
        if its_own:
            waits_ms = self._message_retries.waits_ms(random.random)
            one.retry_at_s = now_s + next(islice(waits_ms, one.failures - 1, None)) / 1000
        _log.warning(
            "a webhook did not take an alert: it is sent again later",
            sink=self.name, key=key, why=attempt.why, sink_down=self._circuit.is_open,
        )  # fmt: skip

    async def _note_all(self) -> None:
        """Notes in the background, so that a slow log delays no delivery."""
        while True:
            await asyncio.sleep(LOOK_S)
            for of in list(self._of.values()):
                await self._note(of)

    async def _note(self, of: ToTell) -> None:
        """Has the log note how far the sink was told, unless it says so already or refused that note."""
        now_s = asyncio.get_running_loop().time()
        if of.told <= of.noted:
            self._not_noted.pop(of.operation_id, None)
            return
        data = NoteDelivery(sink=self.name, upto=of.told, refused=of.refused)
        also = f"-{len(data.refused)}" if data.refused else ""
        name = f"{DELIVERY_ID}{self.name}-{of.told}{also}"
        if of.note_refused is not None and of.note_refused[0] == name:
            self._not_noted[of.operation_id] = of.note_refused[1]
            return
        anew = name != of.asked_name
        if now_s - of.asked_s < (NOTE_AGAIN_S if anew else of.ask_again_s):
            return
        of.ask_again_s = NOTE_AGAIN_S if anew else min(2 * of.ask_again_s, NOTE_AGAIN_MAX_S)
        of.asked_s, of.asked_name = now_s, name
        try:
            await self._requests.send(of.operation_id, "real", name, data, time=of.told_at)
        except LogError as error:
            _log.warning("what a webhook took is noted later", why=str(error))
