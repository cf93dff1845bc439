"""What somebody signed of a partition's chain, held to the chain as it is read again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct


class Anchored(Struct, frozen=True, order=True):
    """A chain head that was signed: behind all records before `offset`. `named` says by what."""

    offset: int
    head: str
    """Hex."""
    named: str


class AnchorAudit:
    """The anchors of one partition, in the order of the log."""

    def __init__(self, anchors: Iterable[Anchored]) -> None:
        self.unaltered = 0
        """Up to this offset, exclusive, the log is as it was when somebody signed it."""
        self._waiting = deque(sorted(anchors))
        self._all_held = True

    def pass_by(self, offset: int, head: bytes) -> Iterator[tuple[str, str]]:
        """Code and sentence of each anchor that does not hold; `head`: behind all records before `offset`."""
        while self._waiting and self._waiting[0].offset <= offset:
            anchor = self._waiting.popleft()
            if anchor.head != head.hex():
                self._all_held = False
                was = f"before {anchor.offset} the chain was at {anchor.head}"
                message = f"{anchor.named}: {was}, it is at {head.hex()}"
                yield "anchor_differs", message
            elif self._all_held:
                self.unaltered = anchor.offset

    def end(self, offset: int, head: bytes) -> Iterator[tuple[str, str]]:
        """The same at the end of the partition: what was signed may have been cut off."""
        yield from self.pass_by(offset, head)
        for anchor in self._waiting:
            yield "anchor_beyond", f"{anchor.named}: the log reached to {anchor.offset}, it ends at {offset}"
