"""Whether replicas of reporting show the same of an operation, brought to one place of the log."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from pamwal.client.pictures import Pictures, vector_text
from pamwal.contracts.reporting import Digest


class Compared(Struct, frozen=True, kw_only=True):
    """What each replica says, in the order in which they were named."""

    digests: list[Digest]
    brought: bool
    """They stood at different places, so that each was asked for what all of them know."""

    @property
    def agree(self) -> bool:
        """Whether all show the same."""
        return len({each.sha256 for each in self.digests}) == 1

    @property
    def most(self) -> str | None:
        """The digest that more replicas say than any other; None where no one of them leads."""
        (first, count), *others = Counter(each.sha256 for each in self.digests).most_common(2)
        return None if others and others[0][1] == count else first


async def compare(replicas: Sequence[Pictures]) -> Compared:
    """Asks all at once; those that are at different offsets again, for the least that every one knows.

    AccessDenied, HttpProblem, Unreachable or Unanswered of the first replica that fails.
    """
    found = await asyncio.gather(*(each.digest() for each in replicas))
    if all((each.vector, each.at) == (found[0].vector, found[0].at) for each in found):
        return Compared(digests=found, brought=False)
    known = vector_text(least(each.vector for each in found))
    at = min(each.at for each in found)
    again = await asyncio.gather(*(each.digest(at=at, known=known) for each in replicas))
    return Compared(digests=again, brought=True)


def least(vectors: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """For each partition the lowest offset; 0 where somebody has folded nothing of it."""
    every = list(vectors)
    names = sorted(set().union(*every))
    return {name: min(each.get(name, 0) for each in every) for name in names}
