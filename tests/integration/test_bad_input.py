"""Bad input at the real services on a real Kafka: turned away with a reason, or refused and kept."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from pamwal.client.identifiers import new_id
from pamwal.contracts.codec import decode_decision
from pamwal.contracts.field import CheckIn
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, SCHEDULING_REQUESTS
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import TopicPartition
from tests.chaos.evidence import settled, stored
from tests.chaos.fleet import Fleet, a_fleet
from tests.integration.campaign import (
    HEAD,
    KELAPA_LIMA,
    OFFICER,
    POST_KELAPA_LIMA,
    POST_OEBOBO,
    Speaker,
    body_of,
)
from tests.integration.freezing import freeze
from tests.unit.scheduler.asked import notice, order, orders

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

SERVICES: Final = ("scheduler", "checkin", "reporting")
OPERATION = "latihan-masukan"
DEADLINE_S = 90.0
ARRIVAL = CheckIn(officer_id=OFFICER, place="rally/oebobo-1", method="manual")
NOTICE = notice("oebobo-1")
TAKES: Final = {"checkin": ("/check-ins", ARRIVAL), "scheduler": ("/rallies:notice", NOTICE)}
"""What each service that takes requests takes: a path, and what is said there."""
CLAIMS: Final = ("reporting", "/claims:check")
EVERYWHERE: Final = [*((service, path) for service, (path, _) in TAKES.items()), CLAIMS]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """All three services, as a whole product runs them."""
    async with a_fleet(tmp_path_factory.mktemp("bad-input")) as fleet:
        for service in SERVICES:
            fleet.launch(service, service, "all")
        await fleet.ready(*SERVICES)
        yield fleet


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def speaker(fleet: Fleet) -> Speaker:
    """Who speaks to them; the campaign is open."""
    apis = {service: fleet.members[service].plan.api for service in SERVICES}
    speaker = Speaker(fleet.http, fleet.issuer, apis)
    await speaker.open_campaign(OPERATION)
    return speaker


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def log(fleet: Fleet) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(fleet.bootstrap_servers)
    yield log
    await log.close()


async def kept(log: KafkaLog) -> int:
    """How many requests the log holds, of both services."""
    total = 0
    for topic in (FIELD_REQUESTS.name, SCHEDULING_REQUESTS.name):
        places = [TopicPartition(topic, n) for n in range(await log.partition_count(topic))]
        total += sum((await log.end_offsets(places)).values())
    return total


@asynccontextmanager
async def adding(log: KafkaLog, requests: int) -> AsyncIterator[None]:
    """Inside, so many requests get into the log."""
    before = await kept(log)
    yield
    assert await kept(log) - before == requests


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body, if the answer is that problem: with a stable type, and what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["code"]) == (f"urn:pamwal:problem:{code}", code)
    assert body["title"]
    assert body["detail"]
    return body


# -- turned away: nothing of it is in the log ---------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b'{"id": ', b"\xff\xfe"])
@pytest.mark.parametrize(("service", "path"), EVERYWHERE)
async def test_broken_json(speaker: Speaker, log: KafkaLog, service: str, path: str, body: bytes) -> None:
    async with adding(log, 0):
        problem_of(await speaker.post(OPERATION, path, body, service=service), 400, "undecodable")


@pytest.mark.parametrize("service", TAKES)
async def test_an_unknown_type(speaker: Speaker, log: KafkaLog, service: str) -> None:
    path, data = TAKES[service]
    body = body_of(data, type="pamwal.field.sing.v1")
    async with adding(log, 0):
        answer = await speaker.post(OPERATION, path, body, service=service)
        assert problem_of(answer, 422, "malformed")["path"] == "$.type"


@pytest.mark.parametrize("service", TAKES)
async def test_in_a_batch_an_unknown_type_harms_no_other_row(
    speaker: Speaker, log: KafkaLog, service: str
) -> None:
    _, data = TAKES[service]
    rows = [body_of(data), body_of(data, type="pamwal.field.sing.v1"), body_of(data, time=5), body_of(data)]
    async with adding(log, 2):
        answer = await speaker.post(OPERATION, "/batch", rows, service=service)
    told = answer.json()
    assert [row["status"] for row in told] == [201, 422, 422, 201]
    assert [row.get("code") for row in told] == [None, "unknown_type", "malformed", None]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"id": 7}, "$.id"),
        ({"time": "yesterday"}, "$.time"),
        ({"channel": "pigeon"}, "$.channel"),
        ({"source": "posko"}, "$.source"),
        ({"data": []}, "$.data"),
    ],
)
@pytest.mark.parametrize("service", TAKES)
async def test_wrong_types_are_named(
    speaker: Speaker, log: KafkaLog, service: str, wrong: dict[str, Any], path: str
) -> None:
    where, data = TAKES[service]
    async with adding(log, 0):
        answer = await speaker.post(OPERATION, where, body_of(data) | wrong, service=service)
    assert problem_of(answer, 422, "malformed")["path"] == path


async def test_wrong_types_of_what_is_read(speaker: Speaker) -> None:
    service, path = CLAIMS
    answer = await speaker.post(OPERATION, path, {"stated": {"personnel": "many"}}, service=service)
    assert answer.status_code == 422
    problem_of(answer, 422, "malformed")


@pytest.mark.parametrize(("service", "path"), EVERYWHERE)
async def test_five_megabytes(speaker: Speaker, log: KafkaLog, service: str, path: str) -> None:
    async with adding(log, 0):
        answer = await speaker.post(OPERATION, path, b" " * 5_000_000, service=service)
    problem_of(answer, 413, "too_large")


@pytest.mark.parametrize(("service", "path"), EVERYWHERE)
async def test_no_token(speaker: Speaker, log: KafkaLog, service: str, path: str) -> None:
    async with adding(log, 0):
        answer = await speaker.post(OPERATION, path, body_of(ARRIVAL), service=service, by=None)
    problem_of(answer, 401, "no_token")
    assert "Bearer" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("service", "path"), EVERYWHERE)
async def test_an_expired_token(speaker: Speaker, log: KafkaLog, service: str, path: str) -> None:
    expired = speaker.bearer(OPERATION, POST_OEBOBO, lifetime_s=-10)
    async with adding(log, 0):
        answer = await speaker.post(
            OPERATION, path, body_of(ARRIVAL), service=service, by=None, headers=expired
        )
    problem_of(answer, 401, "expired_token")


@pytest.mark.parametrize(("service", "path"), EVERYWHERE)
async def test_a_token_of_another_operation(speaker: Speaker, log: KafkaLog, service: str, path: str) -> None:
    foreign = speaker.bearer("another", POST_OEBOBO)
    async with adding(log, 0):
        answer = await speaker.post(
            OPERATION, path, body_of(ARRIVAL), service=service, by=None, headers=foreign
        )
    problem_of(answer, 403, "wrong_operation")


# -- kept, and answered with a decision ---------------------------------------------------------------------


@pytest.mark.parametrize("service", TAKES)
async def test_unknown_fields_are_tolerated(speaker: Speaker, log: KafkaLog, service: str) -> None:
    path, data = TAKES[service]
    body = body_of(data, mood="fine")
    body["data"]["shoe_size"] = 43
    async with adding(log, 1):
        answer = await speaker.post(OPERATION, path, body, service=service)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("service", TAKES)
async def test_a_token_of_another_post_is_refused_and_kept(
    speaker: Speaker, log: KafkaLog, service: str
) -> None:
    path, data = TAKES[service]
    body = body_of(data)
    async with adding(log, 2):
        answers = [
            await speaker.post(OPERATION, path, body, service=service, by=POST_KELAPA_LIMA) for _ in range(2)
        ]
    for answer in answers:
        assert problem_of(answer, 409, "not_yours")["reason"]["code"] == "not_yours"
    assert answers[0].json()["reason"] == answers[1].json()["reason"], "judged again: it took no id"


@pytest.mark.parametrize("service", TAKES)
async def test_the_same_key_with_another_body(speaker: Speaker, log: KafkaLog, service: str) -> None:
    path, data = TAKES[service]
    body = body_of(data)
    other = body | {"time": "2024-10-03T02:00:00.000Z"}
    async with adding(log, 4):
        first = await speaker.post(OPERATION, path, body, service=service)
        reused = await speaker.post(OPERATION, path, other, service=service)
        again = await speaker.post(OPERATION, path, body, service=service)
        reused_again = await speaker.post(OPERATION, path, other, service=service)
    assert first.status_code == 201
    assert "new id" in problem_of(reused, 422, "key_reused")["detail"]
    assert (again.status_code, again.content) == (201, first.content)
    problem_of(reused_again, 422, "key_reused")


async def test_a_lost_409_asked_for_again_is_that_409(speaker: Speaker, log: KafkaLog) -> None:
    operation = "latihan-409"
    await speaker.open_campaign(operation)
    wins = orders(order("d-oebobo", OFFICER, "oebobo-1", "16:00", "18:00"))
    loses = orders(order("d-lasiana", OFFICER, "lasiana-1", "17:00", "19:00"))
    assert (await speaker.say(operation, wins, by=POST_OEBOBO)).status_code == 201
    body = body_of(loses, post=KELAPA_LIMA)
    async with adding(log, 3):
        refused = [
            await speaker.post(operation, "/deployments", body, service="scheduler", by=POST_KELAPA_LIMA)
            for _ in range(3)
        ]
    told = problem_of(refused[0], 409, "double_booked")
    winner = told["reason"]["winner"]
    assert (winner["deployment_id"], winner["postid"]) == ("d-oebobo", "oebobo")
    assert {answer.content for answer in refused} == {refused[0].content}
    where = await speaker.http.get(
        refused[0].request.url.join(told["instance"]).__str__(), headers=speaker.bearer(operation, HEAD)
    )
    assert (where.status_code, where.content) == (409, refused[0].content)


# -- Kafka away ----------------------------------------------------------------------------------------------


async def outcomes_of(log: KafkaLog, identifier: str) -> Counter[str]:
    """How often a check-in of that id was decided how."""
    await settled(log, FIELD_DECISIONS.name, DEADLINE_S)
    found = await stored(log, FIELD_DECISIONS.name)
    decided = [decode_decision(each.value).data for records in found.decisions.values() for each in records]
    return Counter(data.outcome for data in decided if data.request and data.request.id == identifier)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_kafka_is_away_while_posting(fleet: Fleet, speaker: Speaker, log: KafkaLog, how: str) -> None:
    body = body_of(ARRIVAL, identifier=new_id())
    assert fleet.kafka.pid is not None
    if how == "killed":
        await asyncio.to_thread(fleet.kafka.kill)
    else:
        await freeze(fleet.kafka.pid)
    try:
        away = await speaker.post(OPERATION, "/check-ins", body, service="checkin")
        assert "same id" in problem_of(away, 503, "not_kept")["detail"]
        assert int(away.headers["retry-after"]) >= 1
        told = await fleet.until_red("checkin")
        assert (await fleet.http.get(f"{fleet.members['checkin'].plan.address}/healthz")).status_code == 200
        assert "log" in told
    finally:
        if how == "killed":
            await asyncio.to_thread(fleet.kafka.start)
        else:
            os.kill(fleet.kafka.pid, signal.SIGCONT)
    answer = await speaker.until_decided(OPERATION, "/check-ins", body, service="checkin")
    assert answer.status_code == 201, answer.text
    again = await speaker.until_decided(OPERATION, "/check-ins", body, service="checkin")
    assert (again.status_code, again.content) == (201, answer.content)
    found = await outcomes_of(log, body["id"])
    print(f"Kafka {how} while posting: {dict(found)}")
    assert found["accepted"] == 1
    assert set(found) == {"accepted", "repeat"}
    await fleet.ready(*SERVICES)


async def test_afterwards_all_are_ready_and_the_counts_tell(fleet: Fleet, speaker: Speaker) -> None:
    await fleet.ready(*SERVICES)
    for service in SERVICES:
        if service in TAKES:
            metrics = (await fleet.http.get(f"{fleet.members[service].plan.operators_address}/metrics")).text
            for reason in ("no_token", "expired_token", "undecodable", "malformed", "too_large"):
                assert f'reason="{reason}"' in metrics
        assert "Traceback" not in fleet.members[service].said()
        assert "unexpected error" not in fleet.members[service].said()
