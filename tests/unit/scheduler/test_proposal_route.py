"""A day is proposed, kept as a draft, and ordered with one call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts.scheduling import (
    CloseDay,
    DiscardProposal,
    OrderProposal,
    RegisterOfficers,
)
from tests.unit.scheduler.asked import entry, order, orders, plan, post_of
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


async def test_an_open_draft_is_replaced_and_a_thrown_away_one_is_not(planned_desk: Desk) -> None:
    first = await planned_desk.post("/proposals", asked(proposal_id="p1"))
    later = await planned_desk.say(RegisterOfficers(officers=[entry("k-4")]))
    await planned_desk.read("/officers", after=later)
    again = await planned_desk.post("/proposals", asked(proposal_id="p1"))
    assert (len(first.json()["orders"]), len(again.json()["orders"])) == (3, 4), again.text

    gone = await planned_desk.say(DiscardProposal(proposal_id="p1"))
    await planned_desk.read("/proposals", after=gone)
    after_all = await planned_desk.post("/proposals", asked(proposal_id="p1"))

    assert (after_all.status_code, after_all.json()["code"]) == (409, "illegal_transition")


async def test_a_draft_of_a_world_that_changed_is_ordered_whole_or_not_at_all(planned_desk: Desk) -> None:
    await planned_desk.post("/proposals", asked(proposal_id="p1"))
    taken = await planned_desk.say(orders(order("other", "k-2", starts="10:00", ends="17:00")))
    assert taken.status_code == 201, taken.text

    refused = await planned_desk.say(OrderProposal(proposal_id="p1", sprin="SPRIN/1"))

    assert (refused.status_code, refused.json()["code"]) == (409, "double_booked")
    live = (await planned_desk.read("/deployments?live=true", after=refused)).json()["deployments"]
    assert [each["deployment_id"] for each in live] == ["other"]
    some = await planned_desk.say(OrderProposal(proposal_id="p1", sprin="SPRIN/1", mode="best_effort"))
    assert some.status_code == 201, some.text
    live = (await planned_desk.read("/deployments?live=true", after=some)).json()["deployments"]
    assert len(live) == 3, "the other two of the draft"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"places": ["rally/moon"]}, 404, "unknown_place"),
        ({"places": ["rally/oebobo-1"], "day": "2024-10-04"}, 422, "malformed"),
        ({"proposal_id": "p" * 64}, 422, "malformed"),
    ],
)
async def test_what_could_never_be_ordered_is_refused_before_it_is_solved(
    planned_desk: Desk, more: dict[str, Any], status: int, code: str
) -> None:
    answer = await planned_desk.post("/proposals", asked(**more))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_that_is_nested_without_end_is_no_error_of_the_service(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", b'{"a":' * 3000)
    assert (answer.status_code, answer.json()["code"]) == (400, "undecodable")
    assert "nested too deeply; send it with fewer lists" in answer.json()["detail"]


async def test_nothing_is_proposed_for_a_closed_day(planned_desk: Desk) -> None:
    closed = await planned_desk.say(CloseDay(day="2024-10-03"))
    await planned_desk.read("/rallies", after=closed)

    answer = await planned_desk.post("/proposals", asked())

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


async def test_a_post_is_not_told_who_is_proposed_for_intel(planned_desk: Desk) -> None:
    needs = await planned_desk.say(plan("sikumana-1", required={"intel": 4, "guard": 1}))
    await planned_desk.read("/rallies", after=needs)
    ask = asked(places=["rally/sikumana-1"])

    head = (await planned_desk.post("/proposals", ask)).json()
    post = (await planned_desk.post("/proposals", ask, by=post_of("oebobo"))).json()

    assert "intel" in {each["role"] for each in head["orders"]}
    assert "intel" not in {each["role"] for each in [*post["orders"], *post["shortages"]]}
    assert (head["complete"], post["complete"]) == (True, False)


async def test_bad_questions_are_told_what_is_wrong(planned_desk: Desk) -> None:
    answer = await planned_desk.post("/proposals", b'{"day": "tomorrow"}')

    assert answer.status_code == 422
    assert "a day such as 2024-10-03" in answer.json()["detail"]
    viewer = await planned_desk.post("/proposals", b'{"day": "2024-10-03"}', by=post_of("oebobo"))
    assert viewer.status_code == 200
