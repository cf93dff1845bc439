"""What was judged for a partition and not written yet: its next transaction, bounded by number and size."""

from __future__ import annotations

from typing import Final

from pamwal.wire.log import Outgoing

TRANSACTION_RECORDS: Final = 2_000
"""So much is judged ahead while one transaction is written: what a slow disk makes one wait."""
BATCH_BYTES: Final = 4 * 1024 * 1024


class Unwritten:
    """In the order it was judged."""

    def __init__(self) -> None:
        self._decisions: list[Outgoing] = []
        self._bytes = 0

    def add(self, decision: Outgoing) -> None:
        """It is judged, whatever the bound. `room` is for who judges on."""
        self._decisions.append(decision)
        self._bytes += len(decision.value)

    def take(self) -> list[Outgoing]:
        """All of it, to be written or dropped."""
        taken, self._decisions, self._bytes = self._decisions, [], 0
        return taken

    @property
    def room(self) -> int:
        """How many more should be judged before it is written."""
        return TRANSACTION_RECORDS - len(self._decisions) if self._bytes < BATCH_BYTES else 0

    def __len__(self) -> int:
        return len(self._decisions)
