"""Reserving, swapping, reassigning a unit, reinstating, standing down, drafts."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.scheduling import (
    DeploymentRole,
    DeploymentRow,
    DiscardProposal,
    Order,
    OrderDeployments,
    OrderProposal,
    OrderReserved,
    Policy,
    ProposeDeployments,
    ReassignUnit,
    RegisterOfficers,
    ReinstateDeployments,
    RejectDeployments,
    Release,
    ReserveDeployments,
    StandDownDeployments,
    Swap,
    SwapDeployments,
)
from tests.unit.scheduler.asked import (
    Plan,
    acknowledge,
    at,
    cancel,
    claims,
    entry,
    opened,
    order,
    orders,
    plan,
    planned,
    reassign,
    rows,
    site,
    sites,
)


def reserve(*asked: Order) -> ReserveDeployments:
    return ReserveDeployments(orders=list(asked))


def swap(*pairs: tuple[str, str, str]) -> SwapDeployments:
    """(old deployment, new deployment, new officer)."""
    return SwapDeployments(
        sprin="SPRIN/14/X/2024",
        cause="ill",
        rows=[
            Swap(release=DeploymentRow(deployment_id=old), deployment_id=new, officer_id=officer)
            for old, new, officer in pairs
        ],
    )


def statuses(given: Plan) -> dict[str, str]:
    return {each.deployment_id: each.status for each in given.state.deployments.values()}


def kinds(verdict: Any) -> list[str]:
    return [type(fact).__name__ for fact in verdict.facts]


# --- reserve, order


def test_a_reservation_binds_its_officer_and_needs_no_sprin() -> None:
    given = planned()
    given.must(reserve(order("d1")))

    reason = given.refused(orders(order("d2", rally_id="lasiana-1", starts="17:00", ends="19:00")))

    assert (reason.code, reason.winner and reason.winner.deployment_id) == ("double_booked", "d1")
    assert statuses(given) == {"d1": "reserved"}


def test_what_is_reserved_is_ordered_under_a_sprin_and_keeps_its_id() -> None:
    given = planned()
    given.must(reserve(order("d1")))
    assert given.refused(acknowledge("d1")).code == "illegal_transition"

    fact = given.must(OrderReserved(sprin="SPRIN/1", rows=rows("d1", expected=1))).facts[0]

    assert (type(fact).__name__, fact.version, fact.sprin) == ("DeploymentOrdered", 2, "SPRIN/1")
    assert statuses(given) == {"d1": "ordered"}
    assert given.refused(OrderReserved(sprin="SPRIN/1", rows=rows("d1"))).code == "illegal_transition"


def test_a_reservation_is_given_up_by_cancelling_and_not_by_standing_down() -> None:
    given = planned()
    given.must(reserve(order("d1")))

    assert given.refused(stand_down("d1", "17:00")).code == "illegal_transition"
    given.must(cancel("d1"))
    given.must(orders(order("d2")))


# --- swap, reassign


def test_two_officers_exchange_their_places_in_one_decision() -> None:
    given = planned()
    given.must(orders(order("d1", "k-1"), order("d2", "k-2", "lasiana-1")))

    verdict = given.must(swap(("d1", "e1", "k-2"), ("d2", "e2", "k-1")))

    assert kinds(verdict) == [
        "DeploymentSwapped",
        "DeploymentSwapped",
        "DeploymentOrdered",
        "DeploymentOrdered",
    ]
    assert given.state.deployments["e1"].officer_id == "k-2"
    assert given.state.deployments["e1"].place == "rally/oebobo-1"
    assert given.state.deployments["e2"].officer_id == "k-1"


def test_a_swap_with_an_officer_bound_elsewhere_changes_nothing() -> None:
    given = planned()
    given.must(orders(order("d1", "k-1"), order("d2", "k-2", "lasiana-1")))

    reason = given.refused(swap(("d1", "e1", "k-2")))

    assert (reason.code, reason.winner and reason.winner.deployment_id) == ("double_booked", "d2")
    assert statuses(given) == {"d1": "ordered", "d2": "ordered"}


def test_a_unit_can_trade_places_whatever_the_order_of_its_rows() -> None:
    for reverse in (False, True):
        given = planned()
        given.must(orders(order("d1", "k-1"), order("d2", "k-1", "lasiana-1", "18:30", "19:30")))
        pairs = [
            ("d1", order("e1", "k-1", "lasiana-1", "18:00", "19:30")),
            ("d2", order("e2", "k-1", "oebobo-1", "16:00", "17:00")),
        ]

        given.must(reassign(*(reversed(pairs) if reverse else pairs)))

        assert {each for each, status in statuses(given).items() if status == "ordered"} == {"e1", "e2"}


def test_a_best_effort_row_that_fails_keeps_its_old_deployment() -> None:
    given = planned()
    given.must(
        orders(order("d1", "k-1"), order("d2", "k-2"), order("x2", "k-2", "lasiana-1", "18:30", "19:00"))
    )

    verdict = given.must(
        reassign(
            ("d1", order("e1", "k-1", "lasiana-1", "17:00", "19:00")),
            ("d2", order("e2", "k-2", "lasiana-1", "17:00", "19:00")),
            mode="best_effort",
        )
    )

    assert [(each.row, each.code) for each in verdict.warnings if each.code == "double_booked"] == [
        (1, "double_booked")
    ]
    assert [fact.id.partition("/")[2] for fact in verdict.facts] == ["0", "1"]
    assert statuses(given)["d2"] == "ordered"
    assert statuses(given)["e1"] == "ordered"


def unit(name: str, to: str = "lasiana-1") -> ReassignUnit:
    return ReassignUnit(
        sprin="SPRIN/15",
        cause="crowd",
        unit=name,
        from_place="rally/oebobo-1",
        to_place=f"rally/{to}",
        starts_at=at("17:00"),
        ends_at=at("19:00"),
        prefix="u",
    )


def test_a_whole_unit_moves_in_one_decision_with_its_roles() -> None:
    given = planned()
    given.must(RegisterOfficers(officers=[entry("b-1", unit="Brimob")]))
    given.must(orders(order("d1", "k-1", role="field_commander"), order("d2", "k-2"), order("d3", "b-1")))

    given.must(unit("Sektor Oebobo"))

    found = given.state.deployments
    assert {each for each, status in statuses(given).items() if status == "ordered"} == {
        "u.k-1",
        "u.k-2",
        "d3",
    }
    assert found["u.k-1"].role == "field_commander"
    assert given.refused(unit("Polair")).code == "unknown_unit"


# --- reinstate, reject, stand down


def test_a_cancelled_order_is_reinstated_if_the_officer_is_still_free() -> None:
    given = planned()
    given.must(orders(order("d1")))
    given.must(cancel("d1"))
    given.must(orders(order("d2", rally_id="lasiana-1")))
    back = ReinstateDeployments(rows=rows("d1"), cause="after all")

    assert given.refused(back).code == "double_booked"
    given.must(cancel("d2"))
    given.must(back)

    assert statuses(given)["d1"] == "ordered"
    assert given.refused(back).code == "illegal_transition"


def test_an_order_without_a_sprin_is_reinstated_as_an_order_and_a_reservation_as_one() -> None:
    given = opened(policy=Policy(order_required=False))
    given.must(RegisterOfficers(officers=[entry("k-1"), entry("k-2")]))
    given.must(plan("oebobo-1"))
    given.must(OrderDeployments(orders=[order("d1")]))
    given.must(reserve(order("d2", "k-2")))
    given.must(cancel("d1", "d2"))

    given.must(ReinstateDeployments(rows=rows("d1", "d2"), cause="after all"))

    assert statuses(given) == {"d1": "ordered", "d2": "reserved"}


def test_a_rejected_order_frees_its_officer_and_only_its_people_reject() -> None:
    given = planned()
    given.must(orders(order("d1")))
    no = RejectDeployments(rows=rows("d1"), cause="ill")

    assert given.refused(no, by=claims("officer", officer="k-2")).code == "not_yours"
    given.must(no, by=claims("officer", officer="k-1"))

    assert statuses(given) == {"d1": "rejected"}
    given.must(orders(order("d2", rally_id="lasiana-1")))
    assert given.refused(RejectDeployments(rows=rows("d2"))).code == "malformed"


def stand_down(deployment_id: str, clock: str) -> StandDownDeployments:
    return StandDownDeployments(rows=[Release(deployment_id=deployment_id, at=at(clock))])


def test_standing_down_early_frees_the_rest_of_the_hours_and_keeps_those_done() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="20:00")))
    given.must(stand_down("d1", "18:00"))

    assert given.refused(orders(order("d2", starts="17:00", ends="17:30"))).code == "double_booked"
    given.must(orders(order("d2", starts="18:00", ends="20:00")))


def test_standing_down_late_does_not_lengthen_duty_and_before_the_start_makes_no_sense() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")))

    assert given.refused(stand_down("d1", "16:00")).code == "malformed"
    assert given.must(stand_down("d1", "19:00")).facts[0].ends_at == at("18:00")


def test_a_padal_stands_down_his_place_and_no_other() -> None:
    given = planned()
    given.must(orders(order("d1"), order("p1", "k-2", role="field_commander")))
    padal = claims("field_commander", officer="k-2")

    assert (
        given.refused(stand_down("d1", "17:00"), by=claims("field_commander", officer="k-3")).code
        == "not_yours"
    )
    given.must(stand_down("d1", "17:00"), by=padal)


def test_a_padal_of_one_day_at_a_site_does_not_answer_for_another_day() -> None:
    given = planned()
    given.must(sites(site()))

    def there(identity: str, officer: str, day: int, role: DeploymentRole = "guard") -> Order:
        hours = {"starts_at": at("08:00", day), "ends_at": at("12:00", day)}
        return msgspec.structs.replace(order(identity, officer, role=role), place="site/kpu", **hours)

    given.must(orders(there("p", "k-2", 2, "field_commander"), there("d2", "k-1", 2), there("d9", "k-1", 9)))
    padal = claims("field_commander", officer="k-2")

    assert given.refused(acknowledge("d9"), by=padal).code == "not_yours"
    end = StandDownDeployments(rows=[Release(deployment_id="d9", at=at("09:00", 9))])
    assert given.refused(end, by=padal).code == "not_yours"
    given.must(acknowledge("d2"), by=padal)


# --- proposals


def test_a_draft_binds_nobody_and_is_ordered_with_one_call_by_the_rules_of_then() -> None:
    given = planned()
    given.must(ProposeDeployments(proposal_id="p1", orders=[order("d1"), order("d2", "k-2")]))
    given.must(orders(order("x", rally_id="lasiana-1")))
    whole = OrderProposal(proposal_id="p1", sprin="SPRIN/16")

    reason = given.refused(whole)
    assert (reason.code, [row.row for row in reason.rows]) == ("double_booked", [0])
    given.must(OrderProposal(proposal_id="p1", sprin="SPRIN/16", mode="best_effort"))

    assert statuses(given) == {"x": "ordered", "d2": "ordered"}
    assert given.refused(whole).code == "illegal_transition"


def test_a_draft_is_thrown_away_and_an_unknown_one_is_named() -> None:
    given = planned()
    given.must(ProposeDeployments(proposal_id="p1", orders=[order("d1")]))
    given.must(DiscardProposal(proposal_id="p1"))

    assert given.refused(OrderProposal(proposal_id="p1", sprin="S")).code == "illegal_transition"
    assert given.refused(DiscardProposal(proposal_id="moon")).code == "unknown_proposal"
    assert (
        given.refused(ProposeDeployments(proposal_id="p2", orders=[order("d1"), order("d1")])).code
        == "malformed"
    )
