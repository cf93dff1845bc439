"""The audit finds what was done to a log, and names the place. Only a copy can be harmed like this."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import MODES
from pamwal.contracts.codec import decode_decision
from pamwal.contracts.envelope import Request
from pamwal.contracts.errors import ContractError
from pamwal.contracts.field import Heartbeat
from pamwal.local.kafka import LocalKafka
from pamwal.wire import book, decided
from pamwal.wire.audit import AuditReport, Told, audit, read_receipts
from pamwal.wire.copying import copy_of
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.judge import IdRules, Judge
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Log, Outgoing, Receipt, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.parking import park
from pamwal.wire.request_seal import RequestSeals
from tests.wire.counting import (
    NOT_YOURS,
    NOW,
    RAISES,
    REFUSED,
    Count,
    CountingCore,
    a_request,
    outgoing,
)
from tests.wire.witness import DEADLINE_S, everything, post

REQUESTS, DECISIONS = CountingCore.requests_topic, CountingCore.decisions_topic


async def decide_all(log: Log, core: CountingCore, partition: int = 0) -> None:
    decider: PartitionDecider[Count] = PartitionDecider(
        core, log, partition, now=lambda: NOW, observer=Unobserved()
    )
    await decider.take_over()
    await decider.decide(await everything(log, core.requests_topic, partition))
    await decider.drop()


async def a_day(log: Log, core: CountingCore) -> None:
    """Ten requests of every kind in partition 0, all decided."""
    requests = [a_request(f"r{n}") for n in range(4)]
    odd = [a_request("r1"), a_request("no", queue=REFUSED), a_request("r2", queue=5), b"{"]
    await post(log, *requests, *odd, topic=core.requests_topic)
    await decide_all(log, core)
    await post(log, a_request("bad", queue=RAISES), topic=core.requests_topic)
    await park(log, core, 0, 8, reason="raises", operator="siti", now=NOW)
    await post(log, a_request("last"), topic=core.requests_topic)
    await decide_all(log, core)


async def audited(log: Log, **more: Any) -> AuditReport:
    return await audit(log, topics=[REQUESTS], redecide={REQUESTS: CountingCore()}, **more)


@pytest.fixture
async def log() -> MemoryLog:
    log = MemoryLog(partitions=1)
    log.create_topics()
    await a_day(log, CountingCore())
    return await copy_of(log, [REQUESTS, DECISIONS])


def found(report: AuditReport) -> set[tuple[str, str]]:
    return {(finding.code, finding.place) for finding in report.findings}


async def test_a_log_that_is_as_it_should_be_is_called_consistent(log: MemoryLog) -> None:
    report = await audited(log, receipts=[Told(Receipt(REQUESTS, 0, n)) for n in range(10)])
    assert report.findings == ()
    assert report.verdict == "consistent"
    assert (report.requests, report.decisions, report.pending, report.receipts) == (10, 10, 0, 10)
    assert report.outcomes == {"accepted": 5, "parked": 2, "refused": 2, "repeat": 1}
    assert report.redecided


async def test_requests_without_a_decision_yet_are_pending(log: MemoryLog) -> None:
    await post(log, a_request("new"))
    report = await audited(log)
    assert (report.pending, report.findings) == (1, ())


REAL, EXERCISE = (f"role=command_post operation=op mode={mode} post=posko" for mode in MODES)


async def test_what_was_decided_before_decisions_said_their_mode_is_still_consistent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then an id was taken for tokens of both modes, and what was said held for both."""
    log = MemoryLog(partitions=1)
    log.create_topics()
    drilled = replace(a_request("a"), claims=EXERCISE)
    with monkeypatch.context() as before:
        for module in (decided, book):
            before.setattr(module, "mode_in", lambda _: None)
        await post(log, drilled, replace(drilled, claims=REAL))
        await decide_all(log, CountingCore())
    assert b'"mode"' not in decisions_of_copy(log)[0].value
    later = replace(a_request("b"), claims=EXERCISE)
    await post(log, replace(drilled, claims=REAL), drilled, later, replace(later, claims=REAL), later)
    await decide_all(log, CountingCore())
    assert b'"mode":"real"' in decisions_of_copy(log)[2].value
    report = await audited(log)
    assert report.findings == ()
    assert report.outcomes == {"accepted": 3, "repeat": 4}


async def test_a_decision_that_says_another_mode_than_its_request(log: MemoryLog) -> None:
    record = decisions_of_copy(log)[3]
    changed = record.value.replace(b'"channel":"app"', b'"channel":"app","mode":"real"')
    assert changed != record.value
    log.partition(TopicPartition(DECISIONS, 0)).replace(record.offset, replace(record, value=changed))
    assert ("request_differs", f"{DECISIONS}-0-{record.offset}") in found(await audited(log))


def decisions_of_copy(log: MemoryLog) -> list[Record]:
    partition = log.partition(TopicPartition(DECISIONS, 0))
    return [record for _, record in partition.slots_from(0, "committed") if record is not None]


async def rewrite(log: MemoryLog, topic: str, change: Callable[[list[Record]], list[Record]]) -> MemoryLog:
    """Another copy in which one topic holds other records."""
    copied = await copy_of(log, [REQUESTS, DECISIONS])
    at = TopicPartition(topic, 0)
    kept = [record for _, record in copied.partition(at).slots_from(0, "committed") if record is not None]
    copied.partition(at).lose_tail(copied.partition(at).end)
    for record in change(kept):
        copied.partition(at).fill_to(record.offset)
        copied.partition(at).append(Outgoing(record.key or b"", record.value, record.headers), 0)
    return copied


async def test_a_byte_changed_in_a_decision(log: MemoryLog) -> None:
    record = decisions_of_copy(log)[3]
    changed = replace(record, value=record.value.replace(b'"r3"', b'"x3"'))
    log.partition(TopicPartition(DECISIONS, 0)).replace(record.offset, changed)
    report = await audited(log)
    assert ("chain_broken", f"{DECISIONS}-0-{record.offset}") in found(report)
    assert sum(finding.code == "chain_broken" for finding in report.findings) == 1, "only the place is named"
    assert report.verdict == "inconsistent"


@pytest.mark.parametrize("index", range(10))
async def test_any_byte_of_any_decision(log: MemoryLog, index: int) -> None:
    record = decisions_of_copy(log)[index]
    at = 7 * (index + 3) % len(record.value)
    flipped = record.value[:at] + bytes([record.value[at] ^ 1]) + record.value[at + 1 :]
    log.partition(TopicPartition(DECISIONS, 0)).replace(record.offset, replace(record, value=flipped))
    assert ("chain_broken", f"{DECISIONS}-0-{record.offset}") in found(await audited(log))


async def test_a_decision_dropped(log: MemoryLog) -> None:
    copied = await rewrite(log, DECISIONS, lambda records: [*records[:4], *records[5:]])
    behind = decisions_of_copy(log)[5]
    report = await audited(copied)
    assert {
        ("chain_broken", f"{DECISIONS}-0-{behind.offset}"),
        ("requests_undecided", f"{DECISIONS}-0-{behind.offset}"),
    } <= found(report)
    assert "requests 4 to 4" in next(f.message for f in report.findings if f.code == "requests_undecided")
    assert ("ledger", f"{REQUESTS}-0") in found(report)


async def test_a_request_dropped(log: MemoryLog) -> None:
    copied = await rewrite(log, REQUESTS, lambda records: [*records[:4], *records[5:]])
    assert ("request_missing", f"{REQUESTS}-0-4") in found(await audited(copied))


async def test_a_request_altered(log: MemoryLog) -> None:
    partition = log.partition(TopicPartition(REQUESTS, 0))
    _, record = next(iter(partition.slots_from(2, "committed")))
    assert record is not None
    partition.replace(2, replace(record, value=record.value.replace(b'"app"', b'"api"')))
    assert ("request_altered", f"{REQUESTS}-0-2") in found(await audited(log))


async def test_decisions_reordered(log: MemoryLog) -> None:
    first, second = decisions_of_copy(log)[2:4]
    partition = log.partition(TopicPartition(DECISIONS, 0))
    partition.replace(first.offset, replace(second, offset=first.offset))
    partition.replace(second.offset, replace(first, offset=second.offset))
    assert {
        ("chain_broken", f"{DECISIONS}-0-{first.offset}"),
        ("requests_undecided", f"{DECISIONS}-0-{first.offset}"),
        ("chain_broken", f"{DECISIONS}-0-{second.offset}"),
        ("decided_twice", f"{DECISIONS}-0-{second.offset}"),
    } <= found(await audited(log))


async def test_requests_reordered(log: MemoryLog) -> None:
    partition = log.partition(TopicPartition(REQUESTS, 0))
    (_, first), (_, second) = list(partition.slots_from(1, "committed"))[:2]
    assert first is not None
    assert second is not None
    partition.replace(1, replace(second, offset=1))
    partition.replace(2, replace(first, offset=2))
    assert {("request_altered", f"{REQUESTS}-0-1"), ("request_altered", f"{REQUESTS}-0-2")} <= found(
        await audited(log)
    )


async def test_a_foreign_decision_appended_even_with_a_fitting_chain(log: MemoryLog) -> None:
    last = decisions_of_copy(log)[-1]
    partition = log.partition(TopicPartition(DECISIONS, 0))
    previous = bytes.fromhex((last.header("chain") or b"").decode())
    chain = hashlib.sha256(previous + b"op" + last.value).hexdigest().encode()
    at = partition.append(Outgoing(b"op", last.value, (("chain", chain),)), 0)
    report = await audited(log)
    assert found(report) == {("decided_twice", f"{DECISIONS}-0-{at}")}


async def test_a_forged_decision_of_a_pending_request_is_found_by_deciding_again(log: MemoryLog) -> None:
    await post(log, a_request("new"))
    other = await copy_of(log, [REQUESTS, DECISIONS])
    await decide_all(other, CountingCore())
    true = decisions_of_copy(other)[-1]
    forged = true.value.replace(b'"queue_length":5', b'"queue_length":9')
    assert forged != true.value
    previous = bytes.fromhex((decisions_of_copy(log)[-1].header("chain") or b"").decode())
    chain = hashlib.sha256(previous + b"op" + forged).hexdigest().encode()
    at = log.partition(TopicPartition(DECISIONS, 0)).append(Outgoing(b"op", forged, (("chain", chain),)), 0)
    assert (await audit(log, topics=[REQUESTS])).findings == (), "it chains: only the code can tell"
    report = await audited(log)
    assert found(report) == {("redecided_differently", f"{DECISIONS}-0-{at}")}
    assert "decided, this code is" not in report.findings[0].message


async def test_a_difference_from_what_another_version_decided_says_which(log: MemoryLog) -> None:
    core = CountingCore()
    core.version = "counting/0"
    await post(log, a_request("new"))
    other = await copy_of(log, [REQUESTS, DECISIONS])
    await decide_all(other, core)
    true = decisions_of_copy(other)[-1]
    differs = true.value.replace(b'"queue_length":5', b'"queue_length":9')
    previous = bytes.fromhex((decisions_of_copy(log)[-1].header("chain") or b"").decode())
    chain = hashlib.sha256(previous + b"op" + differs).hexdigest().encode()
    log.partition(TopicPartition(DECISIONS, 0)).append(Outgoing(b"op", differs, (("chain", chain),)), 0)
    [finding] = (await audited(log)).findings
    assert finding.code == "redecided_differently"
    assert "counting/0 decided, this code is counting/1" in finding.message


BEFORE_STRANGERS = IdRules(strangers_first=False, reserved=False)


async def decide_by_past_rules(log: MemoryLog, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Decides by the rules of before decision 6, and says that this version did."""
    core = CountingCore()
    core.version = version
    with monkeypatch.context() as before:
        before.setattr(Judge, "propose", partialmethod(Judge.propose, rules=BEFORE_STRANGERS))
        await decide_all(log, core)


def strangers() -> tuple[Request[Heartbeat], Request[Heartbeat]]:
    """A request of a post, and one of its id by a token of another post."""
    own = replace(a_request("a"), claims="role=command_post operation=op mode=exercise post=posko")
    return own, replace(own, claims=own.claims.replace("posko", "alak"))


async def test_what_was_decided_while_a_stranger_could_take_an_id_is_still_consistent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = MemoryLog(partitions=1)
    log.create_topics()
    own, stranger = strangers()
    refused = a_request("b", queue=NOT_YOURS)
    await post(log, stranger, own, refused, refused)
    await decide_by_past_rules(log, monkeypatch, "checkin/1")
    await post(log, own, stranger)
    await decide_all(log, CountingCore())
    report = await audited(log)
    assert report.outcomes == {"accepted": 1, "refused": 2, "repeat": 3}
    assert report.findings == ()


@pytest.mark.parametrize("version", [CountingCore.version, "checkin/1"])
async def test_past_rules_do_not_excuse_a_decision_of_this_version_or_after_it(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = MemoryLog(partitions=1)
    log.create_topics()
    own, stranger = strangers()
    await post(log, a_request("first"))
    await decide_all(log, CountingCore())
    await post(log, stranger, own)
    await decide_by_past_rules(log, monkeypatch, version)
    report = await audited(log)
    assert report.outcomes == {"accepted": 2, "repeat": 1}
    assert [finding.code for finding in report.findings] == ["redecided_differently"]


@pytest.mark.parametrize(("since", "codes"), [(0, ["redecided_differently"]), (2, [])])
async def test_past_rules_do_not_excuse_a_decision_of_a_request_that_has_to_be_sealed(
    since: int, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = MemoryLog(partitions=1)
    log.create_topics()
    seals = RequestSeals(b"s" * 32, {REQUESTS: {0: since}})
    own, stranger = strangers()
    for asked in (stranger, own):
        log.partition(TopicPartition(REQUESTS, 0)).append(seals.sealed(REQUESTS, outgoing(asked)), 0)
    await decide_by_past_rules(log, monkeypatch, "checkin/1")
    report = await audited(log, seals=seals)
    assert [finding.code for finding in report.findings] == codes


async def test_what_clients_were_told_is_held_against_the_log(log: MemoryLog) -> None:
    told = [
        Told(Receipt(REQUESTS, 0, 0), "r0"),
        Told(Receipt(REQUESTS, 0, 1), "another"),
        Told(Receipt(REQUESTS, 0, 99), "lost"),
        Told(Receipt(REQUESTS, 5, 0)),
    ]
    await post(log, a_request("pending"))
    report = await audited(log, receipts=[*told, Told(Receipt(REQUESTS, 0, 10))])
    assert found(report) == {
        ("receipt_differs", f"{REQUESTS}-0-1"),
        ("receipt_lost", f"{REQUESTS}-0-99"),
        ("receipt_undecided", f"{REQUESTS}-0-10"),
        ("receipt_unknown", f"{REQUESTS}-5-0"),
    }


def test_receipts_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "receipts"
    file.write_text(f"{REQUESTS}-3-17\n\n{REQUESTS}-0-1 an-id\n")
    assert read_receipts(file) == [
        Told(Receipt(REQUESTS, 3, 17)),
        Told(Receipt(REQUESTS, 0, 1), "an-id"),
    ]
    file.write_text(f"\N{ZERO WIDTH NO-BREAK SPACE}{REQUESTS}-3-17\n")
    assert read_receipts(file) == [Told(Receipt(REQUESTS, 3, 17))], "as some editors save it"
    file.write_text("nonsense\n")
    with pytest.raises(ContractError):
        read_receipts(file)


@pytest.mark.kafka
async def test_a_log_on_kafka_and_its_copy(
    kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await a_day(kafka_log, core)
    await everything(kafka_log, core.decisions_topic)  # a commit's marker may come after its answer
    topics = {core.requests_topic: core}
    async with asyncio.timeout(DEADLINE_S):
        # a commit is answered some milliseconds before its marker lets anybody read it
        while (report := await audit(kafka_log, topics=topics, redecide=topics)).decisions < 10:
            await asyncio.sleep(0.01)
    assert report.findings == ()
    assert (report.requests, report.decisions) == (10, 10)
    assert report.cluster_id == kafka.cluster_id
    copied = await copy_of(kafka_log, [core.requests_topic, core.decisions_topic])
    assert await audit(copied, topics=topics, redecide=topics) == report
    (first, *_) = await everything(copied, core.decisions_topic)
    request = decode_decision(first.value).data.request
    assert request is not None
    at = TopicPartition(core.requests_topic, 0)
    (stored, *_) = await everything(copied, core.requests_topic)
    copied.partition(at).replace(0, replace(stored, value=stored.value + b" "))
    assert found(await audit(copied, topics=topics, redecide=topics)) == {
        ("request_altered", f"{core.requests_topic}-0-0")
    }
