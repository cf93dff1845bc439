"""Each kind of alert: when it is found, when it is not, and why it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.field import SourceReset
from pamwal.contracts.instants import from_ms
from pamwal.contracts.numbers import SOURCES_MAX
from pamwal.contracts.reporting_alerts import AlertKind, AlertRetracted
from pamwal.contracts.scheduling import NoticeReceipt, Policy
from pamwal.contracts.scheduling.deployments import DeploymentAcknowledged
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, Teller, at, at_ms
from tests.unit.reporting.watcher import Watcher

PLACE = "rally/a"
Tell = Callable[[Teller], Any]


def told(*, required: int = 1, policy: Policy | None = None, **more: Any) -> Teller:
    """An officer of two ordered to a rally in Maulafa from 09:00 to 11:00."""
    teller = Teller()
    teller.open(policy)
    teller.register("KPG-1", "KPG-2", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": required}, **more)
    teller.order("KPG-1", "a", "09:00", "11:00")
    return teller


def watching(teller: Teller, kind: AlertKind) -> Watcher:
    return Watcher(teller, only=(kind,))


def why(watcher: Watcher) -> str:
    """Why the last alert of the kind was retracted."""
    [kind] = watcher.only
    found = [fact for fact in watcher.facts if isinstance(fact, AlertRetracted)]
    return next(fact.reason for fact in reversed(found) if fact.alert_id.startswith(kind))


# -- uncovered ---------------------------------------------------------------------------------------------


def test_a_place_is_uncovered_two_hours_before_and_until_enough_are_ordered() -> None:
    teller = told(required=2)
    watcher = watching(teller, "uncovered")
    assert watcher.judge("06:59") == []
    assert watcher.judge("07:00") == [("raised", "uncovered", PLACE)]
    raised = watcher.standing[PLACE].raised
    assert (raised.episode, raised.place) == (at("07:00"), PLACE)
    assert raised.counts == {"required": 2, "ordered": 1, "missing": 1}
    teller.order("KPG-2", "a", "09:00", "11:00")
    assert watcher.judge("07:30") == [("retracted", "uncovered", PLACE)]
    assert why(watcher) == "filled"


def test_a_shift_that_ends_without_another_leaves_a_site_uncovered_at_once() -> None:
    teller = Teller()
    teller.open()
    teller.register("KPG-1")
    teller.guard("g", "00:00", "23:59")
    teller.order("KPG-1", "site/g", "00:00", "08:00")
    watcher = watching(teller, "uncovered")
    assert watcher.judge("01:00") == []
    assert watcher.run("08:00") == [(at("08:00"), ("raised", "uncovered", "site/g"))]


@pytest.mark.parametrize(
    ("tell", "reason"),
    [
        (lambda teller: teller.tell(scheduling.RallyCancelled, 2, rally_id="a", cause="hujan"), "released"),
        (lambda teller: teller.move("a", "15:00", "17:00", deployments=["KPG-1-a"]), "changed"),
        (lambda _: None, "over"),
    ],
)
def test_why_a_place_is_not_uncovered_any_more(tell: Tell, reason: str) -> None:
    teller = told(required=2)
    watcher = watching(teller, "uncovered")
    watcher.judge("08:00")
    tell(teller)
    clock = "11:00" if reason == "over" else "08:10"
    assert watcher.judge(clock) == [("retracted", "uncovered", PLACE)]
    assert why(watcher) == reason


# -- understrength -----------------------------------------------------------------------------------------


def test_a_rally_with_fewer_there_than_needed_is_understrength_after_the_grace() -> None:
    teller = told(required=2)
    teller.order("KPG-2", "a", "09:00", "11:00")
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    teller.beat("maulafa", "09:10")
    watcher = watching(teller, "understrength")
    assert watcher.judge("09:15") == []
    assert watcher.judge("09:16") == [("raised", "understrength", PLACE)]
    stand = watcher.standing[PLACE]
    assert stand.raised.counts == {"required": 2, "present": 1, "missing": 1, "unknown": 0}
    assert not stand.unconfirmed
    teller.come("KPG-2", "a", "09:20", post="maulafa")
    assert watcher.judge("09:20") == [("retracted", "understrength", PLACE)]
    assert why(watcher) == "filled"


def test_who_stands_there_without_an_order_fills_the_place() -> None:
    teller = told(required=2)
    teller.register("KPG-9", home_post="maulafa")
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    teller.come("KPG-9", "a", "09:05", post="maulafa")
    watcher = watching(teller, "understrength")
    assert watcher.judge("09:16") == []


def test_an_id_on_no_roster_fills_no_place() -> None:
    teller = told(required=2)
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = watching(teller, "understrength")
    assert watcher.judge("09:16") == [("raised", "understrength", PLACE)]
    teller.come("KPG-9999", "a", "09:17", post="maulafa")
    assert watcher.judge("09:18") == []
    teller.register("KPG-9999", home_post="maulafa")
    assert watcher.judge("09:19") == [("retracted", "understrength", PLACE)]


def test_a_weakness_that_silence_explains_is_unconfirmed() -> None:
    teller = told(required=2)
    teller.order("KPG-2", "a", "09:00", "11:00")
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = Watcher(teller, only=("understrength", "silent_post"))
    watcher.judge("09:16")
    stand = watcher.standing[PLACE]
    assert (stand.unconfirmed, stand.under) == (True, watcher.standing["post/maulafa"].alert_id)


def test_what_the_field_ended_is_not_understrength_any_more() -> None:
    teller = told()
    teller.beat("maulafa", "09:10")
    watcher = watching(teller, "understrength")
    watcher.judge("09:16")
    teller.observe(
        field.RallyStarted, "09:00", recorded="09:17", post="maulafa", rally_id="a", author="padal"
    )
    teller.observe(field.RallyEnded, "09:20", post="maulafa", rally_id="a", author="padal")
    assert watcher.judge("09:20") == [("retracted", "understrength", PLACE)]
    assert why(watcher) == "over"


def test_intel_is_judged_apart_and_only_for_who_may_place_it() -> None:
    teller = Teller()
    teller.open()
    teller.register("KPG-1", "KPG-2", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": 1, "intel": 1})
    teller.order("KPG-1", "a", "09:00", "11:00")
    watcher = watching(teller, "uncovered")
    assert watcher.judge("08:00") == [("raised", "uncovered", f"{PLACE}/intel")]
    assert watcher.standing[f"{PLACE}/intel"].raised.intel


# -- orders and overstays ----------------------------------------------------------------------------------


def test_an_order_nobody_acknowledged_is_told_an_hour_before() -> None:
    teller = told()
    watcher = watching(teller, "order_unacknowledged")
    assert watcher.judge("07:59") == []
    assert watcher.judge("08:00") == [("raised", "order_unacknowledged", PLACE)]
    assert watcher.standing[PLACE].raised.officers == ["KPG-1"]
    teller.step(DeploymentAcknowledged, "KPG-1-a", 2, by="KPG-1")
    assert watcher.judge("08:10") == [("retracted", "order_unacknowledged", PLACE)]
    assert why(watcher) == "acknowledged"


def test_orders_of_one_place_are_waited_for_until_the_last_has_come() -> None:
    teller = told()
    teller.order("KPG-2", "a", "09:00", "11:00")
    watcher = watching(teller, "order_unacknowledged")
    assert watcher.judge("08:30") == [("raised", "order_unacknowledged", PLACE)]
    assert watcher.standing[PLACE].raised.officers == ["KPG-1", "KPG-2"]
    teller.come("KPG-1", "a", "08:40", post="maulafa")
    assert watcher.judge("08:40") == []
    teller.come("KPG-2", "a", "08:50", post="maulafa")
    assert watcher.judge("08:50") == [("retracted", "order_unacknowledged", PLACE)]


@pytest.mark.parametrize(
    ("tell", "clock", "reason"),
    [
        (lambda teller: teller.come("KPG-1", "a", "08:50", post="maulafa"), "08:50", "seen"),
        (lambda teller: teller.cancel_order("KPG-1", "a"), "08:50", "released"),
        (lambda _: None, "11:00", "over"),
    ],
)
def test_why_an_order_is_not_waited_for_any_more(tell: Tell, clock: str, reason: str) -> None:
    teller = told()
    watcher = watching(teller, "order_unacknowledged")
    watcher.judge("08:30")
    tell(teller)
    assert watcher.judge(clock) == [("retracted", "order_unacknowledged", PLACE)]
    assert why(watcher) == reason


def test_where_no_acknowledgement_is_asked_for_none_is_missed() -> None:
    watcher = watching(told(policy=Policy(acknowledgement="none")), "order_unacknowledged")
    assert watcher.judge("08:30") == []


def test_an_officer_not_seen_going_is_looked_for_an_hour_after_his_duty() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = watching(teller, "overstay")
    assert watcher.judge("12:00") == []
    assert watcher.judge("12:01") == [("raised", "overstay", PLACE)]
    assert watcher.standing[PLACE].raised.counts == {"officers": 1}
    teller.go("KPG-1", "a", "12:05", post="maulafa")
    assert watcher.judge("12:05") == [("retracted", "overstay", PLACE)]
    assert why(watcher) == "gone"


def test_who_has_another_duty_there_does_not_overstay() -> None:
    teller = told()
    teller.order("KPG-1", "a", "11:00", "14:00", deployment_id="d-2")
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = watching(teller, "overstay")
    assert watcher.judge("12:30") == []
    assert watcher.judge("15:01") == [("raised", "overstay", PLACE)]


def test_a_forgotten_check_out_expires() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = watching(teller, "overstay")
    watcher.judge("12:01")
    assert watcher.judge("47:00") == []
    assert watcher.judge("48:00") == [("retracted", "overstay", PLACE)]
    assert why(watcher) == "expired"


# -- notices -----------------------------------------------------------------------------------------------


def test_a_rally_without_a_receipt_is_unnoticed_a_day_before() -> None:
    teller = told(receipt=False)
    watcher = watching(teller, "unnoticed_rally")
    day_before = from_ms(at_ms("09:00") - 24 * 3_600_000)
    watcher.judge("00:00")
    assert watcher.standing[PLACE].raised.episode == day_before
    receipt = NoticeReceipt(number="STTP/7", received_at=at("05:00"))
    teller.tell(scheduling.RallyNoticed, 2, rally_id="a", receipt=receipt)
    assert watcher.judge("06:00") == [("retracted", "unnoticed_rally", PLACE)]
    assert why(watcher) == "noticed"


def test_a_debate_needs_no_receipt() -> None:
    watcher = watching(told(receipt=False, kind="debate"), "unnoticed_rally")
    assert watcher.judge("08:00") == []


@pytest.mark.parametrize(
    ("tell", "clock", "said", "reason"),
    [
        (
            lambda teller: teller.tell(scheduling.RallyCancelled, 2, rally_id="a", cause="hujan"),
            "06:00", ["retracted"], "released",
        ),
        (
            lambda teller: teller.move("a", "15:00", "17:00", deployments=[]),
            "16:00", ["retracted", "raised"], "changed",
        ),
        (lambda _: None, "48:00", ["retracted"], "expired"),
    ],
)  # fmt: skip
def test_why_a_rally_is_not_unnoticed_any_more(tell: Tell, clock: str, said: list[str], reason: str) -> None:
    teller = told(receipt=False)
    watcher = watching(teller, "unnoticed_rally")
    watcher.judge("00:00")
    tell(teller)
    assert [word for word, _, _ in watcher.judge(clock)] == said
    assert why(watcher) == reason


# -- incidents ---------------------------------------------------------------------------------------------


def report(teller: Teller, clock: str, severity: str = "severe") -> None:
    teller.observe(
        field.IncidentReported, clock, request_id="r1", incident_id="i1", version=1, kind="crowd_clash",
        severity=severity, kelurahan=BATU_PLAT, author="post",
    )  # fmt: skip


def advance(teller: Teller, clock: str, state: str, version: int) -> None:
    teller.observe(
        field.IncidentAdvanced, clock, incident_id="i1", version=version, state=state, author="post"
    )


def test_an_incident_is_overdue_until_verified_and_then_until_contained() -> None:
    teller = told()
    report(teller, "09:00")
    watcher = watching(teller, "overdue_incident")
    watcher.judge("09:01")
    unverified = (at("09:15:00.001"), ("raised", "overdue_incident", "incident/i1"))
    assert watcher.run("09:20") == [unverified]
    assert watcher.standing["incident/i1"].raised.evidence == ["r1/0"]
    advance(teller, "09:21", "verified", 2)
    assert watcher.judge("09:21") == [("retracted", "overdue_incident", "incident/i1")]
    assert why(watcher) == "stepped"
    uncontained = (at("11:00:00.001"), ("raised", "overdue_incident", "incident/i1"))
    assert watcher.run("11:30") == [uncontained]
    advance(teller, "11:40", "contained", 3)
    assert [word for word, _, _ in watcher.judge("11:40")] == ["retracted"]


def test_an_incident_told_hours_later_is_due_from_when_it_was_heard() -> None:
    teller = told()
    teller.observe(
        field.IncidentReported, "06:00", recorded="09:00", incident_id="i1", version=1, kind="fire",
        severity="severe", kelurahan=BATU_PLAT, author="post",
    )  # fmt: skip
    watcher = watching(teller, "overdue_incident")
    assert watcher.judge("09:14") == []
    assert watcher.judge("09:16") == [("raised", "overdue_incident", "incident/i1")]


@pytest.mark.parametrize(
    ("tell", "reason"),
    [
        (lambda teller: teller.void("r1/0", clock="09:20"), "released"),
        (
            lambda teller: teller.observe(
                field.IncidentAmended, "09:20", incident_id="i1", severity="minor", author="post"
            ),
            "changed",
        ),
        (lambda teller: advance(teller, "09:20", "unfounded", 2), "stepped"),
    ],
)
def test_why_an_incident_is_not_overdue_any_more(tell: Tell, reason: str) -> None:
    teller = told()
    report(teller, "09:00")
    watcher = watching(teller, "overdue_incident")
    watcher.judge("09:16")
    tell(teller)
    assert [word for word, _, _ in watcher.judge("09:20")] == ["retracted"]
    assert why(watcher) == reason


# -- polls -------------------------------------------------------------------------------------------------


def test_a_poll_that_is_over_misses_who_did_not_answer() -> None:
    teller = told()
    teller.observe(
        field.PollStarted, "10:00", post="maulafa", request_id="par", postid="maulafa", poll_id="par",
        author="a", window_min=15, officers=["KPG-1", "KPG-2"],
    )  # fmt: skip
    watcher = watching(teller, "missed_par")
    watcher.judge("10:01")
    assert watcher.run("10:20") == [(at("10:15"), ("raised", "missed_par", "poll/par"))]
    raised = watcher.standing["poll/par"].raised
    assert (raised.counts, raised.evidence) == ({"asked": 2, "missed": 2}, ["par/0"])
    for officer in ("KPG-1", "KPG-2"):
        assert "poll/par" in watcher.standing
        teller.observe(
            field.PollAcked, "10:25", poll_id="par", officer_id=officer, author="padal",
            said_as="field_commander",
        )  # fmt: skip
        watcher.judge("10:25")
    assert why(watcher) == "accounted"


# -- numbers -----------------------------------------------------------------------------------------------

DEVICE = "/posts/maulafa/devices/app"
GAP = "posts/maulafa/devices/app"


def test_numbers_that_never_came_are_missing_once_nothing_waits_at_the_post() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    teller.beat("maulafa", "09:00", queue=2, highest={DEVICE: 3})
    watcher = watching(teller, "sequence_gap")
    assert watcher.judge("09:00") == []
    teller.beat("maulafa", "09:05", queue=0, highest={DEVICE: 3})
    assert watcher.judge("09:05") == [("raised", "sequence_gap", GAP)]
    raised = watcher.standing[GAP].raised
    assert (raised.episode, raised.counts) == ("2", {"missing": 2, "first": 2, "last": 3})
    teller.beat("maulafa", "09:10", queue=1, highest={DEVICE: 3})
    assert watcher.judge("09:10") == [], "more waits there, and these have not come"
    for clock in ("09:11", "09:12"):
        teller.come("KPG-2", "a", clock, post="maulafa")
    assert watcher.judge("09:12") == [("retracted", "sequence_gap", GAP)]
    assert why(watcher) == "arrived"


def test_a_source_that_is_reset_misses_no_numbers_and_its_alert_says_why() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    teller.beat("maulafa", "09:05", queue=0, highest={DEVICE: 4})
    watcher = watching(teller, "sequence_gap")
    assert watcher.judge("09:05") == [("raised", "sequence_gap", GAP)]
    teller.observe(SourceReset, "09:06", source=DEVICE, up_to=3, author="head")
    assert watcher.judge("09:06") == [("retracted", "sequence_gap", GAP), ("raised", "sequence_gap", GAP)]
    assert watcher.standing[GAP].raised.counts == {"missing": 1, "first": 4, "last": 4}
    teller.observe(SourceReset, "09:07", source=DEVICE, up_to=4, author="head")
    assert watcher.judge("09:07") == [("retracted", "sequence_gap", GAP)]
    assert why(watcher) == "reset"
    row = next(row for row in teller.situation("09:08").posts.rows if row.post_id == "maulafa")
    assert row.missing == 0
    teller.beat("maulafa", "09:09", queue=0, highest={DEVICE: 5})
    assert watcher.judge("09:09") == [("raised", "sequence_gap", GAP)], "what is given out later is watched"


def test_the_newest_reset_of_a_source_holds_so_that_a_mistyped_one_can_be_taken_back() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    watcher = watching(teller, "sequence_gap")
    teller.observe(SourceReset, "09:00", source=DEVICE, up_to=2_000_000_000, author="head")
    teller.beat("maulafa", "09:05", queue=0, highest={DEVICE: 4})
    assert watcher.judge("09:05") == []
    teller.observe(SourceReset, "09:06", source=DEVICE, up_to=1, author="head")
    assert watcher.judge("09:06") == [("raised", "sequence_gap", GAP)]
    assert watcher.standing[GAP].raised.counts == {"missing": 3, "first": 2, "last": 4}


def test_a_number_that_reporting_answered_itself_is_not_missing() -> None:
    teller = told()
    teller.come("KPG-1", "a", "08:55", post="maulafa")
    teller.beat("maulafa", "09:05", queue=0, highest={DEVICE: 3})
    watcher = watching(teller, "sequence_gap")
    for number, outcome in ((2, "accepted"), (3, "refused")):
        watcher.hear_own(DEVICE, number, outcome)
    assert watcher.judge("09:05") == []


def test_a_number_out_of_all_bounds_is_no_gap_and_hides_none() -> None:
    """Given numbers 1 and 2,147,483,647 of a device whose post says that it gave out three."""
    teller = told()
    for number in (1, 2_147_483_647):
        teller.decide([], post="maulafa", channel="app", sequence=number)
    watcher = watching(teller, "sequence_gap")
    teller.beat("maulafa", "09:05", queue=0, highest={DEVICE: 1})
    assert watcher.judge("09:05") == []
    teller.beat("maulafa", "09:06", queue=0, highest={DEVICE: 3})
    assert watcher.judge("09:06") == [("raised", "sequence_gap", GAP)]
    assert watcher.standing[GAP].raised.counts == {"missing": 2, "first": 2, "last": 3}
    teller.decide([], post="maulafa", channel="app", sequence=4)
    for number in (2, 3):
        teller.decide([], post="maulafa", channel="app", sequence=number)
    assert watcher.judge("09:07") == [("retracted", "sequence_gap", GAP)]
    row = next(row for row in teller.situation("09:07").posts.rows if row.post_id == "maulafa")
    assert row.missing == 0


def test_of_a_post_that_names_ever_new_devices_only_so_many_are_kept() -> None:
    watcher = watching(told(), "sequence_gap")
    for number in range(SOURCES_MAX + 5):
        watcher.hear_own(f"{DEVICE}{number}", 1, "accepted")
    assert len(watcher.state.asked["exercise"]["maulafa"]) == SOURCES_MAX
