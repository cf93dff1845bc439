"""Files of a plan as they go in and out."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FileKind = Literal["roster", "plan", "orders"]
Form = Literal["csv", "xlsx", "ics"]


class Download(Struct, frozen=True):
    """A file's bytes, and the name the service gives it."""

    content: bytes
    name: str
