"""What reporting lets out as files: the situation and SitReps of one operation, for other programs."""

from __future__ import annotations

from typing import Literal

from pamwal.client.files import Download, downloaded
from pamwal.client.reading import FILE_S, in_query
from pamwal.client.service import ServiceClient

SituationForm = Literal["csv", "xlsx", "geojson"]


class Exports:
    """`client` speaks with reporting.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def situation(
        self,
        form: SituationForm,
        *,
        section: str | None = None,
        day: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> Download:
        """The situation of a day, today's if none is named; `section` is of CSV, venues if left out.

        `at` is the moment looked at, `known` the moment or vector by which it was known; now if left out.
        """
        query = in_query(section=section, day=day, at=at, known=known)
        return await self._download(f"/situation.{form}", query)

    async def family(
        self,
        form: Literal["csv", "xlsx"],
        *,
        day: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> Download:
        """A row for each operation below with all below that, and last the sum; day and moments as above."""
        return await self._download(f"/children/situation.{form}", in_query(day=day, at=at, known=known))

    async def sitrep(self, number: int) -> Download:
        """A published SitRep as EDXL-SitRep 1.0."""
        return await self._download(f"/sitreps/{number}/edxl.xml", {})

    async def facts(
        self,
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> Download:
        """Facts with both times as a Parquet file, of the whole operation until now if no days are named."""
        query = in_query(**{"from": first_day, "to": last_day, "at": at, "known": known})
        return await self._download("/facts.parquet", query)

    async def _download(self, path: str, query: dict[str, str]) -> Download:
        response = await self._client.exchange(
            "GET", self._root + path, params=query, deadline_s=FILE_S, attempt_s=FILE_S
        )
        return downloaded(response, path.rpartition("/")[2])
