"""Which parameters of an API's description say too little."""

from __future__ import annotations

from typing import Any


def unexplained(described: dict[str, Any]) -> list[str]:
    """Path and name of every parameter without a meaning or without an example."""
    return [
        f"{path} {asked['name']}"
        for path, methods in described["paths"].items()
        for route in methods.values()
        for asked in route.get("parameters", ())
        if not asked.get("description")
        or (
            not {"example", "examples"} & {*asked, *asked.get("schema", {})}
            and asked["name"] not in {"after", "last_event_id"}
        )
    ]
