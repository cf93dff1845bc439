"""FEMA's forms of one operation as files: the data as JSON, or a sheet to print."""

from __future__ import annotations

from typing import Final, Literal

from pamwal.client.files import Download, downloaded
from pamwal.client.reading import FILE_S, in_query
from pamwal.client.service import ServiceClient

FormKind = Literal["ics-204", "ics-211", "ics-214"]
SERVICE_OF: Final[dict[FormKind, str]] = {"ics-204": "reporting", "ics-211": "checkin", "ics-214": "checkin"}
"""Form → the service that has it."""


class Forms:
    """`client` speaks with the service that has the form.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def form(
        self,
        kind: FormKind,
        of: str,
        *,
        day: str | None,
        pdf: bool,
        zone: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> Download:
        """The form of a place, `rally/ID` or `site/ID`, or of a post for ICS 214.

        `at` is the moment looked at, by what was `known` then: a moment, or of ICS 204 a vector.
        """
        where = f"/posts/{of}" if kind == "ics-214" else f"/places/{of}"
        path = f"{self._root}{where}/{kind}{'.pdf' if pdf else ''}"
        query = in_query(day=day, zone=zone, at=at, known=known)
        response = await self._client.exchange("GET", path, params=query, deadline_s=FILE_S, attempt_s=FILE_S)
        return downloaded(response, f"{kind}-{of.replace('/', '-')}.{'pdf' if pdf else 'json'}")
