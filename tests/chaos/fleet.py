"""Kafka and service processes that a test starts, kills, freezes and brings back; nothing outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pamwal.contracts.topics import PARTITIONS_DEFAULT
from pamwal.edge.issuer import Issuer
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.process import Role, ServicePlan, ServiceProcess, last_lines
from pamwal.wire.metrics import DECISIONS, OWNED
from pamwal.wire.partitioning import partition_of
from pamwal.wire.topics_admin import apply_topics
from tests.ports import reserved_port

REPOSITORY = Path(__file__).resolve().parents[2]
READY_S = 90.0
ENDS_WITHIN_S = 10.0
"""Twice as long as a service takes at most: the machine may be busy."""
DEADLINE_S = 90.0


class Member(ServiceProcess):
    """A process of the fleet; `module` is run in place of the service's own."""

    module: str | None = None

    def command(self) -> list[str]:
        python, _, _, *arguments = super().command()
        return [python, "-m", self.module or f"services.{self.plan.service}", *arguments]

    def freeze(self) -> None:
        """SIGSTOP: to the others it is dead, and it does not know."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: a zombie rises."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        assert pid is not None, self.why_not_ready("it does not run")
        os.kill(pid, number)

    async def leave(self) -> float:
        """SIGTERM; how many seconds it took to end, in order, by itself."""
        told_s = time.monotonic()
        self.ask_to_end()
        by_itself = await self.ended(ENDS_WITHIN_S)
        took_s = time.monotonic() - told_s
        assert by_itself, self.why_not_ready(f"did not end within {ENDS_WITHIN_S:.0f} s of SIGTERM")
        return took_s

    def said(self) -> str:
        """Everything it printed so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")


class Fleet:
    """`async with Fleet(state) as fleet`: a broker of its own with all topics, and processes as launched.

    PAMWAL_BOOTSTRAP_SERVERS must not be set: a broker that somebody else runs is not ours to kill.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self._ports = ExitStack()
        self.kafka: LocalKafka = running_kafka(state, port=self._free_port())
        self.issuer = Issuer(state / "issuer")
        self.http = httpx.AsyncClient(
            trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=100)
        )
        self.members: dict[str, Member] = {}

    @property
    def bootstrap_servers(self) -> str:
        return self.kafka.bootstrap_servers

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self.kafka.start)
            await asyncio.to_thread(apply_topics, self.bootstrap_servers)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._tell_last_lines()
        await self.close()

    async def close(self) -> None:
        """Ends whatever runs, by what was started here, and the broker."""
        try:
            await self.end_members()
        finally:
            await self.http.aclose()
            await asyncio.to_thread(self.kafka.stop)
            self._ports.close()

    async def end_members(self) -> None:
        """Ends every process that was launched here, in order if it will, and forgets it."""
        try:
            for member in self.members.values():
                if member.running:
                    member.thaw()
                    member.ask_to_end()
            await asyncio.gather(*(member.ended() for member in self.members.values()))
        finally:
            for member in self.members.values():
                member.abandon()
            self.members.clear()

    def _free_port(self) -> int:
        """A port that no other program takes while what has it is down."""
        return self._ports.enter_context(reserved_port())

    # -- processes -----------------------------------------------------------------------------------------

    def launch(
        self,
        name: str,
        service: str,
        role: Role,
        *,
        module: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Member:
        """`python -m services.{service} --role {role}`, or another module in its place."""
        environment = {
            "PAMWAL_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "PAMWAL_STATE": str(self.state),
            "PAMWAL_CLOCK": "system",
            "PAMWAL_REQUESTS_PER_S": "10000",
            "PYTHONPATH": str(REPOSITORY),
            **(settings or {}),
        }
        plan = ServicePlan(
            name=name,
            service=service,
            role=role,
            port=self._free_port(),
            operators_port=self._free_port(),
        )
        member = Member(plan, environment, self.state / "logs" / f"{name}.log")
        member.module = module
        self.members[name] = member
        member.start()
        return member

    async def ready(self, *names: str, within_s: float = READY_S) -> None:
        """All of these answer /readyz with 200; else ServiceNotReady with the last lines of one."""
        await asyncio.gather(*(self.members[name].until_ready(self.http, within_s) for name in names))

    async def readiness(self, name: str) -> tuple[int, str]:
        """What its /readyz says now: status and text; 0 while the process does not answer."""
        try:
            answer = await self.http.get(f"{self.members[name].plan.operators_address}/readyz", timeout=30.0)
        except httpx.TransportError as error:
            return 0, repr(error)
        return answer.status_code, answer.text

    async def until_red(self, name: str, *words: str, within_s: float = DEADLINE_S) -> str:
        """Until its /readyz is 503 and says all of these words; what it says then."""
        told = ""

        async def is_red() -> bool:
            nonlocal told
            status, told = await self.readiness(name)
            return status == 503 and all(word in told for word in words)

        await until(is_red, within_s, lambda: f"/readyz of {name} says {told}")
        return told

    # -- what deciders tell about themselves ---------------------------------------------------------------

    async def decided(self, name: str) -> dict[int, int]:
        """Partition → how many decisions this process wrote since it was started."""
        counts: dict[int, int] = {}
        for labels, value in await self._samples(name, DECISIONS.name):
            number = int(labels["partition"])
            counts[number] = counts.get(number, 0) + int(value)
        return counts

    async def owned(self, name: str) -> int:
        """How many partitions the group has dealt to it."""
        return sum(int(value) for _, value in await self._samples(name, OWNED.name))

    async def until_shared(self, *names: str, within_s: float = DEADLINE_S) -> dict[str, int]:
        """Until these own all partitions, none two more than another; how many each."""
        shares: dict[str, int] = {}

        async def is_shared() -> bool:
            nonlocal shares
            shares = {name: await self.owned(name) for name in names}
            fair = max(shares.values()) - min(shares.values()) <= 1
            return fair and sum(shares.values()) == PARTITIONS_DEFAULT

        await until(is_shared, within_s, lambda: f"the partitions are dealt {shares}")
        await self.ready(*names)
        return shares

    async def _samples(self, name: str, metric: str) -> list[tuple[dict[str, str], float]]:
        """Nothing while the process does not answer."""
        try:
            answer = await self.http.get(f"{self.members[name].plan.operators_address}/metrics", timeout=30.0)
        except httpx.TransportError:
            return []
        return [
            (sample.labels, sample.value)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == metric
        ]

    def _tell_last_lines(self) -> None:
        for name, member in self.members.items():
            print(f"--- the last lines of {name}\n{last_lines(member.log_file, 40)}")


@asynccontextmanager
async def a_fleet(state: Path) -> AsyncIterator[Fleet]:
    """A fleet with a broker of its own, whatever broker the rest of the tests use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAMWAL_BOOTSTRAP_SERVERS", raising=False)
        async with Fleet(state) as fleet:
            yield fleet


async def until(
    holds: Callable[[], Awaitable[Any]], within_s: float, otherwise: Callable[[], str], every_s: float = 0.05
) -> None:
    """Looks again and again until something holds; AssertionError with a sentence when the time is over."""
    try:
        async with asyncio.timeout(within_s):
            while not await holds():
                await asyncio.sleep(every_s)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:.0f} s: {otherwise()}") from None


def operations_everywhere(
    each: int, *, prefix: str = "op", partitions: int = PARTITIONS_DEFAULT
) -> list[str]:
    """Operations of which `each` live in every partition."""
    found: dict[int, list[str]] = {number: [] for number in range(partitions)}
    number = 0
    while any(len(names) < each for names in found.values()):
        name = f"{prefix}-{number}"
        home = found[partition_of(name.encode(), partitions)]
        if len(home) < each:
            home.append(name)
        number += 1
    return [name for names in found.values() for name in names]


def operation_in(partition: int, *, prefix: str = "op") -> str:
    """An operation that lives in this partition."""
    return operations_everywhere(1, prefix=prefix)[partition]
