"""What reporting lets anyone check: the totals of a bulletin; whether candidate pairs are treated alike."""

from __future__ import annotations

from pamwal.client.files import Download, downloaded
from pamwal.client.reading import in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.claim_check import ClaimsChecked, ClaimsToCheck, Stated
from pamwal.contracts.parity import ParityAudit


class Scrutiny:
    """Checks of one operation; `client` speaks with reporting.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root = client, f"/operations/{operation_id}"

    async def claims(
        self, *, text: str | None = None, stated: Stated | None = None, day: str | None = None
    ) -> ClaimsChecked:
        """Totals against the facts: of a bulletin's text in Indonesian, or given as fields."""
        asked = ClaimsToCheck(stated=stated, text=text, day=day)
        return await self._client.read(f"{self._root}/claims:check", ClaimsChecked, ask=asked)

    async def parity(
        self,
        election: str,
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        seed: int | None = None,
    ) -> ParityAudit:
        """Whether the pairs of an election are secured alike; until now, if no days are named."""
        query = in_query(**{"election": election, "from": first_day, "to": last_day, "seed": seed})
        return await self._client.read(f"{self._root}/parity", ParityAudit, params=query)

    async def parity_rows(
        self, election: str, *, first_day: str | None = None, last_day: str | None = None
    ) -> Download:
        """The rally-days that are compared, as CSV that no spreadsheet runs."""
        query = in_query(**{"election": election, "from": first_day, "to": last_day})
        response = await self._client.exchange("GET", f"{self._root}/parity.csv", params=query)
        return downloaded(response, "parity.csv")
