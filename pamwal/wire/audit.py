"""The audit: what anyone with a consumer can prove of requests and their decisions.

In each partition the request offsets are 0, 1, 2, … without gap or repeat, each digest is that of the stored
request, the chain holds, versions are dense, and the ledger is the requests log. Clients' receipts and a
second run of the service's own code may be laid beside it. Without an anchor outside the log this proves that
the log is *consistent*, not that it is unaltered: who can rewrite everything can rewrite the chain. With one
it proves that the log is *unaltered up to* there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from pamwal.contracts.errors import ContractError, LogError
from pamwal.contracts.topics import FIELD_REQUESTS, REPORTING_REQUESTS, SCHEDULING_REQUESTS, decisions_of
from pamwal.wire.audit_anchors import Anchored
from pamwal.wire.audit_partition import Finding, PartitionAudit, audit_partition
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.log import Log, Receipt
from pamwal.wire.request_seal import RequestSeals

REQUEST_TOPICS = (SCHEDULING_REQUESTS.name, FIELD_REQUESTS.name, REPORTING_REQUESTS.name)


class Told(Struct, frozen=True):
    """What a client was told: where its request is kept, and, if it noted it, which request that was."""

    receipt: Receipt
    request_id: str | None = None


class AuditReport(Struct, frozen=True, kw_only=True):
    """What was looked at and what was found. `verdict` is `inconsistent` if anything was found."""

    cluster_id: str
    partitions: tuple[PartitionAudit, ...]
    findings: tuple[Finding, ...]
    receipts: int
    redecided: bool

    @property
    def verdict(self) -> Literal["consistent", "inconsistent", "unaltered"]:
        """`unaltered` where anchors were given and hold: up to what `unaltered` says, consistent behind."""
        if self.findings:
            return "inconsistent"
        return "unaltered" if self.unaltered else "consistent"

    @property
    def unaltered(self) -> dict[str, int]:
        """`<decisions topic>-<partition>` → first offset that no anchor speaks for; only where one does."""
        return {one.place: one.unaltered for one in self.partitions if one.unaltered}

    @property
    def requests(self) -> int:
        """Records in the requests topics."""
        return sum(one.requests for one in self.partitions)

    @property
    def decisions(self) -> int:
        """Records in the decisions topics."""
        return sum(one.decisions for one in self.partitions)

    @property
    def caused(self) -> int:
        """Those of the decisions that no request asked for."""
        return sum(one.caused for one in self.partitions)

    @property
    def pending(self) -> int:
        """Requests without a decision yet, at the log's end."""
        return sum(one.pending for one in self.partitions)

    @property
    def outcomes(self) -> dict[str, int]:
        """Decisions by outcome."""
        total: dict[str, int] = {}
        for one in self.partitions:
            for outcome, count in one.outcomes.items():
                total[outcome] = total.get(outcome, 0) + count
        return total


def read_receipts(file: Path) -> list[Told]:
    """A client's receipts, a line each: `topic-partition-offset`, and the request's id if it noted it.

    ContractError for a line that is none. OSError.
    """
    told = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ContractError(f"{file} holds no receipts: it is no text ({error.reason})") from error
    for line in lines:
        if line.strip():
            receipt, _, request_id = line.strip().partition(" ")
            told.append(Told(Receipt.parse(receipt), request_id.strip() or None))
    return told


async def audit(
    log: Log,
    *,
    topics: Iterable[str] = REQUEST_TOPICS,
    receipts: Iterable[Told] = (),
    redecide: Mapping[str, Core[Any] | WatchingCore[Any, Any]] | None = None,
    anchors: Mapping[str, Sequence[Anchored]] | None = None,
    seals: RequestSeals | None = None,
) -> AuditReport:
    """Reads requests and decisions to their ends as they are now, and reports every finding with its place.

    `topics` are requests topics; `redecide` names the core that decides each, which is run again; `anchors`
    what was signed of decisions partitions; `seals` what requests have to be sealed by, which is checked when
    they are decided again. A log that
    is written to meanwhile is no trouble: what has no decision yet is pending. LogUnavailable.
    """
    cores = redecide or {}
    signed = dict(anchors or {})
    by_place: dict[tuple[str, int], dict[int, set[str | None]]] = {}
    told = 0
    for one in receipts:
        told += 1
        receipt = one.receipt
        kept_there = by_place.setdefault((receipt.topic, receipt.partition), {})
        kept_there.setdefault(receipt.offset, set()).add(one.request_id)
    partitions: list[PartitionAudit] = []
    findings: list[Finding] = []
    for topic in topics:
        core = cores.get(topic)
        decisions = core.decisions_topic if core else decisions_of(topic).name
        for number in range(await _partitions(log, topic, decisions, findings)):
            kept = by_place.pop((topic, number), {})
            own = signed.pop(f"{decisions}-{number}", ())
            done, found = await audit_partition(
                log, topic, decisions, number, receipts=kept, core=core, anchors=own, seals=seals
            )
            partitions.append(done)
            findings += found
    for (topic, number), offsets in sorted(by_place.items()):
        findings += [
            Finding("receipt_unknown", f"{topic}-{number}-{offset}", "no audited topic has this place")
            for offset in sorted(offsets)
        ]
    findings += [
        Finding("anchor_unknown", place, f"{each.named}: no audited topic has this partition")
        for place, unknown in sorted(signed.items())
        for each in unknown
    ]
    return AuditReport(
        cluster_id=await log.cluster_id(),
        partitions=tuple(partitions),
        findings=tuple(findings),
        receipts=told,
        redecided=bool(cores),
    )


async def _partitions(log: Log, topic: str, decisions: str, findings: list[Finding]) -> int:
    try:
        partitions = await log.partition_count(topic)
        found = await log.partition_count(decisions)
    except LogError as error:
        findings.append(Finding("topic_missing", topic, str(error)))
        return 0
    if found != partitions:
        message = f"{topic} has {partitions} partitions, {decisions} has {found}"
        findings.append(Finding("partition_count", decisions, message))
    return min(found, partitions)
