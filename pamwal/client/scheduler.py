"""The scheduler as one speaker sees one operation: ask, check, import, export, propose, read, print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote

import msgspec

from pamwal.client.answers import Answer, Checked
from pamwal.client.drafts import ProposalAnswer, ProposalAsk, ProposalsView, ProposalView
from pamwal.client.files import Download, FileKind, Form, ImportAnswer
from pamwal.client.identifiers import new_id
from pamwal.client.load import FreeView, HistoryView, HoursView
from pamwal.client.service import ServiceClient
from pamwal.client.views import (
    CalendarView,
    CoverageView,
    DeploymentsView,
    DutiesView,
    OfficersView,
    OperationView,
    RalliesView,
    SitesView,
    UnacknowledgedView,
)
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import BulkMode, DiscardProposal, OrderProposal, RevertImport
from pamwal.places import Kind, PlaceAnswer

FILE_S: Final = 600.0
"""How long a file of 50,000 rows or a big city's proposal may take, on a slow machine."""
PAGE_MAX: Final = 1000
EVERYTHING: Final = 1_000_000

T = TypeVar("T")
P = TypeVar(
    "P", SitesView, OfficersView, DeploymentsView, CalendarView, CoverageView, UnacknowledgedView, HoursView
)


class Scheduler:
    """One operation's plan. `post` speaks, where the token does not say who; `now` stamps what is said.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered;
    a refusal is an answer. Days are local days of the operation, `YYYY-MM-DD`; moments are RFC 3339.
    """

    def __init__(
        self, client: ServiceClient, operation_id: str, *, now: Callable[[], str], post: str | None = None
    ) -> None:
        self.operation_id = operation_id
        self._client, self._now, self._post = client, now, post
        self._root = f"/operations/{operation_id}"

    # --- asking

    def submission(self, data: RequestData, *, identifier: str | None = None) -> Submission[Any]:
        """What is said, under an id to say it again with."""
        return Submission(
            id=identifier or new_id(),
            source=f"/posts/{self._post or 'ops'}/devices/cli",
            type=TYPE_OF[type(data)],
            time=self._now(),
            channel="api",
            data=data,
        )

    async def ask(self, data: RequestData, *, identifier: str | None = None) -> Answer:
        """Any request, decided."""
        said = self.submission(data, identifier=identifier)
        return await self._client.submit(self.operation_id, ROUTES[said.type].path, said)

    async def check(self, data: RequestData) -> Checked:
        """What any request would be answered now; nothing is written."""
        said = self.submission(data)
        return await self._client.check(self.operation_id, ROUTES[said.type].path, said)

    # --- files

    async def import_file(
        self,
        kind: FileKind,
        content: bytes,
        filename: str,
        *,
        dry_run: bool,
        remove: bool = False,
        import_id: str | None = None,
    ) -> ImportAnswer:
        """A file, line by line; `dry_run` only says what would happen.

        `filename` ends in .csv, .xlsx or .ics. `remove` withdraws officers who are not in a roster. After a
        cut the same `import_id` goes on where it stopped; one is made if there is none.
        """
        params = _query(
            filename=filename,
            dry_run=dry_run,
            import_id=import_id or f"import-{new_id()[-12:]}",
            post=self._post,
            remove=remove if kind == "roster" else None,
        )
        response = await self._client.exchange(
            "POST", f"{self._root}/imports/{kind}", content=content, params=params,
            deadline_s=FILE_S, attempt_s=FILE_S,
        )  # fmt: skip
        return msgspec.json.decode(response.content, type=ImportAnswer)

    async def revert_import(self, import_id: str, cause: str, *, begun: bool = False) -> Answer:
        """Undoes all that an import changed and nobody changed since; warnings name what was ordered.

        `begun`: orders of the import whose hours have begun are cancelled as well.
        """
        return await self.ask(RevertImport(import_id=import_id, cause=cause, begun=begun))

    async def check_revert(self, import_id: str, cause: str, *, begun: bool = False) -> Checked:
        """What undoing an import would do."""
        return await self.check(RevertImport(import_id=import_id, cause=cause, begun=begun))

    async def export(self, kind: FileKind, form: Form) -> Download:
        """The roster (no ics, no names), the rallies or the live deployments as a file."""
        return await self._download(f"{self._root}/exports/{kind}.{form}")

    async def template(self, kind: FileKind, form: Literal["csv", "xlsx"]) -> Download:
        """An empty file with its columns explained."""
        return await self._download(f"/templates/{kind}.{form}")

    async def find_place(
        self, name: str, *, kind: Kind | None = None, within: str | None = None
    ) -> PlaceAnswer:
        """The place a name means, or a question; of the service's gazetteer, whatever the operation."""
        query = _query(q=name, kind=kind, within=within)
        return await self._client.read("/places", PlaceAnswer, params=query)

    # --- drafts

    async def propose(self, ask: ProposalAsk) -> ProposalAnswer:
        """Solves a day. Under its own `proposal_id` it may be asked again and replaces itself."""
        asked = msgspec.structs.replace(ask, proposal_id=ask.proposal_id or f"draft-{new_id()[-12:]}")
        response = await self._client.exchange(
            "POST", f"{self._root}/proposals", content=msgspec.json.encode(asked),
            deadline_s=FILE_S, attempt_s=FILE_S,
        )  # fmt: skip
        return msgspec.json.decode(response.content, type=ProposalAnswer)

    async def order_proposal(self, proposal_id: str, sprin: str | None, mode: BulkMode = "atomic") -> Answer:
        """Orders a draft by the rules of now."""
        return await self.ask(OrderProposal(proposal_id=proposal_id, sprin=sprin, mode=mode))

    async def check_proposal(self, proposal_id: str, sprin: str | None, mode: BulkMode = "atomic") -> Checked:
        """What ordering a draft would do."""
        return await self.check(OrderProposal(proposal_id=proposal_id, sprin=sprin, mode=mode))

    async def discard_proposal(self, proposal_id: str) -> Answer:
        """Throws a draft away."""
        return await self.ask(DiscardProposal(proposal_id=proposal_id))

    async def proposals(self, *, every: bool = False) -> ProposalsView:
        """Open drafts, or all that were ever kept."""
        return await self._read("/proposals", ProposalsView, _query(every=every))

    async def proposal(self, proposal_id: str) -> ProposalView:
        """One draft with its orders."""
        return await self._read(f"/proposals/{quote(proposal_id, safe='')}", ProposalView)

    # --- reads; `after` are receipts that the answer must know of, `most` the rows wanted

    async def operation(self, *, after: Sequence[str] = ()) -> OperationView:
        """The operation itself."""
        return await self._read("", OperationView, at=after)

    async def rallies(self, *, day: str | None = None, series: str | None = None) -> RalliesView:
        """Rallies that begin on a day, or belong to a series."""
        return await self._read("/rallies", RalliesView, _query(day=day, series=series))

    async def sites(
        self, *, day: str | None = None, withdrawn: bool = False, most: int = EVERYTHING
    ) -> SitesView:
        """Guarded sites, by id."""
        return await self._paged("/sites", SitesView, "sites", most, _query(day=day, withdrawn=withdrawn))

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
        query = _query(unit=unit, satgas=satgas, home_post=home_post, skill=skill)
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
        query = _query(officer=officer, place=place, sprin=sprin, live=live)
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
        query = _query(day=day, venue=venue, pair=pair, officer=officer)
        return await self._paged("/calendar", CalendarView, "entries", most, query)

    async def duties(
        self, *, officer: str | None = None, day: str | None = None, released: bool = False
    ) -> DutiesView:
        """An officer's duties; the token's own officer's if none is named."""
        return await self._read("/duties", DutiesView, _query(officer=officer, day=day, released=released))

    async def unacknowledged(self, *, day: str | None = None, most: int = EVERYTHING) -> UnacknowledgedView:
        """Orders that wait for an answer, by place; `most` counts places."""
        return await self._paged("/unacknowledged", UnacknowledgedView, "places", most, _query(day=day))

    async def hours(
        self,
        *,
        day: str | None = None,
        unit: str | None = None,
        satgas: str | None = None,
        most: int = EVERYTHING,
    ) -> HoursView:
        """Hours per officer, heaviest first; the spread is over all."""
        query = _query(day=day, unit=unit, satgas=satgas)
        return await self._paged("/hours", HoursView, "officers", most, query)

    async def gaps(
        self, *, day: str | None = None, covered: bool = False, most: int = EVERYTHING
    ) -> CoverageView:
        """Required against ordered; `covered`: places without a gap as well."""
        return await self._paged("/gaps", CoverageView, "places", most, _query(day=day, covered=covered))

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
        query = _query(
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
            f"{self._root}/sheets/annex.pdf", _query(sprin=sprin, day=day, intel=intel)
        )

    async def duty_sheet(self, *, place: str | None = None, day: str | None = None) -> Download:
        """The padal's duty sheet, of one place or of each of a day."""
        return await self._download(f"{self._root}/sheets/duty.pdf", _query(place=place, day=day))

    async def check_in_form(self, *, place: str | None = None, day: str | None = None) -> Download:
        """The check-in form, of one place or of each of a day."""
        return await self._download(f"{self._root}/sheets/check-in.pdf", _query(place=place, day=day))

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
        _, _, name = response.headers.get("content-disposition", "").partition('filename="')
        return Download(response.content, name.rstrip('"') or path.rpartition("/")[2])


def _query(**asked: str | bool | float | None) -> dict[str, str]:
    """What was asked for, as a query."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in asked.items()
        if value is not None
    }
