"""Reverting an import: all that it changed and nobody changed since, in one decision."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import (
    AmendOperation,
    CloseDay,
    Order,
    OrderDeployments,
    PlanRallies,
    PlanSeries,
    RegisterOfficers,
    RevertImport,
    TaskForce,
)
from services.scheduler.deciding import imports, telling
from tests.unit.scheduler.asked import (
    Plan,
    acknowledge,
    at,
    cancel,
    codes,
    entry,
    kinds,
    notice,
    opened,
    order,
    ordered_to,
    orders,
    plan,
    planned,
    roster,
    site,
    sites,
    withdraw,
)


def revert(import_id: str = "i1") -> RevertImport:
    """An import taken back."""
    return RevertImport(import_id=import_id, cause="the wrong file")


def import_officers(*entries: Any) -> RegisterOfficers:
    """A roster from a file."""
    return RegisterOfficers(officers=list(entries), import_id="i1")


def import_plan(*rallies: Any) -> PlanRallies:
    """A plan from a file."""
    return PlanRallies(rallies=list(rallies), import_id="i1")


def test_what_was_new_goes_and_what_was_changed_is_as_before() -> None:
    given = planned()
    ref = PersonalRef(ref="r1", digest="d1")
    given.must(RegisterOfficers(officers=[entry("k-1", person_ref=ref)]))
    given.must(import_officers(entry("k-1", rank="AIPDA", skills=["intel"]), entry("n-1"), entry("k-2")))
    given.must(import_plan(plan("oebobo-1", required={"guard": 9}), plan("new-1")))
    given.must(sites(site(), import_id="i1"))

    verdict = given.must(revert())

    assert kinds(verdict) == [
        "RallyCancelled",
        "RallyPlanned",
        "OfficerRegistered",
        "OfficerWithdrawn",
        "SiteWithdrawn",
        "ImportReverted",
    ]
    state = given.state
    assert (state.officers["k-1"].rank, state.officers["k-1"].skills) == ("BRIPKA", [])
    assert (state.officers["k-1"].person_ref, state.officers["k-1"].version) == (ref, 4)
    assert state.officers["n-1"].withdrawn
    assert state.officers["k-2"].version == 1
    assert state.rallies["oebobo-1"].required == {"guard": 4}
    assert state.rallies["new-1"].status == "cancelled"
    assert state.sites["kpu"].withdrawn
    assert verdict.warnings == []


def test_what_was_changed_since_is_named_and_left() -> None:
    given = planned()
    given.must(import_officers(entry("n-1"), entry("n-2")))
    given.must(import_plan(plan("new-1")))
    given.must(sites(site(), import_id="i1"))
    given.must(RegisterOfficers(officers=[entry("n-1", rank="AKP")]))
    given.must(notice("new-1"))
    given.must(sites(site(name="KPU Kota")))

    verdict = given.must(revert())

    assert kinds(verdict) == ["OfficerWithdrawn", "ImportReverted"]
    assert codes(verdict) == [("changed_since", "new-1"), ("changed_since", "n-1"), ("changed_since", "kpu")]
    assert not given.state.officers["n-1"].withdrawn


def test_what_was_ordered_since_is_named_and_cancelled_with_who_goes() -> None:
    given = planned()
    given.must(import_officers(entry("n-1"), entry("k-2", rank="AKP")))
    given.must(import_plan(plan("new-1")))
    given.must(orders(order("d1", "n-1"), order("d2", "k-2"), order("d3", "k-3", "new-1")))

    verdict = given.must(revert())

    assert codes(verdict) == [("ordered_since", "d3"), ("ordered_since", "d2"), ("ordered_since", "d1")]
    live = {name: each.live for name, each in given.state.deployments.items()}
    assert live == {"d1": False, "d2": True, "d3": False}


def test_a_deployment_of_a_new_officer_at_a_new_rally_is_named_once() -> None:
    given = opened()
    given.must(import_officers(entry("n-1")))
    given.must(import_plan(plan("new-1")))
    given.must(orders(order("d1", "n-1", "new-1")))

    verdict = given.must(revert())

    assert codes(verdict) == [("ordered_since", "d1")]
    assert kinds(verdict) == ["RallyCancelled", "DeploymentCancelled", "OfficerWithdrawn", "ImportReverted"]


def test_a_site_with_live_deployments_stays_and_one_whose_officers_go_does_not() -> None:
    given = planned()
    given.must(sites(site(), site("tps-1"), import_id="i1"))
    given.must(import_officers(entry("n-1")))
    given.must(ordered_to("d1", "site/kpu"))
    given.must(ordered_to("d2", "site/tps-1", officer_id="n-1"))

    verdict = given.must(revert())

    assert sorted(codes(verdict)) == [("ordered_since", "d1"), ("ordered_since", "d2")]
    assert not given.state.sites["kpu"].withdrawn
    assert given.state.sites["tps-1"].withdrawn
    assert given.state.deployments["d1"].live


def test_a_site_is_as_before_unless_its_old_hours_leave_somebody_behind() -> None:
    given = planned()
    short = {"starts_at": at("08:00"), "ends_at": at("17:00")}
    given.must(sites(site(**short), site("tps-1", **short)))
    given.must(sites(site(), site("tps-1"), import_id="i1"))
    given.must(ordered_to("d1", "site/kpu", "16:00", "18:00"))

    verdict = given.must(revert())

    assert codes(verdict) == [("ordered_since", "d1")]
    assert given.state.sites["tps-1"].ends_at == at("17:00")
    assert given.state.sites["kpu"].ends_at == "2024-11-23T16:00:00.000Z"


def test_an_import_of_many_requests_goes_back_to_before_the_first() -> None:
    given = planned()
    given.must(import_officers(entry("k-1", rank="AIPDA")))
    given.must(import_officers(entry("k-1", rank="AKP"), entry("n-1")))

    given.must(revert())

    assert given.state.officers["k-1"].rank == "BRIPKA"
    assert given.state.officers["n-1"].withdrawn


def test_who_an_import_withdrew_comes_back() -> None:
    given = planned()
    given.must(withdraw("k-1", import_id="i1"))

    assert kinds(given.must(revert())) == ["OfficerRegistered", "ImportReverted"]
    assert not given.state.officers["k-1"].withdrawn


def test_who_an_import_brought_back_goes_again() -> None:
    given = planned()
    given.must(withdraw("k-1"))
    given.must(roster("k-1", import_id="i1"))

    assert kinds(given.must(revert())) == ["OfficerWithdrawn", "ImportReverted"]


def test_an_unknown_import_is_refused_and_a_second_revert_changes_nothing() -> None:
    given = planned()
    assert given.refused(revert()).code == "unknown_import"
    given.must(import_officers(entry("n-1")))

    assert given.must(revert()).facts[-1].version == 1
    verdict = given.must(revert())

    assert (verdict.facts, codes(verdict)) == ([], [("unchanged", "i1")])


def test_an_import_of_which_nothing_is_left_is_not_reverted() -> None:
    given = planned()
    given.must(import_officers(entry("n-1")))
    given.must(RegisterOfficers(officers=[entry("n-1", rank="AKP")]))

    verdict = given.must(revert())

    assert verdict.facts == []
    assert codes(verdict) == [("changed_since", "n-1"), ("unchanged", "i1")]


def test_the_same_file_again_brings_all_back() -> None:
    given = planned()
    files = (
        import_officers(entry("n-1"), entry("k-1", rank="AKP")),
        import_plan(plan("new-1"), plan("oebobo-1", required={"guard": 9})),
        sites(site(), import_id="i1"),
    )
    for each in files:
        given.must(each)
    given.must(revert())

    for each in files:
        assert given.must(each).facts

    state = given.state
    assert not state.officers["n-1"].withdrawn
    assert (state.rallies["new-1"].status, state.rallies["new-1"].version) == ("planned", 3)
    verdict = given.must(revert())
    assert (kinds(verdict)[0], verdict.facts[-1].version) == ("RallyCancelled", 2)
    assert state.rallies["new-1"].status == "cancelled"
    assert given.must(orders(order("d1"))).facts


def test_a_rally_of_a_reverted_import_may_be_planned_by_hand_and_one_called_off_may_not() -> None:
    given = planned()
    given.must(import_plan(plan("new-1")))
    given.must(revert())

    assert given.refused(orders(order("d1", rally_id="new-1"))).code == "rally_cancelled"
    assert given.refused(notice("new-1")).code == "rally_cancelled"
    assert given.refused(plan("new-1", expected_version=1)).code == "stale"
    assert given.must(plan("new-1", expected_version=2)).facts


def test_what_the_operation_has_no_room_for_any_more_stays() -> None:
    given = planned()
    given.must(import_officers(entry("k-1", satgas="gakkum"), entry("k-2", satgas="gakkum")))
    given.must(import_officers(entry("k-3", satgas="gakkum")))
    given.must(AmendOperation(task_forces=[TaskForce(satgas_id="gakkum", name="G")]))
    given.must(import_plan(plan("oebobo-1", starts_at=at("16:00", 4), ends_at=at("20:00", 4))))
    given.must(CloseDay(day="2024-10-03"))

    verdict = given.must(revert())

    assert verdict.facts == []
    assert [code for code, _ in codes(verdict)] == ["changed_since"] * 4 + ["unchanged"]
    assert given.state.officers["k-1"].satgas == "gakkum"


def test_more_than_a_decision_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given: Plan = planned()
    given.must(import_officers(entry("n-1")))
    monkeypatch.setattr(imports, "BYTES_MAX", 100)

    assert given.refused(revert()).code == "too_large"


def import_orders(*rows: Order) -> OrderDeployments:
    """Orders from a file."""
    return replace(orders(*rows), import_id="i1")


def test_orders_of_an_import_are_cancelled_in_one_decision() -> None:
    given = planned()
    given.must(import_orders(order("d1"), order("d2", "k-2")))

    verdict = given.must(revert())

    assert kinds(verdict) == ["DeploymentCancelled", "DeploymentCancelled", "ImportReverted"]
    assert codes(verdict) == []
    assert given.must(orders(order("d3"))).facts


def test_an_imported_order_that_was_touched_since_is_named_and_stands() -> None:
    given = planned()
    given.must(import_orders(order("d1"), order("d2", "k-2"), order("d3", "k-3")))
    given.must(acknowledge("d1"))
    given.must(cancel("d2"))

    verdict = given.must(revert())

    assert codes(verdict) == [("changed_since", "d1"), ("changed_since", "d2")]
    assert [given.state.deployments[each].status for each in ("d1", "d2", "d3")] == [
        "acknowledged",
        "cancelled",
        "cancelled",
    ]


def test_an_imported_order_whose_hours_began_stands_unless_it_is_asked_for() -> None:
    given = planned()
    given.must(import_orders(order("d1", starts="07:00", ends="09:00"), order("d2", "k-2")))

    kept = given.must(revert())
    assert codes(kept) == [("begun", "d1")]
    assert given.state.deployments["d1"].status == "ordered"

    rest = given.must(RevertImport(import_id="i1", cause="a drill", begun=True))
    assert (kinds(rest), codes(rest)) == (["DeploymentCancelled", "ImportReverted"], [])
    assert codes(given.must(revert())) == [("unchanged", "i1")]


def test_the_same_orders_again_are_unchanged_and_after_a_revert_ordered_anew() -> None:
    given = planned()
    file = import_orders(order("d1"))
    given.must(file)
    assert codes(given.must(file)) == [("unchanged", "d1")]
    given.must(acknowledge("d1"))
    assert codes(given.must(file)) == [("unchanged", "d1")]

    other = planned()
    other.must(file)
    other.must(revert())
    assert other.must(file).facts[0].version == 3
    assert codes(other.must(file)) == [("unchanged", "d1")]
    assert kinds(other.must(revert())) == ["DeploymentCancelled", "ImportReverted"]


def test_an_order_cancelled_by_hand_or_said_otherwise_is_not_ordered_by_a_file() -> None:
    given = planned()
    given.must(import_orders(order("d1")))
    assert given.refused(import_orders(order("d1", ends="19:00"))).code == "illegal_transition"
    given.must(cancel("d1"))
    assert given.refused(import_orders(order("d1"))).code == "illegal_transition"
    assert given.refused(orders(order("d1"))).code == "illegal_transition"


def test_orders_and_the_rallies_they_are_for_go_together() -> None:
    given = planned()
    given.must(import_plan(plan("new-1")))
    given.must(import_orders(order("d1", rally_id="new-1")))

    verdict = given.must(revert())

    assert kinds(verdict) == ["DeploymentCancelled", "RallyCancelled", "ImportReverted"]
    assert codes(verdict) == []


def test_a_series_of_an_import_is_reverted() -> None:
    given = planned()
    series = PlanSeries(series_id="s", first=plan("s"), recurrence="FREQ=DAILY;COUNT=2", import_id="i1")
    given.must(series)

    assert kinds(given.must(revert())) == ["RallyCancelled", "RallyCancelled", "ImportReverted"]


def test_what_was_changed_since_is_named_while_there_is_room_and_then_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = planned()
    names = [f"n-{number}" for number in range(8)]
    given.must(import_officers(*(entry(each) for each in names)))
    given.must(RegisterOfficers(officers=[entry(each, rank="AKP") for each in names]))
    monkeypatch.setattr(telling, "WARNINGS_MAX", 5)

    verdict = given.must(revert())

    assert [code for code, _ in codes(verdict)] == ["changed_since"] * 5 + ["and_more", "unchanged"]
    assert verdict.warnings[5].message.startswith("3 more are not named")


def test_very_many_new_officers_leave_in_one_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    given = planned()
    given.must(import_officers(entry("k-1", rank="AKP"), *(entry(f"n-{number}") for number in range(3))))
    given.must(RegisterOfficers(officers=[entry("n-2", rank="AKP")]))
    given.must(orders(order("d1", "n-0")))
    monkeypatch.setattr(imports, "ONE_BY_ONE_MAX", 3)

    verdict = given.must(revert())

    assert kinds(verdict) == ["OfficerRegistered", "DeploymentCancelled", "ImportReverted"]
    assert verdict.facts[-1].officers == {"n-0": 2, "n-1": 2}
    assert codes(verdict) == [
        ("changed_since", "n-2"),
        ("ordered_since", "d1"),
        ("withdrawn_together", "i1"),
    ]
    officers = given.state.officers
    assert [officers[f"n-{number}"].withdrawn for number in range(3)] == [True, True, False]
    assert given.refused(orders(order("d2", "n-0"))).code == "unknown_officer"
    given.must(import_officers(entry("n-0")))
    assert (officers["n-0"].withdrawn, officers["n-0"].version) == (False, 3)


def test_50_000_new_officers_leave_in_one_decision_that_fits_a_record() -> None:
    given = planned()
    for first in range(0, 50_000, 1000):
        part = [entry(f"{number:032d}") for number in range(first, first + 1000)]
        given.must(import_officers(*part))

    verdict = given.must(revert())

    assert len(msgspec.json.encode(verdict.facts)) < imports.BYTES_MAX / 2
    assert sum(not each.withdrawn for each in given.state.officers.values()) == 3
