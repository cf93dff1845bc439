"""What would be answered: every route has a check beside it that writes nothing."""

from __future__ import annotations

from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.routes import ROUTES, checked_at
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from tests.unit.scheduler.asked import at, cancel_rally, move, order, orders, post_of
from tests.unit.scheduler.conftest import ROOT, Desk
from tests.wire.witness import everything


def body(data: RequestData, post: str = "oebobo") -> bytes:
    return encode(
        Submission(
            id="what-if", source=f"/posts/{post}/devices/1", type=TYPE_OF[type(data)], time=at("07:00"),
            channel="web", data=data,
        )
    )  # fmt: skip


async def test_a_whole_plan_is_checked_and_nothing_is_written(planned_desk: Desk) -> None:
    before = len(await everything(planned_desk.log, SCHEDULING_REQUESTS.name))
    plan = orders(order("d1"), order("d2", "k-2"), order("d3", "k-1", "lasiana-1"))

    answer = await planned_desk.post("/deployments:check", body(plan))

    assert answer.status_code == 200
    assert answer.json()["outcome"] == "refused"
    assert [row["code"] for row in answer.json()["reason"]["rows"]] == ["double_booked"]
    assert answer.json()["reason"]["rows"][0]["winner"]["deployment_id"] == "d1"
    assert len(await everything(planned_desk.log, SCHEDULING_REQUESTS.name)) == before


async def test_a_move_and_a_cancellation_show_what_they_would_do(planned_desk: Desk) -> None:
    ordered = await planned_desk.say(orders(order("d1"), order("d2", "k-2")))
    await planned_desk.read(after=ordered)

    moved = await planned_desk.post("/rallies:check-move", body(move("oebobo-1", "17:00", "21:00")))
    cancelled = await planned_desk.post("/rallies:check-cancel", body(cancel_rally("oebobo-1")))

    assert [fact["type"] for fact in moved.json()["facts"]] == ["rally_moved", *["deployment_moved"] * 2]
    assert [fact["type"] for fact in cancelled.json()["facts"]] == [
        "rally_cancelled",
        *["deployment_cancelled"] * 2,
    ]
    live = await planned_desk.read("/deployments?live=true", after=ordered)
    assert len(live.json()["deployments"]) == 2


async def test_a_check_obeys_roles_as_the_request_would(planned_desk: Desk) -> None:
    answer = await planned_desk.post(
        "/rallies:check-cancel", body(cancel_rally("oebobo-1")), by=post_of("oebobo")
    )

    assert answer.json()["reason"]["code"] == "not_yours"


async def test_what_is_no_request_is_turned_away(planned_desk: Desk) -> None:
    assert (await planned_desk.post("/deployments:check", b"{")).status_code == 400
    assert (await planned_desk.post("/deployments:check", b"{}")).status_code == 422


async def test_every_request_has_its_check_in_the_description(planned_desk: Desk) -> None:
    described = (await planned_desk.get("/openapi.json")).json()["paths"]
    for route in ROUTES.values():
        if route.service == "scheduler":
            path = ROOT.replace("omp-kupang-2024", "{operation_id}") + checked_at(route.path)
            assert "post" in described[path], path
