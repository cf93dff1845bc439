"""Processes with other keys than their log's, over a real Kafka: which of them start, and what they say."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pamwal.contracts.topics import FIELD_REQUESTS
from pamwal.edge.issuer import Issuer
from pamwal.edge.key_registry import PLACE
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.process import Role, ServicePlan, ServiceProcess
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.topics_admin import apply_topics
from tests.integration.commands import pamwal
from tests.ports import reserved_port
from tests.unit.checkin.said import check_in
from tests.wire.counting import outgoing

pytestmark = pytest.mark.kafka
READY_S = 90
Start = Callable[..., ServiceProcess]


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[LocalKafka]:
    """A log that nothing was started on."""
    with reserved_port() as port, running_kafka(tmp_path / "kafka", port=port) as broker:
        apply_topics(broker.bootstrap_servers, 1)
        yield broker


@pytest.fixture
async def log(own_kafka: LocalKafka) -> AsyncIterator[KafkaLog]:
    found = KafkaLog(own_kafka.bootstrap_servers)
    yield found
    await found.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def start(own_kafka: LocalKafka, tmp_path: Path) -> Iterator[Start]:
    """Starts a service with a state folder of that name."""
    started: list[ServiceProcess] = []

    def begin(name: str, service: str = "checkin", role: Role = "edge") -> ServiceProcess:
        environment = {
            "PAMWAL_BOOTSTRAP_SERVERS": own_kafka.bootstrap_servers,
            "PAMWAL_STATE": str(tmp_path / name),
            "PAMWAL_CLOCK": "system",
        }
        plan = ServicePlan(name=name, service=service, role=role)
        process = ServiceProcess(plan, {**os.environ, **environment}, tmp_path / f"{name}-{len(started)}.log")
        started.append(process)
        process.start()
        return process

    yield begin
    for process in started:
        process.abandon()


async def ended(process: ServiceProcess) -> tuple[int | None, str]:
    """How a process ends by itself, and what it said."""
    async with asyncio.timeout(READY_S):
        while process.running:
            await asyncio.sleep(0.05)
    return process.exit_code, process.log_file.read_text(encoding="utf-8")


async def test_a_process_with_another_secret_refuses_until_the_keys_are_copied(
    start: Start, http: httpx.AsyncClient, log: KafkaLog, tmp_path: Path
) -> None:
    producer = await log.producer()  # an old log: it has requests, and no keys
    await producer.send(FIELD_REQUESTS.name, outgoing(check_in("r1", "08:00")))
    await producer.close()
    await start("first").until_ready(http, READY_S)
    assert (await log.end_offsets([PLACE]))[PLACE] == 1

    code, said = await ended(start("second"))
    assert code == 2
    first, second = (tmp_path / name / "issuer" / "secret" for name in ("first", "second"))
    assert said.count(f"copy {first} from {socket.gethostname()} to {second}") == 1
    assert "Traceback" not in said
    shutil.copytree(tmp_path / "first" / "issuer", tmp_path / "second" / "issuer")
    await start("second").until_ready(http, READY_S)
    await start("first", role="all").until_ready(http, READY_S)
    assert (await log.end_offsets([PLACE]))[PLACE] == 1


async def test_of_two_processes_that_start_at_the_same_time_one_stays(
    start: Start, http: httpx.AsyncClient, log: KafkaLog
) -> None:
    both = [start(name) for name in ("first", "second")]
    async with asyncio.timeout(READY_S):
        while all(each.running for each in both):
            await asyncio.sleep(0.05)
    (lost,) = [each for each in both if not each.running]
    (won,) = [each for each in both if each.running]
    await won.until_ready(http, READY_S)
    assert (await ended(lost))[0] == 2
    record = await log.fetch(PLACE, 0)
    assert record is not None
    assert f"/{won.plan.name}/issuer/secret".encode() in record.value


async def test_a_process_that_waited_for_kafka_refuses_when_it_comes(
    own_kafka: LocalKafka, start: Start, http: httpx.AsyncClient
) -> None:
    await start("first").until_ready(http, READY_S)
    await asyncio.to_thread(own_kafka.stop)
    waiting = start("second")
    await waiting.until_ready(http, READY_S, "/healthz")
    assert "keys" in (await http.get(f"{waiting.plan.operators_address}/readyz")).text
    await asyncio.to_thread(own_kafka.start)
    code, said = await ended(waiting)
    assert code == 2
    assert "start it again" in said


async def test_a_rotation_publishes_both_keys_and_only_the_new_one_signs(
    start: Start, http: httpx.AsyncClient, own_kafka: LocalKafka, tmp_path: Path
) -> None:
    running = start("first", "reporting")
    await running.until_ready(http, READY_S)
    folder = tmp_path / "first" / "issuer"
    old = Issuer(folder)

    said = await pamwal(own_kafka, tmp_path / "first", "keys", "rotate")
    new = Issuer(folder)
    assert new.kid in said
    listed = await pamwal(own_kafka, tmp_path / "first", "keys", "list")
    assert [line.split()[2] for line in listed.splitlines() if line.startswith("signing")] == [
        old.kid,
        new.kid,
    ]

    running.ask_to_end()
    await running.ended()
    running.start()
    await running.until_ready(http, READY_S)
    published = (await http.get(f"{running.plan.address}/reporting/v1/keys")).json()["keys"]
    assert {each["kid"] for each in published} == {old.kid, new.kid}
    for issuer, expected in ((old, 404), (new, 404), (Issuer(tmp_path / "stranger"), 401)):
        token = issuer.issue(role="ops_head", operation="none", mode="real", subject="s")
        answer = await http.get(
            f"{running.plan.address}/reporting/v1/operations/none/sitreps/1",
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.status_code == expected, answer.text
