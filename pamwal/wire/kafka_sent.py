"""aiokafka's requests, made to be put together once, and what an answer says of when a record was taken.

Its schemas join the bytes of a batch anew in each of the five levels around it. Here the parts of a request
are gathered first. `tests/wire/test_aiokafka_canary.py` pins what this leans on.
"""

from __future__ import annotations

from typing import Any, Final

from aiokafka.protocol.types import Array, Bytes, Int32, Schema
from aiokafka.structs import RecordMetadata

from pamwal.contracts.errors import LogError

Pieces = list[bytes | bytearray | memoryview]
THEIRS: Final = (Schema.encode, Array.encode)
_BROKER_TIME: Final = 1
"""Kafka's number of `LogAppendTime` among the types of timestamps."""


def put_requests_together_once() -> None:
    """All requests that are sent from now on are."""
    Schema.encode = _encode
    Array.encode = _encode


def stamp_of(kept: RecordMetadata) -> int:
    """When the broker took a record, ms since 1970. LogError if it did not say so."""
    if kept.timestamp_type != _BROKER_TIME:
        raise LogError(
            f"the broker did not say when it took a record of {kept.topic}: if this goes on, 'pamwal topics "
            "check' says which setting differs"
        )
    return int(kept.timestamp)


def _encode(kind: Any, value: Any) -> bytes:
    pieces: Pieces = []
    _gather(kind, value, pieces)
    return b"".join(pieces)


def _gather(kind: Any, value: Any, into: Pieces) -> None:
    if type(kind) is Schema:
        if len(value) != len(kind.fields):
            raise ValueError(f"{len(value)} values for {len(kind.fields)} fields")
        for field, each in zip(kind.fields, value, strict=True):
            _gather(field, each, into)
    elif type(kind) is Array:
        into.append(Int32.encode(-1 if value is None else len(value)))
        for each in value or ():
            _gather(kind.array_of, each, into)
    elif kind is Bytes and value is not None:
        into += (Int32.encode(len(value)), value)
    else:
        into.append(kind.encode(value))
