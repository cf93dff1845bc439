"""Over HTTP: who was at a place, what a post said, an officer's whole day; who may read which, and names."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Decision, DecisionData, RequestRef
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords
from pamwal.contracts.scheduling import OfficerRegistered
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL, SCHEDULING_DECISIONS
from pamwal.contracts.zones import local_day
from pamwal.wire.log import Outgoing
from tests.unit.checkin.house import OPERATION, ROOT, Field, said
from tests.wire.witness import everything

PLACE = "rally/r-sikumana-1"
SHEET = f"/places/{PLACE}/attendance?day=2024-10-03"
LOG = "/posts/maulafa/log?day=2024-10-03"
CHECK_IN, CHECK_OUT = "pamwal.field.check_in.v1", "pamwal.field.check_out.v1"


def report(identity: str, clock: str, officer: str = "NTT-0041", kind: str = CHECK_IN, **more: Any) -> Any:
    """A report of presence at the rally, at a UTC wall clock."""
    data = {
        "officer_id": officer,
        "place": PLACE,
        "method": more.pop("method", "manual"),
        **more.pop("data", {}),
    }
    return said(kind, id=identity, time=f"2024-10-03T{clock}:00.000Z", data=data, **more)


async def register(field: Field, officer: str, name: str) -> None:
    """An officer with a name joins the roster, as the scheduler's log and `personal` tell it."""
    ref = PersonalRef(ref=f"ref-{officer}", digest="0" * 64)
    record = PersonalRecord(
        operation_id=OPERATION,
        ref=ref.ref,
        words=PersonalWords(name=name, nrp="88010203"),
        written_at="2024-10-01T00:00:00.000Z",
    )
    fact = OfficerRegistered(
        id=f"reg-{officer}/0", version=1, officer_id=officer, rank="BRIPKA", unit="Sektor Maulafa",
        satgas="preventif", home_post="maulafa", person_ref=ref,
    )  # fmt: skip
    decision: Decision[Any] = Decision(
        specversion="1.0", id="x", source="/deciders/test", type="pamwal.decision.v1",
        time="2024-10-01T00:00:00.000Z", operationid=OPERATION,
        data=DecisionData(
            request=RequestRef(offset=0, sha256="0" * 64), knownat="2024-10-01T00:00:00.000Z",
            decider_version="test", outcome="accepted", facts=[fact],
        ),
    )  # fmt: skip
    producer = await field.log.producer()
    for topic, key, value in (
        (PERSONAL.name, f"{OPERATION}/{ref.ref}", encode(record)),
        (SCHEDULING_DECISIONS.name, OPERATION, encode(decision)),
    ):
        await producer.send(topic, Outgoing(key=key.encode(), value=value))
    await producer.close()


async def test_a_sheet_puts_coming_and_going_together_without_what_was_taken_back(
    field: Field,
) -> None:
    await register(field, "NTT-0041", "Contoh Satu")
    for body in (
        report("a", "01:00"),
        report("b", "01:03"),
        report("c", "09:00", kind=CHECK_OUT),
        report("d", "01:10", "NTT-0042", method="paper", data={"precision": "list"}),
        report("e", "01:20", "NTT-0043"),
        report("f", "08:00", "NTT-0044", kind=CHECK_OUT),
    ):
        assert (await field.post(body)).status_code == 201
    void = said("pamwal.field.void.v1", id="v", data={"observation": "e/0", "cause": "wrong officer"})
    last = await field.post(void)
    sheet = (await field.get(SHEET, after=last)).json()
    assert (sheet["said_by"], sheet["operation_name"]) == ("maulafa", OPERATION)
    first, second, third = sheet["rows"]
    assert first == {
        "officer_id": "NTT-0041", "name": "Contoh Satu", "nrp": "88010203", "rank": "BRIPKA",
        "unit": "Sektor Maulafa", "time_in": "2024-10-03T01:00:00.000Z",
        "time_out": "2024-10-03T09:00:00.000Z", "method": "manual", "witnesses": 1,
    }  # fmt: skip
    assert (second["officer_id"], second["remarks"]) == ("NTT-0042", ["time in is a paper list's"])
    assert (third["officer_id"], third["remarks"], "time_in" in third) == (
        "NTT-0044", ["no check-in is known"], False,
    )  # fmt: skip

    ics = (await field.get(f"/places/{PLACE}/ics-211?day=2024-10-03", after=last)).json()
    assert (ics["form"], ics["check_in_location"], len(ics["entries"])) == ("ICS 211", PLACE, 3)
    assert ics["entries"][0] == {
        "resource": "Contoh Satu", "identifier": "88010203", "home_unit": "BRIPKA Sektor Maulafa",
        "checked_in_at": "2024-10-03T01:00:00.000Z", "checked_out_at": "2024-10-03T09:00:00.000Z",
        "method": "manual", "remarks": "",
    }  # fmt: skip


async def test_names_are_withheld_from_who_may_not_read_them(field: Field) -> None:
    await register(field, "NTT-0041", "Contoh Satu")
    kept = await field.post(report("a", "01:00"))
    for role, post, named in (
        ("ops_head", None, True), ("command_post", "maulafa", True), ("field_commander", "maulafa", False),
    ):  # fmt: skip
        row = (await field.get(SHEET, after=kept, role=role, post=post, officer="NTT-0040")).json()["rows"][0]  # type: ignore[arg-type]
        assert (row.get("name"), row["unit"]) == ("Contoh Satu" if named else None, "Sektor Maulafa"), role


async def test_a_cell_that_begins_like_a_formula_is_not_run(field: Field) -> None:
    await register(field, "NTT-0041", "=cmd|' /C calc'!A0")
    kept = await field.post(report("a", "01:00"))
    answer = await field.get(f"/places/{PLACE}/attendance.csv?day=2024-10-03", after=kept)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["officer_id"], row["name"]) for row in rows] == [("NTT-0041", "'=cmd|' /C calc'!A0")]


async def test_a_sheet_is_of_one_day_and_of_one_place(field: Field) -> None:
    await field.post(report("a", "01:00"))
    await field.post(report("b", "15:30", "NTT-0042"))
    kept = await field.post(report("c", "16:30", "NTT-0043"))  # half past midnight there
    await field.post(report("d", "18:00", "NTT-0042", kind=CHECK_OUT))
    found = (await field.get(SHEET, after=kept)).json()["rows"]
    assert [row["officer_id"] for row in found] == ["NTT-0041", "NTT-0042"]
    last = await field.post(report("e", "18:30", "NTT-0043", kind=CHECK_OUT))
    following = (await field.get(f"/places/{PLACE}/attendance?day=2024-10-04", after=last)).json()["rows"]
    assert [row["officer_id"] for row in following] == ["NTT-0042", "NTT-0043"], (
        "who stayed past midnight too"
    )
    elsewhere = await field.get("/places/rally/r-other/attendance?day=2024-10-03", after=last)
    assert elsewhere.json()["rows"] == []
    assert (await field.get("/places/nowhere/attendance?day=2024-10-03")).status_code == 422


async def test_a_posts_log_tells_every_request_and_what_became_of_it(field: Field) -> None:
    first = report("a", "01:00")
    await field.post(first)
    await field.post(first)
    await field.post(report("a", "02:00"))
    late = await field.post(report("b", "01:05", "NTT-0042", kind=CHECK_OUT))
    await field.post(report("c", "01:05", source="/posts/oebobo/devices/1"), post="oebobo")
    log = (await field.get(LOG, after=late)).json()
    lines = log["lines"]
    found = [(line["id"], line["outcome"], line.get("reason"), line.get("warnings", [])) for line in lines]
    assert found == [
        ("a", "accepted", None, []), ("a", "repeat", None, []), ("a", "refused", "key_reused", []),
        ("b", "accepted", None, ["early"]),
    ]  # fmt: skip
    assert lines[0]["said"] == {"officer_id": "NTT-0041", "place": PLACE, "method": "manual"}
    assert (lines[0]["actor"], lines[0]["facts"]) == ("operator-1", ["a/0"])

    ics = (await field.get("/posts/maulafa/ics-214?day=2024-10-03", after=late)).json()
    assert (ics["form"], ics["name"], ics["resources_assigned"]) == ("ICS 214", "maulafa", ["operator-1"])
    assert ics["operational_period_from"] == "2024-10-02T16:00:00.000Z"
    assert ics["activities"][0]["activity"].startswith(
        "check_in officer_id=NTT-0041 place=rally/r-sikumana-1"
    )
    assert "[early]" in ics["activities"][-1]["activity"]
    table = await field.get("/posts/maulafa/log.csv?day=2024-10-03", after=late)
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["outcome"] for row in rows] == [line["outcome"] for line in log["lines"]]


async def test_what_was_not_kept_stands_in_the_log_of_the_day_it_was_decided(field: Field) -> None:
    first = report("a", "01:00") | {"time": "2024-10-01T01:00:00.000Z"}
    await field.post(first)
    await field.post(first)
    refused = await field.post(report("a", "02:00"))
    assert refused.status_code == 422
    stored = msgspec.json.decode((await everything(field.log, FIELD_DECISIONS.name))[-1].value)
    today = local_day(stored["data"]["knownat"], "Asia/Makassar")
    lines = (await field.get(f"/posts/maulafa/log?day={today}", after=refused)).json()["lines"]
    assert [(line["id"], line["outcome"], line.get("reason")) for line in lines] == [
        ("a", "repeat", None), ("a", "refused", "key_reused"),
    ]  # fmt: skip
    before = (await field.get("/posts/maulafa/log?day=2024-10-01", after=refused)).json()["lines"]
    assert [(line["id"], line["outcome"]) for line in before] == [("a", "accepted")]


async def test_a_log_comes_in_pages(field: Field) -> None:
    for number in range(5):
        last = await field.post(report(f"p{number}", "01:00", f"NTT-{number}"))
    names, after = [], -1
    for _ in range(3):
        page = (await field.get(f"{LOG}&limit=2&after={after}", after=last)).json()
        names.append([line["id"] for line in page["lines"]])
        after = page.get("next_after", -1)
    assert names == [["p0", "p1"], ["p2", "p3"], ["p4"]]
    assert after == -1


@pytest.mark.parametrize("name", ["o*%0F%C2%A9%F3%A0%BB%9Abch", "a%0Ab", "a%22b", "-a", "a" * 65])
async def test_the_log_of_what_can_be_no_post_is_turned_away(field: Field, name: str) -> None:
    answer = await field.get(f"/posts/{name}/log.csv?day=2024-10-03", role="ops_head")
    assert answer.status_code == 422


async def test_who_may_read_sheets_and_logs(field: Field) -> None:
    kept = await field.post(report("a", "01:00"))
    await field.post(report("b", "01:00", source="/posts/oebobo/devices/1"), post="oebobo")
    own = (await field.get(SHEET, after=kept, post="oebobo")).json()["rows"]
    every = (await field.get(SHEET, after=kept, role="ops_head", post=None)).json()["rows"]
    assert ([row.get("witnesses", 0) for row in own], every[0]["witnesses"]) == ([0], 1)
    assert (await field.get(LOG, after=kept, post="oebobo")).status_code == 403
    assert (await field.get(LOG, after=kept, role="ops_head", post=None)).status_code == 200
    for role in ("viewer", "officer", "propam"):
        for path in (SHEET, LOG):
            answer = await field.get(path, role=role, post="maulafa", officer="NTT-0041")  # type: ignore[arg-type]
            assert answer.status_code == 403, (role, path)


async def test_an_officers_day_has_roll_calls_and_answers_to_polls_and_nobody_elses(field: Field) -> None:
    for name in (
        "pamwal.field.call_roll.v1", "pamwal.field.check_in_squad.v1", "pamwal.field.relieve.v1",
        "pamwal.field.ack_poll.v1",
    ):  # fmt: skip
        last = await field.post(said(name), subject="operator-maulafa-1")
        assert last.status_code == 201, name
    days = {
        officer: (await field.get(f"/officers/{officer}/observations?day=2024-10-03", after=last)).json()
        for officer in ("NTT-0041", "NTT-0044")
    }
    kinds = {
        officer: sorted(each["fact"]["type"] for each in day["observations"]) for officer, day in days.items()
    }
    assert "poll_acked" in kinds["NTT-0041"]
    assert "roll_called" in kinds["NTT-0044"]
    for officer, day in days.items():
        for each in day["observations"]:
            if each["fact"]["type"] == "roll_called":
                named = each["fact"].get("present", [])
                named += [who["officer_id"] for who in each["fact"].get("not_present", [])]
                assert named == [officer]
        ids = [each["fact"]["id"] for each in day["observations"]]
        assert len(ids) == len(set(ids)), "each once"


async def test_the_words_of_a_handover_stay_out_of_the_log(field: Field) -> None:
    body = said("pamwal.field.hand_over_watch.v1")
    body["data"] = {**body["data"], "text": {"text": "the padal is unwell"}}
    answer = await field.post(body, subject="operator-maulafa-1")
    assert answer.status_code == 201
    stored = b"".join(record.value for record in await everything(field.log, FIELD_REQUESTS.name))
    assert b"unwell" not in stored
    assert b'"text_ref"' in stored
    assert ROOT.endswith(OPERATION)


async def test_an_activity_names_whom_a_list_is_of(field: Field) -> None:
    squad = {"place": PLACE, "method": "paper", "present": ["NTT-0041", "NTT-0042"]}
    absent = {"not_present": [{"officer_id": "NTT-0043", "cause": "izin"}]}
    last = await field.post(
        said("pamwal.field.check_in_squad.v1", id="s", time="2024-10-03T01:00:00.000Z", data=squad | absent)
    )
    found = (await field.get("/posts/maulafa/ics-214?day=2024-10-03", after=last)).json()
    [activity] = [one["activity"] for one in found["activities"]]
    assert "present=NTT-0041,NTT-0042 not_present=1" in activity
