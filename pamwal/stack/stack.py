"""Kafka, topics and service processes together: started in order, ready, and always ended."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from msgspec import Struct

from pamwal.contracts.errors import ServiceNotReady, TopicMismatch
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from pamwal.edge.settings import OPERATORS_ABOVE
from pamwal.kafka_settings import command_security
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.broker import keep_running
from pamwal.stack.first import first_of
from pamwal.stack.ports import DEFAULT
from pamwal.stack.process import Role, ServicePlan, ServiceProcess
from pamwal.wire.topics_admin import apply_topics, has_mark, holds_requests, holds_topics

READY_LIMIT_S = 60.0
WATCH_EVERY_S = 1.0
AGAIN_MAX, AGAIN_WITHIN_S = 3, 60.0


class Part(Struct, frozen=True, kw_only=True):
    """A service in a role. `own_port`: where people expect it, if that port is free."""

    name: str
    service: str
    role: Role
    own_port: bool = True


SERVICES = (
    Part(name="scheduler", service="scheduler", role="all"),
    Part(name="checkin", service="checkin", role="all"),
    Part(name="reporting", service="reporting", role="all"),
)
"""The whole product in three processes."""
APART = (
    SERVICES[0],
    Part(name="checkin", service="checkin", role="edge"),
    Part(name="checkin-decider", service="checkin", role="decider", own_port=False),
    SERVICES[2],
)
"""The checkin decider as a process of its own, so that it can be killed while its edge goes on."""


class Stack:
    """`async with Stack(state, parts) as stack`: all ready inside the block, all gone after it.

    `exercise` marks the cluster as one where simulated clocks are allowed; a given cluster that already holds
    Pamwal's topics is not marked behind its owner's back, nor one of ours in which anything was planned.
    `clock` is the PAMWAL_CLOCK of every process.
    """

    def __init__(
        self, state: Path, parts: Sequence[Part] = SERVICES, *, exercise: bool = False, clock: str = "system"
    ) -> None:
        self._state, self._parts, self._exercise, self.clock = state.absolute(), parts, exercise, clock
        self.security = command_security()
        self._kafka: LocalKafka = running_kafka(self._state, security=self.security)
        self._processes: dict[str, ServiceProcess] = {}
        self._http = httpx.AsyncClient(trust_env=False)

    @property
    def bootstrap_servers(self) -> str:
        """The broker, once started."""
        return self._kafka.bootstrap_servers

    @property
    def kafka(self) -> LocalKafka:
        """The broker itself."""
        return self._kafka

    @property
    def log_folder(self) -> Path:
        """What the services print goes here, a file each."""
        return self._state / "logs"

    def process(self, name: str) -> ServiceProcess:
        """A part's process. KeyError if there is none of that name."""
        return self._processes[name]

    def plan(self, name: str) -> ServicePlan:
        """Where a part is."""
        return self._processes[name].plan

    # -- start and end -------------------------------------------------------------------------------------

    async def start_kafka(self) -> None:
        """The broker answers and has every topic. LocalKafkaError, TopicMismatch."""
        await self._kafka.__aenter__()
        await asyncio.to_thread(self._apply_topics)

    async def start_parts(self) -> None:
        """Every part runs and is ready. ServiceNotReady."""
        for part in self._parts:
            self.launch(part)
        await self.until_ready(*(part.name for part in self._parts))

    def launch(self, part: Part) -> ServiceProcess:
        """Starts one more process; `until_ready` waits for it."""
        port = DEFAULT[part.service] if part.own_port else 0
        plan = ServicePlan(
            name=part.name,
            service=part.service,
            role=part.role,
            port=port,
            operators_port=port + OPERATORS_ABOVE if port else 0,
            host=os.environ.get("PAMWAL_HOST", "127.0.0.1") if part.own_port else "127.0.0.1",
        )
        process = ServiceProcess(plan, self._environment(), self.log_folder / f"{part.name}.log")
        self._processes[part.name] = process
        process.start(other_ports=True)
        return process

    async def until_ready(self, *names: str, within_s: float = READY_LIMIT_S) -> None:
        """Waits for all of them at once. ServiceNotReady of the first that fails."""
        try:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(self._processes[name].until_ready(self._http, within_s))
        except BaseExceptionGroup as failed:
            raise first_of(failed) from None

    async def watch(self, say: Callable[[str], None] = lambda _sentence: None) -> None:
        """Starts again what ends by itself, also a broker that was started here, and says so; returns never.

        ServiceNotReady with its last lines if a service ends a fourth time within a minute: then something is
        wrong with it that starting again does not mend.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.keep_kafka(say))
                group.create_task(self._watch_processes(say))
        except BaseExceptionGroup as failed:
            raise first_of(failed) from None

    async def keep_kafka(self, say: Callable[[str], None]) -> None:
        """Starts a broker again that was started here and ended by itself, and says so; returns never."""
        await keep_running(self._kafka, say, look_every_s=WATCH_EVERY_S)

    async def _watch_processes(self, say: Callable[[str], None]) -> None:
        ended: dict[str, list[float]] = {}
        while True:
            for name, process in list(self._processes.items()):
                if process.running:
                    continue
                now = time.monotonic()
                ended[name] = [each for each in ended.get(name, []) if now - each < AGAIN_WITHIN_S] + [now]
                if len(ended[name]) > AGAIN_MAX:
                    why = process.why_not_ready("it ended by itself")
                    raise ServiceNotReady(f"{AGAIN_MAX + 1} times within a minute, so all is stopped: {why}")
                say(f"{name} ended with exit code {process.exit_code}; started again, {process.plan.address}")
                process.start()
            await asyncio.sleep(WATCH_EVERY_S)

    async def end(self, *names: str) -> list[str]:
        """Ends these processes in order; returns the names of those that had to be killed."""
        ending = [self._processes.pop(name) for name in names]
        for process in ending:
            process.ask_to_end()
        by_themselves = await asyncio.gather(*(process.ended() for process in ending))
        return [process.plan.name for process, good in zip(ending, by_themselves, strict=True) if not good]

    async def __aenter__(self) -> Self:
        try:
            await self.start_kafka()
            await self.start_parts()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every process and, if it was started here, the broker; also when cancelled meanwhile."""
        ending = asyncio.ensure_future(self._close())
        while not ending.done():
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:
                if ending.cancelled():
                    raise
        await ending

    async def _close(self) -> None:
        try:
            await self.end(*self._processes)
        finally:
            for process in self._processes.values():
                process.abandon()
            self._processes.clear()
            await self._http.aclose()
            await self._kafka.__aexit__(None, None, None)

    # -- what the processes are told -----------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        return {
            "PAMWAL_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "PAMWAL_STATE": str(self._state),
            "PAMWAL_CLOCK": self.clock,
        }

    def _may_be_real(self, servers: str) -> bool:
        """A given cluster with our topics belongs to others; one started here was used if it was asked."""
        if self._kafka.started_here:
            return holds_requests(servers, SCHEDULING_REQUESTS.name, self.security)
        return holds_topics(servers, self.security)

    def _apply_topics(self) -> None:
        servers = self.bootstrap_servers
        if self._exercise and not has_mark(servers, self.security) and self._may_be_real(servers):
            raise TopicMismatch(
                f"the cluster at {servers} was used and is not marked for exercises, so no simulated clock "
                "may run there. Set PAMWAL_STATE to another folder, or mark it if it holds nothing real: "
                "pamwal topics apply --exercise"
            )
        apply_topics(servers, exercise=self._exercise, security=self.security)
