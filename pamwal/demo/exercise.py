"""The run itself: services up, the plan, the day with its crashes, and what must come out."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from msgspec import Struct
from rich.console import Console

from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.claims import Role
from pamwal.contracts.errors import LogUnavailable
from pamwal.contracts.instants import from_ms
from pamwal.demo.checks import Check, Evidence, checks
from pamwal.demo.crashes import Crashes
from pamwal.demo.day import POSTS
from pamwal.demo.evidence import collect
from pamwal.demo.narrator import DayLine, Narrator
from pamwal.demo.player import ADMIN, PLANNER, Clients, Player
from pamwal.demo.sayings import Service
from pamwal.demo.scenario import ENDS_MS, STARTS_MS, Scenario, scenario
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import Issuer
from pamwal.stack.first import first_of
from pamwal.stack.stack import APART, Stack
from pamwal.wire.groups import deciding_now

LEAD_S: Final = 10.0
"""Real seconds between the start of the services and the beginning of the day: time to start and to plan."""
ANSWERS_WITHIN_S: Final = 300.0
"""What is not answered so long after it was first said counts as unanswered."""
TELL_EVERY_S: Final = 0.2
OTHERS: Final = (
    "the Kafka at {} has deciders of {} that this demo did not start. They will decide some of its requests, "
    "by their own clock in place of 3 October 2024: expect fewer alerts, and numbers that do not hold. "
    "Stop them, or name another broker in PAMWAL_BOOTSTRAP_SERVERS"
)


class Options(Struct, frozen=True, kw_only=True):
    """How to run: `day_s` real seconds for the whole day."""

    state: Path
    seed: int = 2024
    day_s: float = 60.0


class Outcome(Struct, frozen=True, kw_only=True):
    """What came out, and whether all of it had to."""

    evidence: Evidence
    checks: list[Check]

    @property
    def holds(self) -> bool:
        """Every expected number holds."""
        return all(check.holds for check in self.checks)


class Exercise:
    """One run of the whole day. `async with` frees everything it started."""

    def __init__(self, options: Options, console: Console) -> None:
        self.options, self._narrator = options, Narrator(console)
        self.day: Scenario = scenario(options.seed)
        self.operation_id = new_operation_id()
        self.issuer = Issuer(options.state / "issuer")
        self.stack = Stack(options.state, APART, exercise=True)
        self.receipts_file = options.state / "receipts" / f"{self.operation_id}.txt"
        self.clock = Clock()

    async def start(self) -> None:
        """Kafka, topics and services, on the simulated clock; the day begins `LEAD_S` later."""
        begun_s = time.monotonic()
        await self.stack.start_kafka()
        self._narrator.step("Kafka", f"at {self.stack.bootstrap_servers}, topics in place{_since(begun_s)}")
        if (warning := await asyncio.to_thread(self._others_decide)) is not None:
            self._narrator.warning(warning)
        begun_s = time.monotonic()
        self.clock = day_clock(self.options.day_s, LEAD_S)
        self.stack.clock = self.clock.text()
        await self.stack.start_parts()
        for part in APART:
            plan = self.stack.plan(part.name)
            pid = self.stack.process(part.name).pid
            self._narrator.step(part.name, f"process {pid} at {plan.address}")
        self._narrator.step("ready", _since(begun_s).strip(" ()"))

    def _others_decide(self) -> str | None:
        """What it means that services which are not ours decide on this Kafka; None if there are none."""
        if self.stack.kafka.started_here:
            return None
        servers, services = self.stack.bootstrap_servers, dict.fromkeys(part.service for part in APART)
        try:
            others = deciding_now(servers, services, self.stack.security)
        except LogUnavailable as error:
            return f"whether other services decide on this Kafka too is not known: {error}"
        return OTHERS.format(servers, ", ".join(others)) if others else None

    async def play(self) -> Outcome:
        """The plan and the day, then what the services and the log say of it."""
        with ReceiptBook(self.receipts_file) as receipts:
            async with self._kept_running(), self._clients(receipts) as clients:
                player = Player(self.operation_id, clients, self.clock)
                begun_s = time.monotonic()
                await player.plan(self.day)
                self._narrator.step("planned", _plan_text(self.day) + _since(begun_s))
                crashes = Crashes(self.stack, self.clock, self._narrator)
                await self._day(player, crashes)
                evidence = await collect(self, player, crashes, receipts)
                await crashes.shrink()
        return Outcome(evidence=evidence, checks=checks(self.day, evidence))

    async def _day(self, player: Player, crashes: Crashes) -> None:
        """Every post speaks and things break, until all is answered and every process is back."""
        planned = len(player.heard)

        async def tell(line: DayLine) -> None:
            while True:
                line.tell(self.clock.now_ms(), len(player.heard) - planned, len(player.surprises))
                await asyncio.sleep(TELL_EVERY_S)

        with self._narrator.day(len(self.day.sayings)) as line:
            telling = asyncio.ensure_future(tell(line))
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(crashes.happen())
                    group.create_task(player.play(self.day.sayings))
            except BaseExceptionGroup as failed:
                raise first_of(failed) from None
            finally:
                telling.cancel()
            line.tell(self.clock.now_ms(), len(player.heard) - planned, len(player.surprises))

    @asynccontextmanager
    async def _kept_running(self) -> AsyncIterator[None]:
        """Starts a service or broker again that ends by itself meanwhile, and the day goes on.

        ServiceNotReady if a service keeps ending.
        """
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self.stack.watch(self._narrator.warning))
                try:
                    yield
                finally:
                    watching.cancel()
        except BaseExceptionGroup as failed:
            raise first_of(failed) from None

    @asynccontextmanager
    async def _clients(self, receipts: ReceiptBook) -> AsyncIterator[Clients]:
        """A client per post and service, each with its own token, and the planner's."""
        patience = Patience(deadline_s=ANSWERS_WITHIN_S)
        services: tuple[Service, ...] = ("scheduler", "checkin")
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(trust_env=False, limits=limits) as http:
            clients: dict[tuple[str, Service], ServiceClient] = {}
            for holder in [ADMIN, PLANNER, *(post.post_id for post in POSTS)]:
                token = self.token(holder)
                for service in services:
                    clients[holder, service] = ServiceClient(
                        http, self.stack.plan(service).api, token, receipts=receipts, patience=patience
                    )
            yield clients

    def token(self, holder: str) -> str:
        """A token of the exercise: the admin's, the head of operations', or a post's."""
        role: Role = "admin" if holder == ADMIN else "ops_head" if holder == PLANNER else "command_post"
        return self.issuer.issue(
            role=role,
            operation=self.operation_id,
            mode="exercise",
            subject=f"{role}@{holder}",
            post=holder if role == "command_post" else None,
        )


def new_operation_id() -> str:
    """Every run opens its own operation, so that runs share a log without meeting."""
    return f"latihan-kupang-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def day_clock(day_s: float, lead_s: float) -> Clock:
    """A clock that shows the day's beginning `lead_s` from now, its end `day_s` later, then goes normally."""
    speed = round((ENDS_MS - STARTS_MS) / 1000 / day_s, 1)
    anchor_ms = time.time_ns() // 1_000_000 + round(lead_s * 1000)
    return Clock.parse(f"{from_ms(STARTS_MS)}x{speed:g}@{anchor_ms}..{from_ms(ENDS_MS)}")


def _plan_text(day: Scenario) -> str:
    truth = day.truth
    return f"{len(truth.rallies)} rallies, {len(truth.officers)} officers ordered and acknowledged"


def _since(begun_s: float) -> str:
    return f" ({time.monotonic() - begun_s:.1f} s)"
