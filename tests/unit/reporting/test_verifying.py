"""Whoever has the log, or a copy, finds out what is wrong with a SitRep: every altered byte of every fact."""

from __future__ import annotations

import stat
from pathlib import Path
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.contracts.canonical import canonical, sha256_of
from pamwal.contracts.errors import HttpProblem, UnreadableFile
from pamwal.contracts.sitreps import PublishSitRep, SignSitRep, SitRep, SitRepPublished
from pamwal.contracts.sitreps_shown import SitRepShown
from pamwal.edge.issuer import Issuer
from pamwal.verifying import Verified, verify_sitrep
from pamwal.wire.book import genesis, link
from pamwal.wire.copying import copy_of
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.log_file import read_log_file, write_log_file
from pamwal.wire.memory import MemoryLog
from services.reporting.core import ReportingCore
from services.reporting.picture import PICTURE_VERSION
from tests.unit.reporting.house import OPERATION, REPORTING, Written

DECISIONS = (*REPORTING.follows, REPORTING.decisions_topic)
TOPICS = (*DECISIONS, REPORTING.requests_topic)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "issuer")


@pytest.fixture
async def log(issuer: Issuer) -> MemoryLog:
    """Two SitReps with check-ins and alerts before, between and behind them; the second is signed."""
    written = Written()
    await written.plan()
    await written.beat("maulafa", "09:10")
    await written.judge("09:16")
    await written.ask(PublishSitRep(), "09:20", post="ops")
    await written.judge("09:20")
    await written.come("KPG-1", "08:50")
    await written.judge("09:21")
    await written.ask(PublishSitRep(), "09:25", post="ops")
    await written.judge("09:25")
    second = await published(written, 2)
    jws = issuer.seal(second.document.encode())
    await written.ask(
        SignSitRep(number=2, sha256=second.sha256, kid=issuer.kid, jws=jws), "09:26", post="ops"
    )
    await written.come("KPG-2", "09:27")
    await written.judge("09:28")
    return written.log


async def published(written: Written, number: int) -> SitRepPublished:
    facts = [fact for decision in await written.decided() for fact in decision.data.facts]
    found = [each for each in facts if isinstance(each, SitRepPublished) and each.number == number]
    assert len(found) == 1
    return found[0]


async def verified(
    log: MemoryLog, issuer: Issuer, held: SitRepShown | None = None, number: int = 2
) -> Verified:
    keys = {issuer.kid: issuer.public_key}
    return await verify_sitrep(ReportingCore(), log, keys, OPERATION, number, held)


def stored(log: MemoryLog, topic: str) -> list[Record]:
    """The records of one topic, in order."""
    partition = log.partition(TopicPartition(topic, 0))
    return [record for _, record in partition.slots_from(0, "committed") if record is not None]


def alter(log: MemoryLog, record: Record, **changed: bytes) -> None:
    altered = replace(record, **changed)
    log.partition(TopicPartition(record.topic, 0)).replace(record.offset, altered)


async def test_what_was_published_and_signed_holds(log: MemoryLog, issuer: Issuer) -> None:
    found = await verified(log, issuer)
    assert (found.signed, found.chain, found.refold, found.holds) == (True, None, None, True)
    assert [each.found for each in found.seals] == ["good"]


async def test_one_that_nobody_signed_does_not_hold_and_says_only_that(
    log: MemoryLog, issuer: Issuer
) -> None:
    found = await verified(log, issuer, number=1)
    assert (found.signed, found.chain, found.refold, found.holds) == (False, None, None, False)


async def test_signed_by_a_stranger_only(log: MemoryLog, tmp_path: Path) -> None:
    stranger = Issuer(tmp_path / "stranger")
    found = await verified(log, stranger)
    assert ([each.found for each in found.seals], found.signed) == (["key_unknown"], False)


async def test_one_that_was_never_published_is_not_found(log: MemoryLog, issuer: Issuer) -> None:
    with pytest.raises(HttpProblem, match="no SitRep 3"):
        await verified(log, issuer, number=3)


async def test_a_copy_in_a_file_has_the_same_answers(log: MemoryLog, issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "operation.log"
    count = await write_log_file(log, [TopicPartition(topic, 0) for topic in TOPICS], file)
    assert count == sum(len(stored(log, topic)) for topic in TOPICS)
    assert stat.filemode(file.stat().st_mode) == "-rw-------", "it holds what persons did"
    copied = read_log_file(file)
    assert await verified(copied, issuer) == await verified(log, issuer)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(UnreadableFile, match="no copy of a log"):
        read_log_file(file)


async def test_every_altered_fact_before_it_is_found_out(log: MemoryLog, issuer: Issuer) -> None:
    """A byte anywhere in any decision that it knows: of another context, or of its own."""
    sitrep = msgspec.json.decode((await held_of(log)).document, type=SitRep)
    chance = Random(20241003)
    tried = 0
    for topic in DECISIONS:
        before = [each for each in stored(log, topic) if each.offset < sitrep.vector[f"{topic}-0"]]
        assert before
        for record in before:
            for _ in range(3):
                harmed = await copy_of(log, TOPICS)
                place = chance.randrange(len(record.value))
                value = bytearray(record.value)
                value[place] ^= 1 << chance.randrange(8)
                alter(harmed, record, value=bytes(value))
                found = await verified(harmed, issuer, await held_of(log))
                assert found.chain is not None, (topic, record.offset, place)
                assert not found.holds
                tried += 1
    assert tried > 20


async def held_of(log: MemoryLog) -> SitRepShown:
    """A copy of the second SitRep, as a reader got it when all was well."""
    for record in stored(log, REPORTING.decisions_topic):
        for fact in msgspec.json.decode(record.value)["data"].get("facts", []):
            if fact["type"] == "sitrep_published" and fact["number"] == 2:
                return SitRepShown(
                    number=2, sha256=fact["sha256"], document=fact["document"], signatures=[], decision=""
                )
    raise AssertionError("it is not there")


async def test_who_rewrites_the_whole_chain_cannot_rewrite_what_was_signed(
    log: MemoryLog, issuer: Issuer
) -> None:
    """An officer who did not come has come, and every chain behind that is made anew."""
    harmed = await copy_of(log, TOPICS)
    field = DECISIONS[1]
    head = genesis(harmed.cluster, field, 0)
    changed = 0
    for record in stored(harmed, field):
        value = record.value.replace(b"KPG-1", b"KPG-2")
        changed += value != record.value
        head = link(head, record.key or b"", value)
        headers = tuple(
            (name, head.hex().encode() if name == "chain" else said) for name, said in record.headers
        )
        partition = harmed.partition(TopicPartition(field, 0))
        partition.replace(record.offset, replace(record, value=value, headers=headers))
    assert changed
    found = await verified(harmed, issuer)
    assert found.signed
    assert "as was signed" in (found.chain or "")
    assert found.refold is not None


async def test_a_document_that_was_edited_is_signed_by_nobody(log: MemoryLog, issuer: Issuer) -> None:
    held = await held_of(log)
    edited = replace(msgspec.json.decode(held.document, type=SitRep), number=2, name="another")
    document = canonical(edited)
    forged = replace(held, document=document.decode(), sha256=sha256_of(document))
    found = await verified(log, issuer, forged)
    assert ([each.found for each in found.seals], found.signed) == (["bad"], False)
    assert "another document" in (found.chain or "")
    assert found.refold is not None


async def test_a_log_of_another_cluster_does_not_chain(
    log: MemoryLog, issuer: Issuer, tmp_path: Path
) -> None:
    file = tmp_path / "operation.log"
    await write_log_file(log, [TopicPartition(topic, 0) for topic in TOPICS], file)
    file.write_bytes(file.read_bytes().replace(b'"cluster":"memory"', b'"cluster":"another"'))
    with pytest.raises(HttpProblem, match="does not chain"):
        await verified(read_log_file(file), issuer)


async def test_a_request_that_is_not_as_it_was_decided(log: MemoryLog, issuer: Issuer) -> None:
    harmed = await copy_of(log, TOPICS)
    second = stored(harmed, REPORTING.requests_topic)[1]
    alter(harmed, second, value=second.value.replace(b"chief", b"other"))
    found = await verified(harmed, issuer)
    assert "not as it was decided" in (found.chain or "")


async def test_it_is_made_again_by_the_same_rules_or_says_by_which(
    log: MemoryLog, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.views.sitrep.PICTURE_VERSION", "picture/next")
    found = await verified(log, issuer)
    assert (found.signed, found.chain) == (True, None)
    assert f"counted by {PICTURE_VERSION}, this code counts by picture/next" in (found.refold or "")
