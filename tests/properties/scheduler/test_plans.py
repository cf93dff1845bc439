"""Whatever is asked, in any order, once or again: nobody is in two places, and every no can be acted on."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pamwal.contracts.codec import Fact, encode
from pamwal.contracts.envelope import DecisionData, Reason, Request
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.state import Schedule
from tests.properties.scheduler.plans import given_plan, histories
from tests.unit.scheduler.asked import at, decision_of, move, order, orders, reassign, request

KNOWN_AT = at("07:00")
RELEASING = [
    request("q0", orders(order("d0", "k-1", "oebobo-1", "14:00", "16:00"))),
    request("q1", orders(order("d1", "k-1", "oebobo-1", "16:00", "18:00"))),
    request("q2", orders(order("d2", "k-1", "lasiana-1", "18:00", "20:00"))),
    request("q3", move("oebobo-1", "17:00", "20:00", release_conflicts=True)),
    request("q4", reassign(("d2", order("d3", "k-1", "oebobo-1", "15:00", "20:00")))),
]


def run(asked: list[Request[Any]]) -> tuple[Schedule, list[Any]]:
    """The state after all of them, and the decisions."""
    core, state = SchedulerCore(), given_plan().state
    decisions = []
    for each in asked:
        decision = decision_of(core.decide(state, each, KNOWN_AT))
        decisions.append(decision)
        state = core.evolve(state, decision)
    return state, decisions


def as_bytes(state: Schedule) -> bytes:
    """A state as bytes that are equal if and only if it is, whatever the order of its tables."""
    return msgspec.json.encode(state, order="sorted", enc_hook=lambda index: index.table())


@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
@example(RELEASING, None)
def test_nobody_is_ever_bound_twice_at_one_moment(asked: list[Request[Any]], chance: Any) -> None:
    again = [*asked, *asked]
    if chance is not None:
        chance.shuffle(again)

    state, _ = run(again)

    standing = [each for each in state.officers.values() if each.nrp is not None and not each.withdrawn]
    assert {each.nrp: each.officer_id for each in standing} == {
        nrp: officer for nrp, officer in state.nrps.items() if officer is not None
    }
    assert len({each.nrp for each in standing}) == len(standing)
    of_officer: dict[str, list[tuple[str, str, str]]] = {}
    for deployment in state.deployments.values():
        if deployment.binding:
            of_officer.setdefault(deployment.officer_id, []).append(deployment.booking)
    for bookings in of_officer.values():
        for (_, ends_at, _), (starts_at, _, _) in pairwise(sorted(bookings)):
            assert ends_at <= starts_at
    assert {officer: sorted(found) for officer, found in of_officer.items()} == state.bookings.table()
    at_place: dict[str, set[str]] = {}
    for deployment in state.deployments.values():
        if deployment.live:
            at_place.setdefault(deployment.place, set()).add(deployment.deployment_id)
    assert at_place == {place: set(there) for place, there in state.at_place.table().items()}
    assert {place: len(there) for place, there in at_place.items()} == {
        place: state.at_place.count(place) for place in at_place
    }


@settings(max_examples=100, deadline=None)
@given(histories())
def test_deciding_changes_no_state_and_says_the_same_again(asked: list[Request[Any]]) -> None:
    core, state = SchedulerCore(), given_plan().state
    for each in asked:
        before = as_bytes(state)
        verdict = core.decide(state, each, KNOWN_AT)
        assert as_bytes(state) == before
        assert core.decide(copy.deepcopy(state), each, KNOWN_AT) == verdict
        state = core.evolve(state, decision_of(verdict))


@settings(max_examples=100, deadline=None)
@given(histories())
def test_versions_are_dense_and_fact_ids_derived(asked: list[Request[Any]]) -> None:
    start = given_plan().state
    versions = {("officer", each.officer_id): each.version for each in start.officers.values()}
    versions |= {("rally", each.rally_id): each.version for each in start.rallies.values()}

    _, decisions = run(asked)

    for each, decision in zip(asked, decisions, strict=True):
        assert [fact.id for fact in decision.facts] == [f"{each.id}/{n}" for n in range(len(decision.facts))]
        for fact in decision.facts:
            subject = _subject(fact)
            assert fact.version == versions.get(subject, 0) + 1, subject
            versions[subject] = fact.version


@settings(max_examples=100, deadline=None)
@given(histories())
def test_folding_the_facts_gives_the_state_again(asked: list[Request[Any]]) -> None:
    core, as_stored = SchedulerCore(), msgspec.json.Decoder(DecisionData[Fact])
    state, decisions = run(asked)

    folded = given_plan().state
    for decision in decisions:
        folded = core.evolve(folded, as_stored.decode(encode(decision)))

    assert as_bytes(folded) == as_bytes(state)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_every_refusal_says_what_is_wrong_and_what_to_do(asked: list[Request[Any]]) -> None:
    _, decisions = run(asked)

    for decision in decisions:
        assert (decision.outcome == "refused") == (decision.reason is not None)
        assert not (decision.reason and decision.facts)
        for reason in _reasons(decision.reason):
            assert reason.code
            assert reason.message
            assert reason.possible
            assert (reason.code == "double_booked") <= (reason.winner is not None)
        for warning in decision.warnings:
            assert warning.code
            assert warning.message


def _reasons(reason: Reason | None) -> list[Reason]:
    return [] if reason is None else [reason, *reason.rows]


def _subject(fact: Any) -> tuple[str, str]:
    for kind in ("deployment", "rally", "officer"):
        name = getattr(fact, f"{kind}_id", None)
        if name is not None:
            return kind, name
    return "operation", ""
