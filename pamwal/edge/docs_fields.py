"""What bodies are made of, for `/docs`: each type with its fields, their kinds and meanings."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any, Final

_REF: Final = "#/components/schemas/"
_POSTED: Final = "Posted_"
_BOUNDS: Final = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "maxLength": "at most {} letters",
    "maxItems": "at most {}",
}


class Fields:
    """The types of a description by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = schemas

    def data_of(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of what a route takes in an envelope, the data; anything else as it is."""
        posted = self.schemas.get(schema.get("$ref", "").removeprefix(_REF), {})
        found: Mapping[str, Any] = posted.get("properties", {}).get("data", schema)
        return found

    def linked(self, schema: Mapping[str, Any]) -> str:
        """A line that leads to the fields of a body's type; nothing for a body of no name."""
        name = schema.get("$ref", "").removeprefix(_REF)
        if name not in self.schemas:
            return ""
        return f'<p>Its fields: <a href="#type-{html.escape(name)}">{html.escape(name)}</a></p>'

    def named(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every type by name; of the envelopes, which differ in their data only, one."""
        shown = False
        for name, schema in sorted(self.schemas.items()):
            if name.startswith(_POSTED):
                if shown:
                    continue
                shown = True
                yield "The envelope of a request", schema
            else:
                yield name, schema


def types_of(fields: Fields) -> str:
    """Every type as a heading, what it is, and its fields."""
    return "\n".join(_type(name, schema) for name, schema in fields.named())


def _type(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<dt><code>{html.escape(field)}</code></dt><dd>{_meaning(held, needed=field in required)}</dd>"
        for field, held in schema.get("properties", {}).items()
    )
    about = html.escape(schema.get("description", ""))
    return f'<h3 id="type-{html.escape(name)}">{html.escape(name)}</h3><p>{about}</p><dl>{rows}</dl>'


def _meaning(held: Mapping[str, Any], *, needed: bool) -> str:
    inner = _inner(held)
    told = [
        _kind(held),
        "required" if needed else _otherwise(held),
        inner.get("description", ""),
        *(text.format(inner[bound]) for bound, text in _BOUNDS.items() if bound in inner),
        f"such as {inner['examples'][0]}" if inner.get("examples") else "",
    ]
    linked = _link(_inner(inner.get("items", inner)))
    return "; ".join(html.escape(each) for each in told if each) + linked


def _otherwise(held: Mapping[str, Any]) -> str:
    default = held.get("default")
    return "" if default is None or default in ([], {}, "") else f"{default} if left out"


def _inner(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What may stand there besides nothing."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return kinds[0] if len(kinds) == 1 else schema


def kind_of(schema: Mapping[str, Any]) -> str:
    """What a parameter is: `integer`, `date`; nothing where it may be several things."""
    inner = _inner(schema)
    return str(inner.get("format") or inner.get("type", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    inner = _inner(schema)
    if "enum" in inner:
        return "one of " + ", ".join(str(each) for each in inner["enum"])
    if inner.get("type") == "array":
        held = _kind(inner.get("items", {}))
        return f"list of {held}" if held else "list"
    if "$ref" in inner:
        return str(inner["$ref"]).removeprefix(_REF)
    return str(inner.get("type", ""))


def _link(schema: Mapping[str, Any]) -> str:
    name = html.escape(str(schema.get("$ref", "")).removeprefix(_REF))
    return f' (<a href="#type-{name}">{name}</a>)' if name else ""
