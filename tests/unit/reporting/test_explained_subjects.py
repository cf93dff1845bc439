"""Rallies, incidents, posts, alerts and needs: each number drills down to what it counts and its facts."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts import field
from pamwal.contracts.explained import Explained
from pamwal.contracts.reporting import Sight, Situation
from services.reporting.picture import OperationPicture
from services.reporting.views.explain import NoRow, explain
from services.reporting.views.explain_subjects import NUMBERS
from services.reporting.views.situation import situation_of
from tests.unit.reporting.telling import BATU_PLAT, DAY, OEPURA, Teller, at, name_of
from tests.unit.reporting.test_incidents import merge, say
from tests.unit.reporting.watcher import Watcher

NOON = at("12:00")


@pytest.fixture
def picture() -> OperationPicture:
    """At noon: rallies of every state, incidents open and closed, a silent post, alerts of intel too."""
    teller = Teller()
    teller.open()
    teller.register("a", "b", home_post="maulafa")
    teller.plan("r", "09:00", "16:00", kelurahan=OEPURA, required={"guard": 2, "intel": 1})
    teller.plan("later", "15:00", "16:00", receipt=False)
    teller.plan("over", "06:00", "08:00")
    teller.plan("off", "09:00", "16:00")
    teller.tell(_cancelled(), 2, rally_id="off", cause="rain")
    teller.guard("g", required={"patrol": 1})
    teller.order("a", "r", "09:00", "16:00")
    teller.order("b", "r", "09:00", "16:00", role="intel")
    teller.observe(field.RallyStarted, "09:05", rally_id="r", author="padal")
    for number, severity in enumerate(("minor", "severe", "severe"), start=1):
        say(
            teller, field.IncidentReported, f"i{number}", f"09:{number}0", name=f"n{number}", version=1,
            kind="traffic_jam", severity=severity, kelurahan=BATU_PLAT,
        )  # fmt: skip
    say(teller, field.IncidentAdvanced, "i2", "09:50", name="v2", version=2, state="verified")
    say(teller, field.IncidentAdvanced, "i1", "10:50", name="v1", version=2, state="unfounded")
    merge(teller, "i3", "i2")
    teller.beat("alak", "11:55")
    teller.beat("maulafa", "09:00")
    teller.observe(
        field.PostClosed, "11:50", post="alak", postid="alak", day=DAY, zone="Asia/Makassar", author="x"
    )
    watcher = Watcher(teller)
    watcher.judge("12:00")
    picture = teller.picture()
    for decided in watcher.decided:
        picture.fold(decided)
    return picture


def _cancelled() -> Any:
    from pamwal.contracts.scheduling import RallyCancelled

    return RallyCancelled


def counted(situation: Situation, number: str) -> int:
    """The situation's own number of that name."""
    part, _, name = number.partition("_")
    told = getattr(situation, part, None)
    match part, name:
        case "required", _:
            return situation.total.required_total
        case "posts", "silent":
            return situation.posts.total - situation.posts.heard
        case "incidents", _ if name not in {"open", "escalated"}:
            return situation.incidents.by_state.get(name, 0) or situation.incidents.by_severity.get(name, 0)  # type: ignore[call-overload,no-any-return]
        case "alerts", _ if name not in {"standing", "new", "unconfirmed"}:
            return situation.alerts.by_kind.get(name, 0)  # type: ignore[call-overload,no-any-return]
    return int(getattr(told, name))


def asked(picture: OperationPicture, number: str, sight: Sight = "full") -> Explained:
    found = explain(picture, NOON, number=number, row="total", key="", sight=sight)
    assert not isinstance(found, NoRow)
    return found


@pytest.mark.parametrize("sight", ["guarded", "full"])
def test_each_number_counts_what_it_names(picture: OperationPicture, sight: Sight) -> None:
    situation = situation_of(picture, NOON, sight=sight, name_of=name_of)
    seen = set()
    for number in sorted(NUMBERS):
        found = asked(picture, number, sight)
        assert found.count == counted(situation, number), number
        assert found.count == sum(each.count for each in found.subjects) + found.unnamed, number
        assert sight == "guarded" or not found.unnamed
        assert all(each.facts for each in found.subjects if not each.subject.startswith("post/")), number
        seen |= {number} if found.count else set()
    assert {
        "rallies_planned", "rallies_active", "rallies_ended", "rallies_cancelled", "rallies_unnoticed",
        "incidents_open", "incidents_severe", "incidents_verified", "incidents_unfounded", "posts_heard",
        "posts_silent", "posts_closed", "alerts_standing", "alerts_new", "alerts_silent_post",
        "required_total",
    } <= seen  # fmt: skip


def kinds(found: Explained) -> dict[str, list[str]]:
    return {each.subject: [fact.kind for fact in each.facts] for each in found.subjects}


def test_the_facts_say_what_when_and_by_which_channel(picture: OperationPicture) -> None:
    assert kinds(asked(picture, "rallies_active")) == {"rally/r": ["rally_planned", "rally_started"]}
    [started] = [each for each in asked(picture, "rallies_active").subjects[0].facts if each.at]
    assert (started.at, started.recorded_at, started.post_id) == (at("09:05"), at("09:05"), "alak")
    severe = asked(picture, "incidents_severe")
    assert kinds(severe) == {
        "incident/i2": ["incident_reported"] * 2 + ["incident_advanced", "incident_merged"]
    }, "its duplicate's report stands behind it too"
    assert severe.subjects[0].facts[0].channel == "app"
    assert kinds(asked(picture, "posts_silent")) == {"post/maulafa": ["heartbeat_heard"]}
    assert kinds(asked(picture, "posts_closed"))["post/alak"][-1] == "post_closed"
    silent = asked(picture, "alerts_silent_post")
    assert [[fact.kind for fact in each.facts] for each in silent.subjects] == [["alert_raised"]]
    assert silent.subjects[0].facts[0].about == "post/maulafa"


def test_what_was_taken_back_and_what_lies_ahead_stands_behind_nothing(picture: OperationPicture) -> None:
    [rally] = asked(picture, "rallies_active").subjects
    before = explain(picture, at("09:01"), number="rallies_active", row="total", key="", sight="full")
    assert not isinstance(before, NoRow)
    assert [fact.kind for fact in before.subjects[0].facts] == ["rally_planned"]
    void = field.Voided(
        id="void/0", occurred_at=NOON, recorded_at=NOON, observation=rally.facts[1].fact_id, author="x",
    )  # fmt: skip
    assert _with(picture, void) == ["rally_planned"]


def _with(picture: OperationPicture, void: field.Voided) -> list[str]:
    picture.voids.setdefault(void.observation, {})["alak", void.id] = void
    return kinds(asked(picture, "rallies_active"))["rally/r"]


def test_what_is_needed_of_intel_is_neither_counted_nor_told(picture: OperationPicture) -> None:
    full, guarded = asked(picture, "required_total"), asked(picture, "required_total", "guarded")
    needs = {each.subject: each.state for each in full.subjects}
    assert (needs["rally/r"], needs["site/g"]) == ("2 guard, 1 intel", "1 patrol")
    assert {each.subject: each.state for each in guarded.subjects}["rally/r"] == "2 guard"
    assert (guarded.count, guarded.unnamed) == (full.count - 1, 0)
    missed, shown = asked(picture, "alerts_standing"), asked(picture, "alerts_standing", "guarded")
    assert missed.count > shown.count == len(shown.subjects)
    told = [
        *(each.subject for each in shown.subjects),
        *(f.about for each in shown.subjects for f in each.facts),
    ]
    assert not [each for each in told if "b-r" in each or "intel" in each]
