"""The rally-days the parity audit compares, out of the picture, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.parity import LeftOut
from pamwal.contracts.places import Venue
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import NoticeReceipt
from pamwal.contracts.zones import HOUR_MS
from services.reporting.parity.audit import audit_of
from services.reporting.parity.rally_days import RallyDay, RallyDays, rally_days_of
from services.reporting.parity.scope import SEED_MAX, Scope, seed_of
from tests.unit.reporting.telling import BATU_PLAT, DAY, SCHEDULING, Teller, at, picture_of

NONE_OUT = LeftOut(cancelled=0, not_begun=0, debates=0, several_pairs=0)


def plan(
    teller: Teller,
    rally_id: str,
    pairs: list[str],
    starts: str = "09:00",
    ends: str = "11:00",
    **more: Any,
) -> None:
    """A rally of some pairs, noticed at 05:00 and decided at the teller's clock."""
    told = {
        "kind": "dialogue",
        "version": 1,
        "expected_attendance": 100,
        "receipt": NoticeReceipt(number="STTP/1", received_at=at("05:00")),
    }
    teller.tell(
        scheduling.RallyPlanned,
        rally_id=rally_id,
        pairs=pairs,
        venue=Venue(venue_id=f"v-{rally_id}", name="Balai", kelurahan=BATU_PLAT),
        starts_at=at(starts),
        ends_at=at(ends),
        required={},
        **{**told, **more},
    )


def table(
    teller: Teller, clock: str = "12:00", *, sight: Sight = "full", days: tuple[str, ...] = (DAY,)
) -> RallyDays:
    return rally_days_of(teller.picture(), "walikota", days, at(clock), sight)


def row(teller: Teller, clock: str = "12:00", **more: Any) -> RallyDay:
    (found,) = table(teller, clock, **more).rows
    return found


@pytest.fixture
def teller() -> Teller:
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z", "w")
    return teller


def test_a_row_counts_officers_hours_lead_lateness_absence_and_incidents(teller: Teller) -> None:
    plan(teller, "p", ["walikota/3"])
    for officer in ("x", "y", "z", "w"):
        teller.order(officer, "p", "09:00", "11:00" if officer != "w" else "10:00")
    teller.excuse("w", "08:00", "12:00")
    teller.come("x", "p", "09:00")
    teller.come("y", "p", "09:30")
    teller.beat("alak", "11:00")
    for number, severity in enumerate(("minor", "minor", "severe")):
        teller.observe(
            field.IncidentReported,
            "10:00",
            incident_id=f"i{number}",
            kind="brawl",
            severity=severity,
            kelurahan=BATU_PLAT,
            place="rally/p",
            version=1,
            author="a",
        )
    assert row(teller) == RallyDay(
        day=DAY, rally_id="p", pair="walikota/3", officers=4, officer_ms=7 * HOUR_MS, expected=100,
        lead_ms=HOUR_MS, on_time=1, late=1, came=2, absent=1, incidents=(2, 0, 1, 0),
    )  # fmt: skip


def test_a_silent_posts_officers_are_not_absent(teller: Teller) -> None:
    plan(teller, "p", ["walikota/3"])
    teller.order("x", "p", "09:00", "11:00")
    found = row(teller)
    assert (found.came, found.absent, found.officers) == (0, 0, 1)


def test_intel_is_in_a_row_only_for_who_may_place_it_and_in_the_total_for_everybody(teller: Teller) -> None:
    plan(teller, "p", ["walikota/3"])
    teller.order("x", "p", "09:00", "11:00")
    teller.order("y", "p", "09:00", "11:00", role="intel")
    for sight, officers in (("full", 2), ("guarded", 1), ("counts", 1)):
        found = table(teller, sight=sight)  # type: ignore[arg-type]
        assert (found.rows[0].officers, found.officer_days) == (officers, 2)


def test_what_is_no_pairs_own_is_left_out_and_counted(teller: Teller) -> None:
    plan(teller, "joint", ["walikota/1", "walikota/2"])
    plan(teller, "debate", ["walikota/1"], kind="debate")
    plan(teller, "later", ["walikota/1"], "13:00", "14:00")
    plan(teller, "off", ["walikota/1"])
    teller.decide(
        [scheduling.RallyCancelled(id="c/0", version=2, rally_id="off", cause="c")], topic=SCHEDULING
    )
    plan(teller, "governor", ["gubernur/1"])
    plan(teller, "two-elections", ["gubernur/1", "walikota/2"])
    found = table(teller)
    assert [(each.rally_id, each.pair) for each in found.rows] == [("two-elections", "walikota/2")]
    assert found.left_out == LeftOut(cancelled=1, not_begun=1, debates=1, several_pairs=1)


def test_a_rally_over_midnight_is_one_row_on_the_day_it_begins(teller: Teller) -> None:
    plan(teller, "night", ["walikota/1"], "22:00", "26:00")
    teller.order("x", "night", "22:00", "26:00")
    found = table(teller, "27:00", days=("2024-10-03", "2024-10-04"))
    assert [(each.day, each.officers) for each in found.rows] == [("2024-10-03", 1)]
    assert found.officer_days == 2, "he is on duty on both days"


def test_lead_is_until_the_first_plan_whatever_the_order_of_arrival(teller: Teller) -> None:
    teller.clock = "06:00"
    plan(teller, "p", ["walikota/1"], stage="notified")
    teller.clock = "07:30"
    plan(teller, "p", ["walikota/1"], version=2)
    teller.clock = "08:00"
    plan(teller, "p", ["walikota/1"], version=3, expected_attendance=None)
    found = row(teller)
    assert (found.lead_ms, found.expected) == (HOUR_MS * 5 // 2, None)
    for told in (list(reversed(teller.told)), [*teller.told, *teller.told]):
        picture = picture_of(told).operations[teller.operation_id]
        assert rally_days_of(picture, "walikota", (DAY,), at("12:00"), "full").rows == [found]


def test_without_a_notice_or_an_expectation_the_measure_is_not_known(teller: Teller) -> None:
    plan(teller, "p", ["walikota/1"], receipt=None, expected_attendance=0)
    plan(teller, "q", ["walikota/2"])
    audit = audit_of(table(teller), scope(), permutations=19)
    assert (audit.pairs[0].pair, sorted(audit.pairs[0].means)) == (
        "walikota/1",
        ["incidents_extreme", "incidents_minor", "incidents_moderate", "incidents_severe", "officer_hours"],
    )


def scope(**more: Any) -> Scope:
    told: dict[str, Any] = {
        "operation_id": "turangga", "election": "walikota", "first_day": DAY, "last_day": DAY,
        "at": at("12:00"), "vector": {"a-0": 5, "b-0": 7}, "sight": "full",
    }  # fmt: skip
    return Scope(**{**told, **more})


def test_the_seed_follows_from_what_was_asked_and_the_vector() -> None:
    assert seed_of(scope()) == seed_of(scope(vector={"b-0": 7, "a-0": 5}, at=at("13:00"), sight="counts"))
    others = [scope(vector={"a-0": 6, "b-0": 7}), scope(election="gubernur"), scope(first_day="2024-10-01")]
    assert len({seed_of(each) for each in (scope(), *others)}) == 4
    assert 0 <= seed_of(scope()) <= SEED_MAX
    table = RallyDays(rows=[], left_out=NONE_OUT, officer_days=0)
    assert audit_of(table, scope()).seed == seed_of(scope())
    assert audit_of(table, scope(), seed=3).seed == 3


def test_with_one_pair_or_no_difference_nothing_is_tested_and_that_is_said(teller: Teller) -> None:
    plan(teller, "p", ["walikota/1"])
    plan(teller, "q", ["walikota/1"])
    alone = audit_of(table(teller), scope())
    assert (alone.tests, alone.flags, alone.comparisons) == ([], 0, 0)
    assert "nothing to compare" in alone.says.en
    plan(teller, "r", ["walikota/2"])
    equal = audit_of(table(teller), scope())
    assert (equal.tests, len(equal.not_tested), equal.rally_days) == ([], 9, 3)


def test_pairs_are_in_the_order_of_their_numbers(teller: Teller) -> None:
    for number in (10, 2, 1):
        plan(teller, f"p{number}", [f"walikota/{number}"])
        teller.order("x", f"p{number}", "09:00", "11:00", deployment_id=f"d{number}")
    teller.order("y", "p2", "09:00", "11:00")
    audit = audit_of(table(teller), scope(), permutations=99)
    assert [pair.pair for pair in audit.pairs] == ["walikota/1", "walikota/2", "walikota/10"]
    most = next(each for each in audit.tests if (each.pair, each.measure) == ("walikota/2", "officer_hours"))
    assert (most.mean, most.others_mean, most.percent, most.rally_days) == (4.0, 2.0, 100.0, 1)
    assert most.says.en.startswith("Pair 2 received 100 % more officer-hours per rally than the others")
    assert most.says.id.startswith("Paslon 2 mendapat 100 % lebih banyak jam personel per kegiatan")
    assert not most.flagged
    assert "nothing unusual" in most.says.en
    assert "does not prove" in audit.says.en
