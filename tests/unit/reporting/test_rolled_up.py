"""Nation, province and cities as one: who lies below whom, sums, and each officer once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pamwal.contracts.parents import above
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import RolledUp, Unseen
from pamwal.contracts.scheduling import OfficerLent
from services.reporting.picture.family import Family, Place, place_of
from services.reporting.views.own_counts import OwnCounts, own_counts
from services.reporting.views.rolled_up import children_of, rolled_up
from tests.unit.reporting.telling import Teller, at, facts_of

FAMILY = {
    "nation": None,
    "east": "nation",
    "kupang": "east",
    "rote": "east",
    "west": "nation",
    "lost": "gone",
}


def city(name: str, *officers: str, parent: str | None = "east") -> Teller:
    """An operation with one rally from 09:00 to 11:00 and some officers ordered to it."""
    teller = Teller(name)
    teller.open(parent=parent)
    teller.register(*officers)
    teller.plan("a", "09:00", "11:00")
    for officer in officers:
        teller.order(officer, "a", "09:00", "11:00")
    return teller


def family_of(parents: Mapping[str, str | None]) -> Family:
    """Operations and the parents they name, as logs of before `scheduler-8` tell of them: nobody is asked."""
    return Family({name: Place(parent) for name, parent in parents.items()})


def counts(clock: str, *tellers: Teller) -> dict[str, OwnCounts]:
    return {each.operation_id: own_counts(each.picture(), at(clock), {"p": 1}) for each in tellers}


def whole(root: str, clock: str, *tellers: Teller, sight: Sight = "full") -> RolledUp:
    places = {each.operation_id: place_of(charter) for each in tellers if (charter := each.picture().charter)}
    found = rolled_up(root, Family(places), counts(clock, *tellers), [], sight)
    assert found is not None
    return found


def test_an_operation_lies_below_all_that_are_above_it() -> None:
    family = family_of(FAMILY)
    assert family.children("nation") == ["east", "west"]
    assert family.below("nation") == ["east", "west", "kupang", "rote"]
    assert family.below("east") == ["kupang", "rote"]
    assert list(above("kupang", FAMILY.get)) == ["east", "nation"]
    assert (family.orphan("lost"), family.orphan("east"), family.ring("kupang")) == ("gone", None, [])


def test_a_ring_is_said_and_walked_once() -> None:
    parents = {"a": "c", "b": "a", "c": "b", "d": "b"}
    family = family_of(parents)
    assert family.ring("a") == ["a", "c", "b"]
    assert sorted(family.below("a")) == ["b", "c", "d"]
    assert sorted(family.below("b", but="a")) == ["c", "d"]
    assert list(above("d", parents.get)) == ["b", "a", "c"]
    assert (family_of({"a": "a"}).below("a"), family_of({"a": "a"}).ring("a")) == ([], ["a"])


@pytest.mark.parametrize(
    ("asks_parent", "children", "counted", "asks"),
    [
        (False, {}, True, False),
        (False, {"kupang": True}, True, False),
        (False, {"kupang": False}, False, False),
        (True, {}, False, True),
        (True, {"rote": True}, False, True),
        (True, {"kupang": True}, True, False),
        (True, {"kupang": False}, False, False),
    ],
)
def test_a_parent_counts_whom_it_admits_and_who_was_opened_before_parents_were_asked(
    *, asks_parent: bool, children: dict[str, bool], counted: bool, asks: bool
) -> None:
    family = Family({"east": Place(None, children=children), "kupang": Place("east", asks_parent)})
    assert (family.children("east") == ["kupang"], family.asking("east") == ["kupang"]) == (counted, asks)
    assert family.below("east") == family.children("east")
    assert family.counts_in_parent("kupang") == counted
    assert family.parents["kupang"] == "east"


def test_what_lies_below_a_child_that_asks_is_not_counted_either() -> None:
    places = {
        "nation": Place(None),
        "east": Place("nation", asks_parent=True, children={"kupang": True}),
        "kupang": Place("east", asks_parent=True),
    }
    assert Family(places).below("nation") == []
    assert Family(places).below("east") == ["kupang"]
    admitted = Family({**places, "nation": Place(None, children={"east": True})})
    assert admitted.below("nation") == ["east", "kupang"]


def test_a_ring_that_no_parent_admitted_is_none() -> None:
    places = {"a": Place("b", asks_parent=True), "b": Place("a", asks_parent=True, children={"a": True})}
    assert (Family(places).ring("b"), Family(places).below("b")) == ([], ["a"])


def test_who_asks_is_named_beside_the_numbers() -> None:
    seen = counts("09:30", city("east", parent=None), city("kupang", "x"), city("rote", "z"))
    family = Family({"east": Place(None), "kupang": Place("east", asks_parent=True), "rote": Place("east")})
    found = rolled_up("east", family, seen, [], "full")
    assert found is not None
    assert (found.operations, found.strength.ordered) == (2, 1)
    assert [(each.operation_id, each.code) for each in found.unseen] == [("kupang", "asks_to_belong")]
    assert [row.operation_id for row in children_of("east", family, seen)] == ["rote"]


def test_the_nation_counts_its_provinces_and_their_cities() -> None:
    tellers = [
        city("nation", parent=None),
        city("east", parent="nation"),
        city("kupang", "x", "y"),
        city("rote", "z"),
    ]
    tellers[2].come("x", "a", "08:55")
    found = whole("nation", "09:30", *tellers)
    assert (found.operations, found.unseen, found.cycle) == (4, [], [])
    assert facts_of(found.strength)["ordered"] == 3
    assert (found.strength.present, found.strength.required_total) == (1, 8)
    assert (found.posts.heard, found.posts.total) == (0, 8)
    parents = {"nation": None, "east": "nation", "kupang": "east", "rote": "east"}
    (east,) = children_of("nation", family_of(parents), counts("09:30", *tellers))
    assert (east.operation_id, east.operations, east.strength.ordered) == ("east", 3, 3)
    rows = children_of("east", family_of(parents), counts("09:30", *tellers))
    assert [(row.operation_id, row.strength.ordered, row.vector) for row in rows] == [
        ("kupang", 2, {"p": 1}),
        ("rote", 1, {"p": 1}),
    ]


def test_an_operation_with_nothing_below_it_has_no_roll_up() -> None:
    alone = city("alone", "x", parent=None)
    assert rolled_up("alone", family_of({"alone": None}), counts("09:30", alone), [], "full") is None


def test_a_parent_that_nobody_opened_is_said() -> None:
    found = whole("kupang", "09:30", city("kupang", "x"))
    assert [(each.operation_id, each.code) for each in found.unseen] == [("east", "no_parent")]


def test_what_could_not_be_counted_is_said_and_the_rest_is_counted() -> None:
    seen = counts("09:30", city("east", parent=None), city("rote", "z"))
    family = family_of({"east": None, "kupang": "east", "rote": "east"})
    found = rolled_up("east", family, seen, [Unseen(operation_id="kupang", why="halted")], "counts")
    assert found is not None
    assert (found.operations, found.strength.ordered, found.unseen[0].operation_id) == (2, 1, "kupang")


def test_a_lent_officer_is_one_person() -> None:
    kupang, rote = city("kupang", "x"), city("rote", "x", "z")
    kupang.tell(
        OfficerLent, loan_id="l1", officer_id="x", to_operation="rote", starts_at=at("08:00"),
        ends_at=at("12:00"),
    )  # fmt: skip
    rote.come("x", "a", "08:55")
    rote.beat("alak", "09:29")
    total = whole("east", "09:30", city("east", parent=None), kupang, rote).strength
    assert facts_of(total) == {"ordered": 2, "present": 1, "at_place": 1, "on_time": 1, "absent": 1}
    assert facts_of(kupang.total("09:30")) == {"ordered": 1, "excused": 1}


def test_who_is_due_in_one_and_stands_in_another_is_in_the_wrong_place() -> None:
    kupang, rote = city("kupang", "x"), city("rote")
    kupang.beat("alak", "09:29")
    rote.come("x", "a", "08:55")
    total = whole("east", "09:30", city("east", parent=None), kupang, rote).strength
    assert (total.ordered, total.elsewhere, total.absent) == (1, 1, 0)
    assert (total.present, total.wrong_place, total.unregistered) == (1, 1, 0)
    assert facts_of(kupang.total("09:30"))["absent"] == 1


def test_two_operations_that_want_one_officer_at_one_time_are_named() -> None:
    kupang, rote = city("kupang", "x", "y"), city("rote", "x")
    rote.plan("b", "10:00", "12:00")
    rote.order("y", "b", "10:30", "12:00", role="intel")
    found = whole("east", "08:00", city("east", parent=None), kupang, rote)
    assert found.overlapping == 2
    first, second = found.overlaps
    assert (first.officer_id, first.first.operation_id, first.second.operation_id) == ("x", "kupang", "rote")
    assert (first.starts_at, first.ends_at) == (at("09:00"), at("11:00"))
    assert (second.officer_id, second.starts_at, second.ends_at) == ("y", at("10:30"), at("11:00"))


def test_an_officer_is_one_person_in_whatever_case_two_operations_write_him() -> None:
    kupang, rote = city("kupang", "KPG-1"), city("rote", "kpg-1")
    rote.come("kpg-1", "a", "08:55")
    found = whole("east", "08:56", city("east", parent=None), kupang, rote)
    assert facts_of(found.strength) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    assert [(each.officer_id, each.second.operation_id) for each in found.overlaps] == [("KPG-1", "rote")]


def test_an_overlap_with_intel_is_only_counted_for_who_may_not_see_intel() -> None:
    kupang, rote = city("kupang", "x", "y"), city("rote", "x")
    rote.order("y", "a", "10:30", "12:00", role="intel")
    east = city("east", parent=None)
    guarded = whole("east", "08:00", east, kupang, rote, sight="guarded")
    assert (guarded.overlapping, [each.officer_id for each in guarded.overlaps]) == (2, ["x"])
    counts_only = whole("east", "08:00", east, kupang, rote, sight="counts")
    assert (counts_only.overlapping, counts_only.overlaps) == (2, [])


def test_an_overlap_that_is_over_or_released_is_none() -> None:
    kupang, rote = city("kupang", "x"), city("rote", "x")
    assert whole("east", "11:00", city("east", parent=None), kupang, rote).overlapping == 0
    rote.cancel_order("x", "a")
    assert whole("east", "08:00", city("east", parent=None), kupang, rote).overlapping == 0
