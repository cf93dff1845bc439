"""A consumer group in memory: who owns which partition, generation by generation, to simulate rebalances."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

OnChange = Callable[[int, frozenset[int]], Awaitable[None]]
"""Called with the new generation and the member's partitions, once for each rebalance it lives to see."""


class MemoryGroup:
    """Deals partitions to members in turn, in the order of their names."""

    def __init__(self, partitions: int) -> None:
        self.generation = 0
        self._partitions = partitions
        self._members: dict[str, OnChange] = {}

    async def join(self, member: str, on_change: OnChange) -> None:
        """A member comes; everybody's partitions are dealt anew."""
        self._members[member] = on_change
        await self._rebalance()

    async def leave(self, member: str) -> None:
        """A member goes and gives its partitions back before the others get them."""
        on_change = self._members.pop(member)
        await on_change(self.generation + 1, frozenset())
        await self._rebalance()

    async def expel(self, member: str) -> None:
        """A silent member's session runs out: others get its partitions and it is not told (a zombie)."""
        del self._members[member]
        await self._rebalance()

    def owned_by(self, member: str) -> frozenset[int]:
        """The partitions a member has in this generation; none if it is no member."""
        if member not in self._members:
            return frozenset()
        turn = sorted(self._members).index(member)
        return frozenset(range(turn, self._partitions, len(self._members)))

    async def _rebalance(self) -> None:
        self.generation += 1
        for member, on_change in sorted(self._members.items()):
            await on_change(self.generation, self.owned_by(member))
