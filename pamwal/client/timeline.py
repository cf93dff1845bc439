"""The log of one operation: who did what, when it happened, and when we knew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Literal

from msgspec import Struct

from pamwal.client.files import Download, downloaded
from pamwal.client.reading import FILE_S, in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.family_reads import FamilyTimeline
from pamwal.contracts.timeline import Timeline

PAGE_MAX: Final = 200


class TimelineSearch(Struct, frozen=True, kw_only=True):
    """What entries are to fit; None is not asked. Moments are RFC 3339."""

    venue: str | None = None
    post: str | None = None
    officer: str | None = None
    kinds: tuple[str, ...] = ()
    severity: str | None = None
    from_: str | None = None
    before: str | None = None
    text: str | None = None
    at: str | None = None
    known: str | None = None

    def query(self) -> dict[str, str]:
        """The same as a query."""
        return in_query(
            **{
                "venue": self.venue, "post": self.post, "officer": self.officer,
                "kind": ",".join(self.kinds) or None, "severity": self.severity, "from": self.from_,
                "to": self.before, "text": self.text, "at": self.at, "known": self.known,
            }
        )  # fmt: skip


class TimelineReader:
    """`client` speaks with reporting.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._path = client, f"/operations/{operation_id}/timeline"
        self._below = f"/operations/{operation_id}/children/timeline"

    async def pages(self, search: TimelineSearch) -> AsyncIterator[Timeline]:
        """Pages of what fits, newest first, until there is none; each is asked for when it is wanted."""
        query = {**search.query(), "limit": str(PAGE_MAX)}
        while True:
            page = await self._client.read(self._path, Timeline, params=query)
            yield page
            if page.next_after is None:
                return
            query["after"] = page.next_after

    async def pages_below(self, search: TimelineSearch) -> AsyncIterator[FamilyTimeline]:
        """The same of the operation and all below it as one log."""
        query = {**search.query(), "limit": str(PAGE_MAX)}
        while True:
            page = await self._client.read(self._below, FamilyTimeline, params=query)
            yield page
            if page.next_after is None:
                return
            query["after"] = page.next_after

    async def table(
        self, search: TimelineSearch, form: Literal["csv", "xlsx"], *, below: bool = False
    ) -> Download:
        """All that fits as a table, an entry a row; the service says if that is too much.

        `below`: of the operation and all below it.
        """
        path = self._below if below else self._path
        response = await self._client.exchange(
            "GET", f"{path}.{form}", params=search.query(), deadline_s=FILE_S, attempt_s=FILE_S
        )
        return downloaded(response, f"timeline.{form}")
