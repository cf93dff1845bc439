"""What reporting shows of an operation: now, or as of a moment by what was known at another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pamwal.client.reading import in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.changes import Changes
from pamwal.contracts.explained import Explained, Row
from pamwal.contracts.reporting import Digest, Situation


class Pictures:
    """One operation's picture; `client` speaks with reporting.

    `at` is the moment looked at, `known` the moment or vector by which it was known; both now if left out.
    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def situation(
        self,
        *,
        at: str | None = None,
        known: str | None = None,
        day: str | None = None,
        after: Sequence[str] = (),
    ) -> Situation:
        """The situation; `after` are receipts of what must be in it."""
        query = in_query(at=at, known=known, day=day)
        return await self._client.read(f"{self._root}/situation", Situation, params=query, at=after)

    async def explain(
        self,
        number: str,
        row: Row = "total",
        key: str = "",
        *,
        at: str | None = None,
        known: str | None = None,
        day: str | None = None,
    ) -> Explained:
        """Whom a number of one row counts, and the facts behind each; of the total, if no row is named."""
        named: dict[str, str] = {} if row == "total" else {row: key}
        query = in_query(of=number, at=at, known=known, day=day, **named)
        return await self._client.read(f"{self._root}/explain", Explained, params=query)

    async def changes(
        self, since: str, *, at: str | None = None, known: str | None = None, day: str | None = None
    ) -> Changes:
        """What differs from the situation as it was known at `since`, a moment or a vector."""
        query = in_query(since=since, at=at, known=known, day=day)
        return await self._client.read(f"{self._root}/changes", Changes, params=query)

    async def digest(self, *, at: str | None = None, known: str | None = None) -> Digest:
        """What two replicas have in common if they agree."""
        return await self._client.read(f"{self._root}/digest", Digest, params=in_query(at=at, known=known))


def vector_text(vector: Mapping[str, int]) -> str:
    """A vector as `known` and `since` take it: `pamwal.field.decisions.v1-3-88,…`."""
    return ",".join(f"{place}-{offset}" for place, offset in vector.items())
