"""What a decider says about itself: `/readyz`, `pamwal parked` and the tests read it."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

NAMED_MAX: Final = 5
"""So many operations of a partition are named."""
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
    quarantined: dict[str, str] = {}
    """Operation → why it is not judged at present; the others are."""

    @property
    def well(self) -> bool:
        """It decides, and judges every operation."""
        return self.phase == "deciding" and not self.quarantined

    def sentence(self) -> str:
        """Where it stands and why, for people."""
        why = f": {self.reason}: {self.message}" if self.reason else ""
        named = [f"operation {name} is not judged {reason}" for name, reason in self.quarantined.items()]
        more = [f"{len(named) - NAMED_MAX} more are not"] if len(named) > NAMED_MAX else []
        return "; ".join([f"partition {self.partition} is {self.phase}{why}", *named[:NAMED_MAX], *more])


class WorkerStatus(Struct, frozen=True, kw_only=True):
    """One worker with all its partitions."""

    service: str
    ready: bool
    joined: bool
    """Whether the group has dealt partitions to this process, be it none."""
    restarts: int
    partitions: tuple[PartitionStatus, ...]
