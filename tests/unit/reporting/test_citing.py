"""A parent's SitRep cites the latest of each child, and whoever verifies it verifies these too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.citations import operations_cited
from pamwal.contracts.family_counts import FamilyCounts, SitRepRolledUp
from pamwal.contracts.scheduling import AdmitChild, AmendOperation, ChildDismissed, Policy, SitRepTime
from pamwal.contracts.sitrep_sums import rolled_up_of
from pamwal.contracts.sitreps import (
    Change,
    PublishSitRep,
    SignSitRep,
    SitRep,
    SitRepCited,
    SitRepPublished,
)
from pamwal.contracts.sitreps_shown import ChildSitReps
from pamwal.edge.issuer import Issuer
from pamwal.verifying import Verified, verify_sitrep
from pamwal.wire.log import TopicPartition
from services.reporting.core import ReportingCore
from services.reporting.sheets.chat import text_of
from services.reporting.sheets.report import Reporter
from services.reporting.sheets.tongues import TONGUES
from tests.unit.reporting.house import REPORTING, House, Written, a_house, until
from tests.unit.reporting.publishing import Publisher, a_day
from tests.unit.reporting.telling import OPERATION, at, name_of
from tests.unit.reporting.test_families import asked, manned, opened

SHA = "a" * 64
EARLIER = at("09:10")


def cited(
    operation_id: str,
    number: int | None = 1,
    sha256: str | None = SHA,
    rolled_up: SitRepRolledUp | None = None,
) -> SitRepCited:
    return SitRepCited(operation_id=operation_id, number=number, sha256=sha256, rolled_up=rolled_up)


def counting(
    oldest_at: str = EARLIER,
    missing: list[str] | None = None,
    operation_ids: list[str] | None = None,
    **counts: int,
) -> SitRepRolledUp:
    names = operation_ids or []
    counted = FamilyCounts(**({"operations": len(names)} if names else {}) | counts)
    return SitRepRolledUp(counts=counted, oldest_at=oldest_at, missing=missing or [], operation_ids=names)


def test_what_is_cited_stands_in_the_document_and_is_told() -> None:
    document = Publisher(a_day()).publish("09:30", children=[cited("kupang", 3), cited("rote", None, None)])
    assert document.children == [cited("kupang", 3), SitRepCited(operation_id="rote")]
    told = text_of(Reporter(TONGUES["id"], name_of, str).report(document, SHA))
    assert f"Laporan satuan bawah: kupang nomor 3 (SHA-256 {SHA}); rote belum ada" in told


def test_a_sitrep_that_cites_nothing_is_written_as_before() -> None:
    verdict = Publisher(a_day()).ask("09:30")
    assert '"children"' not in verdict.facts[0].document


def test_what_is_cited_is_added_up_and_told() -> None:
    publisher = Publisher(a_day())
    below = counting(
        operations=2, ordered=10, present=8, absent=2, posts=3, posts_heard=2, numbers_missing=4, alerts=5,
        rallies_ended=2, attendance=600, incidents=3, incidents_open=1, injured=2, missing=["sabu"],
    )  # fmt: skip
    document = publisher.publish(
        "09:30", children=[cited("kupang", 3, SHA, below), cited("rote", None, None), cited("alor", 9)]
    )
    whole, own = document.rolled_up, document.strength
    assert whole is not None
    assert whole.counts.operations == 3
    assert (whole.counts.ordered, whole.counts.present) == (own.ordered + 10, own.present + 8)
    assert (whole.oldest_at, whole.missing) == (EARLIER, ["alor", "rote", "sabu"])
    told = text_of(Reporter(TONGUES["id"], name_of, str).report(document, SHA))
    for line in (
        "- kupang (2): plotting 10, hadir 8, tidak hadir 2",
        "Belum termasuk dalam jumlah: alor, rote, sabu",
        "Bersama satuan bawah: 3 kegiatan: 0 direncanakan, 1 berlangsung, 2 selesai; 0 dibatalkan; massa 600",
        "Bersama satuan bawah: 3 kejadian, 1 belum selesai; 2 luka",
    ):
        assert line in told.splitlines(), told
    assert "Bersama satuan bawah: plotting 13, hadir 9, di lokasi 1," in told
    assert "Jumlah dari 3 laporan, yang tertua per Kamis, 3 Oktober 2024, pukul 09.10 WITA" in told
    assert "Bersama satuan bawah: 2 dari 5 posko terdengar; 4 nomor laporan belum diterima; 5 per" in told
    later = publisher.publish(
        "09:31", children=[cited("kupang", 4, SHA, replace(below, oldest_at=at("09:31")))]
    )
    assert [each for each in later.changes if each.rolled_up] == []
    came = replace(below.counts, present=10, absent=0)
    last = publisher.publish("09:32", children=[cited("kupang", 5, SHA, replace(below, counts=came))])
    assert [each for each in last.changes if each.rolled_up] == [
        Change(of="present", before=9, now=11, rolled_up=True),
        Change(of="absent", before=2, now=0, rolled_up=True),
    ]
    told = text_of(Reporter(TONGUES["en"], name_of, str).report(last, SHA))
    assert "- With all below: present 9 → 11 (+2)" in told.splitlines(), told


def test_an_operation_is_counted_once_where_two_cited_sitreps_count_it() -> None:
    ntt = counting(operation_ids=["ntt", "kupang"], ordered=5)
    kupang = counting(operation_ids=["kupang"], ordered=3, oldest_at=at("08:00"))
    alone = Publisher(a_day()).publish("09:30").strength.ordered
    document = Publisher(a_day()).publish(
        "09:30", children=[cited("kupang", 1, SHA, kupang), cited("ntt", 1, SHA, ntt)]
    )
    whole = document.rolled_up
    assert whole is not None
    assert (whole.counts.operations, whole.counts.ordered) == (3, alone + 5)
    assert (whole.operation_ids, whole.missing, whole.oldest_at) == (
        ["kupang", "ntt", OPERATION],
        [],
        EARLIER,
    )
    told = text_of(Reporter(TONGUES["en"], name_of, str).report(document, SHA))
    assert "Added up only once, as part of another report: kupang" in told.splitlines(), told


def test_of_two_that_share_an_operation_the_smaller_is_missing_but_for_what_is_counted() -> None:
    ntt = counting(operation_ids=["ntt", "kupang", "rote"])
    ntb = counting(operation_ids=["ntb", "kupang"])
    round_about = counting(operation_ids=["alor", OPERATION])
    document = Publisher(a_day()).publish(
        "09:30",
        children=[
            cited("ntb", 1, SHA, ntb), cited("ntt", 1, SHA, ntt), cited("alor", 1, SHA, round_about),
        ],
    )  # fmt: skip
    whole = document.rolled_up
    assert whole is not None
    assert (whole.operation_ids, whole.missing) == (["kupang", "ntt", "rote", OPERATION], ["alor", "ntb"])


def test_what_is_cited_without_a_list_of_operations_is_added_up_as_before() -> None:
    document = Publisher(a_day()).publish(
        "09:30",
        children=[
            cited("ntt", 1, SHA, counting(operations=2, missing=["rote"])),
            cited("rote", 1, SHA, counting()),
        ],
    )
    whole = document.rolled_up
    assert whole is not None
    assert (whole.counts.operations, whole.operation_ids, whole.missing) == (4, [], ["rote"])


@pytest.mark.parametrize(
    "below",
    [
        [counting(ordered=1_000_000_000), counting(ordered=1)],
        [counting(missing=[f"a-{n}" for n in range(600)]), counting(missing=[f"b-{n}" for n in range(600)])],
    ],
)
def test_a_sum_that_no_document_can_say_is_refused(below: list[SitRepRolledUp]) -> None:
    publisher = Publisher(a_day())
    children = [cited(f"op-{number}", 1, SHA, each) for number, each in enumerate(below)]
    assert publisher.refused("09:30", children=children) == "too_large"
    assert publisher.publish("09:31", children=children[1:]).number == 1


@pytest.mark.parametrize(("many", "told"), [(40, True), (41, False)])
def test_a_chat_has_a_row_for_each_child_of_a_small_family_and_paper_for_all(many: int, told: bool) -> None:
    children = [cited(f"op-{number}", 1, SHA, counting(ordered=number)) for number in range(many)]
    document = Publisher(a_day()).publish("09:30", children=children)
    report = Reporter(TONGUES["id"], name_of, str).report(document, SHA)
    assert ("- op-7 (1): plotting 7" in text_of(report).splitlines()) is told
    assert ["op-7 (1)", "7", *["0"] * 9] in report.sections[1].blocks[0].rows


def test_a_grandchild_is_added_up_with_its_parent_and_of_an_old_document_only_its_own() -> None:
    parent = Publisher(a_day()).publish("09:30", children=[cited("kupang", 3, SHA, counting(ordered=10))])
    assert rolled_up_of(parent) == parent.rolled_up
    alone = Publisher(a_day()).publish("09:30", children=[cited("kupang", 3)])
    assert alone.rolled_up is None
    found = rolled_up_of(alone)
    assert (found.counts.operations, found.counts.ordered, found.missing) == (1, 3, ["kupang"])


@pytest.mark.parametrize(
    "children",
    [
        [cited("kupang", None, None, counting())],
        [cited("kupang"), cited("kupang", 2)],
        [cited("turangga")],
        [cited("kupang", 1, None)],
        [cited("kupang", None, SHA)],
        [cited("kupang", 1, SHA, counting(operation_ids=["rote"]))],
        [cited("kupang", 1, SHA, counting(operation_ids=["kupang", "kupang"], operations=2))],
        [cited("kupang", 1, SHA, counting(operation_ids=["kupang", "rote"], operations=1))],
    ],
)
def test_what_cannot_be_cited_so_is_refused(children: list[SitRepCited]) -> None:
    assert Publisher(a_day()).refused("09:30", children=children) == "malformed"


async def a_family() -> Written:
    """A province with two cities, one of which has published."""
    written = Written()
    await opened(written, "ntt", None)
    await opened(written, "kupang", "ntt")
    await opened(written, "rote", "ntt")
    await manned(written, "kupang", "KPG-1")
    await written.ask(PublishSitRep(), "09:10", post="ops", operation="kupang")
    await written.judge("09:10")
    return written


async def facts(written: Written) -> list[tuple[str, Any]]:
    return [(each.operationid, fact) for each in await written.decided() for fact in each.data.facts]


async def published(written: Written, operation: str) -> SitRepPublished:
    found = [
        fact for name, fact in await facts(written) if name == operation and isinstance(fact, SitRepPublished)
    ]
    return found[-1]


async def sign(written: Written, issuer: Issuer, operation: str) -> None:
    fact = await published(written, operation)
    jws = issuer.seal(fact.document.encode())
    signing = SignSitRep(number=fact.number, sha256=fact.sha256, kid=issuer.kid, jws=jws)
    await written.ask(signing, "09:21", post="ops", operation=operation)
    await written.judge("09:21")


async def publish(written: Written, issuer: Issuer, *children: SitRepCited) -> Verified:
    """The province's SitRep, signed, and what is found out about it."""
    await written.ask(PublishSitRep(children=list(children)), "09:20", post="ops", operation="ntt")
    await written.judge("09:20")
    await sign(written, issuer, "ntt")
    keys = {issuer.kid: issuer.public_key}
    return await verify_sitrep(ReportingCore(), written.log, keys, "ntt", 1)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "issuer")


async def test_who_verifies_a_parents_verifies_what_it_cites(issuer: Issuer) -> None:
    written = await a_family()
    await sign(written, issuer, "kupang")
    child = await published(written, "kupang")
    found = await publish(written, issuer, cited("kupang", 1, child.sha256), cited("rote", None, None))
    assert found.holds
    assert [(each.operation_id, each.number, each.wrong) for each in found.cited] == [("kupang", 1, None)]
    topic = REPORTING.decisions_topic
    assert await operations_cited(written.log, topic, "ntt", 1) == ["kupang", "ntt"]


async def test_a_child_that_nobody_signed_or_another_digest_does_not_hold(issuer: Issuer) -> None:
    written = await a_family()
    child = await published(written, "kupang")
    unsigned = await publish(written, issuer, cited("kupang", 1, child.sha256))
    assert not unsigned.holds
    assert "signed" in (unsigned.cited[0].wrong or "")
    assert (unsigned.signed, unsigned.chain, unsigned.refold) == (True, None, None)
    other = await a_family()
    await sign(other, issuer, "kupang")
    assert "not " + SHA in ((await publish(other, issuer, cited("kupang"))).cited[0].wrong or "")
    third = await a_family()
    assert "no SitRep 1 of 'rote'" in ((await publish(third, issuer, cited("rote"))).cited[0].wrong or "")


async def test_counts_that_are_not_those_of_the_cited_sitrep_do_not_hold(issuer: Issuer) -> None:
    written = await a_family()
    await sign(written, issuer, "kupang")
    child = await published(written, "kupang")
    true = rolled_up_of(msgspec.json.decode(child.document, type=SitRep))
    assert (true.counts.operations, true.counts.ordered, true.counts.rallies_active) == (1, 1, 1)
    found = await publish(written, issuer, cited("kupang", 1, child.sha256, true))
    assert found.holds
    other = await a_family()
    await sign(other, issuer, "kupang")
    child = await published(other, "kupang")
    more = replace(true, counts=replace(true.counts, present=99))
    found = await publish(other, issuer, cited("kupang", 1, child.sha256, more))
    assert (found.signed, found.chain, found.refold) == (True, None, None)
    assert [each.wrong for each in found.cited] == ["it does not count what is cited of it"]
    assert not found.holds


async def signed(written: Written, issuer: Issuer, operation: str, *children: SitRepCited) -> SitRepCited:
    """What is to be cited of the next SitRep of an operation."""
    await written.ask(PublishSitRep(children=list(children)), "09:22", post="ops", operation=operation)
    await written.judge("09:22")
    await sign(written, issuer, operation)
    fact = await published(written, operation)
    counted = rolled_up_of(msgspec.json.decode(fact.document, type=SitRep))
    return cited(operation, fact.number, fact.sha256, counted)


@pytest.mark.parametrize("listed", [True, False])
async def test_an_operation_that_moved_after_a_sitrep_is_not_counted_twice(
    listed: bool, issuer: Issuer
) -> None:
    """Once its old parent has counted it. Citations without a list are as in old SitReps, or forged."""
    written = await a_family()
    await opened(written, "nation", None)
    await written.ask(AmendOperation(parent="nation"), operation="ntt")
    await written.ask(AdmitChild(child="ntt"), operation="nation")
    kupang = await signed(written, issuer, "kupang")
    ntt = await signed(written, issuer, "ntt", kupang)
    await written.ask(AmendOperation(parent="nation"), operation="kupang")
    await written.ask(AdmitChild(child="kupang"), operation="nation")
    children = [kupang, ntt]
    if not listed:
        children = [
            replace(each, rolled_up=replace(each.rolled_up, operation_ids=[]))
            for each in children
            if each.rolled_up is not None
        ]
    nation = await signed(written, issuer, "nation", *children)
    found = await verify_sitrep(ReportingCore(), written.log, {issuer.kid: issuer.public_key}, "nation", 1)
    assert nation.rolled_up is not None
    assert found.holds is listed
    if listed:
        assert nation.rolled_up.operation_ids == ["kupang", "nation", "ntt"]
        assert nation.rolled_up.counts.ordered == 1
    else:
        assert [each.wrong for each in found.cited] == [None, "it counts kupang, which is counted already"]


async def test_a_child_that_was_dismissed_is_not_cited() -> None:
    teller = a_day()
    teller.tell(ChildDismissed, 2, child="kupang", cause="not ours")
    assert Publisher(teller).refused("09:30", children=[cited("kupang")]) == "not_admitted"
    assert Publisher(teller).publish("09:30", children=[cited("rote")]).children == [cited("rote")]


@pytest.mark.parametrize(
    ("parent", "admitted", "wrong"),
    [
        (None, False, "it does not name ntt its parent"),
        ("nation", True, "it does not name ntt its parent"),
        ("ntt", False, "ntt has not admitted it"),
        ("ntt", True, None),
    ],
)
async def test_whoever_verifies_finds_a_cited_operation_that_is_no_child(
    parent: str | None, admitted: bool, wrong: str | None, issuer: Issuer
) -> None:
    written = await a_family()
    await opened(written, "sabu", parent, admitted=admitted)
    sabu = await signed(written, issuer, "sabu")
    found = await publish(written, issuer, sabu)
    assert [each.wrong for each in found.cited] == [wrong]
    assert found.holds is (wrong is None)


@pytest.mark.parametrize(
    ("moved", "wrong"),
    [("09:11", "it does not name ntt its parent"), ("09:19", None)],
)
async def test_a_child_that_moves_while_its_parent_publishes_may_be_cited(
    moved: str, wrong: str | None, issuer: Issuer
) -> None:
    """Replica and clocks of two partitions differ by minutes at most."""
    written = await a_family()
    await written.ask(AmendOperation(parent="nation"), moved, operation="kupang")
    await written.decide(moved)
    await sign(written, issuer, "kupang")
    child = await published(written, "kupang")
    found = await publish(written, issuer, cited("kupang", 1, child.sha256))
    assert [each.wrong for each in found.cited] == [wrong]


async def test_what_cites_each_other_is_not_followed_for_ever(issuer: Issuer) -> None:
    written = await a_family()
    cites = PublishSitRep(children=[cited("ntt")])
    await written.ask(cites, "09:12", post="ops", operation="kupang")
    await written.judge("09:12")
    await sign(written, issuer, "kupang")
    child = await published(written, "kupang")
    found = await publish(written, issuer, cited("kupang", 2, child.sha256))
    assert "cited by what it cites" in (found.cited[0].wrong or "")


async def post(house: House, data: dict[str, Any], name: str) -> Any:
    headers = {**house.bearer("ops_head", "ntt"), "prefer": "respond-async"}
    said = {
        "id": name, "source": "/posts/ops/devices/1", "time": at("09:30"), "channel": "web", "data": data,
    }  # fmt: skip
    return await house.client.post("/reporting/v1/operations/ntt/sitreps", headers=headers, json=said)


async def test_an_edge_says_what_to_cite_and_lets_no_parents_sitrep_pass_without(tmp_path: Path) -> None:
    written = await a_family()
    async with a_house(tmp_path, written) as house:
        await until(lambda: house.edge.health.readiness().ready)
        await house.until_folded()  # once: the clerk asks for signatures, which nobody here decides
        answer = await asked(house, "ntt", "/children/sitreps")
        found = msgspec.json.decode(answer.content, type=ChildSitReps)
        assert (await asked(house, "kupang", "/children/sitreps")).json()["children"] == []
        assert (await asked(house, "ntt", "/children/sitreps", role="viewer")).status_code == 403
        child = await published(written, "kupang")
        counted = rolled_up_of(msgspec.json.decode(child.document, type=SitRep))
        assert found.children == [
            cited("kupang", 1, child.sha256, counted), SitRepCited(operation_id="rote"),
        ]  # fmt: skip
        refused = await post(house, {}, "s1")
        assert (refused.status_code, refused.json()["code"]) == (422, "children_not_cited")
        other = msgspec.to_builtins([*found.children, cited("sabu")])
        refused = await post(house, {"children": other}, "s3")
        assert (refused.status_code, refused.json()["code"]) == (422, "no_child")
        taken = await post(house, {"children": msgspec.to_builtins(found.children)}, "s2")
        assert taken.status_code == 202
        await written.judge("09:31")
        document = msgspec.json.decode((await published(written, "ntt")).document, type=SitRep)
        assert document.children == found.children
        whole = document.rolled_up
        assert whole is not None
        assert (whole.counts.operations, whole.counts.ordered, whole.missing) == (2, 1, ["rote"])


async def test_a_parents_that_is_due_cites_as_well(tmp_path: Path) -> None:
    written = await a_family()
    policy = Policy(sitreps=[SitRepTime(at="09:15")])
    await written.ask(AmendOperation(policy=policy), operation="ntt")
    requests = written.log.partition(TopicPartition(REPORTING.requests_topic, 0))
    await written.judge("09:10")
    await written.judge("09:16")
    async with a_house(tmp_path, written):
        await until(lambda: requests.end >= 3)
        await written.judge("09:17")
    document = msgspec.json.decode((await published(written, "ntt")).document, type=SitRep)
    child = await published(written, "kupang")
    counted = rolled_up_of(msgspec.json.decode(child.document, type=SitRep))
    assert document.children == [cited("kupang", 1, child.sha256, counted), SitRepCited(operation_id="rote")]
