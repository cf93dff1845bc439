"""Who saw an old version is told so, whatever he amends: nobody writes over what he has not seen."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.scheduling import LendOfficers, RegisterOfficers
from tests.unit.scheduler.asked import absence, absences, at, entry, loan, planned


def register(**more: Any) -> RegisterOfficers:
    return RegisterOfficers(officers=[entry("k-1", **more)])


def lend(**more: Any) -> LendOfficers:
    return LendOfficers(loans=[loan(**more)])


def be_absent(**more: Any) -> Any:
    return absences(absence(**more))


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        (register, {"rank": "AKP"}),
        (be_absent, {"ends_at": at("20:00")}),
        (lend, {"ends_at": at("20:00")}),
    ],
)
def test_an_entry_is_amended_from_the_version_that_was_seen(asked: Any, changed: dict[str, Any]) -> None:
    given = planned()
    given.must(asked())
    given.must(asked(**changed, expected_version=1))

    reason = given.refused(asked(expected_version=1))

    assert reason.code == "stale"
    assert reason.possible == "look at version 2, then send again with expected_version 2"
    given.must(asked(expected_version=2))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (RegisterOfficers(officers=[entry("n-1", expected_version=1)]), "unknown_officer"),
        (be_absent(expected_version=1), "unknown_absence"),
        (lend(expected_version=1), "unknown_loan"),
    ],
)
def test_what_is_new_has_no_version_that_could_be_expected(asked: Any, code: str) -> None:
    reason = planned().refused(asked)

    assert reason.code == code
    assert "leave expected_version out" in (reason.possible or "")
