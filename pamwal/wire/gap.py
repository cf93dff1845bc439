"""Where the records that a client hands over are not those that come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pamwal.wire.log import Record


class Gap(NamedTuple):
    """Another record than the next was handed over.

    `found` behind `expected`: the client left some out, or they do not exist. Below: the client went back.
    """

    expected: int
    found: int


def goes_back(records: Sequence[Record], next_offset: int) -> bool:
    """Whether any of them comes when it, or one behind it, was decided or handed over already."""
    for record in records:
        if record.offset < next_offset:
            return True
        next_offset = record.offset + 1
    return False
