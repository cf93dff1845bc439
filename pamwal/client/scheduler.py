"""The scheduler as one speaker sees one operation: ask, check, import, export, propose, read, print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from pamwal.client.answers import Answer, Checked
from pamwal.client.files import Download, FileKind, Form
from pamwal.client.identifiers import new_id
from pamwal.client.reading import FILE_S, PlanReads, in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.drafts import ProposalAnswer, ProposalAsk
from pamwal.contracts.envelope import OFFICE, RequestData, Submission
from pamwal.contracts.import_answers import ImportAnswer
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import BulkMode, DiscardProposal, OrderProposal, RevertImport
from pamwal.places import Kind, PlaceAnswer


class Scheduler(PlanReads):
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
            source=self._client.bearer.source(self._post, device="cli") or f"/posts/{OFFICE}/devices/cli",
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
        params = in_query(
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
        query = in_query(q=name, kind=kind, within=within)
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
