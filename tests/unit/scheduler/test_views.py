"""What the plan looks like: calendar, duties, open acknowledgements, load, gaps, who is free."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from pamwal.contracts.claims import Claims
from pamwal.contracts.duty_reads import CalendarView, CoverageView
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.load_reads import FreeView, HoursView
from pamwal.contracts.scheduling import (
    Attachment,
    CloseDay,
    DeploymentRole,
    DeploymentRow,
    DiscardProposal,
    Order,
    OrderReserved,
    Policy,
    ProposeDeployments,
    RegisterOfficers,
    Release,
    ReserveDeployments,
    StandDownDeployments,
    Swap,
    SwapDeployments,
)
from services.scheduler.deciding.state import Deployment, Operation
from services.scheduler.views.calendar import CalendarAsked, calendar_of
from services.scheduler.views.coverage import coverage_of, gaps_in
from services.scheduler.views.duties import duties_of, unacknowledged
from services.scheduler.views.free import FreeAsked, free_view
from services.scheduler.views.hours import hours_view
from services.scheduler.views.operation import operation_view
from services.scheduler.views.places import ALWAYS, Window, place_of, window_of
from services.scheduler.views.proposals import proposal_view, proposals_view
from services.scheduler.views.rallies import rallies_view, sites_view
from services.scheduler.views.roster import OfficersAsked, officer_view, officers_of
from services.scheduler.views.sight import sight_of
from tests.unit.scheduler import asked as said
from tests.unit.scheduler.asked import (
    ADMIN,
    OPS_HEAD,
    Plan,
    absence,
    absences,
    acknowledge,
    at,
    cancel,
    cancel_rally,
    claims,
    entry,
    notice,
    opened,
    orders,
    plan,
    planned,
    post_of,
    site,
    sites,
)

OFFICER = claims("officer", officer="k-1")
DAY = "2024-10-03"


def order(
    deployment_id: str,
    officer_id: str = "k-1",
    rally_id: str = "oebobo-1",
    starts: str = "16:00",
    **more: Any,
) -> Order:
    """One officer at one rally, to its end if nothing else is said."""
    ends, role = more.pop("ends", "20:00"), more.pop("role", "guard")
    plain = said.order(deployment_id, officer_id, rally_id, starts, ends, role)
    return msgspec.structs.replace(plain, **more)


def roster(*ids: str, **more: Any) -> RegisterOfficers:
    return RegisterOfficers(officers=[entry(each, **more) for each in ids])


def operation_of(given: Plan) -> Operation:
    assert given.state.operation is not None
    return given.state.operation


def stand_down(deployment_id: str, clock: str) -> StandDownDeployments:
    return StandDownDeployments(rows=[Release(deployment_id=deployment_id, at=at(clock))])


def day_of(given: Plan, day: str = DAY) -> Window:
    return window_of(day, operation_of(given).zone)


# -- the operation, rallies, sites, the roster -------------------------------------------------------------


def test_the_operation_tells_its_calendar_patterns_and_closed_days() -> None:
    given = opened(patterns={"small": {"guard": 8}})
    given.must(CloseDay(day="2024-10-02"))

    seen = operation_view(given.state, operation_of(given))

    assert (seen.patterns, seen.days_closed, seen.closed) == ({"small": {"guard": 8}}, ["2024-10-02"], False)
    assert (seen.starts_on, seen.ends_on) == ("2024-09-25", "2024-11-23")
    assert seen.calendar == operation_of(given).calendar


def test_a_notified_rally_is_noticed_once_its_receipt_is_there() -> None:
    given = opened()
    given.must(plan("oebobo-1", stage="notified"))
    before = rallies_view(
        given.state, sight_of(given.state, OPS_HEAD), operation_of(given).zone, DAY, None
    ).rallies[0]
    given.must(notice("oebobo-1"))
    after = rallies_view(
        given.state, sight_of(given.state, OPS_HEAD), operation_of(given).zone, DAY, None
    ).rallies[0]

    assert [(each.status, each.unnoticed) for each in (before, after)] == [
        ("notified", True),
        ("noticed", False),
    ]


def test_what_is_reserved_is_not_counted_as_ordered() -> None:
    given = planned()
    given.must(orders(order("d1")))
    given.must(ReserveDeployments(orders=[order("d2", "k-2")]))

    found = rallies_view(given.state, sight_of(given.state, OPS_HEAD), "Asia/Makassar", None, None)
    seen = {each.rally_id: each for each in found.rallies}

    assert (seen["oebobo-1"].ordered, seen["oebobo-1"].reserved) == (1, 1)


def test_sites_are_those_guarded_on_the_day() -> None:
    given = opened()
    given.must(sites(site("kpu"), site("gudang", starts_at=at("08:00", 5), ends_at=at("20:00", 6))))

    def ids(day: str) -> list[str]:
        sight = sight_of(given.state, OPS_HEAD)
        return [each.site_id for each in sites_view(given.state, sight, day_of(given, day), withdrawn=False)]

    assert (ids("2024-10-05"), ids("2024-10-07")) == (["gudang", "kpu"], ["kpu"])


@pytest.mark.parametrize(
    ("starts", "ends", "found"),
    [
        ("15:00", "17:00", True),
        ("16:59", "17:01", False),
        ("19:00", "20:00", True),
        ("12:00", "23:00", False),
    ],
)
def test_an_absence_from_17_to_19_takes_an_officer_out_of_the_available_half_open(
    starts: str, ends: str, *, found: bool
) -> None:
    given = planned()
    given.must(absences(absence(officer_id="k-1", starts_at=at("17:00"), ends_at=at("19:00"))))
    asked = OfficersAsked(available=Window(at(starts), at(ends)))

    assert ("k-1" in {each.officer_id for each in officers_of(given.state, asked)}) is found


def test_an_attached_officer_is_available_within_the_loan_only() -> None:
    given = opened()
    loan = Attachment(operation_id="ntt", loan_id="l1", starts_at=at("08:00"), ends_at=at("18:00"))
    given.must(roster("k-1", attachment=loan))

    def available(starts: str, ends: str) -> bool:
        return any(officers_of(given.state, OfficersAsked(available=Window(at(starts), at(ends)))))

    assert (available("08:00", "18:00"), available("17:00", "18:01")) == (True, False)


def test_the_roster_is_filtered_and_shows_absences_by_start() -> None:
    given = planned()
    given.must(roster("k-4", unit="Sat Samapta", satgas="gakkum", skills=["traffic"]))
    given.must(
        absences(
            absence("late", "k-4", starts_at=at("20:00"), ends_at=at("21:00")),
            absence("early", "k-4", starts_at=at("08:00"), ends_at=at("09:00")),
        )
    )

    for asked in (
        OfficersAsked(unit="Sat Samapta"),
        OfficersAsked(satgas="gakkum"),
        OfficersAsked(skill="traffic"),
    ):
        assert [each.officer_id for each in officers_of(given.state, asked)] == ["k-4"]
    seen = officer_view(given.state, given.state.officers["k-4"])
    assert [each.id for each in seen.absences] == ["early", "late"]


# -- calendar ----------------------------------------------------------------------------------------------


def calendar(
    given: Plan, by: Claims = OPS_HEAD, *, after: str = "", limit: int = 100, **asked: Any
) -> CalendarView:
    found = CalendarAsked(**asked)
    window = window_of(found.day, operation_of(given).zone)
    sight = sight_of(given.state, by)
    return calendar_of(given.state, operation_of(given), sight, found, window, after=after, limit=limit)


def places(view: CalendarView) -> list[str]:
    return [each.place for each in view.entries]


def test_a_rally_across_midnight_is_on_both_days_and_none_else() -> None:
    given = opened()
    given.must(plan("oebobo-1", starts_at=at("22:00", 3), ends_at=at("01:00", 4)))
    given.must(plan("lasiana-1", starts_at=at("22:00", 3), ends_at=at("00:00", 4)))

    assert places(calendar(given, day="2024-10-03")) == ["rally/lasiana-1", "rally/oebobo-1"]
    assert places(calendar(given, day="2024-10-04")) == ["rally/oebobo-1"]
    assert places(calendar(given, day="2024-10-05")) == []


def test_the_calendar_is_asked_by_venue_pair_and_officer() -> None:
    given = planned()
    given.must(plan("oebobo-2", "08:00", "09:00", pairs=["walikota/5"]))
    given.must(orders(order("d1"), order("d2", "k-2", "lasiana-1")))

    assert places(calendar(given, pair="walikota/5")) == ["rally/oebobo-2"]
    assert places(calendar(given, venue="v-53.71.04.1001")) == ["rally/oebobo-2", "rally/oebobo-1"]
    own = calendar(given, officer="k-2")
    assert places(own) == ["rally/lasiana-1"]
    assert [each.deployment_id for each in own.entries[0].duties] == ["d2"]


def test_the_calendar_counts_the_day_it_is_asked_for_only() -> None:
    given = planned()
    given.must(sites(site("kpu")))
    given.must(orders(order("d1", place="site/kpu", starts_at=at("08:00", 4), ends_at=at("12:00", 4))))

    def ordered(day: str) -> int:
        return next(each.ordered for each in calendar(given, day=day).entries if each.place == "site/kpu")

    assert (ordered("2024-10-03"), ordered("2024-10-04")) == (0, 1)


def test_pages_of_the_calendar_join_to_the_whole() -> None:
    given = planned()
    given.must(sites(site("kpu")))
    whole, found, after = places(calendar(given)), [], ""

    for _ in whole:
        page = calendar(given, after=after, limit=1)
        found += places(page)
        after = page.next_after or ""

    assert found == whole
    assert (len(whole), after) == (4, "")


def test_a_calendar_by_officer_hides_intel_from_a_post() -> None:
    given = planned()
    given.must(orders(order("d1", role="intel")))

    assert places(calendar(given, post_of("oebobo"), officer="k-1")) == []
    assert places(calendar(given, OFFICER, officer="k-1")) == ["rally/oebobo-1"]


# -- duties and acknowledgement ----------------------------------------------------------------------------


def test_an_officers_duties_are_in_order_and_name_the_padal() -> None:
    given = planned()
    given.must(
        orders(
            order("d1", starts="18:00", ends="20:00"),
            order("d0", starts="08:00", ends="09:00"),
            order("p", "k-2", role="field_commander"),
        )
    )
    given.must(cancel("d0"))
    sight, policy = sight_of(given.state, OFFICER), operation_of(given).policy

    def ids(*, released: bool) -> list[str]:
        seen = duties_of(given.state, policy, "k-1", sight, ALWAYS, released=released)
        return [each.deployment_id for each in seen.duties]

    assert (ids(released=False), ids(released=True)) == (["d1"], ["d0", "d1"])
    duty = duties_of(given.state, policy, "k-1", sight, ALWAYS, released=False).duties[0]
    assert (duty.padal, duty.place_name, duty.kelurahan) == (["k-2"], "Lapangan", "53.71.04.1001")


def test_an_officer_sees_nobody_elses_duties_and_a_padal_those_he_leads() -> None:
    given = planned()
    given.must(
        orders(order("d1"), order("d2", "k-2", role="field_commander"), order("d3", "k-3", "lasiana-1"))
    )
    policy = operation_of(given).policy

    def seen(by: Claims, whose: str) -> list[str]:
        sight = sight_of(given.state, by)
        found = duties_of(given.state, policy, whose, sight, ALWAYS, released=True)
        return [each.deployment_id for each in found.duties]

    padal = claims("field_commander", officer="k-2")
    assert (seen(OFFICER, "k-1"), seen(OFFICER, "k-2")) == (["d1"], [])
    assert (seen(padal, "k-1"), seen(padal, "k-3")) == (["d1"], [])


def waiting(given: Plan, policy: Policy, by: Claims = OPS_HEAD) -> list[tuple[str, list[str], list[str]]]:
    seen = unacknowledged(given.state, policy, sight_of(given.state, by), ALWAYS, after="", limit=100)
    assert seen.total == sum(len(each.deployments) for each in seen.places)
    return [
        (each.place, each.padal, [duty.deployment_id for duty in each.deployments]) for each in seen.places
    ]


def test_open_acknowledgements_are_grouped_by_place_with_its_padal() -> None:
    given = planned()
    given.must(
        orders(order("d1"), order("p", "k-2", role="field_commander"), order("d3", "k-3", "lasiana-1"))
    )
    given.must(acknowledge("p"))

    assert waiting(given, Policy(acknowledgement="padal")) == [
        ("rally/lasiana-1", [], ["d3"]),
        ("rally/oebobo-1", ["k-2"], ["d1"]),
    ]
    assert waiting(given, Policy(acknowledgement="none")) == []
    padal = claims("field_commander", officer="k-2")
    assert waiting(given, Policy(), padal) == [("rally/oebobo-1", ["k-2"], ["d1"])]


def test_what_is_reserved_waits_for_no_acknowledgement_until_it_is_ordered() -> None:
    given = planned()
    given.must(ReserveDeployments(orders=[order("d1")]))
    assert waiting(given, Policy(acknowledgement="each")) == []

    given.must(OrderReserved(sprin="SPRIN/1", rows=[DeploymentRow(deployment_id="d1")]))

    assert waiting(given, Policy(acknowledgement="each")) == [("rally/oebobo-1", [], ["d1"])]


# -- load --------------------------------------------------------------------------------------------------


def hours(given: Plan, by: Claims = OPS_HEAD, window: Window = ALWAYS, **asked: Any) -> HoursView:
    officers = officers_of(given.state, OfficersAsked(**asked))
    return hours_view(given.state, officers, sight_of(given.state, by), window, 100)


def test_load_is_counted_to_the_real_end_and_over_those_with_none() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2")))
    given.must(stand_down("d1", "18:00"))

    seen = hours(given)

    assert [(each.officer_id, each.hours) for each in seen.officers] == [
        ("k-2", 4.0),
        ("k-1", 2.0),
        ("k-3", 0.0),
    ]
    spread = seen.spread
    assert spread is not None
    assert (spread.min_h, spread.max_h, spread.mean_h, spread.median_h, spread.sum_h) == (0, 4, 2, 2, 6)
    assert spread.deviation_h == pytest.approx(math.sqrt(8 / 3), abs=0.001)


def test_pages_of_the_load_join_to_the_whole() -> None:
    given = planned()
    given.must(roster(*(f"k-{number}" for number in range(4, 12))))
    given.must(orders(order("d1"), order("d2", "k-2"), order("d3", "k-7", ends="17:40")))
    officers, sight = list(officers_of(given.state, OfficersAsked())), sight_of(given.state, OPS_HEAD)
    whole = hours(given)

    found, after = [], None
    for _ in range(6):
        page = hours_view(given.state, officers, sight, ALWAYS, 2, after)
        found += page.officers
        if page.next_after is None:
            break
        last, _, officer_id = page.next_after.partition(",")
        after = float(last), officer_id

    assert found == whole.officers
    assert len(found) == 11


def test_load_within_units_and_without_anybody() -> None:
    given = planned()
    given.must(roster("k-4", unit="Sat Samapta"))
    given.must(orders(order("d1", "k-4")))

    seen = hours(given)

    assert [(each.unit, each.spread.officers, each.spread.max_h) for each in seen.units] == [
        ("Sat Samapta", 1, 4.0),
        ("Sektor Oebobo", 3, 0.0),
    ]
    nobody = hours(given, unit="none such")
    assert (nobody.spread, nobody.units, nobody.officers) == (None, [], [])


def test_a_night_counts_for_each_day_its_own_part_and_reserved_hours_stand_apart() -> None:
    given = planned()
    given.must(sites(site("kpu")))
    given.must(orders(order("d1", place="site/kpu", starts_at=at("22:00", 3), ends_at=at("03:00", 4))))
    given.must(ReserveDeployments(orders=[order("d2", "k-2")]))

    def of(day: str, officer_id: str) -> tuple[float, float]:
        row = next(
            each for each in hours(given, window=day_of(given, day)).officers if each.officer_id == officer_id
        )
        return row.hours, row.reserved_h

    assert [of(day, "k-1") for day in ("2024-10-03", "2024-10-04")] == [(2.0, 0.0), (3.0, 0.0)]
    assert of("2024-10-03", "k-2") == (0.0, 4.0)


def test_hours_on_intel_are_told_to_the_head_only() -> None:
    given = planned()
    given.must(orders(order("d1", role="intel")))

    head, post = hours(given), hours(given, post_of("oebobo"))

    assert (head.complete, head.officers[0].hours) == (True, 4.0)
    assert (post.complete, post.officers[0].hours) == (False, 0.0)


# -- gaps --------------------------------------------------------------------------------------------------


def coverage(
    given: Plan, by: Claims = OPS_HEAD, *, covered: bool = False, window: Window = ALWAYS
) -> CoverageView:
    return coverage_of(given.state, sight_of(given.state, by), window, covered=covered, after="", limit=100)


def guarded(*shifts: tuple[str, str]) -> Plan:
    """Given one guard needed at Oebobo from 16:00 to 20:00, and those shifts."""
    given = opened()
    given.must(roster(*(f"k-{number}" for number in range(len(shifts)))))
    given.must(plan("oebobo-1", required={"guard": 1}))
    for number, (starts, ends) in enumerate(shifts):
        given.must(orders(order(f"d{number}", f"k-{number}", starts=starts, ends=ends)))
    return given


@pytest.mark.parametrize(
    ("shifts", "gaps"),
    [
        ([], [("16:00", "20:00")]),
        ([("16:00", "20:00")], []),
        ([("15:00", "21:00")], []),
        ([("16:00", "18:00"), ("18:00", "20:00")], []),
        ([("16:00", "18:00"), ("18:01", "20:00")], [("18:00", "18:01")]),
        ([("17:00", "18:00")], [("16:00", "17:00"), ("18:00", "20:00")]),
        ([("16:00", "18:00"), ("17:00", "19:00")], [("19:00", "20:00")]),
    ],
)
def test_gaps_are_half_open(shifts: list[tuple[str, str]], gaps: list[tuple[str, str]]) -> None:
    found = [gap for each in coverage(guarded(*shifts)).places for gap in each.gaps]

    assert [(gap.starts_at, gap.ends_at, gap.lacking) for gap in found] == [
        (at(starts), at(ends), {"guard": 1}) for starts, ends in gaps
    ]


def test_required_stands_against_ordered_role_by_role() -> None:
    given = opened()
    given.must(roster("k-1", "k-2"))
    given.must(plan("oebobo-1", required={"guard": 2, "field_commander": 1}))
    given.must(orders(order("d1"), order("d2", "k-2", role="escort")))

    seen = coverage(given).places[0]

    assert [(each.role, each.required, each.ordered) for each in seen.roles] == [
        ("guard", 2, 1),
        ("field_commander", 1, 0),
        ("escort", 0, 1),
    ]
    assert [gap.lacking for gap in seen.gaps] == [{"guard": 1, "field_commander": 1}]


def test_a_place_without_strength_is_a_gap_while_nobody_is_there() -> None:
    given = opened()
    given.must(roster("k-1"))
    given.must(plan("oebobo-1", required={}))
    given.must(orders(order("d1", starts="17:00", ends="20:00")))

    assert [(gap.starts_at, gap.ends_at, gap.lacking) for gap in coverage(given).places[0].gaps] == [
        (at("16:00"), at("17:00"), {})
    ]


def test_reserved_covers_nothing_and_stood_down_covers_to_its_end() -> None:
    given = guarded(("16:00", "20:00"))
    given.must(stand_down("d0", "19:00"))
    given.must(roster("k-9"))
    given.must(ReserveDeployments(orders=[order("d9", "k-9", starts="19:00", ends="20:00")]))

    assert [(gap.starts_at, gap.ends_at) for gap in coverage(given).places[0].gaps] == [
        (at("19:00"), at("20:00"))
    ]


def test_a_cancelled_rally_lacks_nobody_and_a_covered_one_is_shown_if_asked_for() -> None:
    given = guarded(("16:00", "20:00"))
    given.must(plan("lasiana-1"))
    given.must(cancel_rally("lasiana-1"))

    assert coverage(given).places == []
    assert [each.place for each in coverage(given, covered=True).places] == ["rally/oebobo-1"]


def test_a_post_is_not_told_where_intel_lacks_and_a_padal_not_what_he_does_not_lead() -> None:
    given = opened()
    given.must(roster("k-1", "k-2"))
    given.must(plan("oebobo-1", required={"intel": 2}))
    given.must(plan("lasiana-1", required={"guard": 9}))
    given.must(orders(order("d1", role="intel"), order("d2", "k-2", "lasiana-1", role="field_commander")))

    def seen(by: Claims) -> dict[str, list[str]]:
        return {
            each.place: [one.role for one in each.roles] for each in coverage(given, by, covered=True).places
        }

    assert seen(OPS_HEAD)["rally/oebobo-1"] == ["intel"]
    assert seen(post_of("oebobo"))["rally/oebobo-1"] == []
    assert list(seen(claims("field_commander", officer="k-2"))) == ["rally/lasiana-1"]


MINUTE_MS = 60_000
START_MS = to_ms(at("16:00"))
shift = st.tuples(st.sampled_from(["guard", "escort"]), st.integers(-5, 30), st.integers(1, 20))


@for_all(
    st.dictionaries(st.sampled_from(["guard", "escort"]), st.integers(1, 3)), st.lists(shift, max_size=8)
)
def test_the_sweep_says_of_each_minute_what_counting_says(
    required: dict[DeploymentRole, int], shifts: list[tuple[DeploymentRole, int, int]]
) -> None:
    deployed = [_on_shift(role, start, start + length) for role, start, length in shifts]

    gaps = gaps_in(required, deployed, from_ms(START_MS), from_ms(START_MS + 30 * MINUTE_MS))

    for minute in range(30):
        moment = from_ms(START_MS + minute * MINUTE_MS)
        there = [each.role for each in deployed if each.starts_at <= moment < each.ends_at]
        counted = {
            role: need - there.count(role) for role, need in required.items() if there.count(role) < need
        }
        told = [gap.lacking for gap in gaps if gap.starts_at <= moment < gap.ends_at]
        assert told == ([counted] if counted or (not required and not there) else [])
    for first, second in pairwise(gaps):
        assert first.ends_at < second.starts_at or first.lacking != second.lacking


def _on_shift(role: DeploymentRole, start_min: int, end_min: int) -> Deployment:
    return Deployment(
        deployment_id=f"{role}-{start_min}-{end_min}",
        officer_id="k-1",
        place="rally/oebobo-1",
        role=role,
        starts_at=from_ms(START_MS + start_min * MINUTE_MS),
        ends_at=from_ms(START_MS + end_min * MINUTE_MS),
        sprin="S",
        postid="oebobo",
        status="ordered",
        version=1,
    )


# -- who is free -------------------------------------------------------------------------------------------


def free(given: Plan, starts: str, ends: str, place: str | None = None, by: Claims = OPS_HEAD) -> FreeView:
    asked = FreeAsked(starts_at=at(starts), ends_at=at(ends), place=place, why=True)
    officers = officers_of(given.state, OfficersAsked())
    return free_view(given.state, operation_of(given), officers, by, sight_of(given.state, by), asked)


def busy() -> Plan:
    """Given officers of whom each is kept by another rule, or by none, from 16:00 to 20:00 at Oebobo."""
    given = opened(policy=Policy(travel="refuse"))
    given.must(roster(*(f"k-{number}" for number in range(1, 9))))
    for rally_id in ("oebobo-1", "lasiana-1", "sikumana-1"):
        given.must(plan(rally_id, "06:00", "22:00"))
    given.must(absences(absence(officer_id="k-2", starts_at=at("19:00"), ends_at=at("23:00"))))
    given.must(
        orders(
            order("d1", "k-1", "oebobo-1", starts="18:00", ends="19:00"),
            order("d3", "k-3", "lasiana-1", starts="14:00", ends="15:59"),
            order("d4", "k-4", "oebobo-1", starts="07:00", ends="16:00"),
            order("d5", "k-5", "oebobo-1", starts="15:00", ends="16:00"),
            order("d6", "k-6", "sikumana-1", starts="14:00", ends="15:00"),
            order("d7", "k-7", "lasiana-1", starts="21:00", ends="22:00"),
        )
    )
    return given


def test_who_is_free_is_told_nearest_first_and_what_keeps_the_others() -> None:
    seen = free(busy(), "16:00", "20:00", "rally/oebobo-1")

    assert [each.officer_id for each in seen.free] == ["k-5", "k-6", "k-7", "k-8"]
    assert [each.near for each in seen.free] == [
        "rally/oebobo-1",
        "rally/sikumana-1",
        "rally/lasiana-1",
        None,
    ]
    distances = [each.distance_m for each in seen.free]
    assert distances[0] == 0
    assert distances[3] is None
    assert 0 < (distances[1] or 0) < (distances[2] or 0) < 20_000
    assert {each.officer_id: each.code for each in seen.bound} == {
        "k-1": "double_booked",
        "k-2": "officer_unavailable",
        "k-3": "cannot_arrive",
        "k-4": "over_duty",
    }
    assert (seen.free_count, seen.bound_count) == (4, 4)


@pytest.mark.parametrize("place", ["oebobo-1", "lasiana-1", "sikumana-1"])
@pytest.mark.parametrize(
    ("starts", "ends"), [("16:00", "20:00"), ("06:00", "07:00"), ("15:59", "18:00"), ("19:00", "21:00")]
)
def test_whoever_is_told_free_can_be_ordered_and_nobody_else(place: str, starts: str, ends: str) -> None:
    given = busy()
    seen = {each.officer_id for each in free(given, starts, ends, f"rally/{place}").free}

    for officer_id in sorted(given.state.officers):
        asked = orders(order("new", officer_id, place, starts=starts, ends=ends))
        verdict = busy().ask(asked)
        assert (verdict.reason is None) == (officer_id in seen), (officer_id, verdict.reason)


def test_a_duty_behind_a_rest_says_nothing_of_where_somebody_is() -> None:
    given = planned()
    given.must(orders(order("d1", "k-1", "sikumana-1", starts="16:00", ends="17:00")))
    asked = FreeAsked(starts_at=at("08:00", 4), ends_at=at("09:00", 4))

    seen = free_view(
        given.state,
        operation_of(given),
        officers_of(given.state, OfficersAsked()),
        OPS_HEAD,
        sight_of(given.state, OPS_HEAD),
        asked,
    )

    assert [(each.officer_id, each.near) for each in seen.free] == [
        ("k-1", None),
        ("k-2", None),
        ("k-3", None),
    ]


# -- drafts, and places ------------------------------------------------------------------------------------


def test_a_draft_is_summed_up_shown_without_intel_and_closed_when_thrown_away() -> None:
    given = planned()
    given.must(ProposeDeployments(proposal_id="p1", orders=[order("d1"), order("d2", "k-2", role="intel")]))

    for by, ids, complete in ((OPS_HEAD, ["d1", "d2"], True), (post_of("oebobo"), ["d1"], False)):
        sight = sight_of(given.state, by)
        summary = proposals_view(given.state, sight, every=False).proposals[0]
        assert (summary.orders, summary.officers, summary.places, summary.open) == (
            len(ids),
            len(ids),
            1,
            True,
        )
        seen = proposal_view(given.state.proposals["p1"], sight)
        assert ([each.deployment_id for each in seen.orders], seen.complete) == (ids, complete)

    given.must(DiscardProposal(proposal_id="p1"))
    assert proposals_view(given.state, sight, every=False).proposals == []
    assert [each.open for each in proposals_view(given.state, sight, every=True).proposals] == [False]


def test_an_admin_sees_no_intel_and_a_successor_is_seen_like_any_other() -> None:
    given = planned()
    given.must(orders(order("d1", role="intel"), order("d2", "k-2")))
    swap = Swap(release=DeploymentRow(deployment_id="d2"), deployment_id="d3", officer_id="k-3")
    given.must(SwapDeployments(sprin="SPRIN/1", cause="ill", rows=[swap]))
    sight = sight_of(given.state, ADMIN)

    assert [each for each, known in sorted(given.state.deployments.items()) if sight.sees(known)] == [
        "d2",
        "d3",
    ]


def test_an_unknown_place_is_none_and_a_withdrawn_officer_is_not_listed() -> None:
    given = planned()

    assert place_of(given.state, "rally/none") is None
    assert place_of(given.state, "site/none") is None
    assert [each.officer_id for each in officers_of(given.state, OfficersAsked(unit=entry("x").unit))] == [
        "k-1",
        "k-2",
        "k-3",
    ]


def test_open_acknowledgements_are_read_place_by_place() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2", "lasiana-1"), order("d3", "k-3", "sikumana-1")))
    sight, found, after = sight_of(given.state, OPS_HEAD), [], ""

    for _ in range(3):
        page = unacknowledged(given.state, Policy(), sight, ALWAYS, after=after, limit=1)
        assert page.total == 3
        found += [each.place for each in page.places]
        after = page.next_after or ""

    assert (found, after) == (["rally/lasiana-1", "rally/oebobo-1", "rally/sikumana-1"], "")
