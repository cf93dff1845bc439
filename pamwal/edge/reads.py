"""What GET routes share: who may read, read your own writes, and the vector an answer stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from pamwal.contracts.claims import Role
from pamwal.contracts.errors import ContractError, HttpProblem
from pamwal.contracts.unknown_facts import listed
from pamwal.edge.access import roles_of
from pamwal.edge.auth import Caller
from pamwal.edge.bodies import belongs_to
from pamwal.edge.decode import decoded, unknown_field_warnings
from pamwal.edge.http import AT_HEADER, ONE_TOO_LARGE, read_body
from pamwal.edge.settings import AS_OF_COST, AS_OF_PARAMETERS, EXPENSIVE_ENDINGS, EXPENSIVE_READS
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.tail import Tail

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

VECTOR_STATE = "pamwal_vector"
UNKNOWN_STATE = "pamwal_unknown"
FIELDS_STATE = "pamwal_unknown_fields"
T = TypeVar("T")


async def read_access(request: Request) -> Caller:
    """The caller of a read: bound to `operation_id` if the path has one, its own writes (`Pamwal-At`) folded.

    AccessDenied 401/403 (also of another mode), HttpProblem 400 (no receipt), 422 (a parameter that the route
    does not have), 429, 503 (not folded in 2 s).
    """
    edge: Edge = request.app.state.edge
    headers = dict(request.scope["headers"])
    operation_id = request.path_params.get("operation_id")
    cost = cost_of(request.scope["path"], request.query_params)
    caller = await edge.gate.admit(headers, request.method, operation_id, cost=cost)
    caller.require_role(*declared_roles(request))
    belongs_to(request.scope, caller.limit_key)
    if request.scope["path"].startswith(f"/{edge.spec.service}/v1/"):
        _require_known_parameters(request, edge.parameters)
    at = headers.get(AT_HEADER)
    if at is not None:
        await _folded(edge, at.decode("latin-1"))
        if operation_id is not None:
            # it may have been opened, and the device revoked, by what was waited for
            edge.gate.require(caller, operation_id, reading=True)
            edge.gate.refuse_lost(caller)
    state = request.scope.setdefault("state", {})
    state[VECTOR_STATE] = edge.vector_text(operation_id)
    state[UNKNOWN_STATE] = listed(edge.unknown(operation_id))
    return caller


def _require_known_parameters(request: Request, parameters: dict[str, frozenset[str]]) -> None:
    """HttpProblem 422 for a parameter that the route does not have: its answer would be to another question.

    `parameters`: method and path of a route → the parameters it has, kept from one request to the next.
    """
    route = request.scope.get("route")
    if not request.scope["query_string"] or not isinstance(route, APIRoute):
        return
    name = f"{request.method} {route.path}"
    known = parameters.get(name)
    if known is None:
        own = {field.alias for field in get_flat_params(route.dependant)}
        known = parameters[name] = frozenset(own - request.path_params.keys())
    unknown = sorted({each for each in request.query_params if each not in known})
    if unknown:
        there_is = f"there is {', '.join(sorted(known))}" if known else "there is none"
        named = ", ".join(f"{each[:40]!r}" for each in unknown[:5])
        raise HttpProblem(422, "malformed", f"this address has no parameter {named}; {there_is}")


async def body_as(request: Request, shape: type[T], bytes_max: int, sentence: str = ONE_TOO_LARGE) -> T:
    """The JSON body of a route that is no request of the log. Undecodable, WrongShape, HttpProblem 413, 415.

    The answer names fields that `shape` does not have in the header `Pamwal-Unknown-Fields`.
    """
    body = await read_body(dict(request.scope["headers"]), request.receive, bytes_max, sentence) or b""
    found = decoded(body, shape)
    unknown = ",".join(quote(each.subject or "", safe="$.[]") for each in unknown_field_warnings(body, shape))
    request.scope.setdefault("state", {})[FIELDS_STATE] = unknown
    return found


async def page_access(request: Request, operation_id: str | None) -> Caller:
    """The caller of a page, which only reads whatever its method is: a browser's session will do.

    AccessDenied 401/403, HttpProblem 429, 503.
    """
    edge: Edge = request.app.state.edge
    caller = await edge.gate.admit(dict(request.scope["headers"]), "GET", operation_id)
    caller.require_role(*declared_roles(request))
    return caller


def declared_roles(request: Request) -> tuple[Role, ...]:
    """The roles that the declaration of the route in use lets in; an edge with another route is not built."""
    return roles_of(request.scope["route"]) or ()


def cost_of(path: str, parameters: Iterable[str]) -> float:
    """How many requests a read counts as, for the limit of its caller.

    `parameters`: names in its query as the route reads them, so that `%61t` is `at`.
    """
    name = path.rpartition("/")[2]
    cost = EXPENSIVE_READS.get(name) or EXPENSIVE_ENDINGS.get(name.rpartition(".")[2], 1.0)
    given = frozenset(parameters)
    return cost + AS_OF_COST * sum(not names.isdisjoint(given) for names in AS_OF_PARAMETERS)


Reader = Annotated[Caller, Depends(read_access)]
"""Parameter of a GET route: `async def situation(operation_id: str, caller: Reader) -> Response`."""


class TailFolded:
    """How far reads are whose state follows the edge's own tail."""

    def __init__(self, tail: Tail, requests_topic: str) -> None:
        self._tail, self._requests_topic = tail, requests_topic

    def vector(self) -> Mapping[TopicPartition, int]:
        """Decisions topic and partition → offset behind the last decision handed over."""
        return self._tail.vector()

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once that request's decision was handed over; also for a topic not followed here."""
        if receipt.topic != self._requests_topic:
            return True
        return await self._tail.wait_for_decision(receipt, timeout_ms)


class NothingFolded:
    """Behind reads of a service that follows nothing."""

    def vector(self) -> Mapping[TopicPartition, int]:
        """Empty."""
        return {}

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:  # noqa: ARG002
        """There is nothing to wait for."""
        return True


async def _folded(edge: Edge, at: str) -> None:
    wait_ms = edge.settings.read_wait_ms
    for text in at.split(","):
        try:
            receipt = Receipt.parse(text.strip())
        except ContractError as error:
            raise HttpProblem(400, "malformed", f"Pamwal-At: {error}") from error
        partitions = edge.watch.partitions
        if partitions is not None and receipt.partition >= partitions:
            told = f"Pamwal-At: {receipt} names no partition; there are {partitions}"
            raise HttpProblem(400, "malformed", told)
        if not await edge.folded.wait_folded(receipt, wait_ms):
            raise HttpProblem(
                503,
                "not_folded",
                f"{receipt} is not decided and folded here within {wait_ms} ms; ask again",
                headers=(("retry-after", "1"),),
            )
