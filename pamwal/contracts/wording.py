"""What does not fit a contract, in words for a person: never a pattern, always what would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from msgspec import inspect

from pamwal.contracts.instants import DAY_PATTERN, PATTERN

_MEANINGS: Final = {
    PATTERN: "a moment in UTC such as 2024-10-03T01:15:00.000Z",
    DAY_PATTERN: "a day such as 2024-10-03",
    r"\S": "text that is not blank",
}
_KINDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}
_KIND: Final = re.compile(rf"`(({'|'.join(_KINDS)})( \| ({'|'.join(_KINDS)}))*)`")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_CHOICE: Final = "Invalid enum value "
_KEY: Final = "`key` in "


def why_unreadable(error: Exception) -> str:
    """Why bytes cannot be decoded as JSON, for whoever wrote them."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply; send it with fewer lists and objects inside one another"
    return str(error)


def in_words(message: str, of: Any) -> str:
    """msgspec's sentence about a value that is no `of`: patterns and kinds in words, choices named.

    Where it was found, ` - at `, then a JSON path, stays at the end.
    """
    said, at, where = message.rpartition(" - at ")
    if not at:
        said, where = message, ""
    if said.startswith(_CHOICE):
        allowed = _choices(of, where)
        return f"{said}; one of {', '.join(allowed)}{at}{where}" if allowed else message
    for pattern, meaning in _meanings(of).items():
        said = said.replace(f"`str` matching regex {pattern!r}", meaning)
    return (
        _KIND.sub(lambda kind: " or ".join(_KINDS[each] for each in kind[1].split(" | ")), said) + at + where
    )


def unknown_fields(value: Any, of: Any) -> list[str]:
    """The fields of a JSON value that its contract does not have, each with those that stand there."""
    return list(_unknown(value, _type_info(of), ""))


_type_info: Final = cache(inspect.type_info)
"""A type is looked into once, however long a file of requests is."""


def _unknown(value: Any, node: inspect.Type, path: str) -> Iterator[str]:
    for inside in _plain(node):
        match inside, value:
            case inspect.StructType(), dict():
                known = {each.encode_name: each.type for each in inside.fields}
                for name, held in value.items():
                    if name in known:
                        yield from _unknown(held, known[name], f"{path}.{name}" if path else name)
                    else:
                        yield f"{path}.{name}" if path else name
            case inspect.ListType(), list():
                for number, held in enumerate(value):
                    yield from _unknown(held, inside.item_type, f"{path}[{number}]")
            case inspect.DictType(), dict():
                for name, held in value.items():
                    yield from _unknown(held, inside.value_type, f"{path}.{name}")


def _plain(node: inspect.Type) -> Iterator[inspect.Type]:
    """What a type is made of, without what is only said about it."""
    match node:
        case inspect.Metadata():
            yield from _plain(node.type)
        case inspect.UnionType():
            for each in node.types:
                yield from _plain(each)
        case _:
            yield node


def _inside(node: inspect.Type) -> Iterator[inspect.Type]:
    match node:
        case inspect.Metadata():
            yield node.type
        case inspect.UnionType():
            yield from node.types
        case inspect.StructType():
            yield from (each.type for each in node.fields)
        case inspect.ListType():
            yield node.item_type
        case inspect.DictType():
            yield from (node.key_type, node.value_type)


@cache
def _meanings(of: Any) -> dict[str, str]:
    """Every pattern that a type asks for, and what its contract says of it."""
    found: dict[str, str] = {}
    waiting = [inspect.type_info(of)]
    while waiting:
        node = waiting.pop()
        waiting.extend(_inside(node))
        if (
            isinstance(node, inspect.Metadata)
            and isinstance(node.type, inspect.StrType)
            and node.type.pattern
        ):
            about = node.extra_json_schema or {}
            words = [
                about.get("description", ""),
                *(f"such as {each}" for each in about.get("examples", [])[:1]),
            ]
            found[node.type.pattern] = ", ".join(each for each in words if each)
    return found | _MEANINGS


def _choices(of: Any, where: str) -> list[str]:
    """What may stand at a path, where only some words may."""
    is_key = where.startswith(_KEY)
    nodes = list(_plain(inspect.type_info(of)))
    for step in _STEP.finditer(where.removeprefix(_KEY).strip("`")):
        nodes = [inner for node in nodes for each in _below(node, step[1]) for inner in _plain(each)]
    if is_key:
        nodes = [
            inner for node in nodes if isinstance(node, inspect.DictType) for inner in _plain(node.key_type)
        ]
    return [str(value) for node in nodes if isinstance(node, inspect.LiteralType) for value in node.values]


def _below(node: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    """One step down a path: the field of that name, or, without one, whatever the brackets hold."""
    match node:
        case inspect.StructType() if name is not None:
            yield from (each.type for each in node.fields if each.encode_name == name)
        case inspect.ListType() if name is None:
            yield node.item_type
        case inspect.DictType() if name is None:
            yield node.value_type
