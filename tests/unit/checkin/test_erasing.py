"""Erasing a person: what is found of him, what is gone after it, and what stays."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.errors import TopicMissing
from pamwal.contracts.field import (
    AttachToIncident,
    CheckIn,
    ErasePerson,
    PersonErased,
    ReportIncident,
    StoredFile,
    Void,
)
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.contracts.scheduling import DeploymentRow, RegisterOfficers, RejectDeployments, WithdrawAbsences
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL, SCHEDULING_REQUESTS
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from services.checkin.erasing import Belongings, SegmentTicker
from tests.edge.house import until
from tests.unit.checkin.district import OPERATION, ROOT, District, district
from tests.unit.checkin.test_media import FILES
from tests.unit.scheduler.asked import absence, absences, at, entry, order, orders
from tests.wire.witness import everything

PHOTO: Final = FILES["image/jpeg"]
SHA256: Final = hashlib.sha256(PHOTO).hexdigest()
HEAD: Final[dict[str, Any]] = {"role": "ops_head", "post": None, "subject": "head"}
HIS: Final = ("his name", "his refused name", "his report", "he is ill", "he was elsewhere", "he is back")
OTHERS: Final = ("another name", "a report of the post", "of the other's order")


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path) as found:
        yield found


def report(incident_id: str, text: str) -> ReportIncident:
    return ReportIncident(
        incident_id=incident_id, kind="fire", severity="minor", kelurahan="53.71.02.1008",
        text=PersonalWords(text=text),
    )  # fmt: skip


async def told(kupang: District) -> None:
    """Words of k-1, about k-1, and of others; the photo is of k-1's incident."""
    him = kupang.token("officer", "oebobo", "k-1", "k-1")
    head, source = kupang.token(**HEAD), {"source": "/posts/oebobo/officers/k-1"}

    async def say(data: RequestData, by: dict[str, str] | None = None, status: int = 201) -> httpx.Response:
        answer = await kupang.say(kupang.body(data, **(source if by is him else {})), by)
        assert answer.status_code == status, answer.text
        return answer

    person = PersonalWords(name="his name", nrp="85040001", phone="0812-1")
    other = PersonalWords(name="another name", nrp="85040002")
    entries = [entry("k-1", person=person), entry("k-2", person=other)]
    await say(RegisterOfficers(officers=entries), head)
    refused = entry("K-1", person=PersonalWords(name="his refused name", nrp="85040002"))
    await say(RegisterOfficers(officers=[refused]), head, 409)
    await say(orders(order("d-1", "k-1"), order("d-2", "k-2")), head)
    await say(RejectDeployments(rows=[DeploymentRow(deployment_id="d-1")], cause="he is ill"), him)
    await say(
        RejectDeployments(rows=[DeploymentRow(deployment_id="d-2")], cause="of the other's order"), head
    )
    await say(absences(absence("a-1", "k-1")), head)
    await say(WithdrawAbsences(absence_ids=["a-1"], cause="he is back"), head)
    seen = await say(CheckIn(officer_id="k-1", place="rally/oebobo-1", method="manual"))
    await say(Void(observation=seen.json()["facts"][0], cause="he was elsewhere"))
    await say(report("i-post", "a report of the post"))
    await say(report("i-his", "his report"), him)
    uploaded = await upload(kupang)
    assert uploaded.status_code == 201, uploaded.text
    file = StoredFile(sha256=SHA256, size=len(PHOTO), media_type="image/jpeg")
    await say(AttachToIncident(incident_id="i-his", attachment=file))
    pin = await kupang.clients["checkin"].put(
        f"{ROOT}/officers/k-1/pin", json={"pin": "482913"}, headers=kupang.token()
    )
    assert pin.status_code == 200, pin.text


async def upload(kupang: District) -> httpx.Response:
    headers = {**kupang.token(), "content-type": "image/jpeg"}
    return await kupang.clients["checkin"].post(f"{ROOT}/attachments", content=PHOTO, headers=headers)


async def erase(
    kupang: District, officer: str = "k-1", headers: dict[str, str] | None = None, identity: str = "e-1"
) -> httpx.Response:
    """The erasure; checkin's edge has read it when this returns."""
    answer = await kupang.clients["checkin"].post(
        f"{ROOT}/officers/{officer}/erasure",
        json={"id": identity, "time": at("21:00"), "cause": "he asked for it"},
        headers=headers or kupang.token(**HEAD),
    )
    erased, place = kupang.edges["checkin"].erased, TopicPartition(PERSONAL.name, 0)
    assert erased is not None
    end = (await kupang.log.end_offsets([place]))[place]
    await until(lambda: erased.follower.vector().get(place, 0) >= end)
    return answer


async def kept(kupang: District) -> list[str]:
    """The words that stand in `personal` once it is compacted."""
    latest = {each.key: each.value for each in await everything(kupang.log, PERSONAL.name)}
    words = [msgspec.json.decode(each, type=PersonalRecord).words for each in latest.values() if each]
    return sorted(each.name or each.text or "" for each in words)


async def test_his_words_and_files_are_gone_and_the_log_stays(kupang: District, tmp_path: Path) -> None:
    await told(kupang)
    folder = tmp_path / "attachments" / OPERATION
    topics = (SCHEDULING_REQUESTS, FIELD_REQUESTS, FIELD_DECISIONS)
    before = {topic.name: await everything(kupang.log, topic.name) for topic in topics}

    preview = await kupang.get(f"{ROOT}/officers/K-1/erasure", kupang.token(**HEAD))
    found = {
        "officer_id": "k-1", "names": 2, "texts": 4, "files": 1, "pin": True, "on_roster": True,
        "erased_before": 0,
    }  # fmt: skip
    assert (preview.status_code, preview.json()) == (200, found), preview.text
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [SHA256]

    answer = await erase(kupang, "K-1")
    assert (answer.status_code, answer.json()) == (200, found), answer.text
    assert await kept(kupang) == sorted([*OTHERS, "he asked for it"])
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    for topic, records in before.items():
        assert (await everything(kupang.log, topic))[: len(records)] == records
    [fact] = (await kupang.decisions())[-1].data.facts
    assert isinstance(fact, PersonErased)
    assert (fact.officer_id, fact.words, fact.files, fact.author) == ("k-1", 6, 1, "head")
    assert fact.cause_ref is not None

    # said again it does no harm, and what an offline queue sends again does not come back
    again = await erase(kupang, identity="e-2")
    assert again.json() == {**found, "pin": False, "erased_before": 7}
    uploaded = await upload(kupang)
    assert (uploaded.status_code, uploaded.json()["sha256"]) == (200, SHA256)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    gone = await kupang.get(f"{ROOT}/attachments/{SHA256}")
    assert (gone.status_code, gone.json()["code"]) == (404, "erased")
    assert await kept(kupang) == sorted([*OTHERS, "he asked for it", "he asked for it"])


async def test_who_may_not_and_what_is_not_known(kupang: District) -> None:
    assert (await erase(kupang, headers=kupang.token())).json()["code"] == "wrong_role"
    assert (await erase(kupang, "nobody")).json()["code"] == "unknown_officer"
    # the record of an erasure cannot be said without erasing
    data = ErasePerson(officer_id="k-1", words=9, files=9, cause="he asked for it")
    said = await kupang.say(kupang.body(data, post="ops"), kupang.token(**HEAD))
    assert (said.status_code, said.json()["code"]) == (409, "not_erased")
    assert await kept(kupang) == []
    assert {each.type for each in await kupang.requests()} == set()


async def test_while_the_store_does_not_answer_it_is_said_and_can_be_done_again(
    kupang: District, tmp_path: Path
) -> None:
    await told(kupang)
    folder = next((tmp_path / "attachments" / OPERATION).glob("*/"))
    hidden = folder.rename(folder.with_name("away"))
    folder.write_text("in its place stands a file")
    failed = await erase(kupang)
    assert (failed.status_code, failed.json()["code"]) == (503, "store_unavailable")
    assert all(TYPE_OF[ErasePerson] != each.type for each in await kupang.requests())
    folder.unlink()
    hidden.rename(folder)
    assert (await erase(kupang)).status_code == 200
    assert not [path for path in folder.rglob("*") if path.is_file()]


async def test_an_edge_writes_to_each_partition_so_that_kafka_ends_its_segments() -> None:
    """A partition to which nobody writes any more would never be compacted."""
    log = MemoryLog(partitions=3, clock_ms=lambda: 0)
    ticker = SegmentTicker(log)
    with pytest.raises(TopicMissing):
        await ticker.tick()
    log.create_topics()
    await ticker.start()
    places = [TopicPartition(PERSONAL.name, number) for number in range(3)]
    await until(lambda: all(log.partition(place).end for place in places))
    await ticker.stop()
    for place in places:
        [record] = await everything(log, PERSONAL.name, place.partition)
        assert record.value == b"", "a tombstone: no reader takes it for words"


def test_what_nobody_can_read_is_left_out() -> None:
    found, place = Belongings("op", "k-1"), TopicPartition("t", 0)
    for value in (b"", b"\xff", b"{}", b'{"data":{"facts":[{"officer_id":"k-1"}]}}'):
        record = Record(place.topic, 0, 0, b"op", value, (), 0)
        found.fold_decisions(place, [record])
        found.fold_requests(place, [record])
    assert (found.names, found.texts, found.files) == (set(), set(), set())
