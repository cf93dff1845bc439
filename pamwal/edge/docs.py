"""OpenAPI of what plain ASGI handlers take, from the very types they decode, and of what all reads share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import StreamingResponse

from pamwal.contracts import field, scheduling
from pamwal.contracts.envelope import Reason, Submission, Winner
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.routes import checked_at
from pamwal.edge.access import FOR_ANY_TOKEN, SCHEME, for_roles
from pamwal.edge.answers import Answer, Checked
from pamwal.edge.batch_run import RowAnswer
from pamwal.edge.decode import Contract
from pamwal.edge.health import Liveness, Readiness
from pamwal.edge.http import PROBLEM_JSON
from pamwal.edge.parameters import explain
from pamwal.edge.problems import Problem, problem
from pamwal.edge.shapes import PROBLEM, turned_away
from pamwal.edge.spec import EdgeSpec, RequestRoute

_CAUSE_REQUIRED: Final = frozenset({*scheduling.PERSONAL_CAUSES, *field.PERSONAL_CAUSES})
_REF: Final = "#/components/schemas/{name}"
SCANNED: Final = (
    "https://pamwal.example/checkin/v1/here/omp-kota-kupang-2024/rally/r-sikumana-1/h2a8g0.h2c8g0." + "A" * 86
)
"""What a phone reads off a sheet; no log holds it, so it stands in no golden example."""
_SUBMISSION_FIELDS: Final = frozenset(Submission.__struct_fields__)
_STATUSES: Final = {
    400: "The body is not JSON",
    401: "No token, or one that is bad or expired",
    403: "The token is of another operation, mode or role",
    404: "What the address names cannot name an operation",
    413: "Too large",
    415: "The body is packed (Content-Encoding); nothing is unpacked here",
    422: "Does not fit the contract, the key was used for another request, or it was parked",
    429: "Too many requests",
    503: "Not known to be kept: send again with the same id",
}
_READ_STATUSES: Final = {
    400: "`Pamwal-At` names no receipt, or the body is not JSON",
    401: "No token, or one that is bad or expired",
    403: "The token is of another operation, mode or role",
    404: "Nothing of that name is known",
    422: "A parameter, or the body, does not fit",
    429: "Too many requests",
    503: "Not folded here yet: ask again",
}
"""What every read may be answered with besides its 200, whatever else its route declares."""


def examples() -> dict[str, Any]:
    """Type → a golden submission of it, from the contracts' examples: the one named after it, if any."""
    found: dict[str, Any] = {}
    folder = resources.files("pamwal.contracts") / "examples" / "requests"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        record = msgspec.json.decode(file.read_bytes())
        kept = {name: value for name, value in record.items() if name in _SUBMISSION_FIELDS}
        kept["data"] = _as_sent(kept["data"])
        if record["data"].get("method") == "qr":
            kept["code"] = SCANNED
        if record["type"] not in found or file.name.removesuffix(".json") == record["type"]:
            found[record["type"]] = kept
    return found


_WORDS: Final = {
    "text": {"text": "Dua kelompok saling dorong di pintu timur, sudah dipisahkan."},
    "person": {"name": "Nama Petugas", "nrp": "00000000"},
    "cause": "salah centang pada daftar",
}
"""Field of a request → what may stand there; the log has a reference in its place."""


def _as_sent(data: Any) -> Any:
    """Data of a stored request as its sender gave it: with words, not with references to them."""
    if isinstance(data, list):
        return [_as_sent(each) for each in data]
    if not isinstance(data, dict):
        return data
    sent = {}
    for name, value in data.items():
        field = name.removesuffix("_ref")
        sent[field] = _as_sent(value) if field == name else _WORDS[field]
    return sent


def _json(schema: Mapping[str, Any], example: Any = None, media: str = "application/json") -> dict[str, Any]:
    content: dict[str, Any] = {"schema": dict(schema)}
    if example is not None:
        content["example"] = example
    return {media: content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


_PROBLEM_JSON: Final = PROBLEM_JSON.decode()
_RECEIPT: Final = "pamwal.scheduling.requests.v1-2-27"
_KNOWN: Final = "2024-10-02T09:20:24.479Z"
_ACCEPTED: Final = msgspec.to_builtins(
    Answer(
        receipt=_RECEIPT,
        outcome="accepted",
        decision="pamwal.scheduling.requests.v1/2/27",
        knownat=_KNOWN,
        facts=["0192505a-0008-7c3e-9a41-5b6f2d8e0008/0"],
    )
)
_PENDING: Final = msgspec.to_builtins(Answer(receipt=_RECEIPT, outcome="pending"))
_LOST: Final = Reason(
    code="double_booked",
    message="officer KPG-0001 is at rally/oebobo-1 by deployment d-101, ordered by post oebobo",
    subject="d-202",
    winner=Winner(
        deployment_id="d-101",
        officer_id="KPG-0001",
        place="rally/oebobo-1",
        starts_at="2024-10-03T08:00:00.000Z",
        ends_at="2024-10-03T10:00:00.000Z",
        postid="oebobo",
    ),
    possible="deployments:reassign releases d-101 and makes this order in one decision",
)
_REFUSED: Final = msgspec.to_builtins(
    problem(
        409,
        "double_booked",
        _LOST.message,
        receipt=_RECEIPT,
        outcome="refused",
        knownat=_KNOWN,
        reason=_LOST,
    )
)
REFUSED: Final = {
    "description": "Refused; `reason` says why, who won, and what would be possible",
    "content": _json(_ref("Problem"), _REFUSED, media=_PROBLEM_JSON),
}


def _states(name: str, good: str, bad: str) -> dict[int | str, dict[str, Any]]:
    content = _json(_ref(name))
    return {200: {"description": good, "content": content}, 503: {"description": bad, "content": content}}


READY: Final = _states("Readiness", "Ready", "Not ready; operators are told why at a port of their own")
HEALTH: Final = _states(
    "Liveness",
    "Alive; whether it is of use now, `/readyz` says",
    "A part of the process has ended, and `checks` says which; restart it",
)
ANSWERED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Accepted", "content": _json(_ref("Answer"))},
    202: {"description": "Kept, not decided yet", "content": _json(_ref("Answer"))},
    409: REFUSED,
}
"""What a receipt is answered with."""
_STREAM: Final = (
    "Server-sent events: a `snapshot` first, then a `delta` for each change. An id that is given back as"
    " `Last-Event-ID` goes on from there, or begins with a snapshot again where that is too long ago."
)
_STREAM_PARAMETERS: Final = [
    {
        "name": "tick_ms",
        "in": "query",
        "description": "0 tells each change at once; otherwise several are told together, each 200 ms",
        "schema": {"type": "integer", "minimum": 0},
    },
    {
        "name": "last_event_id",
        "in": "query",
        "description": "in place of the header Last-Event-ID",
        "schema": {"type": "string"},
    },
]


_MISDIRECTED: Final = {"421": {"description": "Another shard has the operation: `shard`", "content": PROBLEM}}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return turned_away({status: _STATUSES[status] for status in statuses})


async def documented_only(operation_id: str) -> None:
    # Answered in front of FastAPI; whoever comes here used an address that only looks like one. No docstring:
    # FastAPI would show it as the description of the route.
    raise HttpProblem(404, "not_found", f"nothing is at this address for {operation_id[:100]!r}")


def document(api: FastAPI, spec: EdgeSpec, contracts: Mapping[str, Contract]) -> None:
    """Adds the documented-only routes and the types they speak of to the API's description."""
    root, golden = f"/{spec.service}/v1/operations/{{operation_id}}", examples()
    types = tuple(contract.posted for contract in contracts.values())
    schemas, components = deepcopy(
        _schemas_of((*types, Answer, Checked, RowAnswer, Problem, Liveness, Readiness))
    )
    references = dict(zip(contracts, schemas, strict=False))
    for name, reference in references.items():
        _fix_type(components[reference["$ref"].rpartition("/")[2]], name)
        if contracts[name].data in _CAUSE_REQUIRED:
            _require_cause(components[contracts[name].data.__name__])
    for route in spec.routes:
        _add_single(api, root + route.path, route, references[route.type], golden.get(route.type))
    if spec.routes:
        _add_batch(api, root + "/batch", references.values(), [golden[t] for t in references if t in golden])
    for stream in spec.streams:
        api.add_api_route(
            root + stream.path,
            documented_only,
            summary=stream.summary,
            description=_STREAM,
            tags=["streams"],
            response_class=StreamingResponse,
            responses={200: {"description": "Until the peer leaves", "content": {"text/event-stream": {}}}},
            openapi_extra={**for_roles(*stream.roles), "parameters": _STREAM_PARAMETERS},
        )
    bodies = {root + checked_at(route.path): root + route.path for route in spec.routes}
    sharded = spec.here is not None
    api.openapi = _describe(api, components, f"/{spec.service}/v1/", bodies, sharded=sharded)  # type: ignore[method-assign]


def _fix_type(posted: dict[str, Any], name: str) -> None:
    """In what a route takes, `type` can say one thing only."""
    posted["properties"]["type"] = {"type": "string", "const": name, "description": "the one of the route"}


def _require_cause(data: dict[str, Any]) -> None:
    """A sender says why; only the log has `cause_ref` in its place."""
    data["required"] = [*data["required"], "cause"]
    data["properties"]["cause"] = data["properties"]["cause"]["anyOf"][0]


@cache
def _schemas_of(types: tuple[Any, ...]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components(types, ref_template=_REF)


def _add_single(
    api: FastAPI, path: str, route: RequestRoute, schema: Mapping[str, Any], example: Any
) -> None:
    answer = _json(_ref("Answer"), _ACCEPTED)
    api.add_api_route(
        path,
        documented_only,
        methods=["POST"],
        summary=route.summary,
        description=f"{route.summary}."
        " Said again with the same `id`, it is answered as it was the first time."
        " Fields that its type does not have are left out; `advice` names them (`unknown_field`).",
        tags=["requests"],
        status_code=201,
        responses={
            201: {"description": "Accepted", "content": answer},
            202: {
                "description": "Kept, not decided yet; see Location",
                "content": _json(_ref("Answer"), _PENDING),
            },
            409: REFUSED,
            **_problems(400, 401, 403, 404, 413, 415, 422, 429, 503),
        },
        openapi_extra={
            **for_roles(*route.roles),
            "requestBody": {"required": True, "content": _json(schema, example)},
        },
    )


def _add_batch(api: FastAPI, path: str, rows: Iterable[Mapping[str, Any]], golden: list[Any]) -> None:
    row = {"oneOf": [{**schema, "required": ["type"]} for schema in rows]}
    array = {"type": "array", "maxItems": 1000, "items": row}
    api.add_api_route(
        path,
        documented_only,
        methods=["POST"],
        summary="Many requests at once, each with its type; an answer for every row",
        description="How a queue comes home. Lines that are asked for with `Accept: application/x-ndjson` are"
        " answered while further ones still arrive; one bad row harms no other. A line counts once its end"
        " has come: of a body that is cut the whole lines stand, and all may be said again with their ids."
        " Empty lines and a byte order mark are no rows; a line over 1 MiB is one row, answered 413.",
        tags=["requests"],
        responses={
            200: {
                "description": "One a row",
                "content": {
                    **_json({"type": "array", "items": _ref("RowAnswer")}),
                    **_json(_ref("RowAnswer"), media="application/x-ndjson"),
                },
            },
            **_problems(400, 401, 403, 404, 413, 415, 429, 503),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "description": "A JSON array of up to 1,000, or up to 10,000 lines of JSON",
                "content": {**_json(array, golden or None), **_json(row, media="application/x-ndjson")},
            },
            **FOR_ANY_TOKEN,
        },
    )


def _describe(
    api: FastAPI, components: Mapping[str, Any], root: str, bodies: Mapping[str, str], *, sharded: bool
) -> Callable[[], dict[str, Any]]:
    """The API's description; `bodies`: a check's path to that of the request whose body it takes.

    `sharded`: another process may hold an operation.
    """

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            found = get_openapi(
                title=api.title, version=api.version, description=api.description, routes=api.routes
            )
            parts = found.setdefault("components", {})
            schemas = parts.setdefault("schemas", {})
            for theirs in ("HTTPValidationError", "ValidationError"):
                schemas.pop(theirs, None)
            schemas.update(components)
            for path, methods in found["paths"].items():
                for route in methods.values():
                    for asked in route.get("parameters", ()):
                        explain(asked)
                    if path.startswith(root):
                        _complete(route, sharded=sharded and "{operation_id}" in path)
            for check, asks in bodies.items():
                if check in found["paths"]:
                    told = found["paths"][asks]["post"]["requestBody"]
                    found["paths"][check]["post"].setdefault("requestBody", told)
            parts["securitySchemes"] = {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
            api.openapi_schema = found
        return api.openapi_schema

    return openapi


def _complete(route: dict[str, Any], *, sharded: bool) -> None:
    """A read says by itself what it answers when all is well; the rest is the same for all of them."""
    answers = route["responses"]
    if sharded:
        answers.update(_MISDIRECTED)
    if _PROBLEM_JSON not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)  # FastAPI's own shape, in which nothing is ever answered here
    if route["security"] and "401" not in answers:
        for status, description in _READ_STATUSES.items():
            answers.setdefault(str(status), {"description": description, "content": PROBLEM})
        if "requestBody" in route:
            for status in (413, 415):
                answers.setdefault(str(status), {"description": _STATUSES[status], "content": PROBLEM})
    route["responses"] = dict(sorted(answers.items()))
