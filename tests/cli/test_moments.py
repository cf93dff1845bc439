"""A time as people type it: what it means at a moment, in an operation's zone."""

from __future__ import annotations

import pytest

from pamwal.cli._moments import moment, moment_ahead
from pamwal.contracts.errors import SettingsError

ZONE = "Asia/Makassar"
NOW = "2024-10-03T10:02:30.000Z"
"""18:02:30 WITA."""


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("18:30", "2024-10-03T10:30:00.000Z"),
        ("18.30", "2024-10-03T10:30:00.000Z"),
        ("18:02", "2024-10-04T10:02:00.000Z"),
        ("6:00", "2024-10-03T22:00:00.000Z"),
        ("00:00", "2024-10-03T16:00:00.000Z"),
        ("2h", "2024-10-03T12:02:30.000Z"),
        ("30m", "2024-10-03T10:32:30.000Z"),
        ("30min", "2024-10-03T10:32:30.000Z"),
        ("1h30m", "2024-10-03T11:32:30.000Z"),
        ("1d", "2024-10-04T10:02:30.000Z"),
        (" 2024-10-04 06:00 ", "2024-10-03T22:00:00.000Z"),
        ("2024-10-04T06:00", "2024-10-03T22:00:00.000Z"),
        ("2024-10-04T06:00:00+07:00", "2024-10-03T23:00:00.000Z"),
    ],
)
def test_what_is_typed_means_a_moment(typed: str, means: str) -> None:
    assert moment("--until", typed, ZONE, NOW) == means
    assert moment_ahead("--until", typed, ZONE, NOW) == means


@pytest.mark.parametrize("typed", ["soon", "", "h", "5", "25:00", "18:60", "18:3", "-1h", "2024-02-30 10:00"])
def test_what_means_none_is_said_with_what_would(typed: str) -> None:
    with pytest.raises(SettingsError, match="is no moment such as 18:30, 2h, 30m, "):
        moment("--until", typed, ZONE, NOW)


@pytest.mark.parametrize("typed", ["2024-10-03 18:00", "2024-10-03T10:00:00Z"])
def test_a_time_in_the_past_is_told_beside_the_time_it_is(typed: str) -> None:
    with pytest.raises(SettingsError) as told:
        moment_ahead("--until", typed, ZONE, NOW)
    assert "is 2024-10-03 18:00 WITA, which is not ahead: it is 2024-10-03 18:02 WITA; say" in str(told.value)


def test_no_time_at_all_is_not_ahead() -> None:
    with pytest.raises(SettingsError, match="which is not ahead"):
        moment_ahead("--until", "0m", ZONE, NOW)
