"""How reads answer: contracts as JSON, described in the API by the same types."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi.responses import Response

_encode: Final = msgspec.json.Encoder().encode


def json_answer(answer: msgspec.Struct) -> Response:
    """A contract as JSON."""
    return Response(_encode(answer), media_type="application/json")


def says(answer: type) -> dict[int | str, dict[str, Any]]:
    """What a route answers with, for the description of the API."""
    return {200: {"description": (answer.__doc__ or "").split("\n")[0], "content": content_of(answer)}}


def content_of(shape: type, example: Any = None) -> dict[str, Any]:
    """A body of JSON, for the description of the API."""
    schema = msgspec.json.schema(shape)
    content = {"schema": _inlined(schema, schema.get("$defs", {}))}
    return {"application/json": content if example is None else {**content, "example": example}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """The schema with every reference replaced by what it refers to; none of these types is recursive."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    return {name: _inlined(each, parts) for name, each in schema.items() if name != "$defs"}
