"""Clocks that are off: lateness by the corrected time with both times shown, and a clock that hides it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pamwal.contracts import field
from pamwal.contracts.presences import DutyStand, OfficerPresences
from services.reporting.views.presences import presences_of
from tests.unit.reporting.telling import Teller, at, facts_of


@pytest.fixture
def teller() -> Teller:
    """x is ordered to a rally from 09:00 to 17:00, with 15 minutes of grace."""
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("a", "09:00", "17:00")
    teller.order("x", "a", "09:00", "17:00")
    return teller


def shown(teller: Teller, clock: str = "10:00") -> OfficerPresences:
    """What who may read of x is shown."""
    return presences_of(teller.picture(), "x", at(clock), sight="guarded")


def duty(teller: Teller, clock: str = "10:00") -> DutyStand:
    """How his one duty stands."""
    (found,) = shown(teller, clock).duties
    return found


def test_both_times_are_shown_where_the_clock_is_off_by_more_than_30_s(teller: Teller) -> None:
    """His phone says 09:05, but it was 09:25 when it said so."""
    teller.come("x", "a", "09:05", sent="09:05", recorded="09:25")
    (stay,) = shown(teller).stays
    assert (stay.began_at, stay.said_at) == (at("09:25"), at("09:05"))
    (witness,) = stay.witnesses
    assert (witness.at, witness.said_at, witness.skew_s) == (at("09:25"), at("09:05"), 20 * 60)
    stand = duty(teller)
    assert (stand.late, stand.late_min, stand.came_at, stand.said_at) == (True, 25, at("09:25"), at("09:05"))


def test_one_time_is_shown_where_the_difference_is_the_networks(teller: Teller) -> None:
    teller.come("x", "a", "09:14:50", sent="09:14:50", recorded="09:15:20")
    (stay,) = shown(teller).stays
    assert (stay.began_at, stay.said_at, stay.witnesses[0].skew_s) == (at("09:14:50"), None, None)
    assert (duty(teller).late, duty(teller).late_min) == (False, 0)


@pytest.mark.parametrize(("hours", "skew_s"), [(-24, 86_400), (24, -86_400)])
def test_a_phone_a_day_off_is_as_late_as_its_officer(teller: Teller, hours: int, skew_s: int) -> None:
    """It was 09:30; the phone showed the same hour of another day, and sent at once."""
    wrong = at("09:30").replace("-03T", f"-0{3 + hours // 24}T")
    told = teller.come("x", "a", "09:30")
    (fact,) = told.data.facts
    teller.told.pop()
    teller.decide([replace(fact, occurred_at=wrong, sent_at=wrong)], request_id="p")
    (stay,) = shown(teller).stays
    assert (stay.began_at, stay.said_at, stay.witnesses[0].skew_s) == (at("09:30"), wrong, skew_s)
    assert facts_of(teller.total("10:00")) == {
        "ordered": 1, "present": 1, "at_place": 1, "late": 1, "clock_corrected": 1,
    }  # fmt: skip


def test_a_phone_a_day_ahead_that_never_says_when_it_sent_is_corrected_to_when_it_was_heard(
    teller: Teller,
) -> None:
    told = teller.come("x", "a", "09:30")
    (fact,) = told.data.facts
    teller.told.pop()
    teller.decide([replace(fact, occurred_at=at("33:30"))], request_id="p")
    (stay,) = shown(teller).stays
    assert (stay.began_at, stay.said_at) == (at("09:30"), at("33:30"))
    total = teller.total("10:00")
    assert (total.late, total.clock_corrected) == (1, 1)


def test_a_phone_a_day_off_whose_queue_waited_is_not_late_for_that(teller: Teller) -> None:
    """Pressed at 08:55 and sent at 14:40, by a clock 24 hours behind."""
    told = teller.come("x", "a", "08:55", recorded="14:40")
    (fact,) = told.data.facts
    teller.told.pop()
    a_day_before = {
        "occurred_at": at("08:55").replace("-03T", "-02T"), "sent_at": at("14:40").replace("-03T", "-02T"),
    }  # fmt: skip
    teller.decide([replace(fact, **a_day_before)], request_id="p")
    stand = duty(teller, "15:00")
    assert (stand.late, stand.reported_late, stand.came_at) == (False, True, at("08:55"))
    assert stand.said_at == a_day_before["occurred_at"]


def test_a_clock_set_back_for_the_press_only_is_on_time_and_reported_late(teller: Teller) -> None:
    """He came at 10:00, pressed at a clock set back to 08:55, and set it right before it was sent."""
    teller.come("x", "a", "08:55", sent="10:00", recorded="10:00")
    stand = duty(teller, "10:05")
    assert (stand.late, stand.reported_late, stand.came_at) == (False, True, at("08:55"))
    (stay,) = shown(teller, "10:05").stays
    assert (stay.began_at, stay.heard_at) == (at("08:55"), at("10:00"))
    total = teller.total("10:05")
    assert (total.on_time, total.reported_late, total.late) == (1, 1, 0)


def test_a_clock_that_stays_set_back_is_measured_and_hides_nothing(teller: Teller) -> None:
    teller.come("x", "a", "08:55", sent="08:56", recorded="10:01")
    stand = duty(teller, "10:05")
    assert (stand.late, stand.late_min, stand.came_at) == (True, 60, at("10:00"))
    assert stand.said_at == at("08:55")


def test_the_beginning_of_a_rally_goes_by_the_corrected_time_too(teller: Teller) -> None:
    teller.observe(field.RallyStarted, "06:00", sent="06:00", recorded="09:10", rally_id="a", author="p")
    (row,) = teller.situation("10:00").rallies.rows
    assert row.started_at == at("09:10")


# --- who is shown what


def test_witnesses_are_listed_with_who_told_and_how(teller: Teller) -> None:
    teller.come("x", "a", "08:50", channel="app")
    teller.come("x", "a", "08:53", channel="radio", post="maulafa")
    teller.come("x", "a", "08:57", channel="chat", request_id="wrong")
    teller.come("x", "a", "09:30", channel="paper", precision="list", recorded="09:50")
    teller.void("wrong/0", clock="09:55")
    (stay,) = shown(teller).stays
    assert [(each.channel, each.post_id, each.precision) for each in stay.witnesses] == [
        ("app", "alak", "exact"),
        ("radio", "maulafa", "exact"),
        ("paper", "alak", "list"),
    ]
    assert (stay.deployment_id, stay.place) == ("x-a", "rally/a")


def test_a_relief_names_both(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.relieve("x", "y", "a", "12:00")
    (gone,) = shown(teller, "13:00").stays
    (come,) = presences_of(teller.picture(), "y", at("13:00"), sight="guarded").stays
    assert (gone.relieved_by, gone.ended_at, gone.relieves) == ("y", at("12:00"), None)
    assert (come.relieves, come.ended_at, come.deployment_id) == ("x", None, None)


def test_of_an_intel_officer_nothing_is_told_but_to_who_sees_everything(teller: Teller) -> None:
    teller.order("i", "a", "09:00", "17:00", role="intel")
    teller.come("i", "a", "08:55")
    hidden = presences_of(teller.picture(), "i", at("10:00"), sight="guarded")
    assert (hidden.stays, hidden.duties) == ([], [])
    seen = presences_of(teller.picture(), "i", at("10:00"), sight="full")
    assert (len(seen.stays), seen.duties[0].state) == (1, "at_place")


def test_only_the_days_stays_are_told_and_those_that_serve_it(teller: Teller) -> None:
    teller.order("x", "a", "24:30", "28:00", deployment_id="night")
    teller.come("x", "a", "23:50")
    today, tomorrow = (
        presences_of(teller.picture(), "x", at("25:00"), sight="full", day=day).stays
        for day in ("2024-10-03", "2024-10-04")
    )
    assert [len(today), len(tomorrow)] == [1, 1]
    assert presences_of(teller.picture(), "x", at("25:00"), sight="full", day="2024-10-05").stays == []
    assert presences_of(teller.picture(), "nobody", at("10:00"), sight="full").stays == []
