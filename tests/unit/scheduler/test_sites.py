"""Guarded sites: their hours, who may be ordered there, and when they may go."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import SiteRow, WithdrawSites
from pamwal.places import point_of
from tests.unit.scheduler.asked import (
    ADMIN,
    LASIANA,
    OEBOBO,
    Plan,
    at,
    cancel,
    codes,
    kinds,
    opened,
    opening,
    ordered_to,
    plan,
    post_of,
    roster,
    site,
    sites,
)


def guarded(**more: Any) -> Plan:
    """Given an officer ordered to the election office from 16:00 to 18:00."""
    given = opened()
    given.must(roster("k-1"))
    given.must(sites(site(**more)))
    given.must(ordered_to("d1", "site/kpu"))
    return given


def gone(*ids: str, **more: Any) -> WithdrawSites:
    """Sites withdrawn."""
    return WithdrawSites(rows=[SiteRow(site_id=each, **more) for each in ids], cause="counted")


def test_a_site_without_hours_runs_as_long_as_the_operation_quiet_period_or_not() -> None:
    calendar = opening().calendar.__class__(quiet_from="2024-10-03", quiet_to="2024-10-04")
    given = opened(calendar=calendar)

    fact = given.must(sites(site())).facts[0]

    assert (fact.version, fact.starts_at, fact.ends_at) == (
        1,
        "2024-09-24T16:00:00.000Z",
        "2024-11-23T16:00:00.000Z",
    )
    given.must(roster("k-1"))
    assert given.must(ordered_to("d1", "site/kpu")).facts


def test_the_same_entry_again_changes_nothing_and_another_is_the_next_version() -> None:
    given = opened()
    given.must(sites(site()))

    assert codes(given.must(sites(site()))) == [("unchanged", "kpu")]
    assert given.must(sites(site(required={"guard": 4}, expected_version=1))).facts[0].version == 2


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([site(kelurahan="53.72.03.1011")], "unknown_kelurahan"),
        ([site(), site()], "malformed"),
        ([site(starts_at=at("10:00"), ends_at=at("10:00"))], "malformed"),
        ([site(ends_at="2024-11-23T16:00:00.001Z")], "outside_period"),
        ([site(starts_at="2024-09-24T15:59:59.999Z")], "outside_period"),
        ([site(expected_version=1)], "unknown_site"),
    ],
    ids=str,
)
def test_a_site_that_cannot_be_is_refused(entries: list[Any], code: str) -> None:
    reason = opened().refused(sites(*entries))

    assert [each.code for each in reason.rows or [reason]] == [code]


def test_an_old_version_is_stale() -> None:
    given = opened()
    given.must(sites(site()))

    assert given.refused(sites(site(name="KPU Kota", expected_version=2))).code == "stale"
    assert given.refused(gone("kpu", expected_version=2)).code == "stale"


def test_hours_that_leave_a_deployment_behind_are_refused_and_name_it() -> None:
    given = guarded()

    reason = given.refused(sites(site(starts_at=at("16:30"), ends_at=at("22:00"))))

    assert (reason.code, reason.subject) == ("illegal_transition", "kpu")
    assert "d1" in reason.message
    assert given.must(sites(site(starts_at=at("16:00"), ends_at=at("18:00")))).facts
    given.must(cancel("d1"))
    assert given.must(sites(site(starts_at=at("16:30"), ends_at=at("22:00")))).facts


def test_a_site_that_moves_tells_of_ways_too_short() -> None:
    given = guarded(point=point_of(OEBOBO))
    given.must(plan("oebobo-1", "18:00", "20:00"))
    given.must(ordered_to("d2", "rally/oebobo-1", "18:00", "19:00"))

    verdict = given.must(sites(site(point=point_of(LASIANA))))

    assert kinds(verdict) == ["SiteRegistered"]
    assert codes(verdict) == [("cannot_arrive", "d1")]
    assert given.must(sites(site(point=Point(latitude=-10.1771, longitude=123.6070)))).facts


def test_a_site_is_withdrawn_when_nobody_is_ordered_there_and_comes_back_when_named_again() -> None:
    given = guarded()

    reason = given.refused(gone("kpu"))
    assert (reason.code, reason.subject) == ("illegal_transition", "kpu")
    assert "1 live deployments, the first: d1" in reason.message

    given.must(cancel("d1"))
    assert kinds(given.must(gone("kpu"))) == ["SiteWithdrawn"]
    assert codes(given.must(gone("kpu"))) == [("unchanged", "kpu")]
    assert given.refused(ordered_to("d2", "site/kpu")).code == "unknown_site"
    assert given.must(sites(site())).facts[0].version == 3
    assert given.must(ordered_to("d2", "site/kpu")).facts


def test_an_unknown_site_is_named() -> None:
    assert opened().refused(gone("moon")).code == "unknown_site"


def test_a_post_does_not_keep_the_sites() -> None:
    given = opened()

    assert given.refused(sites(site()), by=post_of("oebobo")).code == "not_yours"
    assert given.must(sites(site()), by=ADMIN).facts
