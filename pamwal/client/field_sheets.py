"""What checkin tells of places and posts, and reporting of polls, as one speaker sees one operation."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

import httpx
from msgspec.structs import replace

from pamwal.client.files import Download
from pamwal.client.service import ServiceClient
from pamwal.contracts.field_reads import AttendanceSheet, Ics211, Ics214, LogLine, PostLog
from pamwal.contracts.officer_reads import OfficerDay
from pamwal.contracts.posts_shown import OperationPolls
from pamwal.contracts.zones import Zone

PAGE_MAX: Final = 500
EVERYTHING: Final = 1_000_000
At = tuple[str, ...]


class FieldSheets:
    """Sheets and logs of checkin. What is said goes by `ServiceClient.submit`.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    Days are local days, `YYYY-MM-DD`, in `zone`, or the operation's. `at` are receipts that an answer must
    know of.
    """

    def __init__(self, client: ServiceClient, operation_id: str, *, zone: Zone | None = None) -> None:
        self._client, self._root, self._zone = client, f"/operations/{operation_id}", zone

    async def attendance(self, place: str, day: str, *, at: At = ()) -> AttendanceSheet:
        """Who was at `rally/ID` or `site/ID`."""
        return await self._client.read(
            self._place(place, "attendance"), AttendanceSheet, params=self._of(day), at=at
        )

    async def ics_211(self, place: str, day: str, *, at: At = ()) -> Ics211:
        """The same as the data of a check-in list."""
        return await self._client.read(self._place(place, "ics-211"), Ics211, params=self._of(day), at=at)

    async def log(self, post: str, day: str, *, most: int = EVERYTHING, at: At = ()) -> PostLog:
        """What a post said and was told, page after page, `most` lines."""
        lines: list[LogLine] = []
        after = -1
        while True:
            limit = min(PAGE_MAX, most - len(lines))
            params = {**self._of(day), "after": str(after), "limit": str(limit)}
            page = await self._client.read(self._post(post, "log"), PostLog, params=params, at=at)
            lines += page.lines
            if page.next_after is None or len(lines) >= most:
                return replace(page, lines=lines)
            after = page.next_after

    async def ics_214(self, post: str, day: str, *, at: At = ()) -> Ics214:
        """The whole day as the data of an activity log, read page after page."""
        path, asked = self._post(post, "ics-214"), self._of(day)
        found = await self._client.read(path, Ics214, params=asked, at=at)
        activities, spoke = list(found.activities), set(found.resources_assigned)
        while found.next_after is not None:
            more = {**asked, "after": str(found.next_after)}
            found = await self._client.read(path, Ics214, params=more, at=at)
            activities += found.activities
            spoke.update(found.resources_assigned)
        return replace(found, activities=activities, resources_assigned=sorted(spoke))

    async def officer(self, officer_id: str, day: str, *, at: At = ()) -> OfficerDay:
        """What was said of an officer's presence: coming, going, reliefs, roll calls, answers to polls."""
        path = f"{self._root}/officers/{quote(officer_id, safe='')}/observations"
        return await self._client.read(path, OfficerDay, params=self._of(day), at=at)

    async def table(self, what: Literal["attendance", "log"], of: str, day: str, *, at: At = ()) -> Download:
        """A place's attendance, or a post's whole log, as CSV that no spreadsheet runs."""
        path = self._place(of, "attendance.csv") if what == "attendance" else self._post(of, "log.csv")
        response = await self._client.exchange("GET", path, params=self._of(day), at=at)
        name = response.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        pages = [response.content]
        while (link := response.links.get("next")) is not None:
            response = await self._client.exchange("GET", path, params=httpx.URL(link["url"]).params, at=at)
            pages.append(response.content.partition(b"\r\n")[2])  # without its row of names
        return Download(b"".join(pages), name or f"{what}.csv")

    def _place(self, place: str, below: str) -> str:
        return f"{self._root}/places/{quote(place, safe='/')}/{below}"

    def _post(self, post: str, below: str) -> str:
        return f"{self._root}/posts/{quote(post, safe='')}/{below}"

    def _of(self, day: str) -> dict[str, str]:
        return {"day": day} if self._zone is None else {"day": day, "zone": self._zone}


async def polls(client: ServiceClient, operation_id: str, *, day: str | None = None) -> OperationPolls:
    """The accountability polls of a day, today's if left out; `client` speaks with reporting.

    AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """
    params = {"day": day} if day is not None else {}
    return await client.read(f"/operations/{operation_id}/polls", OperationPolls, params=params)
