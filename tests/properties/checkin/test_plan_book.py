"""What an edge knows of a plan is the same in whatever order its facts come, and however often."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    DeploymentRow,
    OperationOpened,
    ReinstateDeployments,
    Release,
    ReserveDeployments,
    StandDownDeployments,
)
from pamwal.contracts.zones import midnight
from services.checkin.planned.book import OperationPlan, PlanBook
from services.scheduler.core import SchedulerCore
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    acknowledge,
    at,
    cancel,
    cancel_rally,
    decision_of,
    move,
    opening,
    order,
    orders,
    plan,
    reassign,
    request,
    roster,
    site,
    sites,
)  # fmt: skip


def _asked() -> list[Any]:
    release = Release(deployment_id="d-2", at=at("17:00"))
    again = ReinstateDeployments(rows=[DeploymentRow(deployment_id="d-1")], cause="well again")
    return [
        opening(), roster("k-1", "k-2", "k-3"), plan("oebobo-1"), plan("lasiana-1"), sites(site()),
        orders(order("d-1"), order("d-2", "k-2", role="intel")), acknowledge("d-1"), cancel("d-1"), again,
        move("oebobo-1", "15:00", "19:00"), StandDownDeployments(rows=[release]),
        ReserveDeployments(orders=[order("d-3", "k-3", "lasiana-1")]),
        reassign(("d-1", order("d-4", "k-1", "lasiana-1"))), cancel_rally("lasiana-1"),
    ]  # fmt: skip


def _facts() -> list[Any]:
    core, found = SchedulerCore(), []
    state = core.new_state(OPERATION)
    for number, data in enumerate(_asked()):
        by = {"by": ADMIN} if number == 0 else {}
        verdict = core.decide(state, request(f"q{number}", data, **by), at("07:00"))
        assert verdict.reason is None, verdict.reason
        state = core.evolve(state, decision_of(verdict))
        found += verdict.facts
    return found


FACTS = _facts()


def _folded(facts: list[Any]) -> Any:
    book = PlanBook()
    for fact in facts:
        book.take(OPERATION, fact)
    plan_ = book.operations[OPERATION]
    assert isinstance(plan_, OperationPlan)
    plan_.of_officer = {name: sorted(ids) for name, ids in plan_.of_officer.items()}
    return msgspec.to_builtins(plan_)


IN_ORDER = _folded(FACTS)


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(len(FACTS))), st.lists(st.integers(0, len(FACTS) - 1), max_size=8))
def test_the_order_and_repetition_of_facts_does_not_matter(order_: list[int], again: list[int]) -> None:
    rest = [number for number in order_ if not _opens(number)]
    numbers = [number for number in order_ if _opens(number)] + rest
    assert _folded([FACTS[number] for number in numbers + again]) == IN_ORDER


def test_what_it_comes_to() -> None:
    duties = {
        name: (duty["place"], duty["dispatched"] and duty["bound"])
        for name, duty in IN_ORDER["duties"].items()
    }
    assert duties == {
        "d-1": ("rally/oebobo-1", False),
        "d-2": ("rally/oebobo-1", True),
        "d-3": ("rally/lasiana-1", False),
        "d-4": ("rally/lasiana-1", False),
    }
    assert IN_ORDER["spots"]["rally/lasiana-1"]["standing"] is False


def test_the_oldest_quarter_is_forgotten_where_there_is_too_much() -> None:
    plan_ = next(each for each in FACTS if isinstance(each, DeploymentOrdered))
    book = PlanBook(duties_max=100)
    for number in range(1000):
        minute = f"2024-10-03T{number // 60:02d}:{number % 60:02d}:00.000Z"
        book.take(
            OPERATION,
            msgspec.structs.replace(plan_, deployment_id=f"d-{number}", officer_id="k-1", ends_at=minute),
        )
    kept = book.operations[OPERATION]
    assert 70 <= len(kept.duties) <= 100
    assert "d-999" in kept.duties
    assert sorted(kept.of_officer["k-1"]) == sorted(kept.duties)


def test_who_is_on_intel_is_never_forgotten_and_named_by_whole_days() -> None:
    told = next(each for each in FACTS if isinstance(each, DeploymentOrdered) and each.role == "intel")
    book, night = PlanBook(duties_max=100), ("2024-10-03T15:30:00.000Z", "2024-10-03T17:30:00.000Z")
    book.take(OPERATION, next(each for each in FACTS if isinstance(each, OperationOpened)))
    book.take(OPERATION, msgspec.structs.replace(told, starts_at=night[0], ends_at=night[1]))
    for number in range(200):
        late = msgspec.structs.replace(told, deployment_id=f"d-{number}-", officer_id="k-1", role="guard")
        book.take(OPERATION, late)
    kept = book.operations[OPERATION]
    assert len(kept.duties) <= 100, "others are forgotten"

    def of_day(day: str) -> frozenset[str]:
        return kept.on_intel(*(to_ms(midnight(day, "Asia/Makassar", days_later=n)) for n in (0, 1)))

    days = ("2024-10-02", "2024-10-03", "2024-10-04", "2024-10-05")
    assert [of_day(day) for day in days] == [set(), {"k-2"}, {"k-2"}, set()], "23:30 to 01:30 there"


def _opens(number: int) -> bool:
    """The zone of an operation stands in its first fact; days are told by it."""
    return isinstance(FACTS[number], OperationOpened)
