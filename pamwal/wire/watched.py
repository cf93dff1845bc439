"""What a watching decider has seen of other contexts: their decisions, held to their order, and the pictures.

Pure. The decider and the audit fold by the same code, so that both mean the same by a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from pamwal.wire.book import Strand
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Record, TopicPartition

P = TypeVar("P")


class Watched(Generic[P]):
    """One partition number of every followed topic, folded as far as `next` says."""

    def __init__(
        self,
        core: WatchingCore[Any, P],
        strands: Iterable[Strand],
        partition_of: Callable[[bytes, int], int],
    ) -> None:
        """`strands`: of each followed topic, at its beginning."""
        self.pictures: dict[str, P] = {}
        """Operation → what was seen of it."""
        self.next: dict[TopicPartition, int] = {}
        """Place → first offset not folded."""
        self._core = core
        self._partition_of = partition_of
        self._strands: dict[TopicPartition, Strand] = {}
        for strand in strands:
            at = TopicPartition(strand.decisions_topic, strand.partition)
            self._strands[at], self.next[at] = strand, 0

    def take(self, record: Record) -> str | None:
        """Folds the next decision of its topic; returns the operation it is about, if that lives here.

        One that was folded before is passed over. Halted, and nothing folded, if it is not the next or does
        not chain. What the core raises comes through; then this is of no use any more.
        """
        at = TopicPartition(record.topic, record.partition)
        if record.offset < self.next[at]:
            return None
        strand = self._strands[at]
        decision = strand.read(record)
        operation_id = decision.operationid
        # what was parked because it lives elsewhere must not begin a second picture here
        lives_here = self._partition_of(operation_id.encode(), strand.partitions) == record.partition
        if lives_here:
            self._core.see(self.pictures.setdefault(operation_id, self.of(operation_id)), decision.data)
        strand.step(decision.data, record.key or b"", record.value)
        self.next[at] = record.offset + 1
        return operation_id if lives_here else None

    def of(self, operation_id: str) -> P:
        """The picture of an operation, an empty one if nobody has spoken of it."""
        found = self.pictures.get(operation_id)
        return self._core.new_picture(operation_id) if found is None else found

    def vector(self) -> dict[str, int]:
        """Place, as text → first offset not folded."""
        return {str(at): offset for at, offset in self.next.items()}

    def heads(self) -> dict[str, str]:
        """Place, as text → chain head, hex, behind the last folded record."""
        return {str(at): strand.chain.hex() for at, strand in self._strands.items()}

    def behind(self, vector: dict[str, int]) -> dict[TopicPartition, int]:
        """The places not yet folded as far as this vector says, with how far that is."""
        return {at: vector[str(at)] for at, offset in self.next.items() if vector.get(str(at), 0) > offset}
