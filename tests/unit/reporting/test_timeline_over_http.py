"""The log of an operation over HTTP: who asked is read from the log, each role is told what it may know."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import msgspec
import openpyxl
import pytest

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.claims import Role
from pamwal.contracts.codec import Fact, encode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import Method, ReportIncident, Void
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords
from pamwal.contracts.reporting_alerts import Ending
from pamwal.contracts.scheduling import CancelDeployments, DeploymentRow
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.contracts.timeline import Timeline
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.http import Message
from pamwal.wire.log import Outgoing
from pamwal.wire.memory import Faults
from services.reporting import timeline_reads
from services.reporting.fact_words import ENDINGS, FACTS, METHODS
from tests.unit.reporting.house import OPERATION, House, Written, a_house
from tests.unit.reporting.telling import OEPURA, at

KEY = f"{OPERATION}/t1".encode()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A guard and an intel officer come to a rally, the guard's report is taken back, something happens."""
    written = Written()
    await written.plan()
    words = PersonalRecord(
        operation_id=OPERATION, ref="t1", words=PersonalWords(text="Dua orang luka"), written_at=at("09:10")
    )
    await written.put(PERSONAL.name, Outgoing(KEY, encode(words)))
    await written.come("KPG-1", "09:00")
    await written.come("KPG-2", "09:01")
    await written.ask(
        ReportIncident(
            incident_id="i1", kind="crowd_clash", severity="moderate", kelurahan=OEPURA, place="rally/a",
            text_ref=PersonalRef(ref="t1", digest="0" * 64),
        ),
        "09:10",
    )  # fmt: skip
    await written.ask(
        CancelDeployments(rows=[DeploymentRow(deployment_id="d-KPG-1")], cause="sakit"), "09:12"
    )
    await written.decide("09:12")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def timeline(house: House, role: Role = "ops_head", query: str = "") -> Timeline:
    answer = await house.get(f"/timeline?{query}", role)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Timeline)


async def test_an_entry_says_who_asked_what_and_why_when_it_was_and_when_we_knew(house: House) -> None:
    found = await timeline(house, query="kind=deployment_cancelled")
    (entry,) = found.entries
    assert (entry.actor, entry.role, entry.post_id, entry.channel) == ("chief", "ops_head", "alak", "app")
    assert (entry.asked, entry.cause) == ("pamwal.scheduling.cancel_deployments.v1", "sakit")
    assert (entry.at, entry.known_at, entry.recorded_at) == (at("09:12"), at("09:12"), at("09:12"))
    assert (entry.offset, entry.context, entry.says) == (
        4,
        "scheduling",
        "deployment_cancelled KPG-1 rally/a",
    )
    (came,) = (await timeline(house, query="officer=KPG-1&kind=checked_in")).entries
    assert (came.at, came.known_at, came.request_id) == (at("09:00"), at("09:12"), "q5")
    assert (found.exercise, found.sight, found.counts) == (True, "full", None)


@pytest.mark.parametrize(
    ("role", "people", "words"),
    [
        ("ops_head", {"KPG-1", "KPG-2"}, ["Dua orang luka"]),
        ("command_post", {"KPG-1"}, ["Dua orang luka"]),
        ("field_commander", {"KPG-1"}, []),
        ("admin", {"KPG-1"}, []),
        ("officer", {"KPG-1"}, None),
    ],
)
async def test_each_role_is_told_what_it_may_know(
    house: House, role: Role, people: set[str], words: list[str] | None
) -> None:
    found = await timeline(house, role, "limit=200")
    told = [fact for entry in found.entries for fact in entry.facts if fact.type != "officer_registered"]
    assert {fact.officer_id for fact in told if fact.officer_id} == people
    said = [entry for entry in found.entries if entry.facts[0].incident_id == "i1"]
    assert [(entry.words, entry.erased) for entry in said] == ([] if words is None else [(words, 0)])
    for query in ("officer=KPG-2", "text=kpg-2", "venue=v-a&kind=checked_in"):
        entries = (await timeline(house, role, query)).entries
        told = [fact for entry in entries for fact in entry.facts if fact.type != "officer_registered"]
        assert ("KPG-2" in {fact.officer_id for fact in told}) == ("KPG-2" in people), query


@pytest.mark.parametrize("role", ["viewer", "propam"])
async def test_who_sees_counts_only_is_told_counts_and_no_more(house: House, role: Role) -> None:
    found = await timeline(house, role, "kind=checked_in,incident_reported")
    assert (found.entries, found.counts) == ([], {"checked_in": 2, "incident_reported": 1})
    for query in ("venue=v-a", "post=alak", "officer=KPG-1", "severity=moderate", "text=a"):
        answer = await house.get(f"/timeline?{query}", role)
        assert (query, answer.status_code, answer.json()["code"]) == (query, 403, "wrong_role")


async def test_erased_words_are_said_to_be_so(house: House) -> None:
    await house.written.put(PERSONAL.name, Outgoing(KEY, b""))
    async with a_house(house.edge.settings.state, house.written) as later:
        await later.until_folded()
        (entry,) = (await timeline(later, query="kind=incident_reported")).entries
        assert (entry.words, entry.erased) == ([], 1)
        assert (await timeline(later, query="text=luka")).entries == []


async def test_pages_hold_every_entry_once(house: House) -> None:
    whole = await timeline(house, query="limit=200")
    found, after = [], ""
    while True:
        page = await timeline(house, query=f"limit=2{after}")
        found += page.entries
        if page.next_after is None:
            break
        after = f"&after={page.next_after}"
    assert found == whole.entries
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)


async def test_what_comes_later_is_there_on_the_next_look(house: House) -> None:
    before = len((await timeline(house)).entries)
    await house.written.ask(Void(observation="q5/0", cause="salah orang"), "09:20", post="maulafa")
    await house.written.decide("09:20")
    await house.until_folded()
    after = (await timeline(house)).entries
    assert (len(after), after[0].facts[0].subject) == (before + 1, "q5/0")
    (came,) = (await timeline(house, query="officer=KPG-1&kind=checked_in")).entries
    assert came.facts[0].taken_back


async def test_a_moment_and_what_was_known_then(house: House) -> None:
    early = await timeline(house, query=f"at={at('09:00')}")
    assert early.entries[0].says == "checked_in KPG-1 rally/a"
    assert early.knowledge.posts
    then = await timeline(house, query=f"known={at('06:30')}")
    assert {entry.context for entry in then.entries} == {"scheduling"}


async def test_a_log_that_does_not_answer_is_said(house: House) -> None:
    house.written.log.faults = Faults(read_failed=1.0)
    answer = await house.get("/timeline", "ops_head")
    assert (answer.status_code, answer.json()["code"]) == (503, "log_away")


async def test_what_makes_no_sense_is_refused_in_a_sentence(house: House) -> None:
    for query, says in (
        ("after=yesterday", "is no `next_after` of a page"),
        ("from=noon", "from: 'noon' is not an RFC 3339 time"),
        ("severity=bad", "severity"),
        ("limit=0", "limit"),
        (f"kind={'a' * 401}", "kind"),
    ):
        answer = await house.get(f"/timeline?{query}")
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text


async def test_alerts_and_sitreps_are_in_it_and_who_may_not_place_intel_reads_of_no_alert_of_it(
    tmp_path: Path,
) -> None:
    written = Written()
    await written.plan()
    for clock in ("09:00", "09:20"):
        await written.beat("maulafa", clock)
    await written.decide("09:20")
    await written.judge("09:21")
    await written.ask(PublishSitRep(), "09:22", post="ops")
    await written.judge("09:22")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        raised = (await timeline(house, query="kind=alert_raised&officer=KPG-2")).entries
        assert {(entry.context, entry.offset, entry.actor) for entry in raised} == {("reporting", None, None)}
        assert "no_show" in {fact.what for entry in raised for fact in entry.facts}
        told = (await timeline(house, "command_post", "kind=alert_raised")).entries
        assert {fact.officer_id for entry in told for fact in entry.facts} <= {"KPG-1", None}
        told = (await timeline(house, "command_post", "officer=KPG-2")).entries
        assert {fact.type for entry in told for fact in entry.facts} == {"officer_registered"}
        (sitrep,) = (await timeline(house, "command_post", "kind=sitrep_published")).entries
        assert (sitrep.asked, sitrep.at) == ("pamwal.reporting.publish_sitrep.v1", at("09:22"))


async def test_the_page_shows_entries_to_who_may_see_them_and_counts_to_others(house: House) -> None:
    async def shown(role: Role, query: str = "") -> str:
        answer = await house.client.get(f"/timeline?operation={OPERATION}{query}", headers=house.bearer(role))
        assert answer.status_code == 200, answer.text
        return answer.text

    whole = await shown("ops_head", "&kind=checked_in")
    for says in ("LATIHAN", "KPG-2", "3 Oktober 2024 pukul 09.01 WITA", "chief", "datang"):
        assert says in whole
    assert "KPG-2" not in await shown("command_post", "&kind=checked_in")
    counted = await shown("viewer")
    assert '<th scope="row">datang</th><td>2</td>' in counted
    assert ('name="kind"' in counted, 'name="officer"' in counted) == (True, False)
    assert "Tidak ada yang cocok." in await shown("viewer", "&kind=poll_started")
    assert "0 dari 2 posko terdengar dalam 15 menit" in whole
    assert "maulafa · aplikasi" in whole
    assert not [each for each in ("posts heard", "· app") if each in re.sub("aplikasi", "", whole)]
    assert "Dua orang luka" in await shown("command_post", "&text=LUKA")
    assert "Tidak ada yang cocok" in await shown("command_post", "&text=xyzzy")
    assert "&lt;b&gt;" in await shown("command_post", "&text=%3Cb%3E")
    nobody = await house.client.get(f"/timeline?operation={OPERATION}")
    assert nobody.status_code == 401


async def test_what_the_page_calls_things_is_found_by_those_words(tmp_path: Path) -> None:
    written = Written()
    await written.plan()
    for clock in ("09:00", "09:20"):
        await written.beat("maulafa", clock)
    report = ReportIncident(incident_id="K-1", kind="crowd_clash", severity="moderate", kelurahan=OEPURA)
    await written.ask(report, "09:10")
    await written.judge("09:21")
    await written.come("KPG-1", "09:22")
    await written.judge("09:40")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        for text, kinds in (
            ("bentrokan massa", {"incident_reported"}),
            ("personel tidak hadir", {"alert_raised", "alert_retracted"}),
            ("sudah terlihat", {"alert_retracted"}),
            ("posko senyap", {"alert_raised"}),
            ("penjagaan", {"deployment_ordered"}),
        ):
            found = (await timeline(house, query=f"text={text}")).entries
            assert {fact.type for entry in found for fact in entry.facts} >= kinds, text
            assert len({entry.context for entry in found}) == 1
            answer = await house.client.get(
                "/timeline", params={"operation": OPERATION, "text": text}, headers=house.bearer("ops_head")
            )
            assert text in answer.text.split("</form>")[1]
            if text == "posko senyap":
                assert "posko senyap · post/maulafa" in answer.text
            if text == "sudah terlihat":
                assert "peringatan ditarik <span" in answer.text
                assert "peringatan berubah: personel tidak hadir · KPG-2" in answer.text


def test_every_reason_and_method_has_words_on_the_page() -> None:
    assert set(ENDINGS) == set(get_args(Ending))
    assert set(METHODS) == set(get_args(Method))


def test_every_fact_has_words_on_the_page() -> None:
    assert set(FACTS) == {kind.__struct_config__.tag for kind in get_args(Fact)}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("role", "people"),
    [
        ("ops_head", {"KPG-1", "KPG-2"}),
        ("command_post", {"KPG-1"}),
        ("field_commander", {"KPG-1"}),
        ("admin", {"KPG-1"}),
    ],
)
async def test_a_table_has_every_entry_its_reader_may_see(
    house: House, role: Role, people: set[str], form: str
) -> None:
    answer = await house.get(f"/timeline.{form}?kind=checked_in", role)
    assert answer.headers["content-disposition"].endswith(f'"LATIHAN-timeline-turangga.{form}"')
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    else:
        header, *cells = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].values
        rows = [dict(zip(header, row, strict=True)) for row in cells]
    assert {row["officer_id"] for row in rows} == people
    assert {(row["LATIHAN"], row["actor"], row["type"]) for row in rows} == {
        ("LATIHAN", "chief", "checked_in")
    }


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_a_table_is_for_who_may_see_officers(house: House, role: Role) -> None:
    answer = await house.get("/timeline.csv", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_a_table_that_would_be_too_long_says_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_reads, "ROWS_MAX", 1)
    monkeypatch.setattr(timeline_reads, "PAGE_MAX", 2)
    house.written.log.faults = Faults(read_failed=1.0)  # entries are counted before any request is read
    answer = await house.get("/timeline.csv", "ops_head")
    assert (answer.status_code, "from and to" in answer.json()["detail"]) == (422, True)


async def test_a_table_is_read_no_further_once_its_client_has_left() -> None:
    """Given a table that waits for its pages for ever, and one that waits for a place."""
    tables, begun, ended, leaves = BoundedQueue(1, 1, 5), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def read() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    asking = [asyncio.ensure_future(timeline_reads.read_out(tables, receive, read)) for _ in range(2)]
    await begun.wait()
    with pytest.raises(HttpProblem, match="1 wait"):
        await timeline_reads.read_out(tables, receive, read)

    leaves.set()

    for each in asking:
        with pytest.raises(HttpProblem, match="closed the connection"):
            await each
    assert (ended.is_set(), tables.taken) == (True, 0)
