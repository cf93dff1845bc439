"""SitReps over HTTP: listed, shown, signed by the service, told as text and PDF, for the roles that may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.contracts.canonical import sha256_of
from pamwal.contracts.claims import Role
from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.errors import LogUnavailable
from pamwal.contracts.sitreps import (
    OTHERS_SIGNATURES_MAX,
    SIGNATURES_MAX,
    PublishSitRep,
    SignSitRep,
    SitRep,
    SitRepPublished,
)
from pamwal.contracts.sitreps_shown import SitRepList, SitRepShown
from pamwal.edge.app import EdgeSettings
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.seals import check_seal, keys_of
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import Faults
from services.reporting import clerk
from services.reporting.clerk import Said
from services.reporting.own_requests import OwnRequests
from services.reporting.sitreps import signature_name
from tests.unit.reporting.house import OPERATION, REPORTING, ROOT, House, Written, a_house, until
from tests.unit.reporting.telling import at

REQUESTS = TopicPartition(REPORTING.requests_topic, 0)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One officer of two has come; two SitReps are published, and signed by the replica that starts then."""
    written = Written()
    await written.plan()
    await written.come("KPG-1", "08:50")
    await written.ask(PublishSitRep(), "09:20", post="ops")
    await written.ask(PublishSitRep(form="daily"), "09:21", post="ops")
    await written.judge("09:22")
    async with a_house(tmp_path, written) as built:
        await signed(built, 4)
        yield built


async def signed(house: House, asked: int) -> None:
    """Waits until reporting was asked so much, and lets it be decided."""
    await until(lambda: house.written.log.partition(REQUESTS).end >= asked)
    await house.written.judge("09:23")
    await house.until_folded()


async def listed(house: House) -> SitRepList:
    return msgspec.json.decode((await house.get("/sitreps")).content, type=SitRepList)


async def shown(house: House, number: int) -> SitRepShown:
    return msgspec.json.decode((await house.get(f"/sitreps/{number}")).content, type=SitRepShown)


async def test_they_are_listed_with_who_signed_them(house: House) -> None:
    found = await listed(house)
    assert [(each.number, each.form, each.superseded) for each in found.sitreps] == [
        (2, "daily", False), (1, "situation", False),
    ]  # fmt: skip
    assert [each.signed_by for each in found.sitreps] == [[house.issuer.kid]] * 2


async def test_the_head_who_publishes_them_is_no_post_and_his_words_are_in_the_ledger(house: House) -> None:
    posts = (await house.get("/situation")).json()["posts"]
    assert {row["post_id"]: row["listed"] for row in posts["rows"]} == {"alak": True, "maulafa": True}
    board = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())
    assert (board.status_code, 'warn">tidak terdaftar' in board.text) == (200, False)
    ledger = (await house.get("/ledger")).json()
    of_office = [row["balance"]["accepted"] for row in ledger["rows"] if row["post_id"] == OFFICE]
    assert sum(of_office) == 4, "two SitReps, and their signatures"


async def test_one_is_shown_as_it_was_signed(house: House) -> None:
    found = await shown(house, 1)
    document = found.document.encode()
    (signature,) = found.signatures
    keys = keys_of((await house.client.get("/reporting/v1/keys")).content)
    assert check_seal(document, signature.jws, signature.kid, keys) == "good"
    assert sha256_of(document) == found.sha256
    sitrep = msgspec.json.decode(document, type=SitRep)
    assert (sitrep.strength.present, sitrep.strength.ordered) == (1, 2)
    assert sitrep.vector.keys() == {
        "pamwal.field.decisions.v1-0", "pamwal.reporting.decisions.v1-0", "pamwal.scheduling.decisions.v1-0",
    }  # fmt: skip
    assert sitrep.vector.keys() == sitrep.heads.keys()
    assert found.decision.startswith("pamwal.reporting.decisions.v1-0-")


async def test_a_replica_that_starts_anew_signs_nothing_twice(house: House, tmp_path: Path) -> None:
    before = house.written.log.partition(REQUESTS).end
    async with a_house(tmp_path, house.written) as again:
        await until(lambda: again.edge.health.readiness().ready)
        await house.written.ask(PublishSitRep(), "09:24", post="ops")
        await house.written.judge("09:25")
        await until(lambda: house.written.log.partition(REQUESTS).end >= before + 3)
        await house.written.judge("09:26")
        assert [len((await shown(again, number)).signatures) for number in (1, 2, 3)] == [1, 1, 1]


async def test_a_new_key_signs_only_what_no_key_of_the_service_signed(house: House, tmp_path: Path) -> None:
    """Given SitReps signed with one key, when a replica starts with another, it signs the next one only."""
    async with a_house(tmp_path / "renewed", house.written) as renewed:
        assert renewed.issuer.kid != house.issuer.kid
        await house.written.ask(PublishSitRep(), "09:24", post="ops")
        await house.written.judge("09:25")
        asked = house.written.log.partition(REQUESTS)
        await until(lambda: asked.end >= 7)  # both replicas sign the third
        await house.written.judge("09:26")
        await renewed.until_folded()
        kids = {
            number: {each.kid for each in (await shown(renewed, number)).signatures} for number in (1, 2, 3)
        }
    own, new = house.issuer.kid, renewed.issuer.kid
    assert kids == {1: {own}, 2: {own}, 3: {own, new}}


async def test_a_signature_that_was_refused_is_not_asked_for_again(tmp_path: Path) -> None:
    """Given a SitRep that earlier keys of the service gave all the signatures that it takes of it."""
    written = Written()
    await written.plan()
    await written.ask(PublishSitRep(), "09:20", post="ops")
    await written.judge("09:21")
    facts = [fact for each in await written.decided() for fact in each.data.facts]
    (published,) = [fact for fact in facts if isinstance(fact, SitRepPublished)]
    own = SIGNATURES_MAX - OTHERS_SIGNATURES_MAX
    for number in range(own):
        signing = SignSitRep(number=1, sha256=published.sha256, kid=f"old-{number}", jws=f"a..{number:02d}")
        await written.ask(signing, service="reporting", name=signature_name(1, f"old-{number}"))
    await written.judge("09:22")
    async with a_house(tmp_path, written) as house:
        await signed(house, 2 + own)
    before = await written.decided()
    refused = before[-1].data
    assert (refused.outcome, refused.reason and refused.reason.code) == ("refused", "too_large")
    async with a_house(tmp_path, written) as again:
        await written.ask(PublishSitRep(), "09:24", post="ops")
        await written.judge("09:25")
        await signed(again, 4 + own)
    asked = [each.data.request for each in (await written.decided())[len(before) :]]
    assert [each.id for each in asked if each is not None][1:] == [f"sitrep-2-{again.issuer.kid}"]


class CountedEvent(asyncio.Event):
    """Counts how often somebody looks whether it is set."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return super().is_set()


async def test_nothing_is_signed_before_the_keys_were_compared_with_those_of_the_log(tmp_path: Path) -> None:
    # given a SitRep, and a replica that has not compared its keys yet
    written = Written()
    await written.plan()
    await written.ask(PublishSitRep(), "09:20", post="ops")
    await written.judge("09:21")
    asked = written.log.partition(REQUESTS)
    registry = KeyRegistry(written.log, EdgeSettings(state=tmp_path))
    looked = registry.agreed = CountedEvent()
    async with a_house(tmp_path, written, keys=registry) as house:
        # when the clerk has looked, then it signed nothing
        await until(lambda: looked.looks >= 3)
        assert asked.end == 1
        own = OwnRequests(written.log, house.edge.clock, keys=registry)
        with pytest.raises(LogUnavailable, match="were not compared with those of the log"):
            await own.send(OPERATION, "exercise", "n", PublishSitRep(), time=at("09:22"))
        # and once they are compared it does
        await registry.agree()
        await until(lambda: asked.end == 2)


async def test_it_is_signed_although_the_log_often_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk, "AGAIN_S", 0.01)
    monkeypatch.setattr(clerk, "NOT_KEPT_MAX_S", 0.01)
    written = Written()
    await written.plan()
    await written.ask(PublishSitRep(), "09:20", post="ops")
    await written.judge("09:21")
    written.log.faults = Faults(send_lost=0.7)
    async with a_house(tmp_path, written) as house:
        await signed(house, 2)
        written.log.faults = Faults()
        assert [each.signed_by for each in (await listed(house)).sitreps] == [[house.issuer.kid]]


def test_what_is_not_answered_is_asked_again_ever_later() -> None:
    said, waits = Said(), []
    for _ in range(9):
        said = said.again(100.0)
        waits.append(said.wait_s)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 320, 320]


async def test_as_text_as_pdf_and_as_a_page(house: House) -> None:
    text = await house.get("/sitreps/1/text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "*I. HARI/TANGGAL*" in text.text
    assert "*I. DAY AND DATE*" in (await house.get("/sitreps/1/text?lang=en")).text
    pdf = await house.get("/sitreps/1/sitrep.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    assert pdf.content == (await house.get("/sitreps/1/sitrep.pdf")).content
    page = (await house.client.get(f"/sitreps?operation={OPERATION}", headers=house.bearer())).text
    for line in (
        "LATIHAN",
        "OMP &lt;Turangga&gt;",
        "Kamis, 3 Oktober 2024",
        "09.22</time> WITA",
        house.issuer.kid,
    ):
        assert line in page, line
    board = (await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())).text
    assert f'href="/sitreps?operation={OPERATION}"' in board


PATHS = ("/sitreps", "/sitreps/1", "/sitreps/1/text", "/sitreps/1/sitrep.pdf")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_who_sees_counts_only_is_sent_to_the_situation(house: House, path: str, role: Role) -> None:
    answer = await house.get(path, role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


@pytest.mark.parametrize("path", ["/sitreps/1", "/sitreps/1/text"])
@pytest.mark.parametrize("role", ["field_commander", "command_post", "ops_head", "admin"])
async def test_nobody_on_intel_is_named_whoever_reads(house: House, path: str, role: Role) -> None:
    answer = await house.get(path, role)
    assert answer.status_code == 200
    assert "KPG-2" not in answer.text


async def test_the_page_is_not_for_who_sees_counts_only(house: House) -> None:
    answer = await house.client.get(f"/sitreps?operation={OPERATION}", headers=house.bearer("viewer"))
    assert answer.status_code == 403
    board = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer("viewer"))
    assert "/sitreps?" not in board.text


@pytest.mark.parametrize("path", ["/sitreps/3", "/sitreps/3/text", "/sitreps/3/sitrep.pdf"])
async def test_one_that_was_not_published_is_not_found(house: House, path: str) -> None:
    answer = await house.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sitrep")
    assert (await house.get("/sitreps/0")).status_code == 422


async def test_it_is_published_over_http_and_read_at_once(house: House) -> None:
    body: dict[str, Any] = {
        "id": "p-1", "source": "/posts/ops/devices/web", "type": "pamwal.reporting.publish_sitrep.v1",
        "time": at("09:30"), "channel": "web", "data": {"form": "weekly"},
    }  # fmt: skip
    answer = await publish(house, body)
    assert answer.status_code == 202
    receipt = answer.headers["pamwal-at"]
    await house.written.judge("09:31")
    found = (await house.get("/sitreps", pamwal_at=receipt)).json()["sitreps"]
    assert (found[0]["number"], found[0]["signed_by"]) == (3, [])
    decided = await house.client.get(answer.headers["location"], headers=house.bearer("ops_head"))
    assert decided.json()["outcome"] == "accepted"


async def publish(house: House, body: dict[str, Any]) -> httpx.Response:
    headers = {**house.bearer("ops_head"), "prefer": "respond-async"}
    return await house.client.post(f"{ROOT}/sitreps", json=body, headers=headers)
