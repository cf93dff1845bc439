"""Incidents over HTTP: kinds, what is said of one, lists by what holds, and a history with its duplicates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.client.incidents import FieldIncidents
from pamwal.client.service import ServiceClient
from pamwal.contracts.codec import decode_request
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.topics import FIELD_REQUESTS, PERSONAL
from pamwal.incident_kinds import SETTING, incident_kinds, kinds_from
from tests.unit.checkin.house import OPERATION, Field
from tests.wire.witness import everything

OFFICER: dict[str, Any] = {
    "role": "officer",
    "post": "maulafa",
    "officer": "NTT-0042",
    "subject": "officer-42",
}


class SmallPages(httpx.AsyncBaseTransport):
    """A service that gives no more than two at once."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limit = min(2, int(request.url.params["limit"]))
        request.url = request.url.copy_set_param("limit", limit)
        return await self._inner.handle_async_request(request)


class Desk:
    """A post that tells of incidents."""

    def __init__(self, field: Field) -> None:
        self.field, self._number = field, 0
        self.last: httpx.Response | None = None

    async def say(self, what: str, clock: str, data: dict[str, Any], **more: Any) -> httpx.Response:
        """One request of a type, at a wall clock in UTC, in a new id."""
        self._number += 1
        post = more.get("post") or "maulafa"
        self.last = await self.field.post(
            {
                "id": more.pop("identity", f"q{self._number}"),
                "source": f"/posts/{post}/devices/1",
                "type": f"pamwal.field.{what}.v1",
                "time": f"2024-10-03T{clock}:00.000Z",
                "channel": more.pop("channel", "app"),
                "data": data,
            },
            **more,
        )
        return self.last

    async def report(self, name: str, clock: str, **fields: Any) -> httpx.Response:
        """A report of an incident."""
        said = {"kind": "fire", "severity": "minor", "kelurahan": "53.71.02.1008", **fields}
        return await self.say("report_incident", clock, {"incident_id": name, **said})

    async def listed(self, query: str = "", **more: Any) -> list[str]:
        """Ids of the incidents that a list has."""
        answer = await self.field.get(f"/incidents{query}", after=self.last, **more)
        assert answer.status_code == 200, answer.text
        return [one["incident_id"] for one in answer.json()["incidents"]]

    async def read(self, name: str, **more: Any) -> Any:
        """One incident."""
        answer = await self.field.get(f"/incidents/{name}", after=self.last, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def desk(field: Field) -> Desk:
    return Desk(field)


# --- kinds


async def test_an_unknown_kind_is_answered_with_the_list_and_not_kept(desk: Desk) -> None:
    first = await desk.report("k-1", "03:00", kind="kebakaran_hutan")
    amended = await desk.say("amend_incident", "03:01", {"incident_id": "k-1", "kind": "fires"})
    for answer in (first, amended):
        assert (answer.status_code, answer.json()["path"]) == (422, "$.data.kind")
        assert all(kind in answer.json()["detail"] for kind in ("fire", "traffic_jam", "other"))
    assert await everything(desk.field.log, FIELD_REQUESTS.name) == []


async def test_an_incident_is_assigned_to_an_id_and_not_to_words_about_a_person(desk: Desk) -> None:
    for assignee, status in (("a person's name", 422), ("officer/NTT-0042", 201), ("NTT-0042", 201)):
        data = {"incident_id": "k-1", "step": "assigned", "assignee": assignee}
        answer = await desk.say("advance_incident", "03:01", data)
        assert (answer.status_code, answer.json().get("path")) == (
            status,
            "$.data.assignee" if status == 422 else None,
        )


async def test_the_kinds_are_read_with_their_names(desk: Desk) -> None:
    answer = await desk.field.read("/checkin/v1/incident-kinds", role="viewer")
    named = {each["kind"]: each["name"] for each in answer.json()["kinds"]}
    assert named == incident_kinds()
    assert named["traffic_jam"] == "kemacetan"


def test_another_list_is_taken_by_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "kinds.json"
    path.write_text('{"landslide": "tanah longsor"}', "utf-8")
    assert kinds_from({SETTING: str(path)}) == {"landslide": "tanah longsor"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"Not A Kind": "x"}', '{"fire": ""}', '{"fire": 3}', "\xff"]
)
def test_a_list_that_cannot_be_used_is_a_setting_that_cannot(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kinds.json"
    path.write_text(text, "latin-1")
    with pytest.raises(SettingsError, match=SETTING):
        kinds_from({SETTING: str(path)})
    with pytest.raises(SettingsError, match=SETTING):
        kinds_from({SETTING: str(tmp_path / "nowhere.json")})


# --- pages


async def test_a_list_comes_in_pages_that_have_each_incident_once(desk: Desk) -> None:
    for name, clock in (
        ("k-1", "03:00"),
        ("k-2", "03:00"),
        ("k-3", "02:00"),
        ("k-4", "15:59"),
        ("k-5", "16:00"),
    ):
        await desk.report(name, clock)
    whole = await desk.listed()
    assert whole == ["k-5", "k-4", "k-2", "k-1", "k-3"]
    found, after = [], ""
    while True:
        page = (await desk.field.get(f"/incidents?limit=2{after}")).json()
        found.append([one["incident_id"] for one in page["incidents"]])
        if "next_after" not in page:
            break
        after = f"&after={page['next_after']}"
        if len(found) == 1:
            await desk.report("k-6", "16:30")
            await desk.listed()
    assert found == [["k-5", "k-4"], ["k-2", "k-1"], ["k-3"]], "what happened meanwhile shifts nothing"
    assert await desk.listed("?day=2024-10-03") == ["k-4", "k-2", "k-1", "k-3"], "local days"
    assert await desk.listed("?day=2024-10-03&zone=Asia/Jakarta") == [
        "k-6",
        "k-5",
        "k-4",
        "k-2",
        "k-1",
        "k-3",
    ]
    assert (await desk.field.get("/incidents?limit=501")).status_code == 422
    assert (await desk.field.get("/incidents?after=%00")).status_code == 200


async def test_the_client_follows_the_pages_as_far_as_it_is_asked(desk: Desk) -> None:
    for number in range(5):
        await desk.report(f"k-{number}", f"03:0{number}")
    whole = await desk.listed()
    token = desk.field.token("command_post", "maulafa", None, "operator-1")["authorization"].split()[1]
    async with httpx.AsyncClient(transport=SmallPages(desk.field.transport)) as http:
        client = FieldIncidents(ServiceClient(http, "http://127.0.0.1:8102/checkin/v1", token), OPERATION)
        assert [one.incident_id for one in (await client.listed()).incidents] == whole
        assert [one.incident_id for one in (await client.listed(most=3)).incidents] == whole[:3]


# --- what is said


async def test_words_beside_an_amendment_stay_out_of_the_log(desk: Desk) -> None:
    words = "korban dibawa keluarganya"
    data = {"incident_id": "k-1", "severity": "severe", "text": {"text": words}}
    forged = {"ref": "forged", "digest": "f" * 64}
    answer = await desk.say("amend_incident", "03:05", {**data, "text_ref": forged})
    assert answer.status_code == 201
    [record] = await everything(desk.field.log, FIELD_REQUESTS.name)
    assert words.encode() not in record.value
    assert decode_request(record.value).data.text_ref.ref != "forged"
    [kept] = [each for each in await everything(desk.field.log, PERSONAL.name) if each.value]
    assert words.encode() in kept.value


async def test_a_desk_that_names_an_old_version_is_told_so(desk: Desk) -> None:
    await desk.report("k-1", "03:00")
    await desk.say("amend_incident", "03:01", {"incident_id": "k-1", "severity": "severe"})
    answer = await desk.say(
        "escalate_incident", "03:02", {"incident_id": "k-1", "to": "post/ops", "expected_version": 1}
    )
    assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "stale")
    version = (await desk.read("k-1"))["version"]
    answer = await desk.say(
        "escalate_incident", "03:02", {"incident_id": "k-1", "to": "post/ops", "expected_version": version}
    )
    assert answer.status_code == 201


async def test_a_history_tells_all_that_was_said_who_when_and_how(desk: Desk) -> None:
    await desk.report("k-1", "03:00")
    await desk.say("amend_incident", "03:10", {"incident_id": "k-1", "casualties": {"injured": 2}})
    await desk.say("advance_incident", "03:05", {"incident_id": "k-1", "step": "verified"}, channel="radio")
    taken_back = await desk.say("amend_incident", "03:06", {"incident_id": "k-1", "severity": "extreme"})
    observation = taken_back.json()["facts"][0]
    await desk.say("void", "03:07", {"observation": observation, "cause": "salah lapor"})
    await desk.say(
        "amend_incident",
        "03:08",
        {"incident_id": "k-1", "assignees": ["post/oebobo"]},
        role="ops_head",
        post="ops",
        subject="chief",
    )
    found = await desk.read("k-1")
    assert (found["state"], found["severity"], found["casualties"]) == ("verified", "minor", {"injured": 2})
    assert found["assignees"] == ["post/oebobo"]
    told = [
        (each["fact"]["type"], each["channel"], each["postid"], each["fact"]["author"], each["holds"])
        for each in found["timeline"]
    ]
    assert told == [
        ("incident_reported", "app", "maulafa", "operator-1", True),
        ("incident_advanced", "radio", "maulafa", "operator-1", True),
        ("incident_amended", "app", "maulafa", "operator-1", False),
        ("incident_amended", "app", "ops", "chief", True),
        ("incident_amended", "app", "maulafa", "operator-1", True),
    ]


async def test_duplicates_are_listed_with_their_own_histories(desk: Desk) -> None:
    for number in (1, 2, 3):
        await desk.report(f"k-{number}", f"03:0{number}")
    await desk.say("advance_incident", "03:05", {"incident_id": "k-2", "step": "verified"})
    await desk.say("merge_incident", "03:10", {"incident_id": "k-2", "duplicate_of": "k-1"})
    await desk.say("merge_incident", "03:11", {"incident_id": "k-3", "duplicate_of": "k-2"})
    found = await desk.read("k-1")
    assert [each["incident_id"] for each in found["duplicates"]] == ["k-2", "k-3"]
    assert [line["state"] for line in found["duplicates"][0]["history"]] == ["reported", "verified"]
    assert [line["state"] for line in found["history"]] == ["reported"]
    assert (await desk.read("k-3"))["duplicate_of"] == "k-1"
    assert await desk.listed("?duplicates=false") == ["k-1"]
    assert await desk.listed() == ["k-3", "k-2", "k-1"]
    await desk.say("unmerge_incident", "03:20", {"incident_id": "k-2"})
    assert await desk.listed("?duplicates=false") == ["k-2", "k-1"]
    assert [each["incident_id"] for each in (await desk.read("k-2"))["duplicates"]] == ["k-3"]


# --- lists


async def test_a_list_is_asked_for_by_what_holds_now(desk: Desk) -> None:
    await desk.report("k-1", "03:01", severity="severe")
    await desk.report("k-2", "03:02", kind="traffic_jam", kelurahan="53.71.01.1009")
    await desk.report("k-3", "03:03")
    await desk.say("advance_incident", "03:05", {"incident_id": "k-3", "step": "unfounded"})
    await desk.say("amend_incident", "03:06", {"incident_id": "k-2", "assignees": ["post/maulafa"]})
    for query, expected in {
        "?severity=severe": ["k-1"],
        "?severity=severe&severity=minor": ["k-3", "k-2", "k-1"],
        "?kind=traffic_jam": ["k-2"],
        "?kelurahan=53.71.02.1008": ["k-3", "k-1"],
        "?kelurahan=53.71.01": ["k-2"],
        "?kelurahan=53.7": [],
        "?state=unfounded": ["k-3"],
        "?open=true": ["k-2", "k-1"],
        "?open=false": ["k-3"],
        "?assigned=me": ["k-2"],
        "?assigned=me&open=true&severity=severe": [],
    }.items():
        assert await desk.listed(query) == expected, query
    assert await desk.listed("?assigned=me", post="oebobo") == []
    await desk.say("amend_incident", "03:07", {"incident_id": "k-2", "severity": "extreme"})
    assert await desk.listed("?severity=extreme") == ["k-2"]
    for wrong in ("?state=lost", "?severity=huge", "?open=maybe", "?assigned=you"):
        assert (await desk.field.get(f"/incidents{wrong}")).status_code == 422, wrong


async def test_an_officer_sees_what_he_spoke_of_and_what_he_was_assigned_to(desk: Desk) -> None:
    for number in (1, 2, 3):
        await desk.report(f"k-{number}", f"03:0{number}")
    assert await desk.listed(**OFFICER) == []
    await desk.say("amend_incident", "03:10", {"incident_id": "k-1", "casualties": {"dead": 1}}, **OFFICER)
    await desk.say("amend_incident", "03:11", {"incident_id": "k-2", "assignees": ["officer/NTT-0042"]})
    assert await desk.listed(**OFFICER) == ["k-2", "k-1"]
    assert await desk.listed("?assigned=me", **OFFICER) == ["k-2"]
    await desk.say("merge_incident", "03:12", {"incident_id": "k-3", "duplicate_of": "k-1"})
    assert (await desk.read("k-1", **OFFICER))["duplicates"] == []
    assert (await desk.field.get("/incidents/k-3", **OFFICER)).status_code == 404
    assert (await desk.field.get("/incidents", role="viewer")).status_code == 403


async def test_the_reads_are_described_completely(desk: Desk) -> None:
    described = (await desk.field.read("/openapi.json", role="viewer")).json()
    for path in ("/checkin/v1/incident-kinds", "/checkin/v1/operations/{operation_id}/incidents"):
        answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert "$ref" not in msgspec.json.encode(answer).decode()
    taken = described["paths"]["/checkin/v1/operations/{operation_id}/incidents:amend"]["post"]
    example = taken["requestBody"]["content"]["application/json"]["example"]
    assert example["type"] == "pamwal.field.amend_incident.v1"
