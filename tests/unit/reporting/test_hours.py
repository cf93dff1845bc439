"""Hours worked against ordered: what counts as work, what a reader sees, and what rest is owed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.field import DeviceRevoked
from pamwal.contracts.hours import HoursWorked, OfficerWorked, Worked
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import DeploymentReinstated, DeploymentRole, Policy
from services.reporting.hours.account import HoursAsked, account_of
from services.reporting.hours.intervals import common, measure, stretches, united
from services.reporting.picture import plan
from tests.unit.reporting.telling import DAY, Teller, at

NEXT = "2024-10-04"


def account(teller: Teller, clock: str = "23:00", **asked: Any) -> HoursWorked:
    defaults: dict[str, Any] = {"days": [DAY], "sight": "full", "limit": 100}
    given_ = HoursAsked(at=at(clock), **{**defaults, **asked})
    return account_of(teller.picture(), given_, lambda _: None, {})


def only(teller: Teller, clock: str = "23:00", **asked: Any) -> OfficerWorked:
    (found,) = account(teller, clock, **asked).officers
    return found


def said(worked: Worked) -> dict[str, float]:
    """What is not 0."""
    return {name: value for name in worked.__struct_fields__ if (value := getattr(worked, name))}


def ordered(starts: str = "09:00", ends: str = "11:00", role: DeploymentRole = "guard") -> Teller:
    """One officer ordered to one rally, whose post was heard."""
    teller = Teller()
    teller.open()
    teller.register("A")
    teller.plan("r", "09:00", "11:00")
    teller.order("A", "r", starts, ends, role=role)
    teller.beat("alak", "23:00")
    return teller


def test_work_is_from_check_in_to_check_out_and_parted_by_the_ordered_hours() -> None:
    teller = ordered()
    teller.see("in", "A", "r", "08:30")
    teller.see("out", "A", "r", "11:15")
    found = account(teller)
    assert said(found.total) == {
        "duties": 1, "ordered_h": 2.0, "due_h": 2.0, "worked_h": 2.75, "within_h": 2.0, "beyond_h": 0.75,
    }  # fmt: skip
    assert [(each.unit, each.officers, each.worked) for each in found.units] == [
        (found.officers[0].unit, 1, found.total)
    ]
    assert [(each.day, each.worked) for each in found.days] == [(DAY, found.total)]


def test_a_forgotten_check_out_is_no_work_beyond_the_order() -> None:
    teller = ordered()
    teller.see("in", "A", "r", "09:00")
    assert said(only(teller, "10:00").worked) == {
        "duties": 1, "ordered_h": 2.0, "due_h": 1.0, "worked_h": 1.0, "within_h": 1.0,
    }  # fmt: skip
    assert said(only(teller).worked) == {
        "duties": 1, "ordered_h": 2.0, "due_h": 2.0, "worked_h": 2.0, "within_h": 2.0, "unended": 1,
    }  # fmt: skip


def test_a_stay_that_only_the_next_one_ended_counts_to_the_end_of_its_order() -> None:
    teller = ordered()
    teller.see("in", "A", "r", "09:00")
    teller.see("in", "A", "s", "20:00")
    teller.see("out", "A", "s", "20:30")
    assert said(only(teller).worked) == {
        "duties": 1, "ordered_h": 2.0, "due_h": 2.0, "worked_h": 2.5, "within_h": 2.0, "beyond_h": 0.5,
    }  # fmt: skip


def test_who_is_stood_down_needs_no_check_out() -> None:
    teller = ordered()
    teller.see("in", "A", "r", "09:00")
    teller.stand_down("A-r", "10:00")
    assert said(only(teller).worked) == {
        "duties": 1, "ordered_h": 1.0, "due_h": 1.0, "worked_h": 1.0, "within_h": 1.0,
    }  # fmt: skip


def test_a_stay_without_an_order_counts_while_it_may_last() -> None:
    teller = ordered()
    teller.see("in", "B", "r", "09:00")
    assert said(only(teller, "12:00", officer="B").worked) == {"worked_h": 3.0, "beyond_h": 3.0}
    assert said(only(teller, "22:00", officer="B").worked) == {"unended": 1}


def test_a_stay_that_only_a_lost_device_tells_of_is_counted_and_marked() -> None:
    teller = ordered()
    teller.come("A", "r", "09:00")
    teller.go("A", "r", "11:00")
    teller.observe(
        DeviceRevoked, "12:00", device_id="app", postid="alak", version=1, author="chief",
        lost_since=at("08:00"),
    )  # fmt: skip
    found = only(teller)
    assert (found.worked.worked_h, found.worked.doubtful) == (2.0, 1)
    teller.come("A", "r", "09:02", channel="web")
    assert only(teller).worked.doubtful == 0, "another device saw him, too"


def test_duty_over_midnight_has_its_hours_on_both_days_and_counts_once() -> None:
    teller = ordered("22:00", "26:00")
    teller.see("in", "A", "r", "22:00")
    teller.see("out", "A", "r", "26:00")
    found = account(teller, "27:00", days=[DAY, NEXT])
    assert [(each.day, each.worked.duties, each.worked.within_h) for each in found.days] == [
        (DAY, 1, 2.0), (NEXT, 0, 2.0),
    ]  # fmt: skip
    assert (found.total.worked_h, found.total.duties) == (4.0, 1)


def test_what_became_of_duties_is_counted() -> None:
    teller = ordered()
    teller.register("B", "C")
    teller.order("B", "r", "09:00", "11:00")
    teller.order("C", "r", "09:00", "11:00")
    teller.see("in", "A", "r", "09:30")
    teller.excuse("B", "00:00", "24:00")
    teller.step(
        DeploymentReinstated, "C-r", 2, cause="needed", overridden=["insufficient_rest", "over_duty"],
        override_cause="no one else",
    )  # fmt: skip
    found = account(teller)
    assert (found.total.late, found.total.excused, found.total.absent, found.total.overrides) == (1, 1, 1, 2)
    aside = [each.overridden for each in found.officers if each.overridden]
    assert [(each.rules, each.cause) for (each,) in aside] == [
        (["insufficient_rest", "over_duty"], "no one else")
    ]


def test_relief_is_due_when_the_stretch_has_held_the_longest_duty() -> None:
    teller = Teller()
    teller.open(policy=Policy(longest_duty_h=6, minimum_rest_h=8))
    teller.register("A")
    teller.plan("r", "06:00", "23:00")
    teller.order("A", "r", "06:00", "23:00")
    teller.see("in", "A", "r", "06:00")
    teller.see("out", "A", "r", "09:00")
    teller.see("in", "A", "r", "10:00")
    early, late = only(teller, "12:00"), only(teller, "14:00")
    assert (early.relief_due_at, early.relief_overdue, early.over_duty_h) == (at("13:00"), False, 0)
    assert (late.relief_due_at, late.relief_overdue, late.over_duty_h) == (at("13:00"), True, 1.0)
    assert account(teller, "14:00").relief_overdue == 1
    teller.see("out", "A", "r", "23:00")
    gone = only(teller, "24:00")
    assert (gone.relief_due_at, gone.rest_until) == (None, at("31:00"))
    assert (gone.over_duty_h, gone.rest_owed_h) == (10.0, 1.0)
    assert only(teller, "31:00").rest_until is None


@pytest.mark.parametrize(("sight", "told"), [("full", ["A", "B"]), ("guarded", ["B"]), ("counts", [])])
def test_who_is_on_intel_is_counted_and_told_of_to_full_sight_only(sight: Any, told: list[str]) -> None:
    teller = ordered(role="intel")
    teller.register("B")
    teller.order("B", "r", "09:00", "11:00")
    found = account(teller, sight=sight)
    assert [each.officer_id for each in found.officers] == told
    assert (found.officers_count, found.total.ordered_h) == (2, 4.0)
    alone = account(teller, sight=sight, officer="A")
    assert alone.officers_count == (1 if sight == "full" else 0), "a total of one tells of him"


def test_an_officer_sees_himself() -> None:
    teller = ordered()
    teller.register("B")
    teller.order("B", "r", "09:00", "11:00")
    assert [each.officer_id for each in account(teller, sight="counts", own="B").officers] == ["B"]


def test_pages_hold_every_officer_once_and_the_same_totals() -> None:
    teller = ordered()
    teller.register("B", "C")
    for each in ("B", "C"):
        teller.order(each, "r", "09:00", "11:00")
    pages = [account(teller, limit=2), account(teller, limit=2, after="B")]
    assert [[each.officer_id for each in page.officers] for page in pages] == [["A", "B"], ["C"]]
    assert [page.next_after for page in pages] == ["B", None]
    assert pages[0].total == pages[1].total


def test_names_are_there_if_they_may_be_read() -> None:
    teller = ordered()
    picture = teller.picture()
    ref = PersonalRef(ref="p", digest="d")
    picture.plan.officers["A"] = replace(picture.plan.officers["A"], person_ref=ref)
    asked = HoursAsked(days=[DAY], at=at("23:00"), sight="full", limit=9)
    found = account_of(picture, asked, lambda _: PersonalWords(name="Anggota 1", nrp="1"), {})
    assert (found.officers[0].name, found.officers[0].nrp) == ("Anggota 1", "1")


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)))


@given(spans, spans)
def test_intervals_are_sets_of_moments(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    a, b = (set().union(*(range(*each) for each in spans_)) for spans_ in (one, other))
    assert measure(united(one)) == len(a)
    assert measure(common(united(one), united(other))) == len(a & b)


@given(spans, st.integers(1, 20), st.integers(0, 100))
def test_stretches_hold_all_work_and_are_a_rest_apart(
    worked: list[tuple[int, int]], rest: int, longest: int
) -> None:
    found = stretches(united(worked), rest)
    assert sum(each.bound_ms for each in found) == measure(united(worked))
    assert all(b.starts_ms - a.ends_ms >= rest for a, b in pairwise(found))
    for each in found:
        full = each.full_at_ms(longest)
        assert (full <= each.ends_ms) == (each.bound_ms >= longest)
        if full <= each.ends_ms:
            held = common(each.parts, [(each.starts_ms, full)])
            assert measure(held) == longest


def test_the_plan_of_each_day_is_made_once_for_all_officers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan keeps a few days only, and makes others anew from all of its duties."""
    teller = Teller()
    teller.open()
    teller.register("A", "B", "C")
    numbers = range(plan.DAYS_KEPT + 2)
    for n in numbers:
        teller.plan(f"r{n}", f"{9 + 24 * n}:00", f"{11 + 24 * n}:00")
        for officer in "ABC":
            teller.order(officer, f"r{n}", f"{9 + 24 * n}:00", f"{11 + 24 * n}:00")
    picture, made = teller.picture(), list[tuple[int, int]]()

    class CountedDay(plan.DayPlan):
        def __init__(self, *parts: Any) -> None:
            made.append(parts[-1])
            super().__init__(*parts)

    monkeypatch.setattr(plan, "DayPlan", CountedDay)
    days = [(date.fromisoformat(DAY) + timedelta(n)).isoformat() for n in numbers]

    found = account_of(
        picture, HoursAsked(at=at("400:00"), days=days, sight="full", limit=9), lambda _: None, {}
    )

    assert found.total.duties == 3 * len(days)
    assert len(made) == len(set(made)) == len(days)
