"""One partition of the in-memory log: slots by offset, transactions, and what each isolation may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pamwal.wire.log import Isolation, Outgoing, Record


class Transaction:
    """What one transactor wrote between begin and end; it is over when it is no longer `open`."""

    __slots__ = ("producer", "state")

    def __init__(self, producer: str) -> None:
        self.producer = producer
        self.state: Literal["open", "committed", "aborted"] = "open"


class Slot(NamedTuple):
    """One offset: a record, or, without one, the marker that ended a transaction (a control record)."""

    record: Record | None
    transaction: Transaction | None


class MemoryPartition:
    """Offsets as a broker gives them out: markers take one too, and a lost tail's are given out again."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.begin = 0
        self._slots: list[Slot] = []
        self._open: dict[Transaction, int] = {}

    @property
    def end(self) -> int:
        """The offset behind the last slot."""
        return self.begin + len(self._slots)

    @property
    def stable_end(self) -> int:
        """The oldest open transaction's offset, or the end: committed readers see nothing from there on."""
        return min(self._open.values(), default=self.end)

    def append(self, record: Outgoing, timestamp_ms: int, transaction: Transaction | None = None) -> int:
        """Adds a record and returns its offset."""
        offset = self.end
        if transaction is not None:
            self._open.setdefault(transaction, offset)
        stored = Record(
            self.topic, self.partition, offset, record.key, record.value, record.headers, timestamp_ms
        )
        self._slots.append(Slot(stored, transaction))
        return offset

    def finish(self, transaction: Transaction) -> None:
        """Writes the marker of a transaction that has just been committed or aborted, if it wrote here."""
        if self._open.pop(transaction, None) is not None:
            self._slots.append(Slot(None, transaction))

    def slots_from(self, offset: int, isolation: Isolation) -> Iterator[tuple[int, Record | None]]:
        """Each slot from `offset` on that this isolation may pass; None where there is nothing to be seen."""
        end = self.stable_end if isolation == "committed" else self.end
        for at in range(offset, end):
            record, transaction = self._slots[at - self.begin]
            aborted = transaction is not None and transaction.state == "aborted"
            yield at, None if isolation == "committed" and aborted else record

    def fill_to(self, offset: int) -> None:
        """Nothing stands at the offsets up to here, as where markers stood in a log that was copied."""
        self._slots += [Slot(None, None)] * (offset - self.end)

    def replace(self, offset: int, record: Record) -> None:
        """Puts other bytes at an offset, as nobody may: for tests of what an audit finds."""
        self._slots[offset - self.begin] = self._slots[offset - self.begin]._replace(record=record)

    def lose_tail(self, slots: int) -> None:
        """The last slots are gone, as after a power cut of a broker that had not flushed."""
        del self._slots[len(self._slots) - slots :]
        self._open = {transaction: first for transaction, first in self._open.items() if first < self.end}

    def lose_head(self, slots: int) -> None:
        """The first slots are gone, as by a retention that should not have been set."""
        del self._slots[:slots]
        self.begin += slots
