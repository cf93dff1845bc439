"""What a stored request says by itself, whatever was decided before it. Pure.

It is read for many requests in one go before the first of them is judged: a processor runs the same code over
a row of records in two thirds of the time that it takes by turns with all the rest of deciding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from pamwal.contracts import codec
from pamwal.contracts.envelope import Request, RequestRef
from pamwal.wire.decided import request_ref
from pamwal.wire.log import Record


class Asked(Struct, frozen=True, gc=False):
    """A request that can be read, as a decision will name it and as idempotency compares it."""

    value: bytes
    """The stored bytes it was read from."""
    request: Request[Any]
    ref: RequestRef
    digest: str
    """Hex SHA-256 over type, subject, time and data."""


def read_asked(record: Record) -> Asked:
    """The request in a record. ContractError if there is none."""
    request = codec.decode_request(record.value)
    return Asked(record.value, request, request_ref(record, request), codec.request_digest(request))


def read_ahead(records: Sequence[Record]) -> dict[int, Asked]:
    """By offset those of the records that can be read; what is wrong with another, its judge finds."""
    found = {}
    for record in records:
        try:
            found[record.offset] = read_asked(record)
        except Exception:  # noqa: S112 - raised again for that record alone, once it is its turn
            continue
    return found
