"""One request over HTTP: every answer it can get."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.contracts.codec import decode_request
from pamwal.contracts.places import Point
from pamwal.edge.answers import Answer
from pamwal.wire.log import Outgoing
from tests.edge.guard_core import TAKEN, WARNED, GuardCore
from tests.edge.house import ROOT, House, a_house, check_in


async def test_an_accepted_request_names_its_receipt_and_its_facts(house: House) -> None:
    answer = await house.post(check_in("a"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["pamwal-at"] == "pamwal.field.requests.v1-0-0"
    body = answer.json()
    assert body.pop("knownat")
    assert body == {
        "receipt": "pamwal.field.requests.v1-0-0",
        "decision": "pamwal.field.requests.v1/0/0",
        "outcome": "accepted",
        "facts": ["a/0"],
    }


async def test_what_stands_in_the_log_says_who_spoke_and_when_it_came(house: House) -> None:
    await house.post(check_in("a", sentat="2024-10-03T01:15:01.000Z", sourceseq=7), traceparent="")
    (record,) = await house.requests()
    request = decode_request(record.value)
    assert record.key == b"op"
    assert (record.header("postid"), record.header("channel")) == (b"posko", b"app")
    assert record.header("content-type") == b"application/cloudevents+json"
    assert (request.operationid, request.postid, request.actor) == ("op", "posko", "bripka-a")
    assert request.claims == "role=command_post operation=op mode=exercise post=posko officer=NTT-0001"
    assert (request.sentat, request.sourceseq) == ("2024-10-03T01:15:01.000Z", 7)
    assert request.recordedat > "2025"
    assert request.traceparent is not None


@pytest.mark.parametrize("path", ["/check-ins", "/batch"])
async def test_a_position_is_rounded_before_it_is_kept(house: House, path: str) -> None:
    body = check_in("a")
    body["data"]["position"] = {"latitude": -10.1771234567, "longitude": 123.60715}
    await house.post(body if path == "/check-ins" else [body], path=path)
    (record,) = await house.requests()
    assert decode_request(record.value).data.position == Point(latitude=-10.1771, longitude=123.6072)
    body["data"]["position"] = {"latitude": -10.17711, "longitude": 123.60723}
    assert (await house.post(body)).status_code == 201, "no closer look tells the two apart"


async def test_a_refusal_is_a_problem_with_reason_and_winner(house: House) -> None:
    answer = await house.post(check_in("a", officer=TAKEN))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:pamwal:problem:double_booked"
    assert body["code"] == body["reason"]["code"] == "double_booked"
    assert body["reason"]["winner"]["postid"] == "posko-oebobo"
    assert body["reason"]["possible"] == "from 18:00"
    assert body["receipt"] == answer.headers["pamwal-at"]


async def test_warnings_travel_beside_the_facts(house: House) -> None:
    answer = await house.post(check_in("a", officer=WARNED))
    assert answer.status_code == 201, answer.text
    assert answer.json()["warnings"] == [{"code": "early", "message": "earlier than planned"}]


async def test_a_repeat_answers_byte_for_byte_as_the_first(house: House) -> None:
    first = await house.post(check_in("a", officer=WARNED))
    again = await house.post(check_in("a", officer=WARNED))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["pamwal-at"] == "pamwal.field.requests.v1-0-1", "this very record is kept too"
    assert await house.outcomes() == ["accepted", "repeat"]


async def test_a_lost_refusal_retried_is_the_same_refusal(house: House) -> None:
    first = await house.post(check_in("a", officer=TAKEN))
    again = await house.post(check_in("a", officer=TAKEN))
    assert (again.status_code, again.content) == (409, first.content)


async def test_another_edge_gives_the_same_bytes_for_a_repeat(house: House, tmp_path: Path) -> None:
    """It never saw the first decision on its tail and has to find it in the log."""
    first = await house.post(check_in("a", officer=WARNED))
    async with a_house(tmp_path, log=house.log, decides=False) as other:
        again = await other.post(check_in("a", officer=WARNED))
    assert (again.status_code, again.content) == (201, first.content)


async def test_the_same_key_with_another_body_is_422(house: House) -> None:
    await house.post(check_in("a"))
    answer = await house.post(check_in("a", officer="NTT-0002"))
    assert answer.status_code == 422
    assert answer.json()["code"] == "key_reused"


async def test_a_token_of_another_post_is_refused_by_the_core(house: House) -> None:
    answer = await house.post(check_in("a", post="posko-lain"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_yours")


async def test_a_token_of_another_post_neither_takes_an_id_nor_reads_its_answer(house: House) -> None:
    stranger = house.bearer(post="posko-lain")
    assert (await house.post(check_in("a", officer="NTT-0009"), **stranger)).status_code == 409
    own = await house.post(check_in("a"))
    assert own.status_code == 201
    read = await house.post(check_in("a"), **stranger)
    assert (read.status_code, read.json()["code"]) == (409, "not_yours")
    again = await house.post(check_in("a"))
    assert (again.status_code, again.content) == (201, own.content)


async def test_respond_async_is_answered_at_once_and_later_found(house: House) -> None:
    answer = await house.post(check_in("a"), prefer="respond-async")
    assert answer.status_code == 202
    assert answer.content == msgspec.json.encode(
        Answer(receipt=answer.headers["pamwal-at"], outcome="pending")
    )
    location = answer.headers["location"]
    assert location == "/guard/v1/requests/pamwal.field.requests.v1-0-0"
    await house.until_decided(1)
    found = await house.get(location)
    assert (found.status_code, found.json()["outcome"]) == (200, "accepted")


async def test_without_a_decision_in_time_it_is_202_and_found_later(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=30) as house:
        answer = await house.post(check_in("a"))
        assert (answer.status_code, answer.json()["outcome"]) == (202, "pending")
        pending = await house.get(answer.headers["location"])
        assert (pending.status_code, pending.content) == (202, answer.content)
        async with house.deciding():
            await house.until_decided(1)
        found = await house.get(answer.headers["location"])
        assert (found.status_code, found.json()["facts"]) == (200, ["a/0"])


async def test_while_the_tail_is_behind_nobody_waits(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=60_000) as house:
        assert house.edge.submit is not None
        house.edge.submit.caught_up = lambda: False
        assert (await house.post(check_in("a"))).status_code == 202


READERS: list[dict[str, Any]] = [
    {"post": "posko"},
    {"role": "field_commander", "subject": "padal"},
    {"role": "officer", "subject": "the same officer by another name"},
    {"role": "officer", "officer": "NTT-0002"},
    {"role": "ops_head", "post": None, "subject": "kabag"},
    {"role": "admin", "operation": "*", "post": None, "subject": "admin"},
]
STRANGERS: list[dict[str, Any]] = [
    {"role": "viewer", "post": "posko"},
    {"role": "propam", "post": None},
    {"role": "officer", "officer": "NTT-0002", "subject": "another officer of that post"},
    {"post": "posko-lain", "subject": "another post"},
    {"role": "field_commander", "post": "posko-lain", "subject": "a padal of another post"},
    {"operation": "other"},
    {"role": "ops_head", "operation": "other", "post": None},
    {"role": "admin", "operation": "other", "post": None},
]


async def told(house: House, location: str, who: dict[str, Any]) -> httpx.Response:
    return await house.client.get(location, headers=house.bearer(**who))


@pytest.mark.parametrize("who", READERS, ids=str)
async def test_an_answer_is_for_its_post_its_sender_and_those_above(
    house: House, who: dict[str, Any]
) -> None:
    answer = await house.post(check_in("a", officer=TAKEN))
    found = await told(house, f"/guard/v1/requests/{answer.headers['pamwal-at']}", who)
    assert (found.status_code, found.json()["reason"]["winner"]["officer_id"]) == (409, TAKEN)


@pytest.mark.parametrize("who", STRANGERS, ids=str)
async def test_anybody_else_is_told_one_same_sentence(house: House, who: dict[str, Any]) -> None:
    receipts = [
        (await house.post(body)).headers["pamwal-at"]
        for body in (check_in("a"), check_in("b", officer=TAKEN))
    ]
    found = [await told(house, f"/guard/v1/requests/{receipt}", who) for receipt in receipts]
    assert {(each.status_code, each.json()["code"], each.json()["detail"]) for each in found} == {
        (403, "forbidden", "an answer is for the post or person who asked, and for the head of operations")
    }


async def test_the_answer_to_a_head_is_not_for_the_post_he_spoke_for(house: House) -> None:
    head = house.bearer(role="ops_head", post=None, subject="kabag")
    answer = await house.post(check_in("a", officer=TAKEN), **head)
    assert answer.status_code == 409
    location = f"/guard/v1/requests/{answer.headers['pamwal-at']}"
    for role in ("command_post", "field_commander"):
        assert (await told(house, location, {"role": role, "subject": "of that post"})).status_code == 403
    assert (await house.client.get(location, headers=head)).status_code == 409


async def test_nor_is_anybody_told_that_a_decision_is_not_there_yet(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=30) as house:
        answer = await house.post(check_in("a"))
        for who in STRANGERS:
            found = await told(house, answer.headers["location"], who)
            assert (found.status_code, found.json()["code"]) == (403, "forbidden"), who
        for who in READERS:
            assert (await told(house, answer.headers["location"], who)).status_code == 202, who


async def test_what_cannot_be_read_is_the_head_of_operations_to_see(house: House) -> None:
    producer = await house.log.producer()
    await producer.send(GuardCore.requests_topic, Outgoing(b"op", b"{"), partition=0)
    await house.until_decided(1)
    location = f"/guard/v1/requests/{GuardCore.requests_topic}-0-0"
    assert (await house.get(location)).status_code == 403
    seen = await told(house, location, {"role": "ops_head", "post": None})
    assert (seen.status_code, seen.json()["code"]) == (422, "parked")


async def test_a_receipt_that_names_nothing_is_404(house: House) -> None:
    await house.post(check_in("a"))
    for text in (
        "pamwal.field.requests.v1-0-99",
        "pamwal.field.requests.v1-77-0",
        "pamwal.field.requests.v1-0-" + "9" * 5000,
        "nonsense",
        "other.topic-0-0",
    ):
        found = await house.get(f"/guard/v1/requests/{text}")
        assert (found.status_code, found.json()["code"]) == (404, "not_found"), text


async def test_two_at_once_with_one_key_and_two_bodies_each_get_their_own_answer(house: House) -> None:
    answers = await asyncio.gather(
        *(
            house.post(check_in("a", officer=f"NTT-000{n}"), authorization=house.bearer()["authorization"])
            for n in (1, 2)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_a_body_may_leave_out_its_type_but_not_name_another(house: House) -> None:
    body = check_in("a")
    del body["type"]
    assert (await house.post(body)).status_code == 201
    answer = await house.post(check_in("b"), path="/incidents")
    assert answer.status_code == 422


@pytest.mark.parametrize("time", ["2024-10-03T01:15:00.000Z", "2024-10-03T09:15:00+08:00"])
async def test_a_body_of_another_type_is_not_taken_for_this_one_however_its_time_is_written(
    house: House, time: str
) -> None:
    answer = await house.post(check_in("01J-left", type="pamwal.field.check_out.v1", time=time))
    assert (answer.status_code, answer.json()["path"]) == (422, "$.type")
    assert await house.requests() == []


async def test_request_ids_and_traces_come_back_and_stand_in_the_log(house: House) -> None:
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    answer = await house.post(check_in("a"), x_request_id="mine-1", traceparent=trace)
    assert answer.headers["x-request-id"] == "mine-1"
    (record,) = await house.requests()
    assert msgspec.json.decode(record.value)["traceparent"] == trace
    unsafe = await house.post(check_in("b"), x_request_id="no spaces please")
    assert unsafe.headers["x-request-id"] != "no spaces please"


async def test_an_operation_is_what_the_path_says(house: House) -> None:
    admin = house.bearer(role="admin", operation="*", post=None)
    answer = await house.post(check_in("a"), root="/guard/v1/operations/op-2", **admin)
    assert answer.status_code == 201, answer.text
    assert (await house.requests())[0].key == b"op-2"
    bad = await house.post(check_in("a"), root="/guard/v1/operations/not%20one", **admin)
    assert bad.status_code == 404
    assert ROOT.endswith("/op")
