"""As of when a sheet tells: what had happened by `at`, as far as it was decided by `known`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import Depends, Query, Request

from pamwal.contracts.instants import to_ms
from pamwal.edge.moments import instant, past_instant

if TYPE_CHECKING:
    from pamwal.edge.app import Edge


class Then(NamedTuple):
    """Two Instants; None: now."""

    at: str | None = None
    known: str | None = None

    def knew(self, decided_at: str) -> bool:
        """Whether what was decided at that Instant was known."""
        return self.known is None or decided_at <= self.known

    def had(self, happened_ms: int) -> bool:
        """Whether what happened then had happened."""
        return self.at is None or happened_ms <= to_ms(self.at)


NOW = Then()


async def then_asked(
    request: Request,
    at: Annotated[
        str | None,
        Query(max_length=40, description="RFC 3339 moment to look at; default: that of `known`, else now"),
    ] = None,
    known: Annotated[
        str | None,
        Query(
            max_length=40,
            description="with what was known then, an RFC 3339 moment; default: all that is known",
        ),
    ] = None,
) -> Then:
    """What a query asks. HttpProblem 422 for what is no moment, or was known at one that lies ahead."""
    edge: Edge = request.app.state.edge
    by = None if known is None else past_instant("known", known, edge.clock.now())
    return Then(by if at is None else instant("at", at), by)


ThenAsked = Annotated[Then, Depends(then_asked)]
