"""What reporting lets anyone check: the totals of a bulletin; whether candidate pairs are treated alike."""

from __future__ import annotations

from pamwal.client.service import ServiceClient
from pamwal.contracts.claim_check import ClaimsChecked, ClaimsToCheck, Stated


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
