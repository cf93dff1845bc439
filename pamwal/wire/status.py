"""What a decider says about itself: `/readyz`, `pamwal parked` and the tests read it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Phase = Literal["idle", "folding", "deciding", "backing_off", "halted"]


class PartitionStatus(Struct, frozen=True, kw_only=True):
    """One owned partition as it stands."""

    partition: int
    phase: Phase
    next_offset: int | None = None
    """The first request without a committed decision, as far as is known."""
    lag: int | None = None
    """Requests without a decision, as of a second ago."""
    reason: str | None = None
    message: str | None = None

    def sentence(self) -> str:
        """Where it stands and why, for people."""
        why = f": {self.reason}: {self.message}" if self.reason else ""
        return f"partition {self.partition} is {self.phase}{why}"


class WorkerStatus(Struct, frozen=True, kw_only=True):
    """One worker with all its partitions."""

    service: str
    ready: bool
    joined: bool
    """Whether the group has dealt partitions to this process, be it none."""
    restarts: int
    partitions: tuple[PartitionStatus, ...]
