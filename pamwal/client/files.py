"""Files of a plan as they go in and out."""

from __future__ import annotations

from typing import Literal

import httpx
from msgspec import Struct

FileKind = Literal["roster", "plan", "orders"]
Form = Literal["csv", "xlsx", "ics"]


class Download(Struct, frozen=True):
    """A file's bytes, and the name the service gives it."""

    content: bytes
    name: str


def downloaded(response: httpx.Response, otherwise: str) -> Download:
    """What a service sent as a file; `otherwise` is its name where the service gives none."""
    _, _, name = response.headers.get("content-disposition", "").partition('filename="')
    return Download(response.content, name.rstrip('"') or otherwise)
