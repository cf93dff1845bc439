"""A long homecoming is told of every two seconds, a short one not at all."""

from __future__ import annotations

from pathlib import Path

from pamwal.client.progress import Progress
from pamwal.client.queue import ReportQueue
from tests.unit.client.test_courier import Edge, courier
from tests.unit.client.test_queue import report


def test_it_is_told_every_two_seconds_what_is_home_and_what_is_left() -> None:
    told: list[str] = []
    now_s = 100.0
    progress = Progress(told.append, lambda: 1_200, now_s=lambda: now_s)
    progress(500)
    now_s = 101.9
    progress(500)
    assert told == []
    now_s = 102.0
    progress(2)
    progress(500)
    assert told == ["1,002 have their answer, 1,200 are left"]


async def test_a_courier_counts_each_report_once_that_has_its_answer(tmp_path: Path) -> None:
    edge, home = Edge(), list[int]()
    edge.answer_of = lambda name: {"status": 409 if name == "b" else 201, "outcome": "accepted"}
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("a"), report("b"), report("c"))
        await courier(edge, queue, progress=home.append).send(within_s=10)
    assert sum(home) == 3
