"""Whose name a token may speak in, by its claims alone."""

from __future__ import annotations

import pytest

from pamwal.contracts.claims import Claims, stranger_to


def claims(role: str, post: str | None = None) -> str:
    return Claims(role=role, operation="op", mode="exercise", post=post).to_text()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "post"),
    [
        ("command_post", "alak"),
        ("officer", "alak"),
        ("officer", None),
        ("field_commander", "alak"),
        ("field_commander", None),
        ("ops_head", None),
        ("ops_head", "oebobo"),
        ("admin", None),
    ],
)
def test_who_belongs_to_a_post_or_above_it_is_no_stranger_to_it(role: str, post: str | None) -> None:
    assert stranger_to(claims(role, post), "alak") is None


@pytest.mark.parametrize(
    ("role", "post"),
    [
        ("command_post", "oebobo"),
        ("command_post", None),
        ("officer", "oebobo"),
        ("field_commander", "oebobo"),
        ("viewer", "alak"),
        ("propam", None),
    ],
)
def test_a_token_of_another_post_or_one_that_only_reads_is_a_stranger(role: str, post: str | None) -> None:
    reason = stranger_to(claims(role, post), "alak")
    assert reason is not None
    assert reason.code == "not_yours"


def test_the_service_that_asks_by_itself_survives_a_round_trip() -> None:
    itself = Claims(role="ops_head", operation="op", mode="real", service="reporting")
    assert Claims.from_text(itself.to_text()) == itself


def test_claims_that_cannot_be_read_are_left_to_the_service() -> None:
    assert stranger_to("role=command_post", "alak") is None
