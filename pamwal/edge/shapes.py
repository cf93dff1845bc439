"""Answers of GET routes by msgspec: encoded from a struct, and described by the same struct."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final

import msgspec
from fastapi import Response
from msgspec import Struct

from pamwal.edge.http import PROBLEM_JSON

PROBLEM: Final = {PROBLEM_JSON.decode(): {"schema": {"$ref": "#/components/schemas/Problem"}}}


def json_of(answer: Struct) -> Response:
    """200 with the struct as JSON."""
    return Response(msgspec.json.encode(answer), media_type="application/json")


def answers(shape: type[Struct]) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that answers with `json_of` such a struct; the schema is complete in itself."""
    schema = deepcopy(_schema_of(shape))
    return {200: {"description": shape.__doc__ or "", "content": {"application/json": {"schema": schema}}}}


@cache
def _schema_of(shape: type[Struct]) -> Any:
    reference, found = msgspec.json.schema_components([shape], ref_template="{name}")
    return _inlined(reference[0], found)


def turned_away(described: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """`responses=` of what is answered with a problem: status → when."""
    return {status: {"description": told, "content": dict(PROBLEM)} for status, told in described.items()}


def _inlined(part: Any, found: Mapping[str, Any]) -> Any:
    """The schema with every reference replaced by what it names; a shape that holds itself has none."""
    if isinstance(part, list):
        return [_inlined(one, found) for one in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("$ref"), str):
        return _inlined(found[part["$ref"]], found)
    return {key: _inlined(value, found) for key, value in part.items() if key != "discriminator"}
