"""Decisions as they came, packed per operation: what a picture can be folded from when somebody looks. Pure.

A frame is what came of an operation between two snapshots; another is put behind it without a look at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.packing import Packing

D = TypeVar("D")
_LENGTH_BYTES: Final = 4


class Frames(Generic[D]):
    """Packs decisions of one type."""

    def __init__(self, kind: Any) -> None:
        self._packing: Packing[Sequence[D]] = Packing(list[kind])

    def frame(self, decisions: Sequence[D]) -> bytes:
        """These decisions, in their order."""
        packed = self._packing.pack(decisions)
        return len(packed).to_bytes(_LENGTH_BYTES, "big") + packed

    def read(self, frames: bytes) -> Iterator[D]:
        """All decisions of frames that stand one behind the other. SnapshotIgnored."""
        begin = 0
        while begin < len(frames):
            first = begin + _LENGTH_BYTES
            begin = first + int.from_bytes(frames[begin:first], "big")
            if begin > len(frames):
                raise SnapshotIgnored("unreadable", "the last of an operation's frames is cut off")
            yield from self._packing.unpack(frames[first:begin])
