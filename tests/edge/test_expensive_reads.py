"""Streams of one caller are counted, and reads that cost much take more of his rate, over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from pamwal.contracts.claims import ROLES
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Board, EdgeSpec, Reader, StreamRoute
from pamwal.edge.reads import cost_of
from pamwal.edge.settings import AS_OF_COST, EXPENSIVE_ENDINGS, EXPENSIVE_READS
from pamwal.service import Process
from tests.edge.guard_core import GuardCore
from tests.edge.house import DEADLINE_S, ROOT, ROUTES
from tests.unit.edges import Running, a_served_edge

PER_S = 0.001
"""So that nothing comes back while a test runs."""


def reads() -> APIRouter:
    router = APIRouter()

    @router.get("/guard/v1/operations/{operation_id}/{name}", openapi_extra=FOR_ANY_TOKEN)
    async def read(operation_id: str, name: str, caller: Reader) -> dict[str, Any]:
        return {"operation": operation_id, "name": name, "role": caller.claims.role}

    return router


def guard(_: Process) -> EdgeSpec:
    board = Board(lambda: b'{"all":1}')
    return EdgeSpec(
        service="guard",
        requests_topic=GuardCore.requests_topic,
        decisions_topic=GuardCore.decisions_topic,
        routes=ROUTES,
        reads=(reads(),),
        streams=(StreamRoute(path="/stream", roles=ROLES, summary="Changes", board_of=lambda *_: board),),
    )


def headers(running: Running, subject: str = "a") -> dict[str, str]:
    token = running.issuer.issue(role="viewer", operation="op", mode="exercise", subject=subject)
    return {"authorization": f"Bearer {token}"}


async def test_one_caller_has_so_many_streams_and_others_theirs(tmp_path: Path) -> None:
    async with (
        a_served_edge(tmp_path, guard, GuardCore(), streams_per_caller_max=2) as running,
        asyncio.timeout(DEADLINE_S),
        AsyncExitStack() as stack,
    ):

        async def opened(to: AsyncExitStack, subject: str) -> httpx.Response:
            stream = running.client.stream("GET", f"{ROOT}/stream", headers=headers(running, subject))
            return await to.enter_async_context(stream)

        leaving = AsyncExitStack()
        assert (await opened(leaving, "a")).status_code == 200
        assert (await opened(stack, "a")).status_code == 200
        refused = await opened(stack, "a")
        await refused.aread()
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert "retry-after" in refused.headers
        assert (await opened(stack, "b")).status_code == 200

        await leaving.aclose()
        status = 429
        while status == 429:
            answer = await opened(stack, "a")
            status = answer.status_code
        assert status == 200


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/seen", 1.0),
        *((f"/{name}", cost) for name, cost in EXPENSIVE_READS.items()),
        *((f"/x.{ending}", cost) for ending, cost in EXPENSIVE_ENDINGS.items()),
        ("/seen?at=2024-10-03T01:00:00Z", 1.0 + AS_OF_COST),
        ("/digest?day=2024-10-03&known=x", EXPENSIVE_READS["digest"] + AS_OF_COST),
        ("/seen?%61t=2024-10-03T01:00:00Z", 1.0 + AS_OF_COST),
        ("/seen?what=at&unknown=1", 1.0),
    ],
)
async def test_a_read_counts_as_many_as_it_costs(tmp_path: Path, path: str, cost: float) -> None:
    after = 3
    burst = cost + after
    async with a_served_edge(tmp_path, guard, GuardCore(), requests_per_s=burst / 2) as running:
        running.edge.gate._requests._per_s = PER_S

        answers = [
            await running.client.get(ROOT + each, headers=headers(running))
            for each in (path, *["/seen"] * (after + 1))
        ]

        assert answers[0].status_code in {200, 422}, "one with a parameter it does not have costs as much"
        assert [each.status_code for each in answers[1:]] == [200] * after + [429]
        assert "expensive" in answers[-1].json()["detail"]


def test_no_read_of_a_part_of_a_name_is_expensive() -> None:
    assert cost_of("/reporting/v1/operations/digest/situation", []) == 1.0
    assert cost_of("/reporting/v1/operations/op/officers/known=1/presences", ["day"]) == 1.0


def test_each_earlier_picture_that_a_read_asks_for_is_priced() -> None:
    changes = "/reporting/v1/operations/op/changes"
    assert cost_of(changes, ["since", "day"]) == 1.0 + AS_OF_COST
    assert cost_of(changes, ["since", "at", "known"]) == 1.0 + 2 * AS_OF_COST
