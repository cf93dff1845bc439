"""A post's queue and the whole product over Kafka: killed again and again, and home with every report."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from pamwal.client.queue import ReportQueue
from pamwal.contracts.codec import decode_decision, decode_request
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PARTITIONS_DEFAULT
from pamwal.edge.issuer import Issuer
from pamwal.stack.stack import Stack
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.partitioning import partition_of
from tests.edge.mortal_post import SPEAKERS, report
from tests.wire.witness import everything

pytestmark = pytest.mark.kafka

OPERATION = "latihan-antrean"
REPORTS, LIVES = 600, 12
WITHIN_S = 60


async def test_a_queue_that_is_killed_a_dozen_times_over_kafka_comes_home_once_and_whole(
    stack: Stack, state: Path, tmp_path: Path
) -> None:
    token = Issuer(state / "issuer").issue(
        role="command_post", operation=OPERATION, mode="exercise", subject="a", post="posko"
    )
    chance, file, receipts = Random(7), tmp_path / "q", tmp_path / "receipts"
    command = [
        sys.executable, "-m", "pamwal.cli.main", "queue", "send", "--queue", str(file), "--token", token,
        "--url", stack.plan("checkin").address, "--receipts", str(receipts), "--within", str(WITHIN_S),
    ]  # fmt: skip
    with ReportQueue(file) as queue:
        for life in range(LIVES):
            first = life * REPORTS // LIVES
            queue.add(OPERATION, *(report("k", number) for number in range(first, first + REPORTS // LIVES)))
            before = queue.counts().get("answered", 0)
            sender = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
            async with asyncio.timeout(WITHIN_S):
                while queue.counts().get("answered", 0) == before and sender.returncode is None:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(chance.random() / 20)
            if sender.returncode is None:
                sender.kill()
            await sender.wait()
        last = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        out, _ = await asyncio.wait_for(last.communicate(), 2 * WITHIN_S)
        assert last.returncode == 0, out
        assert json.loads(out)["waiting"] == 0
        assert Counter(each.answer and each.answer.meaning for each in queue.of()) == {"accepted": REPORTS}
    await _prove(stack)
    audit = [sys.executable, "-m", "pamwal.cli.main", "audit", "--receipts", str(receipts)]
    audited = await asyncio.create_subprocess_exec(*audit, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(audited.communicate(), WITHIN_S)
    assert (audited.returncode, b"consistent" in out) == (0, True), out


async def _prove(stack: Stack) -> None:
    """Each report is a fact once, in whatever order, and each source's numbers have no gap."""
    log = KafkaLog(stack.bootstrap_servers)
    try:
        own = partition_of(OPERATION.encode(), PARTITIONS_DEFAULT)
        requests = [decode_request(each.value) for each in await everything(log, FIELD_REQUESTS.name, own)]
        decisions = [decode_decision(each.value) for each in await everything(log, FIELD_DECISIONS.name, own)]
    finally:
        await log.close()
    facts = Counter(fact.id for each in decisions for fact in each.data.facts)
    assert facts == {f"k-{number}/0": 1 for number in range(REPORTS)}
    assert {each.data.outcome for each in decisions} <= {"accepted", "repeat"}
    for source in SPEAKERS:
        numbers = {(each.id, each.sourceseq) for each in requests if each.source == source}
        assert sorted(number or 0 for _, number in numbers) == list(range(1, REPORTS // 2 + 1))
