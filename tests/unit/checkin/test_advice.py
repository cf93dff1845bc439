"""What the plan says to who checks in: beside the decision, to whom it may be said, and in no record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts.field import CheckIn, CheckInSquad, NotPresent
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import OfficerRow, WithdrawOfficers
from pamwal.places import point_of
from services.checkin.plans import Plans
from tests.unit.checkin.district import District, district
from tests.unit.scheduler.asked import (
    LASIANA,
    OEBOBO,
    OPERATION,
    at,
    cancel,
    order,
    orders,
    request,
    site,
    sites,
    venue,
)
from tests.unit.scheduler.asked import plan as rally
from tests.wire.witness import everything


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path) as found:
        yield found


def arrival(place: str = "rally/oebobo-1", officer: str = "k-1", **more: Any) -> CheckIn:
    return CheckIn(officer_id=officer, place=place, method="gps", **more)


def told(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Advice of the plan; that these hours of 2024 come late is told beside it."""
    found = [(each["code"], each.get("subject")) for each in answer.get("advice", [])]
    return [each for each in found if each[0] != "late"]


async def test_how_far_he_is_is_told_beyond_the_places_radius_and_stands_nowhere(kupang: District) -> None:
    here, far = point_of(OEBOBO), point_of(LASIANA)
    assert here is not None
    near = Point(latitude=here.latitude + 0.001, longitude=here.longitude)  # 111 m
    assert told((await kupang.say(kupang.body(arrival(position=near)))).json()) == []
    said = kupang.body(arrival(position=far), time=at("17:00"))
    answer = (await kupang.say(said)).json()
    assert told(answer) == [("far", "rally/oebobo-1")]
    assert "km from Lapangan; near enough is 150 m" in answer["advice"][0]["message"]
    assert answer["outcome"] == "accepted"
    assert (await kupang.say(said)).json() == answer, "said again, it is answered the same"
    rows = await kupang.batch(kupang.body(arrival(position=far)), kupang.body(arrival(position=near)))
    assert [told(row) for row in rows] == [[("far", "rally/oebobo-1")], []]
    for topic in ("pamwal.field.requests.v1", "pamwal.field.decisions.v1"):
        assert all(b"km from" not in each.value for each in await everything(kupang.log, topic))


async def test_a_place_without_a_point_or_that_is_not_planned_is_not_measured(kupang: District) -> None:
    far = point_of(LASIANA)
    for place in ("site/kpu", "rally/nowhere"):
        assert told((await kupang.say(kupang.body(arrival(place, position=far)))).json()) == []
    await kupang.must_plan(sites(site(point=point_of(OEBOBO), radius_m=500)))
    answer = (await kupang.say(kupang.body(arrival("site/kpu", position=far)))).json()
    assert "from KPU; near enough is 500 m" in answer["advice"][0]["message"]


async def test_an_id_on_no_roster_is_told_with_the_nearest_of_the_roster(kupang: District) -> None:
    answer = (await kupang.say(kupang.body(arrival(officer="k-11")))).json()
    assert (answer["outcome"], told(answer)) == ("accepted", [("unknown_officer", "k-11")])
    assert answer["advice"][0]["possible"] == "k-1"
    assert "k-11 is not on the roster" in answer["advice"][0]["message"]
    assert told((await kupang.say(kupang.body(arrival(officer="K-1")))).json()) == []
    squad = CheckInSquad(
        place="rally/oebobo-1",
        method="manual",
        present=["k-1", "q-2"],
        not_present=[NotPresent(officer_id="k3", cause="sakit")],
    )
    answer = (await kupang.say(kupang.body(squad))).json()
    assert told(answer) == [("unknown_officer", "q-2"), ("unknown_officer", "k3")]
    assert [each["possible"] for each in answer["advice"][:2]] == ["k-2", "k-3"]
    await kupang.must_plan(WithdrawOfficers(rows=[OfficerRow(officer_id="k-3")], cause="moved"))
    answer = (await kupang.say(kupang.body(arrival(officer="k-3")))).json()
    assert told(answer) == [("unknown_officer", "k-3")]


async def test_who_is_ordered_elsewhere_at_that_hour_is_told_where(kupang: District) -> None:
    await kupang.must_plan(rally("oebobo-1", venue=venue(OEBOBO, name="Lapangan Oebobo")))
    await kupang.must_plan(orders(order("d-1", "k-1", "oebobo-1", "16:00", "18:00")))
    elsewhere = [("ordered_elsewhere", "rally/oebobo-1")]
    for time, expected in (
        (at("14:59"), []),
        (at("15:01"), elsewhere),
        (at("17:59"), elsewhere),
        (at("18:00"), []),
    ):
        answer = (await kupang.say(kupang.body(arrival("rally/lasiana-1"), time=time))).json()
        assert told(answer) == expected, time
    answer = (await kupang.say(kupang.body(arrival("rally/lasiana-1"), time=at("17:00")))).json()
    assert answer["advice"][0]["message"] == (
        "k-1 is ordered to Lapangan Oebobo (rally/oebobo-1) at that hour, 16:00-18:00 WITA"
    )
    assert told((await kupang.say(kupang.body(arrival(), time=at("17:00")))).json()) == []
    assert told((await kupang.say(kupang.body(arrival("rally/lasiana-1", "k-2")))).json()) == []
    await kupang.must_plan(cancel("d-1"))
    assert told((await kupang.say(kupang.body(arrival("rally/lasiana-1"), time=at("17:01")))).json()) == []


async def test_an_intel_order_is_told_to_the_officer_and_the_head_alone(kupang: District) -> None:
    await kupang.must_plan(orders(order("d-1", "k-1", "oebobo-1", role="intel")))
    said = arrival("rally/lasiana-1")
    of_officer = {"source": "/posts/oebobo/officers/k-1"}
    for headers, source, expected in (
        (kupang.token(), {}, 0),
        (kupang.token("field_commander", "oebobo", "k-1"), of_officer, 0),
        (kupang.token("officer", "oebobo", "k-1"), of_officer, 1),
        (kupang.token("ops_head"), {}, 1),
    ):
        answer = await kupang.say(kupang.body(said, **source), headers)
        assert (answer.status_code, len(told(answer.json()))) == (201, expected)


async def test_a_refused_report_gets_no_advice(kupang: District) -> None:
    body = kupang.body(arrival(position=point_of(LASIANA)))
    await kupang.say(body)
    reused = msgspec.json.decode(msgspec.json.encode(body)) | {"time": at("19:00")}
    assert [(row["status"], told(row)) for row in await kupang.batch(reused)] == [(422, [])]
    assert told((await kupang.say(reused)).json()) == []


async def test_while_the_plan_is_not_read_there_is_no_advice(kupang: District) -> None:
    """An edge that starts takes what the field says at once, and advises once it knows the plan."""
    known = getattr(kupang.edges["checkin"].spec.advise, "__self__", None)
    assert isinstance(known, Plans)
    asked = request("f-1", arrival(position=point_of(LASIANA)))
    assert [each.code for each in known.advise(asked)] == ["far"]
    assert Plans(kupang.log).advise(asked) == []


async def test_every_answer_repeats_the_time_on_the_operations_clock(kupang: District) -> None:
    body = kupang.body(arrival(), time="2024-10-03T16:00:00+07:00")
    accepted = (await kupang.say(body)).json()
    refused = (await kupang.say(body | {"time": "2024-10-03T18:30:00+08:00"})).json()
    planned = kupang.body(rally("sikumana-1"), time="2024-10-03T17:00:00+08:00")
    checked = await kupang.clients["scheduler"].post(
        f"/scheduler/v1/operations/{OPERATION}/rallies:check", json=planned, headers=kupang.token("ops_head")
    )
    assert [each["local_time"] for each in (accepted, *await kupang.batch(body), checked.json())] == [
        "2024-10-03 17:00 WITA"
    ] * 3
    assert (refused["status"], refused["local_time"]) == (422, "2024-10-03 18:30 WITA")
    assert [each["code"] for each in accepted["advice"]] == ["other_offset", "late"]
    assert [each["code"] for each in checked.json()["advice"]] == ["late"]
