"""Hours of one operation as reporting counts them, and their rows as a file."""

from __future__ import annotations

from typing import Final, Literal

from msgspec.structs import replace

from pamwal.client.files import Download, downloaded
from pamwal.client.reading import FILE_S, in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.hours import HoursWorked, OfficerWorked

PAGE_MAX: Final = 500


class Hours:
    """`client` speaks with reporting.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}/hours"

    async def worked(
        self,
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        officer: str | None = None,
        unit: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> HoursWorked:
        """Worked against ordered, with every officer there is to see; today, if no days are named.

        `at` is the moment looked at, `known` the moment or vector by which it was known; now if left out.
        """
        query = in_query(
            **{"from": first_day, "to": last_day, "officer": officer, "unit": unit, "at": at, "known": known},
            limit=PAGE_MAX,
        )
        found: list[OfficerWorked] = []
        while True:
            page = await self._client.read(self._root, HoursWorked, params=query)
            found += page.officers
            if page.next_after is None:
                return replace(page, officers=found)
            query["after"] = page.next_after

    async def rows(
        self,
        form: Literal["csv", "xlsx"],
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        officer: str | None = None,
        unit: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> Download:
        """The same for allowances, one officer and day a row."""
        query = in_query(
            **{"from": first_day, "to": last_day, "officer": officer, "unit": unit, "at": at, "known": known}
        )
        return downloaded(
            await self._client.exchange(
                "GET", f"{self._root}.{form}", params=query, deadline_s=FILE_S, attempt_s=FILE_S
            ),
            f"hours.{form}",
        )
