"""Positions are rounded before anything is kept: the log never has more of a person than it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import ValidationError, convert, inspect
from msgspec.structs import replace

from pamwal.contracts.places import Point

Round = Callable[[Any], Any]


def rounding_of(node: inspect.Type) -> Round | None:
    """What rounds every `Point` in a value of this type, or None if it can have none."""
    match node:
        case inspect.Metadata():
            return rounding_of(node.type)
        case inspect.StructType(cls=cls) if cls is Point:
            return Point.rounded
        case inspect.StructType():
            found = {field.name: rounding_of(field.type) for field in node.fields}
            return _in_fields({name: inside for name, inside in found.items() if inside is not None})
        case inspect.ListType():
            return _in_list(rounding_of(node.item_type))
        case inspect.DictType():
            return _in_values(rounding_of(node.value_type))
        case inspect.UnionType():
            return next((found for found in map(rounding_of, node.types) if found is not None), None)
        case _:
            return None


def rounded(value: Any) -> Any:
    """The same for JSON objects of which no contract is left: whatever has a latitude and a longitude."""
    if isinstance(value, list):
        return [rounded(each) for each in value]
    if not isinstance(value, dict):
        return value
    try:
        point = convert(value, Point)
    except ValidationError:
        return {name: rounded(inside) for name, inside in value.items()}
    return {**value, "latitude": point.rounded().latitude, "longitude": point.rounded().longitude}


def _in_fields(fields: dict[str, Round]) -> Round | None:
    rounds = tuple(fields.items())

    def round_fields(value: Any) -> Any:
        changed: dict[str, Any] | None = None
        for name, round_inside in rounds:
            given = getattr(value, name)
            found = given if given is None else round_inside(given)
            if found is not given:
                changed = {**(changed or {}), name: found}
        return value if changed is None else replace(value, **changed)

    return round_fields if fields else None


def _in_list(inside: Round | None) -> Round | None:
    return None if inside is None else lambda value: [inside(each) for each in value]


def _in_values(inside: Round | None) -> Round | None:
    return None if inside is None else lambda value: {key: inside(each) for key, each in value.items()}
