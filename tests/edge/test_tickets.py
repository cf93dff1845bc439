"""A one-time link works once, whichever process it is opened at, and after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import msgspec
import pytest

from pamwal.contracts.errors import AccessDenied, LogUnavailable
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.auth import TokenClaims
from pamwal.edge.metrics import Metrics
from pamwal.edge.sender import Sender
from pamwal.edge.sessions import ENTER
from pamwal.edge.tickets import CLOCKS_MS, MARK, UsedTickets
from pamwal.local.kafka import LocalKafka
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, Receipt, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from tests.edge.house import House, a_house, until
from tests.wire.conftest import create_topic
from tests.wire.witness import everything

BOUND = {"role": "viewer", "operation": "op", "mode": "exercise", "subject": "kasat"}


def ticket(house: House, **more: object) -> str:
    return house.issuer.ticket(**{**BOUND, **more})  # type: ignore[arg-type]


async def opened(house: House, given: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(house.edge.app), base_url="http://127.0.0.1"
    ) as browser:
        return await browser.post(ENTER, data={"ticket": given})


async def test_a_link_used_at_one_process_is_used_at_another_and_after_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path) as one:
        given = ticket(one)
        async with a_house(tmp_path, log=one.log, decides=False) as other:
            assert (await opened(one, given)).status_code == 303
            for house in (other, one):
                again = await opened(house, given)
                assert (again.status_code, again.json()["code"]) == (401, "used_ticket")
                assert "set-cookie" not in again.headers
        async with a_house(tmp_path, log=one.log, decides=False) as restarted:
            assert (await opened(restarted, given)).json()["code"] == "used_ticket"
            assert (await opened(restarted, ticket(one))).status_code == 303


@pytest.mark.parametrize("operation", ["op", "*"])
async def test_of_many_who_open_a_link_at_once_one_gets_in(tmp_path: Path, operation: str) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(a_house(tmp_path))
        houses = [first]
        for _ in range(3):
            house = a_house(tmp_path, log=first.log, decides=False)
            houses.append(await stack.enter_async_context(house))
        role = {"role": "admin", "operation": "*"} if operation == "*" else {}
        for _ in range(10):
            given = ticket(first, **role)
            answers = await asyncio.gather(*(opened(house, given) for house in houses for _ in range(2)))
            assert sorted(each.status_code for each in answers) == [303] + [401] * 7


async def test_the_record_names_neither_person_nor_ticket(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        assert (await opened(house, ticket(house))).status_code == 303
        (record,) = await everything(house.log, PERSONAL.name)
    assert (record.key or b"").startswith(f"op/{MARK}".encode())
    assert b"kasat" not in record.value
    assert msgspec.json.decode(record.value)["words"] == {}


async def test_while_the_log_is_away_a_link_is_not_used_up(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        given = ticket(house)
        house.log.faults = Faults(send_lost=1.0)
        away = await opened(house, given)
        assert (away.status_code, away.json()["code"]) == (503, "not_kept")
        house.log.faults = Faults()
        await house.until_ready()
        assert (await opened(house, given)).status_code == 303


def claims(jti: str) -> TokenClaims:
    now_s = int(time.time())
    return TokenClaims(
        sub="a", exp=now_s + 100, iat=now_s, role="viewer", operation="op", mode="exercise", jti=jti
    )


def proven() -> ClockProof:
    """A clock that is as the broker's."""
    proof = ClockProof(lambda: 0, monotonic=lambda: 0)
    reading = proof.read()
    proof.take(reading, reading.system_ms, reading)
    return proof


async def used(tickets: UsedTickets, given: TokenClaims) -> bool:
    """Whether a ticket lets in."""
    try:
        await tickets.use(given)
    except AccessDenied:
        return False
    return True


async def answering(sender: Sender, topic: str) -> None:
    """Waits until a new topic has leaders for its partitions."""
    async with asyncio.timeout(120):
        while True:
            await until(lambda: sender.trouble is None)
            with contextlib.suppress(LogUnavailable):
                results = await sender.send_all(topic, [Outgoing(b"op/%d" % each, b"") for each in range(50)])
                if all(isinstance(each, Receipt) for each in results):
                    return
            await asyncio.sleep(0.1)


@pytest.mark.kafka
async def test_over_kafka_the_first_use_is_found_among_other_records(kafka: LocalKafka) -> None:
    topic = f"tickets-{uuid.uuid4()}"
    create_topic(kafka.bootstrap_servers, topic, partitions=4)
    log = KafkaLog(kafka.bootstrap_servers)
    sender = Sender(log, Metrics(), proven(), unacked_max=1000)
    sender.start()
    try:
        await answering(sender, topic)
        for number in range(3):
            given = claims(f"ticket-{number}")
            noise = [Outgoing(f"op/noise-{each}".encode(), b"{}") for each in range(200)]
            await sender.send_all(topic, noise)
            answers = await asyncio.gather(*(used(UsedTickets(log, sender, topic), given) for _ in range(4)))
            assert sorted(answers) == [False, False, False, True]
            await sender.send_all(topic, noise)
            assert not await used(UsedTickets(log, sender, topic), given)
    finally:
        await sender.stop()
        await log.close()


async def test_a_ticket_whose_use_is_not_known_to_be_kept_lets_in_at_most_once(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        given = ticket(house)
        house.log.faults = Faults(send_unanswered=1.0)
        assert (await opened(house, given)).status_code == 503
        house.log.faults = Faults()
        await house.until_ready()
        assert (await opened(house, given)).json()["code"] == "used_ticket"


async def test_records_older_than_a_ticket_are_not_read() -> None:
    now_ms = [1_000_000_000_000]
    log = MemoryLog(partitions=1, clock_ms=lambda: now_ms[0])
    log.create_topics()
    sender = Sender(log, Metrics(), proven(), unacked_max=1000)
    sender.start()
    await until(lambda: sender.trouble is None)
    for number in range(100):
        await sender.send(PERSONAL.name, Outgoing(b"op/%d" % number, b"{}"))
        now_ms[0] += CLOCKS_MS
    at = TopicPartition(PERSONAL.name, 0)
    since = await UsedTickets(log, sender)._since(at, 100, now_ms[0] - 10 * CLOCKS_MS)
    await sender.stop()

    assert since == 90
