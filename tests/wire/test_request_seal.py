"""Requests that no edge of the deployment wrote are parked, and whoever decides them again finds the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.envelope import SEAL_HEADER, DecisionData
from pamwal.wire.audit import AuditReport, audit
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.judge import Judge
from pamwal.wire.log import Record
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.request_seal import UNSEALED, RequestSeals
from tests.wire.counting import NOW, Count, CountingCore, a_record, a_request, outgoing
from tests.wire.test_judge import a_judge
from tests.wire.witness import everything

TOPIC = CountingCore.requests_topic
SECRET = b"s" * 32
SEALS = RequestSeals(SECRET, {TOPIC: {}})
OTHERS = RequestSeals(b"o" * 32, {TOPIC: {}})
OF_ANOTHER_TOPIC = SEALS.sealed("other.requests.v1", outgoing(a_request("a")))


def sealed(name: str, seals: RequestSeals = SEALS, offset: int = 0, **request: Any) -> Record:
    """A request with a seal, as the log gives it back."""
    out = seals.sealed(TOPIC, outgoing(a_request(name, **request)))
    return Record(TOPIC, 0, offset, out.key, out.value, out.headers, 0)


def strict_judge() -> Judge[Count]:
    judge = a_judge()
    judge.seals = SEALS
    return judge


def decided(record: Record, judge: Judge[Count] | None = None) -> DecisionData[Fact]:
    return decode_decision((judge or strict_judge()).judge(record, NOW).value).data


def test_what_an_edge_sealed_is_decided() -> None:
    assert decided(sealed("a")).outcome == "accepted"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (a_record(0, a_request("a")), f"there is no header {SEAL_HEADER}"),
        (sealed("a", OTHERS), "does not fit"),
        (replace(sealed("a"), headers=((SEAL_HEADER, b"\xff"),)), "does not fit"),
        (replace(sealed("a"), value=sealed("b").value), "does not fit"),
        (replace(sealed("a"), key=b"other"), "does not fit"),
        (replace(sealed("a"), key=None), "does not fit"),
        (replace(sealed("a"), headers=OF_ANOTHER_TOPIC.headers), "does not fit"),
    ],
    ids=["none", "another secret", "no text", "another value", "another key", "no key", "another topic"],
)  # fmt: skip
def test_what_no_edge_sealed_is_parked_and_says_why(record: Record, why: str) -> None:
    data = decided(record)
    assert (data.outcome, data.facts) == ("parked", [])
    assert data.reason is not None
    assert data.reason.code == UNSEALED
    assert why in data.reason.message


@given(st.data())
def test_a_value_of_which_any_byte_is_another_is_not_decided(data: st.DataObject) -> None:
    record = sealed("a")
    at = data.draw(st.integers(0, len(record.value) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != record.value[at]))
    value = record.value[:at] + bytes([other]) + record.value[at + 1 :]
    assert decided(replace(record, value=value)).outcome == "parked"


def test_an_unsealed_request_takes_neither_the_id_nor_the_number_of_whom_it_names() -> None:
    judge = strict_judge()
    forged = replace(a_request("a", queue=5), sourceseq=2_147_483_647)
    ref = decided(a_record(0, forged), judge).request
    assert ref is not None
    assert (ref.id, ref.source, ref.sourceseq, ref.postid) == (None, None, None, "posko")
    assert decided(sealed("a", offset=1), judge).outcome == "accepted"


def test_what_was_written_before_seals_were_is_decided_as_ever() -> None:
    judge = a_judge()
    judge.seals = RequestSeals(SECRET, {TOPIC: {0: 2}})
    records = [a_record(number, a_request(f"r{number}")) for number in range(3)]
    assert [decided(each, judge).outcome for each in records] == ["accepted", "accepted", "parked"]


def test_in_a_topic_of_which_the_log_does_not_say_so_nobody_asks_for_seals() -> None:
    judge = a_judge()
    judge.seals = RequestSeals(SECRET, {"pamwal.scheduling.requests.v1": {}})
    assert decided(a_record(0, a_request("a")), judge).outcome == "accepted"


# -- the audit ---------------------------------------------------------------------------------------------

RECORDED = RequestSeals(SECRET, {TOPIC: {0: 3}})


async def a_log(seals: RequestSeals | None) -> MemoryLog:
    """Three requests from before there were seals, one sealed, one not, decided by who demands `seals`."""
    log = MemoryLog(partitions=1)
    log.create_topics()
    producer = await log.producer()
    for number in range(3):
        await producer.send(TOPIC, outgoing(a_request(f"old-{number}")))
    await producer.send(TOPIC, SEALS.sealed(TOPIC, outgoing(a_request("new"))))
    forged = replace(outgoing(a_request("forged")), headers=(("postid", b"another"), ("channel", b"web")))
    await producer.send(TOPIC, forged)
    await producer.close()
    decider: PartitionDecider[Count] = PartitionDecider(
        CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved()
    )
    decider.seals = None if seals is None else lambda: seals
    await decider.take_over()
    await decider.decide(await everything(log, TOPIC, 0))
    await decider.drop()
    return log


async def audited(log: MemoryLog, seals: RequestSeals | None) -> AuditReport:
    return await audit(log, topics=[TOPIC], redecide={TOPIC: CountingCore()}, seals=seals)


@pytest.mark.parametrize("seals", [RECORDED, None], ids=["with the secret", "without it"])
async def test_an_audit_decides_the_same_again(seals: RequestSeals | None) -> None:
    report = await audited(await a_log(RECORDED), seals)
    assert report.findings == ()
    assert report.outcomes == {"accepted": 4, "parked": 1}


async def test_an_audit_with_the_secret_finds_a_decider_that_let_an_unsealed_request_pass() -> None:
    log = await a_log(None)
    (finding,) = (await audited(log, RECORDED)).findings
    assert finding.code == "redecided_differently"
    assert "now it would be parked" in finding.message
    assert (await audited(log, None)).findings == ()


async def test_an_audit_with_the_secret_finds_a_decider_that_parked_a_sealed_request() -> None:
    log = await a_log(RequestSeals(b"o" * 32, {TOPIC: {0: 3}}))
    report = await audited(log, RECORDED)
    assert [each.code for each in report.findings] == ["redecided_differently"]
