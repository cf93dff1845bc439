"""Alerts as of an earlier moment: what ended since stood then, what a late report disproved did not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pamwal.contracts import field
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts
from pamwal.contracts.scheduling import Policy
from services.reporting.deciding.alerts_then import alerts_then
from services.reporting.picture.alerts import AlertStand
from tests.unit.reporting.publishing import Publisher
from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Watcher

DUTY = "deployment/KPG-1-a"
PLACE = "rally/a"


@pytest.fixture
def teller() -> Teller:
    """A rally that needs one guard from 09:00 to 11:00. He is ordered, and the post is heard at 09:10."""
    teller = Teller()
    teller.open(policy=Policy(acknowledgement="none"))
    teller.register("KPG-1", "KPG-2", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": 1})
    teller.order("KPG-1", "a", "09:00", "11:00")
    teller.beat("maulafa", "09:10")
    return teller


@pytest.fixture
def watcher(teller: Teller) -> Watcher:
    return Watcher(teller)


def standing(watcher: Watcher, clock: str) -> Mapping[str, AlertStand]:
    """Kind → alert that stood, by what is known now."""
    watcher.see()
    found = alerts_then(watcher.state.alerts, watcher.picture["exercise"], at(clock))
    return {each.kind: each for each in found.standing.values()}


def test_what_ended_since_stood_then(teller: Teller, watcher: Watcher) -> None:
    watcher.judge("09:16")
    board = set(standing(watcher, "09:16"))
    teller.come("KPG-1", "a", "09:20", post="maulafa")
    watcher.judge("09:20")
    assert board == {"no_show", "understrength"} <= set(standing(watcher, "09:19"))
    assert set(standing(watcher, "09:20")) == set(standing(watcher, "09:21")) == set()
    assert set(standing(watcher, "09:14")) == set(), "no deadline had been breached"


def test_what_a_late_report_disproved_did_not_stand(teller: Teller, watcher: Watcher) -> None:
    watcher.judge("09:16")
    teller.come("KPG-1", "a", "09:05", recorded="09:20", post="maulafa", request_id="came")
    watcher.judge("09:20")
    assert set(standing(watcher, "09:16")) == set()
    teller.void("came/0", clock="09:22")
    assert set(standing(watcher, "09:16")) == {"no_show", "understrength"}, "he had not come after all"
    watcher.judge("09:22")
    assert standing(watcher, "09:16")["no_show"].times == 1
    assert standing(watcher, "09:22")["no_show"].times == 2


def test_what_was_raised_again_since_had_ended_in_between(teller: Teller, watcher: Watcher) -> None:
    watcher.judge("09:16")
    teller.come("KPG-1", "a", "09:20", post="maulafa", request_id="came")
    watcher.judge("09:20")
    teller.go("KPG-1", "a", "09:40", post="maulafa")
    watcher.judge("09:40")
    assert [("understrength" in standing(watcher, clock)) for clock in ("09:19", "09:30", "09:40")] == [
        True, False, True,
    ]  # fmt: skip


def test_it_was_handled_by_whoever_had_said_so_by_then(teller: Teller, watcher: Watcher) -> None:
    watcher.judge("09:16")
    asked = AcknowledgeAlerts(alerts=[standing(watcher, "09:16")["no_show"].alert_id])
    assert watcher.ask(asked, "09:18").reason is None
    assert [standing(watcher, clock)["no_show"].acknowledged is not None for clock in ("09:17", "09:18")] == [
        False, True,
    ]  # fmt: skip
    teller.come("KPG-1", "a", "09:20", post="maulafa")
    watcher.judge("09:20")
    assert standing(watcher, "09:17")["no_show"].acknowledged is None
    assert standing(watcher, "09:19")["no_show"].acknowledged is not None


def test_an_incident_was_overdue_until_somebody_saw_to_it(teller: Teller, watcher: Watcher) -> None:
    teller.observe(
        field.IncidentReported, "09:00", incident_id="i", author="post", version=1, kind="fire",
        severity="severe", kelurahan=OEPURA,
    )  # fmt: skip
    watcher.judge("09:16")
    teller.observe(
        field.IncidentAdvanced, "09:18", incident_id="i", author="post", version=2, state="verified"
    )
    watcher.judge("09:18")
    assert [("overdue_incident" in standing(watcher, clock)) for clock in ("09:17", "09:18")] == [True, False]


def test_a_silent_post_that_was_heard_since_was_silent_for_nobody_who_knows_it(
    teller: Teller, watcher: Watcher
) -> None:
    watcher.judge("09:30")
    assert standing(watcher, "09:30").keys() == {"silent_post", "no_show", "understrength"}
    assert standing(watcher, "09:30")["no_show"].unconfirmed
    teller.beat("maulafa", "09:40")
    watcher.judge("09:40")
    assert standing(watcher, "09:30").keys() == {"no_show", "understrength"}
    assert not standing(watcher, "09:30")["no_show"].unconfirmed


def test_a_sitrep_of_an_earlier_moment_counts_the_same(teller: Teller, watcher: Watcher) -> None:
    watcher.judge("09:16")
    teller.come("KPG-1", "a", "09:20", post="maulafa")
    watcher.judge("09:20")
    publisher = Publisher(teller)
    publisher.alerts = watcher.state.alerts
    assert publisher.publish("09:21", at=at("09:19")).alerts == {"no_show": 1, "understrength": 1}
    assert publisher.publish("09:21").alerts == {}
