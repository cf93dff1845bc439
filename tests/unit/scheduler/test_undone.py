"""What was undone stands as it was before, by the rules of now; what nobody changed is not asked again."""

from __future__ import annotations

import msgspec

from pamwal.contracts.scheduling import (
    AmendOperation,
    Attachment,
    CloseDay,
    ElectionCalendar,
    PlanRallies,
    ProposeDeployments,
    RegisterOfficers,
    ReinstateRally,
    ReserveDeployments,
    RevertImport,
)
from tests.unit.scheduler.asked import (
    ADMIN,
    LASIANA,
    OPERATION,
    Plan,
    at,
    cancel_rally,
    codes,
    entry,
    kinds,
    move,
    opened,
    opening,
    order,
    orders,
    plan,
    planned,
    roster,
)

BACK = ReinstateRally(rally_id="new-1", cause="dry again")


def test_a_rally_that_was_only_notified_is_notified_again() -> None:
    given = planned()
    given.must(plan("new-1", stage="notified"))
    given.must(cancel_rally("new-1"))

    given.must(BACK)

    assert given.state.rallies["new-1"].status == "notified"
    assert given.refused(orders(order("d1", rally_id="new-1"))).code == "illegal_transition"
    given.must(ReserveDeployments(orders=[order("d1", rally_id="new-1")]))
    given.must(plan("new-1"))
    given.must(cancel_rally("new-1"))
    given.must(BACK)
    assert given.state.rallies["new-1"].status == "planned"


def test_a_rally_where_the_operation_knows_no_kelurahan_any_more_stays_cancelled() -> None:
    given = planned()
    given.must(cancel_rally("lasiana-1"))
    others = sorted({each.venue.kelurahan for each in given.state.rallies.values()} - {LASIANA})
    given.must(AmendOperation(kelurahan=others))

    reason = given.refused(ReinstateRally(rally_id="lasiana-1", cause="dry again"))

    assert (reason.code, reason.subject) == ("unknown_kelurahan", LASIANA)


def test_no_operation_is_its_own_parent() -> None:
    reason = Plan().refused(opening(parent=OPERATION), by=ADMIN)
    assert (reason.code, reason.subject) == ("malformed", "parent")
    assert opened().refused(AmendOperation(parent=OPERATION)).code == "malformed"


def test_nobody_is_attached_from_the_operation_itself() -> None:
    own = Attachment(operation_id=OPERATION, loan_id="l1", starts_at=at("08:00"), ends_at=at("20:00"))
    reason = opened().refused(RegisterOfficers(officers=[entry("b-1", attachment=own)]))
    assert reason.code == "malformed"


def test_no_rally_is_held_on_voting_day_where_only_that_is_known() -> None:
    given = opened(calendar=ElectionCalendar(voting_on="2024-10-03"))

    assert given.refused(plan("new-1")).code == "outside_period"
    given.must(msgspec.structs.replace(plan("new-1"), starts_at=at("16:00", 2), ends_at=at("20:00", 2)))


def test_a_plan_that_comes_again_unchanged_is_not_asked_of_closed_days() -> None:
    given = planned()
    given.must(CloseDay(day="2024-10-03"))
    again = PlanRallies(rallies=[plan("oebobo-1"), plan("lasiana-1")])

    verdict = given.must(again)

    assert (verdict.facts, codes(verdict)) == ([], [("unchanged", "oebobo-1"), ("unchanged", "lasiana-1")])
    changed = PlanRallies(rallies=[plan("oebobo-1", required={"guard": 9})])
    assert given.refused(changed).code == "illegal_transition"


def test_a_draft_that_comes_again_unchanged_is_kept_once() -> None:
    given = planned()
    draft = ProposeDeployments(proposal_id="p1", orders=[order("d1")])
    given.must(draft)

    verdict = given.must(draft)

    assert (verdict.facts, codes(verdict)) == ([], [("unchanged", "p1")])


def test_a_rally_that_ends_sooner_names_who_comes_after_its_end() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2", starts="18:00", ends="20:00")))

    shorter = given.must(move("oebobo-1", "16:00", "17:00"))

    assert ("outside_hours", "d2") in codes(shorter)
    assert ("outside_hours", "d1") not in codes(shorter)


def test_who_is_cancelled_with_a_reverted_import_is_not_said_to_be_ordered() -> None:
    given = planned()
    given.must(roster("n-1", import_id="i1"))
    given.must(RegisterOfficers(officers=[entry("k-2", rank="AKP")], import_id="i1"))
    given.must(PlanRallies(rallies=[plan("oebobo-1", required={"guard": 9})], import_id="i1"))
    given.must(orders(order("d1", "n-1"), order("d2", "k-2")))

    verdict = given.must(RevertImport(import_id="i1", cause="the wrong file"))

    told = {each.subject: each for each in verdict.warnings}
    assert "DeploymentCancelled" in kinds(verdict)
    assert "and is cancelled with it" in told["d1"].message
    assert "deployments:reinstate" in (told["d1"].possible or "")
    assert "cancelled" not in told["d2"].message


def test_a_rally_whose_imported_hours_bind_somebody_stays_as_imported() -> None:
    given = planned()
    later = {"starts_at": at("16:00", 5), "ends_at": at("18:00", 5)}
    given.must(plan("new-1", stage="notified"))
    given.must(plan("new-2", stage="notified"))
    given.must(
        PlanRallies(rallies=[msgspec.structs.replace(plan("new-1"), **later), plan("new-2")], import_id="i1")
    )
    given.must(
        orders(
            msgspec.structs.replace(order("d1", rally_id="new-1"), **later),
            order("d2", rally_id="new-2"),
        )
    )

    verdict = given.ask(RevertImport(import_id="i1", cause="the wrong file"))

    assert {("bound_since", "new-1"), ("bound_since", "new-2")} <= set(codes(verdict))
    rally, duty = given.state.rallies["new-1"], given.state.deployments["d1"]
    assert (rally.status, rally.starts_at, duty.starts_at) == ("planned", at("16:00", 5), at("16:00", 5))
    assert given.state.rallies["new-2"].status == "planned"
