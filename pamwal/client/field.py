"""What hangs and is handed out in one operation's field, as one speaker sees it: codes of places."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.client.files import Download
from pamwal.client.service import ServiceClient

SHEET_S: Final = 120.0
"""How long sheets may take to be printed, on a slow machine."""


class CodeOfPlace(Struct, frozen=True, kw_only=True):
    """A place's code: the address its QR holds, the letters below it, and from when to when it holds."""

    place: str
    name: str
    address: str
    letters: str
    holds_from: str
    holds_until: str


class FieldDesk:
    """The checkin service of one operation.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    Moments are RFC 3339; a code holds twelve hours around its place's hours unless they are given.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def code(
        self, place: str, *, holds_from: str | None = None, holds_until: str | None = None
    ) -> CodeOfPlace:
        """The code of `rally/{id}`, `site/{id}` or `post/{id}`."""
        query = _query(place=place, holds_from=holds_from, holds_until=holds_until)
        return await self._client.read(f"{self._root}/codes", CodeOfPlace, params=query)

    async def qr(
        self, place: str, *, holds_from: str | None = None, holds_until: str | None = None
    ) -> Download:
        """Its QR as SVG."""
        query = _query(place=place, holds_from=holds_from, holds_until=holds_until)
        return await self._download("/codes.svg", query)

    async def code_sheets(
        self,
        *,
        place: str | None = None,
        day: str | None = None,
        holds_from: str | None = None,
        holds_until: str | None = None,
    ) -> Download:
        """A sheet to hang up, of one place or of each of a local day, PDF."""
        query = _query(place=place, day=day, holds_from=holds_from, holds_until=holds_until)
        return await self._download("/sheets/place-codes.pdf", query)

    async def _download(self, path: str, query: dict[str, str]) -> Download:
        response = await self._client.exchange(
            "GET", self._root + path, params=query, deadline_s=SHEET_S, attempt_s=SHEET_S
        )
        _, _, name = response.headers.get("content-disposition", "").partition('filename="')
        return Download(response.content, name.rstrip('"') or path.rpartition("/")[2])


def _query(**asked: str | None) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value is not None}
