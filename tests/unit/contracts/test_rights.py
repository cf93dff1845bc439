"""Whose name a token may speak in, by its claims alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import BOUND_TO_OFFICER, Claims, Role
from pamwal.contracts.envelope import Request
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.rights import is_within, own_source, stranger_to

ALAK = "/posts/alak/devices/1"


def asked(role: Role, post: str | None = None, *, source: str = ALAK, **more: Any) -> Request[Any]:
    """A request of post alak."""
    claims = Claims(role=role, operation=more.pop("operation", "op"), mode="exercise", post=post, **more)
    return Request(
        specversion="1.0", id="a", source=source, type="pamwal.field.heartbeat.v1",
        time="2024-10-03T01:15:00.000Z", channel="app", data=Heartbeat(), operationid="op", postid="alak",
        recordedat="2024-10-03T01:15:00.000Z", actor="somebody", claims=claims.to_text(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "request_",
    [
        asked("command_post", "alak"),
        asked("officer", "alak", officer="k-1", source="/posts/alak/officers/k-1"),
        asked("officer", "alak", officer="k-1", source="/posts/alak/officers/k-1/q07"),
        asked("officer", "alak", officer="k-1", device="1"),
        asked("field_commander", "alak", officer="k-1", source="/posts/alak/officers/k-1"),
        asked("ops_head"),
        asked("ops_head", "oebobo"),
        asked("admin", operation="*"),
        asked("command_post", "alak", device="1"),
        asked("command_post", "alak", device="1", source=f"{ALAK}/queue"),
        asked("command_post", "alak", source="/posts/alak"),
    ],
)
def test_who_belongs_to_a_post_or_above_it_is_no_stranger_to_it(request_: Request[Any]) -> None:
    assert stranger_to(request_) is None


@pytest.mark.parametrize(
    "request_",
    [
        asked("command_post", "oebobo"),
        asked("command_post"),
        asked("officer", "oebobo"),
        asked("officer"),
        asked("officer", "alak", officer="k-1"),
        asked("officer", "alak", officer="k-1", source="/posts/alak/officers/k-10"),
        asked("officer", "alak", officer="k-1", source="/posts/alak/devices/k-1"),
        asked("officer", "alak", officer="k-1", source="/posts/alak"),
        asked("officer", "alak", officer="k-2", device="k-1", source="/posts/alak/officers/k-1"),
        asked("field_commander", "alak", officer="k-1"),
        asked("field_commander", "oebobo"),
        asked("field_commander"),
        asked("viewer", "alak"),
        asked("propam"),
        asked("ops_head", operation="another"),
        asked("ops_head", source="/posts/alak2/devices/1"),
        asked("command_post", "alak", source="/posts/oebobo/devices/1"),
        asked("command_post", "alak", device="2"),
        asked("ops_head", "oebobo", device="1"),
    ],
)
def test_a_token_of_another_post_device_or_operation_or_one_that_only_reads_is_a_stranger(
    request_: Request[Any],
) -> None:
    reason = stranger_to(request_)
    assert reason is not None
    assert (reason.code, bool(reason.possible)) == ("not_yours", True)


def test_claims_that_cannot_be_read_are_left_to_the_service() -> None:
    assert stranger_to(replace(asked("admin"), claims="role=command_post")) is None


@pytest.mark.parametrize("role", sorted(BOUND_TO_OFFICER))
def test_a_device_named_as_an_officer_does_not_have_the_officers_source(role: Role) -> None:
    claims = Claims(role=role, operation="op", mode="exercise", post="alak", officer="k-1")
    device = own_source(replace(claims, officer="k-2", device="k-1"))
    officer = own_source(claims)
    assert device is not None
    assert officer is not None
    assert not is_within(device, officer)
    assert not is_within(officer, device)
