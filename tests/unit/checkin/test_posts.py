"""Who may say what, and when a clock cannot be believed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.field import HeartbeatHeard, ResetSource
from pamwal.contracts.numbers import JUMP_MAX, SOURCES_MAX
from pamwal.contracts.scheduling import CancelRally
from tests.unit.checkin.said import (
    OPERATION,
    Heard,
    check_in,
    codes,
    heartbeat,
    incident,
    moment,
    refusal,
    request,
    step,
)


def claims(role: Role, post: str | None = None, officer: str | None = None) -> Claims:
    return Claims(role=role, operation=OPERATION, mode="exercise", post=post, officer=officer)


OFFICER = claims("officer", post="maulafa", officer="NTT-0001")
PADAL = claims("field_commander", post="maulafa", officer="NTT-0009")


@pytest.mark.parametrize(
    "asked",
    [
        check_in("a", "01:10", claims=claims("viewer")),
        check_in("a", "01:10", claims=claims("admin")),
        check_in("a", "01:10", claims=claims("propam")),
        check_in("a", "01:10", post="maulafa", claims=claims("command_post", post="oebobo")),
        check_in("a", "01:10", claims=claims("command_post")),
        check_in("a", "01:10", officer="NTT-0002", claims=OFFICER),
        check_in("a", "01:10", claims=claims("officer", post="maulafa")),
        check_in("a", "01:10", claims=claims("officer", officer="NTT-0001")),
        check_in("a", "01:10", claims=claims("field_commander", officer="NTT-0009")),
        check_in("a", "01:10", post="maulafa", claims=claims("officer", post="oebobo", officer="NTT-0001")),
        check_in("a", "01:10", post="maulafa", claims=claims("field_commander", post="oebobo")),
        check_in("a", "01:10", source="/posts/oebobo/devices/1"),
        check_in("a", "01:10", source="/posts/maulafa2/devices/1"),
        check_in("a", "01:10", source="/posts/oebobo/devices/1", claims=claims("ops_head")),
        step("a", "01:10", "verified", claims=OFFICER),
        step("a", "01:10", "assigned", claims=OFFICER),
        heartbeat("a", "01:10", claims=OFFICER),
        heartbeat("a", "01:10", claims=PADAL),
        heartbeat("a", "01:10", {"/posts/oebobo/devices/1": 4}),
    ],
)
def test_what_a_token_does_not_allow_is_not_yours(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) == "not_yours"


@pytest.mark.parametrize(
    "asked",
    [
        check_in("a", "01:10", claims=OFFICER),
        check_in("a", "01:10", officer="NTT-0002", claims=PADAL),
        check_in("a", "01:10", post="oebobo", claims=claims("ops_head", post="maulafa")),
        check_in("a", "01:10", source="/posts/maulafa"),
        incident("a", "01:10", claims=OFFICER),
        step("a", "01:10", "on_scene", claims=OFFICER),
        step("a", "01:10", "verified", claims=PADAL),
        heartbeat("a", "01:10", claims=claims("ops_head")),
    ],
)
def test_what_a_token_allows_is_accepted(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) is None


def test_claims_nobody_can_read_allow_nothing() -> None:
    asked = msgspec.structs.replace(check_in("a", "01:10"), claims="role=king")
    assert refusal(Heard().hear(asked)) == "not_yours"


def test_what_is_another_services_to_decide_is_malformed_here() -> None:
    asked = request("a", "01:10", CancelRally(rally_id="r-1", cause="rain"))
    verdict = Heard().hear(asked)
    assert refusal(verdict) == "malformed"
    assert verdict.reason is not None
    assert "pamwal.scheduling.cancel_rally.v1" in verdict.reason.message


def test_a_heartbeat_tells_the_highest_numbers_and_the_queue() -> None:
    highest = {"/posts/maulafa/devices/2": 9, "/posts/maulafa/devices/1": 41}
    verdict = Heard().hear(heartbeat("h", "01:10", highest))
    assert verdict.facts == [
        HeartbeatHeard(
            id="h/0",
            occurred_at=moment("01:10"),
            recorded_at=moment("01:10"),
            postid="maulafa",
            highest=highest,
            queue_length=2,
        )
    ]
    assert list(verdict.facts[0].highest) == sorted(highest)


@pytest.mark.parametrize(
    ("occurred", "sent", "recorded", "suspect"),
    [
        ("01:10:30", None, "01:10", False),
        ("01:10:31", None, "01:10", True),
        ("01:10", "01:12", "01:12", False),
        ("01:10", "01:12:31", "01:12", True),
        ("01:12:31", "01:12", "01:20", True),
        ("01:12:30", "01:12", "01:16", False),
        ("01:10", "01:11", "01:16", False),
        ("01:10", "01:11", "01:16:01", True),
        ("01:10", None, "05:00", False),
    ],
)
def test_a_clock_far_ahead_or_minutes_behind_is_accepted_as_suspect(
    occurred: str, sent: str | None, recorded: str, suspect: bool
) -> None:
    verdict = Heard().hear(check_in("a", occurred, sent=sent, recorded=recorded))
    assert codes(verdict) == (["clock_suspect"] if suspect else [])
    assert verdict.facts[0].occurred_at == moment(occurred)


@pytest.mark.parametrize(("day", "how"), [("2024-10-02", "behind"), ("2024-10-04", "ahead")])
def test_a_phone_a_whole_day_off_is_accepted_as_suspect(day: str, how: str) -> None:
    wrong = moment("01:10", day)
    asked = replace(check_in("a", "01:10"), time=wrong, sentat=wrong)
    verdict = Heard().hear(asked)
    assert (codes(verdict), verdict.facts[0].occurred_at) == (["clock_suspect"], wrong)
    assert f"86400 s {how}" in verdict.warnings[0].message


def test_of_too_many_devices_of_a_post_the_numbers_are_not_watched_and_that_is_said() -> None:
    heard = Heard()

    def told(identity: str, device: str, **more: Any) -> list[str]:
        source = f"/posts/{more.get('post', 'maulafa')}/devices/{device}"
        asked = replace(check_in(identity, "01:10", officer=identity, source=source, **more), sourceseq=1)
        return codes(heard.hear(asked))

    for number in range(SOURCES_MAX):
        assert told(f"a{number}", f"d{number}") == []
    assert told("b", "one-more") == ["crowded"]
    assert told("c", "d7") == ["sequence_restarted"], "those it knows it goes on watching"
    assert told("d", "one-more", post="oebobo") == [], "another post's bound is its own"
    assert len(heard.state.numbers["maulafa"]) == SOURCES_MAX


def test_a_jump_of_numbers_is_warned_of_and_kept() -> None:
    """A device that was dark for an hour brings more at once than a day has; more than that it does not."""
    heard = Heard()

    def told(identity: str, number: int, **more: Any) -> list[str]:
        return codes(heard.hear(replace(check_in(identity, "01:10", officer=identity), sourceseq=number)))

    assert told("a", JUMP_MAX) == []
    assert told("b", 2 * JUMP_MAX) == []
    assert told("c", 2_147_483_647) == ["sequence_jumped"]
    assert told("d", 2 * JUMP_MAX + 1) == []
    own, other = "/posts/maulafa/devices/1", "/posts/maulafa/devices/2"
    beat = heard.hear(heartbeat("h", "01:20", {own: 2_147_483_647, other: JUMP_MAX + 1}))
    assert [(each.code, each.subject) for each in beat.warnings] == [("sequence_jumped", other)]


def test_a_reset_far_above_all_that_came_is_warned_of() -> None:
    heard, own = Heard(), "/posts/maulafa/devices/1"
    heard.hear(replace(check_in("a", "01:10", officer="a", source=own), sourceseq=7))

    def told(identity: str, up_to: int) -> list[str]:
        reset = ResetSource(source=own, up_to=up_to, cause="broken")
        head = Claims(role="ops_head", operation=OPERATION, mode="exercise")
        return codes(heard.hear(request(identity, "01:20", reset, claims=head)))

    assert told("b", 7 + JUMP_MAX) == []
    assert told("c", 8 + JUMP_MAX) == ["sequence_jumped"]
    assert told("d", 7) == []


def test_a_suspect_witness_has_both_hints() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    assert codes(heard.hear(check_in("b", "01:11", recorded="01:10"))) == ["witness", "clock_suspect"]
