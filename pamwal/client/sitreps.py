"""SitReps of one operation: publish one, list them, read one as it stands, as a chat text or to print."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pamwal.client.answers import Answer
from pamwal.client.files import Download
from pamwal.client.identifiers import new_id
from pamwal.client.reading import in_query
from pamwal.client.service import ServiceClient
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import OFFICE, Submission
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import SitRepForm
from pamwal.contracts.sitreps import PublishSitRep, SitRepKind
from pamwal.contracts.sitreps_shown import ChildSitReps, SitRepList, SitRepShown


class SitReps:
    """`client` speaks with reporting; `now` stamps what is said, `post` speaks.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    """

    def __init__(
        self, client: ServiceClient, operation_id: str, *, now: Callable[[], str], post: str | None = None
    ) -> None:
        self._client, self._operation_id, self._now, self._post = client, operation_id, now, post
        self._root = f"/operations/{operation_id}/sitreps"

    async def publish(
        self,
        kind: SitRepKind | None = None,
        form: SitRepForm = "situation",
        *,
        at: str | None = None,
        day: str | None = None,
        knowing: Mapping[str, int] | None = None,
    ) -> Answer:
        """The next one; a refusal is an answer. `knowing`: the vector it has to know at least.

        Of an operation that has children it cites the latest SitRep of each, as the service knows them now.
        """
        cited = (await self.of_children()).children or None
        data = PublishSitRep(
            kind=kind, form=form, at=at, day=day, knowing=dict(knowing or {}), children=cited
        )
        said = Submission(
            id=new_id(),
            source=f"/posts/{self._post or OFFICE}/devices/cli",
            type=TYPE_OF[PublishSitRep],
            time=self._now(),
            channel="api",
            data=data,
        )
        return await self._client.submit(self._operation_id, ROUTES[said.type].path, said)

    async def listed(self) -> SitRepList:
        """All, the newest first."""
        return await self._client.read(self._root, SitRepList)

    async def of_children(self) -> ChildSitReps:
        """The latest one of each child."""
        return await self._client.read(f"/operations/{self._operation_id}/children/sitreps", ChildSitReps)

    async def shown(self, number: int) -> SitRepShown:
        """One as it stands in the log."""
        return await self._client.read(f"{self._root}/{number}", SitRepShown)

    async def text(self, number: int, lang: str = "id") -> str:
        """The same for a chat group."""
        response = await self._client.exchange(
            "GET", f"{self._root}/{number}/text", params=in_query(lang=lang)
        )
        return response.text

    async def pdf(self, number: int, lang: str = "id") -> Download:
        """The same to print."""
        path = f"{self._root}/{number}/sitrep.pdf"
        response = await self._client.exchange("GET", path, params=in_query(lang=lang))
        return Download(response.content, f"sitrep-{number}.pdf")

    async def keys(self) -> bytes:
        """The JWK set that signatures are checked with."""
        return (await self._client.exchange("GET", "/keys")).content
