"""What does not fit a contract, in words for a person: never a pattern, always what would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

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


def unknown_fields(value: Any, of: Any) -> Iterator[str]:
    """The fields of a JSON value that its contract does not have, one by one, as a JSON path without `$.`."""
    return _unknown(value, _known(of), "")


class _Known(NamedTuple):
    """The fields of an object, or what each element or value of a list or dict has; None: it has none."""

    fields: dict[str, _Known | None] | None = None
    every: _Known | None = None


@cache
def _known(of: Any) -> _Known | None:
    """A type is looked into once, however many values of it are read."""
    return _known_of(inspect.type_info(of))


def _known_of(node: inspect.Type) -> _Known | None:
    fields: dict[str, _Known | None] | None = None
    for inside in _plain(node):
        match inside:
            case inspect.StructType():
                fields = (fields or {}) | {each.encode_name: _known_of(each.type) for each in inside.fields}
            case inspect.ListType(item_type=each) | inspect.DictType(value_type=each):
                held = _known_of(each)
                return None if held is None else _Known(every=held)
    return None if fields is None else _Known(fields)


def _unknown(value: Any, known: _Known | None, path: str) -> Iterator[str]:
    if known is None:
        return
    if isinstance(value, list):
        for number, held in enumerate(value):
            yield from _unknown(held, known.every, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, held in value.items():
            at = f"{path}.{name}" if path else name
            if known.fields is not None and name not in known.fields:
                yield at
            elif isinstance(held, (dict, list)):
                yield from _unknown(held, known.every or (known.fields or {}).get(name), at)


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
