"""Who asks for a decision that does not exist yet is told so without the log being searched."""

from __future__ import annotations

import json

import pytest

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.waiting import Decisions
from pamwal.wire.log import Receipt, Record, TopicPartition

AT = TopicPartition(FIELD_DECISIONS.name, 3)


def decision(offset: int) -> Record:
    data = {
        "request": {"offset": offset, "sha256": ""},
        "knownat": "2024-10-03T00:00:00.000Z",
        "outcome": "accepted",
    }
    value = {"id": f"{FIELD_REQUESTS.name}/3/{offset}", "operationid": "op-1", "data": data}
    return Record(AT.topic, AT.partition, 2 * offset, b"op-1", json.dumps(value).encode(), (), 0)


class Search:
    """The log's search for a decision; counts how often it was needed."""

    def __init__(self) -> None:
        self.searched: list[int] = []

    async def __call__(self, receipt: Receipt) -> Record | None:
        self.searched.append(receipt.offset)
        return decision(receipt.offset) if receipt.offset < 10 else None


@pytest.mark.parametrize(
    ("offset", "found", "searched"),
    [(10, True, []), (11, False, []), (400, False, []), (2, True, [2])],
    ids=["the last one decided", "the next", "far behind", "long before the tail began"],
)
async def test_the_log_is_searched_only_for_what_may_be_in_it(
    offset: int, found: bool, searched: list[int]
) -> None:
    search = Search()
    decisions = Decisions(FIELD_DECISIONS.name, search)
    decisions.on_records(AT, [decision(10)])
    assert (await decisions.find(Receipt(FIELD_REQUESTS.name, 3, offset)) is not None) == found
    assert search.searched == searched


async def test_before_the_tail_brought_anything_the_log_is_searched() -> None:
    search = Search()
    assert await Decisions(FIELD_DECISIONS.name, search).find(Receipt(FIELD_REQUESTS.name, 3, 99)) is None
    assert search.searched == [99]
