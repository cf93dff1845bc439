"""What stops one partition, and what stops none: the guards of docs/architecture.md at the real services.

tests/wire tries each guard in itself. Here are the edge, the operator's command, and the other eleven
partitions.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from pamwal.client.identifiers import new_id
from pamwal.contracts.codec import decode_decision, encode
from pamwal.contracts.envelope import POST_HEADER, Request
from pamwal.contracts.field import CheckIn
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PARTITIONS_DEFAULT
from pamwal.edge.issuer import shared_secret
from pamwal.wire.audit import AuditReport, audit
from pamwal.wire.faust_transport import SESSION_TIMEOUT_S
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, Receipt, TopicPartition
from pamwal.wire.request_seal import RequestSeals
from services.checkin.core import CheckinCore
from tests.chaos.evidence import Stored, Watch, prove, settled, stored
from tests.chaos.fleet import REPOSITORY, Fleet, a_fleet, operation_in, operations_everywhere, until
from tests.chaos.load import Pulse, desk_token, submission
from tests.integration.stumbling_checkin import STUMBLES_ON

pytestmark = pytest.mark.kafka

EDGE: Final = "edge"
DECIDERS: Final = ("decider-1", "decider-2")
TOPIC: Final = FIELD_REQUESTS.name
PARTITION: Final = 5
OPERATION: Final = operation_in(PARTITION)
OTHERS: Final = [each for each in operations_everywhere(1) if each != OPERATION]
DEADLINE_S = 90.0
STUMBLING: Final = "tests.integration.stumbling_checkin"


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """An edge of check-in; each test launches the deciders it is about."""
    async with a_fleet(tmp_path / "state") as fleet:
        fleet.launch(EDGE, "checkin", "edge")
        yield fleet


@pytest.fixture
async def log(fleet: Fleet) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(fleet.bootstrap_servers)
    yield log
    await log.close()


async def arrive(
    fleet: Fleet, operation: str, *, officer: str = "KPG-00001", identifier: str | None = None
) -> httpx.Response:
    """A check-in, again with the same id while it is not known to be kept."""
    arrival = CheckIn(officer_id=officer, place="rally/r-1", method="radio")
    said = encode(submission(arrival, identifier=identifier))
    answer: httpx.Response | None = None

    async def is_kept() -> bool:
        nonlocal answer
        answer = await fleet.http.post(
            f"{fleet.members[EDGE].plan.api}/operations/{operation}/check-ins",
            content=said,
            headers={"authorization": f"Bearer {desk_token(fleet.issuer, operation)}"},
            timeout=60,
        )
        return answer.status_code != 503

    await until(is_kept, DEADLINE_S, lambda: "" if answer is None else answer.text)
    assert answer is not None
    return answer


def receipt_of(answer: httpx.Response) -> Receipt:
    """Where the log keeps what was answered."""
    return Receipt.parse(answer.headers["pamwal-at"])


async def answered(fleet: Fleet, receipt: Receipt, operation: str = OPERATION) -> httpx.Response:
    """What its Location says to the head of operations, once there is a decision."""
    answer: httpx.Response | None = None
    token = fleet.issuer.issue(role="ops_head", operation=operation, mode="real", subject="head")

    async def is_decided() -> bool:
        nonlocal answer
        answer = await fleet.http.get(
            f"{fleet.members[EDGE].plan.api}/requests/{receipt}",
            headers={"authorization": f"Bearer {token}"},
        )
        return answer.status_code not in {202, 503}

    await until(is_decided, DEADLINE_S, lambda: f"{receipt}: {'' if answer is None else answer.text}")
    assert answer is not None
    return answer


async def decided(fleet: Fleet, operation: str = OPERATION) -> httpx.Response:
    """What a check-in is answered in the end, however long its edge or its decider needs to find its way."""
    return await answered(fleet, receipt_of(await arrive(fleet, operation)), operation)


async def proved(log: KafkaLog) -> Stored:
    """The whole log, every request with its one decision."""
    await settled(log, FIELD_DECISIONS.name, DEADLINE_S)
    found = await stored(log, FIELD_DECISIONS.name)
    prove(found, await log.cluster_id(), FIELD_DECISIONS.name)
    return found


def codes(found: Stored, partition: int = PARTITION) -> list[str]:
    """Each decision of a partition: why it was refused or parked, else its outcome."""
    decided = [decode_decision(record.value).data for record in found.decisions.get(partition, [])]
    return [data.outcome if data.reason is None else data.reason.code for data in decided]


async def audited(log: KafkaLog) -> AuditReport:
    return await audit(log, topics=[TOPIC], redecide={TOPIC: CheckinCore()})


# -- what stops nothing --------------------------------------------------------------------------------------


async def test_what_nobody_can_read_and_what_stands_elsewhere_is_parked_and_stops_nothing(
    fleet: Fleet, log: KafkaLog
) -> None:
    fleet.launch(DECIDERS[0], "checkin", "decider")
    await fleet.ready(EDGE, *DECIDERS[:1])
    before = receipt_of(await arrive(fleet, OPERATION))
    kept = await log.fetch(TopicPartition(TOPIC, PARTITION), before.offset)
    assert kept is not None
    key = OPERATION.encode()
    stranger = operation_in((PARTITION + 1) % PARTITIONS_DEFAULT)
    astray = encode(a_request(stranger))
    poison: list[tuple[str, Outgoing]] = [
        ("undecodable", Outgoing(key, b"\xff\x00{", ((POST_HEADER, b"posko"),))),
        ("unknown_type", Outgoing(key, kept.value.replace(b"check_in.v1", b"check_in.v9"))),
        ("malformed", Outgoing(key, kept.value.replace(b'"radio"', b'"smoke"'))),
        ("wrong_partition", Outgoing(stranger.encode(), astray)),
        ("wrong_key", Outgoing(b"another", kept.value)),
    ]
    seals = RequestSeals(shared_secret(fleet.state / "issuer" / "secret"), {})
    producer = await log.producer()
    receipts = [
        await producer.send(TOPIC, seals.sealed(TOPIC, record), partition=PARTITION) for _, record in poison
    ]
    await producer.close()
    after = await decided(fleet)
    assert after.status_code == 200, after.text
    assert (await fleet.readiness(DECIDERS[0]))[0] == 200
    assert codes(await proved(log)) == ["accepted", *(code for code, _ in poison), "accepted"]
    for receipt, (code, _) in zip(receipts, poison, strict=True):
        if code in {"unknown_type", "malformed", "undecodable"}:
            told = await answered(fleet, receipt)
            assert (told.status_code, told.json()["code"]) == (422, "parked"), told.text
            assert told.json()["reason"]["code"] == code
    report = await audited(log)
    assert (report.findings, report.outcomes["parked"]) == ((), len(poison))


def a_request(operation: str) -> Request[CheckIn]:
    """A request as an edge would store it."""
    said = submission(CheckIn(officer_id="KPG-00002", place="rally/r-1", method="radio"))
    return Request(
        specversion="1.0",
        id=said.id,
        source=said.source,
        type=said.type,
        time=said.time,
        channel=said.channel,
        data=said.data,
        operationid=operation,
        postid="posko",
        recordedat=said.time,
        actor="tests",
        claims=f"role=command_post operation={operation} mode=real post=posko",
    )


# -- what stops one of twelve --------------------------------------------------------------------------------


async def test_a_core_that_raises_stops_its_partition_alone(fleet: Fleet, log: KafkaLog) -> None:
    """First an operator parks the record, then, for another one, mended code decides it."""
    for name in DECIDERS:
        fleet.launch(name, "checkin", "decider", module=STUMBLING)
    await fleet.ready(EDGE)
    await fleet.until_shared(*DECIDERS)
    api = fleet.members[EDGE].plan.api
    async with (
        Watch(log, FIELD_DECISIONS.name) as watch,
        Pulse(fleet.http, api, fleet.issuer, OTHERS, every_ms=150),
    ):
        others = [number for number in range(PARTITIONS_DEFAULT) if number != PARTITION]
        await watch.recovered(time.monotonic(), await ends_of(watch, others), DEADLINE_S)
        since_s = time.monotonic()
        parked, waits = await stumbles(fleet)
        told = await operator_parks(fleet, parked)
        assert str(PARTITION) in told
        assert (await answered(fleet, parked)).json()["reason"]["code"] == "parked_by_operator"
        assert (await answered(fleet, waits)).status_code == 200
        await fleet.ready(*DECIDERS)
        mended, also_waits = await stumbles(fleet)
        await watch.recovered(time.monotonic(), await ends_of(watch, others), DEADLINE_S)
        pauses = [watch.longest_pause_s(number, since_s, time.monotonic()) for number in others]
        print(f"the other eleven never paused longer than {max(pauses):.1f} s")
        assert max(pauses) < SESSION_TIMEOUT_S
    for name in DECIDERS:
        fleet.members[name].module = None
        await fleet.members[name].leave()
        fleet.members[name].start()
    assert (await answered(fleet, mended)).status_code == 200
    assert (await answered(fleet, also_waits)).status_code == 200
    await fleet.until_shared(*DECIDERS)
    assert Counter(codes(await proved(log))) == {"parked_by_operator": 1, "accepted": 3}
    assert (await audited(log)).findings == ()


async def stumbles(fleet: Fleet) -> tuple[Receipt, Receipt]:
    """Asks what the core cannot decide, and something behind it: their receipts, once it halted."""
    fatal = await arrive(fleet, OPERATION, officer=STUMBLES_ON, identifier=new_id())
    behind = await arrive(fleet, OPERATION)
    assert (fatal.status_code, behind.status_code) == (202, 202)
    red: list[str] = []

    async def is_red() -> bool:
        red[:] = [
            told for name in DECIDERS for status, told in [await fleet.readiness(name)] if status == 503
        ]
        return any("halted" in told for told in red)

    await until(is_red, DEADLINE_S, lambda: "nobody halted")
    assert len(red) == 1, "the other decider is fine"
    assert "core_failed" in red[0]
    assert str(receipt_of(fatal)) in red[0]
    return receipt_of(fatal), receipt_of(behind)


async def ends_of(watch: Watch, partitions: list[int]) -> dict[int, int]:
    """Where the requests of these partitions end now."""
    ends = await watch.ends()
    return {number: ends[number] for number in partitions}


async def operator_parks(fleet: Fleet, receipt: Receipt) -> str:
    """`pamwal parked put`; what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pamwal.cli.main",
        "parked", "put", str(receipt), "--reason", "divides by zero", "--operator", "siti",
        env={**os.environ, "PAMWAL_BOOTSTRAP_SERVERS": fleet.bootstrap_servers},
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 0, out.decode()
    return out.decode()


# -- a log that lost its tail --------------------------------------------------------------------------------


async def test_a_requests_log_cut_behind_its_decisions_halts_red_and_loses_nothing_new(
    fleet: Fleet, log: KafkaLog, tmp_path: Path
) -> None:
    decider = DECIDERS[0]
    fleet.launch(decider, "checkin", "decider")
    await fleet.ready(EDGE, decider)
    kept = [receipt_of(await arrive(fleet, OPERATION)) for _ in range(6)]
    assert (await decided(fleet, OTHERS[0])).status_code == 200
    before = await proved(log)
    data, whole = fleet.kafka.data_dir, tmp_path / "whole"

    await asyncio.to_thread(fleet.kafka.stop)
    shutil.copytree(data, whole)
    cut_behind(data, TopicPartition(TOPIC, PARTITION), keep=3)
    await asyncio.to_thread(fleet.kafka.start)
    told = await fleet.until_red(decider, "log_truncated")
    assert f"{TOPIC}-{PARTITION}" in told

    # The edge still keeps what comes, at offsets that were decided before; nobody decides over the hole.
    new = [receipt_of(await arrive(fleet, OPERATION)) for _ in range(len(kept))]
    assert new[0].offset == 3
    assert (await decided(fleet, OTHERS[0])).status_code == 200, "the other eleven go on"
    await asyncio.to_thread(fleet.members[decider].kill)
    fleet.members[decider].start()
    await fleet.until_red(decider, "log_truncated")
    found = await stored(log, FIELD_DECISIONS.name)
    assert len(found.decisions[PARTITION]) == len(before.decisions[PARTITION]) == len(kept)
    assert len(found.requests[PARTITION]) >= 3 + len(new)
    report = await audited(log)
    places = {finding.place for finding in report.findings}
    assert report.verdict == "inconsistent"
    assert places
    assert all(f"-{PARTITION}-" in f"{place}-" for place in places), places

    # With its tail back it goes on where it stood. The edge saw what this copy never had: it starts anew.
    await asyncio.to_thread(fleet.members[EDGE].kill)
    await asyncio.to_thread(fleet.kafka.stop)
    shutil.rmtree(data)
    whole.rename(data)
    await asyncio.to_thread(fleet.kafka.start)
    fleet.members[EDGE].start()
    await fleet.ready(EDGE, decider, within_s=DEADLINE_S)
    assert (await decided(fleet)).status_code == 200
    assert len(codes(await proved(log))) > len(kept)
    assert (await audited(log)).findings == ()


def cut_behind(data: Path, at: TopicPartition, keep: int) -> None:
    """Leaves the first `keep` records: what a power cut does to a broker that had not flushed.

    A stored batch begins with its first offset (8 bytes) and the length of what follows (4 bytes).
    """
    folder = data / f"{at.topic}-{at.partition}"
    (segment,) = folder.glob("*.log")
    content, end = segment.read_bytes(), 0
    while end < len(content) and int.from_bytes(content[end : end + 8], "big") < keep:
        end += 12 + int.from_bytes(content[end + 8 : end + 12], "big")
    assert end < len(content), "there is nothing to cut"
    os.truncate(segment, end)
    for stale in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        stale.unlink()
    for written_on_stopping in (".kafka_cleanshutdown", "recovery-point-offset-checkpoint"):
        (data / written_on_stopping).unlink(missing_ok=True)
    (data / "replication-offset-checkpoint").unlink(missing_ok=True)
