"""What one speaker reads of one operation's plan: every view, and what is printed or downloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from pamwal.client.files import Download, downloaded
from pamwal.client.service import ServiceClient
from pamwal.contracts.drafts import ProposalsView, ProposalView
from pamwal.contracts.duty_reads import CalendarView, CoverageView, DutiesView, UnacknowledgedView
from pamwal.contracts.load_reads import FreeView, HistoryView, HoursView
from pamwal.contracts.plan_reads import DeploymentsView, OfficersView, OperationView, RalliesView, SitesView

FILE_S: Final = 600.0
"""How long a file of 50,000 rows or a big city's proposal may take, on a slow machine."""
PAGE_MAX: Final = 1000
EVERYTHING: Final = 1_000_000

T = TypeVar("T")
P = TypeVar(
    "P", SitesView, OfficersView, DeploymentsView, CalendarView, CoverageView, UnacknowledgedView, HoursView
)


class PlanReads:
    """The reading half of `Scheduler`; what is raised is said there."""

    _client: ServiceClient
    _root: str

    async def proposals(self, *, every: bool = False) -> ProposalsView:
        """Open drafts, or all that were ever kept."""
        return await self._read("/proposals", ProposalsView, in_query(every=every))

    async def proposal(self, proposal_id: str) -> ProposalView:
        """One draft with its orders."""
        return await self._read(f"/proposals/{quote(proposal_id, safe='')}", ProposalView)

    # --- reads; `after` are receipts that the answer must know of, `most` the rows wanted

    async def operation(self, *, after: Sequence[str] = ()) -> OperationView:
        """The operation itself."""
        return await self._read("", OperationView, at=after)

    async def rallies(self, *, day: str | None = None, series: str | None = None) -> RalliesView:
        """Rallies that begin on a day, or belong to a series."""
        return await self._read("/rallies", RalliesView, in_query(day=day, series=series))

    async def sites(
        self, *, day: str | None = None, withdrawn: bool = False, most: int = EVERYTHING
    ) -> SitesView:
        """Guarded sites, by id."""
        return await self._paged("/sites", SitesView, "sites", most, in_query(day=day, withdrawn=withdrawn))

    async def officers(
        self,
        *,
        unit: str | None = None,
        satgas: str | None = None,
        home_post: str | None = None,
        skill: str | None = None,
        most: int = EVERYTHING,
    ) -> OfficersView:
        """The roster by id, without names."""
        query = in_query(unit=unit, satgas=satgas, home_post=home_post, skill=skill)
        return await self._paged("/officers", OfficersView, "officers", most, query)

    async def deployments(
        self,
        *,
        officer: str | None = None,
        place: str | None = None,
        sprin: str | None = None,
        live: bool | None = None,
        most: int = EVERYTHING,
    ) -> DeploymentsView:
        """Deployments by id."""
        query = in_query(officer=officer, place=place, sprin=sprin, live=live)
        return await self._paged("/deployments", DeploymentsView, "deployments", most, query)

    async def calendar(
        self,
        *,
        day: str | None = None,
        venue: str | None = None,
        pair: str | None = None,
        officer: str | None = None,
        most: int = EVERYTHING,
    ) -> CalendarView:
        """Rallies and sites by start; of an officer, those where he has a duty."""
        query = in_query(day=day, venue=venue, pair=pair, officer=officer)
        return await self._paged("/calendar", CalendarView, "entries", most, query)

    async def duties(
        self, *, officer: str | None = None, day: str | None = None, released: bool = False
    ) -> DutiesView:
        """An officer's duties; the token's own officer's if none is named."""
        return await self._read("/duties", DutiesView, in_query(officer=officer, day=day, released=released))

    async def unacknowledged(self, *, day: str | None = None, most: int = EVERYTHING) -> UnacknowledgedView:
        """Orders that wait for an answer, by place; `most` counts places."""
        return await self._paged("/unacknowledged", UnacknowledgedView, "places", most, in_query(day=day))

    async def hours(
        self,
        *,
        day: str | None = None,
        unit: str | None = None,
        satgas: str | None = None,
        most: int = EVERYTHING,
    ) -> HoursView:
        """Hours per officer, heaviest first; the spread is over all."""
        query = in_query(day=day, unit=unit, satgas=satgas)
        return await self._paged("/hours", HoursView, "officers", most, query)

    async def gaps(
        self, *, day: str | None = None, covered: bool = False, most: int = EVERYTHING
    ) -> CoverageView:
        """Required against ordered; `covered`: places without a gap as well."""
        return await self._paged("/gaps", CoverageView, "places", most, in_query(day=day, covered=covered))

    async def free(
        self,
        *,
        starts_at: str,
        ends_at: str,
        place: str | None = None,
        unit: str | None = None,
        skill: str | None = None,
        why: bool = False,
        most: int = PAGE_MAX,
    ) -> FreeView:
        """Who could be ordered, nearest first, at most 1,000; `why`: also who could not."""
        query = in_query(
            starts_at=starts_at, ends_at=ends_at, place=place, unit=unit, skill=skill, why=why,
            limit=min(most, PAGE_MAX),
        )  # fmt: skip
        return await self._read("/free", FreeView, query)

    async def history(self, deployment_id: str) -> HistoryView:
        """What became of one deployment: who, when, why."""
        return await self._read(f"/deployments/{quote(deployment_id, safe='')}/history", HistoryView)

    # --- sheets to print, PDF

    async def annex(
        self, *, sprin: str | None = None, day: str | None = None, intel: bool = False
    ) -> Download:
        """The order's annex (lampiran sprin), of one sprin or of one day."""
        return await self._download(
            f"{self._root}/sheets/annex.pdf", in_query(sprin=sprin, day=day, intel=intel)
        )

    async def duty_sheet(self, *, place: str | None = None, day: str | None = None) -> Download:
        """The padal's duty sheet, of one place or of each of a day."""
        return await self._download(f"{self._root}/sheets/duty.pdf", in_query(place=place, day=day))

    async def check_in_form(self, *, place: str | None = None, day: str | None = None) -> Download:
        """The check-in form, of one place or of each of a day."""
        return await self._download(f"{self._root}/sheets/check-in.pdf", in_query(place=place, day=day))

    async def _read(
        self, path: str, shape: type[T], query: Mapping[str, str] | None = None, at: Sequence[str] = ()
    ) -> T:
        return await self._client.read(self._root + path, shape, params=query, at=at)

    async def _paged(self, path: str, shape: type[P], rows: str, most: int, query: dict[str, str]) -> P:
        """Page after page until there is none, or `most` rows; one answer with all of them."""
        found: list[Any] = []
        mark: dict[str, str] = {}
        while True:
            limit = min(PAGE_MAX, most - len(found))
            page = await self._read(path, shape, {**query, **mark, "limit": str(limit)})
            found += getattr(page, rows)
            if page.next_after is None or len(found) >= most:
                return msgspec.structs.replace(page, **{rows: found})
            mark = {"after": page.next_after}

    async def _download(self, path: str, query: Mapping[str, str] | None = None) -> Download:
        response = await self._client.exchange("GET", path, params=query, deadline_s=FILE_S, attempt_s=FILE_S)
        return downloaded(response, path.rpartition("/")[2])


def in_query(**asked: str | bool | float | None) -> dict[str, str]:
    """What was asked for, as a query."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in asked.items()
        if value is not None
    }
