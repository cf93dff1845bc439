"""How much of many requests is said in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Submission

BATCH_ROWS: Final = 1_000
"""Rows said in one request: so many are decided within an attempt, however long the queue is."""
BATCH_BYTES: Final = 8 * 1024 * 1024
"""And so much, unless one row alone is more: an edge takes twice that."""


def parts_of(submissions: Sequence[Submission[Any]]) -> Iterator[dict[int, Submission[Any]]]:
    """What is said in one request each: rows by their number."""
    part: dict[int, Submission[Any]] = {}
    size = 0
    for number, each in enumerate(submissions):
        row_bytes = len(encode(each))
        if part and (len(part) == BATCH_ROWS or size + row_bytes > BATCH_BYTES):
            yield part
            part, size = {}, 0
        part[number] = each
        size += row_bytes
    if part:
        yield part
