"""The whole service on a log in memory, and a client over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.rights import own_source
from pamwal.contracts.scheduling import RegisterOfficers
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.memory import MemoryLog
from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from services.scheduler.requests import ROUTES
from tests.unit.edges import an_edge
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    OPS_HEAD,
    at,
    entry,
    opening,
    plan,
)

ROOT = f"/scheduler/v1/operations/{OPERATION}"
DEADLINE_S = 60
PATH_OF = {route.type: route.path for route in ROUTES}


class Desk:
    """The service, and whoever speaks to it."""

    def __init__(self, log: MemoryLog, client: httpx.AsyncClient, issuer: Issuer) -> None:
        self.log, self._client, self._issuer = log, client, issuer
        self.said = 0

    def headers(self, by: Claims) -> dict[str, str]:
        token = self._issuer.issue(
            role=by.role,
            operation=by.operation,
            mode=by.mode,
            subject="operator-7",
            post=by.post,
            officer=by.officer,
        )
        return {"authorization": f"Bearer {token}", "content-type": "application/json"}

    async def say(
        self, data: RequestData, *, by: Claims = OPS_HEAD, post: str = "oebobo", identity: str | None = None
    ) -> httpx.Response:
        """Posts a request to the address of its type."""
        self.said += 1
        name = TYPE_OF[type(data)]
        submission = Submission(
            id=identity or f"q{self.said}",
            source=own_source(by) or f"/posts/{post}/devices/1",
            type=name,
            time=at("07:00"),
            channel="web",
            data=data,
        )
        return await self._client.post(
            ROOT + PATH_OF[name], content=encode(submission), headers=self.headers(by)
        )

    async def post(self, path: str, content: bytes, *, by: Claims = OPS_HEAD) -> httpx.Response:
        """Posts bytes as they are."""
        return await self._client.post(ROOT + path, content=content, headers=self.headers(by))

    async def get(self, address: str, *, by: Claims = OPS_HEAD) -> httpx.Response:
        """Reads a whole address."""
        return await self._client.get(address, headers=self.headers(by))

    async def read(
        self, path: str = "", *, by: Claims = OPS_HEAD, after: httpx.Response | None = None
    ) -> httpx.Response:
        """Reads once all that was asked so far, or what was answered so, is decided and folded."""
        at = TopicPartition(SCHEDULING_REQUESTS.name, 0)
        last = (await self.log.end_offsets([at]))[at] - 1
        headers = self.headers(by)
        if after is not None:
            headers["pamwal-at"] = after.headers["pamwal-at"]
        elif last >= 0:
            headers["pamwal-at"] = str(Receipt(*at, last))
        return await self._client.get(ROOT + path, headers=headers)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with an_edge(tmp_path, edge_spec, SchedulerCore()) as running:
        yield Desk(running.log, running.client, running.issuer)


@pytest.fixture
async def planned_desk(desk: Desk) -> Desk:
    """An operation, three officers, two rallies."""
    for data, by in (
        (opening(), ADMIN),
        (RegisterOfficers(officers=[entry("k-1"), entry("k-2"), entry("k-3")]), OPS_HEAD),
        (plan("oebobo-1"), OPS_HEAD),
        (plan("lasiana-1"), OPS_HEAD),
    ):
        assert (await desk.say(data, by=by)).status_code == 201
    return desk
