"""What stands in the log, seen by a witness that shares no code with the deciders but the contracts."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from pamwal.contracts import codec
from pamwal.contracts.envelope import DecisionData
from pamwal.contracts.topics import requests_of
from pamwal.wire.finding import request_offset
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.replay import replay, whole
from pamwal.wire.tail import Tail
from tests.chaos.fleet import until
from tests.chaos.load import Load, Said


class Recovery(Struct, frozen=True):
    """How long after a moment each partition decided something that was asked behind it."""

    seconds: Mapping[int, float]

    @property
    def last_s(self) -> float:
        """Until every partition was decided again."""
        return max(self.seconds.values())

    def __str__(self) -> str:
        ordered = sorted(self.seconds.values())
        return f"first {ordered[0]:.1f} s, last {ordered[-1]:.1f} s"


class Watch:
    """Notes when which decision appeared, to anyone who reads committed records."""

    def __init__(self, log: Log, decisions_topic: str) -> None:
        self._log, self._topic = log, decisions_topic
        self._seen: dict[int, list[tuple[float, int]]] = {}
        self._tail = Tail(log, [decisions_topic], self._note, start="end")

    def _note(self, at: TopicPartition, records: list[Record]) -> None:
        now_s = time.monotonic()
        for record in records:
            offset = request_offset(record)
            assert offset is not None, f"{record.topic}-{record.partition}-{record.offset}"
            self._seen.setdefault(at.partition, []).append((now_s, offset))

    async def __aenter__(self) -> Self:
        await self._tail.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tail.stop()
        if error is None:
            assert self._tail.failed is None, repr(self._tail.failed)

    async def ends(self) -> dict[int, int]:
        """Partition → where its requests end now."""
        topic = requests_of(self._topic).name
        count = await self._log.partition_count(topic)
        ends = await self._log.end_offsets([TopicPartition(topic, number) for number in range(count)])
        return {at.partition: end for at, end in ends.items()}

    async def recovered(
        self, since_s: float, ends: Mapping[int, int], within_s: float, *, load: Load | None = None
    ) -> Recovery:
        """Until each partition decided a request at or behind its end of then; how long that took."""

        async def is_decided() -> bool:
            if load is not None:
                load.fail_early()
            return not (set(ends) - set(self._decided_behind(ends)))

        await until(
            is_decided,
            within_s,
            lambda: f"partitions {sorted(set(ends) - set(self._decided_behind(ends)))} decide nothing",
        )
        return Recovery({number: at_s - since_s for number, at_s in self._decided_behind(ends).items()})

    def longest_pause_s(self, number: int, since_s: float, until_s: float) -> float:
        """The longest time a partition decided nothing between two moments."""
        times = [at_s for at_s, _ in self._seen.get(number, ()) if since_s <= at_s <= until_s]
        return max(later - sooner for sooner, later in pairwise([since_s, *times, until_s]))

    def _decided_behind(self, ends: Mapping[int, int]) -> dict[int, float]:
        found: dict[int, float] = {}
        for number, end in ends.items():
            first = next((at_s for at_s, offset in self._seen.get(number, ()) if offset >= end), None)
            if first is not None:
                found[number] = first
        return found


class Stored(Struct):
    """Both topics of one service, whole, as they stand in the log."""

    requests: dict[int, list[Record]]
    decisions: dict[int, list[Record]]

    @property
    def decided(self) -> int:
        return sum(map(len, self.decisions.values()))


async def stored(log: Log, decisions_topic: str) -> Stored:
    """Reads them from the beginning."""
    found = Stored({}, {})

    def keep(at: TopicPartition, records: list[Record]) -> None:
        into = found.decisions if at.topic == decisions_topic else found.requests
        into.setdefault(at.partition, []).extend(records)

    await replay(log, await whole(log, [requests_of(decisions_topic).name, decisions_topic]), keep)
    return found


def prove(found: Stored, cluster_id: str, decisions_topic: str) -> Counter[str]:
    """Every request has exactly one decision, in order, with its digest and chain; how many of which outcome.

    Written from the description of the log alone, so that a mistake shared by deciders and audit shows.
    """
    outcomes: Counter[str] = Counter()
    for number, requests in found.requests.items():
        decisions = found.decisions.get(number, [])
        assert len(decisions) == len(requests), f"partition {number}"
        chain = hashlib.sha256(f"{cluster_id}/{decisions_topic}/{number}".encode()).digest()
        for offset, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            data = codec.decode_decision(decision.value).data
            assert request.offset == offset, f"partition {number}"
            assert data.request is not None
            assert data.request.offset == offset, f"partition {number}"
            assert data.request.sha256 == hashlib.sha256(request.value).hexdigest()
            chain = hashlib.sha256(chain + (decision.key or b"") + decision.value).digest()
            assert decision.header("chain") == chain.hex().encode(), f"partition {number} at {offset}"
            outcomes[data.outcome] += 1
    assert set(found.decisions) <= set(found.requests)
    return outcomes


def hold_against(
    found: Stored, requests_topic: str, said: Sequence[Said], receipts: Sequence[Receipt]
) -> None:
    """What clients were told is what the log holds: every receipt, and one first decision for each id."""
    by_receipt: dict[Receipt, DecisionData[Any]] = {}
    firsts: Counter[tuple[str, str]] = Counter()
    for number, decisions in found.decisions.items():
        for record in decisions:
            decision = codec.decode_decision(record.value)
            request = decision.data.request
            assert request is not None
            by_receipt[Receipt(requests_topic, number, request.offset)] = decision.data
            if decision.data.outcome == "accepted":
                firsts[decision.operationid, request.id or ""] += 1
    lost = [str(receipt) for receipt in receipts if receipt not in by_receipt]
    assert not lost, f"{len(lost)} lost, such as {lost[:5]}"
    asked = {(each.operation_id, each.submission.id) for each in said}
    twice = [key for key, count in firsts.items() if count != 1]
    assert not twice, f"{len(twice)} decided twice, such as {twice[:5]}"
    assert set(firsts) == asked, "what was accepted is what was said"
    for each in said:
        for answer in each.answers:
            told = by_receipt[Receipt.parse(answer.receipt or "")]
            assert told.request is not None
            assert told.request.id == each.submission.id


async def settled(log: Log, decisions_topic: str, within_s: float) -> None:
    """Until every request of the topic is decided."""
    topic = requests_of(decisions_topic).name
    count = await log.partition_count(topic)
    ends = await log.end_offsets([TopicPartition(topic, number) for number in range(count)])
    last = {at: Receipt(topic, at.partition, end - 1) for at, end in ends.items() if end}
    tail = Tail(log, [decisions_topic], lambda _at, _records: None, start="begin")
    await tail.start()
    try:
        async with asyncio.timeout(within_s):
            for receipt in last.values():
                assert await tail.wait_for_decision(receipt, round(within_s * 1000)), (
                    f"{receipt} is undecided"
                )
    finally:
        await tail.stop()
