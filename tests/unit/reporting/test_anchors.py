"""An audit with an anchor: who rewrites a log with all its chains is found out up to what was signed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.anchoring import Anchors, anchor_of, anchors_in, anchors_of
from pamwal.contracts.errors import SettingsError
from pamwal.edge.issuer import Issuer
from pamwal.edge.seals import ANCHOR
from pamwal.wire.audit import AuditReport, audit
from pamwal.wire.book import genesis, link
from pamwal.wire.copying import copy_of
from pamwal.wire.log import Log, Outgoing, TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.unit.reporting.house import REQUESTS, Written
from tests.unit.reporting.telling import FIELD, at
from tests.unit.reporting.test_verifying import DECISIONS, held_of, issuer, log, stored

__all__ = ["issuer", "log"]
TOPICS = (*DECISIONS, *REQUESTS.values())
PLACE = f"{FIELD}-0"


def keys(issuer: Issuer) -> dict:  # type: ignore[type-arg]
    return {issuer.kid: issuer.public_key}


async def audited(log: Log, anchors: Anchors | None = None) -> AuditReport:
    return await audit(log, anchors=anchors)


def codes(report: AuditReport) -> set[str]:
    return {each.code for each in report.findings}


async def rewritten(log: MemoryLog, old: bytes, new: bytes) -> MemoryLog:
    """A copy in which the field says something else, in requests, digests and every chain behind."""
    harmed = await copy_of(log, TOPICS)
    head = genesis(harmed.cluster, FIELD, 0)
    for record in stored(harmed, FIELD):
        value = record.value.replace(old, new)
        head = link(head, record.key or b"", value)
        headers = tuple(
            (name, head.hex().encode() if name == "chain" else said) for name, said in record.headers
        )
        harmed.partition(TopicPartition(FIELD, 0)).replace(
            record.offset, replace(record, value=value, headers=headers)
        )
    return harmed


async def an_anchor(log: Log, issuer: Issuer) -> Anchors:
    report = await audited(log)
    kept = msgspec.json.encode(anchor_of(report, at("09:30"), issuer))
    return anchors_of(kept, "anchor.json", keys(issuer))


async def test_without_an_anchor_a_log_is_consistent_and_with_one_unaltered_up_to_it(
    log: MemoryLog, issuer: Issuer
) -> None:
    assert (await audited(log)).verdict == "consistent"
    report = await audited(log, await an_anchor(log, issuer))
    assert (report.verdict, report.findings) == ("unaltered", ())
    assert report.unaltered == {one.place: one.end for one in report.partitions if one.decisions}
    assert report.unaltered[PLACE] == stored(log, FIELD)[-1].offset + 1


async def test_what_comes_behind_an_anchor_is_consistent_only(issuer: Issuer) -> None:
    written = Written()
    await written.plan()
    await written.beat("maulafa", "09:10")
    await written.decide("09:10")
    anchors = await an_anchor(written.log, issuer)
    await written.come("KPG-1", "09:12")
    await written.decide("09:12")
    report = await audited(written.log, anchors)
    assert (report.verdict, report.unaltered[PLACE]) == ("unaltered", 1)
    assert [one.end > 1 for one in report.partitions if one.place == PLACE] == [True]


async def test_who_rewrites_a_log_with_its_chains_is_found_out(log: MemoryLog, issuer: Issuer) -> None:
    harmed = await rewritten(log, b'"method":"manual"', b'"method":"ordeal"')
    assert "chain_broken" not in codes(await audited(harmed))
    for anchors in (await an_anchor(log, issuer), await anchors_in(harmed, keys(issuer))):
        report = await audited(harmed, anchors)
        assert "anchor_differs" in codes(report)
        assert PLACE not in report.unaltered


async def test_the_signed_sitreps_of_a_log_are_anchors_in_it(log: MemoryLog, issuer: Issuer) -> None:
    report = await audited(log, await anchors_in(log, keys(issuer)))
    assert report.verdict == "unaltered"
    assert 0 < report.unaltered[PLACE] <= stored(log, FIELD)[-1].offset, (
        "more was seen after it was published"
    )
    with pytest.raises(SettingsError, match="no SitRep of this log is signed with a key"):
        await anchors_in(log, {})


async def test_a_sitrep_that_somebody_kept_is_an_anchor(log: MemoryLog, issuer: Issuer) -> None:
    held = await held_of(log)
    signature = {"kid": issuer.kid, "jws": issuer.seal(held.document.encode())}
    shown = msgspec.json.encode({**msgspec.to_builtins(held), "signatures": [signature]})
    report = await audited(log, anchors_of(shown, "3.json", keys(issuer)))
    assert (report.verdict, report.findings) == ("unaltered", ())


async def test_a_log_that_was_cut_off_is_shorter_than_was_signed(log: MemoryLog, issuer: Issuer) -> None:
    anchors = await an_anchor(log, issuer)
    shorter = MemoryLog(partitions=1)
    shorter.create_topics()
    shorter.cluster = log.cluster
    for topic in TOPICS:
        producer = await shorter.producer()
        kept = stored(log, topic)[:-1] if topic == FIELD else stored(log, topic)
        for record in kept:
            await producer.send(topic, Outgoing(record.key or b"", record.value, record.headers))
        await producer.close()
    assert "anchor_beyond" in codes(await audited(shorter, anchors))


async def test_an_anchor_of_a_place_nobody_audits_is_said(log: MemoryLog, issuer: Issuer) -> None:
    anchors = {f"{FIELD}-7": (await an_anchor(log, issuer))[PLACE]}
    assert codes(await audited(log, anchors)) == {"anchor_unknown"}


async def test_only_a_signed_anchor_counts(log: MemoryLog, issuer: Issuer, tmp_path: Path) -> None:
    report = await audited(log)
    kept = anchor_of(report, at("09:30"), issuer)
    stranger = Issuer(tmp_path / "stranger")
    good = msgspec.json.encode(kept)
    for bad, trusted in (
        (good, keys(stranger)),
        (good.replace(b"2024", b"2023"), keys(issuer)),
        (msgspec.json.encode(anchor_of(report, at("09:30"), stranger)), keys(issuer)),
    ):
        with pytest.raises(SettingsError, match="nobody whose key is given"):
            anchors_of(bad, "anchor.json", trusted)
    for bad in (b"{}", b"\xff", good[:-9], b'{"document":"{}","signatures":[]}'):
        with pytest.raises(SettingsError, match="no anchor and no SitRep"):
            anchors_of(bad, "anchor.json", keys(issuer))


def test_a_seal_over_an_anchor_is_none_over_a_sitrep(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    assert issuer.seal(b"{}", ANCHOR) != issuer.seal(b"{}")


async def test_no_anchor_is_made_of_a_log_in_which_something_was_found(
    log: MemoryLog, issuer: Issuer
) -> None:
    harmed = await rewritten(log, b'"method":"manual"', b'"method":"ordeal"')
    report = await audited(harmed, await an_anchor(log, issuer))
    with pytest.raises(SettingsError, match="found something"):
        anchor_of(report, at("09:30"), issuer)
