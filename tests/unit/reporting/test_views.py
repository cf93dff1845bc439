"""Rallies by state, incidents, posts, and what each reader may see (domain section 5)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.field import IncidentState
from pamwal.contracts.reporting import Sight
from services.reporting.claims import check_claims
from tests.unit.reporting.telling import BATU_PLAT, SCHEDULING, Teller, at, name_of


@pytest.fixture
def teller() -> Teller:
    """An operation with one rally from 09:00 to 11:00."""
    teller = Teller()
    teller.open()
    teller.register("x", "spy")
    teller.plan("a", "09:00", "11:00", required={"guard": 1, "intel": 1})
    return teller


@pytest.mark.parametrize(
    ("clock", "state"), [("08:59", "planned"), ("09:00", "active"), ("10:59", "active"), ("11:00", "ended")]
)
def test_a_rally_is_active_within_its_hours(teller: Teller, clock: str, state: str) -> None:
    rallies = teller.situation(clock).rallies
    assert [row.state for row in rallies.rows] == [state]
    assert (rallies.planned, rallies.active, rallies.ended) == (
        int(state == "planned"), int(state == "active"), int(state == "ended"),
    )  # fmt: skip


def test_a_moved_rally_keeps_its_receipt_and_a_cancelled_one_needs_nobody(teller: Teller) -> None:
    venue = teller.picture().plan.rallies["a"].venue
    moved = scheduling.RallyMoved(
        id="m/0", version=2, rally_id="a", venue=venue, starts_at=at("13:00"), ends_at=at("15:00")
    )
    cancelled = scheduling.RallyCancelled(id="c/0", version=3, rally_id="a", cause="rain")
    teller.decide([moved], topic=SCHEDULING)
    (row,) = teller.situation("13:30").rallies.rows
    assert (row.state, row.starts_at, row.unnoticed) == ("active", at("13:00"), False)
    teller.decide([cancelled], topic=SCHEDULING)
    situation = teller.situation("13:30")
    assert (situation.rallies.cancelled, situation.total.required_total, situation.venues) == (1, 0, [])


def test_without_a_receipt_a_rally_is_unnoticed_until_one_comes_and_a_debate_never_is(teller: Teller) -> None:
    teller.plan("b", "09:00", "11:00", receipt=False)
    teller.plan("d", "09:00", "11:00", receipt=False, kind="debate")
    assert teller.situation("09:00").rallies.unnoticed == 1
    receipt = scheduling.NoticeReceipt(number="STTP/9", received_at=at("08:00"))
    noticed = scheduling.RallyNoticed(id="n/0", version=2, rally_id="b", receipt=receipt)
    teller.decide([noticed], topic=SCHEDULING)
    assert teller.situation("09:00").rallies.unnoticed == 0


def test_the_newest_entry_of_the_roster_and_plan_of_a_rally_hold_whatever_comes_last(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.register("x", satgas="gakkum", version=3)
    teller.register("x", satgas="humas", version=2)
    teller.plan("a", "13:00", "15:00", version=3)
    teller.plan("a", "16:00", "18:00", version=2)
    situation = teller.situation("12:00")
    assert [row.satgas_id for row in situation.satgas if row.strength.ordered] == ["gakkum"]
    assert situation.rallies.rows[0].starts_at == at("13:00")


def test_posts_heard_within_the_silence_the_policy_allows(teller: Teller) -> None:
    teller.beat("alak", "09:00")
    teller.beat("maulafa", "09:10", queue=7)
    posts = teller.situation("09:15").posts
    assert (posts.heard, posts.total, posts.silent_post_min) == (2, 2, 15)
    posts = teller.situation("09:15:01").posts
    assert (posts.heard, [row.silent for row in posts.rows]) == (1, [True, False])
    assert [(row.last_heard, row.queue_length) for row in posts.rows] == [
        (at("09:00"), 0), (at("09:10"), 7),
    ]  # fmt: skip


def test_a_post_nobody_listed_shows_and_does_not_count(teller: Teller) -> None:
    teller.beat("ghost", "09:00")
    posts = teller.situation("09:01").posts
    assert (posts.heard, posts.total, [row.listed for row in posts.rows]) == (0, 2, [True, True, False])


def tell_incident(
    teller: Teller, incident_id: str, severity: field.Severity, *, clock: str = "09:10"
) -> None:
    """One incident is reported."""
    teller.decide(
        [
            field.IncidentReported(
                id=f"{incident_id}/0", occurred_at=at(clock), recorded_at=at(clock), incident_id=incident_id,
                version=1, kind="traffic_jam", severity=severity, kelurahan=BATU_PLAT, author="post",
            )
        ],
        request_id=incident_id,
    )  # fmt: skip


def advance(teller: Teller, incident_id: str, version: int, state: IncidentState, **more: Any) -> None:
    """One incident takes one step."""
    fact = field.IncidentAdvanced(
        id=f"{incident_id}-{version}/0", occurred_at=at("09:20"), recorded_at=at("09:20"),
        incident_id=incident_id, version=version, state=state, author="post", **more,
    )  # fmt: skip
    teller.decide([fact])


def test_incidents_by_state_and_severity(teller: Teller) -> None:
    tell_incident(teller, "i1", "minor")
    tell_incident(teller, "i2", "severe")
    tell_incident(teller, "i3", "severe")
    advance(teller, "i1", 3, "closed")
    advance(teller, "i1", 2, "verified")
    advance(teller, "i2", 2, "verified")
    incidents = teller.situation("10:00").incidents
    assert incidents.open == 2
    assert incidents.by_state == {"closed": 1, "reported": 1, "verified": 1}
    assert incidents.by_severity == {"severe": 2}
    assert [row.incident_id for row in incidents.rows] == ["i3", "i2", "i1"]


def test_a_voided_report_leaves_the_witness_and_without_one_nothing(teller: Teller) -> None:
    tell_incident(teller, "i1", "severe")
    witness = field.IncidentWitnessed(
        id="w/0", occurred_at=at("09:12"), recorded_at=at("09:12"), incident_id="i1", kind="traffic_jam",
        severity="minor", kelurahan=BATU_PLAT, author="other",
    )  # fmt: skip
    teller.decide([witness], request_id="w")
    teller.void("i1/0")
    (row,) = teller.situation("10:00").incidents.rows
    assert (row.severity, row.reports) == ("minor", 1)
    teller.void("w/0")
    assert teller.situation("10:00").incidents.rows == []


def test_a_step_that_waits_is_shown_until_it_is_settled(teller: Teller) -> None:
    tell_incident(teller, "i1", "minor")
    held = field.IncidentStepHeld(
        id="h/0", occurred_at=at("09:15"), recorded_at=at("09:15"), incident_id="i1", step="assigned",
        author="post",
    )  # fmt: skip
    teller.decide([held])
    assert teller.situation("10:00").incidents.rows[0].held == 1
    settled = field.IncidentAdvanced(
        id="v/1", occurred_at=at("09:15"), recorded_at=at("09:15"), incident_id="i1", version=3,
        state="assigned", author="post", of="h/0",
    )  # fmt: skip
    teller.decide([settled])
    row = teller.situation("10:00").incidents.rows[0]
    assert (row.held, row.state) == (0, "assigned")


def test_a_step_that_lost_its_place_waits_again(teller: Teller) -> None:
    """Verified at 09:20; a later word says it was unfounded before that, so what followed holds no longer."""
    tell_incident(teller, "i1", "minor")
    advance(teller, "i1", 2, "verified")
    advance(teller, "i1", 3, "unfounded", after=1)
    row = teller.situation("10:00").incidents.rows[0]
    assert (row.state, row.held) == ("unfounded", 1)


def test_who_was_assigned_stays_so_while_he_goes_there(teller: Teller) -> None:
    tell_incident(teller, "i1", "minor")
    advance(teller, "i1", 2, "verified")
    advance(teller, "i1", 3, "assigned", assignee="NTT-0001")
    advance(teller, "i1", 4, "on_scene")
    row = teller.situation("10:00").incidents.rows[0]
    assert (row.state, row.assignee) == ("on_scene", "NTT-0001")


@pytest.fixture
def with_intel(teller: Teller) -> Teller:
    """A guard and an intel officer at one rally, both there."""
    teller.order("x", "a", "09:00", "11:00")
    teller.order("spy", "a", "09:00", "11:00", role="intel")
    teller.come("x", "a", "08:50")
    teller.come("spy", "a", "08:51")
    tell_incident(teller, "i1", "minor")
    return teller


@pytest.mark.parametrize(("sight", "placed"), [("counts", 1), ("guarded", 1), ("full", 2)])
def test_intel_is_counted_in_totals_and_placed_only_for_the_chief(
    with_intel: Teller, sight: Sight, placed: int
) -> None:
    situation = with_intel.situation("10:00", sight)
    assert (situation.total.ordered, situation.total.present) == (2, 2)
    assert situation.satgas[0].strength.present == 2
    for rows in (situation.venues, situation.kelurahan, situation.kecamatan):
        (row,) = rows
        assert (row.strength.ordered, row.strength.present) == (placed, placed)
        assert ("intel" in row.strength.required) == (sight == "full")


@pytest.mark.parametrize(("sight", "placed"), [("guarded", 0), ("full", 1)])
def test_intel_at_the_wrong_place_or_without_an_order_is_not_placed_either(
    teller: Teller, sight: Sight, placed: int
) -> None:
    teller.plan("b", "09:00", "11:00")
    teller.order("spy", "a", "09:00", "11:00", role="intel")
    teller.come("spy", "b", "09:05")
    row = next(row for row in teller.situation("09:30", sight).venues if row.venue_id == "v-b")
    assert row.strength.wrong_place == placed


def test_a_viewer_gets_counts_only(with_intel: Teller) -> None:
    situation = with_intel.situation("10:00", "counts")
    assert (situation.rallies.active, situation.incidents.open, situation.posts.total) == (1, 1, 2)
    assert (situation.rallies.rows, situation.incidents.rows, situation.posts.rows) == ([], [], [])


@pytest.mark.parametrize("sight", ["counts", "guarded", "full"])
def test_no_situation_names_an_officer(with_intel: Teller, sight: Sight) -> None:
    text = msgspec.json.encode(with_intel.situation("10:00", sight)).decode()
    assert '"x"' not in text
    assert "spy" not in text


@pytest.mark.parametrize(("sight", "named"), [("counts", []), ("guarded", ["x"]), ("full", ["spy", "x"])])
def test_a_claim_counts_intel_and_names_it_to_the_chief_only(
    with_intel: Teller, sight: Sight, named: list[str]
) -> None:
    asked = ClaimsToCheck(stated=Stated(officers=2, present=2))
    checked = check_claims(with_intel.picture(), asked, at("10:00"), sight=sight, name_of=name_of, vector={})
    assert checked.flags == 0
    for claim in checked.claims:
        assert (claim.counted, [each.code for each in claim.behind]) == (2, named)


def test_claims_are_counted_over_the_day_asked_for(teller: Teller) -> None:
    asked = ClaimsToCheck(stated=Stated(rallies=1, venues=1), day="2024-10-04")
    checked = check_claims(teller.picture(), asked, at("10:00"), sight="full", name_of=name_of, vector={})
    assert [(each.counted, each.flag, each.difference) for each in checked.claims] == [(0, True, 1)] * 2
