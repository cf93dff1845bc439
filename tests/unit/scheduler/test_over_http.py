"""The service on a log in memory, spoken to over HTTP: what each address takes, what each role may read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import TYPE_OF, decode_decision, decode_request, encode
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import (
    AbsenceEntry,
    AbsenceWithdrawn,
    DeploymentRejected,
    DeploymentRow,
    LendOfficers,
    LoanEntry,
    OfficerRecalled,
    OfficerRow,
    OfficerWithdrawn,
    RecallOfficers,
    RecordAbsences,
    RegisterOfficers,
    RejectDeployments,
    WithdrawAbsences,
    WithdrawOfficers,
)
from pamwal.contracts.topics import PERSONAL, SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from pamwal.wire.log import Outgoing
from services.scheduler.requests import ROUTES
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    OPS_HEAD,
    acknowledge,
    at,
    cancel,
    cancel_rally,
    claims,
    entry,
    move,
    notice,
    opening,
    order,
    orders,
    plan,
    post_of,
    reassign,
)
from tests.unit.scheduler.conftest import Desk
from tests.wire.witness import everything

ROOT = f"/scheduler/v1/operations/{OPERATION}"
DEADLINE_S = 60
PATH_OF = {route.type: route.path for route in ROUTES}


async def test_each_address_takes_its_request(planned_desk: Desk) -> None:
    for data in (
        notice("oebobo-1"),
        orders(order("d1"), order("d2", "k-2")),
        acknowledge("d1"),
        reassign(("d2", order("d3", "k-2", "lasiana-1"))),
        cancel("d3"),
        move("oebobo-1", "17:00", "20:00"),
        cancel_rally("oebobo-1"),
    ):
        answer = await planned_desk.say(data)
        assert (answer.status_code, answer.json()["outcome"]) == (201, "accepted"), data


async def test_the_loser_of_two_posts_is_told_who_won_also_when_it_asks_again(planned_desk: Desk) -> None:
    assert (await planned_desk.say(orders(order("d1")), by=post_of("oebobo"))).status_code == 201
    late = orders(order("d2", "k-1", "lasiana-1", "17:00", "19:00"))

    for _ in range(2):
        answer = await planned_desk.say(late, by=post_of("kelapa-lima"), post="kelapa-lima", identity="late")
        told = answer.json()
        assert (answer.status_code, told["code"]) == (409, "double_booked")
        assert answer.headers["content-type"] == "application/problem+json"
        assert told["reason"]["winner"]["deployment_id"] == "d1"
        assert "reassign" in told["reason"]["possible"]


async def test_names_of_officers_stay_out_of_the_log(planned_desk: Desk) -> None:
    forged = PersonalRef(ref="forged", digest="f" * 64)
    named = entry("k-9", person=PersonalWords(name="Personel 009", nrp="NRP-0009"), person_ref=forged)

    answers = [await planned_desk.say(RegisterOfficers(officers=[named])) for _ in range(2)]

    assert [len(answer.json().get("facts", [])) for answer in answers] == [1, 0]
    assert answers[1].json()["warnings"][0]["code"] == "unchanged"
    for record in (await everything(planned_desk.log, SCHEDULING_REQUESTS.name))[-2:]:
        assert b"Personel" not in record.value
        assert decode_request(record.value).data.officers[0].person_ref.ref != "forged"
    kept = await everything(planned_desk.log, PERSONAL.name)
    assert any(b"Personel 009" in record.value for record in kept)


async def test_a_second_officer_with_an_nrp_of_the_roster_is_refused_and_the_log_has_no_nrp(
    planned_desk: Desk,
) -> None:
    def named(officer_id: str, nrp: str) -> RegisterOfficers:
        return RegisterOfficers(officers=[entry(officer_id, person=PersonalWords(name=officer_id, nrp=nrp))])

    answers = [
        await planned_desk.say(named(officer_id, nrp))
        for officer_id, nrp in (("k-8", "8504 0001"), ("k-9", "NRP 8504.0001"), ("k-9", "-"))
    ]

    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert answers[1].json()["code"] == "nrp_taken"
    assert "officer k-8" in answers[1].json()["reason"]["message"]
    log = await everything(planned_desk.log, SCHEDULING_REQUESTS.name)
    log += await everything(planned_desk.log, SCHEDULING_DECISIONS.name)
    assert not any(nrp in record.value for record in log for nrp in (b"85040001", b"8504.0001", b"8504 0001"))


async def test_why_something_is_so_of_an_officer_stays_out_of_the_log(planned_desk: Desk) -> None:
    """Given an officer who cannot come, one who is withdrawn, and an absence and a loan that are over."""
    cause = "rawat inap di RS"
    hours = {"starts_at": at("16:00"), "ends_at": at("20:00")}
    await planned_desk.say(orders(order("d1"), order("d2", "k-2")))
    absence = AbsenceEntry(absence_id="a-1", officer_id="k-3", kind="cuti", **hours)
    await planned_desk.say(RecordAbsences(absences=[absence]))
    loan = LoanEntry(loan_id="l-1", officer_id="k-3", to_operation="ende-2024", **hours)
    await planned_desk.say(LendOfficers(loans=[loan]))
    officer = claims("officer", officer="k-1", post="oebobo")
    asked: list[tuple[RequestData, Claims]] = [
        (RejectDeployments(rows=[DeploymentRow(deployment_id="d1")], cause=cause), officer),
        (WithdrawAbsences(absence_ids=["a-1"], cause=cause), OPS_HEAD),
        (RecallOfficers(loan_ids=["l-1"], cause=cause), OPS_HEAD),
        (
            WithdrawOfficers(rows=[OfficerRow(officer_id="k-2")], cause=cause, cancel_deployments=True),
            OPS_HEAD,
        ),
    ]

    answers = [
        await planned_desk.say(data, by=by, identity=TYPE_OF[type(data)])
        for data, by in asked
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201] * 8, [answer.text for answer in answers]
    for topic in (SCHEDULING_REQUESTS.name, SCHEDULING_DECISIONS.name):
        assert not any(cause.encode() in each.value for each in await everything(planned_desk.log, topic))
    kept = {each.key for each in await everything(planned_desk.log, PERSONAL.name) if b"rawat" in each.value}
    assert len(kept) == 4
    facts = [
        fact
        for each in await everything(planned_desk.log, SCHEDULING_DECISIONS.name)
        for fact in decode_decision(each.value).data.facts
        if isinstance(fact, DeploymentRejected | AbsenceWithdrawn | OfficerRecalled | OfficerWithdrawn)
    ]
    assert [fact.cause_ref is not None for fact in facts] == [True] * 4

    path = "/deployments/d1/history"
    async with asyncio.timeout(DEADLINE_S):
        while (await planned_desk.read(path, after=answers[-1])).json()["steps"][-1].get("cause") != cause:
            await asyncio.sleep(0.01)
    step = (await planned_desk.read(path, by=officer, after=answers[-1])).json()["steps"][-1]
    assert (step["what"], "cause" in step, "cause_ref" in step) == ("rejected", False, True)
    producer = await planned_desk.log.producer()
    for key in kept:
        await producer.send(PERSONAL.name, Outgoing(key or b"", b""))
    async with asyncio.timeout(DEADLINE_S):
        while "cause" in (await planned_desk.read(path, after=answers[-1])).json()["steps"][-1]:
            await asyncio.sleep(0.01)


async def test_whoever_rejects_an_order_says_why(planned_desk: Desk) -> None:
    await planned_desk.say(orders(order("d1")))

    answer = await planned_desk.say(RejectDeployments(rows=[DeploymentRow(deployment_id="d1")]))

    assert answer.status_code == 422
    assert "say why - at `$.data.cause`" in answer.json()["detail"]


@pytest.mark.parametrize(
    "person",
    [
        '{"name": "   "}',
        '{"name": ""}',
        '{"nrp": " "}',
        '{"nrp": "8504"}',
        '{"name": "-"}',
        '{"name": "\\u200b"}',
    ],
)
async def test_a_blank_name_is_turned_away(planned_desk: Desk, person: str) -> None:
    named = RegisterOfficers(officers=[entry("k-9", person=PersonalWords(name="Personel"))])
    submission = Submission(
        id="blank",
        source="/posts/oebobo/devices/1",
        type=TYPE_OF[RegisterOfficers],
        time=at("07:00"),
        channel="web",
        data=named,
    )
    content = encode(submission).replace(b'{"name":"Personel"}', person.encode())

    answer = await planned_desk.post(PATH_OF[TYPE_OF[RegisterOfficers]], content)

    assert person.encode() in content
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_the_plan_is_read_as_it_was_just_written(planned_desk: Desk) -> None:
    written = await planned_desk.say(orders(order("d1"), order("d2", "k-2")))

    operation = (await planned_desk.read(after=written)).json()
    assert (operation["mode"], operation["zone"], len(operation["posts"])) == ("exercise", "Asia/Makassar", 5)
    rallies = await planned_desk.read("/rallies?day=2024-10-03", after=written)
    assert {each["rally_id"]: each["ordered"] for each in rallies.json()["rallies"]} == {
        "lasiana-1": 0,
        "oebobo-1": 2,
    }
    assert (await planned_desk.read("/rallies?day=2024-10-04", after=written)).json()["rallies"] == []
    assert rallies.headers["pamwal-vector"].startswith("pamwal.scheduling.decisions.v1-0-")


async def test_deployments_are_filtered_and_paged(planned_desk: Desk) -> None:
    await planned_desk.say(orders(order("d1"), order("d2", "k-2"), order("d3", "k-3", "lasiana-1")))
    written = await planned_desk.say(cancel("d2"))

    async def ids(query: str) -> list[str]:
        found = (await planned_desk.read(f"/deployments?{query}", after=written)).json()
        return [each["deployment_id"] for each in found["deployments"]] + [found["next_after"] or "."]

    assert await ids("") == ["d1", "d2", "d3", "."]
    assert await ids("officer=k-2") == ["d2", "."]
    assert await ids("place=rally/lasiana-1") == ["d3", "."]
    assert await ids("live=true") == ["d1", "d3", "."]
    assert await ids("limit=2") == ["d1", "d2", "d2"]
    assert await ids("limit=2&after=d2") == ["d3", "."]


async def test_officers_are_listed_without_names(planned_desk: Desk) -> None:
    named = entry("k-4", person=PersonalWords(name="Personel 004"))
    written = await planned_desk.say(RegisterOfficers(officers=[named]))

    found = (await planned_desk.read("/officers?limit=3", after=written)).json()

    assert [each["officer_id"] for each in found["officers"]] == ["k-1", "k-2", "k-3"]
    assert found["next_after"] == "k-3"
    assert not any("person" in name for each in found["officers"] for name in each)


async def test_intel_is_shown_to_the_head_of_operations_and_to_the_officer(planned_desk: Desk) -> None:
    written = await planned_desk.say(
        orders(order("d1", role="intel"), order("d2", "k-2"), order("d3", "k-3", role="field_commander"))
    )

    async def seen(by: Claims) -> Any:
        answer = await planned_desk.read("/deployments", by=by, after=written)
        return [each["deployment_id"] for each in answer.json().get("deployments", [])] or answer.status_code

    assert await seen(OPS_HEAD) == ["d1", "d2", "d3"]
    assert await seen(post_of("oebobo")) == ["d2", "d3"]
    assert await seen(ADMIN) == ["d2", "d3"]
    assert await seen(claims("officer", officer="k-1")) == ["d1"]
    assert await seen(claims("field_commander", officer="k-3")) == ["d2", "d3"]
    assert await seen(claims("field_commander", officer="k-2")) == ["d2"]
    assert await seen(claims("viewer")) == 403


async def test_an_operation_nobody_opened_is_not_found(desk: Desk) -> None:
    refused = await desk.say(plan("oebobo-1"))

    answer = await desk.read(after=refused)

    assert (refused.status_code, refused.json()["code"]) == (409, "unknown_operation")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_operation")


async def test_a_parents_token_reads_the_plan_below_it_and_plans_nothing_there(desk: Desk) -> None:
    written = await desk.say(opening(parent="ntt"), by=ADMIN)
    nation, province = (replace(OPS_HEAD, operation=name) for name in ("nation", "ntt"))
    for path in ("", "/rallies", "/officers", "/deployments"):
        assert (await desk.read(path, by=province, after=written)).status_code == 200, path
    assert (await desk.read(by=nation)).json()["code"] == "wrong_operation", "nobody opened the province"
    assert (await desk.say(plan("oebobo-1"), by=province)).json()["code"] == "wrong_operation"
    post = claims("command_post", post="oebobo")
    assert (await desk.read(by=replace(post, operation="ntt"))).status_code == 403
    assert (await desk.read(by=replace(province, mode="real"))).status_code == 403
