"""A plan of an earlier moment shares with the one of now what is the same, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts import scheduling
from pamwal.wire.log import TopicPartition
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.history import FIELD, PLAN, History
from services.reporting.picture.plan import Plan
from services.reporting.views.situation import situation_of
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, OPERATION, Teller, at, at_ms, name_of, picture_of

DAY = at_ms("00:00"), at_ms("24:00")
NEXT_DAY = at_ms("24:00"), at_ms("48:00")


@pytest.fixture
def teller() -> Teller:
    """An operation with two rallies and one officer who is ordered to one of them."""
    teller = Teller()
    teller.open()
    teller.register("x", "y")
    teller.plan("a", "21:00", "24:00", kelurahan=BATU_PLAT)
    teller.plan("b", "21:00", "24:00", kelurahan=OEPURA)
    teller.order("x", "a", "22:00", "24:00", deployment_id="x-a")
    return teller


def replica(teller: Teller) -> History:
    """What it keeps that read all."""
    pictures = Pictures()
    history = History(pictures)
    for decision in teller.told:
        pictures.fold(decision)
        assert decision.data.request is not None
        topic = PLAN if ".scheduling." in decision.id else FIELD
        history.partition(TopicPartition(topic, 0)).take(decision.data.request.offset, decision)
    return history


def then(history: History, planned: int, clock: str) -> OperationPicture:
    """By so many decisions of the plan and all of the field."""
    picture = history.as_of(
        OPERATION, "real", history.at_offsets(0, {PLAN: planned, FIELD: 99}), at_ms(clock)
    )
    assert picture is not None
    return picture


def now(history: History) -> Plan:
    """The plan as it stands."""
    arrivals = history.arrivals(OPERATION, "real")
    assert arrivals is not None
    return arrivals.picture.plan


def shown(picture: OperationPicture, clock: str) -> Any:
    """The situation at a wall clock."""
    return situation_of(picture, at(clock), sight="full", name_of=name_of)


def planned(teller: Teller) -> int:
    """How many decisions of the plan were told."""
    return sum(".scheduling." in each.id for each in teller.told)


def before(teller: Teller, count: int) -> OperationPicture:
    """A fold of the first so many of the plan and of all of the field."""
    plan = [each for each in teller.told if ".scheduling." in each.id][:count]
    field = [each for each in teller.told if ".scheduling." not in each.id]
    return picture_of([*plan, *field]).operations[OPERATION]


def test_a_day_of_which_nothing_was_told_since_is_shared(teller: Teller) -> None:
    count = planned(teller)
    teller.order("y", "b", "33:00", "35:00", deployment_id="y-b")
    history = replica(teller)
    plan = then(history, count, "22:30").plan
    assert plan.day(*DAY) is now(history).day(*DAY)
    assert plan.day(*NEXT_DAY).ordered == {}
    assert now(history).day(*NEXT_DAY).ordered.keys() == {"y"}


def test_a_day_of_which_more_was_told_since_is_made_anew(teller: Teller) -> None:
    count = planned(teller)
    teller.step(scheduling.DeploymentAcknowledged, "x-a", 2, by="x")
    history = replica(teller)
    (duty,) = then(history, count, "22:30").plan.day(*DAY).ordered["x"]
    assert duty.status == "ordered"
    assert now(history).day(*DAY).ordered["x"][0].status == "acknowledged"


def test_a_duty_directly_before_the_day_that_was_moved_since_still_matters_then(teller: Teller) -> None:
    """He comes and goes during a duty of the evening, as it was known: not for the one after midnight."""
    teller.order("y", "a", "21:00", "23:59", deployment_id="y-evening")
    teller.order("y", "a", "24:30", "27:00", deployment_id="y-night")
    count = planned(teller)
    teller.step(scheduling.DeploymentMoved, "y-evening", 2, starts_at=at("57:00"), ends_at=at("59:00"))
    teller.come("y", "a", "23:00")
    teller.go("y", "a", "23:30")
    history = replica(teller)
    for clock in ("24:31", "24:50", "27:01"):
        picture = then(history, count, clock)
        assert picture.plan.day(*NEXT_DAY) is now(history).day(*NEXT_DAY)
        assert picture.plan.otherwise == {"y"}
        assert shown(picture, clock).total == shown(before(teller, count), clock).total


def test_what_the_plan_was_made_of_is_there_for_who_asks(teller: Teller) -> None:
    count = planned(teller)
    teller.step(scheduling.DeploymentAcknowledged, "x-a", 2, by="x")
    teller.plan("c", "10:00", "11:00")
    picture = then(replica(teller), count, "22:30")
    assert {name: list(facts) for name, facts in picture.planned.deployments.items()} == {"x-a": [1]}
    assert picture.planned.rallies.keys() == {"a", "b"}
    assert picture.plan.deployments.keys() == {"x-a"}


def test_who_was_on_intel_only_then_is_known_to_have_been(teller: Teller) -> None:
    teller.order("y", "b", "21:00", "24:00", role="intel", deployment_id="y-b")
    count = planned(teller)
    teller.order("y", "b", "21:00", "24:00", role="guard", deployment_id="y-b", version=2)
    history = replica(teller)
    assert now(history).on_intel == set()
    assert then(history, count, "22:30").plan.on_intel == {"y"}
