"""A ledger as a snapshot keeps it, and back. Pure.

A request that waits for its decision points at the counts of its file; here it names that file.
"""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.envelope import Mode, Outcome
from pamwal.contracts.numbers import Numbers
from pamwal.wire.log import TopicPartition
from services.reporting.picture.ledger import Counts, Filed, Files, Ledger, LedgerPartition, Undeclared


class KeptCounts(Struct, array_like=True):
    """The counts of one file."""

    by: Filed
    received: int
    pending: int
    outcomes: dict[Outcome, int]
    accepted_by: dict[Mode, int]


class KeptFiles(Struct, array_like=True):
    """The files of one operation in one requests topic, in their order."""

    operation_id: str
    topic: str
    by: list[KeptCounts]
    places: list[tuple[str, str]]


class KeptPartition(Struct, array_like=True):
    """One partition; `pending` names files by where they stand in the ledger's list, and in theirs."""

    at: TopicPartition
    received: Numbers
    decided: Numbers
    pending: dict[int, tuple[int, int]]
    early: dict[int, Undeclared]


class KeptLedger(Struct, array_like=True):
    """All of it."""

    files: list[KeptFiles]
    partitions: list[KeptPartition]


def kept(ledger: Ledger) -> KeptLedger:
    """All that a ledger knows, but for what changed since somebody looked."""
    files: list[KeptFiles] = []
    place_of: dict[int, tuple[int, int]] = {}
    for operation_id, topics in ledger.files_of.items():
        for topic, found in topics.items():
            own: list[KeptCounts] = []
            for by, counts in found.by.items():
                place_of[id(counts)] = (len(files), len(own))
                outcomes, accepted_by = counts.outcomes, counts.accepted_by
                own.append(KeptCounts(by, counts.received, counts.pending, outcomes, accepted_by))
            files.append(KeptFiles(operation_id, topic, own, sorted(found.places)))
    return KeptLedger(
        files,
        [
            KeptPartition(
                at,
                partition.received,
                partition.decided,
                {number: place_of[id(counts)] for number, counts in partition.pending.items()},
                partition.early,
            )
            for at, partition in ledger.partitions.items()
        ],
    )


def ledger_of(kept_ledger: KeptLedger) -> Ledger:
    """The ledger that was kept. LookupError if it names what it does not hold."""
    ledger, counts_at = Ledger(), list[list[Counts]]()
    for each in kept_ledger.files:
        files = ledger.files_of.setdefault(each.operation_id, {})[each.topic] = Files()
        files.places = set(each.places)
        own: list[Counts] = []
        for one in each.by:
            counts = files.by[one.by] = Counts()
            counts.received, counts.pending = one.received, one.pending
            counts.outcomes, counts.accepted_by = one.outcomes, one.accepted_by
            own.append(counts)
        counts_at.append(own)
    for each_partition in kept_ledger.partitions:
        partition = ledger.partitions[each_partition.at] = LedgerPartition()
        partition.received, partition.decided = each_partition.received, each_partition.decided
        partition.early = each_partition.early
        partition.pending = {
            number: counts_at[file][place] for number, (file, place) in each_partition.pending.items()
        }
    return ledger
