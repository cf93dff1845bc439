"""Alerts of one operation: listed, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from pamwal.client.answers import Answer
from pamwal.client.identifiers import new_id
from pamwal.client.reading import in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.alerts_shown import AlertRow, OperationAlerts
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import OFFICE, Submission
from pamwal.contracts.family_reads import FamilyAlerts, OperationAlert
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AlertKind, AssignAlerts, SnoozeAlerts
from pamwal.contracts.routes import ROUTES

PAGE_MAX: Final = 500


class OperationsAlerts:
    """`client` speaks with reporting; `now` stamps what is said, `post` speaks.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(
        self, client: ServiceClient, operation_id: str, *, now: Callable[[], str], post: str | None = None
    ) -> None:
        self._client, self._operation_id, self._now, self._post = client, operation_id, now, post

    async def listed(
        self,
        *,
        every: bool = False,
        kind: AlertKind | None = None,
        at: str | None = None,
        known: str | None = None,
        after: tuple[str, ...] = (),
    ) -> OperationAlerts:
        """Those that stand, or with `every` all there were; the newest first.

        `at` is the moment looked at, `known` the moment or vector by which they were known; both now if left
        out. `after` are receipts of what must be in it.
        """
        query = in_query(standing="false" if every else "true", kind=kind, at=at, known=known, limit=PAGE_MAX)
        path = f"/operations/{self._operation_id}/alerts"
        found: list[AlertRow] = []
        while True:
            page = await self._client.read(path, OperationAlerts, params=query, at=after)
            found += page.alerts
            if page.next_after is None:
                return replace(page, alerts=found)
            query["after"] = page.next_after

    async def of_family(
        self,
        *,
        every: bool = False,
        kind: AlertKind | None = None,
        at: str | None = None,
        known: str | None = None,
    ) -> FamilyAlerts:
        """The same of the operation and all below it."""
        query = in_query(standing="false" if every else "true", kind=kind, at=at, known=known, limit=PAGE_MAX)
        path = f"/operations/{self._operation_id}/children/alerts"
        found: list[OperationAlert] = []
        while True:
            page = await self._client.read(path, FamilyAlerts, params=query)
            found += page.alerts
            if page.next_after is None:
                return replace(page, alerts=found)
            query["after"] = page.next_after

    async def clock(self) -> tuple[str, str]:
        """The Instant that the operation's own clock shows, which may be a simulated one, and its zone."""
        path = f"/operations/{self._operation_id}/alerts"
        page = await self._client.read(path, OperationAlerts, params=in_query(limit=1))
        return page.at, page.zone

    async def handle(
        self, data: AcknowledgeAlerts | SnoozeAlerts | AssignAlerts, time: str | None = None
    ) -> Answer:
        """Acknowledges, snoozes or assigns, at `time` or now; a refusal is an answer."""
        source = self._client.bearer.source(self._post, device="cli") or f"/posts/{OFFICE}/devices/cli"
        said = Submission(
            id=new_id(),
            source=source,
            type=TYPE_OF[type(data)],
            time=time or self._now(),
            channel="api",
            data=data,
        )
        return await self._client.submit(self._operation_id, ROUTES[said.type].path, said)
