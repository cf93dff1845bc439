"""Opening an operation, and who may speak in it."""

from __future__ import annotations

import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.scheduling import Post, RegisterOfficers
from tests.unit.scheduler.asked import ADMIN, OPS_HEAD, Plan, claims, entry, opened, opening, plan, post_of


def test_an_operation_opens_once() -> None:
    given = Plan()

    fact = given.must(opening(), by=ADMIN).facts[0]

    assert (fact.id, fact.version, fact.mode) == ("q1/0", 1, "exercise")
    assert given.state.operation is not None
    assert given.state.operation.begins_at == "2024-09-24T16:00:00.000Z"
    assert given.state.operation.ends_before == "2024-11-23T16:00:00.000Z"
    assert given.refused(opening(), by=ADMIN).code == "illegal_transition"


def test_nothing_is_planned_before_it_is_open() -> None:
    reason = Plan().refused(plan("oebobo-1"))

    assert reason.code == "unknown_operation"
    assert "opens the operation first" in (reason.possible or "")


@pytest.mark.parametrize(
    "more",
    [
        {"starts_on": "2024-11-24"},
        {"ends_on": "2042-11-23"},
        {"posts": [Post(post_id="a", name="A"), Post(post_id="a", name="B")]},
        {"pairs": ["walikota/1", "walikota/1"]},
        {"posts": [Post(post_id="a", name="A", kecamatan=["53.72.01"])]},
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, object]) -> None:
    assert Plan().refused(opening(**more), by=ADMIN).code == "malformed"


@pytest.mark.parametrize(
    "by", [OPS_HEAD, post_of("oebobo"), claims("viewer"), claims("admin", mode="real")], ids=str
)
def test_only_an_admin_of_its_mode_opens_it(by: Claims) -> None:
    assert Plan().refused(opening(), by=by).code == "not_yours"


def test_a_simulated_clock_is_for_exercises_only() -> None:
    simulated = claims("admin", mode="real", clock="simulated")

    assert Plan().refused(opening(mode="real"), by=simulated).code == "not_yours"
    assert Plan().ask(opening(), by=claims("admin", clock="simulated")).reason is None
    assert Plan().ask(opening(mode="real"), by=claims("admin", mode="real")).reason is None


def test_tokens_of_one_mode_never_act_in_the_other() -> None:
    assert opened().refused(plan("oebobo-1"), by=claims(mode="real")).code == "not_yours"


def test_a_post_speaks_for_itself_only_and_must_be_known() -> None:
    given = opened()
    roster = RegisterOfficers(officers=[entry("k-1")])

    assert given.refused(roster, by=post_of("alak"), post="oebobo").code == "not_yours"
    assert given.refused(roster, by=post_of("mars"), post="mars").code == "unknown_post"
    assert given.refused(plan("oebobo-1"), by=post_of("oebobo")).code == "not_yours"
    assert given.ask(roster, by=post_of("oebobo")).reason is None


def test_claims_that_cannot_be_read_are_refused_not_raised() -> None:
    given = opened()

    reason = given.refused(plan("oebobo-1"), by=claims("janitor"))  # type: ignore[arg-type]

    assert reason.code == "not_yours"
