"""Alerts: raised once an episode, retracted with the reason, unconfirmed while only silence says so."""

from __future__ import annotations

from typing import Final

import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.reporting_alerts import (
    AcknowledgeAlerts,
    AlertRetracted,
    AssignAlerts,
    SnoozeAlerts,
    alert_id,
)
from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Watcher

NO_SHOW: Final = "no_show"
SILENT: Final = "silent_post"
DUTY = "deployment/KPG-1-a"


@pytest.fixture
def teller() -> Teller:
    """An officer ordered to a rally in Maulafa from 09:00 to 11:00; grace and silence are 15 minutes."""
    teller = Teller()
    teller.open()
    teller.register("KPG-1", "KPG-2", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA)
    teller.order("KPG-1", "a", "09:00", "11:00")
    return teller


@pytest.fixture
def watcher(teller: Teller) -> Watcher:
    return Watcher(teller, only=(NO_SHOW, SILENT))


def beats(teller: Teller, *clocks: str, post: str = "maulafa") -> None:
    for clock in clocks:
        teller.beat(post, clock)


def last_retracted(watcher: Watcher) -> AlertRetracted:
    return next(
        fact
        for fact in reversed(watcher.facts)
        if isinstance(fact, AlertRetracted) and fact.alert_id.startswith((NO_SHOW, SILENT))
    )


def test_an_officer_nobody_saw_is_missed_when_the_grace_is_over(teller: Teller, watcher: Watcher) -> None:
    beats(teller, "09:10")
    assert watcher.judge("09:15") == []
    assert watcher.again_at == at("09:15:00.001")
    assert watcher.judge("09:15:00.001") == [("raised", NO_SHOW, DUTY)]
    raised = watcher.standing[DUTY].raised
    assert (raised.episode, raised.since, raised.unconfirmed) == (at("09:15"), at("09:15"), False)
    assert (raised.place, raised.posts, raised.officers) == ("rally/a", ["maulafa"], ["KPG-1"])
    assert raised.evidence == ["order-KPG-1-a-1/0"]
    assert raised.alert_id == alert_id(NO_SHOW, DUTY, at("09:15"))


def test_a_check_in_that_comes_late_retracts_it_and_is_its_evidence(teller: Teller, watcher: Watcher) -> None:
    beats(teller, "09:10")
    watcher.judge("09:16")
    teller.come("KPG-1", "a", "09:05", recorded="09:20", post="maulafa", request_id="came")
    assert watcher.judge("09:20") == [("retracted", NO_SHOW, DUTY)]
    assert (last_retracted(watcher).reason, last_retracted(watcher).evidence) == ("seen", ["came/0"])
    assert watcher.judge("09:21") == []


def test_what_is_taken_back_raises_it_again_in_the_same_episode(teller: Teller, watcher: Watcher) -> None:
    beats(teller, "09:10")
    watcher.judge("09:16")
    teller.come("KPG-1", "a", "09:05", recorded="09:20", post="maulafa", request_id="came")
    watcher.judge("09:20")
    teller.void("came/0", clock="09:22")
    assert watcher.judge("09:22") == [("raised", NO_SHOW, DUTY)]
    stand = watcher.standing[DUTY]
    assert (stand.version, stand.times) == (3, 2)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (lambda teller: teller.cancel_order("KPG-1", "a"), "released"),
        (lambda teller: teller.move("a", "15:00", "17:00", deployments=["KPG-1-a"]), "released"),
        (lambda teller: teller.excuse("KPG-1", "08:00", "12:00"), "excused"),
        (lambda teller: teller.call("09:18", missing={"KPG-1": "sakit"}, post="maulafa"), "excused"),
        (lambda teller: teller.come("KPG-1", "b", "09:18", post="maulafa"), "seen"),
        (lambda teller: teller.tell(scheduling.OperationClosed, 2, cause="over"), "operation_closed"),
    ],
)
def test_each_way_an_absence_ends_has_its_reason(
    teller: Teller, watcher: Watcher, told: object, reason: str
) -> None:
    beats(teller, "09:10")
    watcher.judge("09:16")
    assert callable(told)
    told(teller)
    assert watcher.judge("09:20") == [("retracted", NO_SHOW, DUTY)]
    assert last_retracted(watcher).reason == reason


def test_an_absence_nobody_can_act_on_any_more_expires_the_second_day_after(
    teller: Teller, watcher: Watcher
) -> None:
    beats(teller, "09:10", "10:50")
    watcher.judge("09:16")
    assert watcher.judge("47:59") == []
    assert watcher.judge("48:00") == [("retracted", NO_SHOW, DUTY)]
    assert last_retracted(watcher).reason == "expired"
    assert watcher.judge("48:01") == []


def test_a_post_that_is_silent_while_duty_is_done_is_called_so_once(teller: Teller, watcher: Watcher) -> None:
    beats(teller, "08:50", "09:20")
    teller.come("KPG-1", "a", "09:00", post="maulafa")
    assert watcher.judge("09:35") == []
    assert watcher.again_at == at("09:35:00.001")
    assert watcher.judge("09:36") == [("raised", SILENT, "post/maulafa")]
    assert watcher.standing["post/maulafa"].raised.episode == at("09:20")
    assert watcher.judge("10:30") == []
    assert watcher.judge("12:00") == [], "it is silent also when the duty is over"
    teller.beat("maulafa", "12:10")
    assert watcher.judge("12:10") == [("retracted", SILENT, "post/maulafa")]
    assert last_retracted(watcher).reason == "heard"
    assert len(last_retracted(watcher).evidence) == 1


def test_a_post_without_duty_to_report_may_be_silent(teller: Teller, watcher: Watcher) -> None:
    assert watcher.judge("08:59") == []
    beats(teller, "10:55")
    teller.come("KPG-1", "a", "09:00", recorded="10:55", post="maulafa")
    assert watcher.judge("10:55") == []
    assert watcher.judge("11:30") == []


def test_a_post_is_given_its_time_from_the_beginning_of_duty(teller: Teller, watcher: Watcher) -> None:
    assert watcher.judge("09:15") == []
    assert watcher.judge("09:15:00.001") == [
        ("raised", SILENT, "post/maulafa"),
        ("raised", NO_SHOW, DUTY),
    ]
    assert watcher.standing["post/maulafa"].raised.episode == "never"


def test_a_post_that_closed_its_day_is_not_called_silent(teller: Teller, watcher: Watcher) -> None:
    teller.come("KPG-1", "a", "09:00", post="maulafa")
    teller.observe(
        field.PostClosed, "09:10", post="maulafa", postid="maulafa", day="2024-10-03", zone="Asia/Makassar",
        author="x",
    )  # fmt: skip
    assert watcher.judge("10:30") == []


def test_what_a_silent_post_explains_is_unconfirmed_and_grouped_under_it(
    teller: Teller, watcher: Watcher
) -> None:
    beats(teller, "08:55")
    watcher.judge("09:16")
    silent, missed = watcher.standing["post/maulafa"], watcher.standing[DUTY]
    assert (missed.unconfirmed, missed.under) == (True, silent.alert_id)


def test_it_stays_unconfirmed_until_the_queue_is_home_and_then_is_certain(
    teller: Teller, watcher: Watcher
) -> None:
    teller.order("KPG-2", "a", "09:00", "11:00")
    beats(teller, "08:55")
    watcher.judge("09:16")
    teller.beat("maulafa", "10:00", queue=1, highest={"/posts/maulafa/devices/app": 1})
    assert watcher.judge("10:00") == [], "it speaks again, and has more to tell"
    teller.come("KPG-1", "a", "09:02", recorded="10:01", post="maulafa")
    assert watcher.judge("10:01") == [
        ("retracted", SILENT, "post/maulafa"),
        ("retracted", NO_SHOW, DUTY),
        ("revised", NO_SHOW, "deployment/KPG-2-a"),
    ]
    assert not watcher.standing["deployment/KPG-2-a"].unconfirmed
    assert watcher.totals == {"AlertRaised": 3, "AlertRetracted": 2, "AlertRevised": 1}


def test_deadlines_alone_find_everything_that_comes_by_the_clock(teller: Teller, watcher: Watcher) -> None:
    beats(teller, "08:55", "09:10")
    watcher.judge("08:56")
    said = watcher.run("12:00")
    assert said == [
        (at("09:15:00.001"), ("raised", NO_SHOW, DUTY)),
        (at("09:25:00.001"), ("revised", NO_SHOW, DUTY)),
        (at("09:25:00.001"), ("raised", SILENT, "post/maulafa")),
    ]


def test_nothing_is_said_of_what_nobody_opened() -> None:
    teller = Teller()
    teller.register("KPG-1")
    teller.order("KPG-1", "a", "09:00", "11:00")
    watcher = Watcher(teller)
    assert watcher.judge("12:00") == []
    assert watcher.again_at is None


# -- what people make of them ------------------------------------------------------------------------------


@pytest.fixture
def raised(teller: Teller, watcher: Watcher) -> str:
    """The id of the alert that the officer is missed."""
    beats(teller, "09:10")
    watcher.judge("09:16")
    return watcher.standing[DUTY].alert_id


def test_an_alert_is_acknowledged_snoozed_and_assigned(watcher: Watcher, raised: str) -> None:
    for data in (
        AcknowledgeAlerts(alerts=[raised]),
        SnoozeAlerts(alerts=[raised], until=at("09:40")),
        AssignAlerts(alerts=[raised, raised], to="officer/KPG-9"),
    ):
        verdict = watcher.ask(data, "09:17")
        assert verdict.reason is None
        assert len(verdict.facts) == 1
    stand = watcher.standing[DUTY]
    assert stand.version == 4
    assert stand.acknowledged is not None
    assert (stand.acknowledged.author, stand.acknowledged.postid) == ("operator", "alak")
    assert stand.snoozed is not None
    assert stand.snoozed.until == at("09:40")
    assert stand.assigned is not None
    assert stand.assigned.to == "officer/KPG-9"
    assert watcher.judge("09:18") == []


def test_what_cannot_be_seen_to_is_refused_as_a_whole(watcher: Watcher, raised: str) -> None:
    missing = alert_id(NO_SHOW, DUTY, at("00:00"))
    verdict = watcher.ask(AcknowledgeAlerts(alerts=[raised, missing]), "09:17")
    assert verdict.reason is not None
    assert (verdict.reason.code, verdict.reason.subject) == ("unknown_alert", missing)
    assert watcher.standing[DUTY].acknowledged is None


def test_a_retracted_alert_is_past_seeing_to(teller: Teller, watcher: Watcher, raised: str) -> None:
    teller.come("KPG-1", "a", "09:05", recorded="09:20", post="maulafa")
    watcher.judge("09:20")
    verdict = watcher.ask(AcknowledgeAlerts(alerts=[raised]), "09:21")
    assert verdict.reason is not None
    assert (verdict.reason.code, "seen" in verdict.reason.message) == ("illegal_transition", True)


@pytest.mark.parametrize(
    ("role", "mode", "code"),
    [
        ("viewer", "exercise", "not_yours"),
        ("field_commander", "exercise", "not_yours"),
        ("ops_head", "real", "not_yours"),
        ("ops_head", "exercise", None),
    ],
)
def test_who_may_see_to_alerts(watcher: Watcher, raised: str, role: str, mode: str, code: str | None) -> None:
    reason = watcher.ask(AcknowledgeAlerts(alerts=[raised]), "09:17", role, mode=mode).reason  # type: ignore[arg-type]
    assert (reason.code if reason else None) == code


def test_nobody_snoozes_into_the_past(watcher: Watcher, raised: str) -> None:
    reason = watcher.ask(SnoozeAlerts(alerts=[raised], until=at("09:17")), "09:17").reason
    assert reason is not None
    assert reason.code == "malformed"


def test_an_alert_that_names_intel_is_unknown_to_a_post(teller: Teller, watcher: Watcher) -> None:
    teller.order("KPG-2", "a", "09:00", "11:00", role="intel")
    beats(teller, "09:10")
    watcher.judge("09:16")
    hidden = watcher.standing["deployment/KPG-2-a"].alert_id
    asked = AcknowledgeAlerts(alerts=[hidden])
    reason = watcher.ask(asked, "09:17").reason
    assert reason is not None
    assert reason.code == "unknown_alert"
    assert watcher.ask(asked, "09:17", "ops_head").reason is None


def test_raised_again_it_is_new_to_everybody(teller: Teller, watcher: Watcher, raised: str) -> None:
    watcher.ask(AcknowledgeAlerts(alerts=[raised]), "09:17")
    teller.come("KPG-1", "a", "09:05", recorded="09:20", post="maulafa", request_id="came")
    watcher.judge("09:20")
    teller.void("came/0", clock="09:22")
    watcher.judge("09:22")
    assert watcher.standing[DUTY].acknowledged is None
    versions = [fact.version for fact in watcher.facts if fact.alert_id == raised]
    assert versions == list(range(1, len(versions) + 1))
    assert watcher.totals["AlertRaised"] == 2


def test_a_post_heard_and_silent_again_between_two_looks_is_called_so_anew_at_once(
    teller: Teller, watcher: Watcher
) -> None:
    teller.come("KPG-1", "a", "09:00", post="maulafa")
    beats(teller, "09:00")
    assert watcher.judge("09:20") == [("raised", SILENT, "post/maulafa")]
    beats(teller, "09:30")
    said = [("retracted", SILENT, "post/maulafa"), ("raised", SILENT, "post/maulafa")]
    assert watcher.judge("10:00") == said
    assert watcher.standing["post/maulafa"].raised.episode == at("09:30")
