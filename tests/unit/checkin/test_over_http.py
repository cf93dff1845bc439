"""The service on a log in memory, spoken to over HTTP: what a post sends, what each role may read."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.codec import decode_request
from pamwal.contracts.persons import PersonalRecord
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL
from tests.edge.explained import unexplained
from tests.unit.checkin.house import OPERATION, PATHS, ROOT, Field, said
from tests.wire.witness import everything


async def test_each_route_takes_its_type(field: Field) -> None:
    for name in PATHS:
        answer = await field.post(field.scanned(said(name)), subject="operator-maulafa-1")
        assert (answer.status_code, answer.json()["outcome"]) == (201, "accepted"), name


async def test_a_squad_and_a_relief_stand_in_each_officers_day(field: Field) -> None:
    squad = await field.post(
        said("pamwal.field.check_in_squad.v1"), role="field_commander", officer="NTT-0041"
    )
    relief = await field.post(said("pamwal.field.relieve.v1"))
    assert (squad.status_code, len(squad.json()["facts"]), len(relief.json()["facts"])) == (201, 4, 2)
    for officer, expected in (
        ("NTT-0041", [("checked_in", None), ("roll_called", None), ("checked_out", "NTT-0052")]),
        ("NTT-0042", [("checked_in", None), ("roll_called", None)]),
        ("NTT-0044", [("roll_called", None)]),
        ("NTT-0052", [("checked_in", "NTT-0041")]),
    ):
        day = await field.get(f"/officers/{officer}/observations?day=2024-10-03", after=relief)
        facts = [each["fact"] for each in day.json()["observations"]]
        found = [(fact["type"], fact.get("relieved_by") or fact.get("relieves")) for fact in facts]
        assert found == expected, officer


async def test_a_whole_paper_list_comes_as_one_batch_and_its_squad_as_one_row(field: Field) -> None:
    listed = {"place": "rally/r-1", "method": "paper", "precision": "list"}
    rows = [
        said("pamwal.field.check_in.v1", id=f"row-{n}", channel="paper", sourceseq=100 + n)
        | {"data": {"officer_id": f"NTT-0{n}", **listed}}
        for n in range(200, 230)
    ]
    rows.append(said("squad_from_paper") | {"data": {"present": ["NTT-0200", "NTT-0300"], **listed}})
    answer = await field.batch(rows)
    assert [row["status"] for row in answer.json()] == [201] * 31
    last = answer.json()[-1]
    assert (len(last["facts"]), [each["code"] for each in last["warnings"]]) == (2, ["witness"])
    again = await field.batch(rows)
    assert [row["facts"] for row in again.json()] == [row["facts"] for row in answer.json()]


async def test_a_list_that_names_somebody_twice_is_refused_and_says_whom(field: Field) -> None:
    data = {"place": "rally/r-1", "method": "manual", "present": ["NTT-0041", "NTT-0041"]}
    answer = await field.post(said("pamwal.field.check_in_squad.v1", id="twice", data=data))
    assert (answer.status_code, answer.json()["code"]) == (409, "malformed")
    assert "NTT-0041" in answer.json()["detail"]


async def test_a_repeat_is_answered_as_the_first_and_a_witness_with_a_hint(field: Field) -> None:
    first = await field.post(said("pamwal.field.check_in.v1"))
    again = await field.post(said("pamwal.field.check_in.v1"))
    assert (again.status_code, again.json()["facts"]) == (first.status_code, first.json()["facts"])
    witness = await field.post(said("witness"))
    assert witness.status_code == 201
    assert [warning["code"] for warning in witness.json()["warnings"]] == ["witness"]


async def test_another_posts_token_is_refused_and_so_is_the_retry(field: Field) -> None:
    body = said("pamwal.field.check_in.v1", id="foreign")
    for _ in range(2):
        answer = await field.post(body, post="oebobo")
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"]["code"] == "not_yours"


async def test_an_incidents_words_stay_out_of_the_log(field: Field) -> None:
    body = said("pamwal.field.report_incident.v1")
    words = "saksi menunggu di posko"
    body["data"] = {
        **body["data"],
        "text": {"text": words},
        "text_ref": {"ref": "forged", "digest": "f" * 64},
    }
    answers = [await field.post(body), await field.post(body)]
    assert [answer.status_code for answer in answers] == [201, 201]
    stored = await everything(field.log, FIELD_REQUESTS.name)
    assert len(stored) == 2
    for record in stored:
        assert words.encode() not in record.value
        request = decode_request(record.value)
        assert request.data.text_ref.ref != "forged"
    kept = [each for each in await everything(field.log, PERSONAL.name) if each.value]
    assert words.encode() in kept[0].value


async def test_the_cause_of_a_void_stays_out_of_the_log(field: Field) -> None:
    words, observation = "bukan Ipda Yosef, adiknya", said("pamwal.field.check_in.v1")["id"] + "/0"
    await field.post(said("pamwal.field.check_in.v1"))
    forged = {"ref": "forged", "digest": "f" * 64}
    data = {"observation": observation, "cause": words, "cause_ref": forged}
    answers = [await field.post(said("pamwal.field.void.v1", data=data)) for _ in range(2)]
    assert [(answer.status_code, answer.json()["outcome"]) for answer in answers] == [(201, "accepted")] * 2
    for topic in (FIELD_REQUESTS.name, FIELD_DECISIONS.name):
        assert not any(words.encode() in record.value for record in await everything(field.log, topic))
    ref = decode_request((await everything(field.log, FIELD_REQUESTS.name))[-1].value).data.cause_ref
    kept = [
        msgspec.json.decode(each.value, type=PersonalRecord)
        for each in await everything(field.log, PERSONAL.name)
        if each.value
    ]
    assert {(each.ref, each.words.text) for each in kept} == {(ref.ref, words)}
    officer = said("pamwal.field.check_in.v1")["data"]["officer_id"]
    day = await field.get(f"/officers/{officer}/observations?day=2024-10-03", after=answers[0])
    [seen] = day.json()["observations"]
    assert (seen["voided_by"], seen["void_cause_ref"]["ref"]) == ("operator-1", ref.ref)


async def test_a_void_that_does_not_say_why_is_422(field: Field) -> None:
    for data in ({"observation": "a/0"}, {"observation": "a/0", "cause_ref": {"ref": "r", "digest": "d"}}):
        answer = await field.post(said("pamwal.field.void.v1", data=data))
        assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (
            422,
            "malformed",
            "$.data.cause",
        )


async def test_a_reference_without_words_does_not_reach_the_log(field: Field) -> None:
    body = said("pamwal.field.report_incident.v1")
    assert body["data"]["text_ref"]
    await field.post(body)
    [record] = await everything(field.log, FIELD_REQUESTS.name)
    assert decode_request(record.value).data.text_ref is None


async def test_an_incident_is_read_with_its_history(field: Field) -> None:
    report = said("pamwal.field.report_incident.v1")
    incident_id = report["data"]["incident_id"]
    await field.post(report)
    await field.post(said("incident_step_held"))
    last = await field.post(said("pamwal.field.advance_incident.v1"))
    listed = await field.get("/incidents", after=last)
    assert [(one["incident_id"], one["state"]) for one in listed.json()["incidents"]] == [
        (incident_id, "assigned")
    ]
    whole = (await field.get(f"/incidents/{incident_id}", after=last)).json()
    assert [line["state"] for line in whole["history"]] == ["reported", "verified", "assigned"]
    assert (await field.get("/incidents/none", after=last)).status_code == 404


async def test_an_officer_reads_the_incidents_that_are_his(field: Field) -> None:
    report = said("pamwal.field.report_incident.v1")
    incident_id = report["data"]["incident_id"]
    last = await field.post(report)

    async def as_officer(path: str) -> httpx.Response:
        return await field.get(
            path, after=last, role="officer", post="maulafa", officer="NTT-0042", subject="officer-42"
        )

    assert (await as_officer(f"/incidents/{incident_id}")).status_code == 404
    assert (await as_officer("/incidents")).json() == {"incidents": [], "zone": "Asia/Makassar"}
    await field.post(said("incident_step_held"))
    last = await field.post(said("pamwal.field.advance_incident.v1"))
    assert (await as_officer(f"/incidents/{incident_id}")).status_code == 200


async def test_an_officers_day_is_read_by_himself_by_who_said_it_and_by_the_head(field: Field) -> None:
    path = "/officers/NTT-0041/observations?day=2024-10-03"
    await field.post(said("pamwal.field.check_in.v1"))
    await field.post(said("witness"))
    last = await field.post(said("pamwal.field.void.v1"))
    day = (await field.get(path, after=last, role="officer", post="maulafa", officer="NTT-0041")).json()
    assert [(one["fact"]["method"], one.get("voided_by")) for one in day["observations"]] == [
        ("paper", "operator-1"),
        ("gps", None),
    ]
    assert (await field.get(path, after=last, role="ops_head", post="ops")).json() == day
    assert (await field.get(path, after=last)).json() == day
    assert (await field.get(path, after=last, post="oebobo")).json()["observations"] == []
    other = await field.get(path, after=last, role="officer", post="maulafa", officer="NTT-0042")
    assert other.status_code == 403
    assert (await field.get(path, after=last, role="viewer")).status_code == 403
    another_day = "/officers/NTT-0041/observations?day=2024-10-04"
    assert (await field.get(another_day, after=last)).json()["observations"] == []
    assert (await field.get("/officers/NTT-0041/observations?day=yesterday")).status_code == 422


@pytest.mark.parametrize("role", ["admin", "viewer", "propam"])
async def test_who_reports_nothing_from_the_field_reads_no_report_of_it_either(
    field: Field, role: Role
) -> None:
    """An admin keeps operations, posts, devices and tokens (domain, section 6)."""
    refused = await field.post(field.scanned(said("pamwal.field.check_out.v1")), role=role, post=None)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    for path in (
        "/officers/NTT-0041/observations?day=2024-10-03", "/places/rally/r-1/attendance?day=2024-10-03",
        "/posts/maulafa/log.csv?day=2024-10-03", "/incidents", "/incidents/i-1", f"/attachments/{'0' * 64}",
    ):  # fmt: skip
        answer = await field.get(path, role=role, post=None)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role"), path


async def test_reads_are_described_completely(field: Field) -> None:
    described = (await field._client.get("/openapi.json")).json()
    assert unexplained(described) == []
    schema = described["paths"][f"{ROOT.replace(OPERATION, '{operation_id}')}/incidents/{{incident_id}}"]
    answer = schema["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert "history" in answer["properties"]
    assert "$ref" not in msgspec.json.encode(answer).decode()
