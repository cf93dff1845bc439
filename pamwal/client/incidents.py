"""Incidents of one operation as one speaker sees them: lists, histories, and the files that belong there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from pamwal.client.files import Download
from pamwal.client.service import ServiceClient
from pamwal.contracts.field import IncidentState, Severity, StoredFile
from pamwal.contracts.incident_reads import IncidentHistory, Incidents, IncidentSummary, Kinds
from pamwal.contracts.zones import Zone

PAGE_MAX: Final = 500
EVERYTHING: Final = 1_000_000
FILE_S: Final = 120.0
"""How long one attempt at a file may take: 10 MiB at 100 KiB/s."""


class FieldIncidents:
    """What checkin tells of incidents. What is said of them goes by `ServiceClient.submit`.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    `at` are receipts that an answer must know of.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def listed(
        self,
        *,
        state: IncidentState | None = None,
        severity: Severity | None = None,
        kind: str | None = None,
        area: str | None = None,
        opened: bool | None = None,
        duplicates: bool = True,
        mine: bool = False,
        day: str | None = None,
        zone: Zone | None = None,
        most: int = EVERYTHING,
        at: tuple[str, ...] = (),
    ) -> Incidents:
        """Incidents, latest first, `most` of them, page after page.

        `area` is a kelurahan or kecamatan, `mine` what the token is to see to, `day` a local day of
        `zone`, or of the operation's own.
        """
        asked: Mapping[str, str | None] = {
            "state": state,
            "severity": severity,
            "kind": kind,
            "kelurahan": area,
            "open": None if opened is None else str(opened).lower(),
            "duplicates": None if duplicates else "false",
            "assigned": "me" if mine else None,
            "day": day,
            "zone": None if day is None else zone,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        found: list[IncidentSummary] = []
        while True:
            params["limit"] = str(min(PAGE_MAX, most - len(found)))
            page = await self._client.read(f"{self._root}/incidents", Incidents, params=params, at=at)
            found += page.incidents
            if page.next_after is None or len(found) >= most:
                return replace(page, incidents=found)
            params["after"] = page.next_after

    async def history(self, incident_id: str, *, at: tuple[str, ...] = ()) -> IncidentHistory:
        """One incident with everything that was said of it and of its duplicates."""
        path = f"{self._root}/incidents/{quote(incident_id, safe='')}"
        return await self._client.read(path, IncidentHistory, at=at)

    async def kinds(self) -> dict[str, str]:
        """Kind → what it is called."""
        found = await self._client.read("/incident-kinds", Kinds)
        return {each.kind: each.name for each in found.kinds}

    async def upload(self, content: bytes, media_type: str = "") -> StoredFile:
        """Sends a file; the reference is what `AttachToIncident` cites. Sent again it is the same object."""
        response = await self._client.exchange(
            "POST",
            f"{self._root}/attachments",
            content=content,
            headers={"content-type": media_type or "application/octet-stream"},
            deadline_s=FILE_S,
            attempt_s=FILE_S,
        )
        return msgspec.json.decode(response.content, type=StoredFile)

    async def download(self, sha256: str, *, at: tuple[str, ...] = ()) -> Download:
        """A file of an incident that this token may see."""
        path = f"{self._root}/attachments/{quote(sha256, safe='')}"
        response = await self._client.exchange("GET", path, at=at, deadline_s=FILE_S, attempt_s=FILE_S)
        name = response.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        return Download(name=name or sha256, content=response.content)
