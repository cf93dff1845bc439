"""What would be answered: each request's route has one beside it that asks the service and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Response
from fastapi import Request as HttpRequest

from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.routes import checked_at
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.answers import Checked
from pamwal.edge.decode import Contract
from pamwal.edge.http import read_body
from pamwal.edge.intake import Intake
from pamwal.edge.reads import Reader
from pamwal.edge.spec import RequestRoute

Judge = Callable[[Request[Any]], Verdict[Any]]
"""The verdict on a request as everything stands here now. HttpProblem if that is not known."""
Handler = Callable[..., Any]


def add_check_routes(
    router: APIRouter,
    root: str,
    routes: tuple[RequestRoute, ...],
    contracts: Mapping[str, Contract],
    *,
    intake: Intake,
    judge: Judge,
    bytes_max: int,
) -> None:
    """`POST {root}{checked_at}` for every route; `Pamwal-At` waits as for a read."""
    for route in routes:
        router.add_api_route(
            root + checked_at(route.path),
            _handler(contracts[route.type], intake, judge, bytes_max),
            methods=["POST"],
            summary=f"What would be answered to: {route.summary}",
            description=f"The body is that of `POST {root}{route.path}`.",
            tags=["checks"],
            openapi_extra=FOR_ANY_TOKEN,
            responses={
                200: {
                    "description": Checked.__doc__ or "",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Checked"}}},
                }
            },
        )


def _handler(contract: Contract, intake: Intake, judge: Judge, bytes_max: int) -> Handler:
    async def check(operation_id: str, caller: Reader, request: HttpRequest) -> Response:
        body = await read_body(dict(request.scope["headers"]), request.receive, bytes_max)
        posted = contract.read(body or b"")
        asked = intake.request_of(posted, contract.type, operation_id, caller, traceparent=None)
        verdict, told = judge(asked.request), intake.told_of(posted, asked.request)
        answer = Checked(
            outcome=verdict.outcome,
            facts=[msgspec.to_builtins(fact) for fact in verdict.facts],
            warnings=verdict.warnings,
            reason=verdict.reason,
            advice=[*contract.unknown(body or b"", posted), *told.advice],
            local_time=told.local_time,
        )
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return check
