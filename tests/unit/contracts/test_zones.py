"""Fixed offsets are only right as long as the IANA database agrees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H, Zone, clock_text, local_day, midnight


@pytest.mark.parametrize("zone", get_args(Zone))
def test_offset_and_letters_are_those_of_the_iana_database(zone: str) -> None:
    for month in range(12 * 30):
        moment = datetime(2000 + month // 12, month % 12 + 1, 15, tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert moment.utcoffset() == timedelta(hours=OFFSET_H[zone])
        assert moment.tzname() == LETTERS[zone]


def test_a_local_day_begins_at_local_midnight() -> None:
    assert midnight("2024-09-25", "Asia/Makassar") == "2024-09-24T16:00:00.000Z"
    assert midnight("2024-11-23", "Asia/Makassar", days_later=1) == "2024-11-23T16:00:00.000Z"
    assert local_day("2024-09-24T16:00:00.000Z", "Asia/Makassar") == "2024-09-25"
    assert local_day("2024-09-24T15:59:59.999Z", "Asia/Makassar") == "2024-09-24"
    assert to_ms(midnight("2024-02-28", "Asia/Jakarta", days_later=2)) == to_ms("2024-02-29T17:00:00.000Z")


def test_a_moment_is_said_with_the_letters_of_its_zone_and_as_fine_as_it_is() -> None:
    assert clock_text("2024-10-03T10:00:00.000Z", "Asia/Makassar") == "2024-10-03 18:00 WITA"
    assert clock_text("2024-10-03T17:30:00.000Z", "Asia/Jayapura") == "2024-10-04 02:30 WIT"
    assert clock_text("2024-10-03T10:00:07.000Z", "Asia/Jakarta") == "2024-10-03 17:00:07 WIB"
    assert clock_text("2024-10-03T10:00:00.250Z", "Asia/Pontianak") == "2024-10-03 17:00:00.250 WIB"
