"""Where operations live, and which of them this replica has."""

from __future__ import annotations

from pamwal.contracts.errors import HttpProblem
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import Shard, misdirected, shard_of


class NotFolded(HttpProblem):
    """503: it will be known here, by and by; `taken` of `about` so many decisions are, 0 of 0: unknown."""

    def __init__(self, why: str, *, taken: int = 0, about: int = 0) -> None:
        super().__init__(503, "not_folded", why, headers=(("retry-after", "1"),))
        self.taken, self.about = taken, about


def not_folded(why: str, *, taken: int = 0, about: int = 0) -> NotFolded:
    """503, and how far it is."""
    return NotFolded(why, taken=taken, about=about)


class Where:
    """The partitions there are, once that is known, and the shard that is here."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.partitions = 0

    def trouble(self) -> str | None:
        """Why there is nothing here, or None."""
        if 0 < self.partitions < self.shard.number:
            return f"shard {self.shard} has none of the {self.partitions} partitions there are"
        return None

    def partition_of(self, operation_id: str) -> int:
        """Where an operation lives."""
        return partition_of(operation_id.encode(), max(self.partitions, 1))

    def place(self, topic: str, operation_id: str) -> TopicPartition:
        """The same in a topic."""
        return TopicPartition(topic, self.partition_of(operation_id))

    def is_here(self, operation_id: str) -> bool:
        """Whether it is known to be of this shard."""
        return bool(self.partitions) and self.shard.holds(self.partition_of(operation_id))

    def elsewhere(self, operation_id: str) -> str:
        """The other shard that has it, such as `2/4`; empty for one that is here."""
        here = self.is_here(operation_id)
        return "" if here else str(shard_of(self.partition_of(operation_id), self.shard.of))

    def require(self, operation_id: str) -> None:
        """Misdirected for an operation in another shard; HttpProblem 503 while that is not known."""
        if not self.shard.whole:
            if not self.partitions:
                raise not_folded("this replica does not know yet how many partitions there are; ask again")
            self.shard.require(operation_id, self.partitions)

    def require_receipt(self, receipt: Receipt) -> None:
        """Misdirected for a request in another shard."""
        if not self.shard.holds(receipt.partition):
            raise misdirected(f"{receipt} stands", receipt.partition, self.shard)
