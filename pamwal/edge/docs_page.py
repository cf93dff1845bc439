"""`/docs`: every route with what it asks, an example and what it answers, as one page that loads nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code,pre{{font:13px/1.4 ui-monospace,monospace}}pre{{background:#f4f4f2;padding:.7rem;overflow:auto}}
dl{{margin:.3rem 0 .3rem 1rem}}dd{{margin:0 0 .2rem 1.5rem}}
h2{{font-size:1.05rem;margin:2rem 0 .3rem;border-top:1px solid #ccc;padding-top:1rem}}
@media(prefers-color-scheme:dark){{body{{background:#161616;color:#eee}}pre{{background:#262626}}}}</style>
<h1>{title}</h1><p>The whole description, schemas included: <a href="openapi.json">openapi.json</a>.
Where it says so, send <code>Authorization: Bearer &lt;token&gt;</code>; 'pamwal token' makes one.</p>
{routes}</html>"""


def page(described: Mapping[str, Any]) -> str:
    """The list of routes with their examples, as HTML that loads nothing."""
    routes = [
        _section(method, path, route)
        for path, methods in described["paths"].items()
        for method, route in methods.items()
    ]
    return _PAGE.format(title=html.escape(described["info"]["title"]), routes="\n".join(routes))


def _section(method: str, path: str, route: Mapping[str, Any]) -> str:
    summary = html.escape(route.get("summary", ""))
    parts = [f"<h2><code>{method.upper()} {html.escape(path)}</code></h2><p>{summary}</p>"]
    if "security" in route:
        parts.append("<p>Needs a bearer token.</p>")
    asked = [each for each in route.get("parameters", ()) if each["in"] == "query"]
    if asked:
        parts.append(_list("Query", (_parameter(each) for each in asked)))
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in body:
        example = msgspec.json.format(msgspec.json.encode(body["example"])).decode()
        parts.append(f"<pre>{html.escape(example)}</pre>")
    answers = route["responses"].items()
    parts.append(_list("Answers", ((status, each["description"]) for status, each in answers)))
    return "".join(parts)


def _list(title: str, rows: Iterable[tuple[str, str]]) -> str:
    told = "".join(
        f"<dt><code>{html.escape(name)}</code></dt><dd>{html.escape(text)}</dd>" for name, text in rows
    )
    return f"<details><summary>{title}</summary><dl>{told}</dl></details>"


def _parameter(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Name and meaning; a type that may be left out is one of two."""
    schema = asked.get("schema", {})
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    kind = kinds[0].get("format") or kinds[0].get("type", "") if kinds else ""
    told = [
        kind,
        "required" if asked.get("required") else "",
        asked.get("description", schema.get("description", "")),
    ]
    return asked["name"], "; ".join(each for each in told if each)
