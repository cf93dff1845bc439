"""Names as people type them."""

from __future__ import annotations

import pytest

from pamwal.spellings import Spellings


@pytest.fixture
def roster() -> Spellings:
    found = Spellings()
    for number in range(1, 2_000):
        found.add(f"KPG-{number:04d}")
    return found


def test_a_name_is_found_in_whatever_case_it_is_typed(roster: Spellings) -> None:
    assert (roster.get("kpg-0001"), roster.get("KPG-0001"), roster.get("kpg-9999")) == (
        "KPG-0001",
        "KPG-0001",
        None,
    )


@pytest.mark.parametrize("typed", ["KPG-0123X", "KPG0123", "KPK-0123", "kpg-o123", "XKPG-0123"])
def test_the_nearest_is_the_one_that_a_slip_leads_away_from(roster: Spellings, typed: str) -> None:
    assert roster.nearest(typed) == "KPG-0123"


def test_only_who_may_be_meant_is_the_nearest(roster: Spellings) -> None:
    assert roster.nearest("KPG-0123X", lambda name: name != "KPG-0123") != "KPG-0123"
    assert roster.nearest("KPG-0123X", lambda _: False) is None
    assert Spellings().nearest("KPG-0001") is None
