"""The audit of one partition: requests and decisions side by side, each decision held to all it says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from pamwal.contracts import codec
from pamwal.contracts.claims import Mode, modes_of
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import CHAIN_HEADER, Decision, Request, RequestRef
from pamwal.contracts.errors import ContractError
from pamwal.contracts.scheduling import ImportReverted
from pamwal.wire.audit_again import Again
from pamwal.wire.audit_anchors import AnchorAudit, Anchored
from pamwal.wire.audit_answers import AnswersAudit, of_hex
from pamwal.wire.audit_request import differences, filed, read
from pamwal.wire.audit_seen import SeenAudit
from pamwal.wire.audit_stream import Stream
from pamwal.wire.book import Book, genesis, link
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.decided import UNATTRIBUTED, cause_name
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.request_seal import RequestSeals

_SUBJECTS = (
    "alert_id", "incident_id", "deployment_id", "proposal_id", "rally_id", "site_id", "absence_id", "loan_id",
    "device_id", "officer_id", "day", "import_id",
)  # fmt: skip
"""The first that a fact has is its subject: an absence names its officer too, and an entry its import."""


class Finding(Struct, frozen=True):
    """One thing that is not as it must be. `place` is `topic-partition-offset`."""

    code: str
    place: str
    message: str


class PartitionAudit(Struct, frozen=True, kw_only=True):
    """What was read of one partition."""

    topic: str
    partition: int
    requests: int
    decisions: int
    pending: int
    outcomes: dict[str, int]
    head: str
    """The chain's last link, hex: what an anchor would sign."""
    caused: int = 0
    """Part of `decisions`: those that no request asked for."""
    place: str = ""
    """Of the decisions: `<topic>-<partition>`."""
    end: int = 0
    """The offset behind the last decision."""
    unaltered: int = 0
    """Up to this offset, exclusive, every decision is as it was when somebody signed the chain."""


async def audit_partition(
    log: Log,
    requests_topic: str,
    decisions_topic: str,
    partition: int,
    *,
    receipts: Mapping[int, Collection[str | None]],
    core: Core[Any] | WatchingCore[Any, Any] | None = None,
    anchors: Iterable[Anchored] = (),
    seals: RequestSeals | None = None,
) -> tuple[PartitionAudit, list[Finding]]:
    """Reads both to where they end now; the decisions' end is asked first: then each has its request.

    `receipts` has, by offset, the ids of all requests that clients were told are kept there.
    """
    decisions_at = TopicPartition(decisions_topic, partition)
    requests_at = TopicPartition(requests_topic, partition)
    decisions = await Stream.open(log, decisions_at, "committed")
    requests = await Stream.open(log, requests_at, "uncommitted")
    partitions = await log.partition_count(requests_topic)
    auditor = _Auditor(await log.cluster_id(), requests_at, decisions_at, partitions, receipts, core, seals)
    auditor.anchors = AnchorAudit(anchors)
    try:
        if auditor.again is not None:
            await auditor.again.open(log)
        async for record in decisions:
            await auditor.take(record, requests)
        auditor.check_anchors(decisions.end)
        await auditor.end(requests, log)
    finally:
        if auditor.again is not None:
            await auditor.again.close()
        await decisions.close()
        await requests.close()
    return auditor.result(), auditor.findings


class _Auditor:
    def __init__(
        self,
        cluster_id: str,
        requests_at: TopicPartition,
        decisions_at: TopicPartition,
        partitions: int,
        receipts: Mapping[int, Collection[str | None]],
        core: Core[Any] | WatchingCore[Any, Any] | None,
        seals: RequestSeals | None,
    ) -> None:
        self.findings: list[Finding] = []
        self._requests_at, self._decisions_at, self._partitions = requests_at, decisions_at, partitions
        self._chain = genesis(cluster_id, decisions_at.topic, decisions_at.partition)
        self._next = 0
        self._knownat = ""
        self._decisions = self._requests = self._pending = 0
        self._outcomes: Counter[str] = Counter()
        self._first = AnswersAudit()
        self._versions: dict[tuple[str, str, str, Mode], int] = {}
        self._received: Counter[tuple[str | None, str | None]] = Counter()
        self._decided: Counter[tuple[str | None, str | None]] = Counter()
        self._receipts = dict(receipts)
        book = Book(cluster_id, requests_at.topic, decisions_at.topic, decisions_at.partition, partitions)
        self.again = None if core is None else Again(core, book, seals)
        self._seen = SeenAudit(decisions_at)
        self.anchors = AnchorAudit(())
        self._end = 0

    async def take(self, record: Record, requests: Stream) -> None:
        """Holds one decision to the one before it and to its request."""
        self._decisions += 1
        self._follow_chain(record)
        try:
            decision = codec.decode_decision(record.value)
        except ContractError as error:
            self._find("decision_undecodable", record, str(error))
            return
        asked, cause = decision.data.request, decision.data.cause
        self._outcomes[decision.data.outcome if cause is None else "caused"] += 1
        if (asked is None) == (cause is None):
            self._find("request_or_cause", record, "a decision answers a request, or names its cause")
            return
        if asked is not None and not await self._comes_next(record, asked, requests):
            return
        self._check_words(record, decision)
        self._check_facts(record, decision)
        for code, message in self._seen.take(record, decision.data, self._next):
            self._find(code, record, message)
        request = None
        if asked is not None:
            for code, message in self._first.take(decision, asked):
                self._find(code, record, message)
            request = await requests.at(asked.offset)
            if not self._check_request(record, decision, asked, request):
                request = None
        if self.again is not None:
            for code, message in await self.again.differs(record, decision, request):
                self._find(code, record, message)

    def check_anchors(self, end: int) -> None:
        """Those that reach to where the decisions end, or beyond."""
        place = f"{self._decisions_at}-{end}"
        self.findings += [Finding(code, place, said) for code, said in self.anchors.end(end, self._chain)]

    async def end(self, requests: Stream, log: Log) -> None:
        """What is left over: pending requests, undecided receipts, a ledger that does not balance."""
        while await requests.next() is not None:
            self._requests += 1
            self._pending += 1
        for offset in sorted(self._receipts):
            place = f"{self._requests_at.topic}-{self._requests_at.partition}-{offset}"
            lost = offset >= requests.end
            what = "the log ends before it" if lost else "it has no decision"
            self.findings.append(
                Finding(
                    "receipt_lost" if lost else "receipt_undecided", place, f"a client was told of it: {what}"
                )
            )
        for desk in sorted({*self._received, *self._decided}, key=str):
            if self._received[desk] != self._decided[desk]:
                place = f"{self._requests_at.topic}-{self._requests_at.partition}"
                post, channel = desk
                message = (
                    f"post {post or UNATTRIBUTED}, channel {channel or UNATTRIBUTED}: received "
                    f"{self._received[desk]}, decided {self._decided[desk]}"
                )
                self.findings.append(Finding("ledger", place, message))
        self.findings += [Finding("seen_beyond", *found) for found in await self._seen.beyond(log)]

    def result(self) -> PartitionAudit:
        return PartitionAudit(
            topic=self._requests_at.topic,
            partition=self._requests_at.partition,
            requests=self._requests,
            decisions=self._decisions,
            pending=self._pending,
            outcomes=dict(sorted(self._outcomes.items())),
            head=self._chain.hex(),
            caused=self._seen.causes,
            place=str(self._decisions_at),
            end=self._end,
            unaltered=self.anchors.unaltered,
        )

    def _find(self, code: str, record: Record, message: str) -> None:
        self.findings.append(Finding(code, f"{record.topic}-{record.partition}-{record.offset}", message))

    def _follow_chain(self, record: Record) -> None:
        self._end = record.offset + 1
        for code, message in self.anchors.pass_by(record.offset, self._chain):
            self._find(code, record, message)
        chain = link(self._chain, record.key or b"", record.value)
        stated = record.header(CHAIN_HEADER) or b""
        if stated != chain.hex().encode():
            self._find("chain_broken", record, "it does not chain to the decision before it, or was altered")
            # go on from what it says, so that only the broken place is named and not everything behind it
            chain = of_hex(stated) or chain
        self._chain = chain

    async def _comes_next(self, record: Record, asked: RequestRef, requests: Stream) -> bool:
        if asked.offset < self._next:
            self._find("decided_twice", record, f"request {asked.offset} was decided before")
            return False
        if asked.offset > self._next:
            self._find(
                "requests_undecided", record, f"requests {self._next} to {asked.offset - 1} have no decision"
            )
            while (skipped := await requests.before(asked.offset)) is not None:
                self._receive(skipped)
        self._next = asked.offset + 1
        return True

    def _receive(self, request: Record) -> Request[Any] | None:
        self._requests += 1
        found = read(request)
        self._received[filed(request, found)] += 1
        return found

    def _check_words(self, record: Record, decision: Decision[Fact]) -> None:
        data, number = decision.data, record.partition
        name = f"c{data.cause.n}" if data.cause else data.request.offset if data.request else ""
        if decision.id != f"{self._requests_at.topic}/{number}/{name}":
            self._find("wrong_id", record, f"it is named {decision.id!r}")
        if record.key != decision.operationid.encode():
            self._find("wrong_key", record, f"its key is not the operation {decision.operationid!r}")
        if data.outcome != "parked" and partition_of(record.key or b"", self._partitions) != number:
            self._find("wrong_partition", record, f"{decision.operationid!r} lives in another partition")
        if data.knownat < self._knownat or decision.time != data.knownat:
            self._find("knownat_went_back", record, f"{data.knownat} after {self._knownat}")
        self._knownat = max(self._knownat, data.knownat)
        before = self._next - (data.request is not None) + self._seen.causes
        if data.partitions != (None if before else self._partitions):
            self._find("partition_count", record, f"it states {data.partitions} of {self._partitions}")

    def _check_facts(self, record: Record, decision: Decision[Fact]) -> None:
        asked, cause = decision.data.request, decision.data.cause
        begins = cause_name(record.partition, cause.n) if cause else asked.id if asked else None
        mode = None if asked is None else asked.mode
        for number, fact in enumerate(decision.data.facts):
            if fact.id != f"{begins}/{number}":
                self._find("fact_id", record, f"fact {number} is named {fact.id!r}")
            for attribute, name, version in _versions_of(fact):
                self._check_version(record, mode, (decision.operationid, attribute, name), version)

    def _check_version(
        self, record: Record, mode: Mode | None, subject: tuple[str, str, str], version: int
    ) -> None:
        """Dense among what tokens of one mode said; of both, where a decision does not say its mode."""
        kept = [(*subject, each) for each in modes_of(mode)]
        last = max(self._versions.get(each, 0) for each in kept)
        if version != last + 1:
            self._find("version_gap", record, f"{subject}: version {version} after {last}")
        self._versions.update(dict.fromkeys(kept, version))

    def _check_request(
        self, record: Record, decision: Decision[Fact], asked: RequestRef, request: Record | None
    ) -> bool:
        """Whether it is there, as it was decided."""
        place = f"{self._requests_at.topic}-{self._requests_at.partition}-{asked.offset}"
        absent = decision.data.reason is not None and decision.data.reason.code == "absent"
        told = self._receipts.pop(asked.offset, set())
        if request is None:
            if not absent:
                self.findings.append(Finding("request_missing", place, "it was decided and is not there"))
            if told:
                message = "a client was told of it: no record stands there"
                self.findings.append(Finding("receipt_lost", place, message))
            return False
        found = self._receive(request)
        self._decided[(asked.postid, asked.channel)] += 1
        unaltered = hashlib.sha256(request.value).hexdigest() == asked.sha256
        if absent:
            self._find("absent_but_there", record, f"a record stands at {place}")
        elif not unaltered:
            self.findings.append(Finding("request_altered", place, "it is not the request that was decided"))
        if not absent:
            for difference in differences(decision, asked, request, found):
                self._find("request_differs", record, difference)
        for other in sorted(each for each in told if each not in {None, asked.id}):
            message = f"a client was told that {other!r} is here; {asked.id!r} is"
            self.findings.append(Finding("receipt_differs", place, message))
        return unaltered


def _versions_of(fact: Any) -> Iterator[tuple[str, str, int]]:
    """What a fact is about: which kind of thing, its name, and the version the fact makes of it."""
    version = getattr(fact, "version", None)
    if version is None:
        return
    attribute = next((name for name in _SUBJECTS if hasattr(fact, name)), "operation")
    own = f"{fact.postid}/" if attribute == "device_id" else ""  # two posts may name a device alike
    yield attribute, f"{own}{getattr(fact, attribute, '')}", version
    if isinstance(fact, ImportReverted):
        yield from (("officer_id", officer_id, made) for officer_id, made in fact.officers.items())
