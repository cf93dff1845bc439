"""`/docs`: every route with what it asks, an example and what it answers, as one page that loads nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from pamwal.edge.docs_fields import Fields, kind_of, types_of

Route = tuple[str, str, Mapping[str, Any]]
"""Method, path, and what is described of it."""

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code,pre{{font:13px/1.4 ui-monospace,monospace}}pre{{background:#f4f4f2;padding:.7rem;overflow:auto}}
dl{{margin:.3rem 0 .3rem 1rem}}dd{{margin:0 0 .2rem 1.5rem}}nav ul{{margin:.2rem 0 1rem;padding-left:1.2rem}}
h2{{margin:3rem 0 0}}h3{{font-size:1.05rem;margin:2rem 0 .3rem;border-top:1px solid #ccc;padding-top:1rem}}
@media(prefers-color-scheme:dark){{body{{background:#161616;color:#eee}}pre{{background:#262626}}
a{{color:#9cf}}}}</style>
<h1>{title}</h1><p>The whole description, schemas included: <a href="openapi.json">openapi.json</a>.
Where it says so, send <code>Authorization: Bearer &lt;token&gt;</code>; 'pamwal token' makes one.</p>
<nav>{contents}</nav>{groups}<h2 id="types">What bodies are made of</h2>{types}</html>"""
GROUPS: Final = {
    "requests": "Requests",
    "checks": "Checks: what would be answered",
    "reads": "Reads",
    "streams": "Streams",
    "proposals": "Proposals",
    "files": "Files",
    "sheets": "Sheets to print",
    "process": "The process itself",
}
_OF_ALL: Final = "operation_id"
"""Stands in nearly every path, and needs no word at each."""
_CHECKS: Final = (
    "<p>Each takes the body of the request of its name, needs the same token, writes nothing, and answers 200"
    ' with a <a href="#type-Checked">Checked</a>, or with the problem its request would have.</p>'
)


def page(described: Mapping[str, Any]) -> str:
    """The routes by group with their examples, then the types of their bodies, as HTML that loads nothing."""
    fields = Fields(described.get("components", {}).get("schemas", {}))
    grouped: dict[str, list[Route]] = {name: [] for name in GROUPS}
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            grouped.setdefault(next(iter(route.get("tags", ())), "process"), []).append((method, path, route))
    shown = {name: routes for name, routes in grouped.items() if routes}
    return _PAGE.format(
        title=html.escape(described["info"]["title"]),
        contents="".join(_contents(name, routes) for name, routes in shown.items()),
        groups="\n".join(_group(name, routes, fields) for name, routes in shown.items()),
        types=types_of(fields),
    )


def _contents(group: str, routes: Iterable[Route]) -> str:
    """A group's name; under it each route's summary. Checks are named after their requests, so not again."""
    named = f'<a href="#{group}">{html.escape(GROUPS.get(group, group))}</a>'
    if group == "checks":
        return f"<p>{named}</p>"
    links = "".join(
        f'<li><a href="#{_anchor(method, path)}">{html.escape(route.get("summary", path))}</a></li>'
        for method, path, route in routes
    )
    return f"<details><summary>{named}</summary><ul>{links}</ul></details>"


def _group(group: str, routes: Iterable[Route], fields: Fields) -> str:
    heading = f'<h2 id="{group}">{html.escape(GROUPS.get(group, group))}</h2>'
    if group == "checks":
        rows = ((f"{method.upper()} {path}", route.get("description", "")) for method, path, route in routes)
        return heading + _CHECKS + _rows(rows)
    return heading + "\n".join(_section(method, path, route, fields) for method, path, route in routes)


def _anchor(method: str, path: str) -> str:
    return html.escape(f"{method}-{path}", quote=True)


def _who(route: Mapping[str, Any]) -> str:
    """Which tokens are let in."""
    security = route.get("security")
    if not security:
        return ""
    roles = [role for requirement in security for named in requirement.values() for role in named]
    of = f", of the role {' or '.join(roles)}" if roles else ""
    return f"<p>Needs a bearer token{of}.</p>"


def _section(method: str, path: str, route: Mapping[str, Any], fields: Fields) -> str:
    summary, told = route.get("summary", ""), route.get("description", "")
    parts = [
        f'<h3 id="{_anchor(method, path)}"><code>{method.upper()} {html.escape(path)}</code></h3>',
        f"<p>{html.escape(summary)}</p>" if not told.startswith(summary) else "",
        f"<p>{html.escape(told)}</p>" if told else "",
        _who(route),
    ]
    for title, where in (("Path", "path"), ("Query", "query")):
        asked = [
            each for each in route.get("parameters", ()) if each["in"] == where and each["name"] != _OF_ALL
        ]
        if asked:
            parts.append(_list(title, (_parameter(each) for each in asked)))
    parts.append(_body(route.get("requestBody", {}), fields))
    answers = route["responses"].items()
    parts.append(_list("Answers", ((status, each["description"]) for status, each in answers)))
    parts += [_example(f"An answer, {status}", each.get("content", {})) for status, each in answers]
    return "".join(parts)


def _body(asked: Mapping[str, Any], fields: Fields) -> str:
    if not asked:
        return ""
    content = asked.get("content", {})
    told = f"<p>{html.escape(asked['description'])}</p>" if "description" in asked else ""
    schema = content.get("application/json", {}).get("schema", {})
    return told + _example("", content) + fields.linked(fields.data_of(schema))


def _example(title: str, content: Mapping[str, Any]) -> str:
    """The example of a body; with a title it opens on demand."""
    found = [each["example"] for each in content.values() if "example" in each]
    if not found:
        return ""
    shown = f"<pre>{html.escape(msgspec.json.format(msgspec.json.encode(found[0])).decode())}</pre>"
    return f"<details><summary>{html.escape(title)}</summary>{shown}</details>" if title else shown


def _list(title: str, rows: Iterable[tuple[str, str]]) -> str:
    return f"<details><summary>{title}</summary>{_rows(rows)}</details>"


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    told = (f"<dt><code>{html.escape(name)}</code></dt><dd>{html.escape(text)}</dd>" for name, text in rows)
    return f"<dl>{''.join(told)}</dl>"


def _parameter(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Name and meaning, with an example where there is one."""
    schema = asked.get("schema", {})
    examples = [asked["example"]] if "example" in asked else schema.get("examples", [])
    told = [
        kind_of(schema),
        "required" if asked.get("required") else "",
        asked.get("description", schema.get("description", "")),
        f"such as {examples[0]}" if examples else "",
    ]
    return asked["name"], "; ".join(each for each in told if each)
