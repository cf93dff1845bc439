"""Decisions find who waits for them; for one that does not exist yet the log is not searched."""

from __future__ import annotations

import hashlib
import json

import pytest

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.waiting import Decisions
from pamwal.wire.log import Receipt, Record, TopicPartition

AT = TopicPartition(FIELD_DECISIONS.name, 3)
KEY = ("op-1", "posko", "a")
MINE = b"mine"
MINE_SHA256 = hashlib.sha256(MINE).hexdigest()


def decision(offset: int, sha256: str = MINE_SHA256) -> Record:
    data = {
        "request": {"offset": offset, "sha256": sha256, "id": "a", "postid": "posko"},
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


async def test_a_decision_that_comes_before_the_acknowledgement_is_not_missed() -> None:
    decisions = Decisions(FIELD_DECISIONS.name, Search())
    waiter, receipt = decisions.expect(KEY, MINE), Receipt(FIELD_REQUESTS.name, 3, 11)
    decisions.on_records(AT, [decision(11)])
    decisions.bind(waiter, receipt, 5.0)
    found = await decisions.wait(waiter, receipt)
    assert found is not None
    assert found.id.endswith("/11")
    assert decisions.waiting == 0


async def test_a_decision_of_the_same_key_at_another_place_is_somebody_elses() -> None:
    """Two sends with one id: the one sent first is decided while the other is not yet acknowledged."""
    decisions = Decisions(FIELD_DECISIONS.name, Search())
    waiter, receipt = decisions.expect(KEY, MINE), Receipt(FIELD_REQUESTS.name, 3, 12)
    decisions.on_records(AT, [decision(11)])
    decisions.bind(waiter, receipt, 5.0)
    assert not waiter.future.done()
    decisions.on_records(AT, [decision(12)])
    found = await decisions.wait(waiter, receipt)
    assert found is not None
    assert found.id.endswith("/12")


async def test_time_runs_out_for_who_waits_and_nothing_of_it_stays() -> None:
    decisions = Decisions(FIELD_DECISIONS.name, Search())
    waiter, receipt = decisions.expect(KEY, MINE), Receipt(FIELD_REQUESTS.name, 3, 12)
    decisions.bind(waiter, receipt, 0.01)
    assert await decisions.wait(waiter, receipt) is None
    assert decisions.waiting == 0


async def test_without_an_acknowledgement_only_these_very_bytes_count() -> None:
    decisions = Decisions(FIELD_DECISIONS.name, Search())
    waiter, other = decisions.expect(KEY, MINE), decisions.expect(KEY, b"other")
    decisions.on_records(AT, [decision(11, "0" * 64), decision(12)])
    found = decisions.rescued(waiter)
    assert found is not None
    assert found.id.endswith("/12")
    assert decisions.rescued(other) is None
