"""Opening an operation, and who may speak in it."""

from __future__ import annotations

import msgspec
import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.scheduling import (
    AdmitChild,
    AmendOperation,
    CloseDay,
    CloseOperation,
    DismissChild,
    ElectionCalendar,
    Post,
    RegisterOfficers,
    ReopenDay,
    ReopenOperation,
    TaskForce,
)
from tests.unit.scheduler.asked import (
    ADMIN,
    LASIANA,
    OEBOBO,
    OPERATION,
    OPS_HEAD,
    Plan,
    at,
    cancel_rally,
    claims,
    codes,
    entry,
    kinds,
    move,
    opened,
    opening,
    order,
    ordered_to,
    orders,
    plan,
    planned,
    post_of,
    roster,
    site,
    sites,
    venue,
    withdraw,
)


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
    officers = RegisterOfficers(officers=[entry("k-1")])

    assert given.refused(officers, by=post_of("alak"), post="oebobo").code == "not_yours"
    assert given.refused(officers, by=post_of("mars"), post="mars").code == "unknown_post"
    assert given.refused(plan("oebobo-1"), by=post_of("oebobo")).code == "not_yours"
    assert given.ask(officers, by=post_of("oebobo")).reason is None


def test_claims_that_cannot_be_read_are_refused_not_raised() -> None:
    given = opened()

    reason = given.refused(plan("oebobo-1"), by=claims("janitor"))  # type: ignore[arg-type]

    assert reason.code == "not_yours"


# --- the calendar


@pytest.mark.parametrize(
    "days",
    [
        {"quiet_from": "2024-11-20"},
        {"quiet_to": "2024-11-20"},
        {"quiet_from": "2024-11-20", "quiet_to": "2024-11-19"},
        {"campaign_ends_on": "2024-11-20", "quiet_from": "2024-11-20", "quiet_to": "2024-11-22"},
        {"quiet_from": "2024-11-20", "quiet_to": "2024-11-22", "voting_on": "2024-11-22"},
        {"voting_on": "2025-11-27"},
        {"campaign_ends_on": "2023-11-20"},
    ],
    ids=str,
)
def test_a_calendar_out_of_order_or_far_away_is_malformed(days: dict[str, str]) -> None:
    reason = Plan().refused(opening(calendar=ElectionCalendar(**days)), by=ADMIN)

    assert reason.code == "malformed"


def test_the_vote_may_lie_behind_the_operation() -> None:
    calendar = ElectionCalendar(
        campaign_ends_on="2024-11-23", quiet_from="2024-11-24", quiet_to="2024-11-26", voting_on="2024-11-27"
    )

    fact = Plan().must(opening(calendar=calendar, patterns={"small": {"guard": 4}}), by=ADMIN).facts[0]

    assert fact.calendar == calendar
    assert fact.patterns == {"small": {"guard": 4}}


# --- amending


def test_an_amendment_is_told_whole_and_changes_what_it_names() -> None:
    given = opened()

    fact = given.must(AmendOperation(name="Latihan II", expected_version=1), by=ADMIN).facts[0]

    before = opening()
    assert (fact.version, fact.name, fact.ends_on) == (2, "Latihan II", before.ends_on)
    assert (fact.posts, fact.task_forces, sorted(fact.pairs)) == (
        before.posts,
        before.task_forces,
        sorted(before.pairs),
    )
    assert given.state.operation is not None
    assert given.state.operation.mode == "exercise"
    assert given.refused(AmendOperation(name="III", expected_version=1)).code == "stale"


def test_the_same_operation_again_changes_nothing() -> None:
    verdict = opened().must(AmendOperation(name=opening().name, policy=opening().policy))

    assert verdict.facts == []
    assert codes(verdict) == [("unchanged", OPERATION)]


@pytest.mark.parametrize(
    "data",
    [
        AmendOperation(starts_on="2024-11-24"),
        AmendOperation(calendar=ElectionCalendar(quiet_from="2024-11-20")),
        AmendOperation(posts=[Post(post_id="a", name="A", kecamatan=["53.72.01"])]),
    ],
    ids=str,
)
def test_an_amendment_obeys_the_rules_of_opening(data: AmendOperation) -> None:
    assert opened().refused(data).code == "malformed"


@pytest.mark.parametrize(
    ("data", "code", "subject"),
    [
        (AmendOperation(starts_on="2024-10-04"), "outside_period", "lasiana-1"),
        (AmendOperation(ends_on="2024-10-02"), "outside_period", "lasiana-1"),
        (
            AmendOperation(calendar=ElectionCalendar(campaign_ends_on="2024-10-02")),
            "outside_period",
            "lasiana-1",
        ),
        (
            AmendOperation(calendar=ElectionCalendar(quiet_from="2024-10-03", quiet_to="2024-10-03")),
            "quiet_period",
            "lasiana-1",
        ),
        (AmendOperation(pairs=["walikota/1"]), "illegal_transition", "walikota/3"),
        (
            AmendOperation(task_forces=[TaskForce(satgas_id="gakkum", name="G")]),
            "illegal_transition",
            "preventif",
        ),
        (AmendOperation(posts=[Post(post_id="alak", name="A")]), "illegal_transition", "oebobo"),
    ],
    ids=str,
)
def test_an_amendment_that_strands_something_is_refused_and_names_it(
    data: AmendOperation, code: str, subject: str
) -> None:
    reason = planned().refused(data)

    assert (reason.code, reason.subject) == (code, subject)


def test_what_nobody_needs_any_more_may_go() -> None:
    given = planned()
    for rally_id in ("oebobo-1", "lasiana-1", "sikumana-1"):
        given.must(cancel_rally(rally_id))
    given.must(withdraw("k-1", "k-2", "k-3"))

    less = AmendOperation(
        starts_on="2024-10-05", pairs=["walikota/1"], task_forces=[], posts=[Post(post_id="alak", name="A")]
    )

    assert given.must(less).facts[0].version == 2


def test_a_period_that_leaves_a_deployment_at_a_site_is_refused() -> None:
    given = opened()
    given.must(roster("k-1"))
    given.must(sites(site()))
    given.must(ordered_to("d1", "site/kpu"))

    reason = given.refused(AmendOperation(ends_on="2024-10-02"))

    assert (reason.code, reason.subject) == ("outside_period", "d1")


def test_sites_as_long_as_the_operation_stay_so_and_others_must_fit() -> None:
    given = opened()
    given.must(sites(site(), site("tps-1", starts_at=at("07:00", 20), ends_at=at("13:00", 20))))

    verdict = given.must(AmendOperation(ends_on="2024-10-31"))

    assert kinds(verdict) == ["OperationAmended", "SiteRegistered"]
    assert given.state.sites["kpu"].ends_at == "2024-10-31T16:00:00.000Z"
    assert given.refused(AmendOperation(ends_on="2024-10-19")).subject == "tps-1"


# --- closing and reopening


def test_a_closed_operation_takes_nothing_but_its_reopening() -> None:
    given = planned()

    assert kinds(given.must(CloseOperation(cause="done"))) == ["OperationClosed"]
    assert given.refused(plan("sikumana-1")).code == "illegal_transition"
    assert given.refused(CloseOperation(cause="done")).code == "illegal_transition"
    assert given.must(ReopenOperation(cause="count goes on", expected_version=2)).facts[0].version == 3
    assert given.must(plan("oebobo-1", required={"guard": 9})).facts


def test_an_open_operation_is_not_reopened_and_an_old_version_is_stale() -> None:
    given = opened()

    assert given.refused(ReopenOperation(cause="why")).code == "illegal_transition"
    assert given.refused(CloseOperation(cause="why", expected_version=7)).code == "stale"


# --- parents and children


def test_who_names_a_parent_asks_it_and_asks_again_when_it_names_another() -> None:
    given = Plan()

    assert given.must(opening(parent="ntt"), by=ADMIN).facts[0].asks_parent
    assert given.must(AmendOperation(name="Kupang")).facts[0].asks_parent
    assert given.must(AmendOperation(parent="ntb")).facts[0].asks_parent
    assert not Plan().must(opening(), by=ADMIN).facts[0].asks_parent
    assert opened().must(AmendOperation(parent="ntt")).facts[0].asks_parent


def test_who_was_opened_before_parents_were_asked_asks_only_another_parent() -> None:
    given = opened(parent="ntt")
    assert given.state.operation is not None
    given.state.operation = msgspec.structs.replace(given.state.operation, asks_parent=False)

    assert not given.must(AmendOperation(name="Kupang", parent="ntt")).facts[0].asks_parent
    assert given.must(AmendOperation(parent="ntb")).facts[0].asks_parent
    assert given.must(AmendOperation(parent="ntt")).facts[0].asks_parent


def test_a_parent_admits_and_dismisses_whom_it_cannot_see() -> None:
    given = opened()

    fact = given.must(AdmitChild(child="kupang")).facts[0]
    assert (fact.id, fact.version, fact.child) == ("q2/0", 2, "kupang")
    assert codes(given.must(AdmitChild(child="kupang"))) == [("unchanged", "kupang")]
    assert kinds(given.must(AmendOperation(name="OMP NTT"), by=ADMIN)) == ["OperationAmended"]
    assert codes(given.must(AdmitChild(child="kupang"))) == [("unchanged", "kupang")], (
        "an amendment leaves it so"
    )
    assert kinds(given.must(DismissChild(child="kupang", cause="not ours"))) == ["ChildDismissed"]
    assert codes(given.must(DismissChild(child="kupang", cause="not ours"))) == [("unchanged", "kupang")]
    assert kinds(given.must(DismissChild(child="rote", cause="never asked"))) == ["ChildDismissed"]
    assert kinds(given.must(AdmitChild(child="rote"), by=ADMIN)) == ["ChildAdmitted"]
    assert given.state.operation is not None
    assert given.state.operation.children == {"kupang": False, "rote": True}


def test_children_are_admitted_by_the_head_of_an_open_operation_and_never_by_a_post() -> None:
    given = opened()

    assert given.refused(AdmitChild(child=OPERATION)).code == "malformed"
    assert given.refused(AdmitChild(child="kupang"), by=post_of("oebobo")).code == "not_yours"
    assert given.refused(DismissChild(child="kupang", cause="x"), by=claims("viewer")).code == "not_yours"
    assert Plan().refused(AdmitChild(child="kupang")).code == "unknown_operation"
    given.must(CloseOperation(cause="done"))
    assert given.refused(AdmitChild(child="kupang")).code == "illegal_transition"
    assert given.refused(DismissChild(child="kupang", cause="x")).possible is not None
    given.must(ReopenOperation(cause="one is not ours"))
    given.must(DismissChild(child="kupang", cause="not ours"))


# --- days


def test_nothing_that_begins_on_a_closed_day_is_planned() -> None:
    given = planned()
    given.must(CloseDay(day="2024-10-03"))

    for asked in (plan("oebobo-2"), move("oebobo-1", "17:00", "19:00"), orders(order("d1"))):
        reason = given.refused(asked)
        assert reason.code == "illegal_transition"
        assert "days:reopen" in (reason.possible or "")
    assert given.must(plan("late-1", starts_at=at("00:00", 4), ends_at=at("01:00", 4))).facts
    assert given.must(cancel_rally("oebobo-1")).facts


def test_a_day_counts_in_local_time() -> None:
    given = opened()
    given.must(CloseDay(day="2024-10-03"))

    early = plan("early", starts_at="2024-10-02T16:00:00.000Z", ends_at="2024-10-02T17:00:00.000Z")
    before = plan("before", starts_at="2024-10-02T15:59:00.000Z", ends_at="2024-10-02T17:00:00.000Z")

    assert given.refused(early).code == "illegal_transition"
    assert given.must(before).facts


def test_a_day_closes_and_reopens() -> None:
    given = opened()

    assert given.must(CloseDay(day="2024-10-03")).facts[0].version == 1
    assert codes(given.must(CloseDay(day="2024-10-03"))) == [("unchanged", "2024-10-03")]
    assert given.must(ReopenDay(day="2024-10-03", cause="late notice")).facts[0].version == 2
    assert given.refused(ReopenDay(day="2024-10-03", cause="again")).code == "illegal_transition"
    assert given.must(plan("oebobo-1")).facts
    assert given.must(CloseDay(day="2024-10-03")).facts[0].version == 3


@pytest.mark.parametrize("day", ["2024-09-24", "2024-11-24"])
def test_a_day_of_another_time_is_not_closed(day: str) -> None:
    assert opened().refused(CloseDay(day=day)).code == "outside_period"
    assert opened().refused(ReopenDay(day=day, cause="why")).code == "illegal_transition"


def test_a_kelurahan_that_is_none_is_no_venue() -> None:
    given = opened(kelurahan=[OEBOBO, LASIANA])
    given.must(plan("oebobo-1"))

    reason, near = (
        given.refused(plan("x", venue=msgspec.structs.replace(venue(OEBOBO), kelurahan=code)))
        for code in ("53.71.07.9999", "53.71.04.9999")
    )

    assert (reason.code, near.code) == ("unknown_kelurahan", "unknown_kelurahan")
    assert near.possible == f"one of {OEBOBO}"


def test_a_kelurahan_with_a_rally_stays_when_the_list_is_amended() -> None:
    given = opened(kelurahan=[OEBOBO, LASIANA])
    given.must(plan("oebobo-1"))

    assert given.refused(AmendOperation(kelurahan=[LASIANA])).code == "unknown_kelurahan"
    given.must(AmendOperation(kelurahan=[OEBOBO]))
    assert given.refused(AmendOperation(kelurahan=["53.72.01.1001"])).code == "malformed"
