"""The reads over HTTP: who may ask what, what is refused, and what one deployment's history tells."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import ProposeDeployments, RegisterOfficers
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.names import Names
from pamwal.printing.press import LIMITS
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from services.scheduler.plans import Told
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    OPS_HEAD,
    acknowledge,
    cancel,
    claims,
    entry,
    move,
    order,
    orders,
    plan,
    post_of,
    reassign,
)
from tests.unit.scheduler.conftest import DEADLINE_S, Desk
from tests.wire.witness import everything

VIEWER, OFFICER = claims("viewer"), claims("officer", officer="k-1")
PADAL = claims("field_commander", officer="k-3")
POST = post_of("oebobo")
FREE = "/free?starts_at=2024-10-03T16:00:00%2B08:00&ends_at=2024-10-03T18:00:00%2B08:00"
MAY = {
    "": "officer field_commander command_post ops_head admin",
    "/rallies": "officer field_commander command_post ops_head admin",
    "/sites": "officer field_commander command_post ops_head admin",
    "/deployments": "officer field_commander command_post ops_head admin",
    "/officers": "command_post ops_head admin",
    "/calendar": "officer field_commander command_post ops_head admin",
    "/duties?officer=k-1": "officer field_commander command_post ops_head admin",
    "/unacknowledged": "officer field_commander command_post ops_head admin",
    "/hours": "command_post ops_head admin",
    "/gaps": "field_commander command_post ops_head admin",
    FREE: "command_post ops_head admin",
    "/proposals": "command_post ops_head admin",
    "/deployments/d1/history": "officer field_commander command_post ops_head admin",
    "/sheets/annex.pdf?day=2024-10-03": "command_post ops_head admin",
    "/sheets/duty.pdf?place=rally/oebobo-1": "command_post ops_head admin",
    "/sheets/check-in.pdf?place=rally/oebobo-1": "command_post ops_head admin",
}


@pytest.fixture
async def written(planned_desk: Desk) -> httpx.Response:
    """Given k-1 on guard, k-2 on intel, k-3 as padal, all at Oebobo."""
    return await planned_desk.say(
        orders(
            order("d1"),
            order("d2", "k-2", role="intel"),
            order("d3", "k-3", role="field_commander"),
        )
    )


@pytest.mark.parametrize("path", list(MAY))
async def test_each_read_answers_the_roles_it_is_for_and_no_viewer(
    planned_desk: Desk, written: httpx.Response, path: str
) -> None:
    answered = set()
    for by in (VIEWER, OFFICER, PADAL, POST, OPS_HEAD, ADMIN):
        answer = await planned_desk.read(path, by=by, after=written)
        assert answer.status_code in {200, 403}, answer.text
        if answer.status_code == 200:
            answered.add(by.role)

    assert answered == set(MAY[path].split())


async def test_every_read_is_described_whole(planned_desk: Desk, written: httpx.Response) -> None:
    described = (await planned_desk.read("/../../../../openapi.json", after=written)).json()["paths"]
    root = "/scheduler/v1/operations/{operation_id}"

    for path in MAY:
        found = described[root + path.split("?")[0].replace("d1", "{deployment_id}")]["get"]
        content = found["responses"]["200"]["content"]
        if path.startswith("/sheets"):
            assert content == {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
        else:
            assert content["application/json"]["schema"]["properties"]
            assert "$ref" not in str(content)


async def test_an_officer_asks_for_himself_only(planned_desk: Desk, written: httpx.Response) -> None:
    async def seen(path: str, by: Claims = OFFICER) -> Any:
        answer = await planned_desk.read(path, by=by, after=written)
        return [each["deployment_id"] for each in answer.json().get("duties", [])] or answer.status_code

    assert await seen("/duties") == ["d1"]
    assert await seen("/duties?officer=k-1") == ["d1"]
    assert await seen("/duties?officer=k-2") == 403
    assert await seen("/duties", claims("officer", officer="k-2")) == ["d2"]
    assert await seen("/duties?officer=k-2", POST) == 200  # none that a post may see
    assert await seen("/duties", POST) == 422
    assert (await planned_desk.read("/calendar?officer=k-2", by=OFFICER, after=written)).status_code == 403


async def test_a_calendar_and_gaps_are_read_page_by_page(planned_desk: Desk, written: httpx.Response) -> None:
    for path, name in (("/calendar?day=2024-10-03", "entries"), ("/gaps?day=2024-10-03", "places")):
        first = (await planned_desk.read(f"{path}&limit=1", after=written)).json()
        after = first["next_after"]
        second = (await planned_desk.read(f"{path}&limit=1&after={after}", after=written)).json()
        found = [each["place"] for each in first[name] + second[name]]
        assert (found, second["next_after"]) == (["rally/lasiana-1", "rally/oebobo-1"], None)


async def test_hours_are_read_page_by_page(planned_desk: Desk, written: httpx.Response) -> None:
    found, after = [], ""
    while after is not None:
        page = (await planned_desk.read(f"/hours?limit=1&after={after}", after=written)).json()
        found += [each["officer_id"] for each in page["officers"]]
        after = page.get("next_after")
    assert found == ["k-1", "k-2", "k-3"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/hours?after=k-1", 422, "malformed"),
        (FREE.replace("ends_at=2024-10-03T18", "ends_at=2024-10-03T16"), 422, "malformed"),
        (FREE.replace("%2B08:00", ""), 422, "malformed"),
        (f"{FREE}&place=rally/none", 404, "unknown_place"),
        ("/officers?available_from=2024-10-03T16:00:00Z", 422, "malformed"),
        ("/sheets/annex.pdf", 422, "malformed"),
        ("/sheets/annex.pdf?day=2024-10-03&sprin=1", 422, "malformed"),
        ("/sheets/duty.pdf", 422, "malformed"),
        ("/sheets/duty.pdf?place=rally/none", 404, "unknown_place"),
        ("/sheets/check-in.pdf?place=rally/oebobo-1&day=2024-10-04", 404, "unknown_place"),
        ("/sheets/annex.pdf?sprin=SPRIN/none", 404, "unknown_sprin"),
        ("/calendar?day=0", 422, "malformed"),
        ("/calendar?day=20241003", 422, "malformed"),
        ("/calendar?day=2024-02-30", 422, "malformed"),
        ("/duties?officer=none", 404, "unknown_officer"),
        ("/proposals/none", 404, "unknown_proposal"),
        ("/deployments/none/history", 404, "unknown_deployment"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    planned_desk: Desk, written: httpx.Response, path: str, status: int, code: str
) -> None:
    answer = await planned_desk.read(path, after=written)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_is_free_is_asked_over_http(planned_desk: Desk, written: httpx.Response) -> None:
    later = FREE.replace("T16", "T18").replace("ends_at=2024-10-03T18", "ends_at=2024-10-03T20")

    bound = (await planned_desk.read(f"{FREE}&place=rally/oebobo-1&why=true", after=written)).json()
    free = (await planned_desk.read(f"{later}&place=rally/oebobo-1&unit=Sektor Oebobo", after=written)).json()

    assert [each["code"] for each in bound["bound"]] == ["double_booked"] * 3
    assert (bound["free_count"], free["free_count"], free["bound"]) == (0, 3, [])
    assert {each["distance_m"] for each in free["free"]} == {0}


async def test_a_draft_is_read_in_full(planned_desk: Desk) -> None:
    kept = await planned_desk.say(ProposeDeployments(proposal_id="p1", orders=[order("d1")]))

    assert (await planned_desk.read("/proposals", after=kept)).json()["proposals"][0]["orders"] == 1
    assert (await planned_desk.read("/proposals/p1", after=kept)).json()["orders"][0]["deployment_id"] == "d1"


# -- history ------------------------------------------------------------------------------------------------


async def test_a_history_names_who_when_and_why_of_every_decision(planned_desk: Desk) -> None:
    await planned_desk.say(orders(order("d1")), by=POST)
    await planned_desk.say(acknowledge("d1"), by=OFFICER)
    await planned_desk.say(move("oebobo-1", "17:00", "21:00"))
    refused = await planned_desk.say(cancel("d1", expected=1), by=POST)
    last = await planned_desk.say(reassign(("d1", order("d9", "k-1", "lasiana-1"))))
    assert (refused.status_code, last.status_code) == (409, 201)

    steps = (await planned_desk.read("/deployments/d1/history", after=last)).json()["steps"]

    told = [(each["what"], each.get("version"), each["role"], each.get("cause")) for each in steps]
    assert told == [
        ("ordered", 1, "command_post", None),
        ("acknowledged", 2, "officer", None),
        ("moved", 3, "ops_head", None),
        ("refused", None, "command_post", "ill"),
        ("swapped", 4, "ops_head", "needed elsewhere"),
    ]
    assert {each["actor"] for each in steps} == {"operator-7"}
    assert (steps[0]["sprin"], steps[0]["duty"], steps[0]["place"]) == (
        "SPRIN/12/X/2024", "guard", "rally/oebobo-1"
    )  # fmt: skip
    assert steps[1]["acknowledged_by"]
    assert steps[4]["successor"] == "d9"
    assert steps[2]["starts_at"] == "2024-10-03T09:00:00.000Z"
    assert (steps[3]["why_not"]["code"], steps[3]["postid"]) == ("stale", "oebobo")
    assert steps[3]["request_type"] == "pamwal.scheduling.cancel_deployments.v1"
    assert all(each["knownat"] and each["occurred_at"] and each["decision"] for each in steps)
    successor = (await planned_desk.read("/deployments/d9/history", after=last)).json()["steps"]
    assert [(each["what"], each["cause"]) for each in successor] == [("ordered", "needed elsewhere")]


@pytest.mark.parametrize(
    ("asked", "by", "post"),
    [
        pytest.param(cancel("d1"), post_of("maulafa"), "maulafa", id="another post's order"),
        pytest.param(acknowledge("d1"), claims("officer", officer="k-2"), "oebobo", id="another officer's"),
        pytest.param(cancel("d1"), OFFICER, "oebobo", id="the role"),
        pytest.param(cancel("d1", "d2", mode="best_effort"), post_of("maulafa"), "maulafa", id="each row"),
        pytest.param(
            reassign(("d1", order("d9", "k-1", "lasiana-1"))), post_of("maulafa"), "maulafa", id="a release"
        ),
    ],
)
async def test_whoever_tried_and_may_not_is_in_the_history(
    planned_desk: Desk, asked: RequestData, by: Claims, post: str
) -> None:
    await planned_desk.say(orders(order("d1"), order("d2", "k-2")), by=POST)
    refused = await planned_desk.say(asked, by=by, post=post)
    assert refused.status_code == 409, refused.text
    last = await planned_desk.say(acknowledge("d2"))

    steps = (await planned_desk.read("/deployments/d1/history", after=last)).json()["steps"]

    assert [(each["what"], each["role"]) for each in steps] == [
        ("ordered", "command_post"),
        ("refused", by.role),
    ]
    assert steps[1]["why_not"]["code"] == "not_yours"


async def test_a_row_that_was_left_out_is_in_the_history_of_its_deployment_alone(planned_desk: Desk) -> None:
    await planned_desk.say(orders(order("d1"), order("d2", "k-2")))
    await planned_desk.say(cancel("d1"))
    last = await planned_desk.say(cancel("d1", "d2", mode="best_effort"))

    async def what(deployment_id: str) -> list[str]:
        answer = await planned_desk.read(f"/deployments/{deployment_id}/history", after=last)
        return [each["what"] for each in answer.json()["steps"]]

    assert await what("d1") == ["ordered", "cancelled", "left_out"]
    assert await what("d2") == ["ordered", "cancelled"]


async def test_a_history_begins_when_the_deployment_does(planned_desk: Desk) -> None:
    """What is refused before stays in the log: ids that never come to be would fill an edge's memory."""
    await planned_desk.say(orders(order("d1")))
    taken = await planned_desk.say(orders(order("d2")))
    assert (taken.status_code, taken.json()["reason"]["subject"]) == (409, "d2")
    last = await planned_desk.say(orders(order("d2", "k-2")))

    steps = (await planned_desk.read("/deployments/d2/history", after=last)).json()["steps"]

    assert [each["what"] for each in steps] == ["ordered"]


async def test_a_history_is_shown_to_whoever_sees_the_deployment(
    planned_desk: Desk, written: httpx.Response
) -> None:
    async def status(deployment_id: str, by: Claims) -> int:
        path = f"/deployments/{deployment_id}/history"
        return (await planned_desk.read(path, by=by, after=written)).status_code

    assert [await status(each, OFFICER) for each in ("d1", "d2")] == [200, 404]
    assert [await status("d2", by) for by in (POST, OPS_HEAD, claims("officer", officer="k-2"))] == [
        404,
        200,
        200,
    ]


async def test_what_the_head_was_told_of_intel_is_not_told_on_in_a_history(planned_desk: Desk) -> None:
    await planned_desk.say(
        orders(order("secret", role="intel"), order("d1", "k-1", starts="18:00", ends="20:00"))
    )
    await planned_desk.say(cancel("d1"))
    last = await planned_desk.say(orders(order("d1")))
    assert last.json()["reason"]["subject"] == "d1"

    async def refusal(by: Claims) -> dict[str, Any]:
        answer = await planned_desk.read("/deployments/d1/history", by=by, after=last)
        found: dict[str, Any] = answer.json()["steps"][-1]
        return found

    head, post = await refusal(OPS_HEAD), await refusal(POST)
    assert head["what"] == post["what"] == "refused"
    assert head["why_not"]["code"] == post["why_not"]["code"]
    assert head["why_not"]["message"] != post["why_not"]["message"] == "told to the ops_head"


def test_where_decisions_stand_is_kept_in_order_and_for_far_offsets() -> None:
    told = Told(3)
    for offset in (0, 255, 256, 2**40):
        told.note(["d1"], offset)

    assert told.offsets("d1") == [0, 255, 256, 2**40]
    assert told.offsets("d2") == []


# -- sheets -------------------------------------------------------------------------------------------------


async def _text(desk: Desk, path: str, after: httpx.Response, by: Claims = OPS_HEAD) -> str:
    answer = await desk.read(path, by=by, after=after)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


async def _named(desk: Desk, path: str, after: httpx.Response, name: str, *, there: bool) -> str:
    """The sheet once what was written to `personal` has been read."""
    async with asyncio.timeout(DEADLINE_S):
        while (name in (text := await _text(desk, path, after))) is not there:
            await asyncio.sleep(0.01)
    return text


async def test_a_sheet_names_officers_until_they_are_erased(planned_desk: Desk) -> None:
    known = PersonalWords(name="Personel Satu", nrp="80010001", phone="0812-0000-0001")
    await planned_desk.say(RegisterOfficers(officers=[entry("k-1", person=known)]))
    last = await planned_desk.say(orders(order("d1"), order("d3", "k-3", role="field_commander")))
    path = "/sheets/duty.pdf?place=rally/oebobo-1"

    text = await _named(planned_desk, path, last, "Personel Satu", there=True)
    assert "0812-0000-0001" in text
    assert "pamwal.scheduling.decisions.v1-0-" in text
    assert "Personel Satu" in await _text(planned_desk, path, last, POST)
    by_admin = await _text(planned_desk, path, last, ADMIN)
    assert "k-1" in by_admin
    assert "Personel" not in by_admin.replace("Personel dan telepon", "")

    key = (await everything(planned_desk.log, PERSONAL.name))[0].key
    producer = await planned_desk.log.producer()
    await producer.send(PERSONAL.name, Outgoing(key or b"", b""))
    assert "k-1" in await _named(planned_desk, path, last, "Personel Satu", there=False)


async def test_one_click_prints_all_of_a_day(planned_desk: Desk, written: httpx.Response) -> None:
    for path in ("/sheets/duty.pdf?day=2024-10-03", "/sheets/check-in.pdf?day=2024-10-03"):
        text = await _text(planned_desk, path, written)
        assert "rally/oebobo-1" in text
        assert "rally/lasiana-1" in text


async def test_intel_is_on_no_annex_but_the_heads_who_asks_for_it(
    planned_desk: Desk, written: httpx.Response
) -> None:
    path = "/sheets/annex.pdf?sprin=SPRIN/12/X/2024"

    assert "k-2" not in await _text(planned_desk, path, written)
    assert "k-2" in await _text(planned_desk, f"{path}&intel=true", written)
    assert (await planned_desk.read(f"{path}&intel=true", by=POST, after=written)).status_code == 403


def test_names_are_those_of_the_latest_record_and_of_no_free_text() -> None:
    def record(offset: int, key: bytes, value: bytes) -> Record:
        return Record(PERSONAL.name, 0, offset, key, value, (), 0)

    def said(words: str, ref: str) -> bytes:
        head = f'{{"operation_id":"{OPERATION}","ref":"{ref}","written_at":"2024-10-03T00:00:00.000Z"'
        return f'{head},"words":{{{words}}}}}'.encode()

    names = Names(MemoryLog(partitions=1))
    names.fold(
        TopicPartition(PERSONAL.name, 0),
        [
            record(0, f"{OPERATION}/a".encode(), said('"name":"Lama"', "a")),
            record(1, f"{OPERATION}/b".encode(), said('"text":"kejadian"', "b")),
            record(2, f"{OPERATION}/a".encode(), said('"name":"Baru"', "a")),
            record(3, f"{OPERATION}/c".encode(), b"not JSON"),
        ],
    )

    found = [names.words_of(OPERATION, PersonalRef(ref=each, digest="x")) for each in "abc"]
    assert [each and each.name for each in found] == ["Baru", None, None]
    assert names.words_of("another", PersonalRef(ref="a", digest="x")) is None


async def test_a_rally_planned_later_is_on_the_next_sheet(planned_desk: Desk) -> None:
    later = await planned_desk.say(plan("sikumana-1"))

    assert "rally/sikumana-1" in await _text(planned_desk, "/sheets/duty.pdf?day=2024-10-03", later)


async def test_more_sheets_than_may_wait_are_told_to_come_again(planned_desk: Desk) -> None:
    places = LIMITS.at_once + LIMITS.waiting_max
    sheet = "/sheets/duty.pdf?place=rally/oebobo-1"

    callers = (OPS_HEAD, ADMIN)  # a sheet counts as many requests of its caller's rate
    answers = await asyncio.gather(
        *(planned_desk.read(sheet, by=callers[number % 2]) for number in range(places + 6))
    )

    assert {each.status_code for each in answers} == {200, 503}
    assert sum(each.status_code == 200 for each in answers) >= places
    for each in answers:
        if each.status_code == 503:
            assert (each.json()["code"], each.headers["retry-after"]) == ("busy", "5")


@pytest.mark.parametrize(
    "path",
    [
        *("/rallies", "/sites", "/calendar", "/duties", "/unacknowledged", "/hours", "/gaps"),
        *(f"/sheets/{name}.pdf" for name in ("annex", "duty", "check-in")),
    ],
)
async def test_a_day_outside_the_years_of_the_log_is_refused(planned_desk: Desk, path: str) -> None:
    for day in ("0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31", "2024-02-30", "1727913600"):
        answer = await planned_desk.read(f"{path}?day={day}")
        assert answer.status_code == 422, day
        assert "a day such as 2024-10-03, from 2000-01-02 to 2099-12-30" in answer.json()["detail"]


async def test_a_moment_outside_the_years_of_the_log_is_refused(planned_desk: Desk) -> None:
    asked = "starts_at=0001-01-01T00:00:00%2B14:00&ends_at=2024-10-03T18:00:00Z"
    answer = await planned_desk.read(f"/free?{asked}")
    assert (answer.status_code, "within the years 2000 to 2099" in answer.json()["detail"]) == (422, True)
