"""A day is proposed, kept as a draft, and ordered with one call."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.scheduling import OrderProposal
from tests.unit.scheduler.asked import post_of
from tests.unit.scheduler.conftest import Desk


def asked(**more: Any) -> bytes:
    return msgspec.json.encode({"day": "2024-10-03", "time_limit_s": 2, **more})


async def test_a_day_is_proposed_kept_and_ordered(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", asked(proposal_id="p1"))

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["kept"] is True
    assert len(found["orders"]) == 3, "each of three officers once: both rallies are at the same hours"
    assert sum(each["lacking"] for each in found["shortages"]) == 5, "eight guards are needed"
    ordered = await planned_desk.say(OrderProposal(proposal_id="p1", sprin="SPRIN/1"))
    assert ordered.status_code == 201, ordered.text
    live = await planned_desk.read("/deployments?live=true", after=ordered)
    assert {each["officer_id"] for each in live.json()["deployments"]} == {"k-1", "k-2", "k-3"}


async def test_a_draft_that_is_only_asked_for_is_not_kept(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", asked(keep=False))

    assert answer.json()["kept"] is False
    assert (await planned_desk.read("/proposals")).json()["proposals"] == []


async def test_a_day_without_rallies_asks_for_nobody(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", b'{"day": "2024-10-04"}')

    assert (answer.json()["orders"], answer.json()["shortages"], answer.json()["kept"]) == ([], [], False)


async def test_bad_questions_are_told_what_is_wrong(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", b'{"day": "tomorrow"}')

    assert answer.status_code == 422
    assert "a day such as 2024-10-03" in answer.json()["detail"]
    viewer = await planned_desk.post("/proposals", b'{"day": "2024-10-03"}', by=post_of("oebobo"))
    assert viewer.status_code == 200
