"""OpenAPI for what plain ASGI handlers take, from the very types they decode; a page that loads nothing."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import StreamingResponse

from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import HttpProblem
from pamwal.edge.answers import Answer
from pamwal.edge.batch_run import RowAnswer
from pamwal.edge.decode import Contract
from pamwal.edge.health import Readiness
from pamwal.edge.problems import Problem
from pamwal.edge.spec import EdgeSpec

_REF: Final = "#/components/schemas/{name}"
_SUBMISSION_FIELDS: Final = frozenset(Submission.__struct_fields__)
_STATUSES: Final = {
    400: "The body is not JSON",
    401: "No token, or one that is bad or expired",
    403: "The token is of another operation, mode or role",
    413: "Too large",
    422: "Does not fit the contract, the key was used for another request, or it was parked",
    429: "Too many requests",
    503: "Not known to be kept: send again with the same id",
}
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code,pre{{font:13px/1.4 ui-monospace,monospace}}pre{{background:#f4f4f2;padding:.7rem;overflow:auto}}
h2{{font-size:1.05rem;margin:2rem 0 .3rem;border-top:1px solid #ccc;padding-top:1rem}}
@media(prefers-color-scheme:dark){{body{{background:#161616;color:#eee}}pre{{background:#262626}}}}</style>
<h1>{title}</h1><p>The whole description, schemas included: <a href="openapi.json">openapi.json</a></p>
{routes}</html>"""


def examples() -> dict[str, Any]:
    """Type → a golden submission of it, from the contracts' examples: the one named after it, if any."""
    found: dict[str, Any] = {}
    folder = resources.files("pamwal.contracts") / "examples" / "requests"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        record = msgspec.json.decode(file.read_bytes())
        kept = {name: value for name, value in record.items() if name in _SUBMISSION_FIELDS}
        if record["type"] not in found or f".{file.name.removesuffix('.json')}." in record["type"]:
            found[record["type"]] = kept
    return found


def _json(schema: Mapping[str, Any], example: Any = None, media: str = "application/json") -> dict[str, Any]:
    content: dict[str, Any] = {"schema": dict(schema)}
    if example is not None:
        content["example"] = example
    return {media: content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    problem = _json(_ref("Problem"), media="application/problem+json")
    return {status: {"description": _STATUSES[status], "content": problem} for status in statuses}


async def documented_only(operation_id: str) -> None:
    """Answered in front of FastAPI; whoever comes here used an address that only looks like one."""
    raise HttpProblem(404, "not_found", f"nothing is at this address for {operation_id[:100]!r}")


def document(api: FastAPI, spec: EdgeSpec, contracts: Mapping[str, Contract]) -> None:
    """Adds the documented-only routes and the types they speak of to the API's description."""
    root, golden = f"/{spec.service}/v1/operations/{{operation_id}}", examples()
    types = [contract.posted for contract in contracts.values()]
    schemas, components = msgspec.json.schema_components(
        [*types, Answer, RowAnswer, Problem, Readiness], ref_template=_REF
    )
    references = dict(zip(contracts, schemas, strict=False))
    for route in spec.routes:
        _add_single(api, root + route.path, route.summary, references[route.type], golden.get(route.type))
    if spec.routes:
        _add_batch(api, root + "/batch", references.values(), [golden[t] for t in references if t in golden])
    for stream in spec.streams:
        api.add_api_route(
            root + stream.path,
            documented_only,
            summary=stream.summary,
            tags=["streams"],
            response_class=StreamingResponse,
            responses={200: {"description": "text/event-stream", "content": {"text/event-stream": {}}}},
        )
    api.openapi = _describe(api, components)  # type: ignore[method-assign]


def _add_single(api: FastAPI, path: str, summary: str, schema: Mapping[str, Any], example: Any) -> None:
    answer = _json(_ref("Answer"))
    refused = {"description": "Refused; `reason` says why and who won", "content": _json(_ref("Problem"))}
    api.add_api_route(
        path,
        documented_only,
        methods=["POST"],
        summary=summary,
        tags=["requests"],
        status_code=201,
        responses={
            201: {"description": "Accepted", "content": answer},
            202: {"description": "Kept, not decided yet; see Location", "content": answer},
            409: refused,
            **_problems(400, 401, 403, 413, 422, 429, 503),
        },
        openapi_extra={
            "requestBody": {"required": True, "content": _json(schema, example)},
            "security": [{"token": []}],
        },
    )


def _add_batch(api: FastAPI, path: str, rows: Iterable[Mapping[str, Any]], golden: list[Any]) -> None:
    row = {"oneOf": [dict(schema) for schema in rows]}
    array = {"type": "array", "maxItems": 1000, "items": row}
    api.add_api_route(
        path,
        documented_only,
        methods=["POST"],
        summary="Many requests at once, each with its type; an answer for every row",
        tags=["requests"],
        responses={
            200: {
                "description": "One a row",
                "content": _json({"type": "array", "items": _ref("RowAnswer")}),
            },
            **_problems(400, 401, 403, 413, 429),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "description": "A JSON array of up to 1,000, or up to 10,000 lines of JSON",
                "content": {**_json(array, golden or None), **_json(row, media="application/x-ndjson")},
            },
            "security": [{"token": []}],
        },
    )


def _describe(api: FastAPI, components: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            found = get_openapi(
                title=api.title, version=api.version, description=api.description, routes=api.routes
            )
            parts = found.setdefault("components", {})
            parts.setdefault("schemas", {}).update(components)
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
            api.openapi_schema = found
        return api.openapi_schema

    return openapi


def page(described: Mapping[str, Any]) -> str:
    """The list of routes with their examples, as HTML that loads nothing."""
    routes = [
        _section(method, path, route)
        for path, methods in described["paths"].items()
        for method, route in methods.items()
    ]
    return _PAGE.format(title=html.escape(described["info"]["title"]), routes="\n".join(routes))


def _section(method: str, path: str, route: Mapping[str, Any]) -> str:
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    summary = html.escape(route.get("summary", ""))
    section = f"<h2><code>{method.upper()} {html.escape(path)}</code></h2><p>{summary}</p>"
    if "example" not in body:
        return section
    example = msgspec.json.format(msgspec.json.encode(body["example"])).decode()
    return f"{section}<pre>{html.escape(example)}</pre>"
