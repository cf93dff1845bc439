"""What a watching decider has seen of other contexts: their decisions, held to their order, and the pictures.

Pure. The decider and the audit fold by the same code, so that both mean the same by a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, DecisionData
from pamwal.contracts.errors import NotSeen
from pamwal.wire.book import KeptStrand, Strand
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Record, TopicPartition

P = TypeVar("P")
Followed = DecisionData[Fact]


class Resting(NamedTuple):
    """What was seen of an operation and is not folded."""

    kept: Callable[[], Iterable[Followed]]
    """Reads what a snapshot has of it. SnapshotIgnored, if only then it is found to be of no use."""
    news: list[Followed]
    """What came since."""


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
        self.resting: dict[str, Resting] = {}
        """Operation → what a snapshot has of it and what came since, folded when its picture is asked for."""
        self.unseen: dict[str, NotSeen] = {}
        """Operation → the decision of it that the core could not see; it has no picture any more."""
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

        One that was folded before is passed over; one about an operation that rests is put behind the others
        of it; one that the core cannot see ends the picture of its operation, and of no other one. Halted,
        and nothing folded, if it is not the next or does not chain.
        """
        decision = self.read(record)
        if decision is None:
            return None
        operation_id = decision.operationid
        lives_here = self.lives_here(operation_id, record)
        if lives_here:
            self._see(operation_id, decision.data, record)
        self.step(decision, record)
        return operation_id if lives_here else None

    def read(self, record: Record) -> Decision[Fact] | None:
        """The next decision of its topic, None if it was folded before. Halted if it is not the next."""
        at = TopicPartition(record.topic, record.partition)
        return None if record.offset < self.next[at] else self._strands[at].read(record)

    def lives_here(self, operation_id: str, record: Record) -> bool:
        """Whether an operation does: one parked because it does not must not begin a second picture here."""
        strand = self._strands[TopicPartition(record.topic, record.partition)]
        return self._partition_of(operation_id.encode(), strand.partitions) == record.partition

    def step(self, decision: Decision[Fact], record: Record) -> None:
        """Goes on behind a decision that was `read`."""
        at = TopicPartition(record.topic, record.partition)
        self._strands[at].step(decision.data, record.key or b"", record.value)
        self.next[at] = record.offset + 1

    def of(self, operation_id: str) -> P:
        """The picture of an operation, an empty one if nobody has spoken of it.

        SnapshotIgnored if what a snapshot has of it is of no use; then this is of none either. NotSeen if
        the core could not see one of its decisions.
        """
        found = self.pictures.get(operation_id)
        if found is not None:
            return found
        failed = self.unseen.get(operation_id)
        if failed is not None:
            raise failed
        picture = self._core.new_picture(operation_id)
        resting = self.resting.get(operation_id)
        if resting is not None:
            for decision in chain(resting.kept(), resting.news):
                try:
                    self._core.see(picture, decision)
                except Exception as error:
                    del self.resting[operation_id]
                    raise self._not_seen(operation_id, "an earlier decision", error) from error
            self.pictures[operation_id] = picture
            del self.resting[operation_id]
        return picture

    def _see(self, operation_id: str, decision: Followed, record: Record) -> None:
        if operation_id in self.unseen:
            return
        resting = self.resting.get(operation_id)
        if resting is not None:
            resting.news.append(decision)
            return
        picture = self.pictures.get(operation_id)
        if picture is None:
            picture = self.pictures[operation_id] = self._core.new_picture(operation_id)
        try:
            self._core.see(picture, decision)
        except Exception as error:
            del self.pictures[operation_id]
            place = f"{record.topic}-{record.partition}-{record.offset}"
            self._not_seen(operation_id, place, error).__cause__ = error

    def _not_seen(self, operation_id: str, place: str, error: Exception) -> NotSeen:
        """Remembers that an operation has no picture any more."""
        failed = self.unseen[operation_id] = NotSeen(place, repr(error))
        return failed

    def kept(self) -> list[KeptStrand]:
        """How far each followed partition was read, as a snapshot keeps it."""
        return [
            KeptStrand(*strand.place, strand.next_offset, strand.causes, strand.chain, self.next[at])
            for at, strand in self._strands.items()
        ]

    def restore(
        self, kept: Iterable[KeptStrand], resting: Mapping[str, Callable[[], Iterable[Followed]]]
    ) -> None:
        """Goes on where another was. ValueError, and nothing taken up, unless it followed the same places.

        `resting` reads what was seen of each operation, when its picture is asked for.
        """
        its = {(one.cluster_id, one.decisions_topic, one.partition, one.partitions): one for one in kept}
        if its.keys() != {strand.place for strand in self._strands.values()}:
            raise ValueError(f"what was seen of {sorted(its)} is not of {sorted(map(str, self._strands))}")
        for at, strand in self._strands.items():
            found = its[strand.place]
            strand.next_offset, strand.causes, strand.chain = found.next_offset, found.causes, found.chain
            self.next[at] = found.next
        self.pictures, self.unseen = {}, {}
        self.resting = {name: Resting(read, []) for name, read in resting.items()}

    def vector(self) -> dict[str, int]:
        """Place, as text → first offset not folded."""
        return {str(at): offset for at, offset in self.next.items()}

    def heads(self) -> dict[str, str]:
        """Place, as text → chain head, hex, behind the last folded record."""
        return {str(at): strand.chain.hex() for at, strand in self._strands.items()}

    def behind(self, vector: dict[str, int]) -> dict[TopicPartition, int]:
        """The places not yet folded as far as this vector says, with how far that is."""
        return {at: vector[str(at)] for at, offset in self.next.items() if vector.get(str(at), 0) > offset}
