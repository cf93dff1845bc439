"""A new release has newer types: what was said to the old one, and is said again, is still the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts import codec
from pamwal.contracts.claims import ROLES
from pamwal.contracts.codec import decode_request
from pamwal.contracts.envelope import Request
from pamwal.contracts.field import CheckIn
from pamwal.edge.app import RequestRoute
from pamwal.edge.clock import system_ms
from pamwal.wire.audit import audit
from pamwal.wire.log import Outgoing
from pamwal.wire.memory import MemoryLog
from tests.edge import house as building
from tests.edge.guard_core import GuardCore
from tests.edge.house import CHECK_IN, House, a_house, check_in
from tests.edge.test_personal import a_report, personal

OLD, OLD_REPORT = "pamwal.field.check_in.v0", "pamwal.field.report_incident.v0"
POSITION = {"latitude": -10.1771234, "longitude": 123.6071234}


def raised(old: dict[str, Any]) -> dict[str, Any]:
    """v1 says what v0 left open, so that the lifted data differs."""
    return {**old, "type": CHECK_IN, "data": {**old["data"], "precision": "list"}}


def said(name: str, **more: Any) -> bytes:
    body = check_in(name, **more) | {"type": OLD}
    body["data"]["position"] = POSITION
    return msgspec.json.encode(body)


@contextmanager
def old_release(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """v0 is a contract like any other."""
    with monkeypatch.context() as then:
        then.setitem(codec.REQUEST_TYPES, OLD, CheckIn)
        then.setitem(codec._REQUEST, OLD, msgspec.json.Decoder(Request[CheckIn]))
        route = RequestRoute(path="/check-ins", type=OLD, roles=ROLES, summary="as it was")
        then.setattr(building, "ROUTES", (route, *building.ROUTES[1:]))
        yield


@pytest.fixture
async def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryLog:
    """The old release took `a`, and then was replaced."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    with old_release(monkeypatch):
        async with a_house(tmp_path, log=log) as before:
            assert (await before.post(said("a"))).status_code == 201
    monkeypatch.setitem(codec.UPCASTERS, OLD, raised)
    return log


async def consistent(house: House) -> bool:
    topics = {GuardCore.requests_topic: GuardCore()}
    return (await audit(house.log, topics=topics, redecide=topics)).verdict == "consistent"


@pytest.mark.parametrize("path", ["/check-ins", "/batch"])
async def test_what_the_old_release_took_is_a_repeat_for_the_new_one(
    tmp_path: Path, log: MemoryLog, path: str
) -> None:
    async with a_house(tmp_path, log=log) as after:
        again = await after.post(said("a") if path == "/check-ins" else b"[" + said("a") + b"]", path=path)
        assert again.status_code == (201 if path == "/check-ins" else 200), again.text
        assert await after.outcomes() == ["accepted", "repeat"]
        other = await after.post(said("a", officer="NTT-0002"))
        assert (other.status_code, other.json()["code"]) == (422, "key_reused")
        assert await consistent(after)


async def test_the_very_record_of_the_old_release_is_a_repeat_too(tmp_path: Path, log: MemoryLog) -> None:
    async with a_house(tmp_path, log=log) as after:
        (record,) = await after.requests()
        producer = await log.producer()
        await producer.send(
            record.topic, Outgoing(record.key or b"", record.value, record.headers), partition=0
        )
        await after.until_decided(2)
        assert await after.outcomes() == ["accepted", "repeat"]
        assert await consistent(after)


async def test_a_single_request_of_an_older_type_is_lifted(tmp_path: Path, log: MemoryLog) -> None:
    async with a_house(tmp_path, log=log) as after:
        assert (await after.post(said("new"))).status_code == 201
        stored = decode_request((await after.requests())[-1].value)
        assert (stored.type, stored.data.precision, stored.data.position.latitude) == (
            CHECK_IN,
            "list",
            -10.1771,
        )
        wrong = await after.post(check_in("b") | {"type": OLD, "data": {"officer_id": "NTT-0001"}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed")


async def test_no_sender_can_say_what_his_digest_is(house: House) -> None:
    first = await house.post(check_in("a"))
    digest = decode_request((await house.requests())[0].value).original
    again = await house.post(check_in("a", officer="NTT-0002", original="0" * 64, digest="0" * 64))
    assert (first.status_code, digest, again.status_code) == (201, None, 422)


async def test_words_about_persons_are_in_no_digest_without_salt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "type": building.REPORT}

    monkeypatch.setitem(codec.UPCASTERS, OLD_REPORT, report)
    answer = await house.post(a_report("a") | {"type": OLD_REPORT}, path="/incidents")
    assert answer.status_code == 201
    assert len(await personal(house)) == 1
    assert decode_request((await house.requests())[0].value).original is None
