"""Words about persons are kept apart; the log only points at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts.codec import decode_request
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.follow import Follower
from pamwal.edge.personal import Personal
from pamwal.edge.spec import Keep
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import Faults
from tests.edge.house import REPORT, House, a_house, check_in, until
from tests.wire.witness import everything

NOW = "2024-10-03T01:15:00.000Z"

TEXT = "Bapak Yosef, warna merah, mendorong petugas"


def a_report(name: str, text: str | None = TEXT, **more: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "incident_id": "i-1",
        "kind": "crowd_clash",
        "severity": "minor",
        "kelurahan": "53.71.02.1001",
    }
    if text is not None:
        data["text"] = {"text": text}
    return check_in(name) | {"type": REPORT, "data": data | more}


async def personal(house: House) -> list[PersonalRecord]:
    found = await everything(house.log, PERSONAL.name)
    records = [msgspec.json.decode(each.value, type=PersonalRecord) for each in found]
    assert [each.key for each in found] == [f"op/{record.ref}".encode() for record in records]
    return records


async def test_the_words_are_in_personal_and_only_a_reference_in_the_log(house: House) -> None:
    assert (await house.post(a_report("a"), path="/incidents")).status_code == 201
    (kept,) = await personal(house)
    assert (kept.operation_id, kept.words.text) == ("op", TEXT)
    (record,) = await house.requests()
    assert b"Yosef" not in record.value
    assert decode_request(record.value).data.text_ref.ref == kept.ref


async def test_a_retry_gives_the_same_reference_and_is_a_repeat(house: House) -> None:
    first = await house.post(a_report("a"), path="/incidents")
    again = await house.post(a_report("a"), path="/incidents")
    assert (again.status_code, again.content) == (201, first.content)
    assert await house.outcomes() == ["accepted", "repeat"]
    assert len({record.ref for record in await personal(house)}) == 1


async def erase(house: House) -> None:
    """Somebody erases everything; the edge's follower has seen it."""
    producer = await house.log.producer()
    found = await everything(house.log, PERSONAL.name)
    for key in {record.key or b"" for record in found}:
        await producer.send(PERSONAL.name, Outgoing(key, b""))
    await producer.close()
    await seen(house)


async def seen(house: House) -> None:
    """The edge's follower has read what stands in `personal`."""
    erased, at = house.edge.erased, TopicPartition(PERSONAL.name, 0)
    assert erased is not None
    end = (await house.log.end_offsets([at]))[at]
    await until(lambda: erased.follower.vector().get(at, 0) >= end)


@pytest.mark.parametrize("path", ["/incidents", "/batch"])
async def test_what_was_erased_is_not_written_again_by_a_retry(house: House, path: str) -> None:
    body: Any = a_report("a") if path == "/incidents" else [a_report("a")]
    await house.post(body, path=path)
    await erase(house)
    again = await house.post(body, path=path)
    assert await house.outcomes() == ["accepted", "repeat"], again.text
    assert [bool(record.value) for record in await everything(house.log, PERSONAL.name)] == [True, False]


async def test_an_edge_that_starts_later_knows_what_was_erased(house: House, tmp_path: Path) -> None:
    await house.post(a_report("a"), path="/incidents")
    await erase(house)
    async with a_house(tmp_path, log=house.log, decides=False) as other:
        assert (await other.post(a_report("a"), path="/incidents")).status_code == 201
    assert await house.outcomes() == ["accepted", "repeat"]
    assert [bool(record.value) for record in await everything(house.log, PERSONAL.name)] == [True, False]


async def test_while_an_edge_does_not_know_what_was_erased_it_keeps_no_words(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        assert house.edge.erased is not None
        await house.edge.erased.follower.stop()
        house.edge.erased.follower = Follower(house.log, [PERSONAL.name], lambda _at, _records: None)
        answer = await house.post(a_report("a"), path="/incidents")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_folded")
        assert (await house.post(check_in("b"))).status_code == 201
        assert await everything(house.log, PERSONAL.name) == []


def test_of_words_some_of_which_were_erased_the_others_keep_their_references() -> None:
    def apart(data: Any, keep: Keep) -> Any:
        return [keep(words) for words in data]

    said = [PersonalWords(name=name) for name in ("Yosef", "Maria", "Yosef")]
    all_kept, first = Personal(b"s" * 32, apart, set()), {"operation_id": "op", "request_id": "a", "now": NOW}
    refs, kept = all_kept.split(said, **first)
    some, left = Personal(b"s" * 32, apart, {kept[0].key}).split(said, **first)
    assert (some, left) == (refs, kept[1:])


async def test_other_words_under_the_same_key_are_seen(house: House) -> None:
    await house.post(a_report("a"), path="/incidents")
    answer = await house.post(a_report("a", "something else"), path="/incidents")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


async def test_equal_words_have_one_digest_and_two_references(house: House) -> None:
    await house.post(a_report("a"), path="/incidents")
    await house.post(a_report("b"), path="/incidents")
    one, two = [decode_request(record.value).data.text_ref for record in await house.requests()]
    assert one.digest == two.digest
    assert one.ref != two.ref


async def test_a_reference_the_sender_made_up_does_not_pass(house: House) -> None:
    stolen = {"ref": "0" * 32, "digest": "0" * 64}
    await house.post(a_report("a", None, text_ref=stolen), path="/incidents")
    (record,) = await house.requests()
    assert decode_request(record.value).data.text_ref is None


async def test_words_that_could_not_be_kept_stop_the_request(house: House) -> None:
    house.log.faults = Faults(send_lost=1.0)
    assert (await house.post(a_report("a"), path="/incidents")).status_code == 503
    house.log.faults = Faults()
    assert await house.requests() == []


async def test_rows_of_a_batch_are_set_apart_too(house: House) -> None:
    rows = (await house.post([a_report("a"), a_report("b")], path="/batch")).json()
    assert [row["status"] for row in rows] == [201, 201]
    assert len(await personal(house)) == 2
    assert all(b"Yosef" not in record.value for record in await house.requests())
