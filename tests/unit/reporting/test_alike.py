"""Officers of one order count apart in an earlier picture where anything they count by is otherwise."""

from __future__ import annotations

import pytest

from tests.unit.reporting.telling import Teller, facts_of, picture_of
from tests.unit.reporting.test_plans_then import planned, replica, shown, then


@pytest.fixture
def teller() -> Teller:
    """Officers with one order each, to the same hours and place; x came on time."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("a", "09:00", "11:00")
    for officer in "xyz":
        teller.order(officer, "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    return teller


def counted(teller: Teller, clock: str) -> dict[str, int]:
    """The numbers of a moment, which are those of a fresh fold."""
    found = shown(then(replica(teller), planned(teller), clock), clock).total
    assert found == shown(picture_of(teller.told).operations[teller.operation_id], clock).total
    return facts_of(found)


def test_who_went_before_the_end_from_who_stayed_to_it(teller: Teller) -> None:
    teller.come("y", "a", "08:56")
    teller.go("x", "a", "10:30")
    teller.go("y", "a", "11:05")
    found = counted(teller, "11:30")
    assert (found["left"], found["relieved"]) == (1, 1)


def test_who_came_when_it_was_over_from_who_came_for_it(teller: Teller) -> None:
    teller.come("y", "a", "09:30")
    teller.come("z", "a", "11:10")
    found = counted(teller, "11:30")
    assert (found["on_time"], found["late"]) == (1, 1)


def test_who_came_back_from_who_went_for_good(teller: Teller) -> None:
    teller.come("y", "a", "08:56")
    teller.go("x", "a", "09:30")
    teller.go("y", "a", "09:30")
    teller.come("y", "a", "09:50")
    found = counted(teller, "10:00")
    assert (found["left"], found["at_place"]) == (1, 1)


def test_who_was_on_a_paper_list_the_evening_before_from_who_was_only_told_of_late(teller: Teller) -> None:
    """The list joins what is told of him twelve hours later: so it was heard in time that he came."""
    teller.plan("n", "33:00", "35:00")
    for officer in "xy":
        teller.order(officer, "n", "33:00", "35:00")
    teller.come("x", "n", "20:30", precision="list")
    for officer in "xy":
        teller.come(officer, "n", "32:20", recorded="33:30")
    found = counted(teller, "34:00")
    assert (found["on_time"], found["reported_late"]) == (2, 1)
