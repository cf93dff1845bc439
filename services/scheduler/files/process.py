"""A file read in a process of its own: what the process is given, what it does, what it answers."""

from __future__ import annotations

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.zones import Zone
from pamwal.places import Gazetteer, Place
from services.scheduler.files.parsed import Parsed
from services.scheduler.files.reading import order_rows, plan_rows, roster_rows

T = TypeVar("T")
FUNCTION: Final = f"{__name__}:read_file"


class FileToRead(Struct, frozen=True, kw_only=True):
    """A file as it was sent, and what its rows are about."""

    kind: Literal["roster", "plan", "orders"]
    content: bytes
    filename: str
    zone: Zone
    places: tuple[Place, ...] = ()
    """The kelurahan that a plan may name instead of giving their codes."""
    names: dict[str, dict[str, str]] = {}
    """Column of a roster → what the operation calls its ids → the id."""


class FileRead(Struct, Generic[T], frozen=True, kw_only=True):
    """The rows of a file, or why it cannot be taken as a whole: an `UnreadableFile`."""

    parsed: Parsed[T] | None = None
    code: str = ""
    message: str = ""


def read_file(given: bytes) -> bytes:
    """A `FileToRead` to a `FileRead`, both as MessagePack."""
    file = msgspec.msgpack.decode(given, type=FileToRead)
    try:
        read: FileRead[Any] = FileRead(parsed=_parsed(file))
    except UnreadableFile as error:
        read = FileRead(code=error.code, message=str(error))
    return msgspec.msgpack.encode(read)


def _parsed(file: FileToRead) -> Parsed[Any]:
    match file.kind:
        case "roster":
            return roster_rows(file.content, file.filename, zone=file.zone, names=file.names)
        case "plan":
            return plan_rows(file.content, file.filename, file.zone, places=Gazetteer(file.places))
        case "orders":
            return order_rows(file.content, file.filename, file.zone)
