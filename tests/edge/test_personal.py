"""Words about persons are kept apart; the log only points at them."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.codec import decode_request
from pamwal.contracts.persons import PersonalRecord
from pamwal.contracts.topics import PERSONAL
from pamwal.wire.memory import Faults
from tests.edge.house import REPORT, House, check_in
from tests.wire.witness import everything

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
