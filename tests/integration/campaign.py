"""An exercise of two rallies and one officer, asked for over HTTP so that answers show whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct

from pamwal.client.identifiers import new_id
from pamwal.contracts.claims import Role
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import RegisterOfficers
from pamwal.edge.issuer import Issuer
from tests.chaos.fleet import until
from tests.chaos.load import submission
from tests.unit.scheduler.asked import entry, opening, plan

OEBOBO, KELAPA_LIMA = "oebobo", "kelapa-lima"
OFFICER: Final = "k-1"
TIMEOUT_S, DEADLINE_S = 60, 90


class Holder(Struct, frozen=True):
    """Who speaks: a role, and the post it is bound to."""

    role: Role
    post: str | None = None


ADMIN, HEAD = Holder("admin"), Holder("ops_head")
POST_OEBOBO, POST_KELAPA_LIMA = Holder("command_post", OEBOBO), Holder("command_post", KELAPA_LIMA)


def body_of(
    data: RequestData, *, post: str = OEBOBO, identifier: str | None = None, **more: Any
) -> dict[str, Any]:
    """A submission as a device would write it; `more` overwrites its members."""
    said = submission(data, post=post, identifier=identifier, time="2024-10-03T01:00:00.000Z")
    plain: dict[str, Any] = msgspec.json.decode(encode(said))
    return plain | more


class Speaker:
    """Says things to services; `apis` are their roots."""

    def __init__(self, http: httpx.AsyncClient, issuer: Issuer, apis: Mapping[str, str]) -> None:
        self.http, self._issuer, self._apis = http, issuer, apis

    def bearer(self, operation: str, by: Holder, *, lifetime_s: int = 3600) -> dict[str, str]:
        """The header of a token."""
        token = self._issuer.issue(
            role=by.role,
            operation=operation,
            mode="exercise",
            subject=f"{by.role}@{by.post}",
            post=by.post,
            lifetime_s=lifetime_s,
        )
        return {"authorization": f"Bearer {token}"}

    async def post(
        self,
        operation: str,
        path: str,
        body: Any,
        *,
        service: str,
        by: Holder | None = POST_OEBOBO,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any body, bytes or JSON, at any path below an operation; without a token if `by` is None."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        auth = {} if by is None else self.bearer(operation, by)
        return await self.http.post(
            f"{self._apis[service]}/operations/{operation}{path}",
            content=content,
            headers={"content-type": "application/json", **auth, **(headers or {})},
            timeout=TIMEOUT_S,
        )

    async def say(
        self, operation: str, data: RequestData, *, by: Holder = HEAD, identifier: str | None = None
    ) -> httpx.Response:
        """One thing, to the service that takes it, again with the same id until it is decided."""
        route = ROUTES[TYPE_OF[type(data)]]
        body = body_of(data, post=by.post or OEBOBO, identifier=identifier or new_id())
        return await self.until_decided(operation, route.path, body, service=route.service, by=by)

    async def until_decided(
        self, operation: str, path: str, body: dict[str, Any], *, service: str, by: Holder = POST_OEBOBO
    ) -> httpx.Response:
        """The same body again while it is not known to be kept, or kept and not decided."""
        answer: httpx.Response | None = None

        async def is_decided() -> bool:
            nonlocal answer
            answer = await self.post(operation, path, body, service=service, by=by)
            return answer.status_code not in {202, 503}

        await until(is_decided, DEADLINE_S, lambda: "" if answer is None else answer.text)
        assert answer is not None
        return answer

    async def must(self, operation: str, data: RequestData, *, by: Holder = HEAD) -> None:
        """`say`, and it has to be accepted."""
        answer = await self.say(operation, data, by=by)
        assert answer.status_code == 201, answer.text

    async def open_campaign(self, operation: str) -> None:
        """Five posts, one officer, rallies at Oebobo and Lasiana from 16:00 to 20:00."""
        await self.must(operation, opening(), by=ADMIN)
        await self.must(operation, RegisterOfficers(officers=[entry(OFFICER)]))
        await self.must(operation, plan("oebobo-1"))
        await self.must(operation, plan("lasiana-1"))
