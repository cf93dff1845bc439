"""The log of one operation: who did what, when it happened, and when we knew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from pamwal.client.reading import in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.timeline import Timeline

PAGE_MAX = 200


class TimelineReader:
    """`client` speaks with reporting.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._path = client, f"/operations/{operation_id}/timeline"

    async def pages(
        self,
        *,
        venue: str | None = None,
        post: str | None = None,
        officer: str | None = None,
        kinds: Sequence[str] = (),
        severity: str | None = None,
        from_: str | None = None,
        before: str | None = None,
        text: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> AsyncIterator[Timeline]:
        """Pages of what fits, newest first, until there is none; each is asked for when it is wanted."""
        query = in_query(
            **{
                "venue": venue, "post": post, "officer": officer, "severity": severity, "from": from_,
                "to": before, "text": text, "at": at, "known": known, "limit": PAGE_MAX,
                "kind": ",".join(kinds) or None,
            }
        )  # fmt: skip
        while True:
            page = await self._client.read(self._path, Timeline, params=query)
            yield page
            if page.next_after is None:
                return
            query["after"] = page.next_after
